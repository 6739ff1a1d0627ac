import { readFileSync } from "node:fs";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import test from "ava";
import fc from "fast-check";
import { Z_MAX, pack, unpack } from "../../src/channel/compression/standard.ts";
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
const heads: fc.Arbitrary<Json> = fc
  .tuple(
    uint,
    fc.dictionary(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("type", "seq", "ack", "miss", "end", "z")),
      fc.oneof(fc.jsonValue(), fc.string({ unit: "binary" }), fc.double(), uint),
      { maxKeys: 4 },
    ),
    fc.record({ type: fc.string(), seq: uint, ack: uint, miss: list }, { requiredKeys: [] }),
  )
  .map(([c, other, fields]) => ({ ...other, ...fields, c }));
const bodies = fc.uint8Array({ maxLength: 300 });

test("the examples of compression.md", (t) => {
  const open = { c: 1, type: "open" };
  const ack = { c: 2, seq: 22, ack: 20, miss: [1, 2, 20] };
  t.is(hex(compress(open)), "01646f70656e");
  t.is(hex(compress(ack)), "02168414010214");
  t.deepEqual(packet("01646f70656e"), [open, ""]);
  t.deepEqual(packet("02168414010214"), [ack, ""]);
});

test("the vectors of cbor-z1.json", (t) => {
  const { vectors } = JSON.parse(readFileSync(new URL("../vectors/data/peers/cbor-z1.json", import.meta.url), "utf8"));
  t.true(vectors.length >= 15);
  for (const { name, json, body, cbor } of vectors) {
    const packet = unpack(1, bytes(cbor));
    t.deepEqual([packet.json, hex(packet.body)], [json, body], name);
    // one is for receivers: no sender needs "c" in the LOB packet
    if (name === "LOB c is overwritten") continue;
    t.is(hex(pack(1, json, bytes(body))), cbor, name);
  }
});

test("any packet comes back as the packet that LOB gives", (t) => {
  fc.assert(
    fc.property(heads, bodies, (head, body) => {
      const direct = lob.decode(lob.encode(head, body));
      const decoded = decompress(compress(head, body));
      t.deepEqual(decoded.json, direct.json);
      t.is(hex(decoded.body), hex(body));
      t.deepEqual(JSON.parse(new TextDecoder().decode(decoded.head)), decoded.json);
    }),
    SEED,
  );
});

test("each way in which a HEAD is divided", (t) => {
  const cases: [Json, string][] = [
    [{ c: 23, x: 500, bb: "y", a: -1 }, `17a3${text("a")}20${text("x")}1901f4${text("bb")}${text("y")}`],
    // a device passes over fractions in a map
    [{ c: 1, x: 1.5 }, "014b00097b2278223a312e357d"],
    [
      { c: 1, x: 1, end: true, type: "t", seq: 0, ack: 1 },
      `015400127b2278223a312c22656e64223a747275657d${text("t")}008101`,
    ],
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
  t.deepEqual(
    packet(`01${lobOf('{"c":9,"type":"a","seq":true,"x":1}', "ff")}a2${text("x")}02${text("seq")}03${text("b")}04`),
    [{ c: 1, type: "b", seq: 4, x: 2 }, "ff"],
  );
  t.deepEqual(packet(`01${lobOf('{"x":1}')}a1${text("x")}f5`), [{ c: 1, x: 1 }, ""]);
  const { json } = decompress(bytes(`01a1${text("__proto__")}01`));
  t.true(Object.hasOwn(json!, "__proto__"));
  // a mark of byte order is a character like others
  t.is(packet("0163efbbbf").map((part) => JSON.stringify(part))[0], '{"c":1,"type":"\ufeff"}');
});

test("what is not the values of a packet has a typed error", (t) => {
  const deep = 20000;
  const cases: [string, string][] = [
    ["", "CBOR"],
    ["20", "CBOR"],
    ["6161", "CBOR"],
    ["8101", "CBOR"],
    ["1bffffffffffffffff", "CBOR"],
    ["c101", "CBOR"],
    // a value in the wrong place, twice, or after the last
    ["0101616101", "CBOR"],
    ["010101", "CBOR"],
    ["018080", "CBOR"],
    ["01f5", "CBOR"],
    ["01c101", "CBOR"],
    ["01a0a0", "CBOR"],
    [`0100${text("t")}`, "CBOR"],
    // indefinite lengths, and a break
    ["019f01ff", "CBOR"],
    ["01bfff", "CBOR"],
    ["015f4101ff", "CBOR"],
    ["017f6161ff", "CBOR"],
    ["01ff", "CBOR"],
    ["0181ff", "CBOR"],
    [`01a1${text("x")}ff`, "CBOR"],
    // counts without values
    ["019bffffffffffffffff", "CBOR"],
    ["019b001fffffffffffff", "CBOR"],
    ["01ba00ffffff", "CBOR"],
    ["015affffffff", "CBOR"],
    [`01a1${text("x")}9b001fffffffffffff`, "CBOR"],
    // not UTF-8; Infinity, NaN; a key twice; "c" in the map
    ["0161ff", "CBOR"],
    [`01a161ff01`, "CBOR"],
    [`01a1${text("x")}61ff`, "CBOR"],
    [`01a1${text("x")}f97c00`, "CBOR"],
    [`01a1${text("x")}f97e00`, "CBOR"],
    [`01a2${text("x")}01${text("x")}02`, "CBOR"],
    [`01a2${text("x")}f5${text("x")}02`, "CBOR"],
    [`01a1${text("c")}01`, "CBOR"],
    // the LOB packet
    ["0140", "PACKET_TOO_SHORT"],
    ["01420001", "PACKET_LENGTH"],
    ["0144000201ff", "PACKET_HEAD"],
    ["01490007ffffffffffffff", "JSON"],
    [`01${lobOf("[1,2,3,4]")}`, "JSON"],
    // nested deeply, in CBOR and in JSON
    [`01a1${text("x")}${"81".repeat(deep)}`, "CBOR"],
    [`01${"c1".repeat(deep)}00`, "CBOR"],
    [`01${lobOf(`{"x":${"[".repeat(deep)}${"]".repeat(deep)}}`)}`, "JSON"],
    // no LOB packet could hold it
    [`0179ffff${"61".repeat(65535)}`, "PACKET_HEAD"],
  ];
  for (const [payload, code] of cases)
    t.is(
      codeOf(() => decompress(bytes(payload))),
      code,
      payload.slice(0, 60),
    );
});

test("nesting that is passed over takes no stack", (t) => {
  const deep = 200000;
  t.deepEqual(packet(`01a1${text("x")}${"81".repeat(deep)}00`), [{ c: 1 }, ""]);
});

test("a HEAD without a channel id, or that no LOB packet could hold, is not compressed", (t) => {
  for (const c of [undefined, null, -1, 1.5, "1", 2 ** 53, true])
    t.is(
      codeOf(() => compress({ c, type: "open" })),
      "CBOR",
      String(c),
    );
  t.is(
    codeOf(() => compress({})),
    "CBOR",
  );
  t.is(
    codeOf(() => compress({ c: 1, x: "a".repeat(65535) })),
    "PACKET_HEAD",
  );
  t.is(hex(decompress(compress({ c: 1, x: "a".repeat(65521) })).head.subarray(-3)), "61227d");
  const x = JSON.parse("[".repeat(20000) + "]".repeat(20000));
  t.is(
    codeOf(() => compress({ c: 1, x })),
    "JSON",
  );
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
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 8 }), (head, body) => {
      const payload = compress(head, body);
      for (let length = 0; length < payload.length; length++) attempt(payload.subarray(0, length));
      for (let bit = 0; bit < payload.length * 8; bit++) {
        payload[bit >> 3]! ^= 128 >> (bit & 7);
        attempt(payload);
        payload[bit >> 3]! ^= 128 >> (bit & 7);
      }
    }),
    { seed: 2, numRuns: 100 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => attempt(Uint8Array.of(1, ...noise))),
    { seed: 3, numRuns: 5000 },
  );
  t.deepEqual([...seen].sort(), [...CODES, "packet"].sort());
});

// ---- every z

const channelHeads = heads.map((head) => ({ ...head, c: 1 + ((head["c"] as number) % 0xffffffff) }));
const decoded = (payload: Uint8Array): Uint8Array => new Uint8Array(inflateRawSync(payload));

test("with any z a packet comes back as the packet that LOB gives", (t) => {
  t.is(Z_MAX, 2);
  fc.assert(
    fc.property(channelHeads, bodies, (head, body) => {
      const direct = lob.decode(lob.encode(head, body));
      for (let z = 0; z <= Z_MAX; z++) {
        const packet = unpack(z, pack(z, head, body));
        t.deepEqual(packet.json, direct.json);
        t.is(hex(packet.body), hex(body));
        t.is(packet.error, undefined);
      }
      t.is(hex(pack(0, head, body)), hex(lob.encode(head, body)));
      t.is(hex(pack(1, head, body)), hex(compress(head, body)));
      t.is(hex(decoded(pack(2, head, body))), hex(lob.encode(head, body)));
    }),
    SEED,
  );
});

test("what zlib deflates is read, whatever kinds of blocks it makes", (t) => {
  const data = fc
    .array(
      fc.oneof(
        fc.uint8Array({ maxLength: 3000 }),
        // repeated, from near and from far
        fc
          .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 300 }))
          .map(([part, times]) => new Uint8Array(Buffer.concat(Array(times).fill(part)))),
      ),
      { maxLength: 5 },
    )
    .map((parts) => new Uint8Array(Buffer.concat(parts)));
  const options = fc.record({
    level: fc.integer({ min: 0, max: 9 }),
    memLevel: fc.integer({ min: 1, max: 9 }),
    strategy: fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_FILTERED,
    ),
  });
  fc.assert(
    fc.property(data, options, (body, how) => {
      const packet = unpack(2, deflateRawSync(lob.encode({ c: 5 }, body), how));
      t.deepEqual(packet.json, { c: 5 });
      t.true(Buffer.from(body).equals(packet.body));
    }),
    { seed: 4, numRuns: 400 },
  );
});

test("a packet beyond 66,560 bytes is neither deflated nor inflated", (t) => {
  const head = { c: 1 };
  // LENGTH and HEAD take 9
  const most = new Uint8Array(66_551).fill(7);
  t.is(unpack(2, pack(2, head, most)).body.length, 66_551);
  // noise takes more than one piece
  const noise = most.map((_, i) => Math.imul(i, 0x9e3779b1) >>> 13);
  t.true(Buffer.from(noise).equals(unpack(2, pack(2, head, noise)).body));
  for (const body of [
    new Uint8Array(66_552).fill(7),
    new Uint8Array(66_552).map((_, i) => Math.imul(i, 0x9e3779b1) >>> 13),
  ]) {
    t.is(
      codeOf(() => pack(2, head, body)),
      "PACKET_TOO_LARGE",
    );
    for (const level of [0, 1, 9])
      t.is(
        codeOf(() => unpack(2, deflateRawSync(lob.encode(head, body), { level }))),
        "PACKET_TOO_LARGE",
      );
  }
});

test("a bomb is refused by its first piece", (t) => {
  const bomb = deflateRawSync(new Uint8Array(40_000_000), { level: 9 });
  t.true(bomb.length > 30_000);
  t.is(
    codeOf(() => unpack(2, bomb)),
    "PACKET_TOO_LARGE",
  );
  // what is not DEFLATE is not come to
  bomb.fill(0xff, 5000);
  t.is(
    codeOf(() => unpack(2, bomb)),
    "PACKET_TOO_LARGE",
  );
  bomb.fill(0xff, 1);
  t.is(
    codeOf(() => unpack(2, bomb)),
    "INNER",
  );
});

test("what is no channel packet is refused", (t) => {
  const deflated = (packet: Uint8Array): Uint8Array => new Uint8Array(deflateRawSync(packet));
  const lobs: [string | Uint8Array, string][] = [
    ["", "INNER"],
    ["{}", "INNER"],
    ['{"x":1}', "INNER"],
    ["[1,2,3,4]", "INNER"],
    ['{"c":1,,}', "INNER"],
    [new Uint8Array(6), "INNER"],
    [new Uint8Array(9), "INNER"],
    ...["0", "-1", "1.5", "4294967296", '"1"', "true", "null", "[1]", '{"c":1}', "1e99"].map((c): [string, string] => [
      `{"c":${c}}`,
      "INNER",
    ]),
  ];
  for (const [head, code] of lobs) {
    const packet = lob.encode(typeof head === "string" ? new TextEncoder().encode(head) : head, bytes("ff"));
    t.is(
      codeOf(() => unpack(0, packet)),
      code,
      String(head),
    );
    t.is(
      codeOf(() => unpack(2, deflated(packet))),
      code,
      String(head),
    );
  }
  for (const [packet, code] of [
    ["", "PACKET_TOO_SHORT"],
    ["00", "PACKET_TOO_SHORT"],
    ["0001", "PACKET_LENGTH"],
    ["ffff00", "PACKET_LENGTH"],
  ] as const) {
    t.is(
      codeOf(() => unpack(0, bytes(packet))),
      code,
      packet,
    );
    t.is(
      codeOf(() => unpack(2, deflated(bytes(packet)))),
      code,
      packet,
    );
  }
  // CBOR: "c" is always there, but may be no channel's
  for (const payload of ["00", "1b0000000100000000"])
    t.is(
      codeOf(() => unpack(1, bytes(payload))),
      "INNER",
      payload,
    );
  t.deepEqual(unpack(1, bytes("1affffffff")).json, { c: 0xffffffff });
  // not DEFLATE: nothing, a kind of block that there is not, a distance before the beginning, cut off
  for (const [payload, code] of [
    ["", "PACKET_TOO_SHORT"],
    ["07", "INNER"],
    ["ff", "INNER"],
    ["63000100", "INNER"],
    ["010500faff0000", "INNER"],
  ] as const) {
    t.is(
      codeOf(() => unpack(2, bytes(payload))),
      code,
      payload,
    );
  }
  for (const z of [3, 255]) {
    t.is(
      codeOf(() => unpack(z, bytes("00077b2263223a317d"))),
      "INNER",
    );
    t.is(
      codeOf(() => pack(z, { c: 1 }, new Uint8Array(0))),
      "INNER",
    );
  }
});

test("DEFLATE cut off, changed or made up is a packet, the one that zlib reads, or a typed error", (t) => {
  const seen = new Set<string>();
  const attempt = (payload: Uint8Array): void => {
    let body: string | undefined;
    const code = codeOf(() => {
      const packet = unpack(2, payload);
      body = hex(packet.body);
      t.true(Number.isInteger(packet.json!["c"]) && (packet.json!["c"] as number) > 0);
    });
    seen.add(code ?? "packet");
    let packet: Uint8Array;
    try {
      packet = decoded(payload);
    } catch {
      return;
    }
    if (code === undefined) t.is(body, hex(lob.decode(packet).body));
    else
      t.not(
        codeOf(() => unpack(0, packet)),
        undefined,
      );
  };
  fc.assert(
    fc.property(channelHeads, bodies, fc.integer({ min: 0, max: 9 }), (head, body, level) => {
      const payload = new Uint8Array(deflateRawSync(lob.encode(head, body), { level }));
      for (let length = 0; length < payload.length; length++) {
        t.not(
          codeOf(() => unpack(2, payload.subarray(0, length))),
          undefined,
          "cut off",
        );
      }
      for (let bit = 0; bit < payload.length * 8; bit += 3) {
        payload[bit >> 3]! ^= 128 >> (bit & 7);
        attempt(payload);
        payload[bit >> 3]! ^= 128 >> (bit & 7);
      }
    }),
    { seed: 5, numRuns: 60 },
  );
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), attempt), { seed: 6, numRuns: 5000 });
  t.true(seen.has("packet") && seen.has("INNER"));
  for (const code of seen)
    t.true(["packet", "INNER", "PACKET_LENGTH", "PACKET_TOO_SHORT", "PACKET_TOO_LARGE"].includes(code), code);
});
