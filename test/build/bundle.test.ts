import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import test from "ava";
import { buildBoard, writeBuild } from "../../src/build/bundle.ts";
import { loadBoard, loadBoards } from "../../src/build/boards.ts";
import { BudgetError, BuildError, DialectError } from "../../src/build/errors.ts";
import { formatBuild, formatSizes, sizeReport } from "../../src/build/report.ts";
import { espruino, run } from "./interpreter.ts";
import * as source from "./fixtures/device.ts";

const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name);
const entry = fixture("device.ts");
const puck = loadBoard("puckjs");

function inVm(files: Record<string, string>): string {
  const exports = {};
  vm.runInNewContext(files["e3x-mote.js"]!, { exports });
  let line = "";
  vm.runInNewContext(files["app.js"]!, {
    require: (name: string) => (name === "e3x-mote" ? exports : undefined),
    console: { log: (text: string) => (line = text) },
  });
  return line.replace("@@", "");
}

test("what is built does what its source does, in V8 and in the real interpreter", async (t) => {
  const { files } = await buildBoard(puck, { entry, app: fixture("app.ts") });
  const mote = source.create();
  const expected = `${mote.send()}|${mote.key()}|441|21`;
  t.is(inVm(files), expected);
  t.regex(files["app.js"]!, /require\("e3x-mote"\)/);
  if (espruino) t.is(run(files["bundle.js"]!), expected);
  else t.log("skipped: no espruino-linux");
});

test("an application may require the module, and be JavaScript", async (t) => {
  const { files } = await buildBoard(puck, { entry, app: fixture("app-require.js") });
  t.is(inVm(files), source.create().send());
  if (espruino) t.is(run(files["bundle.js"]!), source.create().send());
  else t.log("skipped: no espruino-linux");
});

test("an application's short names hide no global of Espruino", async (t) => {
  const { files } = await buildBoard(puck, { entry, app: fixture("app.ts") });
  const declared = [...files["app.js"]!.matchAll(/\b(?:let|var|const) (\w+)=/g)].map((match) => match[1]);
  t.true(declared.length > 0);
  t.false(declared.includes("E"));
});

test("members get short names, public ones keep theirs, what nobody uses is left out", async (t) => {
  const text = (await buildBoard(puck, { entry })).files["e3x-mote.js"]!;
  t.notRegex(text, /parts|names|total|report|nobody calls this/);
  t.regex(text, /send\(/);
});

test("sizes by source file add up to the bundle", async (t) => {
  const build = await buildBoard(puck, { entry });
  t.is(Object.values(build.bySource).reduce((sum, bytes) => sum + bytes), build.bytes);
  t.is(build.bytes, Buffer.byteLength(build.files["e3x-mote.js"]!));
  const names = Object.keys(build.bySource);
  t.is(names[0], "test/build/fixtures/device.ts");
  t.true(names.includes("test/build/fixtures/tables.ts"));
  const report = sizeReport(build);
  t.deepEqual([report.board, report.bytes, report.budget], ["puckjs", build.bytes, puck.budget.bytes]);
  t.regex(formatSizes([report]), /test\/build\/fixtures\/tables\.ts +\d+/);
});

test("a bundle over its budget fails with the figures", async (t) => {
  const { bytes } = await buildBoard(puck, { entry });
  await t.notThrowsAsync(buildBoard({ ...puck, budget: { bytes } }, { entry }));
  const error = await t.throwsAsync<BudgetError>(buildBoard({ ...puck, budget: { bytes: bytes - 7 } }, { entry }), { instanceOf: BudgetError });
  t.like(error, { code: "BUDGET", board: "puckjs", bytes, budget: bytes - 7, over: 7 });
  t.true(error!.message.includes(`${bytes} bytes, 7 over`));
});

test("what Espruino would not run fails with the source's place", async (t) => {
  const error = await t.throwsAsync<DialectError>(buildBoard(puck, { entry, app: fixture("app-refused.ts") }), { instanceOf: DialectError });
  t.like(error!.findings, [{ file: "test/build/fixtures/app-refused.ts", line: 3, rule: "es-x/no-destructuring" }]);
});

test("an application's own function fail stays as it is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.js");
  writeFileSync(app, 'function fail(code) { console.log("@@" + code); } fail("MAC"); fail("no code of ours");');
  t.regex((await buildBoard(puck, { entry, app })).files["app.js"]!, /"MAC".*no code of ours/s);
});

test("a module that is not there, and source that does not parse, are typed errors", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.ts");
  writeFileSync(app, 'import { x } from "not-there"; print(x);');
  await t.throwsAsync(buildBoard(puck, { entry, app }), { instanceOf: BuildError, code: "UNRESOLVED_IMPORT", message: /not-there/ });
  writeFileSync(app, "let a: = 1;");
  await t.throwsAsync(buildBoard(puck, { entry, app }), { instanceOf: BuildError, message: /app\.ts/ });
  await t.throwsAsync(buildBoard(puck, { entry, app: join(folder, "none.ts") }), { instanceOf: BuildError, code: "UNRESOLVED_ENTRY" });
});

test("a board's ciphers come by its conditions", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "package.json"), JSON.stringify({
    imports: { "#which": { "crypto-firmware": "./native.ts", "crypto-script": "./small.ts", default: "./host.ts" } },
  }));
  for (const which of ["native", "small", "host"]) writeFileSync(join(folder, `${which}.ts`), `export const which = "${which}";`);
  const device = join(folder, "device.ts");
  writeFileSync(device, 'import { which } from "#which"; exports.which = which; declare const exports: { which: string };');
  for (const board of loadBoards()) {
    const { files } = await buildBoard(board, { entry: device });
    t.true(files["e3x-mote.js"]!.includes(`"${board.crypto}"`), board.name);
  }
});

test("files are written under their names", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const build = await buildBoard(puck, { entry, app: fixture("app.ts") });
  const paths = writeBuild(build, join(folder, "deep", "puckjs"));
  t.deepEqual(paths.map((path) => readFileSync(path, "utf8")), Object.values(build.files));
  t.deepEqual(Object.keys(build.files), ["e3x-mote.js", "app.js", "bundle.js"]);
  t.regex(formatBuild(build, paths), /bundle\.js +[\d,]+ bytes\nPuck\.js: [\d.]+ % of 11,776 bytes used/);
});
