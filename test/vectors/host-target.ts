/** The host library as a target of vectors, by its public names only. */
import type { open as openBody } from "../../src/cipher/seal.ts";
import type { Session } from "../../src/exchange/session.ts";
import { sorted } from "./sorted.ts";
import type { Operation, Target } from "./target.ts";

export type Library = typeof import("../../src/index.ts");
type Exchange = InstanceType<Library["Exchange"]>;

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data: Uint8Array): string => Buffer.from(data).toString("hex");

/** Random that gives what it is told to, in order. */
const scripted =
  (...values: string[]) =>
  (): Uint8Array => {
    const value = values.shift();
    if (value === undefined) throw new Error("more randomness was asked for than the vector has");
    return bytes(value);
  };

/** A message's ephemeral secret as a source of entropy gives it: 20 bytes, or 21 where it needs them. */
const secretOf = (text: string): string =>
  text.length === 42 && text.startsWith("00") ? text.slice(2) : text.padStart(40, "0");

type Operations = { [name: string]: (...args: never[]) => string };

function hostOperations(library: Library): Operations {
  const { CurveJob, Exchange, Joiner, Pipe, Self, finish, lob, split } = library;
  const self = (secret: string, key: string, ...random: string[]) =>
    new Self({ "1a": { key: bytes(key), secret: bytes(secret) } }, scripted(...random));
  // with `at` of the handshake that it has sent, or 0
  const exchange = (secret: string, key: string, peer: string, out: number, ...random: string[]): Exchange => {
    const x = new Exchange(self(secret, key, ...random), bytes(peer));
    if (out) x.handshake(out);
    return x;
  };
  // any ephemeral key pair will do
  const ANY = ["55".repeat(20), "00000000", "00000000"];

  const sync = (x: Exchange, outer: string): string => {
    try {
      const { at, accepted, answer, renewed } = x.sync(bytes(outer));
      if (answer) x.handshake(at);
      return `${accepted ? "accepted" : "not accepted"}, ${answer ? `answer ${at}` : "no answer"}, ${renewed ? "new session" : "same session"}`;
    } catch (error) {
      return codeOf(error);
    }
  };
  // an exchange that has accepted the other's handshake
  const synced = (
    secret: string,
    key: string,
    ephemeral: string,
    iv: string,
    peer: string,
    handshake: string,
    out: number,
  ): Exchange => {
    const x = exchange(secret, key, peer, out, secretOf(ephemeral), "00000000", iv);
    const result = sync(x, handshake);
    if (result.startsWith("!")) throw new Error(`the session's handshake is refused: ${result}`);
    return x;
  };
  const flips = (data: string, from: number, accepts: (data: Uint8Array) => boolean): string => {
    const packet = bytes(data);
    let accepted = 0;
    for (let bit = from * 8; bit < packet.length * 8; bit++) {
      packet[bit >> 3]! ^= 128 >> (bit & 7);
      if (accepts(packet)) accepted++;
      packet[bit >> 3]! ^= 128 >> (bit & 7);
    }
    return `${accepted} of ${packet.length * 8 - from * 8} accepted`;
  };

  return {
    public: (secret: string) => hex(finish(new CurveJob(bytes(secret)))),
    shared: (secret: string, key: string) => hex(finish(new CurveJob(bytes(secret), bytes(key)))),
    split: (size: number, packet: string) => split(bytes(packet), size).map(hex).join(" "),
    splitStream: (size: number, packet: string) => split(bytes(packet), size).map(hex).join(""),
    join: (pieces: string[]) => {
      const joiner = new Joiner(65536);
      const packets: string[] = [];
      for (const piece of pieces) joiner.add(bytes(piece), (packet) => packets.push(hex(packet)));
      return packets.join(" ");
    },
    // packets of a stream, and why others are dropped
    stream: (size: number, data: string) => {
      const pipe = new Pipe({ mtu: size, stream: true, limit: 65536 });
      const results: string[] = [];
      pipe.receive(bytes(data), 0, (packet) => results.push(attempt(() => (lob.decode(packet), hex(packet)))));
      return results.join(" ");
    },
    decode: (packet: string) => {
      const { head, body, json, error } = lob.decode(bytes(packet));
      return `${hex(head) || "-"} ${hex(body) || "-"} ${json ? JSON.stringify(json) : (error ?? "-")}`;
    },
    encode: (head: string, body: string) => hex(lob.encode(bytes(head), bytes(body))),
    encodeJson: (json: string, body: string) => hex(lob.encode(JSON.parse(json), bytes(body))),
    order: (secret: string, key: string, peer: string) => (exchange(secret, key, peer, 0).order ? "odd" : "even"),
    seal: (secret: string, key: string, peer: string, ephemeral: string, iv: string, inner: string) =>
      hex(exchange(secret, key, peer, 0, secretOf(ephemeral), iv).encrypt(bytes(inner))),
    decrypt: (secret: string, key: string, outer: string) => hex(self(secret, key).decrypt(bytes(outer))),
    verify: (secret: string, key: string, sender: string, outer: string) =>
      String(exchange(secret, key, sender, 0, ...ANY).verify(bytes(outer))),
    message: (secret: string, key: string, sender: string, outer: string) => {
      library.messageBody(bytes(outer));
      const x = exchange(secret, key, sender, 0, ...ANY);
      return x.verify(bytes(outer)) ? hex(self(secret, key).decrypt(bytes(outer))) : "!MAC";
    },
    messageFlips: (secret: string, key: string, sender: string, outer: string) => {
      const x = exchange(secret, key, sender, 0, ...ANY);
      return flips(outer, 3, (packet) => x.verify(packet));
    },
    messageIvs: (secret: string, key: string, peer: string, ephemeral: string, iv: string, count: number) => {
      const x = exchange(secret, key, peer, 0, ephemeral, iv);
      return Array.from({ length: count }, () => hex(x.encrypt(bytes("0000")).subarray(24, 28))).join(" ");
    },
    sync: (secret: string, key: string, peer: string, out: number, outers: string[]) => {
      const x = exchange(secret, key, peer, out, ...ANY);
      const results = outers.map((outer) => sync(x, outer));
      return `${results.join("; ")}; in ${x.in}, out ${x.out}, KEY ${x.remote ? hex(x.remote) : "none"}`;
    },
    channelSend: (
      secret: string,
      key: string,
      ephemeral: string,
      peer: string,
      handshake: string,
      out: number,
      iv: string,
      inner: string,
    ) =>
      hex(
        handshake
          ? synced(secret, key, ephemeral, iv, peer, handshake, out).send(bytes(inner))
          : exchange(secret, key, peer, out, ephemeral, "00000000", iv).send(bytes(inner)),
      ),
    channelReceive: (
      secret: string,
      key: string,
      ephemeral: string,
      peer: string,
      handshake: string,
      out: number,
      packet: string,
    ) => {
      const inner = synced(secret, key, ephemeral, "00000000", peer, handshake, out).receive(bytes(packet));
      return hex(lob.encode(inner.head, inner.body));
    },
    channelFlips: (
      secret: string,
      key: string,
      ephemeral: string,
      peer: string,
      handshake: string,
      out: number,
      packet: string,
    ) => {
      const x = synced(secret, key, ephemeral, "00000000", peer, handshake, out);
      return flips(packet, 18, (flipped) => !attempt(() => (x.receive(flipped), "")).startsWith("!"));
    },
    channelIvs: (
      secret: string,
      key: string,
      ephemeral: string,
      peer: string,
      handshake: string,
      out: number,
      iv: string,
      count: number,
    ) => {
      const x = synced(secret, key, ephemeral, iv, peer, handshake, out);
      return Array.from({ length: count }, () => hex(x.send(bytes("0000")).subarray(18, 22))).join(" ");
    },
    exchangeToken: (secret: string, key: string, peer: string, ephemeral: string) =>
      hex(exchange(secret, key, peer, 0, secretOf(ephemeral), "00000000").token()),
    token: (prefix: string) => hex(library.token(bytes(prefix))),
    aesKey: (secret: string, key: string) => hex(library.messageKey(finish(new CurveJob(bytes(secret), bytes(key))))),
    messageKey: (shared: string) => hex(library.messageKey(bytes(shared))),
    intermediate: (key: string) => hex(library.intermediate(bytes(key))),
    hashname: (keys: Record<string, string>) =>
      library.hashname(Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, bytes(key)]))),
    // keys by base32 of their intermediate digests
    hashnameOf: (keys: Record<string, string>) => library.hashname(keys),
    // keys in base32
    hashnameOfKeys: (keys: Record<string, string>) =>
      library.hashname(Object.fromEntries(Object.entries(keys).map(([id, key]) => [id, library.fromBase32(key)]))),
    toBase32: (data: string) => library.toBase32(bytes(data)),
    fromBase32: (text: string) => hex(library.fromBase32(text)),
    compress: (json: string, body: string) => hex(library.compress(JSON.parse(json), bytes(body))),
    decompress: (payload: string) => {
      const { json, body } = library.decompress(bytes(payload));
      return `${sorted(json)} ${hex(body) || "-"}`;
    },
  };
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: string };
  if (!code) throw error;
  return `!${code}`;
}

const attempt = (work: () => string): string => {
  try {
    return work();
  } catch (error) {
    return codeOf(error);
  }
};

interface Cloak {
  cloak(packet: Uint8Array, random: (n: number) => Uint8Array, rounds: number): Uint8Array;
  decloak(packet: Uint8Array): { packet: Uint8Array; nonces: Uint8Array[] };
}

/** Cloaking; what is under the cloak has to be a packet. */
export function cloakOperations({ cloak, decloak }: Cloak, { lob }: Library): Operations {
  return {
    cloak: (packet: string, nonces: string[], rounds: number) => hex(cloak(bytes(packet), scripted(...nonces), rounds)),
    uncloak: (data: string) => {
      const { packet, nonces } = decloak(bytes(data));
      lob.decode(packet);
      return `${hex(packet)} in ${nonces.length}`;
    },
  };
}

interface Inside {
  Session: typeof Session;
  channelKey(shared: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array;
  open: typeof openBody;
}

/** What the library's public names do not show: the session by itself, its keys, and a link by what it says on air. */
export function insideOperations({ Session, channelKey, open }: Inside, library: Library): Operations {
  const { CurveJob, Endpoint, Pipe, Self, Exchange, finish, lob } = library;
  return {
    channelKey: (ephemeral: string, other: string, from: string, to: string) =>
      hex(channelKey(finish(new CurveJob(bytes(ephemeral), bytes(other))), bytes(from), bytes(to))),
    session: (
      secret: string,
      key: string,
      ephemeral: string,
      peer: string,
      handshake: string,
      out: number,
      iv: string,
      steps: ["seal" | "open", string][],
    ) => {
      const self = new Self(
        { "1a": { key: bytes(key), secret: bytes(secret) } },
        scripted(secretOf(ephemeral), "00000000"),
      );
      const exchange = new Exchange(self, bytes(peer));
      if (out) exchange.handshake(out);
      exchange.handshake(exchange.sync(bytes(handshake)).at);
      const { ephemeral: own, remote } = exchange;
      const session = new Session(own!.key, remote!, finish(new CurveJob(own!.secret, remote!)), bytes(iv), 16);
      return steps.map(([what, data]) => attempt(() => hex(session[what](bytes(data))))).join(" ");
    },
    link: (secret: string, key: string, peer: string, out: number, outers: string[]) => {
      let code = "";
      const pipe = new Pipe({ mtu: 20, limit: 2000 });
      const endpoint = new Endpoint({
        pairs: { "1a": { key: bytes(key), secret: bytes(secret) } },
        random: (n) => new Uint8Array(n).fill(0x55),
        state: { [library.toBase32(bytes(peer))]: { handshakes: [Math.max(0, out - 2), 0], messages: [0, 0] } },
        events: {
          drop: (dropped) => {
            code = `!${dropped}`;
          },
        },
      });
      const link = endpoint.link(bytes(peer));
      const exchange = link.exchange;
      // `at` of all handshakes that wait, as they are on air
      const said = (): string => {
        const packets: Uint8Array[] = [];
        const radio = new Pipe({ mtu: 20, limit: 2000 });
        for (let frame = pipe.frame(); frame; frame = pipe.frame())
          radio.receive(frame, 0, (packet) => packets.push(packet));
        const aes = library.messageKey(finish(new CurveJob(exchange.ephemeral!.secret, bytes(peer))));
        return packets
          .map((packet) => String(lob.decode(open(library.messageBody(packet), 21, aes)).json?.["at"]))
          .join(" and ");
      };
      if (out) {
        link.connect(pipe);
        endpoint.poll(0);
        if (said() !== String(out)) throw new Error("the handshake that it has sent is another");
      }
      const results = outers.map((outer) => {
        const { in: before, remote } = exchange;
        code = "";
        endpoint.packet(pipe, bytes(outer), 0);
        const answer = said();
        if (code) return answer ? `${code}, answer ${answer}` : code;
        return `${exchange.in > before ? "accepted" : "not accepted"}, ${answer ? `answer ${answer}` : "no answer"}, ${exchange.remote !== remote ? "new session" : "same session"}`;
      });
      return `${results.join("; ")}; in ${exchange.in}, out ${exchange.out}, KEY ${exchange.remote ? hex(exchange.remote) : "none"}`;
    },
  };
}

/** One result; what is thrown without a code is a result too, so that the runner can say so. */
const resultOf = (work: () => string): string => {
  try {
    return attempt(work);
  } catch (error) {
    return `!(untyped) ${String(error)}`;
  }
};

/** The host library, by the module's exports. */
export function hostTarget(name: string, library: Library, more: Operations = {}): Target {
  const operations: Operations = { ...hostOperations(library), ...more };
  return {
    name,
    lacks: (operation) =>
      Object.hasOwn(operations, operation) ? undefined : (REASONS[operation] ?? "not in the host library"),
    run: async (list: Operation[]) =>
      list.map(([operation, ...args]) => resultOf(() => operations[operation]!(...(args as never[])))),
  };
}

const REASONS: Record<string, string> = {
  cloak: "cloaking is not in the host library",
  uncloak: "cloaking is not in the host library",
};
