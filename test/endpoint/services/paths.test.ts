import test from "ava";
import fc from "fast-check";
import { ping } from "../../../src/channel/path.ts";
import { Paths } from "../../../src/endpoint/services/paths.ts";
import type { PathAnswer, PathsOptions } from "../../../src/endpoint/services/paths.ts";
import { Pipe, lob } from "../../../src/index.ts";
import type { Path } from "../../../src/identity/path.ts";
import { linked, frames, tick } from "../sides.ts";
import type { Side } from "../sides.ts";

const udp = (n: number): Path => ({ type: "udp4", ip: `10.0.0.${n}`, port: 42424 });

/** Two that are linked, with more ways between them: `ways[i]` is the pipe of a, and of b, of the path udp(i). */
function pair(optionsOfA: PathsOptions = {}, optionsOfB: PathsOptions = {}) {
  const { a, b, ab, ba } = linked();
  ab.send("settled");
  tick(a, b, 0.25);
  const ways = Array.from(
    { length: 12 },
    () => [new Pipe({ mtu: 200, limit: 2000 }), new Pipe({ mtu: 200, limit: 2000 })] as const,
  );
  const paths = [new Paths(a.endpoint, optionsOfA), new Paths(b.endpoint, optionsOfB)] as const;
  /** Carries what waits on a way. */
  const carry = (n: number, now: number): void => {
    for (const frame of frames({ pipe: ways[n]![0] } as Side)) b.endpoint.receive(ways[n]![1], frame, now);
    for (const frame of frames({ pipe: ways[n]![1] } as Side)) a.endpoint.receive(ways[n]![0], frame, now);
  };
  const atB = (path: Path): Pipe | undefined =>
    ways.find((_, n) => JSON.stringify(udp(n)) === JSON.stringify(path))?.[1];
  return { a, b, ab, ba, paths, ways, carry, atB };
}

test("each path that the other tells is answered by; the first answer's is the one to use", (t) => {
  const told: unknown[] = [];
  const { a, b, ab, ba, paths, ways, carry } = pair(
    { own: () => [udp(1), udp(2), udp(3)] },
    {
      pipe: (path) => ways.find((_, n) => JSON.stringify(udp(n)) === JSON.stringify(path))?.[1],
      told: (link, all) => told.push(link, all),
    },
  );
  const answers: PathAnswer[] = [];
  paths[0].request(ab, 10, (answer) => answers.push(answer));
  a.endpoint.poll(10);
  for (const frame of frames(a)) b.endpoint.receive(b.pipe, frame, 10.1);
  t.deepEqual(told, [ba, [udp(1), udp(2), udp(3)]]);
  t.is(ba.pipe, b.pipe);
  carry(2, 10.2);
  for (const frame of frames(b)) a.endpoint.receive(a.pipe, frame, 10.4);
  carry(1, 10.5);
  t.deepEqual(
    answers.map(({ path, seconds }) => [path, Number(seconds.toFixed(3))]),
    [
      [udp(2), 0.2],
      [undefined, 0.4],
      [udp(1), 0.5],
    ],
  );
  t.deepEqual(
    answers.map(({ pipe }) => pipe),
    [ways[2]![0], a.pipe, ways[1]![0]],
  );
  t.is(ab.pipe, ways[2]![0]);
  ab.send("by the fastest way");
  carry(2, 11);
  t.is(ba.pipe, ways[2]![1]);
});

test("it is told by which path an answer goes, where that is known, and known paths are used, too", (t) => {
  const { a, b, ab, ba, paths, ways, carry } = pair(
    { own: () => [udp(1)] },
    {
      pipe: (path) => ways.find((_, n) => JSON.stringify(udp(n)) === JSON.stringify(path))?.[1],
      path: (pipe) => (pipe === b.pipe ? udp(9) : undefined),
    },
  );
  ba.paths = [udp(4), udp(1)];
  const answers: (Path | undefined)[] = [];
  paths[0].request(ab, 10, ({ path }) => answers.push(path));
  tick(a, b, 10);
  for (const n of [1, 4]) carry(n, 10);
  t.deepEqual(answers, [udp(9), udp(1), udp(4)]);
  t.deepEqual(ba.paths, [udp(4), udp(1), udp(9)]);
});

test("without a rule for pipes, the answer is one", (t) => {
  const { a, b, ab, paths } = pair({ own: () => [udp(1), udp(2)] });
  const answers: PathAnswer[] = [];
  paths[0].request(ab, 10, (answer) => answers.push(answer));
  tick(a, b, 10);
  t.deepEqual(answers, [{ pipe: a.pipe, seconds: 0 }]);
});

test("what is no path is left out, and of the others there are only so many", (t) => {
  const told: Path[][] = [];
  const asked: Path[] = [];
  const { a, b, ab, ways } = pair(
    {},
    {
      told: (_, all) => told.push(all),
      pipe: (path) => {
        asked.push(path);
        return ways[Number((path["ip"] as string).split(".")[3])]?.[1];
      },
    },
  );
  const given = [
    udp(1),
    null,
    "x",
    5,
    [],
    { type: "udp4" },
    { type: "udp4", ip: "300.0.0.1", port: 1 },
    udp(1),
    udp(2),
    { type: "peer", hn: "x" },
    ...Array.from({ length: 9 }, (_, n) => udp(n)),
  ];
  ab.channel({ type: "path", paths: given });
  tick(a, b, 10);
  // of 16
  t.deepEqual(told, [[udp(1), udp(2), udp(0), udp(3), udp(4), udp(5)]]);
  t.deepEqual(asked, told[0]!);
  for (const paths of [undefined, null, "x", {}, { length: 5 }, [[]], 7]) ab.channel({ type: "path", paths });
  tick(a, b, 11);
  t.is(told.length, 1);
});

test("one request is answered by eight pipes at most, and many requests by fewer", (t) => {
  const { a, b, ab, ways } = pair({}, { pipe: (path) => ways[Number((path["ip"] as string).split(".")[3])]?.[1] });
  const ask = (now: number): number => {
    ab.channel({ type: "path", paths: Array.from({ length: 12 }, (_, n) => udp(n)) });
    tick(a, b, now);
    return ways.filter(([, pipe]) => frames({ pipe } as Side).length).length;
  };
  t.is(ask(10), 7);
  t.deepEqual([ask(10), ask(10), ask(10), ask(10), ask(10)], [7, 7, 7, 4, 0]);
  // the way that the request came by is answered all the same
  const answers: unknown[] = [];
  ab.channel({ type: "path", paths: [udp(1)] }, undefined, (event) => answers.push(event));
  tick(a, b, 10);
  t.deepEqual(answers, ["packet"]);
  t.is(ask(13), 3);
});

test("a link has one request at a time, and it ends", (t) => {
  const { a, b, ab, ba, paths } = pair();
  const answers: string[] = [];
  paths[0].request(ab, 10, () => answers.push("first"));
  const sent = frames(a);
  paths[0].request(ab, 11, () => answers.push("second"));
  for (const frame of sent) b.endpoint.receive(b.pipe, frame, 11);
  tick(a, b, 11);
  t.deepEqual(answers, ["second"]);
  tick(a, b, 12);
  t.is(ab.channels.list.length, 1);
  t.is(ba.channels.list.length, 0);
  // an answer that comes too late
  paths[0].request(ab, 20, () => answers.push("late"));
  const request = frames(a);
  for (const frame of request) b.endpoint.receive(b.pipe, frame, 60);
  for (const frame of frames(b)) a.endpoint.receive(a.pipe, frame, 60);
  t.deepEqual(answers, ["second"]);
  tick(a, b, 61);
  t.is(ab.channels.list.length, 0);
});

test("answers may say anything", (t) => {
  const { a, b, ab, ba, paths } = pair();
  b.endpoint.handle("path", (channel) => {
    channel.on = () => {};
    for (const path of [udp(1), null, 5, "x", { type: 5 }, [], { type: "udp4", ip: "::", port: 1 }])
      channel.send({ path });
    for (let i = 0; i < 7; i++) channel.send({});
  });
  const answers: (Path | undefined)[] = [];
  paths[0].request(ab, 10, ({ path }) => answers.push(path));
  tick(a, b, 10);
  t.is(answers.length, 14);
  t.deepEqual(
    answers.filter((path) => path),
    [udp(1)],
  );
  t.true(!!ba.up);
});

test("hostile requests", (t) => {
  const { a, b, ab, ways } = pair(
    {},
    { pipe: (path) => ways[String(path["ip"]).length]?.[1], path: () => udp(1), told: () => {} },
  );
  let now = 10;
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom("paths", "path", "seq", "end", "err"), fc.jsonValue(), { maxKeys: 3 }),
      (head) => {
        ab.channel({ ...(head as lob.Json), type: "path" });
        tick(a, b, (now += 5));
      },
    ),
    { seed: 1, numRuns: 300 },
  );
  t.true(ab.up);
  const took: unknown[] = [];
  ping(
    ab,
    () => now,
    (seconds) => took.push(seconds),
  );
  tick(a, b, now);
  t.deepEqual(took, [0]);
});
