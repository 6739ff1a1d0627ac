import { createCipheriv, createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { fold } from "../../src/crypto/shared/fold.ts";
import { ROOM, SIZE } from "../../src/crypto/thumb/native-kept.ts";
import { costs, instructions, serveThumb } from "../../sim/hosts/thumb.ts";
import type { SimBoard } from "../../sim/index.ts";
import { blobFile, blobModule, compileNative, compilerVersion, cores } from "../../tools/build/native.ts";
import { code as m0Code } from "../../src/crypto/thumb/blob-m0.ts";
import { code as m4Code } from "../../src/crypto/thumb/blob-m4.ts";
import { errorNumber } from "../../src/errors.ts";
import { CurveJob, finish } from "../../src/index.ts";
import { bytes, hex, seeded } from "../helpers/core.ts";
import ecdh from "../vectors/data/ecdh.json" with { type: "json" };
import messages from "../vectors/data/messages.json" with { type: "json" };
import peers from "../vectors/data/peers/ecdh.json" with { type: "json" };
import { publicReference, sharedReference } from "../vectors/reference.ts";
import { M0 } from "./m0.ts";
import { M4, missing } from "./m4.ts";
import { asked, memoryOf, operate } from "./machine.ts";
import type { Machine } from "./machine.ts";

const PUBLIC = 0;
const SHARED = 1;
const SHA256 = 2;
const HMAC = 3;
const CTR = 4;

const code = {
  m0: new Uint8Array(Buffer.from(m0Code(), "base64")),
  m4: new Uint8Array(Buffer.from(m4Code(), "base64")),
};
const N = 0x0100000000000000000001f4c8f927aed3ca752257n;
const P = 2n ** 160n - 2n ** 31n - 1n;
const text = (value: bigint, length = 42): string => value.toString(16).padStart(length, "0");
const secret = (value: bigint): Uint8Array => bytes(text(value));
const G = "024a96b5688ef573284664698968c38bb913cbfc82";

const m0 = new M0(code.m0);
const machines: { name: string; core: "m0" | "m4"; machine: () => Machine; why: string | undefined }[] = [
  { name: m0.name, core: "m0", machine: () => m0, why: undefined },
];
{
  const why = missing();
  let made: M4 | undefined;
  const machine = (): M4 => (made ??= new M4(code.m4));
  machines.push({ name: "Cortex-M4 (qemu-arm)", core: "m4", machine, why });
  test.after.always(() => made?.close());
}

const publicOf = (machine: Machine, of: Uint8Array): string => {
  const { result, memory } = machine.run(asked(PUBLIC), memoryOf(0, of), 0);
  return result === 0 ? hex(memory.subarray(64, 85)) : `refused: ${result}`;
};
const sharedOf = (machine: Machine, of: Uint8Array, key: Uint8Array): string => {
  const { result, memory } = machine.run(asked(SHARED), memoryOf(0, of, key), 0);
  return result === 0 ? hex(memory.subarray(64, 84)) : `refused: ${result}`;
};
const cipher = (
  machine: Machine,
  operation: number,
  data: Uint8Array,
  first?: Uint8Array,
  second?: Uint8Array,
): string => {
  const { result, memory, data: out } = operate(machine, operation, data, first, second);
  if (result !== 0) return `refused: ${result}`;
  // nothing of keys is left; digests are folded
  const left = hex(memory.subarray(0, 64));
  if (/[^0]/.test(left)) return `left: ${left}`;
  if (operation === CTR) return hex(out);
  const digest = memory.slice(64, 96);
  const folded = hex(memory.subarray(96, 112)) + hex(memory.subarray(120, 124));
  return folded === hex(fold(digest.slice(), 16)) + hex(fold(digest.slice(), 4)) ? hex(digest) : `folded: ${folded}`;
};
const ctr = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): string =>
  createCipheriv("aes-128-ctr", key, Buffer.concat([iv, Buffer.alloc(12)]))
    .update(data)
    .toString("hex");

for (const core of cores) {
  const version = compilerVersion();
  const committed = /with (.+?):/.exec(readFileSync(blobFile(core), "utf8"))![1];
  const why =
    version === undefined
      ? "no arm-none-eabi-gcc"
      : version !== committed
        ? `${version}, and it was made by ${committed}`
        : undefined;
  (why === undefined ? test : test.skip)(
    `the committed code for ${core} is what the sources compile to${why === undefined ? "" : ` (skipped: ${why})`}`,
    (t) => {
      t.is(
        blobModule(core, compileNative(core), version!),
        readFileSync(blobFile(core), "utf8"),
        "run `npm run native`",
      );
    },
  );

  test(`the code for ${core} stays small`, (t) => {
    t.true(code[core].length <= 2200, `${code[core].length} bytes`);
  });
}

for (const { name, core, machine, why } of machines) {
  const run = why === undefined ? test : test.skip;
  const title = (what: string): string => `${name}: ${what}${why === undefined ? "" : ` (skipped: ${why})`}`;

  run(title("the vectors of keys and shared secrets"), (t) => {
    // every vector takes the emulated M0 half a second
    const some = core === "m0" ? 8 : 100;
    for (const v of ecdh.slice(0, some)) {
      t.is(publicOf(machine(), bytes(v.secret.padStart(42, "0"))), v.key);
      t.is(sharedOf(machine(), bytes(v.secret.padStart(42, "0")), bytes(v.peer)), v.shared);
    }
    for (const v of peers.vectors.slice(0, some)) {
      t.is(publicOf(machine(), bytes(v.secret_21)), v.public);
      t.is(sharedOf(machine(), bytes(v.secret_21), bytes(v.peer_public)), v.shared);
    }
  });

  run(title("the vectors of messages"), (t) => {
    for (const v of core === "m0" ? messages.slice(0, 5) : messages) {
      const shared = sharedOf(machine(), bytes(v.ephemeral.secret.padStart(42, "0")), bytes(v.recipient.key));
      const key = fold(bytes(cipher(machine(), SHA256, bytes(shared))), 16);
      t.is(hex(key), v.aesKey);
      const iv = bytes(v.iv);
      const sealed = v.ephemeral.key + v.iv + cipher(machine(), CTR, bytes(v.inner), key, iv);
      const mac = fold(bytes(cipher(machine(), HMAC, bytes(sealed), bytes(v.hmacKey))), 4);
      t.is(`00011a${sealed}${hex(mac)}`, v.outer);
    }
  });

  run(title("keys and shared secrets are the core's and OpenSSL's"), (t) => {
    const secrets = fc.bigInt({ min: 1n, max: N - 1n });
    fc.assert(
      fc.property(secrets, secrets, (a, b) => {
        const key = publicReference(text(b));
        t.is(publicOf(machine(), secret(a)), hex(finish(new CurveJob(secret(a)))));
        t.is(sharedOf(machine(), secret(a), bytes(key)), sharedReference(text(a), key));
      }),
      { seed: 11, numRuns: core === "m0" ? 5 : 30 },
    );
  });

  run(title("secrets at the edges, where points are infinity or each other's negative"), (t) => {
    const other = publicReference(text(0x1234567890abcdefn));
    for (const edge of [1n, 2n, N - 1n, N - 2n, N / 2n, 2n ** 160n]) {
      t.is(publicOf(machine(), secret(edge)), publicReference(text(edge)), text(edge));
      t.is(sharedOf(machine(), secret(edge), bytes(other)), sharedReference(text(edge), other), text(edge));
    }
    // a point whose x is 0
    t.is(sharedOf(machine(), secret(1n), bytes(`03${"0".repeat(40)}`)), "0".repeat(40));
    t.is(
      sharedOf(machine(), secret(5n), bytes(`02${"0".repeat(40)}`)),
      sharedReference(text(5n), `02${"0".repeat(40)}`),
    );
  });

  run(title("what is refused, by the numbers of a device's errors"), (t) => {
    for (const none of [0n, N, N + 1n, 2n ** 161n, 2n ** 168n - 1n]) {
      t.is(publicOf(machine(), secret(none)), `refused: ${errorNumber("SECRET_RANGE")}`, text(none));
      t.is(sharedOf(machine(), secret(none), bytes(G)), `refused: ${errorNumber("SECRET_RANGE")}`, text(none));
    }
    for (const prefix of ["00", "01", "04", "82", "ff"])
      t.is(sharedOf(machine(), secret(7n), bytes(prefix + G.slice(2))), `refused: ${errorNumber("KEY_PREFIX")}`);
    for (const x of [P, P + 1n, P + 5n, 2n ** 160n - 1n])
      t.is(sharedOf(machine(), secret(7n), bytes(`02${text(x, 40)}`)), `refused: ${errorNumber("KEY_RANGE")}`);
    const random = seeded("points");
    let off = 0;
    for (let i = 0; i < 8; i++) {
      const key = `02${hex(random(20))}`;
      let wanted = `refused: ${errorNumber("KEY_OFF_CURVE")}`;
      try {
        wanted = sharedReference(text(7n), key);
      } catch {
        off++;
      }
      t.is(sharedOf(machine(), secret(7n), bytes(key)), wanted, key);
    }
    t.true(off > 1 && off < 7, `${off}`);
  });

  run(title("SHA-256, HMAC and AES-CTR of every length around their blocks are OpenSSL's"), (t) => {
    const random = seeded("ciphers");
    for (const n of [
      0, 1, 3, 15, 16, 17, 31, 32, 33, 54, 55, 56, 57, 63, 64, 65, 118, 119, 120, 121, 127, 128, 129, 192, 247, 255,
      256, 257, 300, 1400, 4096,
    ]) {
      const data = random(n);
      const key = random(64);
      const iv = random(4);
      t.is(cipher(machine(), SHA256, data), createHash("sha256").update(data).digest("hex"), `${n}`);
      for (const k of [key, key.subarray(0, 24), key.subarray(0, 20)])
        t.is(cipher(machine(), HMAC, data, k), createHmac("sha256", k).update(data).digest("hex"), `${n}`);
      t.is(cipher(machine(), CTR, data, key.subarray(0, 16), iv), ctr(key.subarray(0, 16), iv, data), `${n}`);
    }
  });

  run(title("the curve's time is the same for every secret, and within its target"), (t) => {
    const keys = [bytes(G), bytes(publicReference(text(N - 5n)))];
    const secrets = [1n, N - 1n].map(secret);
    const counts = [PUBLIC, SHARED].map(
      (operation) =>
        new Set(secrets.map((one, i) => machine().count(asked(operation), memoryOf(0, one, keys[i & 1]), 0))),
    );
    for (const set of counts) t.is(set.size, 1, [...set].join());
    const [own, shared] = counts.map((set) => [...set][0]!) as [number, number];
    t.log(`public key ${own}, shared secret ${shared} instructions`);
    const limit = { m0: 6_000_000, m4: 1_600_000 }[core];
    t.true(shared <= limit && own <= limit, `${own}, ${shared}`);
    // what the simulator counts with
    t.deepEqual({ publicKey: own, shared }, { publicKey: costs[core].publicKey, shared: costs[core].shared });
  });

  run(title("the simulator's times of the ciphers are within 5 %"), (t) => {
    for (const operation of [SHA256, HMAC, CTR]) {
      for (const [n, at] of [
        [1, 0],
        [64, 0],
        [ROOM, 0],
        [ROOM, ROOM],
        [0, ROOM],
        [20, ROOM],
      ] as const) {
        const what = asked(operation, at);
        const counted = machine().count(what, memoryOf(0), n);
        t.true(
          Math.abs(instructions(core, what, n) / counted - 1) < 0.05,
          `${operation}, ${n} bytes: ${counted}, not ${instructions(core, what, n)}`,
        );
      }
    }
  });

  run(title("the simulator's memory is the same after each piece"), (t) => {
    const random = seeded("pieces");
    const board: SimBoard = { name: "puckjs", variables: 2630, curveStepMs: 1.5, clockMHz: 64, thumb: core };
    for (const operation of [SHA256, HMAC, CTR])
      for (const length of [ROOM, ROOM + 1, 3 * ROOM - 9]) {
        const data = random(length);
        let memory = memoryOf(0, random(operation === HMAC ? 25 : 16), random(4));
        for (let at = 0, n = ROOM; n === ROOM; at += ROOM) {
          n = Math.min(ROOM, length - at);
          memory.set(data.subarray(at, at + n), 64);
          const simulated = memory.slice();
          t.regex(serveThumb(board, asked(operation, at), simulated, n), /^0 \d+$/);
          memory = machine().run(asked(operation, at), memory, n).memory;
          // of a digest that is not at its end, only what it goes on with
          const parts =
            operation === CTR
              ? [[0, 64 + n]]
              : n < ROOM
                ? [
                    [0, 112],
                    [120, 124],
                  ]
                : [
                    [0, 64],
                    [SIZE - 32, SIZE],
                  ];
          for (const [start, end] of parts)
            t.is(
              hex(simulated.subarray(start, end)),
              hex(memory.subarray(start, end)),
              `operation ${operation}, ${at} of ${length}`,
            );
        }
      }
  });
}

test("no branch and no index depends on a secret: all addresses are the same", (t) => {
  const keys = [G, `03${G.slice(2)}`, publicReference(text(99n))].map(bytes);
  const random = seeded("addresses");
  for (const operation of [PUBLIC, SHARED]) {
    const hashes = [1n, N - 1n, BigInt(`0x${hex(random(20))}`)].map(
      (one, i) => m0.trace(asked(operation), memoryOf(0, secret(one), keys[i]), 0).addresses,
    );
    t.is(new Set(hashes).size, 1);
  }
  for (const what of [SHA256, HMAC].flatMap((operation) => [asked(operation), asked(operation, ROOM)]))
    for (const n of [100, ROOM]) {
      t.is(new Set([1, 2, 3].map(() => m0.trace(what, memoryOf(random(n), random(64)), n).addresses)).size, 1);
    }
  // the hash does tell: AES looks its S-box up (in RAM), but branches alike
  const aes = [1, 2, 3].map(() => m0.trace(asked(CTR), memoryOf(random(100), random(16), random(4)), 100));
  t.is(new Set(aes.map((trace) => trace.addresses)).size, 3);
  t.is(new Set(aes.map((trace) => trace.instructions)).size, 1);
});

test("the code runs wherever Storage has put it", (t) => {
  const wanted = publicReference(text(77n));
  for (const place of [0x104, 0x5ffc])
    t.is(hex(m0.trace(asked(PUBLIC), memoryOf(0, secret(77n)), 0, place).memory.subarray(64, 85)), wanted);
});

test("nothing is left on the stack, which takes less than 1 KB", (t) => {
  for (let operation = PUBLIC; operation <= CTR; operation++)
    for (const n of operation < SHA256 ? [0] : [100, ROOM]) {
      const { left, memory, stack } = m0.trace(
        asked(operation),
        memoryOf(new Uint8Array(n).fill(7), secret(N - 12345n), bytes(G)),
        n,
      );
      t.true(stack < 1024, `${stack}`);
      // but the caller's registers, and addresses
      const rest = left.subarray(0, stack - 48);
      t.true(
        rest.every((byte) => byte === 0),
        `operation ${operation}: ${hex(rest)}`,
      );
      if (n < ROOM)
        t.true(
          memory.subarray(0, 64).every((byte) => byte === 0),
          "the secret is left in the memory",
        );
    }
});
