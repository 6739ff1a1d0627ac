/** What a device has of compression, as the build makes it: in V8 beside the host's, and in the real interpreter. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import fc from "fast-check";
import { cached } from "../../tools/build/cache.ts";
import { compile } from "../../tools/build/compile.ts";
import * as host from "../../src/channel/compression/standard.ts";
import { errorCode, lob } from "../../src/index.ts";
import type { Json } from "../../src/index.ts";
import { bytes, hex } from "../helpers/core.ts";
import { espruinoPath, runEspruino } from "../helpers/espruino.ts";

const { code } = await cached("compression", () =>
  compile({
    input: fileURLToPath(new URL("../../src/channel/compression/espruino.ts", import.meta.url)),
    output: "compression.js",
    conditions: ["espruino", "crypto-script"],
    names: ["Z_MAX", "pack", "unpack"],
    role: "runtime",
  }),
);

// ---- the device's code in V8: its strings are bytes

type Nested = number | string | ArrayLike<Nested>;
const flat = (data: Nested): number[] =>
  typeof data === "number"
    ? [data & 255]
    : typeof data === "string"
      ? [...Buffer.from(data, "latin1")]
      : Array.from(data).flatMap(flat);
const E = {
  toUint8Array: (data: Nested) => Uint8Array.from(flat(data)),
  toString: (data: Uint8Array) => Buffer.from(data).toString("latin1"),
};

type Device = Pick<typeof host, "pack" | "unpack" | "Z_MAX">;
const device = {} as Device;
new Function("E", "exports", code)(E, device);

/** JSON with other texts. */
const mapText = (json: unknown, text: (text: string) => string): unknown =>
  typeof json === "string"
    ? text(json)
    : Array.isArray(json)
      ? json.map((value) => mapText(value, text))
      : json && typeof json === "object"
        ? Object.fromEntries(Object.entries(json).map(([name, value]) => [text(name), mapText(value, text)]))
        : json;
const toDevice = (json: unknown): Json => mapText(json, (text) => Buffer.from(text).toString("latin1")) as Json;
const fromDevice = (json: unknown): unknown => mapText(json, (text) => Buffer.from(text, "latin1").toString());

/** What `unpack` says: JSON with its keys in order, and BODY; or the code of an error. What is thrown without one goes on. */
type Said = { json: Json; body: string } | string;
const sorted = (json: object): Json =>
  Object.fromEntries(
    Object.entries(json)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
const said = (z: number, payload: Uint8Array): Said => {
  try {
    const { json, body } = device.unpack(z, payload);
    return { json: sorted(json!), body: hex(body) };
  } catch (error) {
    const { code } = error as { code?: number };
    if (!code) throw error;
    return errorCode(code)!;
  }
};

// ---- CBOR made by hand

/** A value's head with a number of so many bytes: 0 within the first. */
const head = (major: number, value: number | bigint, size: number): Buffer => {
  const first = major * 32 + (size ? 24 + Math.log2(size) : Number(value));
  const rest = Buffer.alloc(8);
  rest.writeBigUInt64BE(BigInt(value));
  return Buffer.from([first, ...rest.subarray(8 - size)]);
};
const sizesOf = (value: number): number[] => [
  ...(value < 24 ? [0] : []),
  ...(value < 256 ? [1] : []),
  ...(value < 65536 ? [2] : []),
  ...(value < 2 ** 32 ? [4] : []),
  8,
];
const headOf = (major: number, value: number): fc.Arbitrary<Buffer> =>
  fc.constantFrom(...sizesOf(value)).map((size) => head(major, value, size));
const uintOf = (value: number): fc.Arbitrary<Buffer> => headOf(0, value);
const bytesOf = (major: number, data: Uint8Array): fc.Arbitrary<Buffer> =>
  headOf(major, data.length).map((first) => Buffer.concat([first, data]));
const textOf = (value: string): fc.Arbitrary<Buffer> => bytesOf(3, Buffer.from(value));
const listOf = (parts: fc.Arbitrary<Buffer>[]): fc.Arbitrary<Buffer> =>
  fc.tuple(headOf(4, parts.length), ...parts).map((all) => Buffer.concat(all));
const all = (parts: fc.Arbitrary<Buffer>[]): fc.Arbitrary<Uint8Array> =>
  fc.tuple(...parts).map((each) => new Uint8Array(Buffer.concat(each)));

const text = fc.string({ unit: "grapheme", maxLength: 30 });
const uint32 = fc.oneof(
  fc.nat(300),
  fc.constantFrom(1, 23, 24, 255, 256, 65535, 65536, 2 ** 31, 2 ** 32 - 1),
  fc.nat(2 ** 32 - 1),
);
const channel = uint32.map((c) => c || 1);
// a device has no __proto__, see below; and what takes 6 bytes as JSON is no JSON HEAD
const name = fc
  .oneof(text, fc.constantFrom("end", "err", "x", "c2", "to", "ack\n", "constructor", "length"))
  .filter((name) => !["", "__proto__", "c", "type", "seq", "ack", "miss"].includes(name));
const others = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Json> =>
  fc.array(fc.tuple(name, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));
const fixed = fc
  .tuple(
    fc.record({ c: channel, type: text, seq: uint32 }, { requiredKeys: ["c"] }),
    fc.option(fc.tuple(uint32, fc.option(fc.array(uint32, { minLength: 1, maxLength: 40 })))),
  )
  .map(([json, acks]): Json =>
    !acks ? json : acks[1] ? { ...json, ack: acks[0], miss: acks[1] } : { ...json, ack: acks[0] },
  );
const json = fc
  .jsonValue({ stringUnit: "grapheme", depthSize: "small" })
  .filter((value) => !JSON.stringify(value).includes("__proto__"));
const heads = fc.tuple(others(json), fixed).map(([more, json]): Json => ({ ...more, ...json }));
const bodies = fc.oneof(fc.constant(new Uint8Array(0)), fc.uint8Array({ maxLength: 300 }));
const RUNS = { seed: 1, numRuns: 1000 };

const { vectors } = JSON.parse(
  readFileSync(new URL("../vectors/data/peers/cbor-z1.json", import.meta.url), "utf8"),
) as {
  vectors: { name: string; json: Json; body: string; cbor: string }[];
};

test("the vectors of cbor-z1.json", (t) => {
  t.true(vectors.length >= 15);
  t.is(device.Z_MAX, 1);
  for (const { name, json, body, cbor } of vectors) {
    t.deepEqual(said(1, bytes(cbor)), { json: sorted(json), body }, name);
    const packed = device.pack(1, json, bytes(body));
    // where a host has a map a device has a LOB packet; and no sender needs "c" in that
    if (name.startsWith("map") || name === "LOB c is overwritten") {
      const packet = host.unpack(1, packed);
      t.deepEqual([packet.json, hex(packet.body)], [json, body], name);
    } else t.is(hex(packed), cbor, name);
  }
});

test("a host reads what a device writes", (t) => {
  fc.assert(
    fc.property(heads, bodies, fc.constantFrom(0, 1), (head, body, z) => {
      const packet = host.unpack(z, device.pack(z, toDevice(head), body));
      t.deepEqual(packet.json, JSON.parse(JSON.stringify(head)));
      t.is(hex(packet.body), hex(body));
      // BODY may be left out; what is undefined is not there
      if (!body.length)
        t.is(hex(device.pack(z, { ...toDevice(head), none: undefined })), hex(device.pack(z, toDevice(head), body)));
    }),
    RUNS,
  );
});

test("where only its own keys are in a packet, a device writes what a host writes", (t) => {
  fc.assert(
    fc.property(fixed, bodies, fc.constantFrom(0, 1), (head, body, z) => {
      t.is(hex(device.pack(z, toDevice(head), body)), hex(host.pack(z, head, body)));
    }),
    RUNS,
  );
});

test("a device reads what a host writes", (t) => {
  const number = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
  fc.assert(
    fc.property(
      fc.tuple(others(fc.oneof(json, text, number)), fixed),
      bodies,
      fc.constantFrom(0, 1),
      ([more, own], body, z) => {
        const head = { ...more, ...own };
        const result = said(z, host.pack(z, head, body)) as Exclude<Said, string>;
        t.deepEqual(
          { ...result, json: fromDevice(result.json) as Json },
          { json: sorted(JSON.parse(JSON.stringify(head))), body: hex(body) },
        );
      },
    ),
    RUNS,
  );
});

test("both read integers and lengths of any width, and later values take the place of earlier ones", (t) => {
  const value = fc.oneof(
    text.chain((value) => textOf(value).map((cbor) => ({ cbor, value }))),
    uint32.chain((value) => uintOf(value).map((cbor) => ({ cbor, value }))),
    uint32.chain((value) => headOf(1, value).map((cbor) => ({ cbor, value: -1 - value }))),
    fc.maxSafeNat().map((value) => ({ cbor: head(0, value, 8), value })),
  );
  const entries = fc.uniqueArray(fc.tuple(name, value), { selector: ([name]) => name, maxLength: 6 });
  const packets = fc.tuple(
    channel,
    fc.option(fc.tuple(fc.option(heads), bodies)),
    fc.option(entries),
    fc.option(text),
    fc.option(uint32),
    fc.option(fc.array(uint32, { maxLength: 30 })),
  );
  const cases = packets.chain(([c, inner, map, type, seq, list]) => {
    const json: Json = { ...inner?.[0], c };
    const parts = [uintOf(c)];
    if (inner) parts.push(bytesOf(2, lob.encode(inner[0] ?? undefined, inner[1])));
    if (map) {
      parts.push(headOf(5, map.length));
      for (const [name, { cbor, value }] of map) {
        parts.push(textOf(name), fc.constant(cbor));
        json[name] = value;
      }
    }
    if (type !== null) parts.push(textOf((json["type"] = type)));
    if (seq !== null) parts.push(uintOf((json["seq"] = seq)));
    if (list) {
      parts.push(listOf(list.map(uintOf)));
      if (list.length) json["ack"] = list[0];
      if (list.length > 1) json["miss"] = list.slice(1);
    }
    const expected = { json: sorted(JSON.parse(JSON.stringify(json))), body: inner ? hex(inner[1]) : "" };
    return all(parts).map((payload) => ({ payload, expected }));
  });
  fc.assert(
    fc.property(cases, ({ payload, expected }) => {
      const packet = host.unpack(1, payload);
      t.deepEqual({ json: sorted(packet.json!), body: hex(packet.body) }, expected);
      const result = said(1, payload) as Exclude<Said, string>;
      t.deepEqual({ ...result, json: sorted(fromDevice(result.json) as Json) }, expected);
    }),
    RUNS,
  );
});

// ---- what is not as it should be

const word = (value: string): string => (value.length + 0x60).toString(16) + hex(new TextEncoder().encode(value));
const lobOf = (json: string | Uint8Array, body = ""): string => {
  const packet = hex(lob.encode(typeof json === "string" ? new TextEncoder().encode(json) : json, bytes(body)));
  return `59${(packet.length / 2).toString(16).padStart(4, "0")}${packet}`;
};
const x = word("x");

const read: [string, Json, string?][] = [
  // passed over: true, null, undefined, a simple value of two bytes, fractions of 16, 32 and 64 bits
  ...["f5", "f6", "f7", "f8ff", "f93e00", "fa3fc00000", "fb3ff8000000000000", "fb7ff0000000000000"].map(
    (value): [string, Json] => [`01a2${x}${value}${word("y")}02`, { c: 1, y: 2 }],
  ),
  ["0180", { c: 1 }],
  [`01${lobOf('{"ack":1,"miss":[2]}')}80`, { c: 1, ack: 1, miss: [2] }],
  [`01${lobOf('{"ack":1,"miss":[2]}')}8103`, { c: 1, ack: 3, miss: [2] }],
  // the first value is "c", whatever comes later
  [`01${lobOf('{"c":9,"x":1}', "ff")}a1${word("c")}05`, { c: 1, x: 1 }, "ff"],
  // the last of two with one name
  [`01a2${x}01${x}02`, { c: 1, x: 2 }],
  [`01a1${x}3bffffffffffffffff`, { c: 1, x: -(2 ** 64) }],
  ["1affffffff60", { c: 2 ** 32 - 1, type: "" }],
];

const deep = 20000;
const refused: [string, string][] = [
  ["", "CBOR"],
  ["20", "CBOR"],
  ["6161", "CBOR"],
  ["4401000000", "CBOR"],
  ["8101", "CBOR"],
  ["a0", "CBOR"],
  ["f5", "CBOR"],
  ["c101", "CBOR"],
  ["00", "INNER"],
  ["1b0000000100000000", "INNER"],
  ["1bffffffffffffffff", "INNER"],
  // a value in the wrong place, twice, or after the last
  ["0101616101", "INNER"],
  ["010101", "INNER"],
  ["018080", "INNER"],
  ["01f5", "INNER"],
  ["01c101", "INNER"],
  ["01a0a0", "INNER"],
  [`0100${word("t")}`, "INNER"],
  ["0120", "INNER"],
  ["01ff", "INNER"],
  // cut off
  ["18", "INNER"],
  ["1901", "INNER"],
  ["1b01020304050607", "INNER"],
  ["0119", "INNER"],
  ["0161", "INNER"],
  ["016261", "INNER"],
  ["0158", "PACKET_TOO_SHORT"],
  ["014200", "PACKET_TOO_SHORT"],
  ["01430000", "INNER"],
  ["0181", "CBOR"],
  ["018201", "CBOR"],
  ["01820118", "INNER"],
  ["01a1", "CBOR"],
  [`01a1${x}`, "CBOR"],
  [`01a1${x}18`, "INNER"],
  [`01a1${x}61`, "INNER"],
  ["01a161", "CBOR"],
  ["01a1790001", "CBOR"],
  ["01a17900", "CBOR"],
  [`01a2${x}01`, "CBOR"],
  // indefinite lengths, reserved ones, a break
  ["019f01ff", "CBOR"],
  ["01bfff", "CBOR"],
  ["015f4101ff", "CBOR"],
  ["017f6161ff", "CBOR"],
  ["011c00", "CBOR"],
  ["1d0000", "CBOR"],
  [`01a1${x}1e00`, "CBOR"],
  ["0181ff", "CBOR"],
  [`01a1${x}ff`, "CBOR"],
  // counts and lengths that nothing stands behind
  ["019bffffffffffffffff", "CBOR"],
  ["019b001fffffffffffff0102", "CBOR"],
  ["01ba00ffffff", "CBOR"],
  [`01bbffffffffffffffff${x}01`, "CBOR"],
  ["015affffffff0000", "INNER"],
  ["015bffffffffffffffff0000", "INNER"],
  ["017b7fffffffffffffff61", "INNER"],
  ["017b000000010000000061", "INNER"],
  ["01a17affffffff61", "CBOR"],
  ["01a17bffffffffffffffff61", "CBOR"],
  ["01a17b000000010000000061", "CBOR"],
  [`01a1${x}7affffffff61`, "INNER"],
  [`01a2${x}7bffffffffffffffff61`, "CBOR"],
  // in a map what is no text or number; in a list what is no unsigned integer
  ["01a10102", "CBOR"],
  ["01a1f502", "CBOR"],
  [`01a1${x}4101`, "CBOR"],
  [`01a1${x}8101`, "CBOR"],
  [`01a1${x}a0`, "CBOR"],
  [`01a1${x}c101`, "CBOR"],
  ["01820120", "CBOR"],
  ["01816161", "CBOR"],
  ["01818101", "CBOR"],
  // the interpreter would stop at a prototype that is no object
  [`01a1${word("__proto__")}01`, "CBOR"],
  [`01a1${word("__proto__")}${word("x")}`, "CBOR"],
  [`01a1${word("__proto__")}a0`, "CBOR"],
  // the LOB packet
  ["0140", "PACKET_TOO_SHORT"],
  ["014100", "PACKET_TOO_SHORT"],
  ["01420001", "PACKET_LENGTH"],
  ["0144000201ff", "INNER"],
  ["01490007ffffffffffffff", "INNER"],
  [`01${lobOf("[1,2,3,4]")}`, "INNER"],
  [`01${lobOf("{}")}`, "INNER"],
  // nested deeply
  [`01a1${x}${"81".repeat(deep)}`, "CBOR"],
  [`01${"81".repeat(deep)}`, "CBOR"],
  [`01${"c1".repeat(deep)}00`, "INNER"],
  [`01${`a1${x}`.repeat(deep)}`, "CBOR"],
];
const zeros: [string, string][] = [
  ["", "PACKET_TOO_SHORT"],
  ["00", "PACKET_TOO_SHORT"],
  ["0001", "PACKET_LENGTH"],
  ["0000", "INNER"],
  ["000101", "INNER"],
  ...[
    '{"x":1}',
    "[1,2,3,4]",
    '{"c":0}',
    '{"c":-1}',
    '{"c":1.5}',
    '{"c":4294967296}',
    '{"c":"1"}',
    '{"c":true}',
    '{"c":null}',
    '{"c":[1]}',
  ].map((json): [string, string] => [hex(lob.encode(new TextEncoder().encode(json))), "INNER"]),
];

test("what is passed over, and which of two values counts", (t) => {
  for (const [payload, json, body = ""] of read) t.deepEqual(said(1, bytes(payload)), { json, body }, payload);
});

test("what is no packet has a typed error", (t) => {
  for (const [payload, code] of refused) t.is(said(1, bytes(payload)), code, payload.slice(0, 60));
  for (const [payload, code] of zeros) t.is(said(0, bytes(payload)), code, payload);
});

/** Payloads like a host's, then with a bit changed or cut off, then noise. */
function* hostile(seed: number, many: number): Generator<Uint8Array> {
  for (const [head, body, noise, at] of fc.sample(
    fc.tuple(heads, fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 40 }), fc.nat()),
    { seed, numRuns: many },
  )) {
    const payload = host.pack(1, head, body);
    yield payload.subarray(0, at % payload.length);
    const changed = payload.slice();
    changed[(at >> 3) % changed.length]! ^= 128 >> (at & 7);
    yield changed;
    yield Uint8Array.of(1, ...noise);
    yield Uint8Array.of(1, 0xa0 + (at % 24), 0x61, 0x78, ...noise);
  }
}

test("whatever comes is a packet or a typed error, and a device reads nothing else than a host", (t) => {
  let both = 0;
  for (const payload of hostile(2, 5000)) {
    const result = said(1, payload);
    let packet: lob.Packet | undefined;
    try {
      packet = host.unpack(1, payload);
    } catch {
      // refused there
    }
    if (typeof result === "string") {
      t.true(["CBOR", "INNER", "PACKET_TOO_SHORT", "PACKET_LENGTH"].includes(result), hex(payload));
      continue;
    }
    const { json } = result;
    t.true(Number.isInteger(json["c"]) && (json["c"] as number) > 0 && (json["c"] as number) < 2 ** 32, hex(payload));
    if (!packet) continue;
    both++;
    t.is(result.body, hex(packet.body));
    // all but the fractions in a map; numbers in JSON may be too large for one
    const own = JSON.parse(JSON.stringify(fromDevice(json))) as Json;
    for (const [name, value] of Object.entries(own)) t.deepEqual(value, packet.json![name], hex(payload));
    for (const [name, value] of Object.entries(packet.json!))
      if (!Object.hasOwn(own, name)) t.false(Number.isInteger(value), hex(payload));
  }
  t.true(both > 1000);
});

// ---- the real interpreter

/** What is said of each payload there, and of each packet the payload. */
function interpreted(
  payloads: [number, Uint8Array][],
  packets: [number, Json, Uint8Array][],
): { read: Said[]; written: string[] } {
  const lines = runEspruino(`
    var lib = {};
    (function(exports) {${code}})(lib);
    var bytes = function(text) { return E.toUint8Array(atob(text)); };
    var hex = function(data) { var text = ""; for (var i = 0; i < data.length; i++) text += (256 + data[i]).toString(16).substr(1); return text; };
    var read = function(z, text) {
      try {
        // a view into a frame, as it comes
        var packet = lib.unpack(z, E.toUint8Array([170, bytes(text), 170]).subarray(1, 1 + bytes(text).length));
        print(JSON.stringify({ json: packet.json, body: hex(packet.body) }));
      } catch (error) {
        print(error.code ? error.code : error.toString());
      }
    };
    var write = function(z, json, body) { print('"' + hex(lib.pack(z, JSON.parse(atob(json)), bytes(body))) + '"'); };
    ${payloads.map(([z, payload]) => `read(${z},"${Buffer.from(payload).toString("base64")}");`).join("\n")}
    ${packets.map(([z, json, body]) => `write(${z},"${Buffer.from(JSON.stringify(json)).toString("base64")}","${Buffer.from(body).toString("base64")}");`).join("\n")}
  `).map((line) => JSON.parse(line));
  if (lines.length !== payloads.length + packets.length) throw new Error(`${lines.length} lines`);
  return {
    read: lines
      .slice(0, payloads.length)
      .map((line) => (typeof line === "number" ? errorCode(line)! : { json: sorted(line.json), body: line.body })),
    written: lines.slice(payloads.length),
  };
}

const skip = (t: { log(text: string): void; pass(): void }): void => {
  t.log("skipped: no espruino-linux");
  t.pass();
};

test("the real interpreter reads and writes the vectors", (t) => {
  if (!espruinoPath()) return skip(t);
  const { read, written } = interpreted(
    vectors.map(({ cbor }) => [1, bytes(cbor)]),
    vectors.map(({ json, body }) => [1, json, bytes(body)]),
  );
  vectors.forEach(({ name, json, body }, i) => {
    t.deepEqual(read[i], { json: sorted(json), body }, name);
    t.is(written[i], hex(device.pack(1, json, bytes(body))), name);
  });
});

test("the real interpreter refuses what is to be refused, and passes over what is to be", (t) => {
  if (!espruinoPath()) return skip(t);
  const short = refused.filter(([payload]) => payload.length < 2000);
  const payloads: [number, string][] = [
    ...short.map(([payload]): [number, string] => [1, payload]),
    ...zeros.map(([payload]): [number, string] => [0, payload]),
    ...read.map(([payload]): [number, string] => [1, payload]),
  ];
  const results = interpreted(
    payloads.map(([z, payload]) => [z, bytes(payload)]),
    [],
  ).read;
  const expected = [
    ...short.map(([, code]) => code),
    ...zeros.map(([, code]) => code),
    ...read.map(([, json, body = ""]) => ({ json: sorted(json), body })),
  ];
  payloads.forEach(([, payload], i) => t.deepEqual(results[i], expected[i], payload.slice(0, 60)));
});

test("the real interpreter takes whatever comes as V8 does", (t) => {
  if (!espruinoPath()) return skip(t);
  // what is JSON differs between both, and so do numbers that are no integers
  const payloads = [...hostile(3, 150)].filter((payload) => !Buffer.from(payload).includes("{"));
  t.true(payloads.length > 200);
  const plain = (result: Said): unknown =>
    typeof result === "string" ? result : { ...result, json: fromDevice(result.json) };
  const results = interpreted(
    payloads.map((payload) => [1, payload]),
    [],
  ).read;
  payloads.forEach((payload, i) => t.deepEqual(plain(results[i]!), plain(said(1, payload)), hex(payload)));
});

test("the real interpreter writes what V8 does", (t) => {
  if (!espruinoPath()) return skip(t);
  const packets = fc
    .sample(fc.tuple(fc.constantFrom(0, 1), fixed, fc.uint8Array({ maxLength: 60 })), { seed: 4, numRuns: 150 })
    .map(([z, json, body]): [number, Json, Uint8Array] => [
      z,
      { end: true, err: "x", ...json, ...(json["type"] ? { type: "t" } : {}) },
      body,
    ]);
  const { written } = interpreted([], packets);
  packets.forEach(([z, json, body], i) => t.is(written[i], hex(device.pack(z, json, body))));
});
