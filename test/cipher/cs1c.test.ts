import { ECDH, createECDH } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "ava";
import fc from "fast-check";
import { checkKey, checkSecret, cs1c } from "../../src/cipher/cs1c.ts";
import { authentic, channelKey, messageKey, open, seal, token } from "../../src/cipher/seal.ts";
import { keyPair, setOf, sets } from "../../src/cipher/sets.ts";
import { Exchange, Self } from "../../src/endpoint/e3x.ts";
import { hashname, intermediate } from "../../src/identity/hashname.ts";
import { decode, encode } from "../../src/packet/lob.ts";
import { toBase32 } from "../../src/packet/text.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";

const CURVE = "prime256v1";
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const G = "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const text = (value: bigint, length = 64): string => value.toString(16).padStart(length, "0");
const secrets = fc.bigInt({ min: 1n, max: N - 1n }).map((one) => text(one));

const result = (secret: string, key?: string): string => {
  const job = new cs1c.Job(bytes(secret), key === undefined ? undefined : bytes(key));
  while (job.step());
  return hex(job.result!);
};
const opensslOf = (secret: string): ECDH => {
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(bytes(secret));
  return ecdh;
};
const opensslKey = (secret: string): string => opensslOf(secret).getPublicKey("hex", "compressed");
const opensslShared = (secret: string, key: string): string =>
  opensslOf(secret).computeSecret(bytes(key)).toString("hex").padStart(64, "0");

test("public keys and shared secrets are OpenSSL's", (t) => {
  fc.assert(
    fc.property(secrets, secrets, (a, b) => {
      const key = opensslKey(b);
      t.is(result(b), key);
      t.is(result(a, key), opensslShared(a, key));
    }),
    { seed: 21, numRuns: 60 },
  );
});

test("scalars at the edges, and with the generator and x = 0", (t) => {
  const edges = [
    1n,
    2n,
    3n,
    N - 1n,
    N - 2n,
    N - 3n,
    N / 2n,
    N / 2n + 1n,
    2n ** 255n,
    2n ** 128n,
    2n ** 224n - 1n,
    2n ** 64n - 1n,
  ];
  for (const secret of edges.map((one) => text(one))) {
    t.is(result(secret), opensslKey(secret));
    for (const key of [G, `02${G.slice(2)}`, `02${text(0n)}`, `03${text(0n)}`])
      t.is(result(secret, key), opensslShared(secret, key));
  }
});

test("x with leading zeros keeps its 32 bytes", (t) => {
  const random = seeded("zeros");
  let zeros = 0;
  while (zeros < 3) {
    const secret = hex(random(32));
    const shared = opensslShared(secret, G);
    if (!shared.startsWith("00")) continue;
    zeros++;
    t.is(result(secret, G), shared);
    t.is(result(secret).slice(2), shared);
    t.is(result(text(2n), opensslKey(secret)), opensslShared(text(2n), opensslKey(secret)));
  }
});

test("secrets that are none are refused, without a key and with one", (t) => {
  const codes: [string, string | undefined][] = [
    ["", "SECRET_LENGTH"],
    ["01".repeat(31), "SECRET_LENGTH"],
    ["01".repeat(33), "SECRET_LENGTH"],
    [`00${text(5n)}`, "SECRET_LENGTH"],
    ["01".repeat(20), "SECRET_LENGTH"],
    [text(0n), "SECRET_RANGE"],
    [text(N), "SECRET_RANGE"],
    [text(N + 1n), "SECRET_RANGE"],
    ["ff".repeat(32), "SECRET_RANGE"],
    [text(1n), undefined],
    [text(N - 1n), undefined],
  ];
  for (const [secret, code] of codes) {
    t.is(
      codeOf(() => checkSecret(bytes(secret))),
      code,
      secret,
    );
    t.is(
      codeOf(() => new cs1c.Job(bytes(secret))),
      code,
      secret,
    );
    t.is(
      codeOf(() => new cs1c.Job(bytes(secret), bytes(G))),
      code,
      secret,
    );
  }
});

test("keys that are none are refused by their form, or as off the curve by a job", (t) => {
  const codes: [string, string][] = [
    ["", "KEY_LENGTH"],
    [G.slice(2), "KEY_LENGTH"],
    [`${G}00`, "KEY_LENGTH"],
    [`02${"11".repeat(20)}`, "KEY_LENGTH"],
    // uncompressed
    [opensslOf(text(1n)).getPublicKey("hex"), "KEY_LENGTH"],
    ...["00", "01", "04", "05", "06", "07", "82", "ff"].map((prefix): [string, string] => [
      prefix + G.slice(2),
      "KEY_PREFIX",
    ]),
    [`02${text(P)}`, "KEY_RANGE"],
    [`03${text(P)}`, "KEY_RANGE"],
    [`02${text(P + 5n)}`, "KEY_RANGE"],
    [`02${"ff".repeat(32)}`, "KEY_RANGE"],
  ];
  for (const [key, code] of codes) {
    t.is(
      codeOf(() => checkKey(bytes(key))),
      code,
      key,
    );
    t.is(
      codeOf(() => new cs1c.Job(bytes(text(5n)), bytes(key))),
      code,
      key,
    );
  }
  t.is(
    codeOf(() => checkKey(bytes(`02${text(P - 1n)}`))),
    undefined,
  );
  // no point: checkKey does no curve work
  t.is(
    codeOf(() => checkKey(bytes(`02${text(1n)}`))),
    undefined,
  );
  t.is(
    codeOf(() => new cs1c.Job(bytes(text(5n)), bytes(`02${text(1n)}`))),
    "KEY_OFF_CURVE",
  );
});

test("a key is taken where OpenSSL takes it, and refused where it does not", (t) => {
  let off = 0;
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: P - 1n }), fc.constantFrom("02", "03"), (x, prefix) => {
      const key = prefix + text(x);
      let wanted: string | undefined;
      try {
        wanted = opensslShared(text(7n), key);
      } catch {
        off++;
      }
      const code = codeOf(() => t.is(result(text(7n), key), wanted!));
      t.is(code, wanted === undefined ? "KEY_OFF_CURVE" : undefined, key);
    }),
    { seed: 22, numRuns: 60 },
  );
  t.true(off > 15 && off < 45, `${off}`);
});

test("no error holds key material", (t) => {
  const secret = "b7".repeat(33);
  const off = Array.from({ length: 20 }, (_, i) => `02${"c9".repeat(31)}${text(BigInt(i), 2)}`).find((key) =>
    codeOf(() => result(text(5n), key)),
  )!;
  const cases: [string, string | undefined][] = [
    [secret, undefined],
    [text(N + 0xb7b7b7b7n), undefined],
    [secret.slice(0, 64), `02${"c9".repeat(33)}`],
    [secret.slice(0, 64), `07${"c9".repeat(32)}`],
    [secret.slice(0, 64), `02${text(P + 0xc9n)}`],
    [secret.slice(0, 64), off],
  ];
  for (const [own, key] of cases) {
    const error = t.throws(() => result(own, key))!;
    const said = [
      error.message,
      error.stack,
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
      String(error.cause),
    ]
      .join(" ")
      .toLowerCase();
    for (const one of [own, key]) {
      if (one === undefined) continue;
      const tail = one.slice(-8);
      t.false(said.includes(tail), error.message);
      t.false(said.includes(BigInt(`0x${one.slice(2)}`).toString()), error.message);
      t.false(said.includes(bytes(one).subarray(-4).join(",")), error.message);
    }
  }
});

test("what is given is not changed, and the result is a copy of its own", (t) => {
  const secret = bytes("77".repeat(32));
  const key = bytes(G);
  const job = new cs1c.Job(secret, key);
  t.false(job.step());
  t.is(job.result!.length, 32);
  t.is(job.result!.buffer.byteLength, 32);
  t.deepEqual([hex(secret), hex(key)], ["77".repeat(32), G]);
});

test("cipher sets by CSID", (t) => {
  t.deepEqual(Object.keys(sets), ["1a", "1c"]);
  for (const [id, csid, length, secretLength] of [
    ["1a", 0x1a, 21, 20],
    ["1c", 0x1c, 33, 32],
  ] as const) {
    const set = setOf(id);
    t.is(set, setOf(csid));
    t.deepEqual([set.id, set.csid, set.length, set.secretLength], [id, csid, length, secretLength]);
    const pair = keyPair(set, seeded(id));
    t.deepEqual([pair.key.length, pair.secret.length], [length, secretLength]);
    set.checkKey(pair.key);
    set.checkSecret(pair.secret);
    const other = keyPair(set, seeded(`other ${id}`));
    const shared = [new set.Job(pair.secret, other.key), new set.Job(other.secret, pair.key)].map((job) => {
      while (job.step());
      return hex(job.result!);
    });
    t.is(shared[0], shared[1]);
    t.is(shared[0]!.length, 2 * (length - 1));
  }
  // keys of one are none of the other
  t.is(
    codeOf(() => setOf("1a").checkKey(bytes(G))),
    "KEY_LENGTH",
  );
  for (const none of [0, 0x1b, 0x3a, 26.5, NaN, -0x1a, "", "1b", "1A", "3a", "constructor", "__proto__", "toString"])
    t.is(
      codeOf(() => setOf(none)),
      "CSID",
      `${none}`,
    );
});

test("a key pair takes the numbers of its source of entropy, and others where they are no secret", (t) => {
  for (const [id, length] of [
    ["1a", 20],
    ["1c", 32],
  ] as const) {
    const good = "5a".repeat(length);
    const asked: number[] = [];
    const given =
      (...list: string[]) =>
      (n: number): Uint8Array => {
        asked.push(n);
        return bytes(list.shift()!);
      };
    t.is(hex(keyPair(setOf(id), given(good)).secret), good);
    t.deepEqual(asked.splice(0), [length]);
    t.is(hex(keyPair(setOf(id), given("00".repeat(length), good)).secret), good);
    t.deepEqual(asked.splice(0), [length, length]);
    t.is(
      codeOf(() => keyPair(setOf(id), (n) => new Uint8Array(n))),
      "SECRET_RANGE",
    );
    t.is(
      codeOf(() => keyPair(setOf(id), () => new Uint8Array(7))),
      "SECRET_LENGTH",
    );
  }
  const script = [text(N), "ff".repeat(32), text(N - 1n)];
  t.is(hex(keyPair(setOf("1c"), () => bytes(script.shift()!)).key), `02${G.slice(2)}`);
});

// What telehash-c made and took, and OpenSSL computed.

interface Pair {
  secret: string;
  key: string;
}
interface Message {
  sender: Pair;
  recipient: Pair;
  outer: string;
}
interface Side extends Pair {
  ephemeral: Pair;
  order: string;
  hashname: string;
  token: string;
  handshake: { iv: string; inner: string; outer: string };
  encryptKey: string;
  decryptKey: string;
}
interface Kinds {
  key: Pair & { secretBase32: string; keyBase32: string; hashname: string };
  ecdh: Pair & { peer: string; shared: string; by: string[] };
  message: Message & {
    ephemeral: Pair;
    iv: string;
    inner: string;
    sharedEphemeral: string;
    aesKey: string;
    hmacKey: string;
    mac: string;
    token: string;
  };
  session: {
    note: string;
    at: number;
    shared: string;
    a: Side;
    b: Side;
    packets: { from: "a" | "b"; iv: string; inner: string; mac: string; packet: string }[];
  };
  hashname: {
    keys: Record<string, string>;
    intermediates: Record<string, string>;
    hashname: string;
    attached: Record<string, string>;
  };
  negative: { name: string; code: string | null } & Partial<Message> & {
      key?: string;
      secret?: string;
      session?: number;
      to?: "a" | "b";
      packet?: string;
    };
}

const { vectors } = JSON.parse(readFileSync(new URL("../vectors/data/cs1c.json", import.meta.url), "utf8")) as {
  vectors: { kind: keyof Kinds }[];
};
const all = <K extends keyof Kinds>(kind: K): Kinds[K][] =>
  vectors.filter((one) => one.kind === kind) as unknown as Kinds[K][];

const ends = ({ secret, key }: Pair, script: string[] = []): Self => {
  const random = seeded(key);
  return new Self({ "1c": { secret: bytes(secret), key: bytes(key) } }, (n) =>
    script.length ? bytes(script.shift()!) : random(n),
  );
};
/** The exchange of one side: its next KEY and IV are the script's. */
const exchangeOf = (own: Pair, key: string, script?: string[], out = 0): Exchange =>
  new Exchange(ends(own, script), bytes(key), out, 0, "1c");

test("telehash-c's vectors: how many of each kind", (t) => {
  const counts = Object.fromEntries(
    (["key", "ecdh", "message", "session", "hashname", "negative"] as const).map((kind) => [kind, all(kind).length]),
  );
  t.deepEqual(counts, { key: 14, ecdh: 36, message: 27, session: 7, hashname: 6, negative: 56 });
  t.is(vectors.length, 146);
});

test("telehash-c's vectors: keys", (t) => {
  for (const { secret, key, secretBase32, keyBase32, hashname: name } of all("key")) {
    t.is(hex(keyPair(setOf("1c"), () => bytes(secret)).key), key);
    t.is(toBase32(bytes(key)), keyBase32);
    t.is(toBase32(bytes(secret)), secretBase32);
    t.is(hashname({ "1c": bytes(key) }), name);
  }
});

test("telehash-c's vectors: ECDH", (t) => {
  for (const { secret, key, peer, shared } of all("ecdh")) {
    t.is(result(secret), key);
    t.is(result(secret, peer), shared);
  }
});

test("telehash-c's vectors: hashnames of keys of several cipher sets", (t) => {
  for (const { keys, intermediates, hashname: name, attached } of all("hashname")) {
    const list = Object.entries(keys);
    t.is(hashname(Object.fromEntries(list.map(([id, key]) => [id, bytes(key)]))), name);
    for (const [id, key] of list) {
      t.is(hex(intermediate(bytes(key))), intermediates[id]);
      // what a link handshake in this cipher set carries
      const head = Object.fromEntries(
        Object.entries(intermediates).map(([one, digest]) => [one, one === id || toBase32(bytes(digest))]),
      );
      t.is(hex(encode(head, bytes(key))), attached[id]);
      t.is(
        hashname(
          Object.fromEntries(
            Object.entries(head).map(([one, digest]) => [one, digest === true ? bytes(key) : (digest as string)]),
          ),
        ),
        name,
      );
    }
  }
});

test("telehash-c's vectors: messages, every value", (t) => {
  for (const {
    sender,
    recipient,
    ephemeral,
    iv,
    inner,
    sharedEphemeral,
    aesKey,
    hmacKey,
    mac,
    outer,
    token: routing,
  } of all("message")) {
    t.is(result(ephemeral.secret), ephemeral.key);
    t.is(result(ephemeral.secret, recipient.key), sharedEphemeral);
    t.is(result(recipient.secret, ephemeral.key), sharedEphemeral);
    t.is(result(sender.secret, recipient.key) + iv, hmacKey);
    t.is(hex(messageKey(bytes(sharedEphemeral))), aesKey);
    const secret = bytes(hmacKey.slice(0, 64));
    const made = hex(seal(bytes("00011c"), bytes(ephemeral.key), bytes(aesKey), secret, bytes(iv), bytes(inner)));
    t.is(made, outer);
    t.true(outer.endsWith(mac));
    const body = decode(bytes(outer)).body;
    t.true(authentic(body, 33, secret));
    t.is(hex(open(body, 33, bytes(aesKey))), inner);
    t.is(hex(token(body)), routing);
  }
});

test("telehash-c's vectors: messages by the library, both ways", (t) => {
  for (const { sender, recipient, ephemeral, iv, inner, outer, token: routing } of all("message")) {
    const from = exchangeOf(sender, recipient.key, [ephemeral.secret, iv]);
    t.is(hex(from.encrypt(bytes(inner))), outer);
    t.is(hex(from.token()), routing);
    t.is(from.order, sender.key > recipient.key ? 1 : 0);
    const to = exchangeOf(recipient, sender.key);
    t.true(to.verify(bytes(outer)));
    t.is(hex(to.self.decrypt(bytes(outer))), inner);
  }
});

test("telehash-c's vectors: sessions, every value", (t) => {
  for (const { shared, a, b, packets } of all("session")) {
    const sides = { a, b };
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      t.is(result(own.ephemeral.secret, other.ephemeral.key), shared);
      t.is(hex(channelKey(bytes(shared), bytes(own.ephemeral.key), bytes(other.ephemeral.key))), own.encryptKey);
      t.is(hex(channelKey(bytes(shared), bytes(other.ephemeral.key), bytes(own.ephemeral.key))), own.decryptKey);
      t.is(hex(token(bytes(own.ephemeral.key))), own.token);
      t.is(hashname({ "1c": bytes(own.key) }), own.hashname);
    }
    for (const { from, iv, inner, mac, packet } of packets) {
      const own = sides[from];
      const other = sides[from === "a" ? "b" : "a"];
      const key = bytes(own.encryptKey);
      t.is(hex(seal(new Uint8Array(2), bytes(other.token), key, key, bytes(iv), bytes(inner))), packet);
      t.true(packet.endsWith(mac));
      const body = decode(bytes(packet)).body;
      t.true(authentic(body, 16, bytes(other.decryptKey)));
      t.is(hex(open(body, 16, bytes(other.decryptKey))), inner);
    }
  }
});

const HEAD = ({ inner }: { inner: string }): string | undefined =>
  decode(bytes(inner)).json?.["type"] as string | undefined;

test("telehash-c's vectors: sessions by the library, on either side", (t) => {
  const notes = [];
  for (const { note, at, a, b, packets } of all("session")) {
    notes.push(note);
    for (const [own, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const name = own === a ? "a" : "b";
      const firstIv = packets.find(({ from }) => from === name)!.iv;
      // `a` chose `at`
      const x = exchangeOf(own, other.key, [own.ephemeral.secret, own.handshake.iv, firstIv], own === a ? at : 0);
      t.is(x.order, own.order === "odd" ? 1 : 0);
      t.is(hex(x.encrypt(bytes(own.handshake.inner))), own.handshake.outer, note);
      if (own === a) x.handshake(at);
      t.is(hex(x.token()), own.token);
      t.like(x.sync(bytes(other.handshake.outer)), { at, accepted: true, renewed: true, answer: own === b });
      t.is(hex(x.remote!), other.ephemeral.key);
      for (const { from, inner, packet } of packets) {
        if (from === name) t.is(hex(x.send(bytes(inner))), packet);
        else if (decode(bytes(inner)).json) t.is(hex(x.receive(bytes(packet)).body), hex(decode(bytes(inner)).body));
        else
          t.is(
            codeOf(() => x.receive(bytes(packet))),
            "INNER",
          );
      }
    }
    t.true([undefined, "link", "key"].includes(HEAD(a.handshake)));
  }
  t.is(new Set(notes).size, 7);
});

test("malformed and edge inputs, of which telehash-c takes many, are refused for what is wrong", (t) => {
  for (const { name, code, key, secret, sender, recipient, outer, session, to, packet } of all("negative")) {
    if (name.startsWith("identity key"))
      t.is(
        codeOf(() => new cs1c.Job(bytes(text(5n)), bytes(key!))),
        code!,
        name,
      );
    else if (name.startsWith("secret"))
      t.is(
        codeOf(() => new cs1c.Job(bytes(secret!))),
        code!,
        name,
      );
    else if (name.startsWith("message")) {
      const x = exchangeOf(recipient!, sender!.key);
      const whole = bytes(outer!);
      if (code === null) {
        // INNER too short for a packet: an authentic message with nothing that can be taken in it
        t.true(x.verify(whole), name);
        t.true(x.self.decrypt(whole).length < 2, name);
        t.is(
          codeOf(() => x.sync(whole)),
          "PACKET_TOO_SHORT",
          name,
        );
      } else if (name.includes("one bit")) {
        t.true(x.verify(whole));
        for (let bit = 24; bit < whole.length * 8; bit++) {
          const flipped = new Uint8Array(whole);
          flipped[bit >> 3]! ^= 128 >> (bit & 7);
          t.false(x.verify(flipped), `bit ${bit}`);
        }
      } else if (code === "KEY_OFF_CURVE") {
        t.is(
          codeOf(() => x.self.decrypt(whole)),
          code,
          name,
        );
        t.is(
          codeOf(() => x.sync(whole)),
          code,
          name,
        );
        t.is(x.in, 0);
      } else {
        t.false(x.verify(whole), name);
        t.is(
          codeOf(() => x.sync(whole)),
          "MAC",
          name,
        );
        if (code !== "MAC")
          t.is(
            codeOf(() => x.self.decrypt(whole)),
            code,
            name,
          );
      }
    } else {
      const { at, ...sides } = all("session")[session!]!;
      const own = sides[to!];
      const other = sides[to === "a" ? "b" : "a"];
      const x = exchangeOf(own, other.key, [own.ephemeral.secret, own.handshake.iv]);
      x.sync(bytes(other.handshake.outer));
      t.is(x.in, at);
      const whole = bytes(packet!);
      if (name.includes("one bit")) {
        for (let bit = 16 + 128; bit < whole.length * 8; bit++) {
          const flipped = new Uint8Array(whole);
          flipped[bit >> 3]! ^= 128 >> (bit & 7);
          t.is(
            codeOf(() => x.receive(flipped)),
            "MAC",
            `bit ${bit}`,
          );
        }
      } else if (code === null) {
        x.receive(whole);
        t.is(
          codeOf(() => x.receive(whole)),
          "REPLAY",
          name,
        );
      } else
        t.is(
          codeOf(() => x.receive(whole)),
          code,
          name,
        );
      // the session goes on
      const good = sides.packets.filter(({ from }) => from !== to)[1]!;
      t.is(hex(x.receive(bytes(good.packet)).body), hex(decode(bytes(good.inner)).body), name);
    }
  }
});
