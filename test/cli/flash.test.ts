import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { folder, mote } from "./mote.ts";

test("what would be sent: files, bytes, lines; nothing is opened", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.js"), 'print(typeof require("e3x-mote").create);\n');
  const run = mote(["flash", "--board", "esp32", "--app", "app.js", "--port", "/dev/none", "--dry-run"], { cwd });
  t.is(run.code, 0, run.err);
  t.regex(run.out, /^e3x-mote +[\d,]+ +the runtime, as a module$/m);
  t.regex(run.out, /^mote\.seed0 +40 +a random seed, unless one is there$/m);
  t.regex(run.out, /^\.bootcde +\d+ +the application, as boot code$/m);
  t.regex(run.out, /[\d,]+ bytes in [\d,]+ lines.*\n[^]*\n\nNothing was sent\.\n$/);
  for (const line of run.out.split("\n")) t.true(line.length <= 100, line);
  const json = mote(["flash", "--board", "esp32", "--dry-run", "--erase", "--json"], { cwd });
  t.is(json.code, 0, json.err);
  const { board, erase, files } = JSON.parse(json.out) as {
    board: string;
    erase: boolean;
    files: { name: string; bytes: number; lines: number; keep: boolean }[];
  };
  t.deepEqual([board, erase], ["esp32", true]);
  t.like(
    files.find(({ name }) => name === "mote.seed0"),
    { bytes: 40, lines: 1, keep: true },
  );
  t.false(files.some(({ name }) => name === ".bootcde"));
  // a board with entropy of its own is given no seed
  const puck = JSON.parse(mote(["flash", "--board", "puckjs", "--dry-run", "--json"], { cwd }).out) as {
    files: { name: string }[];
  };
  t.false(puck.files.some(({ name }) => name.startsWith("mote.")));
});

test("without a board or a port: the command line is wrong", (t) => {
  t.is(mote(["flash", "--port", "/dev/none"]).code, 2);
  const run = mote(["flash", "--board", "puckjs"]);
  t.is(run.code, 2);
  t.regex(run.err, /^mote: say where the board is; give --port[^\n]*\n$/);
});
