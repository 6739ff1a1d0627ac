import { CommanderError } from "commander";
import { errorTexts } from "../src/index.ts";

/** A failure to be told in one line: what was wrong; what to do. */
export class Failure extends Error {
  readonly code: string;
  /** 1 where it failed, 2 where the command line is wrong. */
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** A failure for which the command line is to blame. */
export function usage(message: string): Failure {
  return new Failure("USAGE", message, 2);
}

/** Sentences as one line: "It is so; do this". */
export function oneLine(text: string): string {
  return text
    .replace(/\.$/, "")
    .replace(/\. (\w)(?=[a-z ])/g, (_, letter: string) => `; ${letter.toLowerCase()}`)
    .replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

/** What is told of anything that was thrown. The first line is "mote: ..."; a build's findings follow it. */
export function describe(error: unknown, command: string): { code: string; message: string; exitCode: number } {
  const { code = "UNEXPECTED", message } = error as Error & { code?: string };
  if (error instanceof Failure) return { code, message, exitCode: error.exitCode };
  if (error instanceof CommanderError) {
    const text = message
      .replace(/^error: /, "")
      // a value behind an unknown option may be a secret
      .replace(/(unknown option '[^'=]*)=.*'/s, "$1'")
      .replace(/\s*\(Did you mean (.*)\?\)/s, " (did you mean $1?)")
      .replace(/\.$/, "");
    return { code: "USAGE", message: `${text}; see ${command} --help`, exitCode: 2 };
  }
  return { code, message: code in errorTexts ? oneLine(message) : message, exitCode: 1 };
}
