// docs/glossary.md names code as "`name` in `path`": it is there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { packageRoot } from "../../tools/build/root.ts";
import { codeOf, isPath, missing } from "./named.ts";

const rows = [
  ...readFileSync(join(packageRoot, "docs/glossary.md"), "utf8").matchAll(/^\| (?!Specification)(.*) \|$/gm),
].map(([, row]) => row!.split("|").map((cell) => cell.trim()));

test("each term has a name of the field and a sentence", (t) => {
  t.true(rows.length > 50);
  for (const row of rows) {
    const [, here, field, sentence] = row;
    t.is(row.length, 4, row.join(" | "));
    t.truthy(here);
    t.truthy(field);
    t.regex(sentence!, /^[A-Z\d].*\.$/);
  }
});

test("names of code are in the files that are told", (t) => {
  const wrong = rows.flatMap(([, here]) => {
    const waiting: string[] = [];
    const found = codeOf(here!).flatMap((code) =>
      isPath(code) ? missing(code, waiting.splice(0)) : (waiting.push(code), []),
    );
    return [...found, ...waiting.map((name) => `${name}, in no file`)];
  });
  t.deepEqual(wrong, []);
});
