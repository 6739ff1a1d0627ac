/** The vector files from the independent implementation: what each entry says, as cases. */
import type { Collector } from "./collector.ts";
import { VectorError } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** Pieces of a stream: whole, byte for byte, and cut in three. */
export function cuts(stream: string): string[][] {
  const length = stream.length / 2;
  const third = 2 * Math.ceil(length / 3);
  return [
    [stream],
    stream.match(/../g) ?? [],
    [stream.slice(0, third), stream.slice(third, 2 * third), stream.slice(2 * third)],
  ];
}

export function chunks(entry: Fields, to: Collector): void {
  const size = entry.number("size");
  const packet = entry.hex("packet");
  const frames = entry.hexes("chunks");
  to.check(["split", size, packet], frames.join(" "));
  to.check(["join", frames], packet);
  for (const pieces of cuts(frames.join(""))) to.check(["join", pieces], packet);
}

/** Secrets of 20 bytes are tried with 21 too, and of 21 with 20 where the first byte is zero. */
export function secretForms(secret: string): string[] {
  if (secret.length === 40) return [secret, `00${secret}`];
  return secret.startsWith("00") ? [secret, secret.slice(2)] : [secret];
}

export function ecdh(entry: Fields, to: Collector): void {
  for (const secret of secretForms(entry.hex("secret"))) {
    to.check(["public", secret], entry.hex("key"));
    to.check(["shared", secret, entry.hex("peer")], entry.hex("shared"));
  }
}

export function hashnames(entry: Fields, to: Collector): void {
  const keys = entry.in("keys");
  to.check(
    ["hashname", Object.fromEntries(keys.names().map((name) => [name, keys.hex(name)]))],
    entry.text("hashname"),
  );
}

export function messages(entry: Fields, to: Collector): void {
  const sender = entry.in("sender");
  const recipient = entry.in("recipient");
  const ephemeral = entry.in("ephemeral");
  const iv = entry.hex("iv");
  const inner = entry.hex("inner");
  const outer = entry.hex("outer");
  const hmacKey = entry.hex("hmacKey");
  to.claim(outer.endsWith(entry.hex("mac")), "mac is not the end of outer");
  to.claim(hmacKey.endsWith(iv), "hmacKey does not end with iv");
  to.check(["public", ephemeral.hex("secret")], ephemeral.hex("key"));
  to.check(["shared", sender.hex("secret"), recipient.hex("key")], hmacKey.slice(0, 40));
  to.check(
    ["seal", sender.hex("secret"), sender.hex("key"), recipient.hex("key"), ephemeral.hex("secret"), iv, inner],
    outer,
  );
  to.check(["message", recipient.hex("secret"), recipient.hex("key"), sender.hex("key"), outer], inner);
  to.check(["decrypt", recipient.hex("secret"), recipient.hex("key"), outer], inner);
  to.check(["verify", recipient.hex("secret"), recipient.hex("key"), sender.hex("key"), outer], "true");
  to.check(["aesKey", recipient.hex("secret"), ephemeral.hex("key")], entry.hex("aesKey"));
  to.check(["token", outer.slice(6)], entry.hex("token"));
}

/** `at` and type of a handshake by its INNER. */
function handshakeHead(inner: string): { at: number; type?: string } {
  const packet = Buffer.from(inner, "hex");
  try {
    return JSON.parse(packet.subarray(2, 2 + packet.readUInt16BE(0)).toString()) as { at: number; type?: string };
  } catch {
    throw new VectorError("a handshake's inner is not a packet with a JSON HEAD");
  }
}

const NEXT_IV = (iv: string): string => {
  const bytes = Buffer.from(iv, "hex");
  bytes.writeUInt32LE((bytes.readUInt32LE(0) + 1) >>> 0);
  return bytes.toString("hex");
};

/** One side of a session, in the words of either file. */
export interface Side {
  secret: string;
  key: string;
  ephemeral: string;
  handshake: string;
  handshakeInner: string;
}

/** What both files say of a session: handshakes taken by the other, channel packets both ways. */
export function session(
  sides: [Side, Side],
  kinds: [string, string],
  packets: { from: number; inner: string; packet: string }[],
  to: Collector,
): void {
  const heads = sides.map((side) => handshakeHead(side.handshakeInner));
  to.claim(heads[0]!.at === heads[1]!.at, "the handshakes differ in at");
  const { at } = heads[0]!;
  sides.forEach((side, i) => {
    const other = sides[1 - i]!;
    const iv = side.handshake.slice(48, 56);
    to.check(["seal", side.secret, side.key, other.key, side.ephemeral, iv, side.handshakeInner], side.handshake);
    to.check(["message", side.secret, side.key, other.key, other.handshake], other.handshakeInner);
    // who chose `at` is answered, by its last bit
    const chosen = at % 2 === (side.key > other.key ? 1 : 0);
    to.check(
      ["sync", side.secret, side.key, other.key, chosen ? at : 0, [other.handshake]],
      `accepted, ${chosen ? "no answer" : `answer ${at}`}, new session; in ${at}, out ${at}, KEY ${other.handshake.slice(6, 48)}`,
    );
    to.check(["order", side.secret, side.key, other.key], kinds[i]!);
    const out = chosen ? at : 0;
    // the same, of a link that gets the handshake by its radio
    to.check(
      ["link", side.secret, side.key, other.key, out, [other.handshake]],
      `accepted, ${chosen ? "no answer" : `answer ${at}`}, new session; in ${at}, out ${at}, KEY ${other.handshake.slice(6, 48)}`,
    );
    // all packets of the session by one that lasts: each in its order, then all of the other once more
    const own = packets.filter(({ from }) => from === i);
    const steps = packets.map(({ from, inner, packet }) => (from === i ? ["seal", inner] : ["open", packet]));
    const again = packets.filter(({ from }) => from !== i);
    to.check(
      [
        "session",
        side.secret,
        side.key,
        side.ephemeral,
        other.key,
        other.handshake,
        out,
        own[0]?.packet.slice(36, 44) ?? "00000000",
        [...steps, ...again.map(({ packet }) => ["open", packet])],
      ],
      [...packets.map(({ from, inner, packet }) => (from === i ? packet : inner)), ...again.map(() => "!REPLAY")].join(
        " ",
      ),
    );
    let before: string | undefined;
    for (const { from, inner, packet } of packets) {
      if (from !== i) {
        to.check(
          ["channelReceive", side.secret, side.key, side.ephemeral, other.key, other.handshake, out, packet],
          inner,
        );
        continue;
      }
      const channelIv = packet.slice(36, 44);
      to.claim(before === undefined || channelIv === NEXT_IV(before), "IVs of channel packets do not count up");
      before = channelIv;
      to.check(
        ["channelSend", side.secret, side.key, side.ephemeral, other.key, other.handshake, out, channelIv, inner],
        packet,
      );
    }
  });
}

export function sessions(entry: Fields, to: Collector): void {
  const fields = [entry.in("a"), entry.in("b")] as const;
  const sides = fields.map((side): Side => ({
    secret: side.hex("secret"),
    key: side.hex("key"),
    ephemeral: side.in("ephemeral").hex("secret"),
    handshake: side.in("handshake").hex("outer"),
    handshakeInner: side.in("handshake").hex("inner"),
  })) as [Side, Side];
  fields.forEach((side, i) => {
    to.check(["hashname", { "1a": side.hex("key") }], side.text("hashname"));
    to.check(["public", side.in("ephemeral").hex("secret")], side.in("ephemeral").hex("key"));
    to.check(
      ["exchangeToken", side.hex("secret"), side.hex("key"), sides[1 - i]!.key, sides[i]!.ephemeral],
      side.hex("token"),
    );
    if (!side.has("encryptKey")) return;
    const other = fields[1 - i]!;
    const keys = [side.in("ephemeral").hex("key"), other.in("ephemeral").hex("key")];
    to.check(["channelKey", sides[i]!.ephemeral, keys[1], keys[0], keys[1]], side.hex("encryptKey"));
    to.check(["channelKey", sides[i]!.ephemeral, keys[1], keys[1], keys[0]], side.hex("decryptKey"));
  });
  const packets = entry.all("packets").map((packet) => {
    const outer = packet.hex("packet");
    to.claim(outer.slice(36, 44) === packet.hex("iv"), "a packet's iv is not in it");
    return { from: packet.text("from") === "a" ? 0 : 1, inner: packet.hex("inner"), packet: outer };
  });
  session(sides, [fields[0].text("order"), fields[1].text("order")], packets, to);
}
