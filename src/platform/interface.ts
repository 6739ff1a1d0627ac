/**
 * What differs between JavaScript engines. Each engine is a folder with a file for each of these interfaces; package.json's
 * "imports" picks the folder for "#platform/*". test/variants holds all of them to this.
 */
import type { ErrorCode } from "../errors.ts";

/** One column of a product: for 0 the lowest, for 8 - k column k. */
export type Columns = (row: number) => number;

/**
 * What products of field elements are made of. First, a and b: either that is left out is what it was before. Then two
 * that add a term, f l, to the product; the second is for a second term. Then one that makes the second half of 16 limbs,
 * less the first half, the a of the next product. Then one that doubles the product, before any term.
 */
export type Multiplier = [
  (a?: Int32Array, b?: Int32Array) => Columns,
  (l: Int32Array, f: number) => Columns,
  (l: Int32Array, f: number) => Columns,
  () => void,
  () => void,
];

/** engine.ts */
export interface Engine {
  /** UTF-8 bytes of a string. */
  toBytes(text: string): Uint8Array;
  /** Byte arrays one after the other. */
  concat(parts: Uint8Array[]): Uint8Array;
  /** A view of bytes from start to before end; what is beyond their end is left out. */
  slice(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** Bytes to be changed, where nobody else is to see it: a copy. A device has no memory for that, and changes what it was given. */
  own(bytes: Uint8Array): Uint8Array;
  /** Throws an error with a code. */
  fail(code: ErrorCode): never;
  /** Bytes of base64 text, of a constant: they are the same each time, and not to be changed. */
  fromBase64(text: string): Uint8Array;
  /** The multiplier of a job whose numbers begin with those 16 limbs. There is one at a time: a step ends before the next. */
  multiplier(pair: Int32Array): Multiplier;
}

/** text.ts, apart from engine.ts, as the runtime at rest needs none of it. */
export interface Text {
  /** String of UTF-8 bytes. Throws on bytes that are not UTF-8, but for a device, whose strings are bytes. */
  toText(bytes: Uint8Array): string;
  /** Whether two byte arrays are the same; not for secrets. */
  same(a: Uint8Array, b: Uint8Array): boolean;
}
