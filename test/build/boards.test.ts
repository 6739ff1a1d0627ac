import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import {
  backEndOf,
  boardsFolder,
  loadBoard,
  loadBoards,
  radioKinds,
  readBoard,
  type Board,
} from "../../tools/build/boards.ts";
import { BoardError, BuildError } from "../../tools/build/errors.ts";
import { skip } from "../helpers/hosts.ts";

const puck = JSON.parse(readFileSync(join(boardsFolder, "puckjs.json"), "utf8"));
const names = readdirSync(boardsFolder)
  .map((file) => file.replace(".json", ""))
  .filter((name) => name !== "schema")
  .sort();

test("the boards are there, with their back ends: by default and without native code", (t) => {
  const firmware = ["firmware", "firmware"];
  const thumbOrFirmware = ["thumb", "firmware"];
  const thumbOrScript = ["thumb", "script"];
  const expected: Record<string, string[]> = {
    banglejs2: thumbOrScript,
    esp32: firmware,
    esp32c3: firmware,
    esp32s3: firmware,
    esp8266: ["refused"],
    espruinowifi: thumbOrFirmware,
    joltjs: thumbOrScript,
    linux: firmware,
    mdbt42q: thumbOrScript,
    microbit1: ["refused"],
    microbit2: thumbOrScript,
    nrf52840dk: thumbOrScript,
    pico: thumbOrFirmware,
    pixljs: thumbOrScript,
    puckjs: thumbOrFirmware,
    rp2040: thumbOrScript,
    ruuvitag: thumbOrScript,
    thingy52: thumbOrScript,
    xiaoble: thumbOrScript,
  };
  const backEnds = (board: Board): string[] =>
    board.refused === undefined ? [backEndOf(board), backEndOf(board, false)] : ["refused"];
  t.deepEqual(Object.fromEntries(loadBoards().map((board) => [board.name, backEnds(board)])), expected);
  t.deepEqual(names, Object.keys(expected));
});

test("a Puck.js", (t) => {
  t.like(loadBoard("puckjs"), {
    title: "Puck.js",
    chip: "nRF52832",
    clockMHz: 64,
    variables: 2630,
    variableBytes: 13,
    flash: 40960,
    firmware: ["SHA256", "AES"],
    thumb: "m4",
    entropy: { source: "E.hwRand", hardware: true },
    radios: [
      { kind: "ble", frameSize: 50 },
      { kind: "nus", frameSize: 50 },
      { kind: "advertising", frameSize: 24 },
    ],
  });
});

test("keys come from a board's own numbers only where a hardware generator makes them", (t) => {
  for (const board of loadBoards()) t.is(board.entropy.hardware, board.chip.startsWith("nRF5"), board.name);
});

test("an unknown board is told the names there are", (t) => {
  t.throws(() => loadBoard("bangle"), {
    instanceOf: BuildError,
    code: "UNKNOWN_BOARD",
    message: /linux, .*microbit2, .*pixljs, puckjs/,
  });
});

test("a board file that is wrong names the file and the field", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "puckjs.json");
  const { variables: _, ...without } = puck;
  const { budget: __, ...unlimited } = puck;
  const cases: [string, string, object | string][] = [
    ["", "not JSON", "{"],
    ["", "not an object", "[]"],
    ["variables", "left out", without],
    ["colour", "not known", { ...puck, colour: 1 }],
    ["firmware.0", "of another kind", { ...puck, firmware: ["MD5"] }],
    ["firmware", "twice the same", { ...puck, firmware: ["AES", "AES"] }],
    ["thumb", "of another core", { ...puck, thumb: "m7" }],
    ["radios", "none", { ...puck, radios: [] }],
    ["radios.0.kind", "of another kind", { ...puck, radios: [{ kind: "zigbee", frameSize: 80 }] }],
    [
      "radios.1.frameSize",
      "too large",
      {
        ...puck,
        radios: [
          { kind: "ble", frameSize: 50 },
          { kind: "tcp", frameSize: 300 },
        ],
      },
    ],
    ["entropy.hardware", "left out inside", { ...puck, entropy: { source: "E.hwRand" } }],
    ["budget", "left out", unlimited],
    ["budget.thumb", "of another type", { ...puck, budget: { thumb: "9 KB" } }],
    ["budget.firmware", "missing for a build without native code", { ...puck, budget: { thumb: 9000 } }],
    [
      "budget.script",
      "missing for what the firmware lacks",
      { ...puck, firmware: ["SHA256"], budget: { thumb: 9000, firmware: 9000 } },
    ],
    ["refused", "without a reason", { ...puck, refused: "" }],
    ["sources.0", "empty", { ...puck, sources: [""] }],
    ["name", "not the file's", { ...puck, name: "puck" }],
  ];
  for (const [field, what, content] of cases) {
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    const error = t.throws<BoardError>(() => readBoard(file), { instanceOf: BoardError }, what);
    t.like(error, { code: "BOARD", file, field }, what);
    t.true(error!.message.startsWith(field === "" ? `${file}: ` : `${file}: ${field}: `), error!.message);
  }
  writeFileSync(file, JSON.stringify({ ...unlimited, refused: "too small" }));
  t.is(readBoard(file).refused, "too small");
});

test("the schema knows the radios that the build knows, and describes every field", (t) => {
  const { properties } = JSON.parse(readFileSync(join(boardsFolder, "schema.json"), "utf8"));
  t.deepEqual(properties.radios.items.properties.kind.enum, [...radioKinds]);
  const plain = ["$schema", "chip"];
  for (const [name, field] of Object.entries<{ description?: string }>(properties)) {
    if (!plain.includes(name)) t.is(typeof field.description, "string", name);
  }
});

const sources = [process.env["ESPRUINO_SOURCES"], "/opt/esp/Espruino"].find(
  (folder) => folder && existsSync(join(folder, "boards/PUCKJS.py")),
);

/** What Espruino's own board file says, of what can be read without running it. */
function official(name: string): Record<string, unknown> {
  // comments are left out: they hold libraries that are not built in
  const text = readFileSync(join(sources!, "boards", `${name}.py`), "utf8")
    .replace(/#.*/g, "")
    .replaceAll('"', "'");
  const number = (field: string): number =>
    Number(
      new RegExp(`'${field}'\\s*:\\s*(-?\\d+|saved_code_pages)`).exec(text)?.[1]?.replace("saved_code_pages", "4"),
    );
  const libraries = /'libraries'\s*:\s*\[([^\]]*)\]/.exec(text)![1]!;
  const has = (library: string): boolean => libraries.includes(`'${library}'`);
  const mtu = Number(/MAX_MTU_SIZE=(\d+)/.exec(text)?.[1] ?? 23);
  return {
    chip: /'part'\s*:\s*'(\w+)'/.exec(text)![1],
    clockMHz: number("speed"),
    variables: number("variables"),
    flash: text.includes("'saved_code'") ? number("page_size") * number("pages") : number("flash") * 1024,
    firmware: has("CRYPTO") ? ["SHA256", "AES"].filter((one) => has(one) || (one === "AES" && has("TLS"))) : [],
    // of the ESP32 nobody tells an application
    ble: has("BLUETOOTH") ? (text.includes("'ESP32'") ? 20 : mtu - 3) : undefined,
    serial: number("usart") > 0,
  };
}

test("figures and names are those of Espruino's own board files", (t) => {
  if (!sources) return skip(t, "there are no sources of Espruino; name their folder in ESPRUINO_SOURCES");
  for (const board of loadBoards()) {
    for (const [file, name] of Object.entries(board.espruino)) {
      const text = readFileSync(join(sources, "boards", `${file}.py`), "utf8");
      t.is(name, /["']boardname["']\s*:\s*["'](\w+)["']/.exec(text)?.[1] ?? file, file);
    }
    const found = official(Object.keys(board.espruino)[0]!);
    const own: Record<string, unknown> = {
      chip: board.chip.toUpperCase().replace("-", ""),
      clockMHz: board.clockMHz,
      variables: board.variables,
      flash: board.flash,
      firmware: board.firmware,
      ble: board.radios.find(({ kind }) => kind === "ble")?.frameSize,
      serial: board.radios.some(({ kind }) => kind === "serial"),
    };
    // no pins for a port; no variables of a fixed number, no clock; a chip that is built as another; a part's package
    if (["banglejs2", "microbit1"].includes(board.name)) own["serial"] = true;
    if (board.name === "linux") Object.assign(own, { chip: "LINUX", clockMHz: -1, variables: 0 });
    if (board.name === "microbit2") own["chip"] = "NRF52832";
    if (String(found["chip"]).startsWith(String(own["chip"]))) own["chip"] = found["chip"];
    t.deepEqual(own, found, board.name);
    // src/jsutils.h
    if (board.name !== "linux")
      t.is(board.variableBytes, board.variables < 2048 ? 12 : board.variables < 8192 ? 13 : 14, board.name);
  }
});
