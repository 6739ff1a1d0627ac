// The walks of docs/architecture.md name files and functions: they are there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { packageRoot } from "../../tools/build/root.ts";
import { codeOf, isPath, missing } from "./named.ts";

/** What steps name that is not there: each has files, each with its names behind it. */
function missingIn(page: string): string[] {
  return [...page.matchAll(/^\| (\d+) \| (.*?) \|/gm)].flatMap(([, step, where]) => {
    const files: string[][] = [];
    for (const code of codeOf(where!)) {
      if (isPath(code)) files.push([code]);
      else files.at(-1)?.push(code);
    }
    return files.length && isPath(codeOf(where!)[0]!)
      ? files.flatMap(([path, ...names]) => missing(path!, names))
      : [`step ${step} begins with no file`];
  });
}

const page = readFileSync(join(packageRoot, "docs/architecture.md"), "utf8");

test("there are five walks, each with its steps in order", (t) => {
  const walks = page.split("## Five walks\n")[1]!.split("\n## ")[0]!.split("\n### ").slice(1);
  t.is(walks.length, 5);
  for (const walk of walks) {
    const steps = [...walk.matchAll(/^\| (\d+) \|/gm)].map(([, step]) => Number(step));
    t.deepEqual(
      steps,
      steps.map((_, i) => i + 1),
      walk.split("\n")[0],
    );
    t.true(steps.length >= 5);
  }
});

test("files and functions of the walks are there", (t) => {
  t.deepEqual(missingIn(page), []);
});

test("a file or a function that is not there is told", (t) => {
  t.deepEqual(
    missingIn("| 1 | `src/link/pipe.ts` `frame`, `fly` | |\n| 2 | `src/link/tube.ts` `frame` | |\n| 3 | `frame` | |\n"),
    ["src/link/pipe.ts fly", "src/link/tube.ts", "step 3 begins with no file"],
  );
});
