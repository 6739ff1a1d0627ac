import test from "ava";
import { boxes, inbox, outbox } from "../../src/channel/box.ts";
import type { Channel } from "../../src/channel/channel.ts";
import { channelModule } from "../../tools/build/bundle.ts";
import { lob } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import { espruinoPath, runEspruino } from "../helpers/espruino.ts";
import { linked, tick } from "../endpoint/sides.ts";

const content = (size: number, seed = "content"): Uint8Array => seeded(seed)(size);
const BOX = "0011223344556677";

/** Two that are linked; `serve` is what b does for each inbox that a opens, `asked` what a sends there. */
function pair(serve: (channel: Channel, packet: lob.Packet) => void = () => {}) {
  const { a, b, ab, ba } = linked({ pipe: { mtu: 100 } }, { pipe: { mtu: 100 } });
  const asked: lob.Json[] = [];
  b.endpoint.handle("inbox", (channel) => {
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { json } = data as lob.Packet;
      asked.push(
        Object.fromEntries(
          Object.entries(json!).filter(([name]) => ["type", "box", "clear", "end", "id"].includes(name)),
        ),
      );
      if (json!["end"]) {
        channel.send({ cap: 5 });
        channel.send({ end: true });
      } else serve(channel, data as lob.Packet);
    };
  });
  let now = 1;
  /** Lets seconds go by. */
  const run = (seconds: number): void => {
    for (const end = now + seconds; now < end; now += 0.25) tick(a, b, now);
  };
  return { a, b, ab, ba, asked, run };
}

const CLEARED = [
  { type: "inbox", box: BOX },
  { clear: true, end: true },
];

test("messages come whole, however they are cut, and are cleared when all have come", (t) => {
  const { ab, asked, run } = pair((channel) => {
    channel.send({}, content(30));
    channel.send({}, content(20, "2"));
    channel.send({ done: true });
    channel.send({ done: true }, content(40, "3"));
    // one that is empty is none
    channel.send({ done: true });
    channel.send({}, content(10, "4"));
    channel.send({ done: true, cap: 100 }, content(5, "5"));
  });
  const got: string[] = [];
  const done: unknown[] = [];
  inbox(
    ab,
    BOX,
    (message) => got.push(hex(message)),
    (reason) => done.push(reason),
  );
  run(2);
  t.deepEqual(got, [
    hex(content(30)) + hex(content(20, "2")),
    hex(content(40, "3")),
    hex(content(10, "4")) + hex(content(5, "5")),
  ]);
  t.deepEqual(asked, CLEARED);
  t.deepEqual(done, [undefined]);
});

test("messages longer than the limit are left out", (t) => {
  const { ab, asked, run } = pair((channel) => {
    for (let i = 0; i < 16; i++) channel.send({}, content(100));
    channel.send({ done: true });
    channel.send({}, content(50));
    channel.send({ done: true }, content(50));
    channel.send({}, content(50));
    channel.send({ done: true }, content(51));
    channel.send({ done: true }, content(7));
    channel.send({ cap: 0 });
  });
  for (const limit of [undefined, 100]) {
    const got: number[] = [];
    inbox(ab, BOX, (message) => got.push(message.length), undefined, limit);
    run(3);
    t.deepEqual(got, limit ? [100, 7] : [100, 101, 7]);
  }
  t.deepEqual(asked, [...CLEARED, ...CLEARED]);
});

test("what was not taken is not cleared", (t) => {
  const { b, ab, asked, run } = pair((channel) => {
    for (const size of [1, 2, 3]) channel.send({ done: true }, content(size));
    channel.send({ cap: 100 });
  });
  const got: number[] = [];
  inbox(ab, BOX, (message) => {
    if (message.length === 2) throw new Error("no room for it");
    got.push(message.length);
  });
  const thrown: unknown[] = [];
  for (let tries = 0; tries < 8; tries++) {
    try {
      run(0.5);
    } catch (error) {
      thrown.push((error as Error).message);
    }
  }
  t.deepEqual(thrown, ["no room for it"]);
  t.deepEqual(got, [1, 3]);
  t.deepEqual(asked, [CLEARED[0], { end: true }]);
  t.true(b.endpoint.links[0]!.up);
});

test("it is told when not all could be fetched", (t) => {
  const { ab, ba, run } = pair((channel) => channel.send({}, content(30)));
  const done: unknown[] = [];
  inbox(
    ab,
    BOX,
    () => t.fail(),
    (reason) => done.push(reason),
  );
  inbox(ab, "x", () => t.fail());
  run(1);
  t.deepEqual(done, []);
  ba.channels.list[0]!.fail("gone");
  ab.channels.list[1]!.fail("gone");
  run(1);
  t.deepEqual(done, ["gone"]);
});

test("boxes are emptied one after the other, each once, as they are told of", (t) => {
  let open = 0;
  let most = 0;
  const { a, ba, asked, run } = pair((channel, { json }) => {
    most = Math.max(most, ++open);
    channel.send({ done: true }, new Uint8Array([parseInt((json!["box"] as string).slice(0, 2), 16)]));
    channel.send({ cap: 1 });
  });
  const got: unknown[] = [];
  boxes(a.endpoint, (message, from) => {
    open--;
    got.push(message[0], from === a.endpoint.links[0]);
  });
  const id = (byte: number): Uint8Array => new Uint8Array(8).fill(byte);
  ba.channel({ type: "boxes" }, new Uint8Array([...id(0x0a), ...id(0xff), ...id(0x0a)])).send(
    { end: true },
    new Uint8Array([...id(1), 5, 5, 5]),
  );
  run(3);
  t.is(most, 1);
  t.deepEqual(got, [10, true, 255, true, 1, true]);
  t.deepEqual(
    asked.filter(({ box }) => box).map(({ box }) => box),
    ["0a".repeat(8), "ff".repeat(8), "01".repeat(8)],
  );
  ba.channel({ type: "boxes", end: true }, id(0x0a));
  ba.channel({ type: "boxes", end: true });
  run(3);
  t.is(got.length, 8);
  // what is over answers repeats until its time-out
  run(40);
  t.is(a.endpoint.links[0]!.channels.list.length, 0);
});

test("where a box can not be emptied, the others of that link are given up: they will be told of anew", (t) => {
  const { a, ba, asked, run } = pair((channel) => channel.fail("no"));
  boxes(a.endpoint, () => t.fail());
  ba.channel({ type: "boxes", end: true }, content(40));
  run(3);
  t.is(asked.length, 1);
  ba.channel({ type: "boxes", end: true }, content(8));
  run(3);
  t.is(asked.length, 2);
  // in a new session, and while there is none
  ba.renew();
  a.endpoint.links[0]!.renew();
  run(1);
  t.is(asked.length, 2);
});

test("there are only so many boxes at a time", (t) => {
  const { a, ba, asked, run } = pair((channel) => channel.send({ cap: 1 }));
  boxes(a.endpoint, () => t.fail());
  for (let i = 0; i < 5; i++) ba.channel({ type: "boxes", end: true }, content(8 * 100, `${i}`));
  run(60);
  t.true(asked.filter(({ box }) => box).length < 200);
});

test("messages go cut, with back-pressure, and it is told when they are there", (t) => {
  const { b, ab, run } = pair();
  const got: [number, unknown][] = [];
  let size = 0;
  let first: lob.Json = {};
  const packets: number[] = [];
  b.endpoint.handle("outbox", (channel, open) => {
    first = open.json!;
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { json, body } = data as lob.Packet;
      size += body.length;
      packets.push(body.length);
      if (json!["done"]) {
        got.push([size, json!["x"]]);
        size = 0;
      }
      if (json!["end"]) channel.send({ end: true });
    };
  });
  const done: unknown[] = [];
  outbox(ab, "a".repeat(52), [content(20), content(30000), content(1)], (reason) => done.push(reason), 60);
  run(5);
  t.is(first["to"], "a".repeat(52));
  t.deepEqual(got, [
    [20, 60],
    [30000, 60],
    [1, 60],
  ]);
  t.true(packets.length > 64 + 16 && Math.max(...packets) < 1400);
  t.deepEqual(done, [undefined]);
  outbox(ab, "a".repeat(52), [content(20)]);
  run(1);
  t.deepEqual(got.at(-1), [20, undefined]);
});

(espruinoPath() ? test : test.skip)("it runs in the interpreter", async (t) => {
  const { code } = await channelModule("box");
  const printed = runEspruino(`
    (function (exports) {${code}
      const packet = (json, body) => ({ json: json, body: new Uint8Array(body || []) });
      const opened = [];
      const opener = { channel: (open, body, on) => {
        const channel = { on: on, quota: () => 8, send: (json, part) => {
          print("send", JSON.stringify(json), part ? part.join() : "");
          return true;
        } };
        print("open", JSON.stringify(open));
        opened.push(channel);
        return channel;
      } };
      let handler;
      exports.boxes({ handle: (type, h) => { print(type); handler = h; } }, (message, from) => print("took", message.join(), from === opener), 8);
      const told = { timeout: 30 };
      handler(told, {}, opener);
      told.on("packet", packet({ end: true }, [0, 1, 2, 3, 4, 5, 254, 255, 16, 0, 0, 0, 0, 0, 0, 0, 9]));
      print(told.timeout);
      const first = opened[0];
      first.on("packet", packet({}, [1, 2, 3]), first);
      first.on("packet", packet({ done: true }, [4]), first);
      first.on("packet", packet({}, [1, 2, 3, 4, 5]), first);
      first.on("packet", packet({}, [1, 2, 3, 4]), first);
      first.on("packet", packet({ done: true }), first);
      first.on("packet", packet({ done: true }, [7, 8]), first);
      first.on("packet", packet({ cap: 10 }), first);
      first.on("packet", packet({ cap: 10, end: true }), first);
      first.on("close", undefined, first);
      opened[1].on("close", "timeout", opened[1]);
      exports.outbox(opener, "name", [new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]), new Uint8Array([8])], (reason) => print("done", reason), 60);
      opened[2].on("close", undefined, opened[2]);
    })({});`);
  t.deepEqual(printed, [
    "boxes",
    'open {"type":"inbox","seq":1,"box":"000102030405feff"}',
    "0",
    "took 1,2,3,4 true",
    "took 7,8 true",
    'send {"clear":true,"end":true} ',
    'open {"type":"inbox","seq":1,"box":"1000000000000000"}',
    'open {"type":"outbox","seq":1,"to":"name"}',
    "send {} 1,2,3,4,5,6,7,8",
    'send {"done":true,"x":60} 9',
    'send {"done":true,"x":60,"end":true} 8',
    "done undefined",
  ]);
});
