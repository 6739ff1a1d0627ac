import { createCipheriv, createHash, createHmac } from "node:crypto";
import test from "ava";
import fc from "fast-check";
import { CurveJob, finish, generate, lob } from "../../src/index.ts";
import { cs1c } from "../../src/cipher/cs1c.ts";
import { Session } from "../../src/exchange/session.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";

const a = generate(seeded("session a"))["1a"];
const b = generate(seeded("session b"))["1a"];
const shared = finish(new CurveJob(a.secret, b.key));

/** IV as the wire has it: little-endian. */
const wire = (iv: number): Uint8Array => {
  const all = new Uint8Array(4);
  new DataView(all.buffer).setUint32(0, iv, true);
  return all;
};

const pair = (roomA = 16, roomB = roomA, ivA = 1, ivB = 1): [Session, Session] => [
  new Session(a.key, b.key, shared, wire(ivA), roomA),
  new Session(b.key, a.key, shared, wire(ivB), roomB),
];

/** A packet of `a` to `b` with this IV. */
const withIv = (iv: number, payload = bytes("00077b2263223a317d")): Uint8Array =>
  new Session(a.key, b.key, shared, wire(iv), 1).seal(payload);

const fold = (data: Buffer, times: number): Buffer => {
  for (; times; times--)
    data = Buffer.from(data.subarray(0, data.length / 2).map((byte, i) => byte ^ data[i + data.length / 2]!));
  return data;
};

/** A channel packet by node:crypto, from the text of e3x/cs/1a.md. */
function reference(secret: Uint8Array, from: Uint8Array, to: Uint8Array, iv: Uint8Array, payload: Uint8Array): string {
  const key = fold(createHash("sha256").update(secret).update(from).update(to).digest(), 1);
  const token = createHash("sha256").update(to.subarray(0, 16)).digest().subarray(0, 16);
  const cipher = createCipheriv("aes-128-ctr", key, Buffer.concat([iv, Buffer.alloc(12)]));
  const text = cipher.update(payload);
  const mac = fold(
    createHmac("sha256", Buffer.concat([key, iv]))
      .update(text)
      .digest(),
    3,
  );
  return Buffer.concat([Buffer.alloc(2), token, iv, text, mac]).toString("hex");
}

test("packets are those of the text, byte for byte, both ways, and in CS1c", (t) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), fc.uint8Array({ maxLength: 300 }), (iv, payload) => {
      const [one, other] = pair(16, 16, iv, iv);
      t.is(hex(one.seal(payload)), reference(shared, a.key, b.key, wire(iv), payload));
      t.is(hex(other.seal(payload)), reference(shared, b.key, a.key, wire(iv), payload));
    }),
    { seed: 1, numRuns: 100 },
  );
  const job = (secret: Uint8Array, key?: Uint8Array): Uint8Array => {
    const work = new cs1c.Job(secret, key);
    while (work.step());
    return work.result!;
  };
  const secrets = [seeded("1c a")(32), seeded("1c b")(32)] as const;
  const keys = [job(secrets[0]), job(secrets[1])] as const;
  const both = job(secrets[0], keys[1]);
  t.is(
    hex(new Session(keys[0], keys[1], both, wire(7), 4).seal(bytes("010203"))),
    reference(both, keys[0], keys[1], wire(7), bytes("010203")),
  );
});

test("what one seals the other opens, of any length and in any order, and nobody else does", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 8 }),
      fc.nat(0xffffffff),
      (payloads, iv) => {
        const [one, other] = pair(16, 16, iv);
        const packets = payloads.map((payload) => one.seal(payload));
        // not one's own
        for (const packet of packets)
          t.is(
            codeOf(() => one.open(packet)),
            "TOKEN",
          );
        [...packets.keys()].reverse().forEach((i) => t.is(hex(other.open(packets[i]!)), hex(payloads[i]!)));
        for (const packet of packets)
          t.is(
            codeOf(() => other.open(packet)),
            "REPLAY",
          );
      },
    ),
    { seed: 2, numRuns: 60 },
  );
  // a session with another KEY on either side
  const c = generate(seeded("session c"))["1a"];
  const packet = withIv(9);
  t.is(
    codeOf(() => new Session(c.key, a.key, finish(new CurveJob(c.secret, a.key)), wire(0), 4).open(packet)),
    "TOKEN",
  );
  t.is(
    codeOf(() => new Session(b.key, c.key, finish(new CurveJob(b.secret, c.key)), wire(0), 4).open(packet)),
    "MAC",
  );
});

test("the IV goes on from where it starts, through its end", (t) => {
  const [one, other] = pair(16, 16, 0xfffffffe);
  const packets = Array.from({ length: 5 }, (_, i) => one.seal(Uint8Array.of(i)));
  t.deepEqual(
    packets.map((packet) => hex(packet.subarray(18, 22))),
    ["feffffff", "ffffffff", "00000000", "01000000", "02000000"],
  );
  for (const packet of packets) other.open(packet);
  for (const packet of packets)
    t.is(
      codeOf(() => other.open(packet)),
      "REPLAY",
    );
});

test("the random start is copied: it may be used again by who gave it", (t) => {
  const iv = bytes("01000000");
  const session = new Session(a.key, b.key, shared, iv, 4);
  session.seal(bytes("00"));
  t.is(hex(iv), "01000000");
  iv.fill(0xff);
  t.is(hex(session.seal(bytes("00")).subarray(18, 22)), "02000000");
});

test("what is refused changes nothing: the right packet is opened after it", (t) => {
  const [, other] = pair();
  const good = withIv(77);
  const cases: [string, Uint8Array][] = [
    ["PACKET_TOO_SHORT", bytes("")],
    ["PACKET_TOO_SHORT", bytes("00")],
    ["PACKET_TOO_SHORT", bytes("0000")],
    ["PACKET_LENGTH", bytes("0005aa")],
    ["PACKET_HEAD", Uint8Array.of(0, 1, 0x1a, ...good.subarray(2))],
  ];
  for (let length = 2; length < 26; length++) cases.push(["PACKET_TOO_SHORT", good.subarray(0, length)]);
  for (let length = 26; length < good.length; length++) cases.push(["MAC", good.subarray(0, length)]);
  cases.push(["MAC", Uint8Array.of(...good, 0)]);
  for (let bit = 16; bit < good.length * 8; bit++) {
    const flipped = new Uint8Array(good);
    flipped[bit >> 3]! ^= 128 >> (bit & 7);
    cases.push([bit < 18 * 8 ? "TOKEN" : "MAC", flipped]);
  }
  for (const [code, packet] of cases)
    t.is(
      codeOf(() => other.open(packet)),
      code,
      hex(packet),
    );
  t.is(hex(other.open(good)), "00077b2263223a317d");
});

test("each packet is opened once, whatever IVs the other draws, while there is room to tell them apart", (t) => {
  // near one another, near the ends, and anywhere
  const iv = fc.oneof(fc.nat(40), fc.integer({ min: 0xffffffe0, max: 0xffffffff }), fc.nat(0xffffffff));
  fc.assert(
    fc.property(fc.array(iv, { maxLength: 120 }), (ivs) => {
      const [, other] = pair(200);
      const seen = new Set<number>();
      for (const one of ivs) {
        t.is(
          codeOf(() => other.open(withIv(one))),
          seen.has(one) ? "REPLAY" : undefined,
        );
        seen.add(one);
      }
    }),
    { seed: 3, numRuns: 60 },
  );
});

test("without that room none is opened twice either; others may be refused", (t) => {
  const iv = fc.oneof(fc.nat(60), fc.integer({ min: 0xffffffe0, max: 0xffffffff }), fc.nat(0xffffffff));
  fc.assert(
    fc.property(fc.array(iv, { minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (ivs, room) => {
      const [, other] = pair(room);
      const opened = new Set<number>();
      for (const one of [...ivs, ...ivs]) {
        if (codeOf(() => other.open(withIv(one)))) continue;
        t.false(opened.has(one));
        opened.add(one);
      }
      t.true(opened.has(ivs[0]!));
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("IVs that count up need little room: a device's 16 runs hold 10,000 packets with 30 % lost, twice or up to 10 late", (t) => {
  const random = seeded("runs");
  const [one, other] = pair(16, 16, 0x7ffff000);
  const waiting: { due: number; packet: Uint8Array }[] = [];
  let sent = 0;
  let refused = 0;
  let opened = 0;
  for (let i = 0; i < 10000; i++) {
    const [lost, late, twice] = random(3) as unknown as [number, number, number];
    const packet = one.seal(Uint8Array.of(i & 255));
    if (lost >= 77) {
      sent++;
      waiting.push({ due: i + (late < 64 ? late % 10 : 0), packet });
    }
    for (let at = 0; at < waiting.length; at++) {
      if (waiting[at]!.due > i) continue;
      const { packet: come } = waiting.splice(at--, 1)[0]!;
      if (codeOf(() => other.open(come))) refused++;
      else opened++;
      if (twice < 13)
        t.is(
          codeOf(() => other.open(come)),
          "REPLAY",
        );
    }
  }
  t.is(opened + refused + waiting.length, sent);
  t.is(refused, 0);
});

test("a session that was ended opens and seals nothing more, and nothing of its keys is left", (t) => {
  const [one, other] = pair();
  const packet = one.seal(bytes("00"));
  const keys = Object.values(other).filter(
    (value): value is Uint8Array => value instanceof Uint8Array && value.length === 16,
  );
  const before = keys.map(hex);
  other.wipe();
  t.is(
    codeOf(() => other.open(packet)),
    "MAC",
  );
  t.is(
    codeOf(() => other.seal(bytes("00"))),
    "INVALIDATED",
  );
  // two keys are gone, two tokens, which are no secret, may stay
  t.is(keys.map(hex).filter((now, i) => now !== before[i]).length, 2);
  t.true(keys.every((key, i) => hex(key) === before[i] || key.every((byte) => byte === 0)));
  // not even one sealed under a key of zeros
  const forged = bytes(reference(new Uint8Array(0), a.key, b.key, wire(5), bytes("00")));
  t.is(
    codeOf(() => other.open(forged)),
    "MAC",
  );
  other.wipe();
});

test("the token is that of one's own KEY, and packets have the other's", (t) => {
  const [one, other] = pair();
  t.is(hex(one.seal(bytes("00")).subarray(2, 18)), hex(other.token));
  t.is(hex(other.seal(bytes("00")).subarray(2, 18)), hex(one.token));
  t.is(hex(one.token), createHash("sha256").update(a.key.subarray(0, 16)).digest("hex").slice(0, 32));
  t.deepEqual(lob.decode(one.seal(bytes("00"))).head.length, 0);
});
