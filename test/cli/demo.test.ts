import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { findInterpreter } from "../../sim/index.ts";
import { folder, mote } from "./mote.ts";

const readings = readFileSync(
  fileURLToPath(new URL("../../examples/telemetry/readings.jsonl", import.meta.url)),
  "utf8",
)
  .trimEnd()
  .split("\n");
const sizes = readings.map((line) => Buffer.byteLength(line));

test("the sample readings: 25 to 40 JSON values of 1 to 1,400 bytes, both ends included", (t) => {
  t.true(readings.length >= 25 && readings.length <= 40);
  t.deepEqual([Math.min(...sizes), Math.max(...sizes)], [1, 1400]);
  for (const line of readings) t.notThrows(() => void JSON.parse(line));
});

test("demo: bundle, timeline, bytes, result and replay in plain lines of 80 columns", (t) => {
  const run = mote(["demo"]);
  t.is(run.code, 0, run.err);
  t.is(run.err, "");
  t.regex(run.out, /[\d,]+ of [\d,]+ bytes \([\d.]+ %\)/);
  t.regex(run.out, /0:\d\d\.\d{3} +device .*identity made/);
  t.regex(run.out, /puckjs > gateway +4 x 20 \+ 16 +96 +handshake: asks to link/);
  t.regex(run.out, /gateway > puckjs +4 x 20 \+ 16 +96 +handshake: yes, link/);
  t.regex(run.out, /puckjs > gateway +2 x 20 \+ 3 +43 +message 1: 1 byte\n/);
  t.regex(run.out, /75 x 20 \+ 15 +1,515 +message 26: 1,400 bytes\n/);
  // content, packet, frames, on the air, overhead
  t.regex(run.out, /\n +1 +1 +39 +3 +43 +42 +98 %\n/);
  t.regex(run.out, /\n +26 +1,400 +1,438 +76 +1,515 +115 +8 %\n/);
  t.regex(run.out, new RegExp(`messages: ${readings.length} sent, ${readings.length} delivered, 0 lost\\n`));
  t.regex(run.out, /\nagreed: /);
  t.regex(run.out, new RegExp(`All well: ${readings.length} of ${readings.length} messages`));
  t.notRegex(run.out, /\x1b|\r/);
  for (const line of run.out.split("\n")) t.true(line.length <= 80, line);
});

test("sim in JSON, its capture replays, and another application is found out", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "few.txt"), 'one\n{"two":2}\n');
  const args = ["sim", "--messages", "few.txt", "--latency", "30", "--json"];
  const run = mote([...args, "--capture", "out/capture.jsonl"], { cwd });
  t.is(run.code, 0, run.err);
  const result = JSON.parse(run.out);
  t.deepEqual([result.sent, result.delivered, result.lost, result.corrupted, result.waiting], [2, 2, 0, 0, 0]);
  t.deepEqual(result.messages, [
    { at: 1, content: 3, packet: 41, frames: 3, air: 45, overhead: 42, delivered: true },
    { at: 2, content: 9, packet: 47, frames: 3, air: 51, overhead: 42, delivered: true },
  ]);
  t.deepEqual(result.medium, { frameSize: 20, latency: 30, loss: 0, duplication: 0, reordering: 0 });
  t.true(existsSync(join(cwd, "out/capture.jsonl")));
  const other = JSON.parse(mote([...args, "--seed", "2"], { cwd }).out);
  t.not(other.linked, undefined);

  const same = mote(["replay", "out/capture.jsonl", "--json"], { cwd });
  t.is(same.code, 0, same.err);
  t.deepEqual([JSON.parse(same.out).agreed, JSON.parse(same.out).changed], [true, []]);

  const app = readFileSync(fileURLToPath(new URL("../../examples/telemetry/app.ts", import.meta.url)), "utf8");
  writeFileSync(join(cwd, "app.ts"), app.replace('"linked"', '"joined"'));
  const changed = mote(["replay", "out/capture.jsonl", "--app", "app.ts"], { cwd });
  t.is(changed.code, 1, changed.err);
  t.regex(changed.out, /the bundle of puckjs is not the one/);
  t.regex(
    changed.out,
    /differs at \d+:\d\d\.\d{3}, puckjs, event 1 \(capture line \d+\)\n +expected: linked\n +got: +joined\n/,
  );

  writeFileSync(join(cwd, "cut.jsonl"), readFileSync(join(cwd, "out/capture.jsonl"), "utf8").slice(0, 5000));
  const cut = mote(["replay", "cut.jsonl"], { cwd });
  t.is(cut.code, 1);
  t.regex(cut.err, /^mote: cut\.jsonl: capture line \d+: [^\n]+\n$/);
});

test("sim on a bad radio says what was lost, and ends well", (t) => {
  const run = mote([
    "sim",
    "--loss",
    "0.02",
    "--duplicate",
    "0.02",
    "--reorder",
    "0.02",
    "--seed",
    "3",
    "--board",
    "microbit2",
  ]);
  t.is(run.code, 0, run.err);
  const [, sent, delivered, lost] = /messages: (\d+) sent, (\d+) delivered, (\d+) lost\n/.exec(run.out) ?? [];
  t.is(Number(sent), readings.length);
  t.is(Number(delivered) + Number(lost), readings.length);
  t.true(Number(lost) > 0 && Number(delivered) > 0);
  t.regex(run.out, /refused by the gateway: .*MAC \d/);
});

test("sim with an application that uses channels: their packets are told as such, many in short", (t) => {
  const cwd = folder(t);
  writeFileSync(
    join(cwd, "channels.js"),
    `
    require("e3x-mote/channels");
    const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: require("Storage").readJSON("config").gateway });
    let n = 0;
    const open = () => mote.channel({ type: "x", n: n }, undefined, (event, data) => {
      if (event === "close" && ++n < 10) open();
      else print(event, data);
    });
    mote.on("up", open);
  `,
  );
  const run = mote(["sim", "--app", "channels.js", "--seconds", "100"], { cwd });
  t.is(run.code, 0, run.err + run.out);
  t.regex(
    run.out,
    /puckjs > gateway +\d+ x [^\n]*channel packet \(\d+ bytes\)\n[^\n]*gateway > puckjs [^\n]*channel packet/,
  );
  t.regex(run.out, /12 more channel packets\n/);
  t.regex(run.out, /messages: 0 sent, 0 delivered, 0 lost\nchannels: 20 packets, [\d,]+ bytes\n/);
  t.notRegex(run.out, /unknown \(/);
  t.like(JSON.parse(mote(["sim", "--app", "channels.js", "--seconds", "100", "--json"], { cwd }).out), {
    channels: { packets: 20 },
    sent: 0,
  });
});

test("sim with an application of one's own, and with what can not be", (t) => {
  const cwd = folder(t);
  writeFileSync(
    join(cwd, "own.js"),
    `
    const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: require("Storage").readJSON("config").gateway });
    mote.on("up", () => mote.send("hello"));
    mote.on("ready", () => { setTimeout(() => { throw new Error("mine"); }, 10); });
  `,
  );
  const own = mote(["sim", "--app", "own.js", "--seconds", "300"], { cwd });
  t.is(own.code, 1, own.err);
  t.regex(own.out, /messages: 1 sent, 1 delivered, 0 lost\n/);
  t.regex(own.out, /exception on the device: Uncaught .*mine/);
  writeFileSync(join(cwd, "long.txt"), `${"x".repeat(1401)}\n`);
  const cases: [args: string[], code: number, error: RegExp][] = [
    [["sim", "--board", "microbit1"], 1, /micro:bit 1 is refused: it has 350 variables/],
    [["sim", "--board", "none"], 1, /no board "none"/],
    [["sim", "--messages", "long.txt"], 2, /message 1 has 1401 bytes/],
    [["sim", "--messages", "gone.txt"], 1, /gone\.txt: there is no such file/],
    [["sim", "--loss", "2"], 2, /--loss is not a number of 0 to 1/],
    [["sim", "--mtu", "1"], 2, /--mtu is not an integer/],
    [["sim", "--host", "quickjs"], 2, /vm, interpreter/],
    [["replay", "long.txt"], 1, /long\.txt: capture line 1/],
  ];
  for (const [args, code, error] of cases) {
    const run = mote(args, { cwd });
    t.is(run.code, code, args.join(" "));
    t.regex(run.err, error);
    t.is(run.err.trimEnd().split("\n").length, 1, run.err);
  }
  if (findInterpreter() === undefined) t.log("no espruino-linux found: only that it is missing was seen");
  const missing = mote(["sim", "--host", "interpreter"], { cwd, env: { ESPRUINO_LINUX: "/nowhere" } });
  t.is(missing.code, 1);
  t.regex(missing.err, /^mote: the Espruino interpreter was not found/);
});
