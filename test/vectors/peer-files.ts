/** The vector files that the public peers made: what each entry says, as cases. */
import type { Collector } from "./collector.ts";
import { VectorError } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { cuts, secretForms, session } from "./own-files.ts";
import type { Side } from "./own-files.ts";
import { sorted } from "./sorted.ts";
import type { Case } from "./target.ts";

export function peerChunks(entry: Fields, to: Collector): void {
  const packets = entry.hexes("packets");
  const stream = entry.hex("stream");
  if (packets.length === 1) to.check(["splitStream", entry.number("chunk_size"), packets[0]!], stream);
  for (const pieces of cuts(stream)) to.check(["join", pieces], packets.join(" "));
  for (const name of ["telehash_c_stream", "telehash_c_frames"])
    if (entry.has(name)) to.skip(`${name}: without the zero that ends the packet (peers.md D1)`);
  if (entry.has("lob_enc_frame_exceeds_size"))
    to.skip("lob_enc_frame_exceeds_size: a frame longer than the chunk size (peers.md D2)");
}

export function peerEcdh(entry: Fields, to: Collector): void {
  for (const secret of new Set([...secretForms(entry.hex("secret")), entry.hex("secret_21")])) {
    to.check(["public", secret], entry.hex("public"));
    to.check(["shared", secret, entry.hex("peer_public")], entry.hex("shared"));
  }
}

export function peerKeys(entry: Fields, to: Collector): void {
  const key = entry.hex("public");
  for (const secret of [entry.hex("secret"), entry.hex("secret_21")]) to.check(["public", secret], key);
  to.check(["toBase32", key], entry.text("public_base32"));
  to.check(["fromBase32", entry.text("public_base32")], key);
  to.check(["fromBase32", entry.text("secret_base32")], entry.hex("secret"));
  to.check(["intermediate", key], entry.hex("intermediate"));
  to.check(["toBase32", entry.hex("intermediate")], entry.text("intermediate_base32"));
  to.check(["hashname", { "1a": key }], entry.text("hashname"));
  to.check(["hashnameOf", { "1a": entry.text("intermediate_base32") }], entry.text("hashname"));
  to.check(["fromBase32", entry.text("hashname")], entry.hex("hashname_hex"));
}

export function peerMessages(entry: Fields, to: Collector): void {
  const sender = entry.in("sender");
  const recipient = entry.in("recipient");
  const outer = entry.hex("outer");
  const inner = entry.hex("inner");
  const iv = entry.hex("iv");
  const order = entry.number("sender_order");
  to.claim(outer.length === 2 * entry.number("outer_length"), "outer_length is not outer's");
  to.claim(
    outer.slice(56) === entry.hex("ciphertext") + entry.hex("mac"),
    "outer does not end with ciphertext and mac",
  );
  to.check(["public", entry.hex("ephemeral_secret")], entry.hex("ephemeral_public"));
  to.check(["shared", sender.hex("secret"), recipient.hex("public")], entry.hex("ecdh_static_static"));
  to.check(["shared", entry.hex("ephemeral_secret"), recipient.hex("public")], entry.hex("ecdh_ephemeral_static"));
  to.check(["messageKey", entry.hex("ecdh_ephemeral_static")], entry.hex("aes_key"));
  to.check(
    [
      "seal",
      sender.hex("secret"),
      sender.hex("public"),
      recipient.hex("public"),
      entry.hex("ephemeral_secret"),
      iv,
      inner,
    ],
    outer,
  );
  to.check(["message", recipient.hex("secret"), recipient.hex("public"), sender.hex("public"), outer], inner);
  to.check(["verify", recipient.hex("secret"), recipient.hex("public"), sender.hex("public"), outer], "true");
  to.check(["token", outer.slice(6)], entry.hex("routing_token"));
  to.check(
    ["order", sender.hex("secret"), sender.hex("public"), recipient.hex("public")],
    order === 1 ? "odd" : "even",
  );
  for (const side of [sender, recipient]) to.check(["hashname", { "1a": side.hex("public") }], side.text("hashname"));
}

export function peerSessions(entry: Fields, to: Collector): void {
  const fields = [entry.in("initiator"), entry.in("responder")] as const;
  const steps = entry.all("steps");
  const handshake = (from: string): Fields => {
    const step = steps.find((one) => one.text("from") === from && one.text("kind") === "handshake");
    if (!step) throw new VectorError(`there is no handshake from ${from}`);
    return step;
  };
  const sides = fields.map((side, i): Side => ({
    secret: side.hex("secret"),
    key: side.hex("public"),
    ephemeral: side.hex("eph"),
    handshake: handshake("AB"[i]!).hex("outer"),
    handshakeInner: handshake("AB"[i]!).hex("inner"),
  })) as [Side, Side];
  const keys = entry.in("channel_keys");
  const names = ["initiator", "responder"] as const;
  fields.forEach((side, i) => {
    to.check(["hashname", { "1a": side.hex("public") }], side.text("hashname"));
    to.check(
      ["exchangeToken", sides[i]!.secret, sides[i]!.key, sides[1 - i]!.key, sides[i]!.ephemeral],
      keys.hex(`token_of_${names[i]}`),
    );
    to.check(["token", sides[1 - i]!.handshake.slice(6)], keys.hex(`${names[i]}_sends_token`));
    const ephemeral = [sides[i]!.handshake.slice(6, 48), sides[1 - i]!.handshake.slice(6, 48)];
    to.check(
      ["channelKey", sides[i]!.ephemeral, ephemeral[1], ephemeral[0], ephemeral[1]],
      keys.hex(`${names[i]}_encrypt`),
    );
    to.check(
      ["channelKey", sides[i]!.ephemeral, ephemeral[1], ephemeral[1], ephemeral[0]],
      keys.hex(`${names[i]}_decrypt`),
    );
    to.claim(sides[i]!.handshake.slice(48, 56) === side.hex("msgiv"), "msgiv is not the handshake's IV");
  });
  const packets = steps
    .filter((step) => step.text("kind") === "channel")
    .map((step) => ({
      from: step.text("from") === "A" ? 0 : 1,
      inner: step.hex("inner"),
      packet: step.hex("outer"),
    }));
  session(sides, fields.map((side) => (side.number("order") === 1 ? "odd" : "even")) as [string, string], packets, to);
}

export function peerCloak(entry: Fields, to: Collector): void {
  const nonces = entry.hexes("nonces_innermost_first");
  to.check(["cloak", entry.hex("packet"), nonces, nonces.length], entry.hex("cloaked"));
  to.check(["uncloak", entry.hex("cloaked")], `${entry.hex("packet")} in ${entry.number("rounds")}`);
}

/** Both ways: the packet to CBOR, and CBOR to the packet. */
function compression(json: unknown, body: string, cbor: string, to: Collector, unless?: Case["unless"]): void {
  to.check(["compress", JSON.stringify(json), body], cbor, unless);
  to.check(["decompress", cbor], `${sorted(json)} ${body || "-"}`);
}

// an entry that is for receivers: what ours sends of the same packet
const SHORTER: Record<string, Case["unless"]> = {
  "LOB c is overwritten": {
    results: ["04a1617a00"],
    reason: "compress: c stands in the LOB packet too, which no sender needs; ours sends a map",
  },
};

export function peerCbor(entry: Fields, to: Collector): void {
  const json = entry.value("json");
  const body = entry.hex("body");
  const cbor = entry.hex("cbor");
  const packet = Buffer.from(entry.hex("equivalent_lob"), "hex");
  const end = packet.length < 2 ? 0 : 2 + packet.readUInt16BE();
  to.claim(packet.length === entry.number("lob_length"), "lob_length is not equivalent_lob's");
  to.claim(cbor.length === 2 * entry.number("cbor_length"), "cbor_length is not cbor's");
  to.claim(
    packet.toString("hex", end) === body && sorted(jsonOf(packet.toString("utf8", 2, end))) === sorted(json),
    "equivalent_lob is not json and body",
  );
  compression(json, body, cbor, to, SHORTER[entry.text("name")]);
}

/** The JSON of a text that a file has. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new VectorError(`what should be JSON is not: ${text.slice(0, 40)}`);
  }
}

/** What a peer printed of a packet, after "ok ". */
function answer(entry: Fields, name: string): string {
  const [, data] = /^ok ([0-9a-f]+)\b/.exec(entry.text(name)) ?? [];
  if (data === undefined) throw new VectorError(`${name} does not say what the packet holds`);
  return data;
}

export function published(entry: Fields, to: Collector): void {
  const name = entry.text("name");
  if (entry.has("secret")) {
    to.check(["public", entry.hex("secret")], entry.hex("public"));
    to.check(
      ["hashname", { "1a": entry.hex("public") }],
      entry.text(entry.has("hashname") ? "hashname" : "computed_hashname"),
    );
  } else if (entry.has("outer")) {
    const sender = entry.in("sender");
    const recipient = entry.in("recipient");
    const inner = answer(entry, "telehash_c");
    to.check(
      ["message", recipient.hex("secret"), recipient.hex("public"), sender.hex("public"), entry.hex("outer")],
      inner,
    );
  } else if (entry.has("cloaked")) {
    const [, rounds] = / rounds=(\d+)/.exec(entry.text("lob_enc")) ?? [];
    to.check(["uncloak", entry.hex("cloaked")], `${answer(entry, "lob_enc")} in ${rounds}`);
  } else if (entry.has("keys")) {
    const keys = entry.in("keys");
    const given = Object.fromEntries(keys.names().map((id) => [id, keys.text(id)]));
    to.check(["hashnameOfKeys", given], entry.text("hashname"));
  } else if (entry.has("stream")) {
    to.check(["splitStream", entry.number("chunk_size"), entry.hex("packet")], entry.hex("stream"));
    for (const pieces of cuts(entry.hex("stream"))) to.check(["join", pieces], entry.hex("packet"));
  } else if (entry.has("packet")) {
    const [, head, body] = /^ok head=([0-9a-f]+) body=([0-9a-f]+) /.exec(entry.text("lob_enc")) ?? [];
    if (head === undefined || body === undefined) throw new VectorError("lob_enc does not say what the packet holds");
    const json = Buffer.from(head, "hex").toString();
    to.check(["decode", entry.hex("packet")], `${head} ${body} ${json}`);
    to.check(["encode", head, body], entry.hex("packet"));
    to.check(["encodeJson", json, body], entry.hex("packet"));
  } else if (entry.has("cbor")) compression(jsonOf(entry.text("json")), "", entry.hex("cbor"), to);
  else if (entry.has("fold1")) to.skip("fold is not given by itself: keys and MACs show it");
  else if (entry.has("nonce")) to.skip("ChaCha20 is not given by itself: cloaked packets show it");
  else throw new VectorError(`nothing is known of a fixture like "${name}"`);
}
