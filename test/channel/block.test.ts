import test from "ava";
import fc from "fast-check";
import type { Packet } from "../../src/index.ts";
import { blocks, takeBlocks } from "../../src/channel/block.ts";
import type { Json } from "../../src/packet/lob.ts";
import { codeOf, hex } from "../helpers/core.ts";
import { alive, data, log, lossy, packed, pair, raw } from "./pair.ts";
import type { Pair } from "./pair.ts";

/** Has b take blocks; what came, as hex, and "over". */
function taken(world: Pair, limit?: number): string[] {
  const got: string[] = [];
  takeBlocks(
    world.b.endpoint,
    () => (block) => {
      got.push(block ? hex(block) : "over");
    },
    limit,
  );
  return got;
}

test("blocks of all lengths come as they were sent, in order", (t) => {
  for (const z of [0, 1]) {
    const world = pair({ z });
    const got = taken(world, 20000);
    const from = blocks(world.ab);
    const lengths = [1, 0, 60, 1299, 1300, 1301, 2600, 4096, 15000];
    for (const length of lengths) {
      from.send(data(length));
      world.pass(0.25);
    }
    t.deepEqual(
      got,
      lengths.map((length) => hex(data(length))),
    );
  }
});

test("what comes of lost frames is blocks as they were sent, in order, or none", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 12 }),
      fc.constantFrom(0.005, 0.02, 0.1),
      fc.integer(),
      (lengths, loss, seed) => {
        const world = pair({ pipe: { mtu: 120 } }, lossy(seed, loss, 0.05));
        const got = taken(world);
        const from = blocks(world.ab);
        const sent = lengths.map((length, i) => {
          from.send(data(length, i));
          world.pass(0.25);
          return hex(data(length, i));
        });
        let at = 0;
        for (const block of got) {
          at = sent.indexOf(block, at) + 1;
          t.true(at > 0);
        }
      },
    ),
    { numRuns: 40 },
  );
  // of 1,000 bytes in ten frames as many as frames that are not lost make whole
  const world = pair({ pipe: { mtu: 120 } }, lossy(1, 0.01));
  const got = taken(world);
  const from = blocks(world.ab);
  for (let i = 0; i < 200; i++) {
    from.send(data(1000, i));
    world.pass(0.25);
  }
  t.true(got.length > 160 && got.length < 200, `${got.length} of 200`);
});

test("packets are as block.md has them", (t) => {
  const world = pair({ pipe: { mtu: 256, limit: 1400 } });
  const { events } = raw(world.b, "block");
  const from = blocks(world.ab, { json: { purpose: "ethernet" }, body: data(2) });
  world.pass(0.5);
  from.send(data(5));
  from.send(data(1841));
  from.end();
  world.pass(0.5);
  t.deepEqual(events, [
    `packet {} ${hex(packed({ purpose: "ethernet" }, data(2)))}`,
    `packet {"b":1,"done":true} ${hex(data(5))}`,
    `packet {"b":2} ${hex(data(1841).subarray(0, 1300))}`,
    `packet {"b":2,"at":1300,"done":true} ${hex(data(1841).subarray(1300))}`,
    'packet {"b":3,"end":true}',
  ]);
  t.is(
    codeOf(() => from.send(data(1))),
    "CHANNEL_ENDED",
  );
});

test("packets stay within 1,400 bytes, with the highest numbers too", (t) => {
  for (const z of [0, 1]) {
    const world = pair({ pipe: { mtu: 256, limit: 1400 }, z });
    const { events } = raw(world.b, "block");
    const channel = world.ab.channel({ type: "block" });
    world.pass(0.5);
    channel.send({ b: 4294967295, at: 4294967295, done: true }, data(1300));
    world.pass(0.5);
    t.is(events.length, 2);
    t.deepEqual(world.b.endpoint.drops, {});
  }
});

test("blocks with missing bytes, in wrong order, older or too long are dropped; the next one comes", (t) => {
  const part = (json: Json, from: number, to: number): [Json, Uint8Array] => [json, data(100).subarray(from, to)];
  const cases: [string, [Json, Uint8Array?][], number[][]][] = [
    [
      "in parts",
      [part({ b: 1 }, 0, 40), part({ b: 1, at: 40 }, 40, 70), part({ b: 1, at: 70, done: true }, 70, 100)],
      [[0, 100]],
    ],
    ["at 0 said", [part({ b: 1, at: 0, done: true }, 0, 9)], [[0, 9]]],
    ["done by itself", [part({ b: 1 }, 0, 40), [{ b: 1, at: 40, done: true }]], [[0, 40]]],
    ["the first missing", [part({ b: 1, at: 40, done: true }, 40, 100)], []],
    ["the middle missing", [part({ b: 1 }, 0, 40), part({ b: 1, at: 70, done: true }, 70, 100)], []],
    ["the last missing", [part({ b: 1 }, 0, 40)], []],
    [
      "wrong order",
      [part({ b: 1, at: 40 }, 40, 100), part({ b: 1 }, 0, 40), part({ b: 1, at: 100, done: true }, 0, 0)],
      [],
    ],
    ["overlap", [part({ b: 1 }, 0, 40), part({ b: 1, at: 30, done: true }, 30, 100)], []],
    ["a part twice", [part({ b: 1 }, 0, 40), part({ b: 1 }, 0, 40), part({ b: 1, at: 40, done: true }, 40, 100)], []],
    ["after done", [part({ b: 1, done: true }, 0, 40), part({ b: 1, at: 40, done: true }, 40, 100)], [[0, 40]]],
    ["twice", [part({ b: 1, done: true }, 0, 40), part({ b: 1, done: true }, 0, 40)], [[0, 40]]],
    [
      "older",
      [part({ b: 5, done: true }, 0, 40), part({ b: 4, done: true }, 0, 30), part({ b: 6, done: true }, 0, 20)],
      [
        [0, 40],
        [0, 20],
      ],
    ],
    [
      "interrupted",
      [part({ b: 1 }, 0, 40), part({ b: 2, done: true }, 0, 30), part({ b: 1, at: 40, done: true }, 40, 100)],
      [[0, 30]],
    ],
    ["too long", [part({ b: 1 }, 0, 60), part({ b: 1, at: 60, done: true }, 0, 60)], []],
    ["as long as may be", [part({ b: 1 }, 0, 60), part({ b: 1, at: 60, done: true }, 60, 100)], [[0, 100]]],
    [
      "no number",
      [
        part({ done: true }, 0, 9),
        part({ b: "x", done: true }, 0, 9),
        part({ b: null, done: true }, 0, 9),
        part({ b: [], done: true }, 0, 9),
      ],
      [],
    ],
    ["not positive", [part({ b: 0, done: true }, 0, 9), part({ b: -1, done: true }, 0, 9)], []],
    ["at is no number", [part({ b: 1, at: "0", done: true }, 0, 9)], []],
  ];
  for (const [what, packets, expected] of cases) {
    const world = pair({ pipe: { mtu: 256 } });
    const got = taken(world, 100);
    const channel = world.ab.channel({ type: "block" });
    for (const [json, body] of packets) channel.send(json, body);
    channel.send({ b: 1000, done: true }, data(3));
    world.pass(1);
    t.deepEqual(got, [...expected.map(([from, to]) => hex(data(100).subarray(from, to))), hex(data(3))], what);
  }
});

test("parts without bytes do not pile up", (t) => {
  const world = pair({ pipe: { mtu: 256 } });
  const got = taken(world, 100);
  const channel = world.ab.channel({ type: "block" });
  for (let i = 0; i < 1000; i++) {
    channel.send({ b: 1 });
    if (i % 10 === 9) world.pass(0.25);
  }
  channel.send({ b: 1, done: true }, data(3));
  world.pass(1);
  t.deepEqual(got, [hex(data(3))]);
});

test("the purpose is told; without a taker, with one that is no packet, or reliable, it is refused", (t) => {
  const world = pair();
  const told: (Packet | undefined)[] = [];
  takeBlocks(world.b.endpoint, (purpose, from) => {
    t.is(from, world.ba);
    told.push(purpose);
    return undefined;
  });
  const events: string[] = [];
  world.ab.channel({ type: "block" }, packed({ name: "eth0" }), log(events));
  world.ab.channel({ type: "block" }, undefined, log(events));
  world.ab.channel({ type: "block" }, data(1), log(events));
  world.ab.channel({ type: "block", seq: 1 }, undefined, log(events));
  world.pass(3);
  t.deepEqual(
    told.map((packet) => packet?.json),
    [{ name: "eth0" }, undefined],
  );
  t.deepEqual(
    events,
    Array.from({ length: 4 }, () => "close unknown type"),
  );
  const from = blocks(world.ab);
  world.pass(3);
  t.is(
    codeOf(() => from.send(data(1))),
    "CHANNEL_ENDED",
  );
});

test("where the opening packet or its answer is lost, or the session changes, the next block opens anew", (t) => {
  let lost = true;
  const world = pair({}, (frame, from) => (lost && from === "a" ? [] : [frame]));
  const got = taken(world);
  const from = blocks(world.ab);
  from.send(data(1));
  world.pass(6);
  lost = false;
  from.send(data(2));
  world.pass(1);
  t.deepEqual(got, [hex(data(2))]);
  // it goes on for longer than an answer may take
  world.pass(60);
  from.send(data(3));
  world.pass(1);
  t.deepEqual(got.slice(1), [hex(data(3))]);

  world.ab.renew();
  t.is(
    codeOf(() => from.send(data(4))),
    "NOT_IN_SYNC",
  );
  world.ab.connect(world.a.pipe);
  world.until(() => world.ab.up === true);
  from.send(data(5));
  world.pass(1);
  t.deepEqual(got.slice(2).sort(), [hex(data(5)), "over"].sort());

  let answers = 0;
  const deaf = pair({}, (frame, from) => (from === "b" && answers++ < 6 ? [] : [frame]));
  const heard = taken(deaf);
  const to = blocks(deaf.ab);
  for (let i = 0; i < 4; i++) {
    deaf.pass(1);
    to.send(data(i + 1));
  }
  deaf.pass(60);
  to.send(data(9));
  deaf.pass(1);
  t.deepEqual(
    heard,
    [1, 2, 3, 4, 9].map((length) => hex(data(length))),
    "the first blocks are answered too",
  );
});

test("it ends on both sides when the sender says so", (t) => {
  const world = pair();
  const got = taken(world);
  const from = blocks(world.ab);
  from.send(data(1));
  from.end();
  world.pass(3);
  t.deepEqual(got, [hex(data(1)), "over"]);
  t.deepEqual([alive(world.ab), alive(world.ba)], [0, 0]);
});
