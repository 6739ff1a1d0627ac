import type { ExecutionContext } from "ava";

/** Ends a test that cannot run here, with a word why. With REQUIRE_HOSTS=1 in the environment it fails. */
export function skip(t: ExecutionContext, reason: string): void {
  if (process.env["REQUIRE_HOSTS"] === "1") t.fail(`REQUIRE_HOSTS=1, and ${reason}`);
  else {
    t.log(`skipped: ${reason}`);
    t.pass();
  }
}
