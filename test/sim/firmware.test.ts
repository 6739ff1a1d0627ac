// The files of sim/firmware are programs in Espruino's dialect, whole or part of others.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import test from "ava";
import { ESLint } from "eslint";
import { boardText, firmwareFiles, firmwareText, radioText } from "../../sim/firmware/index.ts";
import { findDialectErrors } from "../../tools/build/dialect.ts";
import { loadBoards, radioKinds } from "../../tools/build/boards.ts";
import { packageRoot } from "../../tools/build/root.ts";

const folder = join(packageRoot, "sim/firmware");
const parts = ["boards/buttons.js", "boards/happenings.js", "radios/bluetooth.js", "radios/spi-bus.js"];

test("each file is a program or a part of some", (t) => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
  t.deepEqual(files.sort(), [...firmwareFiles, ...parts].sort());
  for (const part of parts) {
    const text = firmwareText(part);
    t.true(
      firmwareFiles.some((file) => firmwareText(file).includes(text)),
      part,
    );
  }
});

test("each program is one function expression", (t) => {
  const takes: { [file: string]: number } = { "core.js": 4, "remote.js": 1 };
  for (const file of firmwareFiles) {
    const program = vm.runInNewContext(firmwareText(file), {}, { filename: file }) as (...args: unknown[]) => unknown;
    t.is(typeof program, "function", file);
    t.is(program.length, takes[file] ?? 1, file);
    t.notRegex(firmwareText(file), /\/\/ include/, file);
  }
});

test("each program with its parts keeps to the dialect, and uses what is there", (t) => {
  for (const file of firmwareFiles) {
    const found = findDialectErrors(firmwareText(file), file).map(({ line, message }) => `${line}: ${message}`);
    // the Linux build, in which this one runs, has it
    t.deepEqual(
      found.filter((one) => !(file === "remote.js" && one.endsWith("'quit' is not defined."))),
      [],
      file,
    );
  }
});

test("npm run lint checks the files, with their lines", async (t) => {
  const eslint = new ESLint({ cwd: packageRoot });
  const wrong = "(function (w) {\n  const { send } = w;\n\n  send([1].lastIndexOf(1));\n})\n";
  const [result] = await eslint.lintText(wrong, { filePath: join(folder, "radios/wrong.js") });
  t.deepEqual(
    result!.messages.map(({ ruleId, line }) => `${line}: ${ruleId}`),
    ["2: es-x/no-destructuring", "4: es-x/no-array-prototype-lastindexof"],
  );
  const files = await eslint.lintFiles([`${folder}/**/*.js`]);
  t.is(files.length, firmwareFiles.length + parts.length);
  t.deepEqual(
    files.flatMap(({ filePath, messages }) => messages.map(({ line, message }) => `${filePath}:${line}: ${message}`)),
    [],
  );
});

test("there is hardware for each radio that boards have, and for each board", (t) => {
  for (const kind of radioKinds) t.regex(radioText(kind), /^(\/\/.*\n|\n)*\(function/, kind);
  t.is(radioText("Bluetooth"), "undefined");
  t.is(radioText("Serial1"), "undefined");
  const without = loadBoards()
    .map(({ name }) => name)
    .filter((name) => boardText(name) === "undefined");
  // one is no board, for the other nothing can be built
  t.deepEqual(without, ["linux", "microbit1"]);
});
