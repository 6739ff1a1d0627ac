import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import test from "ava";
import { buildBoard, measureBoard, writeBuild, type BoardBuild } from "../../tools/build/bundle.ts";
import { loadBoard, loadBoards } from "../../tools/build/boards.ts";
import { BudgetError, BuildError, DialectError } from "../../tools/build/errors.ts";
import { formatBuild, formatSizes, sizeReport } from "../../tools/build/report.ts";
import { espruino, run } from "./interpreter.ts";
import * as source from "./fixtures/device.ts";

const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name);
const entry = fixture("device.ts");
const radios = fixture("radios");
const puck = loadBoard("puckjs");
/** What most tests here build: the fixtures' runtime and radios. */
const small = { entry, radios };

/** What a bundle prints where Modules and require work as on a board. */
function inVm(files: Record<string, string>): string {
  const modules = new Map<string, string>();
  let line = "";
  vm.runInNewContext(files["bundle.js"]!, {
    Modules: { addCached: (name: string, module: () => void) => modules.set(name, `(${String(module)})()`) },
    require: (name: string) => {
      const exports = {};
      vm.runInNewContext(modules.get(name)!, { exports });
      return exports;
    },
    console: { log: (text: string) => (line = text) },
    Uint8Array,
  });
  return line.replace("@@", "");
}

test("what is built does what its source does, in V8 and in the real interpreter", async (t) => {
  const { files } = await buildBoard(puck, { ...small, app: fixture("app.ts") });
  const mote = source.create();
  const expected = `${mote.send()}|${mote.key()}|441|21`;
  t.is(inVm(files), expected);
  t.regex(files["app.js"]!, /require\("e3x-mote"\)/);
  if (espruino) t.is(run(files["bundle.js"]!), expected);
  else t.log("skipped: no espruino-linux");
});

test("an application may require the module, and be JavaScript", async (t) => {
  const { files } = await buildBoard(puck, { ...small, app: fixture("app-require.js") });
  t.is(inVm(files), source.create().send());
  if (espruino) t.is(run(files["bundle.js"]!), source.create().send());
  else t.log("skipped: no espruino-linux");
});

test("an application's short names hide no global of Espruino", async (t) => {
  const { files } = await buildBoard(puck, { ...small, app: fixture("app.ts") });
  const declared = [...files["app.js"]!.matchAll(/\b(?:let|var|const) (\w+)=/g)].map((match) => match[1]);
  t.true(declared.length > 0);
  t.false(declared.includes("E"));
});

test("members get short names, public ones keep theirs, what nobody uses is left out", async (t) => {
  const text = (await buildBoard(puck, small)).files["e3x-mote.js"]!;
  t.notRegex(text, /parts|names|total|report|nobody calls this/);
  t.regex(text, /send\(/);
});

test("sizes by source file add up to the runtime and the usual radio", async (t) => {
  const build = await buildBoard(puck, small);
  t.is(
    Object.values(build.bySource).reduce((sum, bytes) => sum + bytes),
    build.bytes,
  );
  t.deepEqual(
    [build.runtime, build.radio],
    [Buffer.byteLength(build.files["e3x-mote.js"]!), { kind: "ble", bytes: Buffer.byteLength(build.files["ble.js"]!) }],
  );
  t.is(build.bytes, build.runtime + build.radio.bytes);
  const names = Object.keys(build.bySource);
  t.is(names[0], "test/build/fixtures/device.ts");
  t.true(names.includes("test/build/fixtures/tables.ts") && names.includes("test/build/fixtures/radios/ble.ts"));
  const report = sizeReport(build);
  t.deepEqual([report.board, report.bytes, report.budget], ["puckjs", build.bytes, puck.budget!.thumb!]);
  t.regex(formatSizes([report]), /test\/build\/fixtures\/tables\.ts +\d+/);
});

test("boards that are alike share a column of sizes", async (t) => {
  const reports = [];
  for (const name of ["puckjs", "pixljs", "rp2040"]) reports.push(sizeReport(await buildBoard(loadBoard(name), small)));
  const text = formatSizes(reports);
  t.regex(text, /^bytes by source file +A +B$/m);
  t.regex(text, /^A {2}thumb with ble: puckjs, pixljs$/m);
  t.regex(text, /^B {2}thumb with serial: rp2040$/m);
});

test("what is over its budget fails with the figures", async (t) => {
  const { bytes } = await buildBoard(puck, small);
  const allow = (thumb: number): typeof puck => ({ ...puck, budget: { ...puck.budget, thumb } });
  await t.notThrowsAsync(buildBoard(allow(bytes), small));
  const error = await t.throwsAsync<BudgetError>(buildBoard(allow(bytes - 7), small), { instanceOf: BudgetError });
  t.like(error, { code: "BUDGET", board: "puckjs", bytes, budget: bytes - 7, over: 7 });
  t.true(error!.message.includes(`${bytes} bytes, 7 over`));
});

test("a bundle has the radios that the application requires, and no others", async (t) => {
  const build = await buildBoard(puck, { ...small, app: fixture("app-radios.js") });
  t.deepEqual(Object.keys(build.files), ["e3x-mote.js", "ble.js", "nus.js", "app.js", "bundle.js"]);
  t.deepEqual(
    [...build.files["bundle.js"]!.matchAll(/addCached\("([^"]+)"/g)].map((match) => match[1]),
    ["e3x-mote", "e3x-mote/ble", "e3x-mote/nus"],
  );
  t.is(inVm(build.files), "function,20,false,true,nus");
  if (espruino) t.is(run(build.files["bundle.js"]!), "function,20,false,true,nus");
  else t.log("skipped: no espruino-linux");
  // the interface keeps its names, the radio's own members do not
  t.regex(build.files["ble.js"]!, /mtu:.*oneWay:.*write:/);
  t.notRegex(build.files["ble.js"]!, /framesWritten|written/);
});

test("without an application the usual radio is there", async (t) => {
  t.deepEqual(Object.keys((await buildBoard(puck, small)).files), ["e3x-mote.js", "ble.js"]);
  t.deepEqual(Object.keys((await buildBoard(loadBoard("pico"), small)).files), ["e3x-mote.js", "serial.js"]);
});

test("a radio that the board has not is refused, and what is not there at all, with what there is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.js");
  const radios = "ble, nus, advertising, serial, sx127x, nrf24";
  for (const [text, kind] of [
    ['require("e3x-mote/udp").udp();', "udp"],
    ['import { udp } from "e3x-mote/udp"; udp();', "udp"],
    ['require("e3x-mote/zigbee");', "zigbee"],
    ['import "e3x-mote/ble/fast";', "ble/fast"],
    ['require("e3x-mote/constructor");', "constructor"],
  ] as const) {
    writeFileSync(app, text);
    const error = await t.throwsAsync(buildBoard(puck, { ...small, app }), {
      instanceOf: BuildError,
      code: kind === "udp" ? "NO_RADIO" : "NO_MODULE",
    });
    t.is(
      error!.message,
      kind === "udp"
        ? `Puck.js has no e3x-mote/udp; of the radios it can use ${radios}`
        : `there is no e3x-mote/${kind}; Puck.js can use the radios ${radios}, and channels, stream, thtp, block, sock, path, peer, box`,
    );
  }
});

test("an application that requires a channel gets the runtime with channels, and its module", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.js");
  const files = async (text: string): Promise<[BoardBuild, string[]]> => {
    writeFileSync(app, text);
    const build = await buildBoard(puck, { app });
    return [build, Object.keys(build.files)];
  };
  const [none, usual] = await files('require("e3x-mote").create({});');
  t.deepEqual([none.channels, usual], [false, ["e3x-mote.js", "app.js", "bundle.js"]]);
  t.notRegex(none.files["e3x-mote.js"]!, /miss/);
  const [some, names] = await files(
    'import { create } from "e3x-mote"; import { serve } from "e3x-mote/thtp"; serve(create({}), () => {});',
  );
  t.deepEqual(
    [some.channels, names, some.budget],
    [true, ["e3x-mote.js", "thtp.js", "app.js", "bundle.js"], puck.channelsBudget!.thumb!],
  );
  t.regex(some.files["e3x-mote.js"]!, /miss/);
  // lent by the runtime, not there twice
  t.regex(some.files["thtp.js"]!, /require\("e3x-mote"\)/);
  t.notRegex(some.files["thtp.js"]!, /JSON/);
  const [plain, alone] = await files('import "e3x-mote/channels"; require("e3x-mote").create({});');
  t.deepEqual(
    [plain.files["e3x-mote.js"], alone],
    [some.files["e3x-mote.js"], ["e3x-mote.js", "channels.js", "app.js", "bundle.js"]],
  );
  const [peers, peer] = await files('require("e3x-mote/peer").peer({}, "", "");');
  t.deepEqual([peers.channels, peer], ["peer", ["e3x-mote.js", "peer.js", "app.js", "bundle.js"]]);
  t.true(peers.runtime > some.runtime);
  const over = { ...puck, channelsBudget: { ...puck.channelsBudget, thumb: some.bytes - 1 } };
  await t.throwsAsync(buildBoard(over, { app, channels: true }), {
    instanceOf: BudgetError,
    message: /with channels .* 1 over/,
  });
});

test("without an application, all that one may require can be had", async (t) => {
  const { files } = await buildBoard(puck, { modules: true });
  t.deepEqual(Object.keys(files), [
    "e3x-mote.js",
    "ble.js",
    "nus.js",
    "advertising.js",
    "serial.js",
    "sx127x.js",
    "nrf24.js",
    "channels/e3x-mote.js",
    "channels/channels.js",
    "channels/stream.js",
    "channels/thtp.js",
    "channels/block.js",
    "channels/sock.js",
    "channels/path.js",
    "channels/box.js",
    "peer/e3x-mote.js",
    "peer/peer.js",
  ]);
  t.is(files["channels/e3x-mote.js"], (await measureBoard(puck, { channels: true })).files["e3x-mote.js"]);
});

test("a board that cannot hold the runtime is refused with the reason", async (t) => {
  const error = await t.throwsAsync(buildBoard(loadBoard("microbit1"), small), {
    instanceOf: BuildError,
    code: "REFUSED",
  });
  t.regex(error!.message, /^BBC micro:bit 1 is refused: it has 350 variables/);
});

test("native code is told apart, with what it would be as binary", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const device = join(folder, "device.ts");
  const code = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * i) & 255)).toString("base64");
  writeFileSync(device, `export const start = (run: (code: string) => void): void => run("${code}");`);
  const build = await buildBoard(puck, { entry: device, radios });
  t.deepEqual(build.native, { core: "m4", text: 1336, binary: 1000 });
  const paths = Object.keys(build.files);
  t.regex(
    formatBuild(build, paths),
    /Native code for M4: 1,000 bytes, as base64 text in e3x-mote\.js 1,336; .* would save 336 bytes/,
  );
  t.is((await buildBoard(puck, small)).native, undefined);
});

test("what Espruino would not run fails with the source's place", async (t) => {
  const error = await t.throwsAsync<DialectError>(buildBoard(puck, { ...small, app: fixture("app-refused.ts") }), {
    instanceOf: DialectError,
  });
  t.like(error!.findings, [{ file: "test/build/fixtures/app-refused.ts", line: 3, rule: "es-x/no-destructuring" }]);
});

test("an application's own function fail stays as it is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.js");
  writeFileSync(app, 'function fail(code) { console.log("@@" + code); } fail("MAC"); fail("no code of ours");');
  t.regex((await buildBoard(puck, { ...small, app })).files["app.js"]!, /"MAC".*no code of ours/s);
});

test("a module that is not there, and source that does not parse, are typed errors", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const app = join(folder, "app.ts");
  writeFileSync(app, 'import { x } from "not-there"; print(x);');
  await t.throwsAsync(buildBoard(puck, { ...small, app }), {
    instanceOf: BuildError,
    code: "UNRESOLVED_IMPORT",
    message: /not-there/,
  });
  writeFileSync(app, "let a: = 1;");
  await t.throwsAsync(buildBoard(puck, { ...small, app }), { instanceOf: BuildError, message: /app\.ts/ });
  await t.throwsAsync(buildBoard(puck, { ...small, app: join(folder, "none.ts") }), {
    instanceOf: BuildError,
    code: "UNRESOLVED_ENTRY",
  });
});

test("a board's back end and entropy come by its conditions", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const names = [
    "crypto-thumb",
    "crypto-firmware",
    "crypto-script",
    "thumb-m0",
    "thumb-m4",
    "entropy-hardware",
    "entropy-given",
  ];
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      imports: Object.fromEntries(names.map((name) => [`#${name}`, { [name]: "./yes.ts", default: "./no.ts" }])),
    }),
  );
  for (const which of ["yes", "no"]) writeFileSync(join(folder, `${which}.ts`), `export const which = "${which}";`);
  const device = join(folder, "device.ts");
  writeFileSync(
    device,
    [
      ...names.map((name, i) => `import { which as c${i} } from "#${name}";`),
      "declare const exports: { got: string[] };",
      `exports.got = [${names.map((name, i) => `c${i} === "yes" ? "<${name}>" : ""`).join(", ")}];`,
    ].join("\n"),
  );
  const built = async (name: string, native: boolean): Promise<string[]> => {
    const { files, backEnd, budget, board } = await measureBoard(loadBoard(name), { entry: device, native });
    t.is(budget, board.budget![backEnd]!);
    return [backEnd, ...[...files["e3x-mote.js"]!.matchAll(/<([\w-]+)>/g)].map((match) => match[1]!)];
  };
  const m4 = ["thumb", "crypto-thumb", "thumb-m4"];
  t.deepEqual(await built("puckjs", true), [...m4, "entropy-hardware"]);
  t.deepEqual(await built("puckjs", false), ["firmware", "crypto-firmware", "entropy-hardware"]);
  t.deepEqual(await built("mdbt42q", false), ["script", "crypto-script", "entropy-hardware"]);
  t.deepEqual(await built("pico", true), [...m4, "entropy-given"]);
  t.deepEqual(await built("rp2040", true), ["thumb", "crypto-thumb", "thumb-m0", "entropy-given"]);
  t.deepEqual(await built("rp2040", false), ["script", "crypto-script", "entropy-given"]);
  for (const native of [true, false])
    t.deepEqual(await built("esp32", native), ["firmware", "crypto-firmware", "entropy-given"]);
});

test("every board's runtime and usual radio are within the budgets, with native code and without, with channels and without", async (t) => {
  for (const board of loadBoards()) {
    if (board.refused !== undefined) continue;
    for (const [native, channels] of [
      [true, false],
      [false, false],
      [true, true],
      [false, true],
      [true, "peer"],
    ] as const) {
      const { bytes, budget, backEnd, native: code } = await measureBoard(board, { native, channels });
      t.true(bytes <= budget, `${board.name}, ${backEnd}${channels ? " with channels" : ""}: ${bytes} of ${budget}`);
      t.is(code !== undefined, backEnd === "thumb");
    }
  }
});

test("files are written under their names", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const build = await buildBoard(puck, { ...small, app: fixture("app.ts") });
  const paths = writeBuild(build, join(folder, "deep", "puckjs"));
  t.deepEqual(
    paths.map((path) => readFileSync(path, "utf8")),
    Object.values(build.files),
  );
  t.deepEqual(Object.keys(build.files), ["e3x-mote.js", "app.js", "bundle.js"]);
  t.regex(
    formatBuild(build, paths),
    /bundle\.js +[\d,]+ bytes\nPuck\.js: curve and ciphers in native Thumb code\ne3x-mote\.js and ble\.js: [\d,]+ bytes, [\d.]+ % of the budget of [\d,]+$/,
  );
});
