import type { Board } from "../build/index.ts";
import type { Console, Facts } from "../flash/index.ts";

/** What a check has at hand. */
export interface Bench {
  console: Console;
  /** What the board is checked against. */
  board: Board;
  facts: Facts;
  /** Whether the board's firmware has one of the names of `board`: otherwise no native code for it is run. */
  named: boolean;
  /** Milliseconds of this side's clock. */
  now(): number;
}

export type Verdict = "pass" | "FAIL" | "skipped";

/** What a board said, and whether that is what was expected. */
export interface Outcome {
  said: string;
  verdict: Verdict;
}

/** One thing that may differ between a board and what stands for it in tests: a line of the table. */
export interface Check {
  name: string;
  /** One line: what goes wrong where it differs. */
  why: string;
  /** From boards/*.json, or what the emulated boards do. */
  expected: string | ((bench: Bench) => string);
  /** Leaves nothing on the board but what a reset takes away, and files of the names in files.ts. Throws FlashError. */
  run(bench: Bench): Promise<Outcome>;
}

export const judge = (said: string, holds: boolean): Outcome => ({ said, verdict: holds ? "pass" : "FAIL" });

export const skip = (reason: string): Outcome => ({ said: reason, verdict: "skipped" });

/** A board may collect garbage, write flash or compile a module before it answers. */
const SLOW = { timeout: 20_000, tries: 2 };

/** The value of an expression on the board, which may be evaluated twice. Throws NO_ANSWER, STORAGE (the board's own words). */
export const ask = (console: Console, expression: string): Promise<unknown> => console.ask(expression, SLOW);

/** A number for people. */
export const count = (value: unknown): string =>
  typeof value === "number" ? value.toLocaleString("en") : String(value);

/** Milliseconds for people. */
export const ms = (value: unknown): string =>
  typeof value === "number" ? `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms` : String(value);

/** Milliseconds that a board takes for reset(). */
const RESET = 500;

/** Takes from the board what was defined, timers and loaded modules; Storage stays. */
export async function reset(console: Console): Promise<void> {
  await console.tell("reset()");
  await console.pause(RESET);
}
