// What Rollup leaves of statements whose conditions it knows does what they did.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Script, runInNewContext } from "node:vm";
import test from "ava";
import { compile } from "../../tools/build/compile.ts";

// an operand that is left, and begins with what a statement must not begin with; print(n) is a call that may not get lost
const literals = [
  "{ a: print(1) }",
  "{ a() { return print(2) } }",
  "function () { return print(3) }",
  "class { static a() { return print(4) } }",
];
const around: ((literal: string) => string)[] = [
  (literal) => literal,
  (literal) => `${literal} instanceof Array`,
  (literal) => `${literal} + print(5) && print(6)`,
  (literal) => `${literal}.a`,
  (literal) => `${literal}.a || print(7)`,
  (literal) => `${literal}["a"] + print(8)`,
  (literal) => `${literal}.length ? print(9) : print(10)`,
];
const known = [
  "true && %",
  "false || %",
  "null ?? %",
  "0, %",
  "true ? % : print(11)",
  "false ? print(12) : %",
  '"a" !== "" && %',
];
const places = [
  "%;",
  "% ? print(13) : print(14);",
  "(%) || print(15);",
  "print(% ? 16 : 17);",
  "(() => %)();",
  "(() => % ? print(18) : 0)();",
  "for (%; false;) ;",
  "if (%) print(19);",
];

const fill = (text: string, what: string): string => text.replace("%", () => what);

/** Whether it is a statement: `??` must not stand beside `&&`. */
function valid(statement: string): boolean {
  try {
    return Boolean(new Script(statement));
  } catch {
    return false;
  }
}

const expressions = literals
  .flatMap((literal) =>
    around.flatMap((shape) =>
      known.flatMap((before) =>
        places
          // `() => 0, f` is not a function's body, and a class in one is refused
          .filter((place) => !(place.includes("=>") && (before.startsWith("0,") || literal.startsWith("class"))))
          .map((place) => fill(place, fill(before, shape(literal)))),
      ),
    ),
  )
  .filter(valid);

const loops = [
  "for (const e in { a: 1 }) %",
  "for (const e of [1]) %",
  "for (let e = 0; e < 2; e++) %",
  "let e = 0; while (e++ < 2) %",
  "let e = 0; do % while (e++ < 2);",
].flatMap((loop) =>
  [
    "if (true || print(1)) { }",
    "if (false && print(2)) print(3); else { }",
    "if (true) print(4);",
    "if (print(5) && false) { }",
  ].map((body) => fill(loop, body)),
);

function notes(code: string): number[] {
  const heard: number[] = [];
  runInNewContext(code, {
    print: (count: unknown) => {
      heard.push(typeof count === "number" ? count : -1);
      return count;
    },
    require: () => ({}),
    exports: {},
    module: {},
  });
  return heard;
}

async function compiled(code: string, folder: string): Promise<string> {
  const input = join(folder, "app.js");
  writeFileSync(input, code);
  // as Rollup leaves it: no mends, which are for Espruino
  return (await compile({ input, output: "app.js", conditions: [], role: "app", mending: [] })).code;
}

test(`${expressions.length} operands that are all that is left of an expression, ${loops.length} bodies of loops`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "rollup-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const list of [expressions, loops]) {
    const parts = list.map((statement) => `{ ${statement} }`);
    // all at once, as a build takes a while; a difference is looked for in halves
    const wrong = async (some: string[]): Promise<string | undefined> => {
      const code = some.join("\nprint(0);\n");
      const same = await compiled(code, folder).then(
        (built) => notes(built).join() === notes(code).join(),
        (error: Error) => (some.length > 1 ? false : error.message),
      );
      if (same === true) return undefined;
      if (some.length === 1) return `${some[0]} ${same === false ? "does something else" : same}`;
      const half = some.length >> 1;
      return (await wrong(some.slice(0, half))) ?? (await wrong(some.slice(half)));
    };
    t.is(await wrong(parts), undefined);
  }
});
