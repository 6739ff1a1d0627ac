/** What differs between JavaScript engines, for Espruino; `standard.ts` says what each function does. */
import type { E3XError, ErrorCode } from "../errors.ts";

// what the runtime uses of Espruino's E
declare const E: {
  toUint8Array(data: string | Uint8Array[]): Uint8Array;
  toString(data: Uint8Array): string;
  convolve(this: unknown, a: ArrayLike<number>, b: ArrayLike<number>, offset: number): number;
  mapInPlace(from: ArrayLike<number>, to: ArrayLike<number>, map: unknown): void;
};

const bytes = E.toUint8Array;

/** Espruino's strings are bytes: text is taken as it is, UTF-8 where the application has it so. */
export const toBytes: (text: string) => Uint8Array = bytes;

export const toText: (bytes: Uint8Array) => string = E.toString;

export const concat: (parts: Uint8Array[]) => Uint8Array = bytes;

/** Espruino's subarray goes beyond the end. */
export function slice(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, Math.min(end, bytes.length));
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return toText(a) === toText(b);
}

/** No texts on a device, and numbers for codes: they would take more flash than the code that fails. */
export function fail(code: ErrorCode): never {
  const error = new Error("e3x-mote " + code) as E3XError;
  error.code = code;
  throw error;
}

// 2,100 products a curve operation: native convolution takes half of the time that a loop in JavaScript takes.
// factors: limbs of a, last first. folded: seven limbs of b as they come back at the top, then b, then b[0] again.
const UP = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
const DOWN = new Uint8Array([7, 6, 5, 4, 3, 2, 1, 0]);
const OVER = new Uint8Array([7, 8, 9, 10, 11, 12, 13, 14]);
const factors = new Float64Array(8);
const folded = new Float64Array(16);
const mapInPlace = E.mapInPlace;
const convolve = E.convolve;
const fold = convolve.bind(E, [2048, 1], folded);
const column = convolve.bind(E, factors, folded);

export function columns(r: Float64Array, a: Int32Array, b: Int32Array): void {
  folded.set(b, 7);
  folded[15] = b[0]!;
  mapInPlace(OVER, folded, fold);
  mapInPlace(DOWN, factors, a);
  mapInPlace(UP, r, column);
  // but the lowest column has nothing of the one below it: a[0] b[0] + a[1] b[7] + ... + a[7] b[1]
  r[0] = convolve(factors, b, 1);
}
