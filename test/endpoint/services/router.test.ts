import test from "ava";
import fc from "fast-check";
import { Peers } from "../../../src/endpoint/services/peers.ts";
import { Router } from "../../../src/endpoint/services/router.ts";
import type { RouterOptions } from "../../../src/endpoint/services/router.ts";
import { Pipe, lob, token } from "../../../src/index.ts";
import type { Json, Link } from "../../../src/index.ts";
import type { Channel } from "../../../src/channel/channel.ts";
import { hex, seeded } from "../../helpers/core.ts";
import { Star } from "./routed.ts";
import type { Air, Spoke } from "./routed.ts";
import { packetsOf } from "../sides.ts";

const content = (size: number, seed = "content"): Uint8Array => seeded(seed)(size);

const same = (a: Uint8Array, b: Uint8Array): boolean => hex(a) === hex(b);

/** A router with sides a and b, which know each other's keys and have Peers. */
function pair(options: Partial<RouterOptions> = {}, air?: Air, mtu = 20) {
  const star = new Star({}, air);
  const router = new Router(star.router.endpoint, { allow: () => true, ...options });
  const a = star.add("a", { pipe: { mtu } });
  const b = star.add("b", { pipe: { mtu } });
  const peersOfA = new Peers(a.endpoint);
  const peersOfB = new Peers(b.endpoint, { trust: (link) => link === b.toRouter });
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  star.settle();
  const connect = (): void => {
    ab.connect(peersOfA.pipe(a.toRouter, b.endpoint.hashname));
    star.run(0.5);
  };
  return { star, router, a, b, ab, ba, peersOfA, peersOfB, connect };
}

/** Sends bytes over a reliable channel as there is room. Returns what the other side got. */
function stream(from: Link, to: Spoke, bytes: Uint8Array): { got: Uint8Array; closed: unknown[] } {
  const result = { got: new Uint8Array(0), closed: [] as unknown[] };
  to.endpoint.handle("bulk", (channel) => {
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { json, body } = data as lob.Packet;
      result.got = new Uint8Array([...result.got, ...body]);
      if (json!["end"]) channel.send({ end: true });
    };
  });
  let at = 0;
  const pour = (channel: Channel): void => {
    for (let room = true; room && at < bytes.length;) {
      const part = bytes.subarray(at, at + channel.quota());
      at += part.length;
      room = channel.send(at < bytes.length ? {} : { end: true }, part);
    }
  };
  pour(
    from.channel({ type: "bulk", seq: 1 }, undefined, (event, data, channel) => {
      if (event === "drain") pour(channel);
      if (event === "close") result.closed.push(data);
    }),
  );
  return result;
}

test("two that reach only the router link, send messages, and use reliable channels; it reads none of it", (t) => {
  const { star, router, a, b, ab, ba, connect } = pair();
  connect();
  t.true(ab.up && ba.up);
  t.deepEqual([a.events, b.events], [["up"], ["up"]]);
  a.events.length = b.events.length = star.router.events.length = 0;

  ab.send("to b");
  ba.send("to a");
  star.run(1);
  t.deepEqual(a.events, [`message ${hex(Buffer.from("to a"))}`]);
  t.deepEqual(b.events, [`message ${hex(Buffer.from("to b"))}`]);

  const there = content(5000, "there");
  const back = content(3000, "back");
  const toB = stream(ab, b, there);
  const toA = stream(ba, a, back);
  star.run(5);
  t.true(same(toB.got, there));
  t.true(same(toA.got, back));
  t.deepEqual([toB.closed, toA.closed], [[undefined], [undefined]]);

  t.deepEqual(star.router.events, []);
  t.deepEqual(star.router.endpoint.drops, {});
  t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
  t.true(router.relayed >= 4 && router.passed > 50);
  t.is(router.dropped, 0);
});

test("it works where frames are lost", (t) => {
  const random = seeded("air");
  let loss = 0;
  const { star, router, b, ab, connect } = pair({}, (frame) => (random(1)[0]! < loss * 256 ? [] : [frame]), 100);
  loss = 0.1;
  connect();
  for (let tries = 0; !ab.up && tries < 20; tries++) star.run(2);
  t.true(ab.up);
  const bytes = content(4000);
  const result = stream(ab, b, bytes);
  star.run(120);
  t.true(same(result.got, bytes));
  t.deepEqual(result.closed, [undefined]);
  t.true(router.passed > 10);
});

test("a new session, and a lost one, come through it, too", (t) => {
  const { star, a, ab, ba, b, connect } = pair();
  connect();
  ab.renew();
  connect();
  t.true(ab.up && ba.up);
  const first = content(500, "1");
  const result = stream(ba, a, first);
  star.run(3);
  t.true(same(result.got, first));
  ba.renew();
  const second = stream(ab, b, content(500, "2"));
  star.run(60);
  t.deepEqual(second.closed, ["reset"]);
  t.true(ab.up && ba.up);
});

test("nothing tells who asks whether the other is not allowed, unknown, not linked, or does not answer", (t) => {
  const answers = (
    name: string | undefined,
    options: Partial<RouterOptions>,
    prepare?: (made: ReturnType<typeof pair>) => void,
  ): unknown => {
    const made = pair(options);
    const { star, a, b } = made;
    prepare?.(made);
    const start = star.now;
    const events: unknown[] = [];
    a.toRouter.channel(
      { type: "peer", peer: name ?? b.endpoint.hashname },
      lob.encode(new Uint8Array([0x1a]), content(60)),
      (event, data) => {
        events.push([star.now - start, event, data]);
      },
    );
    star.run(40);
    return [star.down["a"] ?? 0, events, a.endpoint.drops];
  };
  const silent = [0, [[30.25, "close", "timeout"]], {}];
  t.deepEqual(answers(undefined, {}), silent);
  t.deepEqual(answers(undefined, { allow: () => false }), silent);
  t.deepEqual(answers("a".repeat(52), {}), silent);
  t.deepEqual(answers("b", {}), silent);
  t.deepEqual(
    answers(undefined, {}, ({ b }) => b.ofRouter.renew()),
    silent,
  );
  t.deepEqual(
    answers(undefined, {}, ({ b }) => b.endpoint.handle("connect", () => {})),
    silent,
  );
});

test("hostile requests are not answered, change nothing, and are counted", (t) => {
  const { star, router, a, b, ab, ba, connect } = pair();
  connect();
  ab.send("settled");
  star.run(1);
  star.settle();
  const expected = router.relayed;
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 60 }).map((inner) => lob.encode(new Uint8Array(0), inner)),
    fc.uint8Array({ maxLength: 23 }).map((inner) => lob.encode(new Uint8Array([0x1a]), inner)),
    fc
      .jsonValue()
      .map((json) => lob.encode(new TextEncoder().encode(JSON.stringify({ type: "other", json })), content(50))),
    fc.jsonValue().map((json) => new TextEncoder().encode(JSON.stringify(json))),
    fc.constant(lob.encode({ type: "other" }, content(50))),
    fc.constant(lob.encode(new Uint8Array([0x1a]), content(1498))),
  );
  const name = fc.oneof(
    fc.constantFrom(b.endpoint.hashname, a.endpoint.hashname, star.router.endpoint.hashname),
    fc.string(),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("peer", "uri", "seq", "end", "x"), name, { maxKeys: 3 }),
      body,
      (head, data) => {
        a.toRouter.channel({ ...(head as Json), type: "peer" }, data);
        star.run(0.25);
      },
    ),
    { seed: 1, numRuns: 300 },
  );
  t.is(router.relayed, expected);
  t.true(router.dropped > 250);
  star.run(40);
  t.deepEqual([star.router.endpoint.drops, b.endpoint.drops], [{}, {}]);
  t.false("b" in star.down);
  t.deepEqual(star.router.events, []);
  t.is(a.ofRouter.channels.list.length, 0);
  const bytes = content(300);
  const result = stream(ba, a, bytes);
  star.run(2);
  t.true(same(result.got, bytes));
});

/** A request whose BODY looks like a message, with the KEY that its first 16 bytes stand for. */
const message = (seed: string, size = 60): Uint8Array => lob.encode(new Uint8Array([0x1a]), content(size, seed));
const tokenOf = (outer: Uint8Array): Uint8Array => token(lob.decode(outer).body);
/** A channel packet with a token; each has another IV. */
let count = 0;
const packet = (of: Uint8Array, size = 50): Uint8Array =>
  lob.encode(new Uint8Array(0), new Uint8Array([...of, ...content(size, `packet ${count++}`)]));

test("a token stays with the one that said it first", (t) => {
  const { star, a, b, ab, ba, peersOfA, connect } = pair();
  const thief = star.add("thief");
  star.settle();
  const pipe = peersOfA.pipe(a.toRouter, b.endpoint.hashname);
  const sent: Uint8Array[] = [];
  const send = pipe.send.bind(pipe);
  pipe.send = (outer) => {
    sent.push(outer);
    send(outer);
  };
  connect();
  t.is(sent.length, 1);
  thief.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, sent[0]!);
  star.run(1);
  const bytes = content(1000);
  const result = stream(ba, a, bytes);
  star.run(3);
  t.true(same(result.got, bytes));
  t.false("thief" in star.down);
  t.true(ab.up);
});

test("a packet that comes again is not passed on again: nothing goes round", (t) => {
  const { star, router, a, b } = pair();
  const outer = message("a");
  a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, outer);
  star.run(1);
  const one = packet(tokenOf(outer));
  const other = packet(tokenOf(outer));
  for (const each of [one, one, other, one, other]) star.router.endpoint.packet(b.at, each);
  star.carry();
  t.is(router.passed, 2);
  t.is(router.dropped, 3);
  t.is(a.endpoint.drops.TOKEN, 2);
});

test("packets that are none are not passed on; tokens of the router's own links stay its own", (t) => {
  const { star, router, a, b } = pair();
  const outer = message("a");
  a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, outer);
  star.run(1);
  for (let size = 0; size < 8; size++) star.router.endpoint.packet(b.at, packet(tokenOf(outer), size));
  star.carry();
  t.is(router.passed, 0);
  t.is(star.router.endpoint.drops.PACKET_TOO_SHORT, 8);
  star.router.endpoint.bridge(b.ofRouter.channels.token(), a.at);
  const result = stream(b.toRouter, star.router as Spoke, content(20));
  star.run(2);
  t.true(same(result.got, content(20)));
  t.is(router.passed, 0);
});

/** Floods b for 20 s with requests and packets of channels; each time `between` is called with the number of the turn. */
function flood(made: ReturnType<typeof pair>, flooder: Spoke, between: (turn: number) => void = () => {}) {
  const { star, router, b } = made;
  const outer = message("b's");
  b.toRouter.channel({ type: "peer", peer: flooder.endpoint.hashname }, outer);
  star.run(10);
  const { relayed, passed } = router;
  for (let turn = 0; turn < 80; turn++) {
    for (let n = 0; n < 8; n++)
      flooder.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, message(`${turn} ${n}`, 500));
    for (let n = 0; n < 20; n++) star.router.endpoint.packet(flooder.at, packet(tokenOf(outer), 100));
    between(turn);
    star.run(0.25);
  }
  return { relayed: router.relayed - relayed, passed: router.passed - passed };
}

test("no more than the rate is passed on of one", (t) => {
  const made = pair({ rate: 2000 });
  const flooder = made.star.add("flooder");
  const { relayed, passed } = flood(made, flooder);
  // as much as of 21 s, and what the last one was too large; they are longer by what is around the content
  const most = 21 * 2000;
  t.true(relayed * 503 <= most + 503 && relayed * 503 > most * 0.9, `${relayed}`);
  t.true(passed * 118 <= most + 118 && passed * 118 > most * 0.9, `${passed}`);
});

test("who floods takes no more than its turns of a radio", (t) => {
  const made = pair();
  const { star, a, b } = made;
  const flooder = star.add("flooder");
  star.settle();
  star.capacity["b"] = 40;
  const bytes = content(1500);
  let result: ReturnType<typeof stream> | undefined;
  let connects = 0;
  b.endpoint.handle("connect", (channel, open) => {
    if (open.json!["peer"] === a.endpoint.hashname) connects++;
    channel.on = () => {};
  });
  const { relayed, passed } = flood(made, flooder, (turn) => {
    if (turn === 10) a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, message("a's"));
    if (turn === 20) result = stream(b.ofRouter, b, bytes);
  });
  t.true(same(result!.got, bytes));
  t.is(connects, 1);
  t.true(passed > 50 && relayed > 50);
  t.is(star.router.endpoint.drops.BUSY, undefined);
});

test("who may reach whom no longer does at once", (t) => {
  let allowed = true;
  const { star, router, a, b } = pair({ allow: () => allowed });
  const outer = message("a");
  a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, outer);
  star.run(1);
  const passes = (): boolean => {
    const { passed } = router;
    star.router.endpoint.packet(b.at, packet(tokenOf(outer)));
    star.run(1);
    return router.passed > passed;
  };
  t.true(passes());
  allowed = false;
  t.false(passes());
  t.is(star.router.endpoint.drops.TOKEN, undefined);
  // forgotten
  allowed = true;
  t.false(passes());
  t.is(star.router.endpoint.drops.TOKEN, 1);
});

test("what is passed on follows a link to another pipe, and waits while it is not up", (t) => {
  const { star, router, a, b } = pair();
  const outer = message("a");
  a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, outer);
  star.run(1);
  const other = new Pipe({ mtu: 200, limit: 4000 });
  a.toRouter.send("here now");
  star.router.endpoint.receive(other, new Uint8Array(0), star.now);
  for (let frame = a.pipe.frame(); frame; frame = a.pipe.frame()) star.router.endpoint.receive(other, frame, star.now);
  const one = packet(tokenOf(outer));
  star.router.endpoint.packet(b.at, one);
  t.deepEqual(packetsOf([other.frame()!]).map(hex), [hex(one)]);
  a.ofRouter.renew();
  star.router.endpoint.packet(b.at, packet(tokenOf(outer)));
  t.is(other.frame(), undefined);
  t.is(router.dropped, 1);
});

test("of one link's tokens the last used are known, and no more than there is room for", (t) => {
  const { star, router, a, b } = pair({ tokens: 3, room: 4 });
  const say = (from: Spoke, to: Spoke, seed: string): Uint8Array => {
    const outer = message(seed);
    from.toRouter.channel({ type: "peer", peer: to.endpoint.hashname }, outer);
    star.run(0.25);
    return tokenOf(outer);
  };
  const passes = (of: Uint8Array): boolean => {
    const { passed } = router;
    star.router.endpoint.packet(b.at, packet(of));
    star.run(0.25);
    return router.passed > passed;
  };
  const [one, two, three] = ["1", "2", "3"].map((seed) => say(a, b, seed)) as [Uint8Array, Uint8Array, Uint8Array];
  t.true(passes(one));
  const four = say(a, b, "4");
  t.deepEqual([two, one, three, four].map(passes), [false, true, true, true]);
  const five = say(b, a, "5");
  t.deepEqual([one, three, four].map(passes), [true, true, true]);
  const six = say(b, a, "6");
  t.deepEqual([five, six, one, three, four].map(passes), [false, true, true, true, true]);
});

test("a URI of the router may stand for the hashname", (t) => {
  const asked: unknown[] = [];
  const { star, router, a, b } = pair({
    allow: (_from, _to, uri) => asked.push(uri) > 0,
    resolve: (uri): string | undefined => (uri === "link://router/?sid=b" ? b.endpoint.hashname : undefined),
  });
  for (const uri of ["link://router/?sid=b", "link://router/?sid=c", 5, undefined]) {
    a.toRouter.channel({ type: "peer", ...(uri !== undefined && { uri }) }, message("a"));
  }
  star.run(1);
  t.is(router.relayed, 1);
  t.deepEqual(asked, ["link://router/?sid=b"]);
});

test("messages and handshakes of any type are relayed as they are", (t) => {
  const { star, router, a, b } = pair();
  const got: string[] = [];
  b.endpoint.handle("connect", (channel, { json, body }, from) => {
    channel.on = () => {};
    t.is(from, b.toRouter);
    t.is(json!["peer"], a.endpoint.hashname);
    got.push(hex(body));
  });
  const bodies = [
    message("a", 1497),
    lob.encode({ type: "link" }, content(30)),
    lob.encode({ at: 5 }),
    lob.encode({ type: "uri", uri: "link://x" }),
    lob.encode({ type: "jwt" }, content(600)),
  ];
  for (const body of bodies) a.toRouter.channel({ type: "peer", peer: b.endpoint.hashname }, body);
  star.run(1);
  t.deepEqual(got, bodies.map(hex));
  t.is(router.relayed, 5);
  // none of them is a message, but the first
  star.router.endpoint.packet(b.at, packet(tokenOf(bodies[0]!)));
  star.run(1);
  t.is(router.passed, 1);
});
