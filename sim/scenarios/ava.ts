// A scenario as a test: for ava, and whatever else has `pass` and `fail`.

import { SimError } from "../errors.ts";
import { commandOf } from "./command.ts";
import { checkScenario, loadScenario } from "./load.ts";
import type { Outcome } from "../outcome.ts";
import { runScenario } from "./run.ts";
import type { RunOptions } from "./run.ts";
import type { Scenario } from "../scenario.ts";

/** What is used of ava's `t`. */
export interface Test {
  pass(message?: string): unknown;
  fail(message?: string): unknown;
}

/**
 * Runs a scenario, a file or an object, and fails the test where something that is expected does not hold: its message has
 * every verdict, and the command that repeats the run. Returns what came of it, for more assertions. Throws what
 * `loadScenario` and `runScenario` throw.
 *
 *     test("the room", (t) => scenario(t, "scenarios/room.json"));
 */
export async function scenario(t: Test, given: string | Scenario, options: RunOptions = {}): Promise<Outcome> {
  const { scenario: checked, folder } =
    typeof given === "string"
      ? await loadScenario(given)
      : { scenario: checkScenario(given, options.folder), folder: undefined };
  if (!checked.expect?.length)
    throw new SimError(
      "scenario",
      `${typeof given === "string" ? given : "the scenario"} expects nothing, and would always pass; give it "expect"`,
    );
  const command =
    typeof given === "string" ? commandOf(given, { seed: options.seed ?? checked.seed ?? 1, host: options.host }) : "";
  const outcome = await runScenario(checked, { command, ...(folder !== undefined && { folder }), ...options });
  if (outcome.held) t.pass();
  else t.fail(explain(outcome));
  return outcome;
}

/** What was expected of a run and what was got, in lines, and how to repeat it. */
export function explain({ title, seed, verdicts, command, devices }: Outcome): string {
  const exceptions = devices
    .flatMap(({ name, exceptions: all }) => all.map((text) => `  ${name}: ${text.split("\n")[0]!}`))
    .slice(0, 5);
  return [
    `${title}, seed ${seed}:`,
    ...verdicts.map(({ text, held, got }) => `  ${held ? "held" : "NOT HELD"}: ${text}: ${got}`),
    ...exceptions,
    ...(command ? [`repeat it: ${command}`] : []),
  ].join("\n");
}
