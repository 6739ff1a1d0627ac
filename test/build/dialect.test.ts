import test from "ava";
import { findDialectErrors } from "../../tools/build/dialect.ts";
import { accepted, refused } from "./dialect-cases.ts";
import { espruino, run } from "./interpreter.ts";

const program = (code: string): string => `exports.f = function () {${code}};`;
const standard = (code: string): string => String(new Function(code)());
const real = (code: string): string | undefined =>
  run(`try { print("@@" + (function () {${code}})()); } catch (e) { print("@@threw " + e); }`);

for (const [what, code, result] of accepted) {
  test(`accepts ${what}`, (t) => {
    t.deepEqual(findDialectErrors(program(code), "x.js"), []);
    t.is(standard(code), result);
    if (espruino) t.is(real(code), result);
    else t.log("skipped: no espruino-linux");
  });
}

for (const [what, code, rule, result] of refused) {
  test(`refuses ${what}`, (t) => {
    const rules = findDialectErrors(program(code), "x.js").map((finding) => finding.rule);
    t.true(rules.includes(rule), `found ${rules.join(", ")}`);
    t.is(standard(code), result);
    if (espruino) t.not(real(code), result);
    else t.log("skipped: no espruino-linux");
  });
}

test("a finding has its place, its rule and the text around it", (t) => {
  t.like(findDialectErrors("exports.a = 1;\nexports.b = exports.a ** 2;", "x.js"), [
    {
      file: "x.js",
      line: 2,
      column: 13,
      rule: "es-x/no-exponential-operators",
      excerpt: "exports.b = exports.a ** 2;",
    },
  ]);
});

test("what does not parse is a finding too", (t) => {
  t.like(findDialectErrors("exports.a = ;", "x.js"), [{ line: 1, column: 13, rule: "syntax" }]);
});

test("comments for ESLint in an application are no findings, and switch nothing off", (t) => {
  t.deepEqual(findDialectErrors("// eslint-disable-next-line no-console\nprint(1);", "x.js"), []);
  t.like(findDialectErrors("/* eslint-disable */\nexports.b = exports.a ** 2;", "x.js"), [
    { line: 2, rule: "es-x/no-exponential-operators" },
  ]);
});
