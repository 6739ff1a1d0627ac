// What the application's own functions throw reaches it, wherever that is; it is no drop, and nothing else is lost by it.
import test from "ava";
import * as stream from "../../src/channel/stream.ts";
import { E3XError, Endpoint, Pipe, generate } from "../../src/index.ts";
import type { Events, Where } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import { carry, frames, linked, side, tick } from "./sides.ts";
import type { SideOptions } from "./sides.ts";

/** What an application may throw: its own errors, Node.js's, this library's, and no errors. */
const THROWN: unknown[] = [
  new TypeError("bad JSON"),
  Object.assign(new Error("no space left"), { code: "ENOSPC" }),
  Object.assign(new Error("as one of ours"), { code: "STALE" }),
  new E3XError("PACKET_TOO_LARGE"),
  "text",
  5,
  null,
  undefined,
];
const text = (content: string): string => `message ${hex(Buffer.from(content))}`;
const stop = (what: unknown): never => {
  throw what;
};

interface Told {
  error: unknown;
  where: Where;
  link: boolean;
}

const telling = (told: Told[]): Pick<Events, "error"> => ({
  error: (error, where, link) => {
    told.push({ error, where, link: link !== undefined });
  },
});

/** All that some work throws: one error, or those of an AggregateError. */
const thrown = (work: () => unknown): unknown[] => {
  try {
    work();
  } catch (error) {
    return error instanceof AggregateError ? error.errors : [error];
  }
  return [];
};

test("what each handler throws is told, with where it was and its link, and is no drop", (t) => {
  for (const what of THROWN) {
    const told: Told[] = [];
    const bad = (): never => stop(what);
    const { a, b, ab } = linked({}, { events: { message: bad, drop: bad, sent: bad, ...telling(told) } });
    const expect = (where: Where, link = true): void => {
      t.deepEqual(told.splice(0), [{ error: what, where, link }]);
    };
    ab.send("hello");
    const message = frames(a);
    for (const frame of message) b.endpoint.receive(b.pipe, frame, 1);
    expect("message");
    t.deepEqual(b.endpoint.drops, {});
    b.endpoint.packet(b.pipe, Uint8Array.of(0, 1, 0x1a, 5), 1);
    expect("drop", false);
    t.deepEqual(b.endpoint.drops, { PACKET_TOO_SHORT: 1 });
    b.endpoint.links[0]!.send("answer");
    b.endpoint.drain(1, { write: () => undefined });
    expect("sent");
  }
});

test("up, down, knock and discovered that throw", (t) => {
  for (const what of THROWN.slice(0, 5)) {
    const told: Told[] = [];
    const bad = (): never => stop(what);
    const a = side("a");
    const b = side("b", { events: { up: bad, down: bad, knock: bad, discovered: bad, ...telling(told) } });
    b.endpoint.link(a.key);
    a.endpoint.link(b.key).connect(a.pipe);
    tick(a, b, 0);
    t.deepEqual(told.splice(0), [{ error: what, where: "up", link: true }]);
    // its answer was sent all the same
    t.deepEqual([a.events, a.endpoint.links[0]!.up, b.endpoint.links[0]!.up], [["up"], true, true]);
    b.endpoint.links[0]!.connect(b.pipe);
    for (const now of [1, 2, 4, 8, 16, 40]) b.endpoint.poll(now);
    frames(b);
    t.deepEqual(told.splice(0), [{ error: what, where: "down", link: true }]);
    const stranger = side("stranger");
    stranger.endpoint.link(b.key).connect(stranger.pipe);
    tick(stranger, b, 50);
    t.deepEqual(told.splice(0), [{ error: what, where: "knock", link: false }]);
    stranger.endpoint.discover([stranger.pipe]);
    stranger.endpoint.poll(51);
    for (const frame of frames(stranger)) b.endpoint.receive(b.pipe, frame, 51);
    t.true(told.length > 0 && told.every(({ where }) => where === "discovered" || where === "knock"));
  }
});

test("accept, judge and recent that throw refuse, until they do not", (t) => {
  for (const name of ["accept", "judge", "recent"] as const)
    for (const what of THROWN.slice(0, 5)) {
      const told: Told[] = [];
      let bad = true;
      const ask = { [name]: () => (bad ? stop(what) : true) };
      const a = side("a");
      const b = side("b", { accept: () => true, ...ask, events: telling(told) });
      const link = a.endpoint.link(b.key);
      link.send("hello");
      link.connect(a.pipe);
      tick(a, b, 0);
      const first = told.splice(0);
      t.deepEqual(first[0], { error: what, where: name, link: name !== "accept" });
      t.true(first.every(({ where }) => where === name));
      t.deepEqual([b.events.filter((event) => event.startsWith("message")), b.endpoint.drops], [[], {}], name);
      t.is(b.endpoint.links.length, name === "accept" ? 0 : 1);
      // the handshake is sent again, verbatim; a message is not
      bad = false;
      for (const now of [1, 2, 3]) tick(a, b, now);
      link.send("again");
      carry(a, b, 4);
      t.deepEqual([link.up, b.events.includes(text("again")), told.length], [true, true, 0], name);
    }
});

test("a promise that is taken for a yes is refused and told", async (t) => {
  for (const name of ["accept", "judge", "recent"] as const) {
    const told: Told[] = [];
    const { a, b } = {
      a: side("a"),
      b: side("b", {
        accept: () => true,
        [name]: async () => {
          await Promise.reject(new Error("later"));
        },
        events: telling(told),
      } as SideOptions),
    };
    const link = a.endpoint.link(b.key);
    link.connect(a.pipe);
    tick(a, b, 0);
    if (name === "recent") {
      link.send("hello");
      carry(a, b, 1);
    }
    t.deepEqual(
      b.events.filter((event) => event !== "up"),
      [],
      name,
    );
    const [{ error, where }] = told as [Told];
    t.true(
      error instanceof E3XError && error.code === "OPTION" && error.field === name && where === name,
      String(error),
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    t.is((told.at(-1)!.error as Error).message, "later");
  }
});

test("an async handler's rejection is told, not left to end the process", async (t) => {
  const told: Told[] = [];
  const { a, b, ab } = linked(
    {},
    {
      events: {
        message: async () => {
          await Promise.reject(new Error("too late"));
        },
        ...telling(told),
      },
    },
  );
  ab.send("hello");
  carry(a, b, 1);
  t.deepEqual(told, []);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  t.deepEqual(
    told.map(({ error, where, link }) => [(error as Error).message, where, link]),
    [["too late", "message", true]],
  );
});

test("a handler's error that has a code of this library is no drop (cases/bugs 14)", (t) => {
  const { a, b, ab } = linked(
    { pipe: { mtu: 64 } },
    {
      pipe: { mtu: 64 },
      events: {
        message: (link) => {
          link.send(new Uint8Array(1400 * 128));
        },
      },
    },
  );
  ab.send("q");
  t.deepEqual(
    thrown(() => carry(a, b, 1)).map((error) => (error as E3XError).code),
    ["PACKET_TOO_LARGE"],
  );
  t.deepEqual(b.endpoint.drops, {});
});

test("what comes in one read with a message whose handler throws is delivered (cases/bugs 15)", (t) => {
  for (const handled of [true, false]) {
    const got: string[] = [];
    const told: Told[] = [];
    let count = 0;
    const tcp = { mtu: 64, stream: true };
    const { a, b, ab } = linked(
      { pipe: tcp },
      {
        pipe: tcp,
        events: {
          message: (_link, data) => {
            if (count++ === 1) throw new TypeError("bad JSON in the application");
            got.push(Buffer.from(data).toString());
          },
          ...(handled && telling(told)),
        },
      },
    );
    for (const content of ["a", "b", "c", "d"]) ab.send(content);
    const all = frames(a).flatMap((frame) => [...frame]);
    const errors = thrown(() => b.endpoint.receive(b.pipe, Uint8Array.from(all), 1));
    t.deepEqual(got, ["a", "c", "d"]);
    t.deepEqual([errors.length, told.length], handled ? [0, 1] : [1, 0]);
    ab.send("e");
    carry(a, b, 2);
    t.deepEqual(got, ["a", "c", "d", "e"]);
  }
});

test("a message whose handler threw does not count as received: the same bytes are delivered when they come again, once", (t) => {
  let bad = true;
  const got: string[] = [];
  const { a, b, ab } = linked(
    {},
    {
      events: {
        message: (_link, data) => {
          if (bad) throw new Error("no room");
          got.push(Buffer.from(data).toString());
        },
        error: () => undefined,
      },
    },
  );
  const before = structuredClone(b.endpoint.state);
  ab.send("hello");
  const message = frames(a);
  const come = (times: number): void => {
    for (let i = 0; i < times; i++) for (const frame of message) b.endpoint.receive(b.pipe, frame, 1);
  };
  come(2);
  t.deepEqual([b.endpoint.state, b.saved], [before, before], "nor in what is kept");
  bad = false;
  come(3);
  t.deepEqual([got, b.endpoint.drops], [["hello"], { STALE: 2 }]);
  ab.send("next");
  carry(a, b, 2);
  t.deepEqual(got, ["hello", "next"]);
});

test("content in pieces whose handler threw is delivered when all of it comes again", (t) => {
  let bad = true;
  const got: number[] = [];
  const { a, b, ab } = linked(
    {},
    {
      events: {
        message: (_link, data) => {
          if (bad) throw new Error("no room");
          got.push(data.length);
        },
        error: () => undefined,
      },
    },
  );
  ab.send(new Uint8Array(5000));
  const pieces = frames(a);
  const come = (): void => {
    for (const frame of pieces) b.endpoint.receive(b.pipe, frame, 1);
  };
  come();
  bad = false;
  come();
  come();
  t.deepEqual([got, b.endpoint.drops], [[5000], { STALE: 4 }]);
});

test("without an error handler what was thrown comes out at the end of the call, all of it, when all is done", (t) => {
  const { a, b, ab, ba } = linked(
    { pipe: { stream: true } },
    { pipe: { stream: true }, events: { message: (_link, data) => stop(Buffer.from(data).toString()) } },
  );
  for (const content of ["a", "b", "c"]) ab.send(content);
  const all = Uint8Array.from(frames(a).flatMap((frame) => [...frame]));
  t.deepEqual(
    thrown(() => b.endpoint.receive(b.pipe, all, 1)),
    ["a", "b", "c"],
  );
  // it is thrown once
  t.deepEqual(
    thrown(() => b.endpoint.poll(1)),
    [],
  );
  ba.send("goes out");
  carry(b, a, 2);
  t.deepEqual(a.events, [text("goes out")]);
  // and there is an end to what is kept of it
  ab.pipe!.mtu = 200;
  let more = 0;
  for (; more < 40; more++) ab.send(`${more}`);
  const many = Uint8Array.from(frames(a).flatMap((frame) => [...frame]));
  t.is(thrown(() => b.endpoint.receive(b.pipe, many, 3)).length, 16);
});

test("an error handler that throws is told of at the end of the call, too", (t) => {
  const { a, b, ab } = linked({}, { events: { message: () => stop("first"), error: () => stop("second") } });
  ab.send("hello");
  t.deepEqual(
    thrown(() => carry(a, b, 1)),
    ["second"],
  );
});

test("a write that throws costs its frame, a ready that throws is a no", (t) => {
  const told: Told[] = [];
  const { a, b, ab } = linked({ events: telling(told) }, {});
  const other = new Pipe({ mtu: 20 });
  const second = a.endpoint.link(generate(seeded("second"))["1a"].key);
  second.pipe = other;
  second.send("by another pipe");
  ab.send("lost");
  let wrote = 0;
  const next = a.endpoint.drain(1, {
    write: (pipe) => {
      if (pipe === a.pipe) stop("the socket is closed");
      else wrote++;
    },
  });
  t.true(
    wrote > 0 &&
      told.length >= 3 &&
      told.every(({ error, where }) => error === "the socket is closed" && where === "write"),
  );
  t.is(next, undefined);
  told.length = 0;
  ab.send("waits");
  a.endpoint.drain(2, { ready: () => stop("no port"), write: () => t.fail() });
  t.true(told.length > 0 && told.every(({ error, where }) => error === "no port" && where === "ready"));
  a.endpoint.drain(3, {
    write: (_pipe, frame) => {
      b.endpoint.receive(b.pipe, frame, 3);
    },
  });
  t.deepEqual(b.events, [text("waits")]);
});

test("handlers of channels that throw are told; the channel goes on, or is failed where its opener is", (t) => {
  const told: Told[] = [];
  const { a, b, ab, ba } = linked({ events: telling(told) }, { events: telling(told) });
  const got: string[] = [];
  b.endpoint.handle("bad", () => stop("no such thing"));
  stream.streams(b.endpoint, (one) => {
    one.on = (event, data) => {
      if (event !== "data") return;
      const said = Buffer.from(data as Uint8Array).toString();
      if (said === "two") throw new TypeError("two");
      got.push(said);
    };
  });
  const closed: unknown[] = [];
  ab.channel({ type: "bad", seq: 1 }, undefined, (event, reason) => {
    if (event === "close") closed.push(reason);
  });
  const one = stream.stream(ab);
  const pass = (from: number): void => {
    for (let now = from; now < from + 3; now += 0.25) tick(a, b, now);
  };
  pass(1);
  for (const said of ["one", "two", "three"]) {
    one.write(said);
    pass(4);
  }
  t.deepEqual([got, closed], [["one", "three"], ["error"]]);
  t.deepEqual(
    told.map(({ error, where, link }) => [String(error), where, link]),
    [
      ["no such thing", "channel", true],
      ["TypeError: two", "channel", true],
    ],
  );
  // and of those that this side opens
  told.length = 0;
  ba.channel({ type: "unknown", seq: 1 }, undefined, () => stop("mine"));
  pass(7);
  t.deepEqual(
    told.map(({ error, where }) => [error, where]),
    [["mine", "channel"]],
  );
  t.deepEqual([a.endpoint.drops, b.endpoint.drops], [{}, {}]);
});

test("a wake that throws is told, and what it was for is sent", (t) => {
  const told: Told[] = [];
  const { a, b, ab } = linked({ wake: () => stop("no loop"), events: telling(told) }, {});
  const got: string[] = [];
  b.endpoint.handle("say", (channel) => {
    channel.on = (event) => {
      got.push(event);
    };
  });
  // to link it was called, too
  told.length = 0;
  ab.channel({ type: "say" });
  t.deepEqual(
    told.map(({ error, where }) => [error, where]),
    [["no loop", "wake"]],
  );
  tick(a, b, 1);
  t.deepEqual(got, ["packet"]);
});

test("a handler may do anything to its endpoint, and calls that are in others throw at the end of the outermost", (t) => {
  const { a, b, ab } = linked(
    {},
    {
      events: {
        message: (link) => {
          b.endpoint.receive(b.pipe, Uint8Array.of(1), 1);
          b.endpoint.poll(1);
          b.endpoint.drain(1, { write: () => undefined });
          link.send("x");
          link.remove();
          throw new Error("and then");
        },
      },
    },
  );
  ab.send("hello");
  t.deepEqual(
    thrown(() => carry(a, b, 1)).map((error) => (error as Error).message),
    ["and then"],
  );
  t.deepEqual([b.endpoint.links.length, b.endpoint.state], [0, {}]);
  t.notThrows(() => tick(a, b, 2));
});

test("a random source that throws is told; a stranger is then not linked, and is when it comes again", (t) => {
  const told: Told[] = [];
  let bad = false;
  const random = seeded("random");
  const pairs = generate(seeded("pairs"));
  const endpoint = new Endpoint({
    pairs,
    random: (n) => (bad ? stop(new Error("no entropy")) : random(n)),
    accept: () => true,
    events: telling(told),
  });
  const pipe = new Pipe({ mtu: 20 });
  const a = side("a");
  a.endpoint.link(pairs["1a"].key).connect(a.pipe);
  a.endpoint.poll(0);
  const handshake = frames(a);
  bad = true;
  for (const frame of handshake) endpoint.receive(pipe, frame, 0);
  t.true(
    told.length > 0 &&
      told.every(({ error, where }) => (error as Error).message === "no entropy" && where === "random"),
  );
  t.deepEqual([endpoint.drops, endpoint.links], [{ ENTROPY: 1 }, []]);
  bad = false;
  for (const frame of handshake) endpoint.receive(pipe, frame, 1);
  t.true(endpoint.links[0]!.up);
});
