import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import { Port } from "../../tools/flash/index.ts";
import { folder, type Ran } from "../cli/mote.ts";
import { Board, noTerminal, type Noise } from "./terminal.ts";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const reason = noTerminal();
const real = reason === undefined ? test.serial : test.serial.skip;
if (reason !== undefined)
  test("flashing over a pseudo-terminal", (t) => {
    t.pass();
    t.log(`skipped: ${reason}`);
  });

/** Runs `mote` while this process goes on: it is the cable. */
async function mote(cwd: string, args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), main, ...args], { cwd });
  const ran = { code: -1, out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => {
    ran.out += String(data);
  });
  child.stderr.on("data", (data: Buffer) => {
    ran.err += String(data);
  });
  [ran.code] = (await once(child, "close")) as [number];
  return ran;
}

async function plug(t: ExecutionContext, cwd: string, noise?: Noise): Promise<Board> {
  const board = await Board.start(cwd, noise);
  t.teardown(() => board.stop());
  return board;
}

/** Waits until the board's console has said something. */
async function says(board: Board, text: RegExp): Promise<boolean> {
  for (let left = 200; left > 0 && !text.test(board.said); left--)
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  return text.test(board.said);
}

const app = 'const core = require("e3x-mote");\nsetTimeout(() => print("app runs: " + typeof core.create), 10);\n';

real("a Linux board: flashed, verified, and the application runs when it starts again", async (t) => {
  t.timeout(180_000);
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.js"), app);
  const board = await plug(t, cwd);
  const flash = ["flash", "--board", "linux", "--port", board.path, "--app", "app.js"];
  const run = await mote(cwd, flash);
  t.is(run.code, 0, run.err);
  t.regex(run.out, /^writing e3x-mote \([\d,]+ bytes\), and reading its hash back \.\.\.$/m);
  t.regex(run.out, /^e3x-mote +[\d,]+ +[0-9a-f]{8} +written, verified$/m);
  t.regex(run.out, /^mote\.seed0 +40 +[0-9a-f]{8} +written, verified$/m);
  t.regex(run.out, /Flashed: LINUX, Espruino 2v\d+/);
  t.true(await says(board, /app runs: function/), board.said.slice(-300));

  const again = await mote(cwd, [...flash, "--json"]);
  t.is(again.code, 0, again.err);
  const { files } = JSON.parse(again.out) as { files: { name: string; done: string }[] };
  t.deepEqual(Object.fromEntries(files.map(({ name, done }) => [name, done])), {
    ...Object.fromEntries(files.map(({ name }) => [name, "same"])),
    "mote.seed0": "kept",
  });

  await board.stop();

  const restarted = await plug(t, cwd);
  t.true(await says(restarted, /app runs: function/), restarted.said.slice(-300));
});

real("over a bad cable: lost and wrong characters, and still what is there is what was sent", async (t) => {
  t.timeout(180_000);
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.js"), app);
  let n = 0;
  const board = await plug(t, cwd, (character) => {
    n++;
    if (n % 5003 === 0) return "";
    return n % 7001 === 0 ? "?" : character;
  });
  const run = await mote(cwd, ["flash", "--board", "linux", "--port", board.path, "--app", "app.js"]);
  t.is(run.code, 0, run.err);
  t.regex(run.out, /\d+ lines? had to be sent again/);
  t.true(await says(board, /app runs: function/), board.said.slice(-300));
});

real("a port that another program has open, and one that goes while it is in use", async (t) => {
  t.timeout(120_000);
  const cwd = folder(t);
  const board = await plug(t, cwd);
  const held = await Port.open(board.path);
  const busy = await mote(cwd, ["flash", "--board", "linux", "--port", board.path]).finally(() => held.close());
  t.is(busy.code, 1);
  t.regex(busy.err, /^mote: \/dev\/pts\/\d+ is busy: another program has it open; close it [^\n]*fuser[^\n]*\n$/);
  let n = 0;
  const pulled: Board = await plug(t, cwd, (character) => {
    if (n++ === 5000) void pulled.stop();
    return character;
  });
  const lost = await mote(cwd, ["flash", "--board", "linux", "--port", pulled.path]);
  t.is(lost.code, 1);
  t.regex(lost.err, /^mote: \/dev\/pts\/\d+ was lost; check cable and power, and flash again\n$/);
});

real(
  "another board, a port that is not there, a port that does not answer: one line that says what to do",
  async (t) => {
    t.timeout(120_000);
    const cwd = folder(t);
    const board = await plug(t, cwd);
    const other = await mote(cwd, ["flash", "--board", "puckjs", "--port", board.path]);
    t.is(other.code, 1);
    t.regex(
      other.err,
      /^mote: the board there is .*Linux.* \(LINUX\), not Puck\.js; give --board linux, or the port of a Puck\.js\n$/,
    );
    const missing = await mote(cwd, ["flash", "--board", "puckjs", "--port", "/dev/ttyNONE", "--json"]);
    t.is(missing.code, 1);
    t.is((JSON.parse(missing.out) as { error: { code: string } }).error.code, "PORT_NOT_FOUND");
    t.regex(missing.err, /^mote: there is no port \/dev\/ttyNONE; [^\n]*plug the board in[^\n]*\n$/);
    const deaf = await plug(t, cwd, () => "");
    const silent = await mote(cwd, ["flash", "--board", "linux", "--port", deaf.path]);
    t.is(silent.code, 1);
    t.regex(silent.err, /^mote: no answer on \/dev\/pts\/\d+; [^\n]*reset the board[^\n]*\n$/);
  },
);
