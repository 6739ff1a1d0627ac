import { printable, plural, readable } from "../output.ts";
import type { Check, Field } from "./part.ts";

/** Takes fields off bytes, one after the other. */
export class Cutter {
  readonly fields: Field[] = [];
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next `length` bytes; all but the last few where it is negative. Empty fields are left out. */
  cut(name: string, length: number, note?: string, check?: Check): Uint8Array {
    const end = length < 0 ? this.bytes.length + length : Math.min(this.at + length, this.bytes.length);
    const bytes = this.bytes.subarray(this.at, end);
    if (bytes.length)
      this.fields.push({ name, offset: this.at, bytes, ...(note && { note }), ...(check && { check }) });
    this.at = end;
    return bytes;
  }
}

/** What bytes are to people. */
export function contentNote(bytes: Uint8Array): string {
  const text = readable(bytes);
  return bytes.length && text !== undefined ? `text: ${printable(text)}` : plural(bytes.length, "byte");
}

export const messageOf = (error: unknown): string => (error as Error).message.replace(/\.$/, "");
