import test from "ava";
import { CurveJob, Endpoint, Pipe, finish, generate, lob, stamp } from "../../src/index.ts";
import { bytes, codeOf, hex, jobsOf, seeded } from "../helpers/core.ts";
import { sealForReference } from "../vectors/reference.ts";
import { carry, frames, linked, packetsOf, side, tick } from "./sides.ts";
import type { Side } from "./sides.ts";

const data = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 13 + length) & 255);

test("two endpoints link and exchange content both ways", (t) => {
  const { a, b, ab, ba } = linked();
  ab.send(data(3));
  ba.send("text");
  ab.send({ celsius: 21 });
  carry(a, b, 1);
  t.deepEqual(b.events, [`message ${hex(data(3))}`, `message ${Buffer.from('{"celsius":21}').toString("hex")}`]);
  t.deepEqual(a.events, [`message ${Buffer.from("text").toString("hex")}`]);
  t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
});

test("content of 1 to 1,400 bytes, over frames of every size", (t) => {
  for (const mtu of [2, 20, 53, 120, 256]) {
    const { a, b, ab } = linked({ pipe: { mtu } }, { pipe: { mtu } });
    for (const length of [1, 2, 13, 200, 1399, 1400]) {
      b.events.length = 0;
      ab.send(data(length));
      carry(a, b, 1, (frame) => (t.true(frame.length <= mtu), [frame]));
      t.deepEqual(b.events, [`message ${hex(data(length))}`]);
    }
  }
});

test("bytes on air of an INNER of 16 bytes: 32 more, a byte for each chunk, and the zero", (t) => {
  const { a, b, ab } = linked();
  let air = 0;
  // 16 bytes: 2 of LENGTH, 4 of HEAD, 10 of content
  ab.send(data(10));
  const count = carry(a, b, 1, (frame) => {
    air += frame.length;
    return [frame];
  });
  t.deepEqual([count, air], [3, 16 + 32 + 3 + 1]);
  t.deepEqual(b.events, [`message ${hex(data(10))}`]);
});

test("a message that comes again is dropped as stale, whenever it comes", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(1));
  const first = frames(a);
  ab.send(data(2));
  const second = frames(a);
  for (const frame of [...first, ...first, ...second, ...first, ...second]) b.endpoint.receive(b.pipe, frame, 1);
  t.deepEqual(b.events, [
    `message ${hex(data(1))}`,
    "drop STALE",
    `message ${hex(data(2))}`,
    "drop STALE",
    "drop STALE",
  ]);
  t.deepEqual(b.endpoint.drops, { STALE: 3 });
});

test("a message that arrives late is dropped, and what was not delivered stays so", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(1));
  const first = frames(a);
  ab.send(data(2));
  for (const frame of [...frames(a), ...first]) b.endpoint.receive(b.pipe, frame, 1);
  t.deepEqual(b.events, [`message ${hex(data(2))}`, "drop STALE"]);
});

/** The same side after a restart, with what it saved. */
const restarted = (before: Side, seed: string, more = {}): Side => {
  const { secret } = before.endpoint.identity;
  const again = side(seed, { state: before.saved, ...more });
  const endpoint = new Endpoint({
    pairs: { "1a": { key: before.key, secret } },
    random: seeded(`${seed} again`),
    state: before.saved,
    ...more,
    save: (id, state) => {
      again.saved = { ...again.saved, [id]: structuredClone(state!) };
    },
    events: {
      up: () => again.events.push("up"),
      down: () => again.events.push("down"),
      message: (_link, content) => again.events.push(`message ${hex(content)}`),
      drop: (code) => again.events.push(`drop ${code}`),
    },
  });
  return Object.assign(again, { endpoint, key: before.key });
};

test("a replay is refused after a restart too", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(1));
  const message = frames(a);
  for (const frame of message) b.endpoint.receive(b.pipe, frame, 1);
  const again = restarted(b, "b2");
  again.endpoint.link(a.key);
  for (const frame of message) again.endpoint.receive(again.pipe, frame, 2);
  t.deepEqual(again.events, ["drop STALE"]);
  // and what is new is not
  ab.send(data(2));
  for (const frame of frames(a)) again.endpoint.receive(again.pipe, frame, 3);
  t.deepEqual(again.events, ["drop STALE", `message ${hex(data(2))}`]);
});

test("after the sender's restart its messages are new, and its handshakes too", (t) => {
  const { a, b, ab } = linked();
  for (let i = 0; i < 5; i++) ab.send(data(1));
  carry(a, b, 1);
  b.events.length = 0;
  const again = restarted(a, "a2");
  const link = again.endpoint.link(b.key);
  link.connect(again.pipe);
  link.send(data(7));
  tick(again, b, 2);
  t.deepEqual(b.events, ["up", `message ${hex(data(7))}`]);
  t.deepEqual(again.events, ["up"]);
});

test("without saving first nothing is sent or believed", (t) => {
  const { a, b, ab } = linked();
  const before = structuredClone(a.saved);
  ab.send(data(1));
  const [sent] = Object.values(a.saved)[0]!.messages;
  t.true(sent > Object.values(before)[0]!.messages[0] || sent >= 1);
  carry(a, b, 1);
  const [, received] = Object.values(b.saved)[0]!.messages;
  t.is(received, 1);
  // numbers are kept ahead: not every message is a write
  const { saves } = a;
  for (let i = 0; i < 10; i++) ab.send(data(1));
  t.is(a.saves, saves);
});

test("an application's own rule of recency takes the place of ours", (t) => {
  const asked: (string | undefined)[] = [];
  const { a, b, ab } = linked(
    {},
    {
      recent: (_link, packet) => {
        asked.push(packet.json && JSON.stringify(packet.json));
        return packet.json?.["fresh"] === true;
      },
    },
  );
  const inner = (json: object) => lob.encode(json as never, bytes("01"));
  // without the type that handshakes have
  for (const json of [
    { type: "x", fresh: true },
    { type: "x", fresh: false },
    { type: "x", fresh: true },
  ])
    ab.message(inner(json));
  carry(a, b, 1);
  t.deepEqual(b.events, ["message 01", "drop STALE", "message 01"]);
  t.is(asked.length, 3);
});

test("INNER without a number that rises is stale", (t) => {
  const { a, b, ab } = linked();
  const inners = [
    lob.encode({ type: "x" }),
    lob.encode({ type: "x", at: 0 }),
    lob.encode({ type: "x", at: -1 }),
    lob.encode({ type: "x", at: 1.5 }),
    lob.encode({ type: "x", at: "5" }),
    lob.encode({ type: "x", at: 2 ** 32 }),
    lob.encode(undefined, data(5)),
    lob.encode(bytes("0000")),
    lob.encode(bytes("00000000"), data(5)),
    lob.encode(bytes("000000000000"), data(5)),
  ];
  for (const inner of inners) ab.message(inner);
  carry(a, b, 1);
  t.deepEqual(
    b.events,
    inners.map(() => "drop STALE"),
  );
  ab.message(lob.encode({ type: "x", at: 9 }, bytes("77")));
  ab.message(stamp(10, 0, bytes("78")));
  carry(a, b, 1);
  t.deepEqual(b.events.slice(inners.length), ["message 77", "message 78"]);
});

test("a handshake is sent again at exactly 1, 3, 7 and 15 s, verbatim, and given up at 30 s", (t) => {
  const a = side("a");
  const b = side("b");
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  const sent: [number, string][] = [];
  const look = (now: number): number | undefined => {
    const next = a.endpoint.poll(now);
    for (const packet of packetsOf(frames(a))) sent.push([now, hex(packet)]);
    return next;
  };
  // it is asked for when it wants to be, and in between
  let due: number | undefined = 100;
  for (let now = 100; now <= 140; now += 0.25) {
    const next = look(now);
    if (now >= due! && next !== undefined) due = next;
  }
  t.deepEqual(
    sent.map(([now]) => now - 100),
    [0, 1, 3, 7, 15],
  );
  t.is(new Set(sent.map(([, packet]) => packet)).size, 1);
  t.deepEqual(a.events, ["down"]);
});

test("poll says when it wants to be called: at the times of the schedule and no others", (t) => {
  const a = side("a");
  const b = side("b");
  a.endpoint.link(b.key).connect(a.pipe);
  const times: number[] = [];
  for (let now: number | undefined = 50; now !== undefined; now = a.endpoint.poll(now)) {
    times.push(now - 50);
    if (times.length > 10) break;
    frames(a);
  }
  t.deepEqual(times, [0, 1, 3, 7, 15, 30]);
  t.deepEqual(a.events, ["down"]);
});

test("no answer for 29.9 s is not down, an answer then is up", (t) => {
  const a = side("a");
  const b = side("b");
  b.endpoint.link(a.key);
  a.endpoint.link(b.key).connect(a.pipe);
  a.endpoint.poll(0);
  const handshake = frames(a);
  for (const now of [1, 3, 7, 15, 29.9]) {
    a.endpoint.poll(now);
    frames(a);
  }
  t.deepEqual(a.events, []);
  for (const frame of handshake) b.endpoint.receive(b.pipe, frame, 29.9);
  carry(b, a, 29.95);
  t.deepEqual(a.events, ["up"]);
  t.is(a.endpoint.poll(30), undefined);
});

test("after down the old ephemeral key is never used again", (t) => {
  const a = side("a");
  const b = side("b");
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  a.endpoint.poll(0);
  const before = packetsOf(frames(a)).map((packet) => hex(packet.subarray(3, 24)));
  const { ephemeral } = link.exchange;
  const old = link.exchange;
  for (const now of [1, 3, 7, 15, 30]) {
    a.endpoint.poll(now);
    frames(a);
  }
  t.deepEqual(a.events, ["down"]);
  t.true(ephemeral!.secret.every((byte) => byte === 0));
  t.is(
    codeOf(() => old.encrypt(bytes("0000"))),
    "INVALIDATED",
  );
  link.connect(a.pipe);
  a.endpoint.poll(31);
  const after = packetsOf(frames(a)).map((packet) => hex(packet.subarray(3, 24)));
  t.is(before.length, 1);
  t.is(after.length, 1);
  t.not(after[0], before[0]);
});

test("a packet that comes right after down is dropped or answered, not thrown", (t) => {
  const { a, b, ab, ba } = linked();
  ba.send(data(5));
  const message = frames(b);
  ab.connect(a.pipe);
  for (const now of [1, 2, 4, 8, 16, 31]) {
    a.endpoint.poll(now);
    frames(a);
  }
  t.deepEqual(a.events, ["down"]);
  t.notThrows(() => {
    for (const frame of message) a.endpoint.receive(a.pipe, frame, 32);
  });
});

test("a lost answer is made good by either side's resends", (t) => {
  const a = side("a");
  const b = side("b");
  b.endpoint.link(a.key);
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  link.send(data(4));
  // all that b says in the first 2 seconds is lost
  for (const now of [0, 0.5, 1, 1.5, 2, 3, 4, 7])
    tick(a, b, now, (frame, from) => (from === "b" && now <= 2 ? [] : [frame]));
  t.true(link.up);
  t.true(b.events.includes(`message ${hex(data(4))}`));
  t.false(a.events.includes("down"));
});

test("handshakes lost in any pattern are made good while one exchange gets through", (t) => {
  for (let pattern = 0; pattern < 64; pattern++) {
    // five times is what there is
    if ((pattern & 31) === 31) continue;
    const a = side(`a${pattern}`);
    const b = side("b");
    b.endpoint.link(a.key);
    const link = a.endpoint.link(b.key);
    link.connect(a.pipe);
    // the bits say which of the first six packets are lost, frame by frame of each
    let packets = 0;
    const lossy = (frame: Uint8Array): Uint8Array[] => {
      const lost = packets < 6 && (pattern >> packets) & 1;
      if (frame.length < 20 || frame[0]! < 19) packets++;
      return lost ? [] : [frame];
    };
    for (let now = 0; now <= 29; now += 0.5) tick(a, b, now, lossy);
    t.true(link.up, `pattern ${pattern}`);
    t.is(link.exchange.in, b.endpoint.link(a.key).exchange.in, `pattern ${pattern}`);
  }
});

test("both begin at once: both come up with the same at, and content goes both ways", (t) => {
  for (let i = 0; i < 12; i++) {
    const a = side(`a${i}`);
    const b = side(`b${i}`);
    const ab = a.endpoint.link(b.key);
    const ba = b.endpoint.link(a.key);
    for (let n = 0; n < i % 3; n++) ab.connect(a.pipe);
    ab.connect(a.pipe);
    ba.connect(b.pipe);
    ab.send(data(3));
    ba.send(data(4));
    // both handshakes are under way before either arrives
    a.endpoint.poll(0);
    b.endpoint.poll(0);
    const [fromA, fromB] = [frames(a), frames(b)];
    for (const frame of fromA) b.endpoint.receive(b.pipe, frame, 0);
    for (const frame of fromB) a.endpoint.receive(a.pipe, frame, 0);
    for (const now of [0, 1, 2, 3]) tick(a, b, now);
    t.true(ab.up && ba.up);
    t.deepEqual([ab.exchange.in, ab.exchange.out], [ba.exchange.out, ba.exchange.in]);
    t.true(a.events.includes(`message ${hex(data(4))}`) && b.events.includes(`message ${hex(data(3))}`), `${i}`);
  }
});

test("large content goes in pieces and comes as one", (t) => {
  const { a, b, ab } = linked({}, {}, ["large a", "large b"]);
  for (const length of [1401, 1394, 2800, 20000]) {
    b.events.length = 0;
    ab.send(data(length));
    carry(a, b, 1);
    t.deepEqual(b.events, [`message ${hex(data(length))}`], `${length}`);
  }
});

/** The packets of content in pieces of 256 bytes, each a chunk: without a piece the others make a content too. */
const pieces = (length: number) => {
  const world = linked({ message: 256 });
  world.ab.send(data(length));
  return { ...world, packets: packetsOf(frames(world.a)) };
};

test("a lost piece costs its content and no other", (t) => {
  const count = pieces(2500).packets.length;
  t.is(count, 10);
  for (let lost = 0; lost < count; lost++) {
    const { a, b, ab, packets } = pieces(2500);
    packets.forEach((packet, i) => {
      if (i !== lost) b.endpoint.packet(b.pipe, packet);
    });
    t.false(
      b.events.some((event) => event.startsWith("message")),
      `piece ${lost}`,
    );
    ab.send(data(500));
    carry(a, b, 2);
    t.is(b.events.at(-1), `message ${hex(data(500))}`, `piece ${lost}`);
    t.is(b.events.filter((event) => event.startsWith("message")).length, 1);
  }
});

test("a piece that comes twice does no harm", (t) => {
  const { b, packets } = pieces(2500);
  for (const packet of packets) for (let n = 0; n < 2; n++) b.endpoint.packet(b.pipe, packet);
  t.deepEqual(
    b.events.filter((event) => event.startsWith("message")),
    [`message ${hex(data(2500))}`],
  );
  t.deepEqual(b.endpoint.drops, { STALE: packets.length });
});

test("pieces out of order are dropped, never put together wrongly", (t) => {
  const count = pieces(2500).packets.length;
  for (let at = 0; at + 1 < count; at++) {
    const { b, packets } = pieces(2500);
    [packets[at], packets[at + 1]] = [packets[at + 1]!, packets[at]!];
    for (const packet of packets) b.endpoint.packet(b.pipe, packet);
    t.deepEqual(
      b.events.filter((event) => event.startsWith("message")),
      [],
      `${at}`,
    );
    t.true((b.endpoint.drops.STALE ?? 0) >= 1);
  }
});

test("pieces of content that was never begun are dropped", (t) => {
  const { b, packets } = pieces(700);
  for (const packet of packets.slice(1)) b.endpoint.packet(b.pipe, packet);
  t.deepEqual(
    b.events,
    packets.slice(1).map(() => "drop INNER"),
  );
});

test("content beyond the limit is dropped and counted, what follows is delivered", (t) => {
  const { a, b, ab } = linked({ message: 100 }, { content: 500 });
  for (const length of [500, 501, 2000, 499]) ab.send(data(length));
  carry(a, b, 1);
  t.deepEqual(b.events, [
    `message ${hex(data(500))}`,
    "drop PACKET_TOO_LARGE",
    "drop PACKET_TOO_LARGE",
    `message ${hex(data(499))}`,
  ]);
});

test("content that waits for the link, whole or refused at once", (t) => {
  const a = side("a");
  const b = side("b");
  b.endpoint.link(a.key);
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  const large = data(30000);
  const code = codeOf(() => link.send(large));
  tick(a, b, 1);
  const got = b.events.filter((event) => event.startsWith("message"));
  // refused means that none of it was sent
  t.deepEqual(got, code ? [] : [`message ${hex(large)}`]);
  t.deepEqual(b.endpoint.drops, {});
  const { sent } = { sent: Object.values(a.saved)[0]!.messages[0] };
  if (code) t.true(sent <= 64);
  // and goes when the link is up
  link.send(large);
  carry(a, b, 2);
  t.is(b.events.at(-1), `message ${hex(large)}`);
});

test("what waits is bounded", (t) => {
  const a = side("a");
  const link = a.endpoint.link(generate(seeded("nobody"))["1a"].key);
  link.connect(a.pipe);
  let sent = 0;
  const code = codeOf(() => {
    for (; sent < 1000; sent++) link.send(data(1));
  });
  t.is(code, "BUSY");
  t.true(sent >= 8 && sent <= 64, `${sent}`);
});

test("the number of messages ends with a typed error, again and again", (t) => {
  const before = linked();
  const id = Object.keys(before.a.saved)[0]!;
  const a = restarted(before.a, "late", { state: { [id]: { handshakes: [0, 0], messages: [4294967200, 0] } } });
  const link = a.endpoint.link(before.b.key);
  link.pipe = a.pipe;
  a.endpoint.poll(0);
  let code: string | undefined;
  let sent = 0;
  for (; !code && sent < 200; sent++) code = codeOf(() => link.send(data(1)));
  t.is(code, "AT");
  for (let i = 0; i < 3; i++)
    t.is(
      codeOf(() => link.send(data(1))),
      "AT",
    );
});

test("an unknown sender causes no curve work without accept, and is counted", (t) => {
  const b = side("b");
  const stranger = side("stranger");
  const known = side("known");
  b.endpoint.link(known.key);
  const link = stranger.endpoint.link(b.key);
  link.connect(stranger.pipe);
  stranger.endpoint.poll(0);
  link.pipe = stranger.pipe;
  link.message(stamp(1, 0, data(5)));
  const packets = packetsOf(frames(stranger));
  t.true(packets.length > 0);
  const { calls } = b.random;
  t.is(
    jobsOf(() => {
      for (let i = 0; i < 100; i++) for (const packet of packets) b.endpoint.packet(b.pipe, packet);
    }),
    0,
  );
  t.deepEqual(b.endpoint.drops, { UNKNOWN_SENDER: 100 * packets.length });
  t.is(b.random.calls, calls);
  t.is(b.endpoint.links.length, 1);
  t.is(b.pipe.frame(), undefined);
});

test("with accept a stranger's handshake links, where it is accepted; who is not accepted hears nothing", (t) => {
  for (const answer of [true, false]) {
    const asked: string[] = [];
    const b = side("b", { accept: (key) => (asked.push(hex(key)), answer) });
    const stranger = side("stranger");
    const link = stranger.endpoint.link(b.key);
    link.connect(stranger.pipe);
    tick(stranger, b, 0);
    t.deepEqual(asked, [hex(stranger.key)]);
    t.is(!!link.up, answer);
    t.deepEqual(b.endpoint.drops, answer ? {} : { UNKNOWN_SENDER: 1 });
    t.is(b.endpoint.links.length, answer ? 1 : 0);
    if (!answer) t.is(stranger.pipe.frame(), undefined);
  }
});

test("a message of a stranger that is no handshake is not let in, nor one that names another's key", (t) => {
  const b = side("b", { accept: () => true });
  const stranger = side("stranger");
  const link = stranger.endpoint.link(b.key);
  link.pipe = stranger.pipe;
  stranger.endpoint.poll(0);
  const victim = side("victim").key;
  const inner = (json: object, body: Uint8Array) => lob.encode(json as never, body);
  const attached = (key: Uint8Array) => lob.encode({ "1a": true }, key);
  link.message(stamp(1, 0, data(5)));
  link.message(inner({ type: "other", at: 5 }, attached(stranger.key)));
  link.message(inner({ type: "link", at: 5 }, attached(victim)));
  link.message(inner({ type: "link", at: 5 }, attached(b.key)));
  link.message(inner({ type: "link", at: 5 }, attached(bytes(`02${"0".repeat(39)}1`))));
  link.message(inner({ type: "link", at: 5 }, attached(stranger.key.subarray(1))));
  link.message(inner({ type: "link", at: 5 }, bytes("")));
  link.message(inner({ type: "link", at: 5 }, bytes("ffff00")));
  carry(stranger, b, 1);
  t.deepEqual(b.events, [
    "drop UNKNOWN_SENDER",
    "drop UNKNOWN_SENDER",
    "drop MAC",
    "drop SELF_EXCHANGE",
    "drop KEY_OFF_CURVE",
    "drop KEY_LENGTH",
    "drop PACKET_TOO_SHORT",
    "drop PACKET_LENGTH",
  ]);
  t.is(b.endpoint.links.length, 0);
  t.deepEqual(b.saved, {});
});

test("messages of a KEY that was met take no curve work on a gateway", (t) => {
  const { a, b, ab } = linked();
  for (let i = 0; i < 5; i++) ab.send(data(20));
  const packets = packetsOf(frames(a));
  t.is(
    jobsOf(() => {
      for (const packet of packets) b.endpoint.packet(b.pipe, packet);
    }),
    0,
  );
  t.is(b.events.length, 5);
});

test("two KEYs that share the 16 bytes of the stable prefix are two", (t) => {
  const b = side("b");
  const a = side("a");
  b.endpoint.link(a.key);
  const pair = (of: Side) => ({ key: hex(of.key), secret: hex(of.endpoint.identity.secret) });
  const first = hex(generate(seeded("prefix"))["1a"].key);
  // any other point whose x begins alike; the recipient's secret makes a message of it
  let second = "";
  for (let i = 0; !second; i++) {
    const key = first.slice(0, 32) + i.toString(16).padStart(10, "0");
    if (codeOf(() => finish(new CurveJob(b.endpoint.identity.secret, bytes(key)))) === undefined) second = key;
  }
  [first, second, second, first].forEach((key, i) => {
    const rest = sealForReference({
      sender: pair(a),
      recipient: pair(b),
      key,
      iv: "00000000",
      inner: hex(stamp(i + 1, 0, data(i + 1))),
    });
    b.endpoint.packet(b.pipe, bytes(`00011a${key}${rest}`));
  });
  t.deepEqual(
    b.events,
    [1, 2, 3, 4].map((length) => `message ${hex(data(length))}`),
  );
});

test("an old session's message is refused after a new handshake", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(9));
  const old = packetsOf(frames(a));
  ab.renew();
  ab.connect(a.pipe);
  tick(a, b, 1);
  t.true(ab.up);
  b.events.length = 0;
  for (const packet of old) b.endpoint.packet(b.pipe, packet);
  t.deepEqual(b.events, ["drop INVALIDATED"]);
  ab.send(data(8));
  carry(a, b, 3);
  t.is(b.events.at(-1), `message ${hex(data(8))}`);
});

test("a replayed old handshake changes nothing, and is not answered", (t) => {
  const a = side("a");
  const b = side("b");
  b.endpoint.link(a.key);
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  a.endpoint.poll(0);
  const old = packetsOf(frames(a));
  for (const packet of old) b.endpoint.packet(b.pipe, packet);
  carry(a, b, 0);
  t.true(link.up);
  link.renew();
  link.connect(a.pipe);
  tick(a, b, 1);
  const before = [b.saved, b.endpoint.links[0]!.exchange.remote];
  b.events.length = 0;
  for (let i = 0; i < 3; i++) for (const packet of old) b.endpoint.packet(b.pipe, packet);
  t.deepEqual(b.events, ["drop STALE", "drop STALE", "drop STALE"]);
  t.deepEqual([b.saved, b.endpoint.links[0]!.exchange.remote], before);
  t.is(b.pipe.frame(), undefined);
  link.send(data(6));
  carry(a, b, 3);
  t.is(b.events.at(-1), `message ${hex(data(6))}`);
});

test("a link is the one there is, and keys that are none are refused", (t) => {
  const { b, a } = linked();
  t.is(b.endpoint.link(a.key), b.endpoint.links[0]);
  t.is(
    codeOf(() => b.endpoint.link(Uint8Array.of(...a.key, 0))),
    "KEY_LENGTH",
  );
  t.is(
    codeOf(() => b.endpoint.link(a.key.subarray(0, 20))),
    "KEY_LENGTH",
  );
  t.is(
    codeOf(() => b.endpoint.link(new Uint8Array(0))),
    "KEY_LENGTH",
  );
  t.is(
    codeOf(() => b.endpoint.link(b.key)),
    "SELF_EXCHANGE",
  );
  t.is(
    codeOf(() => b.endpoint.link(bytes(`02${"0".repeat(39)}1`))),
    "KEY_OFF_CURVE",
  );
  t.is(b.endpoint.links.length, 1);
});

test("serial lines with blocking carry handshakes and content", (t) => {
  const options = { pipe: { mtu: 64, blocking: true, stream: true } };
  const { a, b, ab, ba } = linked(options, options);
  ab.send(data(700));
  ba.send(data(300));
  carry(a, b, 1);
  t.deepEqual([a.events, b.events], [[`message ${hex(data(300))}`], [`message ${hex(data(700))}`]]);
  t.is(new Pipe({ mtu: 20, limit: 10 }).frame(), undefined);
});

test("frames that are sent back are refused without curve work, and what comes after them is taken", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(40));
  const sent = frames(a);
  t.is(
    jobsOf(() => {
      for (const frame of sent) a.endpoint.receive(a.pipe, frame, 0);
    }),
    0,
  );
  t.deepEqual(a.endpoint.drops, { UNKNOWN_SENDER: 1 });
  for (const frame of sent) b.endpoint.receive(b.pipe, frame, 0);
  t.is(b.events.at(-1), `message ${hex(data(40))}`);
});

test("frames that a radio delivers twice, or once more some frames later, spoil nothing", (t) => {
  const { a, b, ab } = linked();
  const late: { frame: Uint8Array; after: number }[] = [];
  let count = 0;
  let copies = 0;
  for (let i = 0; i < 40; i++) {
    ab.send(data(30 + i));
    carry(a, b, 1 + i / 50, (frame, from) => {
      if (from === "b") return [frame];
      count++;
      // a copy of a packet's beginning may be another packet
      if (frame[1] === 0) return [frame];
      if (frame.length > 5) late.push({ frame, after: count + (count % 2) });
      const now = late.filter(({ after }) => after <= count);
      for (const one of now) late.splice(late.indexOf(one), 1);
      copies += now.length;
      return [frame, ...now.map((one) => one.frame)];
    });
  }
  t.true(copies > 60, `${copies}`);
  t.deepEqual(
    b.events,
    Array.from({ length: 40 }, (_, i) => `message ${hex(data(30 + i))}`),
  );
  t.deepEqual(b.endpoint.drops, {});
});

test("what comes again later, or where there are no frames, is no repetition", (t) => {
  const { a, b, ab } = linked();
  ab.send(data(60));
  const all = frames(a);
  const [first, ...rest] = all;
  b.endpoint.receive(b.pipe, first!, 1);
  for (const now of [1, 1.4]) b.endpoint.receive(b.pipe, rest[0]!, now);
  for (const frame of rest.slice(1)) b.endpoint.receive(b.pipe, frame, 1.5);
  t.deepEqual(b.events, [`message ${hex(data(60))}`]);
  // a second later it is a frame like others, and what it is put together with is refused
  b.endpoint.receive(b.pipe, first!, 3);
  for (const now of [3, 4]) b.endpoint.receive(b.pipe, rest[0]!, now);
  for (const frame of rest.slice(1)) b.endpoint.receive(b.pipe, frame, 4);
  t.deepEqual(b.events.slice(1), ["drop MAC"]);

  // of bytes without bounds the same may come twice in one packet: it is looked at whole
  const heard = (pieces: Uint8Array[]): string[] => {
    const stream = linked({ pipe: { stream: true } }, { pipe: { stream: true } });
    for (const piece of pieces) stream.b.endpoint.receive(stream.b.pipe, piece, 1);
    return stream.b.events;
  };
  // one chunk of 20 bytes, LENGTH 1 and CSID, whose middle is the same twice; then the zero that ends it
  const same = Uint8Array.of(7, 7, 7, 7, 7, 7, 7, 7);
  const start = Uint8Array.of(19, 0, 1, 0x1a);
  const whole = Uint8Array.of(...start, ...same, ...same, 0);
  t.deepEqual(heard([start, same, same, Uint8Array.of(0)]), heard([whole]));
  t.is(heard([whole]).length, 1);
});
