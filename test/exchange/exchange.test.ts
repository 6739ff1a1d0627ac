import test from "ava";
import { CurveJob, Exchange, Self, finish, generate, lob } from "../../src/index.ts";
import { bytes, codeOf, hex, jobsOf, seeded } from "../helpers/core.ts";

const pair = (seed: string) => generate(seeded(seed));

const ends = (outA = 0, outB = 0) => {
  const a = new Self(pair("a"), seeded("a session"));
  const b = new Self(pair("b"), seeded("b session"));
  const ab = new Exchange(a, b.key, outA);
  const ba = new Exchange(b, a.key, outB);
  // ODD first
  return ab.order ? { odd: ab, even: ba, selfOdd: a, selfEven: b } : { odd: ba, even: ab, selfOdd: b, selfEven: a };
};
const state = (x: Exchange) => [x.in, x.out, x.remote && hex(x.remote)];

test("a message from a KEY that was met takes no curve work", (t) => {
  const { odd, even, selfEven } = ends();
  const first = odd.encrypt(bytes("0000"));
  const second = odd.encrypt(bytes("000001"));
  // ECDH of the identities, then of the KEY
  t.is(
    jobsOf(() => t.true(even.verify(first))),
    1,
  );
  t.is(
    jobsOf(() => selfEven.decrypt(first)),
    1,
  );
  t.is(
    jobsOf(() => {
      t.true(even.verify(second));
      t.is(hex(selfEven.decrypt(second)), "000001");
      t.is(hex(selfEven.decrypt(first)), "0000");
    }),
    0,
  );
  t.is(
    jobsOf(() => {
      for (let i = 0; i < 50; i++) odd.encrypt(bytes("0000"));
    }),
    0,
  );
});

test("KEYs are remembered up to the limit, the least recently used goes first", (t) => {
  const room = 3;
  const b = new Self(pair("b"), seeded("b room"), room);
  const senders = ["one", "two", "three", "four", "five"].map((name) => {
    const x = new Exchange(new Self(pair(name), seeded(name)), b.key);
    x.encrypt(bytes("0000"));
    return x;
  });
  const work = (sender: number): number => jobsOf(() => b.decrypt(senders[sender]!.encrypt(bytes("0000"))));
  t.deepEqual([0, 1, 2].map(work), [1, 1, 1]);
  t.deepEqual([0, 1, 2].map(work), [0, 0, 0]);
  // 0 is used again, so 1 goes for 3
  t.deepEqual([0, 3].map(work), [0, 1]);
  t.deepEqual([0, 2, 3].map(work), [0, 0, 0]);
  t.is(work(1), 1);
  // and 0 went for 1
  t.deepEqual([2, 3, 1, 0].map(work), [0, 0, 0, 1]);
});

test("a KEY that only shares the 16 bytes of the stable prefix is another", (t) => {
  const { odd, selfEven } = ends();
  const outer = odd.encrypt(bytes("0000"));
  selfEven.decrypt(outer);
  const other = new Uint8Array(outer);
  other[3 + 20]! ^= 1;
  // not on the curve, or a point: either way it is looked at
  let code: string | undefined;
  t.is(
    jobsOf(() => {
      code = codeOf(() => selfEven.decrypt(other));
    }),
    1,
  );
  t.true(code === undefined || code === "KEY_OFF_CURVE");
});

test("a KEY that is refused is not remembered", (t) => {
  const { odd, selfEven } = ends();
  const outer = odd.encrypt(bytes("0000"));
  outer.set(bytes("020000000000000000000000000000000000000001"), 3);
  for (let i = 0; i < 3; i++)
    t.is(
      jobsOf(() =>
        t.is(
          codeOf(() => selfEven.decrypt(outer)),
          "KEY_OFF_CURVE",
        ),
      ),
      1,
    );
});

test("an exchange that was invalidated can send nothing any more, and nothing of its keys is left", (t) => {
  const { odd, even, selfOdd, selfEven } = ends();
  even.sync(odd.handshake());
  odd.sync(even.handshake(even.in));
  const before = hex(odd.encrypt(bytes("0000"))).slice(6, 48);
  const { secret } = odd.ephemeral!;
  odd.invalidate();
  t.true(secret.every((byte) => byte === 0));
  for (const work of [
    () => odd.encrypt(bytes("0000")),
    () => odd.handshake(),
    () => odd.send(bytes("00077b2263223a317d")),
  ]) {
    t.is(codeOf(work), "INVALIDATED");
  }
  odd.invalidate();
  t.is(
    codeOf(() => odd.encrypt(bytes("0000"))),
    "INVALIDATED",
  );
  // a new one has a new key
  t.not(hex(new Exchange(selfOdd, selfEven.key).encrypt(bytes("0000"))).slice(6, 48), before);
});

test("handshakes: first, answer, in sync", (t) => {
  const { odd, even } = ends();
  const first = odd.handshake();
  t.is(odd.out % 2, 1);
  t.deepEqual(even.sync(first), { at: odd.out, accepted: true, answer: true, renewed: true });
  const answer = even.handshake(even.in);
  t.is(even.out, odd.out);
  t.deepEqual(odd.sync(answer), { at: odd.out, accepted: true, answer: false, renewed: true });
  t.deepEqual([odd.in, even.in], [odd.out, odd.out]);
});

test("the handshake's attached packet is the sender's key", (t) => {
  const { odd, selfOdd, selfEven } = ends();
  const inner = lob.decode(selfEven.decrypt(odd.handshake(7)));
  t.deepEqual(inner.json, { type: "link", at: 7 });
  const attached = lob.decode(inner.body);
  t.deepEqual(attached.json, { "1a": true });
  t.is(hex(attached.body), hex(selfOdd.key));
});

test("own at values have the order's last bit and only rise", (t) => {
  const { odd, even } = ends();
  for (const x of [odd, even]) {
    let last = 0;
    for (let i = 0; i < 5; i++) {
      x.handshake();
      t.true(x.out > last);
      t.is(x.out % 2, x.order);
      last = x.out;
    }
    t.is(
      codeOf(() => x.handshake(last - 2)),
      "AT",
    );
    t.is(x.out, last);
  }
  const top = ends(9007199254740990, 0);
  t.is(
    codeOf(() => {
      top.odd.handshake();
      top.odd.handshake();
      top.even.handshake();
      top.even.handshake(9007199254740993);
    }),
    "AT",
  );
});

test("at out of use leaves the exchange as it was, at every value", (t) => {
  const { odd, even } = ends();
  odd.sync(even.handshake(1000));
  const before = state(odd);
  const parities: [unknown, string][] = [
    [undefined, "AT"],
    [null, "AT"],
    [0, "AT"],
    [-2, "AT"],
    [1002.5, "AT"],
    ["1002", "AT"],
    [true, "AT"],
    [[1002], "AT"],
    [{}, "AT"],
    [2 ** 53, "AT"],
    [2 ** 64, "AT"],
    [1001, "AT_PARITY"],
    [1003, "AT_PARITY"],
    [2 ** 53 - 1, "AT_PARITY"],
    [1000, "STALE"],
    [998, "STALE"],
    [2, "STALE"],
  ];
  for (const [at, code] of parities) {
    t.is(
      codeOf(() => odd.sync(even.encrypt(lob.encode({ type: "link", at })))),
      code,
      `${String(at)}`,
    );
    t.deepEqual(state(odd), before, `${String(at)}`);
  }
  t.is(
    codeOf(() => odd.sync(even.encrypt(lob.encode({ type: "other", at: 1002 })))),
    "HANDSHAKE",
  );
  t.is(
    codeOf(() => odd.sync(even.encrypt(lob.encode(undefined, bytes("01"))))),
    "HANDSHAKE",
  );
  t.is(
    codeOf(() => odd.sync(even.encrypt(bytes("00")))),
    "PACKET_TOO_SHORT",
  );
  t.deepEqual(state(odd), before);
  // type "link" is what there is without a type
  t.true(odd.sync(even.encrypt(lob.encode({ at: 1002 }))).accepted);
});

test("an old handshake never replaces a newer session, whatever its key", (t) => {
  const { odd, selfOdd, selfEven } = ends();
  const first = new Exchange(selfEven, selfOdd.key);
  const second = new Exchange(selfEven, selfOdd.key);
  const old = first.handshake(1000);
  const fresh = second.handshake(2000);
  t.true(odd.sync(old).renewed);
  odd.handshake(1000);
  t.true(odd.sync(fresh).renewed);
  const before = state(odd);
  for (const replay of [
    old,
    fresh,
    first.encrypt(lob.encode({ type: "link", at: 2000 })),
    first.encrypt(lob.encode({ type: "link", at: 1998 })),
  ]) {
    t.is(
      codeOf(() => odd.sync(replay)),
      "STALE",
    );
    t.deepEqual(state(odd), before);
  }
});

test("a new session ends the channel keys of the one before", (t) => {
  const { odd, even, selfOdd, selfEven } = ends();
  odd.sync(even.handshake(1000));
  even.sync(odd.handshake(1000));
  const packet = even.send(bytes("00077b2263223a317d"));
  t.deepEqual(odd.receive(packet).json, { c: 1 });
  const next = new Exchange(selfEven, selfOdd.key, 1000);
  t.true(odd.sync(next.handshake(2000)).renewed);
  t.is(
    codeOf(() => odd.receive(packet)),
    "MAC",
  );
  next.sync(odd.handshake(2000));
  t.deepEqual(odd.receive(next.send(bytes("00077b2263223a327d"))).json, { c: 2 });
});

test("an at below ours and above the last accepted is answered with ours, and changes nothing", (t) => {
  const { odd, even } = ends();
  odd.handshake(2001);
  const before = state(odd);
  t.deepEqual(odd.sync(even.handshake(1000)), { at: 2001, accepted: false, answer: true, renewed: false });
  t.deepEqual(state(odd), before);
});

test("simultaneous open settles on the higher at", (t) => {
  const { odd, even } = ends();
  const fromOdd = odd.handshake(1001);
  const fromEven = even.handshake(1002);
  t.false(even.sync(fromOdd).accepted);
  t.true(odd.sync(fromEven).answer);
  t.deepEqual(even.sync(odd.handshake(odd.in)), { at: 1002, accepted: true, answer: false, renewed: true });
  t.deepEqual([odd.in, odd.out, even.in, even.out], [1002, 1002, 1002, 1002]);
  t.deepEqual(odd.receive(even.send(bytes("00077b2263223a317d"))).json, { c: 1 });
});

test("channels need a handshake", (t) => {
  const { odd } = ends();
  t.is(
    codeOf(() => odd.send(bytes("0000"))),
    "NOT_IN_SYNC",
  );
  t.is(
    codeOf(() => odd.receive(new Uint8Array(40))),
    "NOT_IN_SYNC",
  );
});

test("an identity has no exchange with itself", (t) => {
  const a = new Self(pair("a"), seeded("x"));
  t.is(
    codeOf(() => new Exchange(a, a.key)),
    "SELF_EXCHANGE",
  );
});

test("key pairs that are none are refused", (t) => {
  const { key, secret } = pair("a")["1a"];
  const self = (k: Uint8Array, s: Uint8Array) => () => new Self({ "1a": { key: k, secret: s } }, seeded("x"));
  t.is(codeOf(self(key.subarray(1), secret)), "KEY_LENGTH");
  t.is(codeOf(self(Uint8Array.of(4, ...key.subarray(1)), secret)), "KEY_PREFIX");
  t.is(codeOf(self(key, secret.subarray(1))), "SECRET_LENGTH");
  t.is(codeOf(self(key, new Uint8Array(20))), "SECRET_RANGE");
  t.is(
    codeOf(() => generate((n) => new Uint8Array(n))),
    "SECRET_RANGE",
  );
  t.is(finish(new CurveJob(secret)).length, 21);
});

test("a message that somebody sends back to its sender is not of the other", (t) => {
  const { odd, even } = ends();
  const outer = odd.encrypt(bytes("0000"));
  t.true(even.verify(outer));
  t.is(
    jobsOf(() => t.false(odd.verify(outer))),
    0,
  );
  t.is(
    codeOf(() => odd.sync(odd.handshake())),
    "MAC",
  );
});
