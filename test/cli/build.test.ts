import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { loadBoards } from "../../src/build/boards.ts";
import { folder, mote } from "./mote.ts";

test("boards as a table that fits 80 columns, and as JSON", (t) => {
  const names = loadBoards().map(({ name }) => name);
  const run = mote(["boards"]);
  t.is(run.code, 0, run.err);
  const [head, ...lines] = run.out.trimEnd().split("\n");
  t.regex(head!, /^board +chip/);
  t.deepEqual(lines.map((line) => line.split(" ")[0]), names);
  for (const line of [head!, ...lines]) t.true(line.length <= 80, line);
  t.deepEqual(JSON.parse(mote(["boards", "--json"]).out), JSON.parse(JSON.stringify(loadBoards())));
});

test("a board's bundle with an application", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.ts"), 'const n: number = 1;\nprint("app", n, typeof require("e3x-mote"));\n');
  const run = mote(["build", "--board", "puckjs", "--app", "app.ts", "--out", "out", "--json"], { cwd });
  t.is(run.code, 0, run.err);
  t.deepEqual(readdirSync(join(cwd, "out/puckjs")).sort(), ["app.js", "bundle.js", "e3x-mote.js"]);
  const [report] = JSON.parse(run.out);
  t.is(report.board, "puckjs");
  t.is(readFileSync(join(cwd, "out/puckjs/e3x-mote.js")).length, report.bytes);
  t.true(readFileSync(join(cwd, "out/puckjs/bundle.js"), "utf8").includes("addCached"));
});

test("what can not be built: one line, and where there are findings their places below", (t) => {
  const cwd = folder(t);
  const unknown = mote(["build", "--board", "arduino"], { cwd });
  t.is(unknown.code, 1);
  t.regex(unknown.err, /^mote: no board "arduino"; there are .*puckjs.*\n$/);
  writeFileSync(join(cwd, "bad.js"), "print(new Set([1]).size);\n");
  const bad = mote(["build", "--board", "puckjs", "--app", "bad.js", "--out", "out"], { cwd });
  t.is(bad.code, 1);
  t.regex(bad.err, /^mote: [^\n]*\n.*bad\.js:1:/);
  t.deepEqual(readdirSync(cwd), ["bad.js"]);
  const missing = mote(["build", "--board", "puckjs", "--app", "none.js", "--out", "out"], { cwd });
  t.is(missing.code, 1);
  t.regex(missing.err, /^mote: [^\n]*none\.js[^\n]*\n$/);
});
