import test from "ava";
import { builtinModules, languageGlobals, missingGlobals, statics } from "../../tools/build/espruino-names.ts";
import { espruino, run } from "./interpreter.ts";

const ask = (expression: string): string[] => JSON.parse(run(`print("@@" + JSON.stringify(${expression}))`)!);

test("the lists of names are what the interpreter says", (t) => {
  if (!espruino) {
    t.pass("skipped: no espruino-linux");
    return;
  }
  const globals = ask("Object.getOwnPropertyNames(global)");
  t.deepEqual(
    languageGlobals.filter((name) => !globals.includes(name)),
    [],
  );
  t.deepEqual(
    missingGlobals.filter((name) => globals.includes(name)),
    [],
  );
  for (const [object, names] of Object.entries(statics)) {
    const found = ask(`Object.getOwnPropertyNames(${object})`).filter((name) => name !== "prototype");
    t.deepEqual([...found].sort(), [...names].sort(), object);
  }
  const modules = ask('process.env.MODULES.split(",")');
  t.deepEqual(
    builtinModules.filter((name) => !modules.includes(name) && name !== "neopixel"),
    [],
  );
});
