// State is kept link by link, and nothing leaves before its owner lets it: what was told and kept in a turn can be made durable first.
import test from "ava";
import { E3XError, Endpoint, generate, toBase32 } from "../../src/index.ts";
import type { EndpointOptions, SavedLink, State } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import { carry, frames, linked, side, tick } from "./sides.ts";
import type { Side } from "./sides.ts";

const text = (content: string): string => `message ${hex(Buffer.from(content))}`;
const restart = (before: Side, state: State, seed = "again"): Side => {
  const again = side(seed, { state });
  const { identity } = before.endpoint;
  const endpoint = new Endpoint({
    pairs: { "1a": { key: before.key, secret: identity.secret } },
    random: seeded(`${seed} random`),
    state,
    events: {
      message: (_link, data) => again.events.push(`message ${hex(data)}`),
      drop: (code) => again.events.push(`drop ${code}`),
    },
  });
  return Object.assign(again, { endpoint, key: before.key });
};

test("save is given the one link that changed, by its key, and no live object", (t) => {
  const given: [string, SavedLink | undefined][] = [];
  const hub = side("hub", {
    save: (id, state) => {
      given.push([id, state]);
    },
    accept: () => true,
  });
  const others = ["one", "two", "three"].map((name) => side(name));
  for (const other of others) {
    const link = other.endpoint.link(hub.key);
    link.connect(other.pipe);
    tick(other, hub, 1);
  }
  given.length = 0;
  others[1]!.endpoint.links[0]!.send("hello");
  carry(others[1]!, hub, 2);
  const id = toBase32(others[1]!.key);
  t.deepEqual(
    given.map(([to]) => to),
    [id],
  );
  const [, saved] = given[0]!;
  t.is(saved!.messages[1], hub.endpoint.find(id)!.state[3]);
  // who changes what it was given changes nothing but that
  saved!.messages[1] = 0;
  saved!.handshakes[0] = 0;
  t.not(hub.endpoint.state[id]!.messages[1], 0);
  const { state } = hub.endpoint;
  state[id]!.messages[1] = 0;
  t.not(hub.endpoint.state[id]!.messages[1], 0);
  t.deepEqual(Object.keys(state).sort(), others.map(({ key }) => toBase32(key)).sort());
  t.deepEqual(JSON.parse(JSON.stringify(hub.endpoint.state)), hub.endpoint.state);
});

test("what was saved link by link is the whole state: after a restart all goes on", (t) => {
  const { a, b, ab } = linked();
  ab.send("before");
  const before = frames(a);
  for (const frame of before) b.endpoint.receive(b.pipe, frame, 1);
  t.deepEqual(b.saved, b.endpoint.state);
  const again = restart(b, b.saved);
  for (const frame of before) again.endpoint.receive(again.pipe, frame, 2);
  ab.send("after");
  carry(a, again, 3);
  t.deepEqual(again.events, ["drop STALE", text("after")]);
});

test("a link that was removed is told without a state, and is gone after a restart", (t) => {
  const told: (SavedLink | undefined)[] = [];
  const { a, b, ba } = linked(
    {},
    {
      save: (_id, state) => {
        told.push(state);
      },
    },
  );
  b.endpoint.remove(ba);
  t.is(told.at(-1), undefined);
  t.deepEqual([b.endpoint.state, b.saved, b.endpoint.links], [{}, {}, []]);
  t.is(restart(b, b.saved).endpoint.find(a.key), undefined);
});

test("nothing leaves before drain: a crash before it is as if nothing had come, one after it loses nothing", (t) => {
  const { a, b, ab, ba } = linked({}, {});
  const durable = b.saved;
  ab.send("reading");
  const message = frames(a);
  // a turn: what was told and what is to be kept are collected
  for (const frame of message) b.endpoint.receive(b.pipe, frame, 1);
  ba.send("thanks");
  b.endpoint.poll(1);
  const written: Uint8Array[] = [];
  t.deepEqual(b.events, [text("reading")]);
  // a power cut here: the message comes again, is told again, and nobody has heard the answer
  const lost = restart(b, durable, "lost");
  for (const frame of message) lost.endpoint.receive(lost.pipe, frame, 2);
  t.deepEqual(lost.events, [text("reading")]);
  // or here, after the commit
  const kept = restart(b, structuredClone(b.saved), "kept");
  for (const frame of message) kept.endpoint.receive(kept.pipe, frame, 2);
  t.deepEqual(kept.events, ["drop STALE"]);
  b.endpoint.drain(1, {
    write: (_pipe, frame) => {
      written.push(frame);
    },
  });
  for (const frame of written) a.endpoint.receive(a.pipe, frame, 3);
  t.deepEqual(a.events, [text("thanks")]);
});

test("an async save is a type error", (t) => {
  const options = { pairs: generate(seeded("types")), random: seeded("types"), events: {} };
  const kept = new Map<string, SavedLink | undefined>();
  const wrong: EndpointOptions[] = [
    // @ts-expect-error it is not waited for
    { ...options, save: async (id: string) => void (await Promise.resolve(id)) },
    // @ts-expect-error nor is this
    { ...options, save: (id: string) => Promise.resolve(id) },
  ];
  const right: EndpointOptions[] = [
    {
      ...options,
      save: (id, state) => {
        kept.set(id, state);
      },
    },
    { ...options, save: (id, state) => kept.set(id, state) },
    { ...options, save: (id) => kept.delete(id) },
    {
      ...options,
      save(id, state) {
        kept.set(id, state);
      },
    },
    { ...options, save: () => console.log },
  ];
  t.is(wrong.length + right.length, 7);
});

test("an async save is refused and told where types do not see it: nothing is taken, and nothing sent", async (t) => {
  const told: unknown[] = [];
  const rejected = new Error("the disk is gone");
  let later = false;
  const save = (() => (later ? Promise.reject(rejected) : undefined)) as () => undefined;
  const { a, b, ab, ba } = linked(
    {},
    {
      save,
      events: {
        error: (error, where, link) => {
          told.push([(error as E3XError).code ?? error, where, link === ba]);
        },
      },
    },
  );
  ba.send("has numbers kept ahead");
  later = true;
  ab.send("not kept");
  carry(a, b, 1);
  t.deepEqual(b.events, []);
  t.deepEqual(told, [["SAVE", "save", true]]);
  t.deepEqual(b.endpoint.drops, {});
  // who sends is told at once, and numbers that are not kept are not used
  for (let i = 0; i < 64; i++) ba.send("within what is kept ahead");
  const error = t.throws(() => {
    for (let i = 0; i < 64; i++) ba.send("beyond");
  });
  t.true(error instanceof E3XError && error.code === "SAVE" && error.field === "save");
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  t.true(
    told.some((one) => (one as unknown[])[0] === rejected),
    "what its promise is rejected with is told, too",
  );
  // and all is well when it is right again
  later = false;
  ab.send("kept");
  carry(a, b, 2);
  t.deepEqual(
    b.events.filter((event) => event.startsWith("message")),
    [text("kept")],
  );
});

test("a save that throws once is as a packet that was lost: the same bytes are taken when they come again", (t) => {
  let full = false;
  const told: string[] = [];
  const { a, b, ab } = linked(
    {},
    {
      save: () => {
        if (full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      },
      events: {
        error: (error, where) => {
          told.push(`${where} ${(error as { code: string }).code}`);
        },
      },
    },
  );
  full = true;
  const before = structuredClone(b.endpoint.state);
  ab.send("reading");
  const message = frames(a);
  for (let i = 0; i < 3; i++) for (const frame of message) b.endpoint.receive(b.pipe, frame, 1);
  t.deepEqual([b.events, b.endpoint.drops, told], [[], {}, Array.from({ length: 3 }, () => "save ENOSPC")]);
  t.deepEqual(b.endpoint.state, before);
  full = false;
  for (let i = 0; i < 3; i++) for (const frame of message) b.endpoint.receive(b.pipe, frame, 2);
  t.deepEqual(b.events, [text("reading"), "drop STALE", "drop STALE"]);
});

test("a handshake that could not be kept may come again, verbatim, and links then", (t) => {
  let full = true;
  const told: string[] = [];
  const a = side("a");
  const b = side("b", {
    save: () => {
      if (full) throw new Error("no room");
    },
    events: {
      error: (_error, where) => {
        told.push(where);
      },
    },
  });
  const link = a.endpoint.link(b.key);
  b.endpoint.link(a.key);
  link.connect(a.pipe);
  tick(a, b, 0);
  t.deepEqual([b.events, b.endpoint.drops, link.up], [[], {}, undefined]);
  t.true(told.length > 0 && told.every((where) => where === "save"));
  // it is sent again after a second: now there is room
  full = false;
  tick(a, b, 1);
  t.deepEqual([b.events, a.events], [["up"], ["up"]]);
  t.true(link.up);
});

test("a handshake that could not be kept stands in the way of no other, also of an older one that comes late", (t) => {
  let full = true;
  const a = side("a");
  const b = side("b", {
    save: () => {
      if (full) throw new Error("no room");
    },
    events: { error: () => undefined },
  });
  const link = a.endpoint.link(b.key);
  b.endpoint.link(a.key);
  link.connect(a.pipe);
  a.endpoint.poll(0);
  const first = frames(a);
  link.connect(a.pipe);
  for (const frame of frames(a)) b.endpoint.receive(b.pipe, frame, 1);
  full = false;
  for (const frame of first) b.endpoint.receive(b.pipe, frame, 1);
  t.deepEqual([b.events, b.endpoint.drops], [["up"], {}]);
});

test("all numbers of a content in pieces are kept before the first is sent: it is sent whole, or not at all", (t) => {
  let saves = 0;
  let most = Infinity;
  const { a, b, ab } = linked(
    {
      message: 10,
      save: () => {
        if (++saves > most) throw new Error("no room");
      },
    },
    { content: 2000, message: 10 },
  );
  for (const [room, right] of [
    [1, true],
    [0, false],
  ] as const) {
    saves = 0;
    most = room;
    let went = true;
    try {
      ab.send(new Uint8Array(1000));
    } catch {
      went = false;
    }
    t.is(went, right);
    t.is(a.pipe.queue.length, right ? 100 : 0);
    carry(a, b, 1);
  }
  t.deepEqual([b.events.length, b.endpoint.drops], [1, {}]);
});

test("an answer whose number could not be kept is sent a second after there is room", (t) => {
  // the first save of a handshake is of what is accepted, the second of the token, the third of what is sent
  let calls = 0;
  let full = true;
  const told: string[] = [];
  const a = side("a");
  const b = side("b", {
    save: (_id, state) => {
      calls++;
      if (full && state!.handshakes[0] > 0) throw new Error("no room");
    },
    events: {
      error: (_error, where) => {
        told.push(where);
      },
    },
  });
  const link = a.endpoint.link(b.key);
  b.endpoint.link(a.key);
  link.connect(a.pipe);
  tick(a, b, 0);
  t.deepEqual([b.events, told.length > 0, link.up, calls > 2], [["up"], true, undefined, true]);
  full = false;
  const due = b.endpoint.poll(0.5)!;
  t.true(due > 0.5 && due <= 1.5, `${due}`);
  b.endpoint.poll(due);
  carry(b, a, due);
  t.true(link.up);
});
