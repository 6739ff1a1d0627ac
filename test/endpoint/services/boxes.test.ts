import test from "ava";
import fc from "fast-check";
import { boxId, messageId } from "../../../src/endpoint/services/box-ids.ts";
import { boxes as fetchAll, inbox, outbox } from "../../../src/channel/box.ts";
import type { Channel } from "../../../src/channel/channel.ts";
import { Boxes } from "../../../src/endpoint/services/boxes.ts";
import type { BoxesOptions } from "../../../src/endpoint/services/boxes.ts";
import { Pipe, lob } from "../../../src/index.ts";
import { hex, seeded } from "../../helpers/core.ts";
import { Star } from "./routed.ts";
import type { Air, Spoke } from "./routed.ts";
import { frames } from "../sides.ts";
import type { Side } from "../sides.ts";

const content = (size: number, seed = "content"): Uint8Array => seeded(seed)(size);

/** A gateway that keeps messages, with sides a and b. */
function keeper(options: Partial<BoxesOptions> = {}, air?: Air, mtu = 100) {
  const star = new Star({ pipe: { mtu } }, air);
  const boxes = new Boxes(star.router.endpoint, { allow: () => true, ...options });
  const add = (name: string): Spoke => star.add(name, { pipe: { mtu } });
  const a = add("a");
  const b = add("b");
  star.settle();
  return { star, boxes, add, a, b, ...boxOf(a, b) };
}

const boxOf = (from: Spoke, to: Spoke): { box: string } => ({
  box: hex(boxId(from.endpoint.hashname, to.endpoint.hashname)),
});

/** What a side fetches of all that it is told of. */
function fetches(of: Spoke): string[] {
  const got: string[] = [];
  fetchAll(of.endpoint, (message) => got.push(hex(message)), 20000);
  return got;
}

/** The IDs of boxes that a side is told of, a list for each channel. */
function told(of: Spoke): string[][] {
  const all: string[][] = [];
  of.endpoint.handle("boxes", (channel) => {
    const ids: string[] = [];
    all.push(ids);
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { body, json } = data as lob.Packet;
      for (let at = 0; at < body.length; at += 8) ids.push(hex(body.subarray(at, at + 8)));
      if (json!["end"]) ids.push("end");
    };
  });
  return all;
}

/** All packets of an inbox, as [JSON without what the channel has, size of BODY]; `channel` to send on. */
function open(
  of: Spoke,
  box: unknown,
  more: lob.Json = {},
): { packets: [lob.Json, number][]; channel: Channel; closed: unknown[] } {
  const packets: [lob.Json, number][] = [];
  const closed: unknown[] = [];
  const channel = of.toRouter.channel({ type: "inbox", seq: 1, box, ...more }, undefined, (event, data) => {
    if (event === "close") closed.push(data);
    if (event !== "packet") return;
    const { body, json } = data as lob.Packet;
    const rest = Object.fromEntries(
      Object.entries(json!).filter(([name]) => !["c", "seq", "ack", "miss"].includes(name)),
    );
    packets.push([rest, body.length]);
  });
  return { packets, channel, closed };
}

test("a message waits for who sleeps, and is fetched and cleared", (t) => {
  const { star, boxes, a, b, box } = keeper();
  const ids = told(b);
  const message = content(500);
  const closed: unknown[] = [];
  outbox(a.toRouter, b.endpoint.hashname, [message], (reason) => closed.push(reason));
  star.run(2);
  t.deepEqual(closed, [undefined]);
  t.is(boxes.bytes, 500);
  t.deepEqual(ids, [[box, "end"]]);

  const got: string[] = [];
  const done: unknown[] = [];
  inbox(
    b.toRouter,
    box,
    (one) => got.push(hex(one)),
    (reason) => done.push(reason),
  );
  star.run(2);
  t.deepEqual(got, [hex(message)]);
  t.deepEqual(done, [undefined]);
  t.is(boxes.bytes, 0);
  star.run(40);
  t.deepEqual([a.endpoint.drops, b.endpoint.drops, star.router.endpoint.drops], [{}, {}, {}]);
  t.deepEqual(
    [a.toRouter, b.toRouter, a.ofRouter, b.ofRouter].map(({ channels }) => channels.list.length),
    [0, 0, 0, 0],
  );
});

test("the whole of it by itself, with several senders and sizes, where frames are lost", (t) => {
  const random = seeded("air");
  let loss = 0;
  const { star, boxes, a, b, add } = keeper({}, (frame) => (random(1)[0]! < loss * 256 ? [] : [frame]));
  const c = add("c");
  star.settle();
  loss = 0.1;
  const got = fetches(b);
  const ofA = [1, 99, 100, 101, 1400, 3000].map((size) => content(size, `a ${size}`));
  const ofC = [40, 2000].map((size) => content(size, `c ${size}`));
  const closed: unknown[] = [];
  outbox(a.toRouter, b.endpoint.hashname, ofA, (reason) => closed.push(reason));
  outbox(c.toRouter, b.endpoint.hashname, ofC, (reason) => closed.push(reason));
  star.run(120);
  boxes.up(b.ofRouter);
  star.run(60);
  t.deepEqual(closed, [undefined, undefined]);
  const [messages, others] = [ofA.map(hex), ofC.map(hex)];
  t.deepEqual(
    got.filter((one) => messages.includes(one)),
    messages,
  );
  t.deepEqual(
    got.filter((one) => others.includes(one)),
    others,
  );
  t.is(got.length, 8);
  t.is(boxes.bytes, 0);
});

test("messages of a link that has no way to the other now wait there, and are taken as if they had come by radio", (t) => {
  const { star, a, b } = keeper();
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  // once they met
  const way = new Pipe({ mtu: 200, limit: 2000 });
  const back = new Pipe({ mtu: 200, limit: 2000 });
  ab.connect(way);
  for (let i = 0; i < 2; i++) {
    a.endpoint.poll(star.now);
    for (const frame of frames({ pipe: way } as Side)) b.endpoint.receive(back, frame, star.now);
    for (const frame of frames({ pipe: back } as Side)) a.endpoint.receive(way, frame, star.now);
  }
  t.true(ab.up && ba.up);
  fetchAll(b.endpoint, (outer) => b.endpoint.packet(back, outer));
  b.events.length = 0;
  ab.send("first");
  ab.send(content(2000));
  outbox(a.toRouter, b.endpoint.hashname, way.queue.splice(0));
  star.run(5);
  t.true(b.events.join() === [`message ${hex(Buffer.from("first"))}`, `message ${hex(content(2000))}`].join());
});

test("the gateway sends, takes back, and is told nothing", (t) => {
  const { star, boxes, b } = keeper();
  const ids = told(b);
  const one = content(50, "1");
  const two = content(60, "2");
  const box = boxId(star.router.endpoint.hashname, b.endpoint.hashname);
  const id = boxes.put(b.endpoint.hashname, one)!;
  t.is(id, hex(messageId(box, one)));
  t.is(boxes.put(b.endpoint.hashname, one), id);
  boxes.put(b.endpoint.hashname, two);
  boxes.remove(b.endpoint.hashname, id);
  boxes.remove(b.endpoint.hashname, "00");
  boxes.remove("a".repeat(52), id);
  star.run(1);
  t.deepEqual(ids, [[hex(box), "end"]]);
  const { packets } = open(b, hex(box));
  star.run(1);
  t.deepEqual(packets, [
    [{ done: true }, 60],
    [{ cap: 10240 }, 0],
  ]);
});

test("a message to the gateway itself is given to it", (t) => {
  const got: unknown[] = [];
  const { star, boxes, a } = keeper({ message: (link, message) => got.push([link, hex(message)]) });
  outbox(a.toRouter, star.router.endpoint.hashname, [content(700)]);
  star.run(1);
  t.deepEqual(got, [[a.ofRouter, hex(content(700))]]);
  t.is(boxes.bytes, 0);
});

test("who opens an inbox sees messages, then the cap; after a removal the cap again", (t) => {
  const { star, boxes, a, b, box } = keeper({ quota: 5000 });
  const messages = ["1", "2", "3"].map((seed) => content(100, seed));
  outbox(a.toRouter, b.endpoint.hashname, messages);
  star.run(2);
  const { packets, channel, closed } = open(b, box);
  star.run(1);
  const sizes = packets.map(([json, size]) =>
    json["done"] ? `${size}.` : json["cap"] ? `cap ${String(json["cap"])}` : `${size}`,
  );
  t.is(
    sizes
      .join(" ")
      .replace(/\d+ (?=\d+\.)/g, "")
      .replace(/\d+\./g, "."),
    ". . . cap 5000",
  );
  packets.length = 0;
  channel.send({ id: hex(messageId(boxId(a.endpoint.hashname, b.endpoint.hashname), messages[1]!)) });
  star.run(1);
  t.deepEqual(packets, [[{ cap: 5000 }, 0]]);
  t.is(boxes.bytes, 200);
  // with a BODY it is none; nor is one that is not there
  channel.send({ id: hex(messageId(boxId(a.endpoint.hashname, b.endpoint.hashname), messages[0]!)) }, content(5));
  channel.send({ id: "0011223344556677" });
  star.run(1);
  t.is(boxes.bytes, 200);
  channel.send({ clear: true, end: true });
  star.run(1);
  t.deepEqual(packets.at(-2), [{ cap: 5000 }, 0]);
  t.deepEqual(packets.at(-1), [{ end: true }, 0]);
  t.deepEqual(closed, [undefined]);
  t.is(boxes.bytes, 0);
});

test("clearing at once leaves what has begun whole, and what is not known yet", (t) => {
  const { star, boxes, a, b, box } = keeper({ quota: 50000 });
  const ids = told(b);
  outbox(a.toRouter, b.endpoint.hashname, [content(30000, "1"), content(3000, "2")]);
  star.run(5);
  t.deepEqual(ids, [[box, "end"]]);
  star.capacity["b"] = 10;
  const got: string[] = [];
  const done: unknown[] = [];
  inbox(
    b.toRouter,
    box,
    (one) => got.push(hex(one)),
    (reason) => done.push(reason),
    30000,
  ).send({ clear: true });
  star.run(1);
  t.is(boxes.bytes, 0);
  boxes.put(b.endpoint.hashname, content(10));
  outbox(a.toRouter, b.endpoint.hashname, [content(40, "late")]);
  star.run(30);
  t.true(got.join() === hex(content(30000, "1")));
  t.deepEqual(done, [undefined]);
  t.is(boxes.bytes, 128);
  // told of when the inbox was closed
  t.true(ids.at(-1)!.includes(box));
  t.is(ids.at(-1)!.length, 3);
});

test("a sender removes its messages, and nobody else's", (t) => {
  const { star, boxes, a, b, add } = keeper();
  const c = add("c");
  star.run(5);
  const message = content(100);
  outbox(a.toRouter, b.endpoint.hashname, [message, content(100, "2")]);
  outbox(c.toRouter, b.endpoint.hashname, [message]);
  star.run(2);
  t.is(boxes.bytes, 300);
  const id = hex(messageId(boxId(a.endpoint.hashname, b.endpoint.hashname), message));
  for (const from of [c, b]) from.toRouter.channel({ type: "outbox", seq: 1, to: b.endpoint.hashname }).send({ id });
  star.run(1);
  t.is(boxes.bytes, 300);
  const channel = a.toRouter.channel({ type: "outbox", seq: 1, to: b.endpoint.hashname });
  channel.send({ id });
  star.run(1);
  t.is(boxes.bytes, 200);
  // all, and what has begun; its BODY begins another
  channel.send({}, content(50));
  channel.send({ clear: true }, content(70, "new"));
  channel.send({ done: true }, content(30, "new"));
  star.run(1);
  t.is(boxes.bytes, 200);
  const { packets } = open(b, boxOf(a, b).box);
  star.run(1);
  t.is(
    packets.reduce((sum, [, size]) => sum + size, 0),
    100,
  );
  channel.send({ clear: true, end: true });
  star.run(1);
  t.is(boxes.bytes, 100);
});

test("nothing tells a sender what is kept, or whether anything is", (t) => {
  const seen = (options: Partial<BoxesOptions>, to?: unknown): unknown => {
    const { star, boxes, a, b } = keeper(options);
    const packets: unknown[] = [];
    const closed: unknown[] = [];
    const channel = a.toRouter.channel(
      { type: "outbox", seq: 1, to: to === undefined ? b.endpoint.hashname : to },
      undefined,
      (event, data) => {
        if (event === "packet") packets.push((data as lob.Packet).json);
        if (event === "close") closed.push(data);
      },
    );
    for (let i = 0; i < 20; i++) channel.send({ done: true, x: i }, content(300, `${i}`));
    channel.send({ id: "00", end: true });
    star.run(5);
    return [packets, closed, star.down["a"], a.endpoint.drops, boxes.bytes > 0];
  };
  const like = seen({}) as unknown[];
  t.true(like[4] as boolean);
  t.deepEqual(
    (like[0] as lob.Json[]).map(({ end }) => end),
    [true],
  );
  t.deepEqual(like[1], [undefined]);
  like[4] = false;
  t.deepEqual(seen({ allow: () => false }), like);
  t.deepEqual(seen({ quota: 0 }), like);
  t.deepEqual(seen({ room: 100 }), like);
  t.deepEqual((seen({}, "a".repeat(52)) as unknown[]).slice(0, 4), like.slice(0, 4));
  for (const to of ["", "b", 5, null, [], "A".repeat(52)]) t.deepEqual(seen({}, to), like);
});

test("nothing tells one of another's box", (t) => {
  const { star, a, b, add, box } = keeper();
  const c = add("c");
  star.settle();
  outbox(a.toRouter, b.endpoint.hashname, [content(300)]);
  star.run(1);
  const answers = [box, "0011223344556677", "", "x", 5, null, { a: 1 }, "__proto__", "constructor"].map((id) =>
    open(c, id, { clear: true, id: "00" }),
  );
  const ofSender = open(a, box, { clear: true });
  star.run(2);
  for (const { packets, closed } of [...answers, ofSender]) {
    t.deepEqual(packets, [[{ cap: 10240 }, 0]]);
    t.deepEqual(closed, []);
  }
  const { packets } = open(b, box);
  star.run(1);
  t.is(packets.at(-2)![0]["done"], true);
  t.deepEqual(c.endpoint.drops, {});
});

test("a message is of no use after its time", (t) => {
  const { star, boxes, a, b, box } = keeper();
  outbox(a.toRouter, b.endpoint.hashname, [content(100, "1")], undefined, 10);
  outbox(a.toRouter, b.endpoint.hashname, [content(200, "2")], undefined, 1000);
  star.run(8);
  t.is(boxes.bytes, 300);
  star.run(8);
  const { packets } = open(b, box);
  star.run(1);
  t.is(
    packets.reduce((sum, [, size]) => sum + size, 0),
    200,
  );
  t.is(boxes.bytes, 200);
});

test("a recipient is told when its link is up, and of every box that is not empty any more", (t) => {
  const { star, boxes, a, b, add, box } = keeper();
  const c = add("c");
  star.settle();
  b.ofRouter.renew();
  for (const from of [a, c]) outbox(from.toRouter, b.endpoint.hashname, [content(100)]);
  star.run(2);
  const ids = told(b);
  b.toRouter.connect(b.pipe);
  star.run(1);
  t.true(!!b.ofRouter.up);
  t.deepEqual(ids, []);
  boxes.up(b.ofRouter);
  star.run(1);
  t.deepEqual(
    ids.map((each) => [...each].sort()),
    [[box, boxOf(c, b).box, "end"].sort()],
  );
  // not of what it knows of
  outbox(a.toRouter, b.endpoint.hashname, [content(101)]);
  star.run(1);
  t.is(ids.length, 1);
  // but again later
  star.run(60);
  outbox(a.toRouter, b.endpoint.hashname, [content(102)]);
  star.run(1);
  t.is(ids.length, 2);
  boxes.up(a.ofRouter);
  star.run(1);
  t.is(ids.length, 2);
});

test("many boxes are told of in several packets", (t) => {
  const { star, boxes, a, b, add } = keeper({}, undefined, 20);
  const ids = told(b);
  star.capacity["b"] = 0;
  const from = [a, ..."cdefghijklmnopqr".split("").map(add)];
  for (const one of from) outbox(one.toRouter, b.endpoint.hashname, [content(70)]);
  star.run(5);
  t.is(boxes.bytes, 17 * 70);
  delete star.capacity["b"];
  star.run(1);
  t.deepEqual(ids, [[...from.map((one) => boxOf(one, b).box), "end"]]);
  t.true(b.toRouter.channels.quota() < 17 * 8);
});

test("who makes boxes empty and full all the time does not have the recipient told all the time", (t) => {
  const { star, a, b } = keeper();
  const ids = told(b);
  const channel = a.toRouter.channel({ type: "outbox", seq: 1, to: b.endpoint.hashname });
  for (let i = 0; i < 200; i++) {
    channel.send({ clear: true, done: true }, content(70, `${i}`));
    star.run(0.25);
  }
  t.true(ids.length > 8 && ids.length <= 8 + 50 / 5 + 1, `${ids.length}`);
});

test("a sleeping recipient's radio gets one word of it, with all there is then", (t) => {
  const { star, a, b, add, box } = keeper();
  const c = add("c");
  star.settle();
  star.capacity["b"] = 0;
  const ids = told(b);
  outbox(a.toRouter, b.endpoint.hashname, [content(100)]);
  star.run(20);
  outbox(c.toRouter, b.endpoint.hashname, [content(100)]);
  star.run(200);
  delete star.capacity["b"];
  star.run(1);
  t.deepEqual(ids, [[box, boxOf(c, b).box, "end"]]);
});

test("what begins and does not end has its bounds, too", (t) => {
  const { star, boxes, a, b } = keeper({ quota: 2000, room: 4000 });
  const channels = Array.from({ length: 5 }, () =>
    a.toRouter.channel({ type: "outbox", seq: 1, to: b.endpoint.hashname }),
  );
  for (const channel of channels) for (let i = 0; i < 6; i++) channel.send({}, content(100, `${i}`));
  star.run(3);
  // a quarter of the room; the others were left out
  for (const channel of channels) channel.send({ done: true });
  star.run(2);
  t.is(boxes.bytes, 600);
  // too long for the quota
  for (let i = 0; i < 30; i++) channels[0]!.send({}, content(100, `${i}`));
  star.run(3);
  channels[0]!.send({ done: true }, content(10));
  channels[0]!.send({ done: true }, content(80));
  star.run(2);
  t.is(boxes.bytes, 680);
  // what has begun when the session ends makes room
  for (const channel of channels) channel.send({}, content(900));
  star.run(1);
  a.ofRouter.renew();
  a.toRouter.connect(a.pipe);
  star.run(1);
  outbox(a.toRouter, b.endpoint.hashname, [content(950)]);
  star.run(1);
  t.is(boxes.bytes, 680 + 950);
});

test("one link has only so many inboxes and outboxes", (t) => {
  const { star, boxes, a, b, box } = keeper();
  const all = Array.from({ length: 20 }, () => open(a, box));
  star.run(2);
  t.is(all.filter(({ packets }) => packets.length).length, 16);
  const channel = a.toRouter.channel({ type: "outbox", seq: 1, to: b.endpoint.hashname });
  channel.send({ done: true }, content(70));
  star.run(1);
  t.is(boxes.bytes, 0);
  for (const { channel: one } of all.slice(0, 4)) one.send({ end: true });
  star.run(15);
  outbox(a.toRouter, b.endpoint.hashname, [content(70)]);
  star.run(1);
  t.is(boxes.bytes, 70);
});

test("hostile packets: nothing throws, nothing is said", (t) => {
  const { star, boxes, a, b } = keeper();
  const value = fc.oneof(
    fc.constantFrom(b.endpoint.hashname, a.endpoint.hashname, true, false, null, 1, -1, "", "00"),
    fc.string(),
    fc.jsonValue(),
  );
  const head = fc.dictionary(fc.constantFrom("to", "box", "id", "clear", "done", "x", "cap"), value, { maxKeys: 4 });
  fc.assert(
    fc.property(
      fc.constantFrom("inbox", "outbox"),
      fc.boolean(),
      fc.array(fc.tuple(head, fc.uint8Array({ maxLength: 100 })), { minLength: 1, maxLength: 4 }),
      (type, reliable, packets) => {
        const failed: unknown[] = [];
        const [first, ...rest] = packets;
        const channel = a.toRouter.channel(
          { ...first![0], type, ...(reliable && { seq: 1 }) },
          first![1],
          (event, data) => {
            if (event === "close" && data !== undefined && data !== "timeout") failed.push(data);
          },
        );
        for (const [json, body] of rest) channel.send(json, body);
        channel.send({ end: true });
        star.run(0.5);
        return failed.length === 0;
      },
    ),
    { seed: 1, numRuns: 300 },
  );
  t.true(boxes.bytes <= 10240 * 3);
  t.deepEqual(star.router.events, []);
  t.deepEqual(star.router.endpoint.drops, {});
});
