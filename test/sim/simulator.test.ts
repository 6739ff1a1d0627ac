import test from "ava";
import { FrameSizeError, SimError, Simulator, VmHost, emptyOutput, readCapture, replay } from "../../sim/index.ts";
import type { AirRecord, Capture, DeviceHost, Difference, Program, ReplayResult, SimEvent } from "../../sim/index.ts";
import { Beacon, board, fixture, hosts } from "./helpers.ts";

const sensor: Program = { bundle: fixture("sensor"), modules: { pack: fixture("pack") } };
const echo: Program = { bundle: fixture("echo") };
const programs: Record<string, Program> = { sensor, echo };
const medium = { frameSize: 20, latency: 8, jitter: 5, loss: 0.1, duplication: 0.1, reordering: 0.1 };

/** Two devices and a beacon for 20 virtual seconds, with a restart on the way; the capture's text. */
async function play(make: () => DeviceHost, seed: number): Promise<string> {
  const simulator = new Simulator({ seed, medium });
  await simulator.addDevice("sensor", make(), { board, ...sensor, globals: { gateway: "abc" } });
  await simulator.addDevice("echo", make(), { board, ...echo, storage: { count: Uint8Array.of(0x37) } });
  await simulator.addNode("beacon", new Beacon(700, "ping"));
  simulator.schedule(9000, () => simulator.restart("echo"));
  await simulator.runUntil(20000);
  await simulator.close();
  return simulator.captureText();
}

const again = (capture: Capture, changes: Record<string, Program> = {}): Promise<ReplayResult> =>
  replay(capture, { host: () => new VmHost(), program: (device) => changes[device] ?? programs[device] });

test("the same seed gives the same capture on every host, another seed another", async (t) => {
  const [first, ...others] = hosts;
  if (first === undefined) return t.fail();
  const text = await play(first.make, 1);
  t.is(await play(first.make, 1), text);
  t.not(await play(first.make, 2), text);
  if (others.length === 0) t.log("skipped: no espruino-linux found, only the vm host ran");
  for (const other of others) t.is(await play(other.make, 1), text, other.name);
});

test("a capture reads back, and replays with agreement on every host", async (t) => {
  const capture = readCapture(await play(() => new VmHost(), 3));
  t.is(capture.header.seed, 3);
  t.is(capture.header.media[0]!["loss"], 0.1);
  const kinds = capture.records.map((r) => r.k);
  t.is(kinds.filter((k) => k === "boot").length, 3);
  const lost = capture.records.filter((r) => r.k === "air" && r.rx.some(({ fate }) => fate === "lost"));
  t.true(lost.length > 5);
  for (const host of hosts) {
    const result = await replay(capture, { host: host.make, program: (device) => programs[device] });
    t.deepEqual(result.difference, undefined, host.name);
    t.true(result.agreed);
    t.deepEqual(result.changed, []);
    t.is(result.commands, kinds.filter((k) => !["air", "join", "log"].includes(k)).length);
    t.true(result.frames > 100 && result.events > 100);
  }
  if (hosts.length === 1) t.log("skipped: no espruino-linux found, replayed on the vm host only");
});

test("a tampered capture is found out where it was tampered with", async (t) => {
  const capture = readCapture(await play(() => new VmHost(), 4));
  const change = (edit: (copy: Capture) => number): Promise<[ReplayResult, number]> => {
    const copy = structuredClone(capture);
    const at = edit(copy);
    return again(copy).then((result) => [result, at + 2]);
  };
  const nth = (copy: Capture, n: number, holds: (r: Capture["records"][number]) => boolean): number =>
    copy.records.map((r, i) => (holds(r) ? i : -1)).filter((i) => i >= 0)[n] ?? -1;
  const cases: Record<string, [kind: Difference["kind"], edit: (copy: Capture) => number]> = {
    "a byte that a device wrote": [
      "frame",
      (copy) => {
        const at = nth(copy, 20, (r) => r.k === "frame" && r.out.frames.length > 0);
        const frame = (copy.records[at] as { out: { frames: [number, string][] } }).out.frames[0];
        if (frame) frame[1] = `${frame[1].slice(0, -1)}${frame[1].endsWith("0") ? "1" : "0"}`;
        return at;
      },
    ],
    "a log line": [
      "event",
      (copy) => {
        const at = nth(copy, 5, (r) => r.k === "run" && r.out.logs.length > 0);
        (copy.records[at] as { out: { logs: string[] } }).out.logs.push("more");
        return at;
      },
    ],
    "a frame that was delivered": [
      "air",
      (copy) => {
        const at = nth(copy, 30, (r) => r.k === "frame");
        (copy.records[at] as { bytes: string }).bytes = "00";
        return at;
      },
    ],
    "a fate": [
      "air",
      (copy) => {
        const at = nth(copy, 3, (r) => r.k === "air" && r.rx.some(({ fate }) => fate === "lost"));
        Object.assign((copy.records[at] as AirRecord).rx.find(({ fate }) => fate === "lost") as object, {
          fate: "delivered",
          arrivals: [12345],
        });
        return at;
      },
    ],
    "a frame on the air that no device wrote": [
      "air",
      (copy) => {
        const at = nth(copy, 9, (r) => r.k === "air" && r.from === "sensor");
        (copy.records[at] as { bytes: string }).bytes = "ff";
        return at;
      },
    ],
    "storage at boot": [
      "event",
      (copy) => {
        const at = nth(copy, 1, (r) => r.k === "boot");
        (copy.records[at] as { storage: Record<string, string> }).storage["count"] = "38";
        return at;
      },
    ],
  };
  for (const [what, [kind, edit]] of Object.entries(cases)) {
    const [result, line] = await change(edit);
    t.false(result.agreed, what);
    t.is(result.difference?.line, line, what);
    t.is(result.difference?.kind, kind, what);
  }
});

test("a changed bundle is named, and found out where it behaves otherwise", async (t) => {
  const capture = readCapture(await play(() => new VmHost(), 5));
  const comment = await again(capture, { echo: { bundle: `${echo.bundle}\n// changed` } });
  t.true(comment.agreed);
  t.deepEqual(comment.changed, ["echo"]);
  const other = await again(capture, {
    echo: { bundle: echo.bundle.replace('log("answered", count)', 'log("answered", count > 30 ? "many" : count)') },
  });
  t.deepEqual(other.changed, ["echo"]);
  t.deepEqual(
    [other.difference?.device, other.difference?.kind, other.difference?.expected, other.difference?.got],
    ["echo", "event", "answered 31", "answered many"],
  );
  const record = capture.records[(other.difference?.line ?? 0) - 2];
  t.true(record?.k === "frame" && record.device === "echo" && record.t === other.difference?.time);
  const failing = await again(capture, { sensor: { bundle: "throw new Error('no')" } });
  t.is(failing.difference?.kind, "error");
  t.is(failing.difference?.line, 3);
  await t.throwsAsync(replay(capture, { host: () => new VmHost(), program: () => undefined }), {
    instanceOf: SimError,
  });
});

test("a restart keeps storage, and gives a device with hardware entropy other numbers", async (t) => {
  const program =
    "const n = require('Storage').read('n'); require('Storage').write('n', n === undefined ? '1' : n + '1'); console.log(n, E.hwRand())";
  const rolls = async (hardwareEntropy: boolean): Promise<string[][]> => {
    const simulator = new Simulator({ seed: 1, medium: { frameSize: 20 } });
    const logs: string[] = [];
    logs.push(
      ...(
        await simulator.addDevice("d", new VmHost(), {
          board,
          bundle: program,
          hardwareEntropy,
          storage: { n: Uint8Array.of(0x39) },
        })
      ).logs,
    );
    logs.push(...(await simulator.restart("d")).logs, ...(await simulator.restart("d")).logs);
    await simulator.close();
    return logs.map((line) => line.split(" "));
  };
  const hard = await rolls(true);
  t.deepEqual(
    hard.map((l) => l[0]),
    ["9", "91", "911"],
  );
  t.is(new Set(hard.map((l) => l[1])).size, 3);
  t.is(new Set((await rolls(false)).map((l) => l[1])).size, 1);
});

test("a frame too large for the medium stops the simulation", async (t) => {
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20 } });
  await simulator.addNode("n", new Beacon(1000, "-"));
  await simulator.addDevice("d", new VmHost(), {
    board,
    bundle: "setTimeout(function () { Bluetooth.write(new Uint8Array(21)); }, 5)",
  });
  await t.throwsAsync(simulator.runUntil(10), { instanceOf: FrameSizeError });
  await simulator.close();
});

test("links say who hears whom, and a node may address one peer", async (t) => {
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20, latency: 2 } });
  const beacons = { a: new Beacon(1000, "A"), b: new Beacon(1000, "B"), c: new Beacon(1000, "C") };
  for (const [name, node] of Object.entries(beacons)) await simulator.addNode(name, node);
  let asked = false;
  await simulator.addNode("d", {
    frame: (time) => emptyOutput(time),
    run: (time) => {
      const output = emptyOutput(time);
      if (asked) Object.assign(output, { frames: [Uint8Array.of(0x44)], times: [time], to: ["b"] });
      asked = true;
      return output;
    },
  });
  simulator.link("a", "b");
  simulator.link("d", "b");
  simulator.link("d", "c");
  await simulator.runUntil(1500);
  await simulator.poke("d");
  await simulator.runUntil(1600);
  t.deepEqual(beacons.a.heard, [{ time: 1002, from: "b", text: "B" }]);
  t.deepEqual(beacons.b.heard, [
    { time: 1002, from: "a", text: "A" },
    { time: 1502, from: "d", text: "D" },
  ]);
  t.deepEqual(beacons.c.heard, []);
  t.throws(() => simulator.link("a", "nobody"), { instanceOf: SimError });
  await t.throwsAsync(simulator.addNode("a", beacons.a), { instanceOf: SimError });
  t.throws(() => simulator.restart("a"), { instanceOf: SimError });
  await simulator.close();
});

test("events are told in order, and runWhile stops when asked", async (t) => {
  const events: SimEvent[] = [];
  const simulator = new Simulator({
    seed: 1,
    medium: { frameSize: 20, latency: 3 },
    observe: (event) => events.push(event),
  });
  const beacon = new Beacon(100, "ping");
  await simulator.addDevice("echo", new VmHost(), { board, ...echo });
  await simulator.addNode("beacon", beacon);
  t.true(await simulator.runWhile(() => beacon.heard.length === 2, 1000));
  t.is(simulator.time, 206);
  t.false(await simulator.runWhile(() => beacon.heard.length === 5, 300));
  t.deepEqual(
    events
      .filter(({ kind }) => kind !== "air")
      .slice(0, 6)
      .map((e) => [e.kind, e.time]),
    [
      ["log", 0],
      ["sent", 100],
      ["arrived", 103],
      ["log", 103],
      ["sent", 103],
      ["arrived", 106],
    ],
  );
  t.deepEqual(beacon.heard[0], { time: 106, from: "echo", text: "gnip" });
  await simulator.close();
});
