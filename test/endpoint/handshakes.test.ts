import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import fc from "fast-check";
import { InterpreterHost, VmHost, findInterpreter } from "../../sim/index.ts";
import type { DeviceHost, Output } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { Exchange, Pipe, Self, errorCode, generate, hashname, lob, toBase32 } from "../../src/index.ts";
import type { Json, Link, Packet } from "../../src/index.ts";
import type { Csid } from "../../src/endpoint/e3x.ts";
import type { Handshakes } from "../../src/endpoint/link.ts";
import { intermediate, linkCsid } from "../../src/identity/hashname.ts";
import { bytes, codeOf, hex, seeded } from "../helpers/core.ts";
import { carry, frames, linked, packetsOf, side, tick } from "./sides.ts";
import type { Side, SideOptions } from "./sides.ts";

const data = (length: number, seed = 3): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 11 + seed) & 255);
const text = (packet: Packet | undefined): string => (packet ? Buffer.from(packet.body).toString() : "none");

/** Side "a" of sides.ts by hand: its exchange, its handshake messages, and what it can read. */
function byHand(b: Side, seed = "by hand") {
  const self = new Self(generate(seeded("a identity")), seeded(seed));
  const exchange = new Exchange(self, b.key);
  const attached = lob.encode({ "1a": true }, self.key);
  return {
    self,
    exchange,
    key: self.key,
    /** A message of a type; "link" with its attached key. */
    message: (type: string, at: unknown, body?: Uint8Array, more: Json = {}): Uint8Array =>
      exchange.encrypt(lob.encode({ ...more, type, at }, body ?? (type === "link" ? attached : new Uint8Array(0)))),
    /** Of all packets that wait on b: type and `at`. */
    heard: (): string[] =>
      packetsOf(frames(b)).map((packet) => {
        const { json } = lob.decode(self.decrypt(packet));
        return json ? `${json["type"] as string} ${json["at"] as number}` : "no handshake";
      }),
  };
}

/** A side that knows "a", and what its judge was asked. */
function judged(judge: (handshakes: Handshakes, link: Link) => boolean | undefined, options: SideOptions = {}) {
  const asked: string[] = [];
  const b = side("b", {
    ...options,
    judge: (link, handshakes) => {
      const verdict = judge(handshakes, link);
      asked.push(`${Object.keys(handshakes).sort().join("+")} ${String(verdict)}`);
      return verdict;
    },
  });
  const a = byHand(b);
  const link = b.endpoint.link(a.key);
  return { a, b, link, asked };
}

const needs =
  (...types: string[]) =>
  (handshakes: Handshakes): true | undefined =>
    types.every((type) => type in handshakes) || undefined;

/** What must not change where a handshake is refused. */
const stateOf = (of: Side): string =>
  JSON.stringify([
    of.saves,
    of.saved,
    of.endpoint.links.map(({ state, up, status, exchange }) => [
      state,
      up,
      status,
      exchange.in,
      exchange.out,
      exchange.remote && hex(exchange.remote),
    ]),
  ]);

test("an application that needs several types waits for them, in whatever order they come", (t) => {
  const types = ["link", "jwt", "uri"];
  const orders = types
    .flatMap((first) => types.flatMap((second) => types.map((third) => [first, second, third])))
    .filter((order) => new Set(order).size === 3);
  t.is(orders.length, 6);
  for (const order of orders) {
    const { a, b, link, asked } = judged(needs(...types));
    const at = 1000 + a.exchange.order;
    order.forEach((type, i) => {
      t.deepEqual([link.up, a.heard(), link.exchange.in], [undefined, [], 0], order.join());
      b.endpoint.packet(
        b.pipe,
        type === "link" ? a.message(type, at) : a.message(type, at, bytes("0102"), { uri: "x" }),
        i,
      );
    });
    t.deepEqual(asked, [
      `${order[0]!} undefined`,
      `${order.slice(0, 2).sort().join("+")} undefined`,
      "jwt+link+uri true",
    ]);
    t.is(link.up, true, order.join());
    t.deepEqual(b.events, ["up"]);
    t.deepEqual(a.heard(), [`link ${at}`]);
    t.deepEqual([hex(link.handshake["jwt"]!.body), link.handshake["uri"]!.json!["uri"]], ["0102", "x"]);
  }
});

test("without a judge a link is enough, whether it comes first or last", (t) => {
  for (const order of [
    ["link", "jwt"],
    ["jwt", "link"],
  ]) {
    const b = side("b");
    const a = byHand(b);
    const link = b.endpoint.link(a.key);
    for (const type of order) b.endpoint.packet(b.pipe, a.message(type, 1000 + a.exchange.order), 0);
    t.deepEqual([link.up, b.events, Object.keys(link.handshake).sort()], [true, ["up"], ["jwt", "link"]], order.join());
    t.deepEqual(a.heard(), [`link ${1000 + a.exchange.order}`]);
  }
  // alone it makes no link
  const b = side("b");
  const a = byHand(b);
  const link = b.endpoint.link(a.key);
  b.endpoint.packet(b.pipe, a.message("jwt", 1000 + a.exchange.order), 0);
  t.deepEqual([link.up, b.events, a.heard()], [undefined, [], []]);
});

test("what is refused is not answered, and leaves no trace", (t) => {
  for (const order of [["link", "jwt"], ["jwt", "link"], ["link"]]) {
    const { a, b, link, asked } = judged((handshakes) =>
      order.length === 1 || "jwt" in handshakes ? false : undefined,
    );
    const before = stateOf(b);
    const at = 1000 + a.exchange.order;
    const sent = order.map((type) => a.message(type, at));
    // verbatim, as peers send it again
    for (let i = 0; i < 4; i++) for (const packet of sent) b.endpoint.packet(b.pipe, packet, i);
    t.true(asked.some((verdict) => verdict.endsWith(" false")));
    t.deepEqual(a.heard(), [], order.join());
    t.is(stateOf(b), before);
    t.false(b.events.includes("up"));
    t.deepEqual(link.handshake, {});
    t.is(
      codeOf(() => link.channel({ type: "t" })),
      "NOT_IN_SYNC",
    );
    for (const now of [5, 10, 20, 40]) b.endpoint.poll(now);
    t.deepEqual(a.heard(), []);
  }
});

test("one that is refused while the link is up leaves the session as it is", (t) => {
  let refuse = false;
  const { a, b, ab, ba } = linked({}, { judge: () => !refuse });
  const closed: string[] = [];
  const got: string[] = [];
  b.endpoint.handle("t", (channel) => {
    channel.on = (event, what) => got.push(event === "packet" ? hex((what as Packet).body) : event);
  });
  const channel = ab.channel({ type: "t" }, bytes("01"), (event) => closed.push(event));
  tick(a, b, 1);
  refuse = true;
  const before = stateOf(b);
  const other = byHand(b, "another exchange of a");
  for (const at of [2000, 3000]) b.endpoint.packet(b.pipe, other.message("link", at + other.exchange.order), 2);
  t.is(stateOf(b), before);
  t.is(b.pipe.frame(), undefined);
  channel.send({}, bytes("02"));
  ab.send(data(3));
  tick(a, b, 3);
  t.deepEqual([got, closed, b.events, ba.up], [["01", "02"], [], [`message ${hex(data(3))}`], true]);
});

test("one that is refused once the link is down is not answered either", (t) => {
  let refuse = false;
  const { a, b, ba } = linked({}, { judge: () => !refuse });
  ba.connect(b.pipe);
  for (const now of [1, 2, 4, 8, 16, 31]) {
    b.endpoint.poll(now);
    frames(b);
  }
  t.deepEqual(b.events, ["down"]);
  refuse = true;
  const other = byHand(b, "another exchange of a");
  b.endpoint.packet(b.pipe, other.message("link", 2000 + other.exchange.order), 40);
  t.deepEqual(other.heard(), []);
  b.endpoint.poll(41);
  t.deepEqual(other.heard(), []);
  t.deepEqual(b.events, ["down"]);
  void a;
});

test("a stranger whose handshake is refused is not remembered", (t) => {
  let refuse = true;
  const b = side("b", { accept: () => true, judge: () => !refuse });
  const a = byHand(b);
  const before = stateOf(b);
  for (const at of [1000, 2000]) {
    b.endpoint.packet(b.pipe, a.message("link", at + a.exchange.order), 0);
    t.is(stateOf(b), before);
    t.deepEqual(a.heard(), []);
  }
  refuse = false;
  b.endpoint.packet(b.pipe, a.message("link", 3000 + a.exchange.order), 0);
  t.deepEqual([b.events.filter((event) => event === "up"), a.heard()], [["up"], [`link ${3000 + a.exchange.order}`]]);
});

test("of one type the first message of an `at` counts; a higher `at` begins anew", (t) => {
  const { a, b, link } = judged(needs("link", "jwt"));
  const { order } = a.exchange;
  const take = (packet: Uint8Array): void => b.endpoint.packet(b.pipe, packet, 0);
  take(a.message("jwt", 1000 + order, Buffer.from("first")));
  // the same type and `at`: discarded, whatever it says
  take(a.message("jwt", 1000 + order, Buffer.from("second")));
  // a lower one is of a handshake that is over
  take(a.message("link", 998 + order));
  t.deepEqual([link.up, b.events], [undefined, ["drop STALE", "drop STALE"]]);
  // what came with a lower `at` does not count for a higher one
  take(a.message("link", 1002 + order));
  t.is(link.up, undefined);
  take(a.message("jwt", 1000 + order, Buffer.from("late")));
  t.is(link.up, undefined);
  take(a.message("jwt", 1002 + order, Buffer.from("third")));
  t.is(link.up, true);
  t.is(text(link.handshake["jwt"]), "third");
  t.deepEqual(a.heard(), [`link ${1002 + order}`]);
  // nor does it take the place of one that was taken
  take(a.message("jwt", 1002 + order, Buffer.from("fourth")));
  t.is(text(link.handshake["jwt"]), "third");
});

test("the same `at` under another KEY is discarded, before it is judged and after it was taken", (t) => {
  const { a, b, link, asked } = judged(needs("link", "jwt"));
  const other = byHand(b, "another KEY");
  const at = 1000 + a.exchange.order;
  b.endpoint.packet(b.pipe, a.message("link", at), 0);
  b.endpoint.packet(b.pipe, other.message("jwt", at), 0);
  b.endpoint.packet(b.pipe, other.message("link", at), 0);
  t.deepEqual([asked, b.events, link.up], [["link undefined"], ["drop STALE", "drop STALE"], undefined]);
  b.endpoint.packet(b.pipe, a.message("jwt", at), 0);
  t.is(link.up, true);
  const taken = a.exchange.ephemeral!.key;
  for (const type of ["link", "jwt", "uri", "tx"]) b.endpoint.packet(b.pipe, other.message(type, at), 0);
  t.is(hex(link.exchange.remote!), hex(taken));
  t.deepEqual(b.events.slice(2), ["up", "drop STALE", "drop STALE", "drop STALE", "drop STALE"]);
  // one more type under the KEY that was taken belongs to it
  b.endpoint.packet(b.pipe, a.message("uri", at, undefined, { uri: "mote://x" }), 0);
  t.deepEqual(Object.keys(link.handshake).sort(), ["jwt", "link", "uri"]);
});

test("`at` of messages beside a link is held to the same rules, and what breaks them is not grouped", (t) => {
  const { a, b, asked } = judged(needs("link"));
  const { order } = a.exchange;
  const wrong: [unknown, string][] = [
    [1001 + order, "AT_PARITY"],
    [0, "AT"],
    [-1000 + order, "AT"],
    [1000.5, "AT"],
    [`${1000 + order}`, "AT"],
    [2 ** 53, "AT"],
    [null, "AT"],
    [true, "AT"],
    [undefined, "AT"],
  ];
  for (const [at, code] of wrong) {
    b.endpoint.packet(b.pipe, a.message("jwt", at), 0);
    t.is(b.events.at(-1), `drop ${code}`, String(at));
  }
  t.deepEqual(asked, []);
});

test("types that are no handshake are content, and none that is named like a member of objects gets in", (t) => {
  const { a, b, asked } = judged(needs("link"));
  const { order } = a.exchange;
  for (const type of ["__proto__", "constructor", "toString", "jwt2", "LINK", ""])
    b.endpoint.packet(b.pipe, a.message(type, 1000 + order), 0);
  t.deepEqual(asked, []);
  // content without a number of its own that rises: `at` of the first is taken for one
  t.deepEqual(
    b.events.filter((event) => event === "up"),
    [],
  );
});

test("a refusal holds for one `at`: the next handshake is judged by itself", (t) => {
  const { a, b, link } = judged((handshakes) =>
    text(handshakes["jwt"]) === "good" ? true : handshakes["jwt"] ? false : undefined,
  );
  const { order } = a.exchange;
  b.endpoint.packet(b.pipe, a.message("link", 1000 + order), 0);
  b.endpoint.packet(b.pipe, a.message("jwt", 1000 + order, Buffer.from("bad")), 0);
  b.endpoint.packet(b.pipe, a.message("jwt", 1000 + order, Buffer.from("good")), 0);
  b.endpoint.packet(b.pipe, a.message("uri", 1000 + order), 0);
  t.deepEqual([link.up, a.heard()], [undefined, []]);
  b.endpoint.packet(b.pipe, a.message("jwt", 1002 + order, Buffer.from("good")), 0);
  b.endpoint.packet(b.pipe, a.message("link", 1002 + order), 0);
  t.deepEqual([link.up, a.heard()], [true, [`link ${1002 + order}`]]);
});

test("a message that comes after the link was taken, and is refused, does not count; the session stays", (t) => {
  const { a, b, link } = judged((handshakes) => text(handshakes["jwt"]) !== "bad");
  const at = 1000 + a.exchange.order;
  b.endpoint.packet(b.pipe, a.message("link", at), 0);
  b.endpoint.packet(b.pipe, a.message("jwt", at, Buffer.from("bad")), 0);
  t.deepEqual([link.up, Object.keys(link.handshake), a.heard()], [true, ["link"], [`link ${at}`]]);
  b.endpoint.packet(b.pipe, a.message("uri", at, undefined, { uri: "x" }), 0);
  t.deepEqual(Object.keys(link.handshake), ["link", "uri"]);
});

test("jwt and uri are carried both ways, beside the link, with its `at`", (t) => {
  const a = side("a", { judge: (_link, handshakes) => needs("link", "jwt")(handshakes) });
  const b = side("b", { judge: (_link, handshakes) => needs("link", "jwt", "uri")(handshakes) });
  const ab = a.endpoint.link(b.key);
  const ba = b.endpoint.link(a.key);
  const token = data(700);
  ab.offer("jwt", {}, token);
  ab.offer("uri", { uri: "mote://gateway.example:80/?x=1", type: "link", at: 7 });
  ba.offer("jwt", { kid: "k1" }, Buffer.from("answer"));
  ab.connect(a.pipe);
  tick(a, b, 0);
  t.true(ab.up && ba.up);
  t.is(hex(ba.handshake["jwt"]!.body), hex(token));
  t.deepEqual(ba.handshake["uri"]!.json, { uri: "mote://gateway.example:80/?x=1", type: "uri", at: ab.exchange.out });
  t.deepEqual(
    [text(ab.handshake["jwt"]), ab.handshake["jwt"]!.json],
    ["answer", { kid: "k1", type: "jwt", at: ab.exchange.out }],
  );
  t.deepEqual(Object.keys(ba.handshake).sort(), ["jwt", "link", "uri"]);
  t.deepEqual([a.events, b.events], [["up"], ["up"]]);
  // what is given anew goes with the next handshake, what is taken back does not
  ab.offer("jwt", {}, Buffer.from("new"));
  ab.offer("uri");
  ab.connect(a.pipe);
  tick(a, b, 1);
  // the judge waits for what was taken back, and the session goes on with what it has
  t.true(ba.up && ba.exchange.in < ab.exchange.out);
  t.deepEqual([hex(ba.handshake["jwt"]!.body), Object.keys(ba.handshake).sort()], [hex(token), ["jwt", "link", "uri"]]);
  ab.send(data(2));
  carry(a, b, 2);
  t.is(b.events.at(-1), `message ${hex(data(2))}`);
  ab.offer("uri", { uri: "mote://other" });
  ab.connect(a.pipe);
  tick(a, b, 3);
  t.deepEqual([text(ba.handshake["jwt"]), ba.handshake["uri"]!.json!["uri"]], ["new", "mote://other"]);
  t.is(ba.exchange.in, ab.exchange.out);
});

test("only types that may stand beside a link are carried", (t) => {
  const { ab } = linked();
  for (const type of ["link", "key", "other", "", "__proto__"])
    t.is(
      codeOf(() => ab.offer(type, {})),
      "HANDSHAKE",
      type,
    );
  for (const type of ["jwt", "uri", "tx"])
    t.is(
      codeOf(() => ab.offer(type, {})),
      undefined,
    );
});

test("all messages of a handshake are sent again verbatim at 1, 3, 7 and 15 s, and given up at 30 s", (t) => {
  const a = side("a");
  const b = side("b");
  const link = a.endpoint.link(b.key);
  link.offer("jwt", {}, data(40));
  link.offer("uri", { uri: "mote://x" });
  link.connect(a.pipe);
  const sent: [number, string][] = [];
  for (let now = 200; now <= 240; now += 0.25) {
    a.endpoint.poll(now);
    for (const packet of packetsOf(frames(a))) sent.push([now - 200, hex(packet)]);
  }
  t.deepEqual(
    sent.map(([now]) => now),
    [0, 1, 3, 7, 15].flatMap((now) => [now, now, now]),
  );
  t.is(new Set(sent.map(([, packet]) => packet)).size, 3);
  t.deepEqual(a.events, ["down"]);
  t.is(link.status, "down");
});

test("patience is how long a handshake may stay without an answer", (t) => {
  for (const patience of [30, 60, 180]) {
    const a = side("a", { patience });
    const b = side("b");
    a.endpoint.link(b.key).connect(a.pipe);
    const sent: number[] = [];
    let down: number | undefined;
    for (let now = 0; now <= 200; now += 0.5) {
      a.endpoint.poll(now);
      if (frames(a).length) sent.push(now);
      if (a.events.includes("down")) down ??= now;
    }
    t.deepEqual([sent, down], [[0, 1, 3, 7, 15], patience]);
  }
});

test("an answer is sent again until the other goes on, and is no reason to be down", (t) => {
  const b = side("b");
  const a = byHand(b);
  const link = b.endpoint.link(a.key);
  const at = 1000 + a.exchange.order;
  b.endpoint.packet(b.pipe, a.message("link", at), 100);
  const sent: number[] = [];
  for (let now = 100; now < 200; now += 0.5) {
    b.endpoint.poll(now);
    for (const heard of a.heard()) {
      t.is(heard, `link ${at}`);
      sent.push(now - 100);
    }
  }
  t.deepEqual(sent, [0, 1, 3, 7, 15]);
  t.deepEqual([b.events, link.up], [["up"], true]);
  // a message, or a channel packet, shows that it has come
  for (const kind of ["message", "channel"]) {
    const again = side("b");
    const other = byHand(again);
    again.endpoint.link(other.key);
    again.endpoint.packet(again.pipe, other.message("link", at), 0);
    const [answer] = packetsOf(frames(again));
    other.exchange.handshake(at);
    t.true(other.exchange.sync(answer!).accepted);
    again.endpoint.packet(
      again.pipe,
      kind === "message"
        ? other.exchange.encrypt(lob.encode({ type: "x", at: 5 }))
        : other.exchange.send(lob.encode({ c: 1 + (other.exchange.order ^ 1), type: "none" })),
      0.5,
    );
    for (const now of [1, 3, 7, 15]) {
      again.endpoint.poll(now);
      t.deepEqual(
        packetsOf(frames(again)).filter((packet) => packet[1] === 1),
        [],
        kind,
      );
    }
  }
});

test("handshakes from before a restart are refused after it, by what was kept", (t) => {
  const b = side("b");
  const a = byHand(b);
  b.endpoint.link(a.key);
  const at = 1000 + a.exchange.order;
  const recorded = [
    a.message("link", at),
    a.message("jwt", at),
    byHand(b, "another KEY").message("link", at),
    a.message("link", at - 2),
  ];
  b.endpoint.packet(b.pipe, recorded[0]!, 0);
  t.deepEqual(b.events, ["up"]);
  const again = side("b", { state: b.saved, random: seeded("b again") } as SideOptions);
  for (const packet of recorded) again.endpoint.packet(again.pipe, packet, 1);
  t.deepEqual(
    [again.events, again.endpoint.links[0]!.up, again.pipe.frame()],
    [recorded.map(() => "drop STALE"), undefined, undefined],
  );
  // a new one has to be above what may have been sent before the restart
  again.endpoint.packet(again.pipe, a.message("link", at + 200), 2);
  t.is(again.events.at(-1), "up");
});

test("after a restart a packet that is repeated by others draws one handshake, and keeps nobody out", (t) => {
  const { a, b, ab } = linked();
  const packetOf = (i: number): Uint8Array => {
    ab.channel({ type: "t" }, Uint8Array.of(i));
    return packetsOf(frames(a))[0]!;
  };
  const old = [packetOf(1), packetOf(2)];
  for (const packet of old) b.endpoint.packet(b.pipe, packet, 1);
  const again = side("b", { state: b.saved, random: seeded("b again"), epoch: () => 1000 } as SideOptions);
  const got = taken(again);
  const theirs = new Pipe({ mtu: 20, limit: 2000 });
  const drawn: Uint8Array[] = [];
  const answer = (): void => {
    for (let frame = theirs.frame(); frame; frame = theirs.frame()) drawn.push(frame);
  };
  again.endpoint.poll(2);
  // whoever heard them once
  for (let i = 0; i < 50; i++) {
    again.endpoint.packet(theirs, old[i % 2]!, 2 + i / 100);
    answer();
  }
  t.deepEqual([packetsOf(drawn).length, again.endpoint.drops, got.size], [1, { TOKEN: 50 }, 0]);
  // the one who has the session
  ab.channel({ type: "t" }, bytes("03"));
  for (const now of [3, 4, 6, 10]) {
    tick(a, again, now);
    answer();
  }
  t.is(packetsOf(drawn).length, 1);
  t.true(ab.up && again.endpoint.links[0]!.up);
  ab.channel({ type: "t" }, bytes("04"));
  tick(a, again, 11);
  t.deepEqual([...got.values()], [["04"]]);
  for (const packet of old) again.endpoint.packet(theirs, packet, 12);
  t.is(theirs.frame(), undefined);
});

/** Channels that b takes of a type: what came on each, by id. */
function taken(b: Side): Map<number, string[]> {
  const all = new Map<number, string[]>();
  b.endpoint.handle("t", (channel) => {
    const events: string[] = [];
    all.set(channel.id, events);
    channel.on = (event, what) =>
      events.push(event === "packet" ? hex((what as Packet).body) : `${event} ${String(what)}`);
  });
  return all;
}

/** A keepalive, a new KEY: on either side's request. */
const renewals: [string, (link: Link, pipe: Pipe) => void][] = [
  ["keepalive", (link, pipe) => link.connect(pipe)],
  [
    "re-keying",
    (link, pipe) => {
      link.renew();
      link.connect(pipe);
    },
  ],
];

for (const who of ["the one that opened channels", "the other"] as const) {
  test(`a keepalive asked for by ${who} goes on with KEY, session and channels`, (t) => {
    const { a, b, ab, ba } = linked();
    const got = taken(b);
    const events: string[] = [];
    const unreliable = ab.channel({ type: "t" }, bytes("01"), (event) => events.push(event));
    const reliable = ab.channel({ type: "t", seq: 1 }, bytes("11"), (event) => events.push(event));
    tick(a, b, 1);
    const sessions = [ab.channels.session, ba.channels.session];
    const keys = [ab.exchange.remote, ba.exchange.remote, ab.exchange.ephemeral, ba.exchange.ephemeral];
    const at = ab.exchange.out;
    for (let i = 0; i < 3; i++) {
      if (who === "the other") ba.connect(b.pipe);
      else ab.connect(a.pipe);
      // packets are under way with it
      unreliable.send({}, Uint8Array.of(2 + i));
      reliable.send({}, Uint8Array.of(18 + i));
      for (const now of [0, 0.3, 0.6, 1, 2]) tick(a, b, 2 + i * 3 + now);
    }
    t.deepEqual([ab.channels.session, ba.channels.session], sessions);
    t.deepEqual([ab.exchange.remote, ba.exchange.remote, ab.exchange.ephemeral, ba.exchange.ephemeral], keys);
    t.true(ab.exchange.out >= at + 3 && ab.exchange.out === ba.exchange.in && ab.exchange.in === ba.exchange.out);
    t.deepEqual(
      [...got.values()],
      [
        ["01", "02", "03", "04"],
        ["11", "12", "13", "14"],
      ],
    );
    t.deepEqual([events, a.events, b.events, a.endpoint.drops, b.endpoint.drops], [[], [], [], {}, {}]);
    // ids go on too
    const next = ab.channel({ type: "t" });
    t.is(next.id, reliable.id + 2);
  });

  test(`a new KEY by ${who} ends all channels, and ids begin anew`, (t) => {
    const { a, b, ab, ba } = linked();
    const got = taken(b);
    const closed: string[] = [];
    const open = (): number =>
      ab.channel({ type: "t" }, bytes("01"), (event, why) => closed.push(`${event} ${String(why)}`)).id;
    const ids = [
      open(),
      open(),
      ab.channel({ type: "t", seq: 1 }, bytes("02"), (event, why) => closed.push(`${event} ${String(why)}`)).id,
    ];
    tick(a, b, 1);
    t.is(got.size, 3);
    const [renewing, itsPipe, before] =
      who === "the other" ? [ba, b.pipe, ba.exchange.ephemeral!] : [ab, a.pipe, ab.exchange.ephemeral!];
    const at = ab.exchange.out;
    renewals[1]![1](renewing, itsPipe);
    tick(a, b, 2);
    t.true(ab.up && ba.up);
    t.true(ab.exchange.out > at && ab.exchange.in === ab.exchange.out && ba.exchange.in === ab.exchange.in);
    t.not(hex(renewing.exchange.ephemeral!.key), hex(before.key));
    t.true(before.secret.every((byte) => byte === 0));
    t.deepEqual(closed, ["close reset", "close reset", "close reset"]);
    t.deepEqual(
      [...got.values()].map((events) => events.at(-1)),
      ["close reset", "close reset", "close reset"],
    );
    // what was acknowledged in the session before comes for nothing
    t.deepEqual(
      [a, b].map(({ events }) => events.filter((event) => event !== "drop NOT_IN_SYNC")),
      [["up"], ["up"]],
    );
    a.events.length = b.events.length = 0;
    got.clear();
    t.deepEqual([open(), open()], ids.slice(0, 2));
    tick(a, b, 3);
    t.deepEqual(
      [...got],
      [
        [ids[0]!, ["01"]],
        [ids[1]!, ["01"]],
      ],
    );
    t.deepEqual([a.events, b.events], [[], []]);
  });
}

test("packets of the session before a new KEY are refused, and harm the new one in nothing", (t) => {
  const { a, b, ab } = linked();
  const got = taken(b);
  for (let i = 0; i < 3; i++) ab.channel({ type: "t" }, Uint8Array.of(i));
  const old = packetsOf(frames(a));
  t.is(old.length, 3);
  ab.renew();
  ab.connect(a.pipe);
  tick(a, b, 1);
  for (const packet of old) b.endpoint.packet(b.pipe, packet, 2);
  t.deepEqual([b.endpoint.drops, got.size], [{ MAC: 3 }, 0]);
  ab.channel({ type: "t" }, bytes("77"));
  tick(a, b, 3);
  t.deepEqual([...got.values()], [["77"]]);
});

test("a keepalive that is not answered takes the link down, with its channels", (t) => {
  const { a, b, ab } = linked();
  taken(b);
  const closed: string[] = [];
  ab.channel({ type: "t" }, bytes("01"), (event, why) => closed.push(`${event} ${String(why)}`));
  tick(a, b, 1);
  ab.connect(a.pipe);
  const { ephemeral } = ab.exchange;
  for (let now = 2; now < 31.9; now += 0.5) {
    a.endpoint.poll(now);
    frames(a);
    t.is(ab.up, true);
  }
  a.endpoint.poll(32);
  t.deepEqual([ab.status, a.events, closed], ["down", ["down"], ["close reset"]]);
  t.true(ephemeral!.secret.every((byte) => byte === 0));
  t.is(
    codeOf(() => ab.channel({ type: "t" })),
    "NOT_IN_SYNC",
  );
  // and comes up again when it is asked for
  ab.connect(a.pipe);
  tick(a, b, 33);
  t.deepEqual([ab.status, a.events], ["up", ["down", "up"]]);
});

test("both at once, whatever each asks for: one session with one `at`", (t) => {
  for (const [nameA, ofA] of renewals)
    for (const [nameB, ofB] of renewals)
      for (const lead of [0, 1, 2]) {
        const world = linked({}, {}, [`a${nameA}${nameB}`, `b${lead}`]);
        const { a, b, ab, ba } = world;
        const got = taken(b);
        for (let i = 0; i < lead; i++) ab.connect(a.pipe);
        ofA(ab, a.pipe);
        ofB(ba, b.pipe);
        a.endpoint.poll(1);
        b.endpoint.poll(1);
        const [fromA, fromB] = [frames(a), frames(b)];
        for (const frame of fromA) b.endpoint.receive(b.pipe, frame, 1);
        for (const frame of fromB) a.endpoint.receive(a.pipe, frame, 1);
        for (const now of [1, 2, 3, 4]) tick(a, b, now);
        const name = `${nameA}, ${nameB}, ${lead}`;
        t.deepEqual([ab.exchange.in, ab.exchange.out], [ba.exchange.out, ba.exchange.in], name);
        t.is(ab.exchange.in, ab.exchange.out, name);
        t.is(hex(ab.exchange.remote!), hex(ba.exchange.ephemeral!.key), name);
        t.is(hex(ba.exchange.remote!), hex(ab.exchange.ephemeral!.key), name);
        ab.channel({ type: "t" }, bytes("55"));
        ba.send(data(4));
        tick(a, b, 5);
        t.deepEqual([...got.values()], [["55"]], name);
        t.true(a.events.includes(`message ${hex(data(4))}`), name);
      }
});

// z: what each asks for; an answer has what it was asked for, as far as it can do that
const z: [asks: number, other: number, agreed: number][] = [
  [1, 1, 1],
  [1, 0, 1],
  [0, 1, 0],
  [0, 0, 0],
  [2, 2, 2],
  [2, 1, 2],
  [1, 2, 1],
  [2, 0, 2],
];

for (const [asks, other, agreed] of z) {
  test(`compression: z = ${asks} asked of one with z = ${other} is ${agreed}`, (t) => {
    const { a, b, ab, ba } = linked({ z: asks }, { z: other });
    const got = taken(b);
    t.deepEqual([ab.channels.agreed, ba.channels.agreed], [agreed, agreed]);
    const reader = byHand(b);
    t.is(reader.heard().length, 0);
    ab.channel({ type: "t", more: true }, bytes("01"));
    ab.channel({ type: "t", seq: 1 }, data(300));
    for (const now of [1, 2, 3]) tick(a, b, now);
    t.deepEqual([...got.values()], [["01"], [hex(data(300))]]);
    t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
  });
}

test("compression: the handshake says it, and the other's answer what of it was taken", (t) => {
  for (const [asked, said] of [
    [undefined, undefined],
    [0, undefined],
    [1, 1],
    [2, 2],
    [3, undefined],
    ["1", undefined],
    [-1, undefined],
    [1.5, undefined],
    [true, undefined],
  ] as const) {
    const b = side("b");
    const a = byHand(b);
    const link = b.endpoint.link(a.key);
    const at = 1000 + a.exchange.order;
    b.endpoint.packet(b.pipe, a.message("link", at, undefined, asked === undefined ? {} : { z: asked }), 0);
    const [answer] = packetsOf(frames(b));
    t.is(lob.decode(a.self.decrypt(answer!)).json!["z"], said, String(asked));
    t.deepEqual([link.up, link.channels.agreed], [true, said ?? 0]);
  }
});

test("compression: asked for and not confirmed it is none", (t) => {
  for (const asked of [0, 1, 2])
    for (const answered of [undefined, 0, 1, 2, 3, "1", true]) {
      const b = side("b", { z: asked });
      const a = byHand(b);
      const link = b.endpoint.link(a.key);
      link.connect(b.pipe);
      b.endpoint.poll(0);
      const [handshake] = packetsOf(frames(b));
      t.is(lob.decode(a.self.decrypt(handshake!)).json!["z"], asked || undefined);
      b.endpoint.packet(
        b.pipe,
        a.message("link", link.exchange.out, undefined, answered === undefined ? {} : { z: answered }),
        0,
      );
      t.deepEqual(
        [link.up, link.channels.agreed],
        [true, answered === asked ? asked : 0],
        `${asked} ${String(answered)}`,
      );
    }
});

test("compression: another z with a new KEY is the one from then on", (t) => {
  for (const [first, second] of [
    [1, 0],
    [0, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    const b = side("b", { z: 1 });
    const got = taken(b);
    let kept = {};
    b.endpoint.link(side("a").key);
    for (const asks of [first, second]) {
      // the second time it was restarted with what it had kept
      const a = side("a", { z: asks, state: kept, random: seeded(`a with z = ${asks}`) } as SideOptions);
      const link = a.endpoint.link(b.key);
      link.connect(a.pipe);
      for (const now of [0, 1]) tick(a, b, now);
      t.deepEqual([link.up, link.channels.agreed, b.endpoint.links[0]!.channels.agreed], [true, asks, asks]);
      got.clear();
      link.channel({ type: "t", seq: 1 }, Uint8Array.of(asks));
      for (const now of [2, 3]) tick(a, b, now);
      t.deepEqual([...got.values()], [[`0${asks}`]]);
      kept = a.saved;
    }
    t.deepEqual([b.events, b.endpoint.drops], [["up", "up"], {}]);
  }
});

/** A side with keys of these cipher sets. */
function end(
  seed: string,
  csids: Csid[],
  options: SideOptions = {},
): Side & { keys: Record<string, Uint8Array>; name: string } {
  const pairs = generate(seeded(`${seed} identity`), csids);
  const keys = Object.fromEntries(csids.map((csid) => [csid, pairs[csid]!.key]));
  return Object.assign(side(seed, { ...options, pairs } as SideOptions), { keys, name: hashname(keys) });
}

const BOTH: Csid[] = ["1a", "1c"];
const meetings: [ours: Csid[], theirs: Csid[], csid: Csid][] = [
  [BOTH, BOTH, "1c"],
  [BOTH, ["1a"], "1a"],
  [["1a"], BOTH, "1a"],
  [BOTH, ["1c"], "1c"],
  [["1c"], BOTH, "1c"],
  [["1a"], ["1a"], "1a"],
  [["1c"], ["1c"], "1c"],
];

test("of several keys the link takes the one of the highest cipher set that both have", (t) => {
  for (const [ours, theirs, csid] of meetings) {
    const a = end("a", ours);
    const b = end("b", theirs, { accept: () => true });
    const link = a.endpoint.link({ ...b.keys, "3a": data(32) }, b.name);
    t.deepEqual([link.csid, hex(link.exchange.key)], [csid, hex(b.keys[csid]!)]);
    t.is(a.endpoint.link(b.keys), link);
    link.connect(a.pipe);
    tick(a, b, 0);
    t.deepEqual([link.up, link.hashname, b.endpoint.links[0]!.hashname], [true, b.name, a.name]);
  }
  t.is(
    codeOf(() => end("a", ["1a"]).endpoint.link(end("b", ["1c"]).keys)),
    "CSID",
  );
});

for (const [ours, theirs, csid] of meetings) {
  test(`${ours.join("+")} links with ${theirs.join("+")} by ${csid}, and both know each other's hashname`, (t) => {
    t.is(linkCsid(ours, theirs), csid);
    // known by its key, by key and name, or not at all
    for (const known of ["key", "name", "no"] as const) {
      const asked: string[] = [];
      const a = end("a", ours);
      const b = end("b", theirs, { accept: (key, name) => (asked.push(`${hex(key)} ${name}`), true) });
      const got = taken(b);
      const ab = known === "name" ? a.endpoint.link(b.keys[csid]!, b.name) : a.endpoint.link(b.keys[csid]!);
      if (known === "key") b.endpoint.link(a.keys[csid]!);
      if (known === "name") b.endpoint.link(a.keys[csid]!, a.name);
      ab.connect(a.pipe);
      tick(a, b, 0);
      const [ba] = b.endpoint.links;
      t.deepEqual([ab.up, ba?.up, ab.csid, ba?.csid], [true, true, csid, csid]);
      t.deepEqual([ab.hashname, ba!.hashname], [b.name, a.name]);
      t.deepEqual([a.endpoint.hashname, b.endpoint.hashname], [a.name, b.name]);
      t.deepEqual(asked, known === "no" ? [`${hex(a.keys[csid]!)} ${a.name}`] : []);
      // the digests of the other keys are in it, and telehash-c finds its CSID
      const attached = lob.decode(ba!.handshake["link"]!.body);
      t.deepEqual(
        attached.json,
        Object.fromEntries(ours.map((id) => [id, id === csid ? true : toBase32(intermediate(a.keys[id]!))])),
      );
      t.is(hex(attached.body), hex(a.keys[csid]!));
      ab.channel({ type: "t", seq: 1 }, data(200));
      ba!.send(data(9));
      for (const now of [1, 2]) tick(a, b, now);
      t.deepEqual([[...got.values()], a.events], [[[hex(data(200))]], ["up", `message ${hex(data(9))}`]]);
      t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
    }
  });
}

test("two with keys of both cipher sets may link by the lower one; it is the same name", (t) => {
  const a = end("a", BOTH);
  const b = end("b", BOTH, { accept: () => true });
  a.endpoint.link(b.keys["1a"]!).connect(a.pipe);
  tick(a, b, 0);
  t.deepEqual(
    [a, b].map(({ endpoint }) => [endpoint.links[0]!.csid, endpoint.links[0]!.up]),
    [
      ["1a", true],
      ["1a", true],
    ],
  );
  t.deepEqual([a.endpoint.links[0]!.hashname, b.endpoint.links[0]!.hashname], [b.name, a.name]);
});

test("without a cipher set in common there is no link", (t) => {
  const a = end("a", ["1a"]);
  const b = end("b", ["1c"], { accept: () => true });
  t.is(linkCsid(["1a"], ["1c"]), undefined);
  t.is(
    codeOf(() => a.endpoint.link(b.keys["1c"]!)),
    "KEY_LENGTH",
  );
  t.is(
    codeOf(() => b.endpoint.link(a.keys["1a"]!)),
    "KEY_LENGTH",
  );
  const c = end("c", BOTH);
  c.endpoint.link(a.keys["1a"]!).connect(c.pipe);
  c.endpoint.poll(0);
  for (const packet of packetsOf(frames(c))) b.endpoint.packet(b.pipe, packet, 0);
  t.deepEqual([b.endpoint.drops, b.endpoint.links.length, b.pipe.frame()], [{ CSID: 1 }, 0, undefined]);
});

test("a handshake that proves another hashname than the link has is refused without an answer", (t) => {
  for (const [named, csids] of [
    ["of other keys", BOTH],
    ["of more keys", ["1a"]],
  ] as const) {
    const a = end("a", [...csids]);
    const b = end("b", BOTH);
    const name =
      named === "of other keys"
        ? hashname({ "1a": a.keys["1a"]!, "1c": b.keys["1c"]! })
        : hashname({ "1a": a.keys["1a"]!, "1c": end("a", BOTH).keys["1c"]! });
    const link = b.endpoint.link(a.keys["1a"]!, name);
    a.endpoint.link(b.keys["1a"]!).connect(a.pipe);
    tick(a, b, 0);
    t.deepEqual([b.events, link.up, link.hashname, link.exchange.in], [["drop HASHNAME"], undefined, name, 0], named);
    t.deepEqual([a.events, packetsOf(frames(b))], [[], []]);
  }
});

test("what is attached to a link has to be its sender's key, and digests of nothing else", (t) => {
  const b = side("b");
  const a = byHand(b);
  const link = b.endpoint.link(a.key);
  const { order } = a.exchange;
  const digest = toBase32(intermediate(b.key));
  const wrong: [string, Uint8Array][] = [
    ["HASHNAME", lob.encode({ "1a": true }, b.key)],
    ["HASHNAME", lob.encode({ "1a": true })],
    ["HASHNAME", lob.encode({ "1a": digest }, a.key)],
    ["HASHNAME", lob.encode({ "1a": true, "3a": "short" }, a.key)],
    ["HASHNAME", lob.encode({ "1a": true, "3a": true }, a.key)],
    ["PACKET_TOO_SHORT", bytes("")],
    ["PACKET_LENGTH", bytes("ffff00")],
    ["HASHNAME", lob.encode({ "1a": true }, a.key.subarray(1))],
  ];
  wrong.forEach(([code, attached], i) => {
    b.endpoint.packet(b.pipe, a.message("link", 1000 + order + 2 * i, attached), 0);
    t.is(b.events.at(-1), `drop ${code}`, `${i}`);
  });
  t.deepEqual([link.up, link.exchange.in, a.heard()], [undefined, 0, []]);
  // all that the public peers attach
  const right = [
    lob.encode({ "1a": true }, a.key),
    lob.encode({ "1a": null }, a.key),
    lob.encode({ "1a": toBase32(intermediate(a.key)) }, a.key),
    lob.encode({}, a.key),
    lob.encode(undefined, a.key),
    a.key,
  ];
  right.forEach((attached, i) => {
    const at = 2000 + order + 2 * i;
    b.endpoint.packet(b.pipe, a.message("link", at, attached), 0);
    t.deepEqual([link.exchange.in, a.heard()], [at, [`link ${at}`]], `${i}`);
  });
  // the deprecated form of telehash-c and e3x-js
  b.endpoint.packet(b.pipe, a.message("key", 3000 + order, a.key), 0);
  t.deepEqual(a.heard(), [`link ${3000 + order}`]);
  t.is(link.hashname, hashname({ "1a": a.key }));
  // once more keys are known by their digests, the name stays
  const more = lob.encode({ "1a": true, "3a": digest }, a.key);
  b.endpoint.packet(b.pipe, a.message("link", 4000 + order, more), 0);
  const name = hashname({ "1a": a.key, "3a": digest });
  t.deepEqual([a.heard(), link.hashname], [[`link ${4000 + order}`], name]);
  b.endpoint.packet(b.pipe, a.message("link", 5000 + order, lob.encode({ "1a": true }, a.key)), 0);
  t.deepEqual([b.events.at(-1), a.heard(), link.hashname], ["drop HASHNAME", [], name]);
});

/** What may happen between two, in any order. */
const happening = fc.constantFrom(
  "connect",
  "connect",
  "renew",
  "restart",
  "forget",
  "send",
  "open",
  "open",
  "deliver",
  "deliver",
  "deliver",
  "deliver",
  "lose",
  "again",
  "old",
  "late",
  "wait",
);

test("whatever is lost, repeated, late or restarted: never back to an older session, and one handshake puts all right", (t) => {
  let settled = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(happening, fc.constantFrom("a", "b"), fc.nat(30)), { maxLength: 60 }),
      fc.nat(),
      (steps, seed) => {
        let now = 0;
        let lives = 0;
        const lost = new Set<string>();
        const live = (name: string, state: Side["saved"] = {}): Side =>
          side(name, {
            state,
            random: seeded(`${name} ${seed} ${lives++}`),
            epoch: () => 1000 + Math.floor(now),
          } as SideOptions);
        const sides: Record<string, Side> = { a: live("a"), b: live("b") };
        const key = { a: sides["a"]!.key, b: sides["b"]!.key };
        const linkOf = (name: string): Link => sides[name]!.endpoint.link(key[name === "a" ? "b" : "a"]);
        // packets under way to each, and all that ever were
        const air: Record<string, Uint8Array[]> = { a: [], b: [] };
        const ever: Record<string, Uint8Array[]> = { a: [], b: [] };
        const said: Record<string, number> = { a: 0, b: 0 };
        const gather = (): void => {
          for (const [name, other] of [
            ["a", "b"],
            ["b", "a"],
          ] as const)
            for (const packet of packetsOf(frames(sides[name]!))) {
              air[other]!.push(packet);
              ever[other]!.push(packet);
            }
        };
        // KEYs of the other that handshakes put others in the place of, by the life of who took them
        const over: Record<string, Set<string>> = { a: new Set(), b: new Set() };
        const remote: Record<string, string | undefined> = {};
        const check = (): void => {
          for (const name of ["a", "b"]) {
            const { exchange } = linkOf(name);
            if (exchange.in < said[name]!) throw new Error(`${name} went back from ${said[name]!} to ${exchange.in}`);
            said[name] = exchange.in;
            const current = exchange.remote && hex(exchange.remote);
            if (current === remote[name]) continue;
            if (current && over[name]!.has(current)) throw new Error(`${name} went back to a KEY that is over`);
            if (remote[name]) over[name]!.add(remote[name]!);
            remote[name] = current;
          }
        };
        const deliver = (name: string, packet: Uint8Array | undefined): void => {
          if (packet) sides[name]!.endpoint.packet(sides[name]!.pipe, packet, now);
          gather();
          check();
        };
        for (const name of ["a", "b"])
          sides[name]!.endpoint.handle("t", (channel) => {
            channel.on = () => undefined;
          });
        for (const [what, name, n] of steps) {
          const link = linkOf(name);
          const own = sides[name]!;
          if (what === "connect") link.connect(own.pipe);
          if (what === "renew") link.renew();
          if (what === "restart" || what === "forget") {
            // what is wiped can not come back; its numbers do
            sides[name] = live(name, what === "restart" ? own.saved : {});
            sides[name]!.endpoint.handle("t", (channel) => {
              channel.on = () => undefined;
            });
            if (what === "forget") lost.add(name);
            said[name] = 0;
            over[name]!.clear();
            remote[name] = undefined;
            now += what === "forget" ? 70 : 1;
          }
          if (what === "send" && link.pipe) codeOf(() => link.send(data(n + 1)));
          if (what === "open") codeOf(() => link.channel(n % 2 ? { type: "t", seq: 1 } : { type: "t" }, data(n)));
          if (what === "deliver") deliver(name, air[name]!.shift());
          if (what === "lose") air[name]!.shift();
          if (what === "again") deliver(name, air[name]![0]);
          if (what === "old") deliver(name, ever[name]![n % (ever[name]!.length || 1)]);
          if (what === "late" && air[name]!.length) air[name]!.push(air[name]!.shift()!);
          if (what === "wait") {
            now += n;
            sides["a"]!.endpoint.poll(now);
            sides["b"]!.endpoint.poll(now);
          }
          gather();
          check();
        }
        // then all is well with the radio, and one of them asks
        now += 100;
        const [a, b] = [sides["a"]!, sides["b"]!];
        const ab = linkOf("a");
        const ba = linkOf("b");
        (seed % 2 ? ab : ba).connect(seed % 2 ? a.pipe : b.pipe);
        for (const more of [0, 1, 2, 3, 4]) tick(a, b, now + more);
        const state = [
          ab.up,
          ba.up,
          ab.exchange.in - ba.exchange.out,
          ab.exchange.out - ba.exchange.in,
          ab.exchange.in - ab.exchange.out,
        ];
        if (JSON.stringify(state) !== "[true,true,0,0,0]") throw new Error(JSON.stringify(state));
        const got = taken(b);
        ab.channel({ type: "t", seq: 1 }, bytes("99"));
        for (const more of [5, 6]) tick(a, b, now + more);
        if (JSON.stringify([...got.values()]) !== '[["99"]]')
          throw new Error(`the channel's packet did not come: ${JSON.stringify([...got.values()])}`);
        for (const [from, to, link] of [
          [a, b, ab],
          [b, a, ba],
        ] as const) {
          to.events.length = 0;
          // numbers of messages of a lost state are for the application to know better
          if (lost.size) continue;
          link.send(bytes("98"));
          tick(a, b, now + 8);
          if (!to.events.includes("message 98"))
            throw new Error(`the message did not come: ${JSON.stringify([to.events, from.endpoint.drops])}`);
        }
        settled++;
      },
    ),
    { seed: 4, numRuns: 200 },
  );
  t.is(settled, 200);
});

// A device's bundle as the other side: what it prints shows what it takes for so.
const APP = `
import { create } from "e3x-mote";
import "e3x-mote/channels";
const mote = create({ radio: Bluetooth, gateway: require("Storage").readJSON("config") });
const told = (id) => (event, data) => print("t" + id, event, typeof data == "object" ? E.toString(data.body) : data);
mote.on("ready", () => print("ready"));
mote.on("up", () => print("up"));
mote.on("down", () => print("down"));
mote.on("drop", (mote, code) => print("drop", code));
mote.handle("t", (channel) => { channel.on = told(channel.id); });
// content says what to do: a reliable channel to be opened, or another that ends at once
mote.on("message", (mote, content) => {
  print("message", E.toString(content));
  const seq = E.toString(content) == "reliable";
  const channel = mote.channel(seq ? { type: "t", seq: 1 } : { type: "t" }, content, (event, data) => told(channel.id)(event, data));
});
`;

let bundle: Promise<string> | undefined;

function bundleOf(): Promise<string> {
  const make = async (): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), "e3x-handshakes-"));
    try {
      writeFileSync(join(folder, "app.js"), APP);
      return (await measureBoard(loadBoard("puckjs"), { app: join(folder, "app.js") })).files["bundle.js"]!;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  return (bundle ??= make());
}

/** A device in a host, and an endpoint, with a radio without loss between them, in simulated time (seconds). */
class Meeting {
  readonly gateway: Side;
  /** What the device printed; codes as text. */
  logs: string[] = [];
  /** Whole packets of the device, and when it sent them. */
  sent: [number, Uint8Array][] = [];
  now = 0;
  /** Whether the radio carries what the device writes. */
  carries = true;
  #host: DeviceHost;
  #booted = false;
  #next: number | undefined;
  #hear = new Pipe({ mtu: 20, limit: 4096 });

  constructor(host: DeviceHost, options: SideOptions = {}) {
    this.#host = host;
    this.gateway = side("gateway", { accept: () => true, patience: 180, pipe: { limit: 4096 }, ...options });
  }

  get link(): Link {
    return this.gateway.endpoint.links[0]!;
  }

  /** Starts the device, or starts it anew with what is in its Storage. */
  async boot(): Promise<void> {
    const first = !this.#booted;
    this.#booted = true;
    this.#hear = new Pipe({ mtu: 20, limit: 4096 });
    this.gateway.pipe.restart();
    this.#took(
      await this.#host.boot({
        board: { ...loadBoard("puckjs"), curveStepMs: 0.01 },
        bundle: await bundleOf(),
        entropy: [1, 2, 3, Math.round(this.now * 1000)],
        time: this.now * 1000,
        ...(first && { storage: { config: Uint8Array.from(Buffer.from(JSON.stringify(toBase32(this.gateway.key)))) } }),
      }),
    );
  }

  #took(output: Output): void {
    this.#next = output.next;
    for (const line of output.logs) {
      const told = line.replace(/^drop (\d+)$/, (_, code: string) => `drop ${errorCode(Number(code))!}`);
      // the gateway repeats its answer until the device has something to say
      if (told !== "drop STALE") this.logs.push(told);
    }
    output.frames.forEach((frame, i) => {
      this.#hear.receive(frame, 0, (packet) => this.sent.push([output.times[i]! / 1000, new Uint8Array(packet)]));
      if (this.carries) this.gateway.endpoint.receive(this.gateway.pipe, frame, this.now);
    });
  }

  /** Lets so many seconds pass. */
  async pass(seconds: number): Promise<void> {
    const { endpoint, pipe } = this.gateway;
    for (const end = this.now + seconds; ;) {
      endpoint.poll(this.now);
      for (let frame = pipe.frame(); frame; frame = pipe.frame())
        this.#took(await this.#host.frame(this.now * 1000, frame));
      const next = Math.min(this.#next === undefined ? Infinity : this.#next / 1000, this.now + 0.25);
      if (next > end) return;
      this.now = Math.max(next, this.now + 0.001);
      if (this.#next !== undefined && this.#next <= this.now * 1000) this.#took(await this.#host.run(this.now * 1000));
    }
  }
}

const hosts: [name: string, make: () => DeviceHost][] = [["vm", () => new VmHost()]];
if (findInterpreter()) hosts.push(["interpreter", () => new InterpreterHost()]);

for (const [name, make] of hosts) {
  const meet = (
    title: string,
    work: (t: ExecutionContext, make: (options?: SideOptions) => Meeting) => Promise<void>,
  ): void => {
    test(`a device (${name}): ${title}`, async (t) => {
      const all: DeviceHost[] = [];
      try {
        await work(t, (options) => {
          const host = make();
          all.push(host);
          return new Meeting(host, options);
        });
      } finally {
        for (const host of all) await host.close();
      }
    });
  };
  const keyOf = (meeting: Meeting): string => hex(meeting.link.exchange.remote!);

  meet("it links, and its channels survive a keepalive", async (t, meeting) => {
    const m = meeting();
    const got = taken(m.gateway);
    await m.boot();
    await m.pass(3);
    t.deepEqual([m.logs, m.gateway.events], [["ready", "up"], ["up"]]);
    t.deepEqual([m.link.hashname, m.link.channels.agreed], [hashname({ "1a": m.link.exchange.key }), 1]);
    m.link.send("reliable");
    await m.pass(2);
    const key = keyOf(m);
    const { in: before } = m.link.exchange;
    const channel = m.link.channel({ type: "t", seq: 1 }, Buffer.from("one"));
    await m.pass(2);
    m.link.connect(m.gateway.pipe);
    channel.send({}, Buffer.from("two"));
    await m.pass(3);
    t.true(m.link.exchange.in > before && m.link.exchange.in === m.link.exchange.out);
    t.is(keyOf(m), key);
    t.deepEqual(m.logs.slice(2), ["message reliable", `t${channel.id} packet one`, `t${channel.id} packet two`]);
    t.deepEqual([...got.values()], [[hex(Buffer.from("reliable"))]]);
    t.deepEqual([m.gateway.events, m.gateway.endpoint.drops], [["up"], {}]);
  });

  meet("a new KEY of the gateway ends its channels, and ids begin anew", async (t, meeting) => {
    const m = meeting();
    const got = taken(m.gateway);
    await m.boot();
    await m.pass(3);
    m.link.send("reliable");
    const closed: string[] = [];
    const { id } = m.link.channel({ type: "t", seq: 1 }, Buffer.from("one"), (event, why) =>
      closed.push(`${event} ${String(why)}`),
    );
    await m.pass(3);
    const [theirs] = [...got.keys()];
    m.link.renew();
    m.link.connect(m.gateway.pipe);
    await m.pass(3);
    t.deepEqual(closed, ["close reset"]);
    t.deepEqual(got.get(theirs!)!.at(-1), "close reset");
    t.deepEqual(
      [...m.logs.slice(2)].sort(),
      ["message reliable", `t${id} packet one`, `t${id} close reset`, `t${theirs!} close reset`, "up"].sort(),
    );
    got.clear();
    m.logs = [];
    m.link.send("reliable");
    t.is(m.link.channel({ type: "t", seq: 1 }, Buffer.from("two")).id, id);
    await m.pass(3);
    t.deepEqual([...got.keys()], [theirs]);
    t.true(m.logs.includes(`t${id} packet two`));
  });

  meet("a restart of the device: a higher `at`, a new KEY, channels anew", async (t, meeting) => {
    const m = meeting();
    const got = taken(m.gateway);
    await m.boot();
    await m.pass(3);
    m.link.send("reliable");
    await m.pass(2);
    const key = keyOf(m);
    const { in: before } = m.link.exchange;
    const [id] = [...got.keys()];
    await m.boot();
    await m.pass(3);
    t.true(m.link.exchange.in > before);
    t.not(keyOf(m), key);
    t.is(got.get(id!)!.at(-1), "close reset");
    t.deepEqual([m.gateway.events, m.logs.at(-1)], [["up", "up"], "up"]);
    m.link.send("reliable");
    await m.pass(2);
    t.deepEqual([...got.keys()], [id]);
    t.is(got.get(id!)!.at(-1), hex(Buffer.from("reliable")));
  });

  meet(
    "its handshake goes out again verbatim at 1, 3, 7 and 15 s, and after 30 s another under a new KEY",
    async (t, meeting) => {
      const m = meeting();
      m.carries = false;
      await m.boot();
      await m.pass(35);
      const groups = new Map<string, number[]>();
      for (const [time, packet] of m.sent) groups.set(hex(packet), [...(groups.get(hex(packet)) ?? []), time]);
      const [first, second] = [...groups.values()];
      t.deepEqual(
        first!.map((time) => Math.round(time - first![0]!)),
        [0, 1, 3, 7, 15],
      );
      t.true(m.logs.includes("down") && second![0]! - first![0]! > 30.5 && second![0]! - first![0]! < 33);
      t.is(new Set(m.sent.map(([, packet]) => hex(packet.subarray(3, 24)))).size, groups.size);
    },
  );

  meet("who is refused hears nothing, and links once it is let in", async (t, meeting) => {
    let verdict: boolean | undefined = false;
    const m = meeting({ judge: () => verdict });
    await m.boot();
    await m.pass(20);
    t.is(m.sent.length, 5);
    t.deepEqual(
      [m.logs, m.gateway.events.includes("up"), m.gateway.pipe.frame(), m.gateway.saves],
      [["ready"], false, undefined, 0],
    );
    verdict = true;
    await m.pass(20);
    t.deepEqual([m.logs, m.gateway.events.filter((event) => event === "up")], [["ready", "down", "up"], ["up"]]);
  });

  meet("messages beside the gateway's link do it no harm", async (t, meeting) => {
    const m = meeting();
    await m.boot();
    await m.pass(3);
    m.link.offer("jwt", {}, data(200));
    m.link.offer("uri", { uri: "mote://x" });
    m.link.connect(m.gateway.pipe);
    await m.pass(5);
    t.deepEqual([m.logs, m.link.exchange.in], [["ready", "up"], m.link.exchange.out]);
    m.link.send("plain");
    await m.pass(2);
    t.is(m.logs[2], "message plain");
  });

  meet("both begin at once", async (t, meeting) => {
    const m = meeting();
    await m.boot();
    await m.pass(3);
    // what either has kept is there, no session is
    for (const more of [0, 1, 4]) {
      m.link.renew();
      for (let i = 0; i < more; i++) m.link.connect(m.gateway.pipe);
      m.link.connect(m.gateway.pipe);
      m.logs = [];
      await m.boot();
      await m.pass(6);
      t.deepEqual([m.link.up, m.link.exchange.in, m.logs.includes("up")], [true, m.link.exchange.out, true], `${more}`);
      m.link.send("plain");
      await m.pass(2);
      t.true(m.logs.includes("message plain"), `${more}`);
    }
  });

  for (const asks of [0, 1, 2]) {
    meet(`of z = ${asks} it takes what it can do`, async (t, meeting) => {
      const m = meeting({ z: asks });
      const got = taken(m.gateway);
      await m.boot();
      await m.pass(3);
      // it asks for 1
      t.is(m.link.channels.agreed, 1);
      m.link.send("plain");
      await m.pass(1);
      t.deepEqual([...got.values()], [[hex(Buffer.from("plain"))]]);
      // a gateway that asks itself
      const { saved } = m.gateway;
      const again = side("gateway", {
        state: saved,
        z: asks,
        random: seeded(`gateway again ${asks}`),
        patience: 180,
        pipe: { limit: 4096 },
      } as SideOptions);
      Object.assign(m.gateway, { endpoint: again.endpoint, pipe: again.pipe });
      const more = taken(again);
      m.link.connect(again.pipe);
      await m.pass(3);
      t.deepEqual([m.link.up, m.link.channels.agreed], [true, asks === 1 ? 1 : 0]);
      m.link.send("plain");
      m.link.channel({ type: "t" }, Buffer.from("back"));
      await m.pass(1);
      t.deepEqual([...more.values()], [[hex(Buffer.from("plain"))]]);
      t.true(m.logs.at(-1)!.endsWith("packet back"));
    });
  }
}
