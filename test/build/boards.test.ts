import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { boardsFolder, loadBoard, loadBoards, readBoard } from "../../src/build/boards.ts";
import { BoardError, BuildError } from "../../src/build/errors.ts";

const puck = JSON.parse(readFileSync(join(boardsFolder, "puckjs.json"), "utf8"));

test("the boards are there, with their budgets", (t) => {
  t.deepEqual(
    loadBoards().map((b) => [b.name, b.crypto, b.entropy.hardware, b.budget.bytes]),
    [
      ["linux", "native", false, 11776],
      ["microbit2", "small", true, 14336],
      ["pixljs", "small", true, 14336],
      ["puckjs", "native", true, 11776],
    ],
  );
  t.like(loadBoard("puckjs"), { title: "Puck.js", variables: 2630, variableBytes: 13, radio: { kind: "ble", frameSize: 20 } });
});

test("an unknown board is told the names there are", (t) => {
  t.throws(() => loadBoard("bangle"), { instanceOf: BuildError, code: "UNKNOWN_BOARD", message: /linux, microbit2, pixljs, puckjs/ });
});

test("a board file that is wrong names the file and the field", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "puckjs.json");
  const { variables: _, ...without } = puck;
  const cases: [string, string, object | string][] = [
    ["", "not JSON", "{"],
    ["", "not an object", "[]"],
    ["variables", "left out", without],
    ["colour", "not known", { ...puck, colour: 1 }],
    ["crypto", "of another kind", { ...puck, crypto: "none" }],
    ["radio.frameSize", "too large", { ...puck, radio: { kind: "ble", frameSize: 300 } }],
    ["entropy.hardware", "left out inside", { ...puck, entropy: { source: "E.hwRand" } }],
    ["budget.bytes", "of another type", { ...puck, budget: { bytes: "9 KB" } }],
    ["sources.0", "empty", { ...puck, sources: [""] }],
    ["name", "not the file's", { ...puck, name: "puck" }],
  ];
  for (const [field, what, content] of cases) {
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    const error = t.throws<BoardError>(() => readBoard(file), { instanceOf: BoardError }, what);
    t.like(error, { code: "BOARD", file, field }, what);
    t.true(error!.message.startsWith(field === "" ? `${file}: ` : `${file}: ${field}: `), error!.message);
  }
});
