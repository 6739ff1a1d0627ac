import { createCipheriv, createHash, createHmac } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import type { Primitives } from "../../src/crypto/interface.ts";
import * as noble from "../../src/crypto/noble/primitives.ts";
import * as node from "../../src/crypto/node/primitives.ts";
import { espruinoPath, runEspruino } from "../helpers/espruino.ts";
import { scriptOf } from "../helpers/strip.ts";

const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
const bytes = (h: string): Uint8Array => new Uint8Array(Buffer.from(h, "hex"));
const ascii = (s: string): Uint8Array => new Uint8Array(Buffer.from(s));

// The one native call the small back end makes of Espruino.
Object.assign(globalThis, {
  E: {
    mapInPlace: (from: Uint8Array, to: Uint8Array | Int32Array, map: Uint8Array | Int32Array): void => {
      for (let i = 0; i < from.length && i < to.length; i++) to[i] = map[from[i]!]!;
    },
  },
});
const small: Primitives = await import("../../src/crypto/script/primitives.ts");

interface Case {
  op: keyof Primitives;
  args: Uint8Array[];
  want: string;
}

const oracle = {
  sha256: (data: Uint8Array) => createHash("sha256").update(data).digest("hex"),
  hmac: (key: Uint8Array, data: Uint8Array) => createHmac("sha256", key).update(data).digest("hex"),
  ctr: (key: Uint8Array, iv: Uint8Array, data: Uint8Array) =>
    createCipheriv("aes-128-ctr", key, Buffer.concat([iv, Buffer.alloc(12)]))
      .update(data)
      .toString("hex"),
};

// FIPS 180-4's examples, then the lengths around a block's padding.
const sha: Case[] = [
  { op: "sha256", args: [ascii("")], want: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { op: "sha256", args: [ascii("abc")], want: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  {
    op: "sha256",
    args: [ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")],
    want: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
];

// RFC 4231, test cases 1 to 4 (5 is truncated; the keys of 6 and 7 are longer than a block).
const rfc4231: Case[] = [
  {
    op: "hmac",
    args: [bytes("0b".repeat(20)), ascii("Hi There")],
    want: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    op: "hmac",
    args: [ascii("Jefe"), ascii("what do ya want for nothing?")],
    want: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    op: "hmac",
    args: [bytes("aa".repeat(20)), bytes("dd".repeat(50))],
    want: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    op: "hmac",
    args: [bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"), bytes("cd".repeat(50))],
    want: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
];

// The counter's last 96 bits start at zero, so SP 800-38A's own counter does not fit; NIST's known answers
// for single blocks do (AESAVS: GFSbox's key table, VarKey, VarTxt), and OpenSSL is the oracle for the rest.
const zeros = new Uint8Array(16);
const aes: Case[] = [
  {
    op: "ctr",
    args: [bytes("10a58869d74be5a374cf867cfb473859"), new Uint8Array(4), zeros],
    want: "6d251e6944b051e04eaa6fb4dbf78465",
  },
  {
    op: "ctr",
    args: [bytes("80000000000000000000000000000000"), new Uint8Array(4), zeros],
    want: "0edd33d3c621e546455bd8ba1418bec8",
  },
  { op: "ctr", args: [zeros, bytes("80000000"), zeros], want: "3ad78e726c1ec02b7ebfe92b23d9ec34" },
];

const pattern = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => (i * 167 + (i >> 8)) & 255);
const expected = (op: keyof Primitives, ...args: Uint8Array[]): Case => {
  const [a, b, c] = args as [Uint8Array, Uint8Array, Uint8Array];
  return {
    op,
    args,
    want: op === "sha256" ? oracle.sha256(a) : op === "hmac" ? oracle.hmac(a, b) : oracle.ctr(a, b, c),
  };
};

// Every length up to three AES and two SHA-256 blocks has its own padding; 4,096 bytes carry the counter
// into its second byte; 1,400 is the longest message.
const lengths = [...Array(131).keys(), 255, 256, 257, 271, 272, 273, 511, 512, 513, 1400];
const key16 = bytes("2b7e151628aed2a6abf7158809cf4f3c");
const edges: Case[] = [
  ...lengths.flatMap((n) => [expected("sha256", pattern(n)), expected("ctr", key16, bytes("f0ff00fe"), pattern(n))]),
  ...[0, 1, 47, 48, 55, 56, 64, 119, 120, 1400].map((n) => expected("hmac", pattern(24), pattern(n))),
  ...[0, 1, 19, 20, 25, 63, 64].map((n) => expected("hmac", pattern(n), pattern(40))),
  ...[4080, 4096, 4097, 4113, 4200].map((n) => expected("ctr", key16, bytes("ffffffff"), pattern(n))),
  // A short message after a long one: nothing of its counter may stay behind.
  expected("ctr", key16, bytes("ffffffff"), pattern(20)),
];

const generated: fc.Arbitrary<Case> = fc.oneof(
  fc.tuple(fc.uint8Array({ maxLength: 300 })).map(([d]) => expected("sha256", d)),
  fc.tuple(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 300 })).map(([k, d]) => expected("hmac", k, d)),
  fc
    .tuple(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ maxLength: 300 }),
    )
    .map(([k, iv, d]) => expected("ctr", k, iv, d)),
);

const vectors = [...sha, ...rfc4231, ...aes, ...edges];

// Arguments are views into a larger array, as parts of a packet are, at offsets that are no word's.
const asView = (data: Uint8Array, offset: number): Uint8Array => {
  const around = new Uint8Array(data.length + offset + 5).fill(0xa5);
  around.set(data, offset);
  return around.subarray(offset, offset + data.length);
};

const apply = (p: Primitives, c: Case): Uint8Array => {
  const [a, b, d] = c.args.map((arg, i) => asView(arg, i + 1)) as [Uint8Array, Uint8Array, Uint8Array];
  return c.op === "sha256" ? p.sha256(a) : c.op === "hmac" ? p.hmac(a, b) : p.ctr(a, b, d);
};

const name = (c: Case): string => `${c.op} of ${c.args.map((a) => a.length).join(", ")} bytes`;

for (const [title, primitives] of Object.entries({ node, noble, small } as Record<string, Primitives>)) {
  test(`${title}: published vectors and every padding`, (t) => {
    for (const c of vectors) {
      const got = apply(primitives, c);
      t.is(hex(got), c.want, name(c));
      t.is(Object.getPrototypeOf(got), Uint8Array.prototype, "a plain Uint8Array");
    }
  });

  test(`${title}: agrees with OpenSSL on generated input, and changes nothing but the data of ctr`, (t) => {
    fc.assert(
      fc.property(generated, (c) => {
        const before = c.args.map(hex);
        const [a, b, d] = c.args as [Uint8Array, Uint8Array, Uint8Array];
        const got =
          c.op === "sha256" ? primitives.sha256(a) : c.op === "hmac" ? primitives.hmac(a, b) : primitives.ctr(a, b, d);
        if (c.op === "ctr") before[2] = c.want;
        return hex(got) === c.want && c.args.every((arg, i) => hex(arg) === before[i] && (arg === got) === (i === 2));
      }),
      { seed: 26, numRuns: 300 },
    );
    t.pass();
  });
}

// `arg` makes a view at an odd offset from base64; results go out the same way. The names are the back end's own.
const harness = (source: string, cases: Case[]): string => `
${source}
function arg(s, o) { var d = E.toUint8Array(atob(s)); var u = new Uint8Array(d.length + o + 5); u.set(d, o); return u.subarray(o, o + d.length); }
function out(u) { print(u.length + ":" + btoa(u)); }
${cases.map((c) => `out(${c.op}(${c.args.map((a, i) => `arg("${Buffer.from(a).toString("base64")}",${i + 1})`).join(",")}));`).join("\n")}
`;

for (const backEnd of ["firmware", "script"]) {
  const run = espruinoPath() ? test : test.skip;
  run(`${backEnd}: the same bytes in the real interpreter (skipped without espruino-linux)`, (t) => {
    const cases = [...vectors, ...fc.sample(generated, { seed: 26, numRuns: 60 })];
    const lines = runEspruino(
      harness(scriptOf(new URL(`../../src/crypto/${backEnd}/primitives.ts`, import.meta.url)), cases),
    );
    t.is(lines.length, cases.length, lines.at(-1));
    cases.forEach((c, i) => {
      t.is(lines[i], `${c.want.length / 2}:${Buffer.from(c.want, "hex").toString("base64")}`, name(c));
    });
  });
}
