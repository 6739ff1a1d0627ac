/** What vectors are checked against: something that does operations. */

/** Name, then arguments: bytes as hex, numbers, lists. */
export type Operation = readonly [string, ...unknown[]];

/** Results are text: hex, lists with spaces between; "!CODE" for a typed error. */
export interface Target {
  name: string;
  /** Why it has no such operation; undefined where it has. */
  lacks(operation: string): string | undefined;
  run(operations: Operation[]): Promise<string[]>;
  close?(): Promise<void>;
}

/** One thing to be checked. */
export interface Case {
  file: string;
  entry: string;
  operation: Operation;
  expected: string;
  /** Results that show that the case does not apply, and why. */
  unless?: { results: string[]; reason: string };
}

/** What is not checked against anything, and why. */
export interface Inapplicable {
  file: string;
  entry: string;
  reason: string;
}

/** Cases of vector files. A fault of a file is a failure of its own. */
export interface Cases {
  cases: Case[];
  inapplicable: Inapplicable[];
  faults: { file: string; entry: string; fault: string }[];
}
