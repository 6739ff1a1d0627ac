// docs/errors.md has every error with the number that a device gives for it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { texts } from "../../src/errors.ts";
import { errorCode } from "../../src/index.ts";
import { packageRoot } from "../../tools/build/root.ts";

test("the numbers of errors", (t) => {
  const page = readFileSync(join(packageRoot, "docs/errors.md"), "utf8");
  const told = [...page.matchAll(/\b(\d+)\s+([A-Z][0-9A-Z_]+)\b/g)].map(([, number, code]) => [Number(number), code]);
  t.deepEqual(
    told,
    Object.keys(texts).map((code, i) => [i + 1, code]),
  );
  for (const [number, code] of told) t.is(errorCode(number as number), code as never);
});
