import test from "ava";
import { findDialectErrors } from "../../tools/build/dialect.ts";
import { minify } from "../../tools/build/minify.ts";
import { accepted } from "./dialect-cases.ts";
import { espruino, run } from "./interpreter.ts";

const map = { version: 3, sources: [], names: [], mappings: "" };

for (const [what, code, result] of accepted) {
  test(`minified as it stands in a program: ${what}`, async (t) => {
    const source = `{const work=function(){${code}};exports.f=()=>"" + work();}`;
    const minified = await minify({ code: source, maps: [map] }, "x.js", "runtime", ["f"]);
    t.true(minified.code.length <= source.length);
    t.deepEqual(findDialectErrors(minified.code, "x.js"), []);
    const exports: { f?: () => string } = {};
    new Function("exports", minified.code)(exports);
    t.is(exports.f!(), result);
    if (espruino) t.is(run(`const exports={};(function(){${minified.code}})();print("@@"+exports.f())`), result);
    else t.log("skipped: no espruino-linux");
  });
}

test("an application's variables are never called as a global of Espruino", async (t) => {
  const names = Array.from({ length: 400 }, (_, i) => `variable${i}`);
  // read from outside, so that none can be left out
  const code = names
    .map((name) => `let ${name}=input();const get${name}=()=>{output(${name});${name}=input()};output(get${name});`)
    .join("");
  const minified = await minify({ code, maps: [map] }, "x.js", "app");
  const declared = [...minified.code.matchAll(/[ ,](\w+)=/g)].map((match) => match[1]!);
  t.true(declared.length >= 400);
  for (const name of ["E", "g", "D1", "D2", "A0", "of"]) t.false(declared.includes(name), name);
});
