/** The errors of this library as Node.js and browsers have them. A device has plain errors with a number: it cannot extend Error. */
import { texts } from "./errors.ts";
import type { ErrorCode } from "./errors.ts";

/** More on one error. */
export interface E3XErrorOptions {
  /** Which option, argument or entry it is about: "pairs.1a.secret". */
  field?: string;
  /** What is wrong with it, in place of the general text of the code. Never a secret. */
  detail?: string;
  /** What it was found out by. */
  cause?: unknown;
}

/**
 * An error of this library: `code` says which, `message` what was wrong and what to do; never key material. Whatever else is
 * thrown is a fault of this program or of the application: `error instanceof E3XError` tells.
 */
export class E3XError extends Error {
  readonly code: ErrorCode;
  /** Which option, argument or entry it is about, where there is one: "mtu", "pairs.1a.secret". */
  readonly field: string | undefined;

  constructor(code: ErrorCode, { field, detail = texts[code], cause }: E3XErrorOptions = {}) {
    super(field === undefined ? detail : `${field}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.field = field;
  }
}

// one of the prototype costs nothing each time, and stays out of what is compared or printed
Object.defineProperty(E3XError.prototype, "name", { value: "E3XError", configurable: true, writable: true });
