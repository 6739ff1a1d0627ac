import test from "ava";
import fc from "fast-check";
import { sipHash } from "../../src/packet/siphash.ts";
import { fromHex, toHex } from "../../src/packet/text.ts";

const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

test("SipHash-2-4 of the paper's appendix", (t) => {
  // a129ca6149be45e5, the lowest byte first
  t.is(toHex(sipHash(counted(16), counted(15))), "e545be4961ca29a1");
});

test("the first of the reference implementation's vectors: messages 00, 01, ... of 0 to 15 bytes", (t) => {
  const expected = [
    "310e0edd47db6f72",
    "fd67dc93c539f874",
    "5a4fa9d909806c0d",
    "2d7efbd796666785",
    "b7877127e09427cf",
    "8da699cd64557618",
    "cee3fe586e46c9cb",
    "37d1018bf50002ab",
    "6224939a79f5f593",
    "b0e4a90bdf82009e",
    "f3b9dd94c5bb5d7a",
    "a7ad6b22462fb3f4",
    "fbe50e86bc8f1e75",
    "903d84c02756ea14",
    "eef27a8e90ca23f7",
    "e545be4961ca29a1",
  ];
  t.deepEqual(
    expected.map((_, length) => toHex(sipHash(counted(16), counted(length)))),
    expected,
  );
});

// the paper's definition in 64-bit words, written apart from the library
function reference(key: Uint8Array, data: Uint8Array): string {
  const mask = (1n << 64n) - 1n;
  const word = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const turn = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
  const [k0, k1] = [word(key.subarray(0, 8)), word(key.subarray(8))];
  let [v0, v1, v2, v3] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const rounds = (n: number): void => {
    for (let i = 0; i < n; i++) {
      v0 = (v0 + v1) & mask;
      v2 = (v2 + v3) & mask;
      v1 = turn(v1, 13n) ^ v0;
      v3 = turn(v3, 16n) ^ v2;
      v0 = turn(v0, 32n);
      v2 = (v2 + v1) & mask;
      v0 = (v0 + v3) & mask;
      v1 = turn(v1, 17n) ^ v2;
      v3 = turn(v3, 21n) ^ v0;
      v2 = turn(v2, 32n);
    }
  };
  const padded = new Uint8Array(8 * Math.floor(data.length / 8) + 8);
  padded.set(data);
  padded[padded.length - 1] = data.length;
  for (let at = 0; at < padded.length; at += 8) {
    const m = word(padded.subarray(at, at + 8));
    v3 ^= m;
    rounds(2);
    v0 ^= m;
  }
  v2 ^= 0xffn;
  rounds(4);
  const digest = v0 ^ v1 ^ v2 ^ v3;
  return Array.from({ length: 8 }, (_, i) =>
    Number((digest >> BigInt(8 * i)) & 255n)
      .toString(16)
      .padStart(2, "0"),
  ).join("");
}

test("any key and message, also beyond 255 bytes, and as views into something larger", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.uint8Array({ maxLength: 600 }), (key, data) => {
      const within = new Uint8Array(key.length + 3);
      within.set(key, 3);
      t.is(toHex(sipHash(within.subarray(3), data)), reference(key, data));
    }),
  );
});

test("a key that is too short is refused", (t) => {
  t.throws(() => sipHash(fromHex("00"), counted(1)), { instanceOf: RangeError });
});
