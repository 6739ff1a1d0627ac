import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import {
  InterpreterHost,
  Telemetry,
  VmHost,
  emptyOutput,
  findInterpreter,
  readCapture,
  replay,
} from "../../sim/index.ts";
import type { AirRecord, DeviceHost, IdealOptions, Program, ReplayResult, TelemetryOptions } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { fromHex } from "../../src/index.ts";

const example = (file: string): string => fileURLToPath(new URL(`../../examples/telemetry/${file}`, import.meta.url));
const board = loadBoard("puckjs");
const built = await measureBoard(board, { app: example("app.ts") });
const bundle = built.files["bundle.js"]!;
const readings = readFileSync(example("readings.jsonl"), "utf8").trimEnd().split("\n");
const calm: IdealOptions = { frameSize: 20, latency: 15 };

const scenario = (more: Partial<TelemetryOptions> = {}): Telemetry =>
  new Telemetry({ board, bundle, host: new VmHost(), seed: 1, medium: calm, messages: readings, ...more });

const logged = (s: Telemetry, text: string): boolean => s.logs.some((log) => log.text.startsWith(text));
const uncaught = (s: Telemetry): string[] =>
  s.logs.map((log) => log.text).filter((text) => text.startsWith("Uncaught"));
const again = (text: string, program: Program): Promise<ReplayResult> =>
  replay(readCapture(text), { host: () => new VmHost(), program: () => program });

/** Whether both sides have linked, in ten virtual minutes. */
const linked = async (s: Telemetry): Promise<boolean> => {
  await s.start();
  return s.until(() => logged(s, "linked"), 600_000);
};

/** All frames that one endpoint has sent so far, by the capture. */
const framesOf = (s: Telemetry, from: string): Uint8Array[] =>
  s.simulator
    .captureText()
    .split("\n")
    .filter((line) => line.startsWith('{"k":"air"'))
    .map((line) => JSON.parse(line) as AirRecord)
    .filter((record) => record.from === from)
    .map((record) => fromHex(record.bytes));

/** Says to `to` once more what `from` has said. Returns how many frames. */
const sayAgain = async (s: Telemetry, name: string, from: string, to: string): Promise<number> => {
  const frames = framesOf(s, from);
  let said = false;
  await s.simulator.addNode(name, {
    frame: (time) => emptyOutput(time),
    run: (time) => {
      const output = {
        ...emptyOutput(time),
        frames: said ? [] : frames,
        times: said ? [] : frames.map(() => time),
        to: frames.map(() => to),
      };
      said = true;
      return output;
    },
  });
  return frames.length;
};

const long = Array.from({ length: 200 }, (_, i) => `reading ${i}`)
  .join(" ")
  .slice(0, 1400);

test("a board links, sends every reading and reassembles 1,400 bytes, alike in both hosts", async (t) => {
  t.timeout(240_000);
  const play = async (host: DeviceHost): Promise<{ capture: string; peak: number | undefined }> => {
    const s = scenario({ host });
    t.true(await linked(s));
    await s.say(long);
    t.true(await s.until(() => s.sent === readings.length, 60_000));
    await s.untilQuiet(1000);
    const result = await s.result();
    t.deepEqual(
      [result.sent, result.delivered, result.lost, result.corrupted, result.waiting],
      [readings.length, readings.length, 0, 0, 0],
    );
    t.deepEqual(
      s.gateway.messages.map(({ content }) => Buffer.from(content).toString("utf8")),
      readings,
    );
    t.deepEqual(
      result.logs.map(({ text }) => text),
      ["identity made", "linked", `gateway says ${long}`],
    );
    t.deepEqual(result.drops, {});
    // 3 + 21 + 4 + 4 for the message and 6 for its number; a byte for each frame, and the zero that ends it
    for (const p of result.packets.filter((packet) => packet.kind === "message")) {
      t.is(p.bytes, p.content!.length + 38);
      t.is(p.frames, Math.ceil((p.bytes + 1) / 19));
      t.is(p.air, p.bytes + Math.ceil(p.bytes / 19) + 1);
    }
    const storage = await s.storage();
    t.deepEqual(Object.keys(storage), ["config", "mote.0", "mote.1", "mote.id", "mote.thumb"]);
    await s.close();
    return { capture: s.simulator.captureText(), peak: result.memory?.peak };
  };
  const { capture } = await play(new VmHost());
  if (findInterpreter() === undefined) return t.log("skipped: no espruino-linux found, only the vm host ran");
  const real = await play(new InterpreterHost());
  t.true(real.capture === capture, "the captures differ");
  t.true(real.peak! < board.variables);
  return t.log(`peak of process.memory().usage: ${real.peak} of ${board.variables} variables`);
});

test("on a bad radio messages are delivered or lost, nothing else happens, and the session recovers", async (t) => {
  const radios: [seed: number, medium: IdealOptions][] = [
    [2, { ...calm, loss: 0.03 }],
    [3, { ...calm, duplication: 0.1 }],
    [4, { ...calm, reordering: 0.05 }],
    [5, { ...calm, loss: 0.1, jitter: 20 }],
    [6, { ...calm, loss: 0.02, duplication: 0.03, reordering: 0.03 }],
  ];
  const lost: number[] = [];
  for (const [seed, medium] of radios) {
    const name = JSON.stringify(medium);
    const s = scenario({ seed, medium });
    t.true(await linked(s), name);
    // seven of the gateway too, while the device sends
    for (let i = 0; i < 7; i++) {
      await s.say(`${i} ${long.slice(0, 40 * i)}`);
      await s.forMs(1500);
    }
    await s.until(() => s.sent === readings.length, 600_000);
    await s.untilQuiet(15_000);
    const before = await s.result();
    t.deepEqual([before.sent, before.corrupted, before.waiting], [readings.length, 0, 0], name);
    t.is(before.delivered + before.lost, readings.length, name);
    lost.push(before.lost);
    t.deepEqual(
      s.gateway.messages.map(({ at }) => at),
      [...before.accepted].sort((a, b) => a - b),
      name,
    );
    const said = s.logs.filter(({ text }) => text.startsWith("gateway says")).map(({ text }) => text.slice(13));
    for (const text of said) t.is(text, `${text[0]} ${long.slice(0, 40 * Number(text[0]))}`, name);
    t.is(new Set(said).size, said.length, name);
    t.deepEqual(uncaught(s), [], name);
    Object.assign(s.simulator.ideal.options, { loss: 0, duplication: 0, reordering: 0 });
    // what was cut off is given up when the next comes: that one may go with it
    for (const text of ["first", "second", "third"]) {
      await s.say(text);
      await s.forMs(12_000);
    }
    t.true(logged(s, "gateway says third"), name);
    await s.close();
  }
  t.true(lost[0]! > 0 && lost[3]! > lost[0]!, `lost: ${lost.join(", ")}`);
});

test("a capture replays, and a changed bundle is found out", async (t) => {
  const s = scenario({ seed: 7, medium: { ...calm, jitter: 10, loss: 0.02 }, messages: readings.slice(0, 12) });
  t.true(await linked(s));
  await s.until(() => s.sent === 12, 60_000);
  await s.close();
  const text = s.simulator.captureText();
  const same = await again(text, { bundle });
  t.deepEqual([same.agreed, same.changed], [true, []]);
  t.true(same.frames > 30);
  const edits: [from: string, to: string, kind: string][] = [
    ['"linked"', '"joined"', "event"],
    ["1e3)", "2e3)", "frame"],
    ['"mote."', '"mot."', "none"],
    ['"link"', '"lnk"', "frame"],
  ];
  for (const [from, to, kind] of edits) {
    t.true(bundle.includes(from), from);
    const changed = await again(text, { bundle: bundle.split(from).join(to) });
    t.deepEqual(changed.changed, ["puckjs"], from);
    t.is(changed.agreed, kind === "none", from);
    if (kind !== "none") t.regex(changed.difference!.kind, /^(?:frame|event|timer)$/, from);
  }
});

test("a device that restarts keeps its identity and numbers, goes on, and old frames are refused on both sides", async (t) => {
  const s = scenario({ messages: readings.slice(0, 12) });
  t.true(await linked(s));
  await s.say("before");
  t.true(await s.until(() => s.sent === 5, 60_000));
  await s.forMs(5300);
  const before = await s.storage();
  const numbers = s.gateway.messages.length;
  await s.restartDevice();
  t.is(s.gateway.messages.length, numbers);
  t.true(await s.until(() => s.sent === 12, 600_000));
  await s.untilQuiet(3000);
  const after = await s.storage();
  t.deepEqual(after["mote.id"], before["mote.id"]);
  t.notDeepEqual([after["mote.0"], after["mote.1"]], [before["mote.0"], before["mote.1"]]);
  const result = await s.result();
  t.deepEqual([result.delivered, result.lost, result.corrupted], [12, 0, 0]);
  t.deepEqual(
    s.gateway.messages.map(({ content }) => Buffer.from(content).toString()),
    readings.slice(0, 12),
  );
  t.is(s.gateway.links.length, 1);
  t.is(result.logs.filter(({ text }) => text === "linked").length, 2);
  t.is(result.logs.filter(({ text }) => text === "identity made").length, 1);
  await s.say("after");
  await s.forMs(60_000);

  const drops = (): number => Object.values(s.gateway.drops).reduce((sum, n) => sum + n!, 0);
  const dropped = drops();
  t.true((await sayAgain(s, "parrot", "puckjs", "gateway")) > 40);
  await s.forMs(5000);
  t.is(s.gateway.messages.length, 12);
  t.true(drops() - dropped >= 14, JSON.stringify(s.gateway.drops));
  t.true((await sayAgain(s, "parrot 2", "gateway", "puckjs")) > 10);
  // the device meets the old KEY of nobody: it may look at what it costs
  await s.forMs(120_000);
  t.deepEqual(
    s.logs.filter(({ text }) => text.startsWith("gateway says")).map(({ text }) => text),
    ["gateway says before", "gateway says after"],
  );
  t.deepEqual(uncaught(s), []);
  await s.say("still here");
  await s.forMs(60_000);
  t.true(logged(s, "gateway says still here"));
  await s.close();
});

test("a gateway that restarts goes on with what it saved, without pairing, and refuses old frames", async (t) => {
  const s = scenario({ messages: readings.slice(0, 16) });
  t.true(await linked(s));
  t.true(await s.until(() => s.sent === 8, 60_000));
  await s.forMs(500);
  t.is(s.gateway.messages.length, 8);
  s.gateway.restart();
  await sayAgain(s, "parrot", "puckjs", "gateway");
  await s.forMs(100);
  t.is(s.gateway.messages.length, 8);
  t.false(s.gateway.pairing);
  t.true(await s.until(() => s.sent === 16, 60_000));
  await s.untilQuiet(1000);
  const result = await s.result();
  t.deepEqual([result.delivered, result.lost, result.corrupted], [16, 0, 0]);
  await s.say("hello again");
  await s.forMs(120_000);
  t.true(logged(s, "gateway says hello again"));
  t.deepEqual(uncaught(s), []);
  await s.close();
});

test("who is not paired is not heard, and gets no answer", async (t) => {
  const s = scenario({ messages: ["1"] });
  s.gateway.pairing = false;
  t.false(await linked(s));
  t.deepEqual([s.gateway.messages.length, s.sent, s.gateway.links.length], [0, 0, 0]);
  t.deepEqual(framesOf(s, "gateway"), []);
  t.deepEqual(Object.keys(s.gateway.drops), ["UNKNOWN_SENDER"]);
  t.deepEqual(uncaught(s), []);
  // whoever pairs later finds it still asking
  s.gateway.pairing = true;
  t.true(await s.until(() => s.gateway.messages.length === 1, 600_000));
  await s.close();
});
