/** Checks of what an application gives: what is wrong is told by an error that names it. Values are told by their kind, not quoted. */
import { E3XError } from "../e3x-error.ts";

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "object") return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return `a ${typeof value}`;
};

/** The error for an option or argument that is wrong. */
export function wrong(field: string, detail: string, ...given: [value?: unknown]): E3XError {
  return new E3XError("OPTION", { field, detail: given.length ? `${detail}; it is ${kindOf(given[0])}` : detail });
}

/** @throws OPTION unless a value is of a type of JavaScript */
export function required(field: string, value: unknown, type: "object" | "function" | "boolean" | "string"): void {
  if (typeof value !== type || value === null)
    throw wrong(field, `must be ${type === "object" ? "an" : "a"} ${type}`, value);
}

/** @throws OPTION unless a value is not given, or of a type */
export function optional(field: string, value: unknown, type: "object" | "function" | "boolean" | "string"): void {
  if (value !== undefined) required(field, value, type);
}

/** @throws OPTION unless a value is a whole number from `least` to `most` */
export function whole(field: string, value: unknown, least: number, most: number, what: string): number {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most.toLocaleString("en")}`;
    throw wrong(field, `must be a whole number of ${range}: ${what}`, value);
  }
  return value as number;
}

/** @throws OPTION unless a value is a number above 0 */
export function positive(field: string, value: unknown, what: string): void {
  if (typeof value !== "number" || !(value > 0)) throw wrong(field, `must be a number above 0: ${what}`, value);
}
