/** Checks a folder of vectors and says what came of it. */
import { statSync } from "node:fs";
import { check, count, sample } from "./check.ts";
import { readFolder } from "./folder.ts";
import type { Available } from "./targets.ts";

type Say = (line: string) => void;

/** @returns the exit code: 1 where anything failed, or nothing was there to check */
export async function runVectors(
  folder: string,
  targets: (say: Say) => Promise<Available[]>,
  say: Say,
): Promise<number> {
  let passed = 0;
  let failed = 0;
  const fail = (where: string, what: string): void => {
    failed++;
    say(`FAIL ${where}: ${what}`);
  };
  const end = (): number => {
    if (!passed && !failed) fail(folder, "there is nothing to check in it");
    say(`${passed} passed, ${failed} failed`);
    return failed ? 1 : 0;
  };

  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    fail(folder, "is not a folder");
    return end();
  }
  const { cases, inapplicable, faults, missing, unknown } = readFolder(folder);
  say(`vectors in ${folder}`);
  for (const file of missing) say(`skipped: ${file} is not there`);
  for (const file of unknown) say(`unknown: ${file} is not of the format and was not checked`);
  for (const { file, entry, fault } of faults) fail(entry ? `${file} entry ${entry}` : file, fault);
  const skipped = new Map<string, number>();
  for (const { file, reason } of inapplicable) count(skipped, file, reason);
  const name = (target: string, list: Map<string, number>): void => {
    let all = 0;
    for (const number of list.values()) all += number;
    if (all) say(`not applicable to ${target}: ${all}`);
    for (const [what, number] of list) say(`  ${number} of ${what}`);
  };
  name("anything", skipped);

  for (const { target, slow } of cases.length ? await targets(say) : []) {
    const outcome = await check(target, slow ? sample(cases, 1) : cases);
    await target.close?.();
    passed += outcome.passed;
    say(`${target.name}: ${outcome.passed} passed, ${outcome.failures.length} failed`);
    for (const { file, entry, what } of outcome.failures)
      fail(entry ? `${file} entry ${entry}` : file, `${what} [${target.name}]`);
    // what a sample leaves out was named for the same bundle in node:vm
    if (!slow) name(target.name, outcome.inapplicable);
  }
  return end();
}
