import type { ExecutionContext } from "ava";
import { findBinary, missingBinary } from "../../sim/emulated/binaries.ts";

/** Ends a test that cannot run here, with a word why. With REQUIRE_HOSTS=1 in the environment it fails. */
export function skip(t: ExecutionContext, reason: string): void {
  if (process.env["REQUIRE_HOSTS"] === "1") t.fail(`REQUIRE_HOSTS=1, and ${reason}`);
  else {
    t.log(`skipped: ${reason}`);
    t.pass();
  }
}

/**
 * The path of a binary that a test needs ("espruino-linux", "espruino-linux-2630": $ESPRUINO_LINUX_2630 or on PATH).
 * Undefined where it is not there: the test has been skipped then, and returns.
 */
export function requireHost(t: ExecutionContext, name: string): string | undefined {
  const path = findBinary(name);
  if (path === undefined) skip(t, missingBinary(name));
  return path;
}
