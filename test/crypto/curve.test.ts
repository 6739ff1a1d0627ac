import test from "ava";
import fc from "fast-check";
import { CurveJob, checkKey, checkSecret, finish } from "../../src/index.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";
import { publicReference, sharedReference } from "../vectors/reference.ts";

const N = 0x0100000000000000000001f4c8f927aed3ca752257n;
const P = 2n ** 160n - 2n ** 31n - 1n;
const G = "024a96b5688ef573284664698968c38bb913cbfc82";
const text = (value: bigint, length = 42): string => value.toString(16).padStart(length, "0");
const ours = (secret: string): string => hex(finish(new CurveJob(bytes(secret))));
const oursShared = (secret: string, key: string): string => hex(finish(new CurveJob(bytes(secret), bytes(key))));
const secrets = fc.bigInt({ min: 1n, max: N - 1n });

test("public keys and shared secrets are OpenSSL's", (t) => {
  fc.assert(
    fc.property(secrets, secrets, (a, b) => {
      const key = publicReference(text(b));
      t.is(ours(text(b)), key);
      t.is(oursShared(text(a), key), sharedReference(text(a), key));
    }),
    { seed: 5, numRuns: 150 },
  );
});

test("scalars at the edges: few bits, many bits, near n and its halves, around 2^160", (t) => {
  const edges: bigint[] = [];
  for (let i = 1n; i <= 40n; i++) edges.push(i, N - i);
  for (let i = 0n; i <= 160n; i += 4n) edges.push(2n ** i, 2n ** i - 1n, 2n ** i + 1n, N - 2n ** i);
  for (let i = -3n; i <= 3n; i++) edges.push(N / 2n + i, 2n ** 160n + i, N / 16n + i, N / 15n + i);
  const key = publicReference(text(0x1234567890abcdefn));
  for (const edge of new Set(edges.filter((one) => one > 0n && one < N))) {
    t.is(ours(text(edge)), publicReference(text(edge)), text(edge));
    t.is(oursShared(text(edge), key), sharedReference(text(edge), key), text(edge));
    // with the generator, and its negative, the additions meet points that they know
    t.is(oursShared(text(edge), G), sharedReference(text(edge), G), text(edge));
    t.is(oursShared(text(edge), `03${G.slice(2)}`), sharedReference(text(edge), G), text(edge));
  }
});

test("scalars whose digits are all alike", (t) => {
  for (let digit = 1; digit < 16; digit++) {
    const secret = digit.toString(16).repeat(40);
    t.is(ours(secret), publicReference(secret));
    t.is(oursShared(secret, G), sharedReference(secret, G));
  }
});

test("x with leading zeros keeps its 20 bytes", (t) => {
  const random = seeded("zeros");
  let zeros = 0;
  for (let i = 0; i < 1200 && zeros < 4; i++) {
    const secret = hex(random(20));
    const shared = sharedReference(secret, G);
    if (!shared.startsWith("00")) continue;
    zeros++;
    t.is(oursShared(secret, G), shared);
    t.is(ours(secret).slice(2), shared);
    // as a key that comes in
    t.is(
      oursShared("2".padStart(40, "0"), publicReference(secret)),
      sharedReference("2".padStart(40, "0"), publicReference(secret)),
    );
  }
  t.is(zeros, 4);
  // x = 0 is a point
  t.is(oursShared("1".padStart(40, "0"), `02${"0".repeat(40)}`), "0".repeat(40));
});

test("a secret of 20 bytes and the same of 21 are one", (t) => {
  const secret = hex(seeded("lengths")(20));
  t.is(ours(secret), ours(`00${secret}`));
  t.is(oursShared(secret, G), oursShared(`00${secret}`, G));
});

test("both sides come to the same secret", (t) => {
  fc.assert(
    fc.property(secrets, secrets, (a, b) => {
      t.is(oursShared(text(a), ours(text(b))), oursShared(text(b), ours(text(a))));
    }),
    { seed: 6, numRuns: 50 },
  );
});

test("secrets that are none are refused before any work", (t) => {
  const codes: [string, string][] = [
    ["", "SECRET_LENGTH"],
    ["01", "SECRET_LENGTH"],
    ["01".repeat(19), "SECRET_LENGTH"],
    ["01".repeat(22), "SECRET_LENGTH"],
    [text(0n), "SECRET_RANGE"],
    [text(0n, 40), "SECRET_RANGE"],
    [text(N), "SECRET_RANGE"],
    [text(N + 1n), "SECRET_RANGE"],
    [text(2n ** 161n - 1n), "SECRET_RANGE"],
    ["ff".repeat(21), "SECRET_RANGE"],
  ];
  for (const [secret, code] of codes) {
    t.is(
      codeOf(() => new CurveJob(bytes(secret))),
      code,
      secret,
    );
    t.is(
      codeOf(() => new CurveJob(bytes(secret), bytes(G))),
      code,
      secret,
    );
    t.is(
      codeOf(() => checkSecret(bytes(secret))),
      code,
      secret,
    );
  }
  t.is(
    codeOf(() => checkSecret(bytes(text(N - 1n)))),
    undefined,
  );
});

test("keys that are none are refused: form at once, off the curve in a step", (t) => {
  const codes: [string, string][] = [
    ["", "KEY_LENGTH"],
    [G.slice(2), "KEY_LENGTH"],
    [`${G}00`, "KEY_LENGTH"],
    [`04${G.slice(2)}`, "KEY_PREFIX"],
    [`00${G.slice(2)}`, "KEY_PREFIX"],
    [`02${text(P, 40)}`, "KEY_RANGE"],
    [`03${text(P + 4n, 40)}`, "KEY_RANGE"],
    [`02${"ff".repeat(20)}`, "KEY_RANGE"],
  ];
  for (const [key, code] of codes) {
    t.is(
      codeOf(() => checkKey(bytes(key))),
      code,
      key,
    );
    t.is(
      codeOf(() => new CurveJob(bytes(text(5n)), bytes(key))),
      code,
      key,
    );
  }
  t.is(
    codeOf(() => checkKey(bytes(`02${text(P - 1n, 40)}`))),
    undefined,
  );
});

test("a key is taken where OpenSSL takes it, and refused where it does not", (t) => {
  let off = 0;
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: P - 1n }), fc.constantFrom("02", "03"), (x, prefix) => {
      const key = prefix + text(x, 40);
      let wanted: string | undefined;
      try {
        wanted = sharedReference(text(7n), key);
      } catch {
        off++;
      }
      const code = codeOf(() => t.is(oursShared(text(7n), key), wanted!));
      t.is(code, wanted === undefined ? "KEY_OFF_CURVE" : undefined, key);
    }),
    { seed: 7, numRuns: 120 },
  );
  t.true(off > 30 && off < 90, `${off}`);
});

test("a job takes the same steps whatever the secret, and wipes the secret", (t) => {
  const counts = new Map<boolean, number>();
  for (const secret of [text(1n), text(N - 1n), "ff".repeat(20), text(2n ** 160n)]) {
    for (const key of [undefined, bytes(G)]) {
      const job = new CurveJob(bytes(secret), key);
      let steps = 0;
      while (job.step()) steps++;
      t.is(steps, counts.get(!!key) ?? steps);
      counts.set(!!key, steps);
      t.is(job.result!.length, key ? 20 : 21);
      const inside = job.secrets;
      // scalar, registers, table
      t.is(inside.length, 3);
      for (const array of inside)
        t.true(
          [...array].every((one) => one === 0),
          "something is left of the secret",
        );
    }
  }
});

test("the secret given is not changed", (t) => {
  const secret = bytes("77".repeat(20));
  finish(new CurveJob(secret));
  t.is(hex(secret), "77".repeat(20));
});
