import test from "ava";
import fc from "fast-check";
import type { Packet } from "../../src/index.ts";
import { stream, streams } from "../../src/channel/stream.ts";
import type { Stream, StreamOn } from "../../src/channel/stream.ts";
import type { Json } from "../../src/packet/lob.ts";
import { codeOf, hex } from "../helpers/core.ts";
import { alive, data, log, lossy, packed, pair, radios, raw, text } from "./pair.ts";
import type { Pair } from "./pair.ts";

interface Heard {
  on: StreamOn;
  bytes: number[];
  /** All but bytes and "drain". */
  events: unknown[];
  drains: number;
}

const heard = (): Heard => {
  const made: Heard = {
    bytes: [],
    events: [],
    drains: 0,
    on: (event, what) => {
      if (event === "drain") made.drains++;
      else if (what instanceof Uint8Array) made.bytes.push(...what);
      else made.events.push(event === "data" ? what : what === undefined ? event : `${event} ${what as string}`);
    },
  };
  return made;
};

/** A stream that b has taken, both ends with ears. */
function open(
  world: Pair,
  options?: { json?: Json; body?: Uint8Array },
  limit?: number,
): { from: Stream; to: Stream; ears: Heard; others: Heard; options: Packet | undefined } {
  const ears = heard();
  const others = heard();
  let to: Stream | undefined;
  let got: Packet | undefined;
  streams(
    world.b.endpoint,
    (made, packet) => {
      to = made;
      got = packet;
      made.on = others.on;
    },
    limit,
  );
  const from = stream(world.ab, options, ears.on, limit);
  world.until(() => to !== undefined);
  return { from, to: to!, ears, others, options: got };
}

test("whatever is written arrives once and in order, both ways, whatever is lost", (t) => {
  const pieces = fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      pieces,
      pieces,
      radios,
      fc.integer(),
      fc.constantFrom(2, 5, 64),
      fc.constantFrom(0, 1, 2),
      (forth, back, [mtu, loss], seed, window, z) => {
        const world = pair({ pipe: { mtu }, window, z }, lossy(seed, loss, 0.05));
        const { from, to, ears, others } = open(world);
        forth.forEach((length, i) => from.write(data(length, i)));
        back.forEach((length, i) => to.write(data(length, i + 50)));
        from.end();
        to.end(data(3, 99));
        world.until(() => ears.events.length === 2 && others.events.length === 2, 3000);
        t.deepEqual(
          others.bytes,
          forth.flatMap((length, i) => [...data(length, i)]),
        );
        t.deepEqual(ears.bytes, [...back.flatMap((length, i) => [...data(length, i + 50)]), ...data(3, 99)]);
        t.deepEqual(
          [ears.events, others.events],
          [
            ["end", "close"],
            ["end", "close"],
          ],
        );
      },
    ),
    { numRuns: 40 },
  );
});

test("what is written as a whole comes as a whole: bytes, JSON values, packets", (t) => {
  const value = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 700 }).map((bytes) => ["binary", bytes] as const),
    fc.jsonValue().map((json) => ["json", json] as const),
    fc.uint8Array({ maxLength: 300 }).map((body) => ["lob", { json: { key: "value" }, body }] as const),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 5 }), fc.integer(), fc.boolean(), (values, seed, ends) => {
      const world = pair({ window: 4 }, lossy(seed, 0.1));
      const got: unknown[] = [];
      streams(
        world.b.endpoint,
        (made) => {
          made.on = (event, what) => {
            if (event === "data") got.push(what);
            if (event === "end") got.push("end");
          };
        },
        100000,
      );
      const from = stream(world.ab);
      const last = ends ? values.length - 1 : -1;
      values.forEach(([enc, what], i) => (i === last ? from.end(what, enc) : from.write(what, enc)));
      if (last < 0) from.end();
      world.until(() => got[got.length - 1] === "end", 3000);
      const plain = (one: unknown): unknown => (one instanceof Uint8Array ? hex(one) : one);
      const packets = (one: unknown): unknown => {
        const { json, body } = one as Packet;
        return { json, body: hex(body) };
      };
      t.is(got.length, values.length + 1);
      values.forEach(([enc, what], i) => {
        if (enc === "lob") t.deepEqual(packets(got[i]), packets(what));
        else if (enc === "json") t.deepEqual(got[i], JSON.parse(JSON.stringify(what)));
        else t.is(plain(got[i]), plain(what));
      });
    }),
    { numRuns: 30 },
  );
});

test("packets have frag but for the last one, which has enc; bytes have neither", (t) => {
  const world = pair();
  const { events } = raw(world.b, "stream");
  const from = stream(world.ab, { json: { name: "log" } });
  from.write("text");
  from.write({ long: "x".repeat(200) }, "json");
  from.write(data(2), "binary");
  from.end();
  world.pass(5);
  const [opening, first, ...rest] = events;
  t.is(opening, `packet {} ${hex(packed({ name: "log" }))}`);
  t.is(first, `packet {} ${Buffer.from("text").toString("hex")}`);
  const end = rest.pop();
  const bytes = rest.pop();
  const last = rest.pop();
  t.true(rest.length > 0);
  t.true(rest.every((packet) => packet.startsWith('packet {"frag":true} ')));
  t.true(last!.startsWith('packet {"enc":"json"} '));
  t.is(
    [...rest, last!].map((packet) => Buffer.from(packet.split(" ")[2]!, "hex").toString()).join(""),
    JSON.stringify({ long: "x".repeat(200) }),
  );
  t.deepEqual([bytes, end], [`packet {} ${hex(data(2))}`, 'packet {"end":true}']);
});

test("fragments of another cut are put together, with what enc says at their end", (t) => {
  const world = pair();
  const { from, others } = open(world);
  const { channel } = from;
  channel.send({ frag: true }, Buffer.from('[1,{"a"'));
  channel.send({ frag: true });
  channel.send({ enc: "json" }, Buffer.from(":2}]"));
  channel.send({ frag: true }, Buffer.from("{}"));
  channel.send({ enc: "json" });
  channel.send({ enc: "binary" }, data(2));
  channel.send({ enc: "lob", end: true }, packed({ key: 1234 }, data(1)));
  world.until(() => others.events.length === 4);
  const [one, two, packet, end] = others.events;
  t.deepEqual([one, two, end], [[1, { a: 2 }], {}, "end"]);
  t.deepEqual((packet as Packet).json, { key: 1234 });
  t.deepEqual(others.bytes, [...data(2)]);
});

test("the opening packet may carry a packet with options", (t) => {
  t.is(open(pair()).options, undefined);
  const { options } = open(pair(), { json: { path: "/log" }, body: data(4) });
  t.deepEqual([options!.json, hex(options!.body)], [{ path: "/log" }, hex(data(4))]);
});

test("a stream is refused where nobody takes it, where its options are no packet, and where it is not reliable", (t) => {
  for (const [listens, body, seq] of [
    [false, undefined, 1],
    [true, data(1), 1],
    [true, Uint8Array.of(9, 9, 9), 1],
    [true, undefined, 0],
  ] as const) {
    const world = pair();
    let told = 0;
    const events: string[] = [];
    streams(world.b.endpoint, (made) => {
      told++;
      if (listens) made.on = () => {};
    });
    world.ab.channel({ type: "stream", ...(seq && { seq }) }, body, log(events));
    world.pass(3);
    t.deepEqual(events, ["close unknown type"]);
    t.is(told, listens ? 0 : 1);
    t.is(alive(world.ba), 0);
  }
});

test("what has no room waits: write says so, drain goes on, and pause of the reader holds the writer", (t) => {
  const world = pair({ window: 4 });
  const { from, to, ears, others } = open(world);
  to.channel.pause();
  let sent = 0;
  while (from.write(data(50, sent)) && sent < 100) sent++;
  t.true(sent < 10, "there is room for a window");
  t.false(from.write(data(50, ++sent)));
  world.pass(20);
  t.is(others.bytes.length, 0);
  t.is(ears.drains, 0);
  t.false(from.write(data(50, ++sent)));
  to.channel.resume();
  world.until(() => ears.drains > 0);
  t.is(ears.drains, 1);
  world.until(() => others.bytes.length === (sent + 1) * 50);
  t.deepEqual(others.bytes, Array.from({ length: sent + 1 }, (_, i) => [...data(50, i)]).flat());
  t.true(from.write(data(1)));
});

test("one way ends before the other, and only then it is over", (t) => {
  const world = pair();
  const { from, to, ears, others } = open(world);
  from.end("last");
  world.until(() => others.events.length > 0);
  t.is(text(Uint8Array.from(others.bytes)), "last");
  t.is(
    codeOf(() => from.write("more")),
    "CHANNEL_ENDED",
  );
  world.pass(20);
  t.deepEqual([ears.events, others.events], [[], ["end"]]);
  to.write("answer");
  to.end();
  world.until(() => ears.events.length === 2);
  t.is(text(Uint8Array.from(ears.bytes)), "answer");
  t.deepEqual(
    [ears.events, others.events],
    [
      ["end", "close"],
      ["end", "close"],
    ],
  );
  t.is(
    codeOf(() => to.write("more")),
    "CHANNEL_ENDED",
  );
});

test("a failure ends both ways, with its reason at the other side", (t) => {
  const world = pair();
  const { from, to, ears, others } = open(world);
  from.write(data(10));
  to.channel.fail("no disk");
  world.pass(5);
  t.deepEqual([ears.events, others.events], [["close no disk"], ["close no disk"]]);
  t.is(
    codeOf(() => from.write(data(1))),
    "CHANNEL_ENDED",
  );
});

test("what is not what enc says fails the stream, and so does more than the limit", (t) => {
  const cases: [Json, Uint8Array, string][] = [
    [{ enc: "json" }, Buffer.from("{"), "enc"],
    [{ enc: "json" }, Uint8Array.of(34, 0xff, 34), "enc"],
    [{ enc: "lob" }, Uint8Array.of(9, 9), "enc"],
    [{ enc: "lob" }, Uint8Array.of(9), "enc"],
    [{ enc: "zip" }, data(3), "enc"],
    [{ enc: ["json"] }, data(3), "enc"],
    [{ frag: true }, data(101), "too large"],
    [{}, data(101), "too large"],
  ];
  for (const [json, body, reason] of cases) {
    const world = pair({ pipe: { mtu: 256 } });
    const { from, ears, others } = open(world, undefined, 100);
    from.channel.send(json, body);
    world.pass(3);
    t.deepEqual(
      [ears.events, others.events, others.bytes],
      [[`close ${reason}`], [`close ${reason}`], []],
      JSON.stringify(json),
    );
  }
  // up to the limit, in whatever pieces
  const world = pair();
  const { from, ears, others } = open(world, undefined, 100);
  for (let i = 0; i < 3; i++) {
    from.write(data(100, i), "binary");
    for (let at = 0; at < 100; at += 20) from.channel.send({ frag: true }, data(20));
    from.channel.send({});
  }
  world.until(() => others.bytes.length === 600);
  t.deepEqual([ears.events, others.events], [[], []]);
});

test("streams of one link are apart", (t) => {
  const world = pair({ window: 8 }, lossy(5, 0.1));
  const got = new Map<string, number[]>();
  streams(world.b.endpoint, (made, options) => {
    const name = options!.json!["name"] as string;
    got.set(name, []);
    made.on = (event, what) => {
      if (event === "data") got.get(name)!.push(...(what as Uint8Array));
    };
  });
  const names = ["one", "two", "three"];
  names.map((name) => stream(world.ab, { json: { name } })).forEach((from, i) => from.write(data(2000, i)));
  world.until(() => names.every((name) => got.get(name)?.length === 2000));
  names.forEach((name, i) => t.deepEqual(got.get(name), [...data(2000, i)]));
});
