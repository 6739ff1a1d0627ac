// Links that are found, removed, reset and blocked; pipes that fill up and end; and what events say of how a packet came and left.
import test from "ava";
import * as stream from "../../src/channel/stream.ts";
import { E3XError, Endpoint, Pipe, generate, hashname, stamp, toBase32 } from "../../src/index.ts";
import type { Arrival, Knock, Link, SavedLink } from "../../src/index.ts";
import { codeOf, hex, jobsOf, seeded } from "../helpers/core.ts";
import { carry, frames, linked, side, tick } from "./sides.ts";
import type { Side, SideOptions } from "./sides.ts";

const text = (content: string): string => `message ${hex(Buffer.from(content))}`;
const messages = ({ events }: Side): string[] => events.filter((event) => event.startsWith("message"));
/** Frames come to a side, at a time. */
const come = (to: Side, all: Uint8Array[], now: number): void => {
  for (const frame of all) to.endpoint.receive(to.pipe, frame, now);
};
/** The same side after a restart with a state. */
const again = (before: Side, options: SideOptions = {}): Side => {
  const made = side("again", {
    state: before.saved,
    ...options,
    pairs: { "1a": { key: before.key, secret: before.endpoint.identity.secret } },
  });
  return Object.assign(made, { key: before.key });
};

test("find makes no link, by whatever it is looked for", (t) => {
  const { b, ba, a } = linked();
  const name = hashname({ "1a": a.key });
  const found: (Uint8Array | Record<string, Uint8Array> | string)[] = [
    a.key,
    Buffer.from(a.key),
    { "1a": a.key },
    { "3a": new Uint8Array(5), "1a": a.key },
    toBase32(a.key),
    name,
  ];
  for (const who of found) t.is(b.endpoint.find(who), ba);
  const nobody = generate(seeded("nobody"))["1a"].key;
  const not: typeof found = [
    nobody,
    { "1a": nobody },
    {},
    new Uint8Array(0),
    new Uint8Array(1000),
    toBase32(nobody),
    hashname({ "1a": nobody }),
    "",
    "text",
    name.toUpperCase(),
    "__proto__",
  ];
  for (const who of not) t.is(b.endpoint.find(who), undefined);
  t.is(b.endpoint.links.length, 1);
});

test("what is removed leaves nothing behind: it is a stranger, and its keys are wiped", (t) => {
  for (const by of ["link", "endpoint"] as const) {
    const { a, b, ab, ba } = linked();
    const { ephemeral } = ba.exchange;
    const closed: unknown[] = [];
    b.endpoint.handle("say", (channel) => {
      channel.on = (event, reason) => {
        if (event === "close") closed.push(reason);
      };
    });
    ab.channel({ type: "say", seq: 1 });
    tick(a, b, 1);
    ab.send("old");
    ba.send("waits in the pipe");
    const old = frames(a);
    if (by === "link") ba.remove();
    else b.endpoint.remove(ba);
    t.deepEqual(
      [ba.removed, ba.up, ba.pipe, b.endpoint.links, b.endpoint.find(a.key), b.saved],
      [true, false, undefined, [], undefined, {}],
    );
    t.true(ephemeral!.secret.every((byte) => byte === 0));
    t.deepEqual(closed, ["reset"]);
    for (const send of [
      () => ba.send("x"),
      () => ba.connect(b.pipe),
      () => ba.channel({ type: "say" }),
      () => ba.block(),
      () => ba.message(stamp(1, 0, new Uint8Array(1))),
    ])
      t.is(codeOf(send), "REMOVED");
    t.notThrows(() => b.endpoint.remove(ba));
    come(b, old, 2);
    ab.channel({ type: "say", seq: 1 });
    for (let now = 3; now < 6; now += 0.5) tick(a, b, now);
    t.deepEqual(
      [messages(b), b.endpoint.links.length, b.endpoint.drops.UNKNOWN_SENDER! > 0, b.endpoint.drops.TOKEN! > 0],
      [[], 0, true, true],
    );
    t.is(b.endpoint.poll(100), undefined);
    // linked anew it begins at zero
    const anew = b.endpoint.link(a.key);
    t.not(anew, ba);
    t.deepEqual(anew.state, [0, 0, 0, 0]);
    ab.connect(a.pipe);
    tick(a, b, 200);
    t.true(anew.up);
  }
});

test("a link that is removed has no timers left", (t) => {
  const { b, ba } = linked();
  ba.connect(b.pipe);
  t.true(b.endpoint.drain(1, { write: () => undefined })!.at > 1);
  ba.remove();
  t.is(b.endpoint.drain(1, { write: () => undefined }), undefined);
});

test("a link that is removed although save throws is removed all the same", (t) => {
  let full = false;
  const { a, b, ab, ba } = linked(
    {},
    {
      save: () => {
        if (full) throw new Error("no room");
      },
    },
  );
  full = true;
  t.throws(
    () => {
      ba.remove();
    },
    { message: "no room" },
  );
  ab.send("x");
  carry(a, b, 1);
  t.deepEqual([b.endpoint.links, b.endpoint.state, messages(b), ba.pipe], [[], {}, [], undefined]);
});

test("links may be removed in any handler, at any time", (t) => {
  for (const where of ["up", "message", "drop", "channel", "packet", "down"] as const) {
    const a = side("a");
    const first: { link?: Link | undefined } = {};
    const drop = (at: string): void => {
      if (at === where) (first.link ?? b.endpoint.links[0])?.remove();
    };
    const b: Side = side("b", {
      accept: () => true,
      events: {
        up: () => {
          drop("up");
        },
        message: () => {
          drop("message");
        },
        drop: () => {
          drop("drop");
        },
        down: () => {
          drop("down");
        },
      },
    });
    b.endpoint.handle("say", (channel) => {
      channel.on = () => {
        drop("packet");
      };
      drop("channel");
    });
    const ab = a.endpoint.link(b.key);
    ab.connect(a.pipe);
    tick(a, b, 0);
    const link = (first.link = b.endpoint.links[0]);
    if (ab.up) ab.channel({ type: "say", seq: 1 }, new Uint8Array(1));
    ab.send("hello");
    for (let now = 1; now < 4; now += 0.5) tick(a, b, now);
    b.endpoint.packet(b.pipe, new Uint8Array(50), 4);
    if (where === "down") {
      link!.connect(b.pipe);
      for (const now of [5, 6, 8, 12, 20, 50]) b.endpoint.poll(now);
    }
    // by "up" it is gone each time it links
    t.true(
      b.endpoint.links.every((one) => one !== link),
      where,
    );
    t.notThrows(() => {
      for (let now = 60; now < 100; now += 5) tick(a, b, now);
    });
    t.true(
      Object.keys(b.endpoint.state).every((id) => b.endpoint.find(id)),
      where,
    );
  }
});

test("a device that lost its numbers is refused as stale for ever, and heals by a reset, whoever is first then", (t) => {
  for (const first of ["device", "gateway"] as const) {
    const { a, b, ab, ba } = linked();
    for (let i = 0; i < 300; i++) ab.connect(a.pipe);
    for (let i = 0; i < 200; i++) ab.send("high numbers");
    for (let now = 1; now < 4; now++) tick(a, b, now);
    b.events.length = 0;
    // it begins anew with the same key
    const lost = again(a, { state: {} });
    const link = lost.endpoint.link(b.key);
    link.connect(lost.pipe);
    for (const now of [5, 6, 8, 12, 20]) tick(lost, b, now);
    t.falsy(link.up);
    t.true(b.endpoint.drops.STALE! >= 3);
    const sent = ba.exchange.out;
    ba.reset();
    t.deepEqual(
      [ba.up, ba.exchange.in, ba.state[1], ba.state[3], b.saved[toBase32(a.key)]!.handshakes[1]],
      [false, 0, 0, 0, 0],
    );
    t.is(ba.exchange.out, sent, "what this side sent stays");
    t.true(b.saved[toBase32(a.key)]!.handshakes[0] >= sent);
    b.events.length = 0;
    if (first === "device") link.connect(lost.pipe);
    else ba.connect(b.pipe);
    for (const now of [61, 62]) tick(lost, b, now);
    t.deepEqual([link.up, ba.up], [true, true], first);
    link.send("well again");
    ba.send("and back");
    carry(lost, b, 63);
    t.deepEqual([messages(b), messages(lost)], [[text("well again")], [text("and back")]]);
  }
});

test("after a reset no content is taken before a handshake: what was recorded is not believed", (t) => {
  const { a, b, ab, ba } = linked();
  ab.send("open the door");
  const recorded = frames(a);
  come(b, recorded, 1);
  b.events.length = 0;
  ba.reset();
  come(b, recorded, 2);
  t.deepEqual(b.events, ["drop NOT_IN_SYNC"]);
  ab.connect(a.pipe);
  tick(a, b, 3);
  ab.send("again");
  carry(a, b, 4);
  t.deepEqual(messages(b), [text("again")]);
});

test("a reset that can not be kept changes nothing", (t) => {
  let full = false;
  const { a, b, ab, ba } = linked(
    {},
    {
      save: () => {
        if (full) throw new Error("no room");
      },
    },
  );
  ab.send("one");
  carry(a, b, 1);
  full = true;
  const before = [...ba.state];
  t.throws(
    () => {
      ba.reset();
    },
    { message: "no room" },
  );
  full = false;
  ab.send("two");
  carry(a, b, 2);
  t.deepEqual([before[3], messages(b), ba.up], [1, [text("one"), text("two")], true]);
});

test("a blocked link takes and sends nothing, whatever accept says, also after a restart, until it is not blocked", (t) => {
  const knocks: Knock[] = [];
  const options: SideOptions = {
    accept: () => true,
    events: {
      knock: (knock) => {
        knocks.push(knock);
      },
    },
  };
  const { a, b, ab, ba } = linked({}, options);
  ba.block();
  t.deepEqual([ba.blocked, ba.up, b.saved[toBase32(a.key)]!.blocked], [true, false, true]);
  for (const send of [() => ba.send("x"), () => ba.connect(b.pipe), () => ba.channel({ type: "x" })])
    t.is(codeOf(send), "BLOCKED");
  ab.send("message");
  stream.stream(ab).write("channel");
  ab.connect(a.pipe);
  let now = 1;
  for (; now < 5; now++) tick(a, b, now);
  t.deepEqual(messages(b), []);
  t.true(b.endpoint.drops.BLOCKED! >= 2 && b.endpoint.links.length === 1);
  t.true(
    knocks.length >= 2 &&
      knocks.every(({ reason, key, pipe }) => reason === "blocked" && hex(key!) === hex(a.key) && pipe === b.pipe),
  );
  const later = again(b, options);
  ab.connect(a.pipe);
  for (; now < 10; now++) tick(a, later, now);
  t.deepEqual(
    [later.endpoint.links[0]!.blocked, later.endpoint.links[0]!.up, later.endpoint.drops.BLOCKED! > 0],
    [true, undefined, true],
  );
  later.endpoint.links[0]!.unblock();
  t.is(later.saved[toBase32(a.key)]!.blocked, undefined);
  ab.connect(a.pipe);
  tick(a, later, now);
  ab.send("hello");
  carry(a, later, now);
  t.deepEqual(messages(later), [text("hello")]);
  // somebody who is not linked can be blocked by its key
  const stranger = side("stranger");
  later.endpoint.link(stranger.key).block();
  stranger.endpoint.link(b.key).connect(stranger.pipe);
  tick(stranger, later, now + 1);
  t.falsy(later.endpoint.find(stranger.key)!.up);
});

test("a full pipe gives BUSY to who sends, loses nothing, and takes more when it has gone", (t) => {
  const { a, b, ab } = linked({ pipe: { queue: 500 } }, {});
  let sent = 0;
  const code = codeOf(() => {
    for (; sent < 20000; sent++) ab.send(`message ${sent}`);
  });
  t.is(code, "BUSY");
  t.true(a.pipe.full && sent > 5 && sent < 20 && a.pipe.waiting < 600, `${sent} ${a.pipe.waiting}`);
  t.is(
    codeOf(() => ab.send("x")),
    "BUSY",
  );
  t.is(
    codeOf(() => a.pipe.send(new Uint8Array(5))),
    "BUSY",
  );
  carry(a, b, 1);
  ab.send("more");
  carry(a, b, 2);
  t.deepEqual(messages(b), [...Array.from({ length: sent }, (_, i) => text(`message ${i}`)), text("more")]);
});

test("20,000 messages to a pipe that nobody drains take no more than its bound, by default", (t) => {
  const { ab, a } = linked();
  for (let i = 0; i < 20000; i++) codeOf(() => ab.send("x".repeat(50)));
  t.true(a.pipe.waiting >= 65536 && a.pipe.waiting < 65536 + 1500, `${a.pipe.waiting}`);
});

test("handshakes to a pipe that nobody drains do not grow either, and go when it is drained", (t) => {
  const { a, b, ab } = linked({ pipe: { queue: 200 } });
  for (let i = 0; i < 1000; i++) ab.connect(a.pipe);
  for (let now = 1; now < 20; now += 0.5) a.endpoint.poll(now);
  t.true(a.pipe.waiting < 500);
  for (let now = 20; now < 23; now += 0.5) tick(a, b, now);
  t.true(ab.up && b.endpoint.links[0]!.up);
  t.is(ab.exchange.out, b.endpoint.links[0]!.exchange.in);
});

test("a handshake that is due while its pipe is full holds nothing up, and is no drop", (t) => {
  const { a, ab } = linked({ pipe: { queue: 200 } });
  const other = new Pipe({ mtu: 20 });
  const second = a.endpoint.link(generate(seeded("second"))["1a"].key);
  ab.connect(a.pipe);
  second.connect(other);
  a.endpoint.poll(100);
  while (!a.pipe.full) a.pipe.send(new Uint8Array(50).fill(1));
  for (let frame = other.frame(); frame; frame = other.frame());
  for (const now of [101, 103, 107]) a.endpoint.poll(now);
  t.deepEqual(a.endpoint.drops, {});
  let wrote = 0;
  for (let frame = other.frame(); frame; frame = other.frame()) wrote++;
  t.true(wrote > 12, "three times, in six frames each");
});

test("content that waits for its link goes when the pipe has room, in order", (t) => {
  const a = side("a", { pipe: { queue: 150 } });
  const b = side("b", { accept: () => true });
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  for (let i = 0; i < 16; i++) link.send(`${i}`);
  for (let now = 0; now < 20; now += 0.5) tick(a, b, now);
  t.deepEqual(
    messages(b),
    Array.from({ length: 16 }, (_, i) => text(`${i}`)),
  );
});

test("a pipe that is closed lets go of what waits, and links fall off it, until they hear by another", (t) => {
  const { a, b, ab, ba } = linked();
  ba.send("waits");
  b.pipe.close();
  t.deepEqual(
    [b.pipe.closed, b.pipe.queue, b.pipe.waiting, ba.pipe, b.pipe.frame()],
    [true, [], 0, undefined, undefined],
  );
  t.notThrows(() => {
    b.pipe.close();
  });
  t.is(
    codeOf(() => b.pipe.send(new Uint8Array(5))),
    "CLOSED",
  );
  t.is(
    codeOf(() => ba.connect(b.pipe)),
    "CLOSED",
  );
  // what its library still brings is counted
  ab.send("late");
  come(b, frames(a), 1);
  t.deepEqual([messages(b), Object.keys(b.endpoint.drops)], [[], ["CLOSED"]]);
  ba.send("for the next way");
  b.endpoint.drain(2, { write: () => t.fail() });
  const other = new Pipe({ mtu: 20 });
  ab.send("here I am");
  for (const frame of frames(a)) b.endpoint.receive(other, frame, 3);
  t.deepEqual([messages(b), ba.pipe], [[text("here I am")], other]);
  const out: Uint8Array[] = [];
  b.endpoint.drain(3, {
    write: (_pipe, frame) => {
      out.push(frame);
    },
  });
  come(a, out, 4);
  t.deepEqual(messages(a), [text("for the next way")]);
});

test("a pipe may be closed in a handler of what came by it, and all at once, without anything being thrown", (t) => {
  const { a, b, ab } = linked(
    { pipe: { stream: true } },
    {
      pipe: { stream: true },
      events: {
        message: (link) => {
          link.pipe?.close();
        },
      },
    },
  );
  for (const content of ["a", "b", "c"]) ab.send(content);
  b.endpoint.discover([b.pipe]);
  come(b, [Uint8Array.from(frames(a).flatMap((frame) => [...frame]))], 1);
  t.deepEqual(b.endpoint.drops, { CLOSED: 2 });
  t.notThrows(() => {
    for (let now = 2; now < 200; now += 20) b.endpoint.drain(now, { write: () => t.fail() });
  });
  t.deepEqual(b.endpoint.drops, { CLOSED: 2 });
  const hub = side("hub", { accept: () => true });
  const pipes = Array.from({ length: 20 }, (_, i) => {
    const one = side(`one ${i}`);
    const link = one.endpoint.link(hub.key);
    link.connect(one.pipe);
    const pipe = new Pipe({ mtu: 20 });
    one.endpoint.poll(0);
    for (const frame of frames(one)) hub.endpoint.receive(pipe, frame, 0);
    return pipe;
  });
  hub.endpoint.drain(0, {
    write: () => {
      for (const pipe of pipes) pipe.close();
    },
  });
  t.true(hub.endpoint.links.length === 20 && hub.endpoint.links.every(({ pipe }) => pipe === undefined));
  t.notThrows(() => {
    for (let now = 1; now < 400; now += 20) hub.endpoint.drain(now, { write: () => t.fail() });
  });
});

test("events say by which pipe a packet came, when, in how many frames, and what the radio told of it", (t) => {
  const told: [string, Arrival | undefined][] = [];
  const a = side("a");
  const b: Side = side("b", {
    accept: (_key, _name, arrival) => {
      told.push(["accept", arrival]);
      return true;
    },
    events: {
      up: (_link, arrival) => {
        told.push(["up", arrival]);
      },
      message: (_link, _data, _packet, arrival) => {
        told.push(["message", arrival]);
      },
      drop: (_code, _link, arrival) => {
        told.push(["drop", arrival]);
      },
      discovered: (_info, _pipe, arrival) => {
        told.push(["discovered", arrival]);
      },
    },
  });
  let rssi = -50;
  const deliver = (all: Uint8Array[], now: number): number => {
    for (const frame of all) b.endpoint.receive(b.pipe, frame, now, { rssi: rssi--, receiver: "roof" });
    return all.length;
  };
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  a.endpoint.poll(0);
  const handshake = deliver(frames(a), 1);
  t.deepEqual(
    told.splice(0),
    (["accept", "up"] as const).map((what) => [
      what,
      { pipe: b.pipe, time: 1, frames: handshake, metadata: { rssi: rssi + 1, receiver: "roof" } },
    ]),
  );
  carry(b, a, 1);
  link.send("0123456789");
  const message = frames(a);
  deliver(message, 2);
  deliver(message, 3);
  t.is(message.length, 3);
  t.deepEqual(told.splice(0), [
    ["message", { pipe: b.pipe, time: 2, frames: 3, metadata: { rssi: rssi + 4, receiver: "roof" } }],
    ["drop", { pipe: b.pipe, time: 3, frames: 3, metadata: { rssi: rssi + 1, receiver: "roof" } }],
  ]);
  // without any it has none, and a packet that is given whole has no frames
  link.send("0123456789");
  const packets: Uint8Array[] = [];
  for (const frame of frames(a)) new Pipe({ mtu: 20 }).receive(frame, 0, (packet) => packets.push(packet));
  a.endpoint.discover([a.pipe]);
  a.endpoint.poll(4);
  for (const frame of frames(a)) b.endpoint.receive(b.pipe, frame, 4);
  t.deepEqual(
    told.map(([what, arrival]) => [what, arrival!.metadata, arrival!.time]),
    [["discovered", undefined, 4]],
  );
});

test("each packet of a stream has its own count of reads", (t) => {
  const counts: number[] = [];
  const { a, b, ab } = linked(
    { pipe: { stream: true, mtu: 64 } },
    {
      pipe: { stream: true, mtu: 64 },
      events: {
        message: (_link, _data, _packet, arrival) => {
          counts.push(arrival.frames);
        },
      },
    },
  );
  ab.send("x");
  ab.send("y");
  const two = frames(a).flatMap((frame) => [...frame]);
  b.endpoint.receive(b.pipe, Uint8Array.from(two), 1);
  ab.send("z".repeat(100));
  const one = frames(a).flatMap((frame) => [...frame]);
  for (let at = 0; at < one.length; at += 50) b.endpoint.receive(b.pipe, Uint8Array.from(one.slice(at, at + 50)), 2);
  t.deepEqual(counts, [1, 1, Math.ceil(one.length / 50)]);
});

test("who knocks is told, with its key where it has proved it, and curve work is done for nobody where no one asks", (t) => {
  const knocks: [string, string | undefined, string | undefined][] = [];
  const b: Side = side("b", {
    events: {
      knock: ({ reason, key, hashname: name, pipe }, arrival) => {
        t.is(pipe, b.pipe);
        t.is(arrival.pipe, b.pipe);
        knocks.push([reason, key && hex(key), name]);
      },
    },
  });
  const stranger = side("stranger");
  const link = stranger.endpoint.link(b.key);
  link.connect(stranger.pipe);
  stranger.endpoint.poll(0);
  const handshake = frames(stranger);
  come(b, handshake, 0);
  const name = hashname({ "1a": stranger.key });
  t.deepEqual(knocks.splice(0), [["refused", hex(stranger.key), name]]);
  t.deepEqual([b.endpoint.drops, b.endpoint.links], [{ UNKNOWN_SENDER: 1 }, []]);
  // a message does not say by whom it is
  const other = side("other");
  other.endpoint.link(b.key).pipe = other.pipe;
  other.endpoint.links[0]!.send("hello");
  other.endpoint.poll(1);
  come(b, frames(other), 1);
  t.deepEqual(knocks.splice(0), [["unknown", undefined, undefined]]);
  // a forged one says nothing
  const forged = handshake.map((frame, i) =>
    i === handshake.length - 1 ? frame.map((byte, at) => (at === 2 ? byte ^ 1 : byte)) : frame,
  );
  come(b, forged, 2);
  t.deepEqual(knocks, []);
  // accepted by a person, its next handshake links
  b.endpoint.link(stranger.key);
  for (const now of [3, 4]) tick(stranger, b, now);
  t.true(link.up);
  const quiet = side("quiet");
  const late = side("late");
  late.endpoint.link(quiet.key).connect(late.pipe);
  late.endpoint.poll(0);
  const all = frames(late);
  t.is(
    jobsOf(() => {
      come(quiet, all, 0);
    }),
    0,
  );
});

test("a stranger that judge refuses leaves nothing behind and is told", (t) => {
  const knocks: Knock[] = [];
  const b: Side = side("b", {
    accept: () => true,
    judge: () => false,
    events: {
      knock: (knock) => {
        knocks.push(knock);
      },
    },
  });
  const stranger = side("stranger");
  stranger.endpoint.link(b.key).connect(stranger.pipe);
  tick(stranger, b, 0);
  t.deepEqual(
    knocks.map(({ reason, key }) => [reason, hex(key!)]),
    [["refused", hex(stranger.key)]],
  );
  t.deepEqual([b.endpoint.links, b.endpoint.state, b.saved], [[], {}, {}]);
});

test("a link tells when it was heard last: of what is believed, and nothing else", (t) => {
  const { a, b, ab, ba } = linked();
  t.is(ba.heard, 0);
  ab.send("one");
  const message = frames(a);
  come(b, message, 10);
  t.is(ba.heard, 10);
  // a replay is none of it, nor what anybody makes up
  come(b, message, 20);
  b.endpoint.packet(b.pipe, new Uint8Array(60), 21);
  t.is(ba.heard, 10);
  b.endpoint.handle("say", (channel) => {
    channel.on = () => undefined;
  });
  ab.channel({ type: "say" });
  for (const frame of (a.endpoint.poll(30), frames(a))) b.endpoint.receive(b.pipe, frame, 30);
  t.is(ba.heard, 30);
  const later = again(b);
  t.is(later.endpoint.links[0]!.heard, undefined);
  let seen: number | undefined;
  const told = again(b, {
    events: {
      message: (link) => {
        seen = link.heard;
      },
    },
  });
  ab.send("two");
  come(told, frames(a), 40);
  t.is(seen, 40, "in the handler, too");
});

test("a message's leaving is told, once, when all of its frames are written, by its number", (t) => {
  const left: [number, number][] = [];
  const { a, b, ab } = linked({
    events: {
      sent: (link, at, departure) => {
        t.is(link, ab);
        t.is(departure.pipe, a.pipe);
        left.push([at, departure.time]);
      },
    },
  });
  const numbers = [ab.send("first"), ab.send(new Uint8Array(4000)), ab.send("third")];
  t.is(new Set(numbers).size, 3);
  let room = 0;
  let wrote = 0;
  const outlet = {
    ready: () => room > 0,
    write: (_pipe: Pipe, frame: Uint8Array) => {
      room--;
      wrote++;
      b.endpoint.receive(b.pipe, frame, 1);
    },
  };
  a.endpoint.drain(1, outlet);
  t.deepEqual(left, []);
  room = 2;
  a.endpoint.drain(2, outlet);
  t.deepEqual(left, [], "not before its last frame");
  room = 1;
  a.endpoint.drain(3, outlet);
  room = 1;
  a.endpoint.drain(4, outlet);
  t.deepEqual(left, [[numbers[0]!, 4]], "and the radio takes more");
  room = 10000;
  a.endpoint.drain(5, outlet);
  t.deepEqual(left, [
    [numbers[0]!, 4],
    [numbers[1]!, 5],
    [numbers[2]!, 5],
  ]);
  t.is(messages(b).length, 3);
  t.true(wrote > 200);
  // what is dropped with its pipe has not left
  ab.send("never");
  a.pipe.close();
  a.endpoint.drain(6, outlet);
  t.is(left.length, 3);
});

test("a gateway of many links that was just restarted, or whose session ended, answers who speaks first", (t) => {
  for (const how of ["restart", "renew", "link"] as const) {
    const hub = side("hub");
    const device = side("device");
    const state: { [id: string]: SavedLink } = {};
    for (let i = 0; i < 45; i++)
      state[toBase32(generate(seeded(`other ${i}`))["1a"].key)] = { handshakes: [0, 0], messages: [0, 0] };
    const first = Object.assign(hub, { saved: state });
    const many = again(first);
    const link = many.endpoint.link(device.key);
    const own = device.endpoint.link(hub.key);
    if (how !== "link") {
      own.connect(device.pipe);
      tick(device, many, 0);
      t.true(own.up);
    }
    let now = many;
    if (how === "restart") now = again(many);
    if (how === "renew") link.renew();
    own.connect(device.pipe);
    device.endpoint.poll(1);
    t.notThrows(() => {
      come(now, frames(device), 1);
    });
    tick(device, now, 1);
    t.true(now.endpoint.find(device.key)!.up, how);
    t.is(now.endpoint.drops.MAC, undefined);
  }
});

test("an error of the library is one, wherever it is thrown from", (t) => {
  const { ba } = linked();
  ba.remove();
  try {
    ba.send("x");
    t.fail();
  } catch (error) {
    t.true(error instanceof E3XError);
  }
  t.throws(() => new Endpoint({} as never), { instanceOf: E3XError });
});
