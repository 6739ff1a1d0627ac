import test from "ava";
import fc from "fast-check";
import { Exchange, Self, generate, messageBody } from "../../src/index.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";
import { sealReference } from "../vectors/reference.ts";

const pair = (seed: string) => generate(seeded(seed));
const textPair = (seed: string) => {
  const { key, secret } = pair(seed)["1a"];
  return { key: hex(key), secret: hex(secret) };
};
/** Two ends that were never in contact. */
const ends = (random = seeded("ends")) => {
  const a = new Self(pair("a"), random);
  const b = new Self(pair("b"), random);
  return { a, b, ab: new Exchange(a, b.key), ba: new Exchange(b, a.key) };
};

test("messages are those of the specification, made by OpenSSL", (t) => {
  const inners = fc.uint8Array({ maxLength: 1400, size: "max" });
  fc.assert(
    fc.property(
      inners,
      fc.uint8Array({ minLength: 20, maxLength: 20 }).filter((one) => one.some(Boolean)),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      (inner, secret, iv) => {
        const script = [secret, iv];
        const a = new Self(pair("a"), () => script.shift()!);
        const b = new Self(pair("b"), seeded("b"));
        const outer = new Exchange(a, b.key).encrypt(inner);
        t.is(
          hex(outer),
          sealReference({
            sender: textPair("a"),
            recipient: textPair("b"),
            ephemeral: hex(secret),
            iv: hex(iv),
            inner: hex(inner),
          }),
        );
        t.true(new Exchange(b, a.key).verify(outer));
        t.is(hex(b.decrypt(outer)), hex(inner));
      },
    ),
    { seed: 8, numRuns: 60 },
  );
});

test("opening leaves a packet as it came, a Buffer too", (t) => {
  const { b, ab } = ends();
  const outer = Buffer.from(ab.encrypt(new Uint8Array(300).fill(9)));
  const before = hex(outer);
  for (let i = 0; i < 2; i++) t.is(hex(b.decrypt(outer)), "09".repeat(300));
  t.is(hex(outer), before);
});

test("a message takes 32 bytes more than its INNER", (t) => {
  const { ab } = ends();
  for (const length of [0, 1, 15, 16, 17, 1400]) t.is(ab.encrypt(new Uint8Array(length)).length, length + 32);
});

test("a message with any one bit flipped is refused", (t) => {
  const { b, ab, ba } = ends();
  const outer = ab.encrypt(bytes("00077b2261223a317d01020304050607"));
  for (let bit = 0; bit < outer.length * 8; bit++) {
    const flipped = new Uint8Array(outer);
    flipped[bit >> 3]! ^= 128 >> (bit & 7);
    t.false(ba.verify(flipped), `bit ${bit}`);
    const code = codeOf(() => ba.sync(flipped));
    t.is(code, "MAC", `bit ${bit}`);
  }
  t.true(ba.verify(outer));
  t.is(hex(b.decrypt(outer)), "00077b2261223a317d01020304050607");
});

test("a message cut or made longer is refused", (t) => {
  const { b, ab, ba } = ends();
  const outer = ab.encrypt(new Uint8Array(16));
  for (let length = 0; length < outer.length; length++) {
    const cut = outer.subarray(0, length);
    t.false(ba.verify(cut));
    const code = codeOf(() => messageBody(cut));
    t.is(
      code,
      length < 2 ? "PACKET_TOO_SHORT" : length < 3 ? "PACKET_LENGTH" : length < 32 ? "PACKET_TOO_SHORT" : undefined,
      `${length}`,
    );
    if (code)
      t.is(
        codeOf(() => b.decrypt(cut)),
        code,
      );
  }
  t.false(ba.verify(Uint8Array.of(...outer, 0)));
});

test("only the sender that is named is believed, and only the recipient can read", (t) => {
  const { b, ab } = ends();
  const other = new Self(pair("other"), seeded("other"));
  const outer = ab.encrypt(bytes("000001"));
  t.false(new Exchange(b, other.key).verify(outer));
  t.false(new Exchange(other, b.key).verify(outer));
  t.not(hex(other.decrypt(outer)), "000001");
});

test("channel packets are refused with any one bit flipped, cut, or to another token", (t) => {
  const { ab, ba } = ends();
  ba.sync(ab.handshake());
  ab.sync(ba.handshake(ba.in));
  const inner = bytes(`00077b2263223a317d${"55".repeat(20)}`);
  const packet = ab.send(inner);
  t.is(packet.length, inner.length + 26);
  for (let bit = 0; bit < packet.length * 8; bit++) {
    const flipped = new Uint8Array(packet);
    flipped[bit >> 3]! ^= 128 >> (bit & 7);
    const code = codeOf(() => ba.receive(flipped));
    // a LENGTH that is not 0 is a HEAD, or goes beyond the end
    if (bit < 16) t.true(code === "PACKET_HEAD" || code === "PACKET_LENGTH", `bit ${bit}`);
    else t.is(code, bit < 18 * 8 ? "TOKEN" : "MAC", `bit ${bit}`);
  }
  for (let length = 0; length < packet.length; length++) {
    const code = codeOf(() => ba.receive(packet.subarray(0, length)));
    t.is(code, length < 26 ? "PACKET_TOO_SHORT" : "MAC", `${length}`);
  }
  t.is(hex(ba.receive(packet).body), "55".repeat(20));
  // its own packet is to the other's token
  t.is(
    codeOf(() => ab.receive(packet)),
    "TOKEN",
  );
});

test("channel packets both ways, of every INNER with a JSON HEAD", (t) => {
  const { ab, ba } = ends();
  ba.sync(ab.handshake());
  ab.sync(ba.handshake(ba.in));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1400, size: "max" }), fc.boolean(), (body, forth) => {
      const [from, to] = forth ? [ab, ba] : [ba, ab];
      const got = to.receive(from.send(Uint8Array.of(...bytes("00077b2263223a317d"), ...body)));
      t.deepEqual([got.json, hex(got.body)], [{ c: 1 }, hex(body)]);
    }),
    { seed: 9, numRuns: 60 },
  );
  for (const [inner, code] of [
    ["", "PACKET_TOO_SHORT"],
    ["00", "PACKET_TOO_SHORT"],
    ["0000", "INNER"],
    ["0002", "PACKET_LENGTH"],
    ["00027b7d", "INNER"],
    ["00087b2263223a31787d", "INNER"],
  ] as const) {
    t.is(
      codeOf(() => ba.receive(ab.send(bytes(inner)))),
      code,
      inner,
    );
  }
});

test("IVs start where randomness says, count up little-endian, and wrap", (t) => {
  for (const [start, ...wanted] of [
    ["fdffffff", "fdffffff", "feffffff", "ffffffff", "00000000", "01000000"],
    ["ffffff7f", "ffffff7f", "00000080", "01000080"],
    ["ff000000", "ff000000", "00010000", "01010000"],
  ] as const) {
    const script = [bytes("11".repeat(20)), bytes(start)];
    const x = new Exchange(new Self(pair("a"), () => script.shift()!), pair("b")["1a"].key);
    t.deepEqual(
      wanted.map(() => hex(x.encrypt(bytes("0000")).subarray(24, 28))),
      [...wanted],
    );
  }
});

test("no IV comes twice with one ephemeral key, and each exchange has a key of its own", (t) => {
  const a = new Self(pair("a"), seeded("fresh"));
  const { key } = pair("b")["1a"];
  const seen = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const x = new Exchange(a, key);
    for (let n = 0; n < 50; n++) seen.add(hex(x.encrypt(new Uint8Array(0)).subarray(3, 28)));
  }
  t.is(seen.size, 1000);
  t.is(new Set([...seen].map((one) => one.slice(0, 42))).size, 20);
});
