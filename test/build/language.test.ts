// An application for each feature of the language: built, it prints in the interpreter what Node.js prints, or it is refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { compile } from "../../tools/build/compile.ts";
import { BuildError } from "../../tools/build/errors.ts";
import { espruino, runLines } from "./interpreter.ts";
import { languageCases } from "./language-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "e3x-language-"));
mkdirSync(join(folder, "node_modules/tiny-pkg"), { recursive: true });
for (const [name, text] of Object.entries({
  "lib.ts": "export interface Foo { a: number }\nexport const twice = (n: number) => n * 2;\n",
  "cfg.json": '{"a": 3}',
  "node_modules/tiny-pkg/package.json": '{ "name": "tiny-pkg", "main": "index.js" }',
  "node_modules/tiny-pkg/index.js": 'export const decode = (text) => text + "!";\n',
}))
  writeFileSync(join(folder, name), text);
test.after.always(() => rmSync(folder, { recursive: true }));

// a module that somebody has saved to Storage; undefined is printed as nothing is, as by join
const before = 'Modules.addCached("DHT22", function () { exports.connect = function () {}; });\nprint("@@");';

for (const [what, code, expected] of languageCases) {
  test(`an application with ${what}`, async (t) => {
    const input = join(folder, `${what.replaceAll(" ", "-")}.ts`);
    writeFileSync(input, code);
    const built = compile({ input, output: "app.js", conditions: ["espruino"], role: "app" });
    if (expected instanceof RegExp) {
      const error = await t.throwsAsync(built, { instanceOf: BuildError });
      t.regex(error!.message, expected);
      return;
    }
    const made = await built;
    if (espruino)
      t.deepEqual(
        runLines(`${before}\n${made.code}`).map((line) => line.replace(/ undefined$/, " ")),
        expected,
      );
    else t.log("skipped: no espruino-linux");
  });
}
