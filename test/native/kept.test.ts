/** The native code's memory, which is kept: native.ts with the code itself behind it, in the emulated M0. */
import { createCipheriv, createHash, createHmac } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { SIZE, kept } from "../../src/crypto/thumb/native-kept.ts";
import { code } from "../../src/crypto/thumb/blob-m0.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";
import { publicReference, sharedReference } from "../vectors/reference.ts";
import { M0 } from "./m0.ts";

const m0 = new M0(new Uint8Array(Buffer.from(code(), "base64")));
// the board: whether memory is in one piece, what was made, and what a call of native code meets with
let flat: (memory: Uint8Array) => boolean = () => true;
let made: number[] | undefined;
let interrupt: (() => void) | undefined;
let given: Uint8Array | undefined;

const Real = Uint8Array;
globalThis.Uint8Array = new Proxy(Real, {
  construct: (target, args: [number], self) => {
    const array = Reflect.construct(target, args, self) as Uint8Array;
    // views of what is there take none
    if (args.length < 2) made?.push(array.length);
    return array;
  },
});
Object.assign(globalThis, {
  require: () => ({ read: () => undefined, write: () => true }),
  E: {
    getAddressOf: (v: unknown) => {
      if (!(v instanceof Real)) return 0;
      given = v;
      return flat(v) ? 0x20000000 : 0;
    },
    nativeCall: () => (what: number, _address: number, n: number) => {
      interrupt?.();
      const memory = given!;
      const before = made;
      made = undefined;
      const after = m0.run(what, memory, n);
      made = before;
      memory.set(after.memory);
      return after.result;
    },
  },
});
const { ctr, hmac, sha256 } = await import("../../src/crypto/thumb/primitives.ts");
const { fold } = await import("../../src/crypto/thumb/fold.ts");
const { fold: folded } = await import("../../src/crypto/shared/fold.ts");
const { CurveJob } = await import("../../src/crypto/thumb/curve.ts");

test.beforeEach(() => {
  flat = () => true;
  interrupt = undefined;
  kept.memory = new Real(SIZE);
  made = undefined;
});

const digestOf = (data: Uint8Array): Uint8Array => new Real(createHash("sha256").update(data).digest());
const macOf = (key: Uint8Array, data: Uint8Array): Uint8Array =>
  new Real(createHmac("sha256", key).update(data).digest());
const sealOf = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): string =>
  createCipheriv("aes-128-ctr", key, Buffer.concat([iv, Buffer.alloc(12)]))
    .update(data)
    .toString("hex");

const lengths = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      0,
      1,
      62,
      63,
      64,
      65,
      119,
      120,
      126,
      127,
      128,
      129,
      183,
      184,
      191,
      192,
      247,
      248,
      255,
      256,
      257,
      511,
      512,
      513,
    ),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 1400 }) },
);
const steps = fc.array(fc.tuple(fc.constantFrom("hash", "key", "mac", "mac with a short key", "seal"), lengths), {
  minLength: 2,
  maxLength: 12,
});

test.serial("whatever is done one after the other is right", (t) => {
  const random = seeded("steps");
  fc.assert(
    fc.property(steps, (steps) => {
      const results: { got: Uint8Array; want: string }[] = [];
      for (const [what, length] of steps) {
        const data = random(length);
        const key = random(what === "mac" ? 64 : 16);
        const iv = random(4);
        if (what === "hash") t.is(hex(sha256(data)), hex(digestOf(data)));
        else if (what === "key")
          results.push({ got: new Real(fold(sha256(data), 16)), want: hex(folded(digestOf(data), 16)) });
        else if (what === "seal") {
          const want = sealOf(key, iv, data);
          // part of a packet, at an odd place
          const around = new Real(length + 10).fill(0xa5);
          around.set(data, 3);
          const part = around.subarray(3, 3 + length);
          t.is(ctr(key, iv, part), part);
          results.push({ got: around, want: `a5a5a5${want}${"a5".repeat(7)}` });
        } else {
          const mac = hmac(key, data);
          t.is(hex(mac), hex(macOf(key, data)));
          results.push({ got: new Real(fold(mac, 4)), want: hex(folded(macOf(key, data), 4)) });
        }
      }
      for (const { got, want } of results) t.is(hex(got), want);
    }),
    { seed: 10, numRuns: 12 },
  );
});

test.serial("nothing larger than what is kept is made, and what is kept only once", (t) => {
  const random = seeded("sizes");
  const data = random(4096);
  const key = random(16);
  const memory = kept.memory;
  const sizes: number[] = (made = []);
  hmac(key, data);
  ctr(key, key.subarray(0, 4), data);
  fold(sha256(data), 16);
  made = undefined;
  t.deepEqual(sizes, []);
  t.is(kept.memory, memory);
  kept.memory = undefined;
  made = sizes;
  hmac(key, data);
  made = undefined;
  t.deepEqual(sizes, [SIZE]);
});

test.serial("memory that is not in one piece is replaced, or an operation throws MEMORY, until there is some", (t) => {
  const data = seeded("flat")(300);
  const first = kept.memory!;
  flat = (memory) => memory !== first;
  t.is(
    codeOf(() => sha256(data)),
    "MEMORY",
  );
  t.is(hex(sha256(data)), hex(digestOf(data)));
  flat = () => false;
  for (let i = 0; i < 2; i++)
    t.is(
      codeOf(() => hmac(data.subarray(0, 20), data)),
      "MEMORY",
    );
  flat = () => true;
  t.is(hex(hmac(data.subarray(0, 20), data)), hex(macOf(data.subarray(0, 20), data)));
});

test.serial("an operation that is cut off leaves nothing for the next one", (t) => {
  const random = seeded("cut");
  const data = random(700);
  const long = random(64);
  const short = random(20);
  const secret = bytes("25bc25a2e760c84aa16babc82db2689e85649eb0");
  for (const calls of [0, 1, 2])
    for (const next of ["mac", "key"]) {
      let left = calls;
      interrupt = () => {
        if (left-- === 0) throw new Error("out of memory");
      };
      t.throws(() => hmac(long, data), { message: "out of memory" });
      interrupt = undefined;
      if (next === "mac") t.is(hex(hmac(short, data)), hex(macOf(short, data)), `${calls}`);
      else t.is(hex(new CurveJob(secret).result!), publicReference(hex(secret)), `${calls}`);
    }
});

test.serial("keys outlive the next operation, and nothing is left where keys and secrets were", (t) => {
  const secret = bytes("002a955d65d5506b966500c6f8accd036738ebf269");
  const own = new CurveJob(secret.subarray(1)).result!;
  const shared = new CurveJob(secret, own).result!;
  t.true(kept.memory!.subarray(0, 64).every((byte) => byte === 0));
  hmac(secret, secret);
  t.is(hex(own), publicReference(hex(secret)));
  t.is(hex(shared), sharedReference(hex(secret), hex(own)));
  t.true(kept.memory!.subarray(0, 64).every((byte) => byte === 0));
});
