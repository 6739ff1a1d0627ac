// The walks of docs/architecture.md name files and functions: they are there.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import ts from "typescript";
import { packageRoot } from "../../tools/build/root.ts";

/** All names that a file declares: functions, classes, their members, variables, properties of objects. */
function declared(path: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node };
    if (name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) && !ts.isPropertyAccessExpression(node) && !ts.isImportSpecifier(node)) names.add(name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(packageRoot, path), "utf8"), ts.ScriptTarget.Latest));
  return names;
}

/** What a page names that is not there. */
function missing(page: string): string[] {
  const wrong: string[] = [];
  for (const [, step, where] of page.matchAll(/^\| (\d+) \| (.*?) \|/gm)) {
    let path = "";
    const names = [...where!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
    if (!names[0]?.includes("/")) wrong.push(`step ${step} begins with no file: ${where}`);
    for (const name of names) {
      if (name.includes("/")) path = existsSync(join(packageRoot, name)) ? name : "";
      const isThere = name.includes("/") ? path : path && declared(path).has(name);
      if (!isThere) wrong.push(name.includes("/") ? name : `${path} ${name}`);
    }
  }
  return wrong;
}

const page = readFileSync(join(packageRoot, "docs/architecture.md"), "utf8");

test("there are five walks, each with its steps in order", (t) => {
  const walks = page.split("## Five walks\n")[1]!.split("\n## ")[0]!.split("\n### ").slice(1);
  t.is(walks.length, 5);
  for (const walk of walks) {
    const steps = [...walk.matchAll(/^\| (\d+) \|/gm)].map(([, step]) => Number(step));
    t.deepEqual(steps, steps.map((_, i) => i + 1), walk.split("\n")[0]);
    t.true(steps.length >= 5);
  }
});

test("files and functions of the walks are there", (t) => {
  t.deepEqual(missing(page), []);
});

test("a file or a function that is not there is told", (t) => {
  t.deepEqual(missing("| 1 | `src/link/pipe.ts` `frame`, `fly` | |\n| 2 | `src/link/tube.ts` `frame` | |\n| 3 | `frame` | |\n"),
    ["src/link/pipe.ts fly", "src/link/tube.ts", " frame", "step 3 begins with no file: `frame`", " frame"]);
});
