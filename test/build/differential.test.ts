// What the build makes of programs does what they say: generated programs in Node, as source in the real interpreter, and
// bundled there. More of them: npm run differential.
import fc from "fast-check";
import test from "ava";
import { findDialectErrors } from "../../tools/build/dialect.ts";
import { separateTexts } from "../../tools/build/passes/mends/lexer.ts";
import { mends } from "../../tools/build/passes/mends/index.ts";
import { classPrograms } from "./differential/classes.ts";
import { programs } from "./differential/grammar.ts";
import { kindsOf, language, notOfScripts } from "./differential/kinds.ts";
import { knownDifferences } from "./differential/known-differences.ts";
import { search, tell } from "./differential/search.ts";
import { espruino, run } from "./interpreter.ts";

const SEED = 1;

test("300 programs print the same in Node, as source in Espruino, and built for it", async (t) => {
  if (!espruino) {
    t.pass("skipped: no espruino-linux");
    return;
  }
  t.timeout(300_000);
  const found = await search({ count: 300, seed: SEED });
  t.is(found.difference, undefined, tell(found, SEED));
  t.true(found.compared >= 285, tell(found, SEED));
});

test("60 programs of classes print the same", async (t) => {
  if (!espruino) {
    t.pass("skipped: no espruino-linux");
    return;
  }
  t.timeout(300_000);
  const found = await search({ count: 60, seed: SEED, grammar: () => classPrograms });
  t.is(found.difference, undefined, tell(found, SEED));
});

for (const host of ["source", "app"] as const) {
  test(`without the semicolons that Espruino's lexer needs a program differs, ${host === "source" ? "as source" : "built"}`, async (t) => {
    if (!espruino) {
      t.pass("skipped: no espruino-linux");
      return;
    }
    t.timeout(300_000);
    const found = await search({
      count: 600,
      seed: SEED,
      hosts: [host],
      mending: mends.filter((mend) => mend !== separateTexts),
      shrinkingMs: 20_000,
    });
    t.truthy(found.difference, tell(found, SEED));
    t.log(tell(found, SEED));
  });
}

test("the programs have all kinds of code that the dialect accepts", (t) => {
  const types = new Set<string>();
  const known = new Set<string>();
  const accepted = new Set<string>();
  for (const code of language) {
    const script = `exports.f = function () {${code}};`;
    const parses = findDialectErrors(script, "x.js").every(({ rule }) => rule !== "syntax");
    if (!parses) continue;
    const { kinds, types: all } = kindsOf(script);
    const refused = findDialectErrors(script, "x.js").length > 0;
    for (const kind of kinds) {
      known.add(kind.split(" ")[0]!);
      if (!refused) accepted.add(kind);
    }
    for (const type of all) types.add(type);
  }
  const generated = new Set<string>();
  for (const role of ["app", "runtime"] as const) {
    for (const program of fc.sample(programs(role), { numRuns: 1500, seed: SEED }))
      for (const kind of kindsOf(`exports.f = function (out, tell) {${program}};`).kinds) generated.add(kind);
  }
  t.deepEqual(
    [...accepted].filter((kind) => !generated.has(kind)),
    [],
  );
  t.deepEqual(
    [...types].filter((type) => !known.has(type) && !notOfScripts.test(type)),
    [],
  );
});

for (const [what, code, byLanguage, inEspruino] of knownDifferences) {
  test(`known difference: ${what}`, (t) => {
    t.deepEqual(findDialectErrors(`exports.f = function () {${code}};`, "x.js"), []);
    t.is(String(new Function(code)()), byLanguage);
    if (espruino) t.is(run(`print("@@" + (function () {${code}})())`), inEspruino);
    else t.log("skipped: no espruino-linux");
  });
}
