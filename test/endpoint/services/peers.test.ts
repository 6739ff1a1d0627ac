import test from "ava";
import fc from "fast-check";
import { Peers } from "../../../src/endpoint/services/peers.ts";
import type { Introduction, PeersOptions } from "../../../src/endpoint/services/peers.ts";
import { Router } from "../../../src/endpoint/services/router.ts";
import { Endpoint, Pipe, generate, hashname, lob } from "../../../src/index.ts";
import type { Link } from "../../../src/index.ts";
import { hex, seeded } from "../../helpers/core.ts";
import { Star } from "./routed.ts";
import type { Spoke } from "./routed.ts";
import { frames } from "../sides.ts";
import type { SideOptions } from "../sides.ts";

const content = (size: number, seed = "content"): Uint8Array => seeded(seed)(size);

/** A router with sides a and b. */
function pair(optionsOfB: PeersOptions = {}, more: SideOptions = {}) {
  const star = new Star();
  const router = new Router(star.router.endpoint, { allow: () => true });
  const a = star.add("a", more);
  const b = star.add("b", more);
  const peersOfA = new Peers(a.endpoint);
  const peersOfB = new Peers(b.endpoint, { trust: (link) => link === b.toRouter, ...optionsOfB });
  star.settle();
  const way = peersOfA.pipe(a.toRouter, b.endpoint.hashname);
  return { star, router, a, b, peersOfA, peersOfB, way };
}

/** Sends some packets over a reliable channel; returns what came. */
function say(from: Link, to: Spoke, text: string): string[] {
  const got: string[] = [];
  to.endpoint.handle(`say ${text}`, (channel) => {
    channel.on = (event, data) => {
      if (event === "packet") got.push(Buffer.from((data as lob.Packet).body).toString());
    };
  });
  from.channel({ type: `say ${text}`, seq: 1 }, Buffer.from(text)).send({ end: true }, Buffer.from("!"));
  return got;
}

const names = fc.oneof(fc.string(), fc.jsonValue());

test("two who do not know each other's keys link by an introduction", (t) => {
  const told: [Introduction, Link][] = [];
  const { star, a, b, peersOfA, peersOfB } = pair(
    { introduced: (peer, link) => told.push([peer, link]) },
    { accept: (_key, name) => name === b.endpoint.hashname },
  );
  peersOfA.introduce(a.toRouter, b.endpoint.hashname);
  star.run(1);
  t.is(told.length, 1);
  const [{ hashname: name, key, csid, handshake }, link] = told[0]!;
  t.is(link, b.toRouter);
  t.is(name, a.endpoint.hashname);
  t.is(csid, "1a");
  t.is(hex(key!), hex(a.key));
  t.is(handshake.json!["type"], "link");
  t.deepEqual([a.events, b.events], [[], []]);

  const ba = b.endpoint.link(key!, name);
  ba.connect(peersOfB.pipe(link, name));
  star.run(1);
  const ab = a.endpoint.links.find((one) => hex(one.exchange.key) === hex(b.key))!;
  t.true(ab.up && ba.up);
  const got = say(ab, b, "hello");
  star.run(2);
  t.deepEqual(got, ["hello", "!"]);
});

test("an endpoint with several keys introduces itself with each", (t) => {
  const told: Introduction[] = [];
  const { star, router, b } = pair({ introduced: (peer) => told.push(peer) });
  const pairs = generate(seeded("both"), ["1a", "1c"]);
  const both = new Endpoint({ pairs, random: seeded("endpoint of both"), events: {} });
  const pipe = new Pipe({ mtu: 200, limit: 4000 });
  const at = new Pipe({ mtu: 200, limit: 4000 });
  const link = both.link(star.router.key);
  // the router knows it by all its keys
  const ofRouter = star.router.endpoint.link(pairs["1a"]!.key, both.hashname);
  const carry = (): void => {
    for (let left = 20; left; left--) {
      both.poll(star.now);
      for (const frame of frames({ pipe } as never)) star.router.endpoint.receive(at, frame, star.now);
      for (const frame of frames({ pipe: at } as never)) both.receive(pipe, frame, star.now);
      star.run(0.25);
    }
  };
  link.connect(pipe);
  carry();
  t.true(link.up && ofRouter.up);
  new Peers(both).introduce(link, b.endpoint.hashname);
  carry();
  t.is(router.relayed, 2);
  t.deepEqual(
    told.map(({ csid }) => csid),
    ["1a", "1c"],
  );
  t.deepEqual(
    told.map(({ key }) => hex(key!)),
    [pairs["1a"]!, pairs["1c"]!].map(({ key }) => hex(key)),
  );
  t.deepEqual(
    told.map(({ hashname: name }) => name),
    [both.hashname, both.hashname],
  );
});

test("an introduction whose keys are not those of the hashname, or that is none, is not told", (t) => {
  const told: Introduction[] = [];
  const { star, a, b } = pair({ introduced: (peer) => told.push(peer) });
  const other = generate(seeded("other"))["1a"];
  const connect = (peer: unknown, body: Uint8Array): void => {
    b.ofRouter.channel({ type: "connect", peer }, body);
    star.run(0.25);
  };
  const link = (head: lob.Json, attached: Uint8Array): Uint8Array =>
    lob.encode({ type: "link", at: 1, ...head }, attached);
  const name = a.endpoint.hashname;
  const right = lob.encode({ "1a": true }, a.key);
  connect(name, link({ csid: "1a" }, lob.encode({ "1a": true }, other.key)));
  connect(hashname({ "1a": other.key }), link({ csid: "1a" }, right));
  connect(name, link({}, right));
  connect(name, link({ csid: "1b" }, right));
  connect(name, link({ csid: "__proto__" }, right));
  connect(name, link({ csid: "1c" }, right));
  connect(name, link({ csid: "1a" }, a.key));
  connect(name, link({ csid: "1a" }, new Uint8Array(0)));
  connect(name, link({ csid: "1a" }, lob.encode({ "1a": true }, a.key.subarray(1))));
  connect(name, link({ csid: "1a", type: "key" }, right));
  connect(name, link({ csid: "1a", type: "chat" }, right));
  t.deepEqual(told, []);
  connect(name, link({ csid: "1a", type: "uri", uri: "link://x/#a.b" }, new Uint8Array(0)));
  connect(name, link({ csid: "1a" }, right));
  t.deepEqual(
    told.map(({ handshake, key }) => [handshake.json!["type"], key && hex(key)]),
    [
      ["uri", undefined],
      ["link", hex(a.key)],
    ],
  );
  t.deepEqual(b.endpoint.drops, {});
});

test("only who is trusted brings others", (t) => {
  let trusted = false;
  const asked: unknown[] = [];
  const { star, a, b, way } = pair({
    trust: (link, name) => {
      asked.push([link === b.toRouter, name]);
      return trusted;
    },
  });
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(5);
  t.false(!!ab.up || !!ba.up);
  t.true(asked.length > 1);
  t.deepEqual(asked[0], [true, a.endpoint.hashname]);
  trusted = true;
  star.run(5);
  t.true(ab.up && ba.up);
});

test("without a rule, those are trusted that one reaches others through oneself", (t) => {
  const { star, a, b } = pair({ trust: undefined } as never);
  const third = star.add("third");
  const peersOfThird = new Peers(third.endpoint);
  star.settle();
  const link = third.endpoint.link(b.key);
  b.endpoint.link(third.key);
  link.connect(peersOfThird.pipe(third.toRouter, b.endpoint.hashname));
  star.run(5);
  t.falsy(link.up);
  const ba = b.endpoint.link(a.key);
  new Peers(b.endpoint).pipe(b.toRouter, a.endpoint.hashname);
  t.falsy(ba.up);
  star.run(60);
  link.connect(peersOfThird.pipe(third.toRouter, b.endpoint.hashname));
  star.run(5);
  t.true(link.up);
});

test("whatever a router brings, nothing is answered, and other links stay as they are", (t) => {
  const { star, a, b, way } = pair();
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(0.5);
  ab.send("up");
  star.run(1);
  star.settle();
  const { pipe } = ba;
  const bodies = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ maxLength: 80 }).map((inner) => lob.encode(new Uint8Array([0x1a]), inner)),
    fc.uint8Array({ maxLength: 80 }).map((inner) => lob.encode(new Uint8Array(0), inner)),
    fc
      .jsonValue()
      .map((json) =>
        lob.encode(new TextEncoder().encode(JSON.stringify({ type: "link", csid: "1a", json })), content(60)),
      ),
  );
  const given = fc.oneof(
    fc.constantFrom(a.endpoint.hashname, b.endpoint.hashname, star.router.endpoint.hashname, "a".repeat(52)),
    names,
  );
  fc.assert(
    fc.property(given, bodies, (peer, body) => {
      b.ofRouter.channel({ type: "connect", ...(peer !== undefined && { peer }) }, body);
      star.run(0.25);
    }),
    { seed: 1, numRuns: 300 },
  );
  t.is(ba.pipe, pipe);
  t.true(b.toRouter.pipe === b.pipe && !!b.toRouter.up);
  t.false("a" in star.down);
  t.deepEqual(star.router.events, []);
  star.run(60);
  t.is(b.toRouter.channels.list.length, 0);
  const got = say(ab, b, "still");
  star.run(2);
  t.deepEqual(got, ["still", "!"]);
});

test("a handshake that comes again changes nothing", (t) => {
  const { star, a, b, way } = pair();
  const sent: Uint8Array[] = [];
  const send = way.send.bind(way);
  way.send = (outer) => {
    sent.push(outer);
    send(outer);
  };
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(0.5);
  ab.send("up");
  star.run(1);
  const liar = star.add("liar");
  b.ofRouter.channel({ type: "connect", peer: liar.endpoint.hashname }, sent[0]!);
  star.run(1);
  t.is(b.endpoint.drops.STALE, 1);
  const got = say(ba, a, "same way");
  star.run(2);
  t.deepEqual(got, ["same way", "!"]);
});

test("the way may become a direct one and, in the same session, one through the router again", (t) => {
  const { star, router, a, b, way } = pair();
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(0.5);
  const { session } = ab.channels;
  const direct = new Pipe({ mtu: 100, limit: 4000 });
  const back = new Pipe({ mtu: 100, limit: 4000 });
  const run = (seconds: number): void => {
    for (let i = 0; i < seconds * 4; i++) {
      star.run(0.25);
      for (const frame of frames({ pipe: direct } as never)) b.endpoint.receive(back, frame, star.now);
      for (const frame of frames({ pipe: back } as never)) a.endpoint.receive(direct, frame, star.now);
    }
  };
  const works = (): void => {
    const got = [...say(ab, b, `to b ${star.now}`), ...say(ba, a, `to a ${star.now}`)];
    const [there, here] = [say(ab, b, "there"), say(ba, a, "here")];
    run(3);
    t.deepEqual([got, there, here], [[], ["there", "!"], ["here", "!"]]);
  };
  works();
  ab.pipe = direct;
  ab.send("direct");
  run(0.5);
  t.is(ba.pipe, back);
  const { relayed, passed } = router;
  works();
  t.deepEqual([router.relayed, router.passed], [relayed, passed]);
  // the direct way is gone
  ab.pipe = way;
  ab.send("through the router");
  run(0.5);
  t.true(router.relayed > relayed);
  works();
  t.true(router.passed > passed);
  t.is(ab.channels.session, session);
  // handshakes too
  ba.connect(ba.pipe!);
  run(0.5);
  t.true(ab.up && ba.up);
  t.is(ab.exchange.in, ba.exchange.out);
});

test("what the router passes on is answered through it, also where the way was another before", (t) => {
  const { star, a, b, way } = pair();
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(0.5);
  ab.pipe = new Pipe({ mtu: 100, limit: 4000 });
  const got = say(ba, a, "late");
  star.run(2);
  t.deepEqual(got, ["late", "!"]);
  t.is(ab.pipe, way);
});

test("messages to somebody wait while the router's radio has no room, and none throws where there is no router", (t) => {
  const { star, a, b, way } = pair();
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  ab.connect(way);
  star.run(0.5);
  a.events.length = b.events.length = 0;
  const large = content(40000);
  ab.send(large);
  star.run(20);
  t.true(b.events.join() === `message ${hex(large)}`);
  a.toRouter.renew();
  ab.send("lost");
  a.toRouter.pipe = undefined as never;
  ab.send("lost");
  t.is(way.frame(), undefined);
  t.deepEqual(way.queue, []);
  t.is(way.mtu, 20);
  star.run(1);
  t.true(ba.up);
});

test("the way to a router does not lead through another, or itself", (t) => {
  const { star, a, b, peersOfA } = pair();
  const one = peersOfA.pipe(a.toRouter, b.endpoint.hashname);
  a.toRouter.pipe = one;
  a.toRouter.send("round and round");
  one.send(lob.encode(new Uint8Array(0), content(40)));
  t.deepEqual(one.queue, []);
  a.endpoint.poll(star.now);
  const two = peersOfA.pipe(a.endpoint.link(b.key), star.router.endpoint.hashname);
  a.toRouter.pipe = two;
  a.endpoint.link(b.key).pipe = one;
  a.endpoint.poll(star.now);
  a.toRouter.send("round and round");
  star.run(1);
  t.is(star.router.events.length, 0);
});
