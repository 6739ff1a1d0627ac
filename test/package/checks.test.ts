// What others find wrong with the packages as they are packed: publint, and Are The Types Wrong for packages of ES modules.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import test from "ava";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { isBuilt, pack, packages, type PackageName } from "./install.ts";

/** What has no types that Node.js resolves: what only a board has, and a program. */
const untyped: Record<PackageName, string[]> = {
  "e3x-mote": ["./espruino", "./peer", "./*"],
  "e3x-mote-tools": ["./cli"],
};

/** Ways to resolve that packages of ES modules are not for: `attw --profile esm-only`. */
const otherWays = ["node10", "node16-cjs"];

const built = isBuilt ? test : test.skip;
if (!isBuilt)
  test("checks of the packages", (t) => {
    t.pass();
    t.log("skipped: npm run build comes first");
  });

for (const name of Object.keys(packages) as PackageName[]) {
  built(`publint and Are The Types Wrong find nothing in ${name}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "mote-checks-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const { filename } = pack(name, "--pack-destination", folder);
    const tarball = new Uint8Array(readFileSync(join(folder, filename)));
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer } });
    // bundles are no smaller with "sideEffects": modules have none that tools see, and what boards build from src has
    const found = messages.filter(({ code }) => code !== "USE_SIDE_EFFECTS");
    t.deepEqual(
      found.map((message) => formatMessage(message, pkg)),
      [],
    );
    const result = await checkPackage(createPackageFromTarballData(tarball), { excludeEntrypoints: untyped[name] });
    if (!result.types) return t.fail("there are no types");
    t.true(Object.keys(result.entrypoints).length > 0);
    t.deepEqual(
      result.problems.filter((problem) => !("resolutionKind" in problem && otherWays.includes(problem.resolutionKind))),
      [],
    );
  });
}
