import test from "ava";
import fc from "fast-check";
import { compress, decompress, lob } from "../../src/index.ts";
import type { Json } from "../../src/index.ts";
import { bytes, codeOf, hex } from "../helpers/core.ts";

const SEED = { seed: 1, numRuns: 500 };
const CODES = ["CBOR", "JSON", "PACKET_HEAD", "PACKET_TOO_SHORT", "PACKET_LENGTH"];
const packet = (payload: string): [unknown, string] => {
  const { json, body } = decompress(bytes(payload));
  return [json, hex(body)];
};
const lobOf = (json: string, body = ""): string => {
  const all = hex(lob.encode(new TextEncoder().encode(json), bytes(body)));
  return `59${(all.length / 2).toString(16).padStart(4, "0")}${all}`;
};
const text = (value: string): string => (value.length + 0x60).toString(16) + hex(new TextEncoder().encode(value));

const uint = fc.oneof(fc.nat(30), fc.maxSafeNat());
const list = fc.array(uint, { maxLength: 5 });
const heads: fc.Arbitrary<Json> = fc.tuple(
  uint,
  fc.dictionary(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("type", "seq", "ack", "miss", "end", "z")), fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.double(), uint), { maxKeys: 4 }),
  fc.record({ type: fc.string(), seq: uint, ack: uint, miss: list }, { requiredKeys: [] }),
).map(([c, other, fields]) => ({ ...other, ...fields, c }));
const bodies = fc.uint8Array({ maxLength: 300 });

test("the examples of compression.md", (t) => {
  const open = { c: 1, type: "open" };
  const ack = { c: 2, seq: 22, ack: 20, miss: [1, 2, 20] };
  t.is(hex(compress(open)), "01646f70656e");
  t.is(hex(compress(ack)), "02168414010214");
  t.deepEqual(packet("01646f70656e"), [open, ""]);
  t.deepEqual(packet("02168414010214"), [ack, ""]);
});

test("any packet comes back as the packet that LOB gives", (t) => {
  fc.assert(fc.property(heads, bodies, (head, body) => {
    const direct = lob.decode(lob.encode(head, body));
    const decoded = decompress(compress(head, body));
    t.deepEqual(decoded.json, direct.json);
    t.is(hex(decoded.body), hex(body));
    t.deepEqual(JSON.parse(new TextDecoder().decode(decoded.head)), decoded.json);
  }), SEED);
});

test("each way in which a HEAD is divided", (t) => {
  const cases: [Json, string][] = [
    [{ c: 23, x: 1.5, bb: "y", a: -1 }, `17a3${text("a")}20${text("x")}f93e00${text("bb")}${text("y")}`],
    [{ c: 1, x: 1, end: true, type: "t", seq: 0, ack: 1 }, `015400127b2278223a312c22656e64223a747275657d${text("t")}008101`],
    // what has not the type of its place is a key like others
    [{ c: 1, type: 5, seq: "s", ack: -1 }, `01a3${text("ack")}20${text("seq")}${text("s")}${text("type")}05`],
    [{ c: 1, ack: 1, miss: [] }, `014d000b7b226d697373223a5b5d7d8101`],
    [{ c: 1, miss: [1] }, `014e000c7b226d697373223a5b315d7d`],
    // only JSON has an escape for half a surrogate pair
    [{ c: 1, type: "\ud800" }, `015300117b2274797065223a225c7564383030227d`],
    [{ c: 1, gone: undefined }, "01"],
  ];
  for (const [head, payload] of cases) {
    t.is(hex(compress(head)), payload, JSON.stringify(head));
    t.deepEqual(packet(payload), [JSON.parse(JSON.stringify(head)), ""]);
  }
});

test("values that a map and a list may hold and that are not used", (t) => {
  // true, null, a list, a map in a map, bytes, tagged text; keys that are not text
  const map = `a8${text("a")}f5${text("b")}f6${text("c2")}8201a10203${text("d")}a1${text("x")}01${text("e")}4101${text("f")}c1${text("g")}0107${text("x")}02`;
  t.deepEqual(packet(`01${map}`), [{ c: 1, x: 2 }, ""]);
  t.deepEqual(packet("018620056161818109f506"), [{ c: 1, ack: 5, miss: [6] }, ""]);
  t.deepEqual(packet("0180"), [{ c: 1 }, ""]);
  // integers and lengths that could be shorter
  t.deepEqual(packet("1a00000001790001741b0000000000000002"), [{ c: 1, type: "t", seq: 2 }, ""]);
  // later values take the place of earlier ones
  t.deepEqual(packet(`01${lobOf('{"c":9,"type":"a","seq":true,"x":1}', "ff")}a2${text("x")}02${text("seq")}03${text("b")}04`), [{ c: 1, type: "b", seq: 4, x: 2 }, "ff"]);
  t.deepEqual(packet(`01${lobOf('{"x":1}')}a1${text("x")}f5`), [{ c: 1, x: 1 }, ""]);
  const { json } = decompress(bytes(`01a1${text("__proto__")}01`));
  t.true(Object.hasOwn(json!, "__proto__"));
  // a mark of byte order is a character like others
  t.is(packet("0163efbbbf").map((part) => JSON.stringify(part))[0], '{"c":1,"type":"\ufeff"}');
});

test("what is not the values of a packet has a typed error", (t) => {
  const deep = 20000;
  const cases: [string, string][] = [
    ["", "CBOR"], ["20", "CBOR"], ["6161", "CBOR"], ["8101", "CBOR"], ["1bffffffffffffffff", "CBOR"], ["c101", "CBOR"],
    // a value in the wrong place, twice, or after the last
    ["0101616101", "CBOR"], ["010101", "CBOR"], ["018080", "CBOR"], ["01f5", "CBOR"], ["01c101", "CBOR"], ["01a0a0", "CBOR"], [`0100${text("t")}`, "CBOR"],
    // indefinite lengths, and a break
    ["019f01ff", "CBOR"], ["01bfff", "CBOR"], ["015f4101ff", "CBOR"], ["017f6161ff", "CBOR"], ["01ff", "CBOR"], ["0181ff", "CBOR"], [`01a1${text("x")}ff`, "CBOR"],
    // counts without values
    ["019bffffffffffffffff", "CBOR"], ["019b001fffffffffffff", "CBOR"], ["01ba00ffffff", "CBOR"], ["015affffffff", "CBOR"], [`01a1${text("x")}9b001fffffffffffff`, "CBOR"],
    // not UTF-8; Infinity, NaN; a key twice; "c" in the map
    ["0161ff", "CBOR"], [`01a161ff01`, "CBOR"], [`01a1${text("x")}61ff`, "CBOR"], [`01a1${text("x")}f97c00`, "CBOR"], [`01a1${text("x")}f97e00`, "CBOR"],
    [`01a2${text("x")}01${text("x")}02`, "CBOR"], [`01a2${text("x")}f5${text("x")}02`, "CBOR"], [`01a1${text("c")}01`, "CBOR"],
    // the LOB packet
    ["0140", "PACKET_TOO_SHORT"], ["01420001", "PACKET_LENGTH"], ["0144000201ff", "PACKET_HEAD"], ["01490007ffffffffffffff", "JSON"], [`01${lobOf("[1,2,3,4]")}`, "JSON"],
    // nested deeply, in CBOR and in JSON
    [`01a1${text("x")}${"81".repeat(deep)}`, "CBOR"], [`01${"c1".repeat(deep)}00`, "CBOR"], [`01${lobOf(`{"x":${"[".repeat(deep)}${"]".repeat(deep)}}`)}`, "JSON"],
    // no LOB packet could hold it
    [`0179ffff${"61".repeat(65535)}`, "PACKET_HEAD"],
  ];
  for (const [payload, code] of cases) t.is(codeOf(() => decompress(bytes(payload))), code, payload.slice(0, 60));
});

test("nesting that is passed over takes no stack", (t) => {
  const deep = 200000;
  t.deepEqual(packet(`01a1${text("x")}${"81".repeat(deep)}00`), [{ c: 1 }, ""]);
});

test("a HEAD without a channel id, or that no LOB packet could hold, is not compressed", (t) => {
  for (const c of [undefined, null, -1, 1.5, "1", 2 ** 53, true]) t.is(codeOf(() => compress({ c, type: "open" })), "CBOR", String(c));
  t.is(codeOf(() => compress({})), "CBOR");
  t.is(codeOf(() => compress({ c: 1, x: "a".repeat(65535) })), "PACKET_HEAD");
  t.is(hex(decompress(compress({ c: 1, x: "a".repeat(65521) })).head.subarray(-3)), "61227d");
  const x = JSON.parse("[".repeat(20000) + "]".repeat(20000));
  t.is(codeOf(() => compress({ c: 1, x })), "JSON");
});

test("every truncation and every changed bit is a packet or a typed error", (t) => {
  const seen = new Set<string>();
  const attempt = (payload: Uint8Array): void => {
    const code = codeOf(() => {
      const { json, error, body } = decompress(payload);
      t.true(error === undefined && Number.isSafeInteger(json!.c));
      // and is one that can be sent on
      t.deepEqual(decompress(compress(json!, body)).json, json);
    });
    seen.add(code ?? "packet");
  };
  fc.assert(fc.property(heads, fc.uint8Array({ maxLength: 8 }), (head, body) => {
    const payload = compress(head, body);
    for (let length = 0; length < payload.length; length++) attempt(payload.subarray(0, length));
    for (let bit = 0; bit < payload.length * 8; bit++) {
      payload[bit >> 3]! ^= 128 >> (bit & 7);
      attempt(payload);
      payload[bit >> 3]! ^= 128 >> (bit & 7);
    }
  }), { seed: 2, numRuns: 100 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => attempt(Uint8Array.of(1, ...noise))), { seed: 3, numRuns: 5000 });
  t.deepEqual([...seen].sort(), [...CODES, "packet"].sort());
});
