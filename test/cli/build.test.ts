import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { loadBoards } from "../../tools/build/boards.ts";
import { folder, mote } from "./mote.ts";

const built = loadBoards()
  .filter(({ refused }) => refused === undefined)
  .map(({ name }) => name);

test("boards and their radios as tables that fit 80 columns, and as JSON", (t) => {
  const names = loadBoards().map(({ name }) => name);
  const run = mote(["boards"]);
  t.is(run.code, 0, run.err);
  const lines = run.out.trimEnd().split("\n");
  for (const line of lines) t.true(line.length <= 80, line);
  const [boards, radios, ...notes] = run.out.trimEnd().split("\n\n");
  t.regex(boards!, /^board +chip/);
  t.deepEqual(
    boards!
      .split("\n")
      .slice(1)
      .map((line) => line.split(" ")[0]),
    names,
  );
  t.regex(radios!, /^Radios.*\nboard +ble +nus +advertising +serial +sx127x +nrf24 +udp +tcp\n/);
  t.deepEqual(
    radios!
      .split("\n")
      .slice(2)
      .map((line) => line.split(" ")[0]),
    names,
  );
  t.regex(boards!, /^microbit1 .* refused /m);
  t.regex(notes.join(" ").replaceAll("\n", " "), /micro:bit 1 is refused: it has 350 variables/);
  t.deepEqual(JSON.parse(mote(["boards", "--json"]).out), JSON.parse(JSON.stringify(loadBoards())));
});

test("a board's bundle with an application", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.ts"), 'const n: number = 1;\nprint("app", n, typeof require("e3x-mote"));\n');
  const run = mote(["build", "--board", "puckjs", "--app", "app.ts", "--out", "out", "--json"], { cwd });
  t.is(run.code, 0, run.err);
  t.deepEqual(readdirSync(join(cwd, "out/puckjs")).sort(), ["app.js", "bundle.js", "e3x-mote.js"]);
  const [report] = JSON.parse(run.out);
  t.like(report, { board: "puckjs", backEnd: "thumb", radio: { kind: "ble" } });
  const length = (file: string): number => readFileSync(join(cwd, "out/puckjs", file)).length;
  t.deepEqual([length("e3x-mote.js"), length("bundle.js")], [report.runtime, report.bundle]);
  t.true(readFileSync(join(cwd, "out/puckjs/bundle.js"), "utf8").includes("addCached"));
});

test("an application's radio goes into its bundle", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.ts"), 'import { serial } from "e3x-mote/serial";\nprint(serial({ port: Serial1 }));\n');
  const run = mote(["build", "--board", "puckjs", "--app", "app.ts", "--out", "out"], { cwd });
  t.is(run.code, 0, run.err);
  t.regex(run.out, /out\/puckjs\/serial\.js +[\d,]+ bytes\n/);
  t.regex(readFileSync(join(cwd, "out/puckjs/bundle.js"), "utf8"), /addCached\("e3x-mote\/serial"/);
});

test("an application's channel goes into its bundle, with the runtime that has channels; what is not there is told", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.ts"), 'import { stream } from "e3x-mote/stream";\nprint(stream);\n');
  const run = mote(["build", "--board", "puckjs", "--app", "app.ts", "--out", "out"], { cwd });
  t.is(run.code, 0, run.err);
  t.regex(run.out, /out\/puckjs\/stream\.js +[\d,]+ bytes\n/);
  t.regex(run.out, /e3x-mote\.js with channels and ble\.js: [\d,]+ bytes, [\d.]+ % of the budget/);
  t.regex(readFileSync(join(cwd, "out/puckjs/bundle.js"), "utf8"), /addCached\("e3x-mote\/stream"/);
  writeFileSync(join(cwd, "app.ts"), 'require("e3x-mote/streams");\n');
  for (const board of [["--board", "puckjs"], ["--all"]]) {
    const missing = mote(["build", ...board, "--app", "app.ts", "--out", "out"], { cwd });
    t.is(missing.code, 1);
    t.regex(
      missing.err,
      /^mote: there is no e3x-mote\/streams; [^\n]* can use the radios [^\n]*, and channels, stream, thtp, [^\n]*box\n$/,
    );
  }
});

test("without native code", (t) => {
  const cwd = folder(t);
  const reports = ([[], ["--plain"]] as const).map((more) => {
    const run = mote(["build", "--board", "puckjs", ...more, "--out", "out", "--json"], { cwd });
    t.is(run.code, 0, run.err);
    t.deepEqual(readdirSync(join(cwd, "out/puckjs")).sort(), [
      "advertising.js",
      "ble.js",
      "channels",
      "e3x-mote.js",
      "nrf24.js",
      "nus.js",
      "peer",
      "serial.js",
      "sx127x.js",
    ]);
    t.deepEqual(readdirSync(join(cwd, "out/puckjs/channels")).sort(), [
      "block.js",
      "box.js",
      "channels.js",
      "e3x-mote.js",
      "path.js",
      "sock.js",
      "stream.js",
      "thtp.js",
    ]);
    return JSON.parse(run.out)[0];
  });
  t.deepEqual(
    reports.map((report) => report.backEnd),
    ["thumb", "firmware"],
  );
  t.true(reports[0].native.text > 2000 && reports[0].native.binary < reports[0].native.text);
  t.is(reports[1].native, null);
});

test("every board: what holds the runtime is built, what does not is listed", (t) => {
  const cwd = folder(t);
  const run = mote(["build", "--all", "--out", "out"], { cwd });
  t.is(run.code, 0, run.err);
  const [head, ...lines] = run.out.split("\n");
  t.regex(head!, /^board +back end +e3x-mote +native +radio +total +budget +used$/);
  t.deepEqual(
    lines.slice(0, built.length).map((line) => line.split(" ")[0]),
    built,
  );
  for (const line of lines) t.true(line.length <= 80, line);
  t.regex(run.out, /Not built: BBC micro:bit 1 is refused: it has 350 variables/);
  t.deepEqual(readdirSync(join(cwd, "out")).sort(), built);
});

test("every board with an application: those without its radio are listed", (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, "app.js"), 'require("e3x-mote/udp").udp({});\n');
  const run = mote(["build", "--all", "--app", "app.js", "--out", "out", "--json"], { cwd });
  t.is(run.code, 0, run.err);
  const reports: { board: string; bundle?: number; refused?: string }[] = JSON.parse(run.out);
  const made = ["esp32", "esp32c3", "esp32s3", "espruinowifi", "linux"];
  t.deepEqual(
    reports.filter(({ bundle }) => bundle !== undefined).map(({ board }) => board),
    made,
  );
  t.regex(reports.find(({ board }) => board === "puckjs")!.refused!, /^Puck\.js has no e3x-mote\/udp; .* ble, nus, /);
  t.deepEqual(readdirSync(join(cwd, "out")).sort(), made);
});

test("what can not be built: one line, and where there are findings their places below", (t) => {
  const cwd = folder(t);
  const unknown = mote(["build", "--board", "arduino"], { cwd });
  t.is(unknown.code, 1);
  t.regex(unknown.err, /^mote: no board "arduino"; there are .*puckjs.*\n$/);
  const small = mote(["build", "--board", "microbit1", "--out", "out"], { cwd });
  t.is(small.code, 1);
  t.regex(small.err, /^mote: BBC micro:bit 1 is refused: it has 350 variables[^\n]*\n$/);
  writeFileSync(join(cwd, "bad.js"), "print(new Set([1]).size);\n");
  const bad = mote(["build", "--board", "puckjs", "--app", "bad.js", "--out", "out"], { cwd });
  t.is(bad.code, 1);
  t.regex(bad.err, /^mote: [^\n]*\n.*bad\.js:1:/);
  writeFileSync(join(cwd, "radio.js"), 'require("e3x-mote/tcp");\n');
  const radio = mote(["build", "--board", "puckjs", "--app", "radio.js", "--out", "out"], { cwd });
  t.is(radio.code, 1);
  t.regex(radio.err, /^mote: Puck\.js has no e3x-mote\/tcp; of the radios it can use ble, .*nrf24\n$/);
  t.deepEqual(readdirSync(cwd).sort(), ["bad.js", "radio.js"]);
  const missing = mote(["build", "--board", "puckjs", "--app", "none.js", "--out", "out"], { cwd });
  t.is(missing.code, 1);
  t.regex(missing.err, /^mote: [^\n]*none\.js[^\n]*\n$/);
});
