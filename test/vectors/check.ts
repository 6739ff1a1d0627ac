/** Checks cases against a target. */
import type { Case, Target } from "./target.ts";

export interface Failure {
  file: string;
  entry: string;
  what: string;
}

export interface Outcome {
  passed: number;
  failures: Failure[];
  /** How many do not apply, by reason and file. */
  inapplicable: Map<string, number>;
}

/** Names what does not apply once for each file and reason. */
export function count(inapplicable: Outcome["inapplicable"], file: string, reason: string): void {
  const key = `${file}: ${reason}`;
  inapplicable.set(key, (inapplicable.get(key) ?? 0) + 1);
}

/** A long result from a little before the place where it differs. */
function around(text: string, other: string): string {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at++;
  if (text.length <= 120) return text || "nothing";
  const from = Math.max(0, at - 20);
  return `${from ? "..." : ""}${text.slice(from, from + 100)}${from + 100 < text.length ? "..." : ""}`;
}

export async function check(target: Target, cases: Case[]): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failures: [], inapplicable: new Map() };
  const fit = cases.filter(({ file, operation }) => {
    const reason = target.lacks(operation[0]);
    if (reason) count(outcome.inapplicable, file, reason);
    return !reason;
  });
  // an operation that several entries ask for is done once
  const keys = fit.map(({ operation }) => JSON.stringify(operation));
  const distinct = [...new Map(fit.map(({ operation }, i) => [keys[i]!, operation]))];
  let results: Map<string, string>;
  try {
    const list = distinct.length === 0 ? [] : await target.run(distinct.map(([, operation]) => operation));
    results = new Map(distinct.map(([key], i) => [key, list[i]!]));
  } catch (error) {
    outcome.failures.push({
      file: "all",
      entry: "",
      what: `the target ended: ${String((error as Error).message).split("\n")[0]}`,
    });
    return outcome;
  }
  fit.forEach(({ file, entry, operation, expected, unless }, i) => {
    const result = results.get(keys[i]!)!;
    if (result === expected) outcome.passed++;
    else if (unless?.results.includes(result)) count(outcome.inapplicable, file, unless.reason);
    else
      outcome.failures.push({
        file,
        entry,
        what: `${operation[0]}: expected ${around(expected, result)}, got ${around(result, expected)}`,
      });
  });
  return outcome;
}

/** Operations that take curve work: seconds each in the interpreter. */
const CURVE = [
  "public",
  "shared",
  "seal",
  "messageIvs",
  "message",
  "verify",
  "sync",
  "link",
  "exchangeToken",
  "channelKey",
  "channelSend",
  "channelReceive",
  "channelFlips",
  "channelIvs",
  "session",
];

/** For targets that are slow: so many of each operation that take curve work, the shortest first, and all others. */
export function sample(cases: Case[], each: number): Case[] {
  const taken = new Map<string, number>();
  const chosen = [...cases]
    .sort((a, b) => JSON.stringify(a.operation).length - JSON.stringify(b.operation).length)
    .filter(({ operation, expected }) => {
      const key = `${operation[0]} ${expected.startsWith("!")}`;
      const number = (taken.get(key) ?? 0) + 1;
      taken.set(key, number);
      return number <= each || !CURVE.includes(operation[0]);
    });
  return cases.filter((one) => chosen.includes(one));
}
