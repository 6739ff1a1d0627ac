/**
 * The examples of docs/wire.md, as the code makes them. A board sends to a gateway; all that is random is bytes alike, which
 * tells on the page what is what: 11 the board's secret, 12 its ephemeral secret and IVs, 21 and 22 those of the gateway.
 */
import { advertising } from "../../src/device/radios/advertising.ts";
import {
  CurveJob,
  Endpoint,
  MessageExchange,
  Pipe,
  Self,
  Session,
  boxId,
  cloak,
  finish,
  generate,
  hashname,
  keysToFile,
  linkInfo,
  lob,
  makeFragment,
  setOf,
  split,
  stamp,
  toBase32,
  toJson,
  toJwk,
  toUri,
  token,
} from "../../src/index.ts";
import type { Identity, KeyPair, Random } from "../../src/index.ts";
import { pack } from "../../src/channel/compression/standard.ts";
import { seedFile } from "../../tools/flash/seed.ts";
import { FIRST } from "../../src/exchange/recency.ts";
import { writeFragment } from "../../src/identity/uri.ts";
import { toBytes } from "#platform/engine";
import { sha256 } from "#crypto/primitives";

export const bytesOf =
  (byte: number): Random =>
  (n) =>
    new Uint8Array(n).fill(byte);

const identityOf = (own: number, ephemeral: number): Identity => ({
  ...generate(bytesOf(own))["1a"],
  random: bytesOf(ephemeral),
});

export const board = identityOf(0x11, 0x12);
export const gateway = identityOf(0x21, 0x22);

export function exchangeOf(own: Identity, other: Identity): MessageExchange {
  const exchange = new MessageExchange(own, other.key, 0, 0);
  while (exchange.stage() < 3) exchange.done(finish(exchange.job()));
  return exchange;
}

export function sessionOf(own: Identity, other: Identity): Session {
  const [mine, theirs] = [exchangeOf(own, other).ephemeral!, exchangeOf(other, own).ephemeral!];
  return new Session(mine.key, theirs.key, finish(new CurveJob(mine.secret, theirs.key)), own.random(4), 16);
}

const text = toBytes;
export const content = text("21.5");
export const packet = lob.encode({ c: 1 }, text("hi"));
export const fields = { c: 1, seq: 2, ack: 3, miss: [1, 7] };

const names = { board: hashname({ "1a": board.key }), gateway: hashname({ "1a": gateway.key }) };

function messageIn1c(): Uint8Array {
  const pairs = [0x11, 0x21].map((byte): KeyPair => generate(bytesOf(byte), ["1c"])["1c"]!);
  const set = setOf("1c");
  return exchangeOf({ ...pairs[0]!, random: bytesOf(0x12), set }, { ...pairs[1]!, random: bytesOf(0x22), set }).encrypt(
    stamp(1, 0, content),
  );
}

/** The board's radio "advertising" with a packet: what is advertised. */
function advertised(): Uint8Array {
  let fragments: Uint8Array[] = [];
  const scope = globalThis as unknown as { [name: string]: unknown };
  const { setTimeout: later } = scope;
  Object.assign(scope, {
    E: { hwRand: () => 0x44 },
    NRF: {
      setAdvertising: (list: Uint8Array[]) => {
        fragments = list;
      },
      getAdvertisingData: () => undefined,
    },
    // the end of the carousel is not of interest here
    setTimeout: () => undefined,
  });
  try {
    const radio = advertising();
    for (const frame of split(packet, radio.mtu!)) radio.write(frame);
  } finally {
    Object.assign(scope, { setTimeout: later, E: undefined, NRF: undefined });
  }
  return fragments[0]!;
}

function announcement(): Uint8Array {
  const endpoint = new Endpoint({ pairs: { "1a": gateway }, random: bytesOf(0x22), events: {} });
  const pipe = new Pipe({ mtu: 1448, datagram: true });
  endpoint.discover([pipe], [{ type: "udp4", ip: "192.168.0.55", port: 42424 }]);
  endpoint.poll(0);
  return pipe.queue[0]!;
}

/** What a serial port is answered to a chunk of a packet, where there is nothing else to say. */
function answer(): Uint8Array {
  const pipe = new Pipe({ mtu: 8, stream: true, blocking: true });
  pipe.receive(split(packet, 8)[0]!, 0, () => undefined);
  return pipe.frame(0)!;
}

/** A file of a board's Storage; the test compares it with what src/device/store.ts writes. */
const stored = (data: Uint8Array): Uint8Array => new Uint8Array([...sha256(data).subarray(0, 8), ...data]);

const info = () =>
  linkInfo({ keys: { "1a": gateway.key }, paths: [{ type: "udp4", ip: "192.168.0.55", port: 42424 }] });

/** What a block of hex digits shows, by its name. */
export const packets: { [name: string]: () => Uint8Array } = {
  "lob": () => packet,
  "chunk": () => split(packet, 8)[0]!,
  "last chunk": () => split(packet, 8)[1]!,
  "answer": answer,
  "content": () => stamp(1, 0, content),
  "piece": () => stamp(7, FIRST + 2, content),
  "message": () => exchangeOf(board, gateway).encrypt(stamp(1, 0, content)),
  "message in 1c": messageIn1c,
  "handshake": () => new Self({ "1a": gateway }, bytesOf(0)).decrypt(exchangeOf(board, gateway).handshake(-1, 1)),
  "token": () => token(exchangeOf(gateway, board).ephemeral!.key),
  "channel packet": () => sessionOf(board, gateway).seal(pack(1, fields, text("hi"))),
  "payload": () => pack(0, fields, text("hi")),
  "compressed payload": () => pack(1, fields, text("hi")),
  "opening payload": () => pack(1, { c: 1, type: "stream", seq: 1 }),
  "cloaked": () => cloak(packet, bytesOf(0x33), 1),
  "advertisement": advertised,
  "key": () => board.key,
  "box": () => boxId(names.board, names.gateway),
  "mote.id": () => stored(new Uint8Array([...board.key, ...board.secret])),
  "mote.0": () => stored(text("[65,2,65,65,2]")),
  "mote.seed0": () => seedFile(bytesOf(0x55)).bytes,
};

/** What a block of text shows, by its name. */
export const texts: { [name: string]: () => string } = {
  "key text": () => toBase32(board.key),
  "hashname": () => names.board,
  "announcement": () => new TextDecoder().decode(lob.decode(announcement()).head),
  "uri": () => toUri(info()),
  "link": () => JSON.stringify(toJson(info()), null, 2),
  "jwk": () => JSON.stringify(toJwk(info()), null, 2),
  "fragment": () => `#${writeFragment(makeFragment(names.board, bytesOf(0x66)))}`,
  "keys file": () => keysToFile({ "1a": board }).trim(),
};
