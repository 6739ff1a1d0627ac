import test from "ava";
import fc from "fast-check";
import { request, serve } from "../../src/channel/thtp.ts";
import type { Answer, Asked, Request, Response } from "../../src/channel/thtp.ts";
import type { Json } from "../../src/packet/lob.ts";
import { hex } from "../helpers/core.ts";
import { alive, data, log, lossy, packed, pair, radios, raw, text } from "./pair.ts";
import type { Pair } from "./pair.ts";

type Result = { error: string | undefined; response: Answer | undefined };

/** Asks b, which answers as `answer` says; undefined: not at all. */
function ask(
  world: Pair,
  message: Request,
  answer: (asked: Asked) => Response | undefined,
  limits: { asked?: number; answer?: number } = {},
): { results: Result[]; asked: Asked[] } {
  const results: Result[] = [];
  const asked: Asked[] = [];
  serve(
    world.b.endpoint,
    (one, respond) => {
      asked.push(one);
      const response = answer(one);
      if (response) respond(response);
    },
    limits.asked,
  );
  request(world.ab, message, (error, response) => results.push({ error, response }), limits.answer);
  return { results, asked };
}

/** Sends a request packet as it is, in one channel packet or two; returns what happened. */
function sent(world: Pair, packet: Uint8Array, cut = packet.length): string[] {
  const events: string[] = [];
  const whole = cut >= packet.length;
  const channel = world.ab.channel(
    { type: "thtp", seq: 1, ...(whole && { end: true }) },
    packet.subarray(0, cut),
    log(events),
  );
  if (!whole) channel.send({ end: true }, packet.subarray(cut));
  world.pass(5);
  return events;
}

test("a request and its response, of any length, arrive whole, whatever is lost", (t) => {
  const length = fc.integer({ min: 0, max: 3500 });
  fc.assert(
    fc.property(
      length,
      length,
      radios,
      fc.integer(),
      fc.constantFrom(2, 64),
      (forth, back, [mtu, loss], seed, window) => {
        const world = pair({ pipe: { mtu }, window }, lossy(seed, loss, 0.05));
        const { results, asked } = ask(
          world,
          {
            method: "POST",
            path: "/a?b=c",
            headers: { "Content-Type": "text/plain", "x-number": 5 as never },
            body: data(forth),
          },
          () => ({ status: 201, reason: "Made", headers: { ETag: '"1"' }, body: data(back, 9) }),
        );
        world.until(() => results.length > 0, 3000);
        t.is(asked.length, 1);
        const [{ method, path, headers, body }] = asked as [Asked];
        t.deepEqual(
          [method, path, headers, hex(body)],
          ["POST", "/a?b=c", { "content-type": "text/plain", "x-number": "5" }, hex(data(forth))],
        );
        t.is(results[0]!.error, undefined);
        const response = results[0]!.response!;
        t.deepEqual(
          [response.status, response.reason, response.headers, hex(response.body)],
          [201, "Made", { etag: '"1"' }, hex(data(back, 9))],
        );
        world.pass(20);
        t.is(results.length, 1);
        t.deepEqual([alive(world.ab), alive(world.ba)], [0, 0]);
      },
    ),
    { numRuns: 30 },
  );
});

test("a small request is one packet, and so is a small response", (t) => {
  const world = pair();
  const other = raw(world.b, "thtp");
  const results: string[] = [];
  request(world.ab, { method: "GET", path: "/t" }, (error, response) =>
    results.push(error ?? `${response!.status} ${text(response!.body)}`),
  );
  world.pass(1);
  t.deepEqual(other.events, [`packet {"end":true} ${hex(packed({ ":method": "GET", ":path": "/t" }))}`]);
  other.channel!.send({ end: true }, packed({ ":status": 200 }, Buffer.from("21.5")));
  world.until(() => results.length > 0);
  t.deepEqual(results, ["200 21.5"]);

  const back = pair();
  serve(back.b.endpoint, (_asked, respond) => respond({ body: "21.5" }));
  t.deepEqual(sent(back, packed({ ":method": "GET", ":path": "/t" })), [
    `packet {"end":true} ${hex(packed({ ":status": 200 }, Buffer.from("21.5")))}`,
    "close",
  ]);
});

test("a large request is cut, and only its last packet ends", (t) => {
  const world = pair();
  const { events } = raw(world.b, "thtp");
  request(world.ab, { method: "PUT", path: "/", body: data(1000) }, () => {});
  world.pass(5);
  const last = events.pop()!;
  t.true(events.length > 3);
  t.true(events.every((packet) => packet.startsWith("packet {} ")));
  t.true(last.startsWith('packet {"end":true} '));
  t.is(
    [...events, last].map((packet) => packet.split(" ")[2]).join(""),
    hex(packed({ ":method": "PUT", ":path": "/" }, data(1000))),
  );
});

test("the opening packet has as much as goes well into a packet, where what opens channels says that", (t) => {
  const world = pair({ pipe: { mtu: 256 } });
  const { events } = raw(world.b, "thtp");
  const opener = { channel: world.ab.channel.bind(world.ab), quota: () => 200 };
  request(opener, { method: "PUT", path: "/", body: data(500) }, () => {});
  request(opener, { method: "GET", path: `/${"x".repeat(150)}` }, () => {});
  world.pass(1);
  t.is(events[0], `packet {} ${hex(packed({ ":method": "PUT", ":path": "/" }, data(500)).subarray(0, 200))}`);
  t.is(events.filter((packet) => packet.startsWith('packet {"end":true} ')).length, 2);
  t.true(events.includes(`packet {"end":true} ${hex(packed({ ":method": "GET", ":path": `/${"x".repeat(150)}` }))}`));
});

test("the example of thtp.md", (t) => {
  const world = pair({ pipe: { mtu: 256 } });
  const head = {
    ":status": 301,
    ":reason": "Moved Permanently",
    "server": "nginx",
    "date": "Fri, 07 Mar 2014 21:12:39 GMT",
    "content-type": "text/html",
    "content-length": "178",
    "location": "http://www.fooooo.com/",
  };
  const other = raw(world.b, "thtp");
  const results: Answer[] = [];
  request(
    world.ab,
    { method: "GET", path: "/", headers: { "User-Agent": "curl/7.30.0", "Accept": "*/*" } },
    (_, response) => results.push(response!),
  );
  world.pass(1);
  t.is(
    other.events.map((packet) => packet.split(" ")[2]).join(""),
    hex(packed({ "user-agent": "curl/7.30.0", "accept": "*/*", ":method": "GET", ":path": "/" })),
  );
  const whole = packed(head, data(178));
  // also in pieces that cut HEAD
  other.channel!.send({}, whole.subarray(0, 1));
  other.channel!.send({}, whole.subarray(1, 50));
  other.channel!.send({}, whole.subarray(50));
  other.channel!.send({ end: true });
  world.until(() => results.length > 0);
  const [{ status, reason, headers, body }] = results as [Answer];
  const { ":status": _status, ":reason": _reason, ...others } = head;
  t.deepEqual([status, reason, headers, hex(body)], [301, "Moved Permanently", others, hex(data(178))]);
});

test("what is no request is answered with 400, and no handler sees it", (t) => {
  const heads: [string, Json | Uint8Array | undefined][] = [
    ["no HEAD", undefined],
    ["no JSON", Buffer.from("[1, 2, 3]")],
    ["binary HEAD", data(3)],
    ["nothing in it", { a: "bcdef" }],
    ["no path", { ":method": "GET" }],
    ["no method", { ":path": "/" }],
    ["a number", { ":method": "GET", ":path": 7 }],
    ["an object", { ":method": {}, ":path": "/" }],
    ["a response", { ":status": 200 }],
  ];
  const bad = `packet {"end":true} ${hex(packed({ ":status": 400 }))}`;
  const world = pair();
  serve(world.b.endpoint, () => t.fail());
  for (const [what, head] of heads) {
    for (const cut of [1, 1000]) t.deepEqual(sent(world, packed(head as Json), cut), [bad, "close"], what);
  }
  for (const packet of [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1, 0, 5), Uint8Array.of(255, 255)])
    t.deepEqual(sent(world, packet), [bad, "close"]);
  world.pass(12);
  t.is(alive(world.ba), 0);
});

test("headers that are no strings are left out, and names come in lower case", (t) => {
  const world = pair();
  const asked: Asked[] = [];
  serve(world.b.endpoint, (one, respond) => {
    asked.push(one);
    respond({});
  });
  sent(
    world,
    packed({
      ":method": "GET",
      ":path": "/",
      ":other": "x",
      "Accept": "a/b",
      "n": 5,
      "o": { a: 1 },
      "l": ["x"],
      "t": true,
      "e": "",
    }),
  );
  t.deepEqual(asked[0]!.headers, { accept: "a/b", e: "" });
  // the key that is not one
  sent(
    world,
    Buffer.concat([
      Uint8Array.of(0, 54),
      Buffer.from('{":method":"GET",":path":"/","__proto__":"x","a":"bcd"}'.slice(0, 54)),
    ]),
  );
  t.is(Object.getPrototypeOf(asked[1]?.headers ?? {}), Object.prototype);
});

test("what is no response is an error, and so is one that is cut off", (t) => {
  const cases: [string, Uint8Array][] = [
    ["no HEAD", packed()],
    ["no status", packed({ a: "bcdef" })],
    ["a string", packed({ ":status": "200" })],
    ["nothing", new Uint8Array(0)],
    ["cut", packed({ ":status": 200 }).subarray(0, 9)],
  ];
  for (const [what, packet] of cases) {
    const world = pair();
    const other = raw(world.b, "thtp");
    const errors: (string | undefined)[] = [];
    request(world.ab, { method: "GET", path: "/" }, (error) => errors.push(error));
    world.pass(1);
    other.channel!.send({ end: true }, packet);
    world.pass(20);
    t.deepEqual(errors, ["malformed"], what);
    t.is(alive(world.ab), 0);
  }
});

test("too much fails the channel: of a request with 413, of a response at who asked", (t) => {
  const over = ask(pair(), { method: "PUT", path: "/", body: data(1000) }, () => ({}), { asked: 1000 });
  const world = pair();
  const small = ask(world, { method: "PUT", path: "/", body: data(960) }, () => ({}), { asked: 1000 });
  world.pass(5);
  t.is(small.results[0]!.response!.status, 200);

  const large = pair();
  const asked = ask(large, { method: "PUT", path: "/", body: data(1000) }, () => ({}), { asked: 1000 });
  large.pass(5);
  t.deepEqual([asked.asked, asked.results], [[], [{ error: "413", response: undefined }]]);
  t.is(over.asked.length, 0);

  const back = pair();
  const answered = ask(back, { method: "GET", path: "/" }, () => ({ body: data(1000) }), { answer: 1000 });
  back.pass(5);
  t.deepEqual(answered.results, [{ error: "too large", response: undefined }]);

  // packets without contents count too: who sends them for ever is stopped
  const empty = pair({ window: 64 });
  serve(empty.b.endpoint, () => t.fail(), 100);
  const events: string[] = [];
  const channel = empty.ab.channel({ type: "thtp", seq: 1 }, undefined, log(events));
  for (let i = 0; i < 150 && events.length === 0; i++) {
    channel.send();
    empty.pass(0.25);
  }
  t.deepEqual(events, ["close 413"]);
});

test("the response may come later, is sent once, and not where nobody waits any more", (t) => {
  const world = pair();
  const results: Result[] = [];
  let respond: ((response: Response) => void) | undefined;
  serve(world.b.endpoint, (_asked, later, from) => {
    t.is(from, world.ba);
    respond = later;
  });
  const channel = request(world.ab, { method: "GET", path: "/" }, (error, response) =>
    results.push({ error, response }),
  );
  world.pass(20);
  t.is(results.length, 0);
  respond!({ status: 204 });
  respond!({ status: 500 });
  world.pass(5);
  t.deepEqual(
    results.map(({ response }) => response!.status),
    [204],
  );
  channel.fail("late");
  t.is(results.length, 1);

  const given = request(world.ab, { method: "GET", path: "/" }, (error, response) => results.push({ error, response }));
  world.pass(1);
  given.fail("timeout");
  t.deepEqual(results[1], { error: "timeout", response: undefined });
  world.pass(5);
  t.notThrows(() => respond!({ status: 200 }));
  world.pass(5);
  t.is(results.length, 2);
});

test("a handler that never answers is over after the channel's time, on both sides", (t) => {
  const world = pair();
  const { results } = ask(world, { method: "GET", path: "/" }, () => undefined);
  world.pass(60);
  t.is(alive(world.ba), 0);
  t.true(results.length <= 1);
});

test("nobody serves; or the link goes down: an error", (t) => {
  const world = pair();
  const errors: (string | undefined)[] = [];
  request(world.ab, { method: "GET", path: "/" }, (error) => errors.push(error));
  world.pass(3);
  t.deepEqual(errors, ["unknown type"]);
  request(world.ab, { method: "GET", path: "/" }, (error) => errors.push(error));
  world.ab.renew();
  t.deepEqual(errors, ["unknown type", "reset"]);
});

test("thtp is refused where it is not reliable", (t) => {
  const world = pair();
  serve(world.b.endpoint, () => t.fail());
  const events: string[] = [];
  world.ab.channel({ type: "thtp", end: true }, packed({ ":method": "GET", ":path": "/" }), log(events));
  world.pass(3);
  t.deepEqual(events, ["close unknown type"]);
});

test("many requests at a time get each its own response, both ways", (t) => {
  const world = pair({ pipe: { mtu: 120 } }, lossy(3, 0.1));
  const results: string[] = [];
  for (const side of [world.a, world.b])
    serve(side.endpoint, ({ path }, respond) => respond({ body: `${side === world.a ? "a" : "b"}${path}` }));
  for (let i = 0; i < 10; i++) {
    request(world.ab, { method: "GET", path: `/${i}` }, (_, response) => results.push(text(response!.body)));
    request(world.ba, { method: "GET", path: `/${i}` }, (_, response) => results.push(text(response!.body)));
  }
  world.until(() => results.length === 20);
  t.deepEqual(
    [...results].sort(),
    ["a", "b"].flatMap((name) => Array.from({ length: 10 }, (_, i) => `${name}/${i}`)),
  );
});
