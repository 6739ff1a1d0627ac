/** For Espruino. */
import type { ErrorCode } from "../../errors.ts";
import type { Multiplier } from "../interface.ts";

// what the runtime uses of Espruino's E
declare const E: {
  toUint8Array(data: string | Uint8Array[]): Uint8Array;
  convolve(this: unknown, a: ArrayLike<number>, b: ArrayLike<number>, offset: number): number;
  mapInPlace(from: ArrayLike<number>, to: ArrayLike<number>, map: unknown): void;
};

/** Espruino's strings are bytes: text is taken as it is, UTF-8 where the application has it so. */
export const toBytes: (from: string | Uint8Array[]) => Uint8Array = E.toUint8Array;

export { toBytes as concat };

/** Espruino's subarray goes beyond the end. */
export function slice(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, Math.min(end, bytes.length));
}

export function own(bytes: Uint8Array): Uint8Array {
  return bytes;
}

/**
 * No texts on a device, and numbers for codes: they would take more flash than the code that fails. The object is not made by
 * Error's constructor: Espruino's keeps the text of every call under way in it, which took a hundred variables and more of a
 * heap that may have no more left, for a packet that is dropped.
 */
export function fail(code: ErrorCode): never {
  throw { "__proto__": Error.prototype, "message": "e3x-mote " + code, "code": code };
}

export function fromBase64(text: string): Uint8Array {
  return toBytes(atob(text));
}

const DOWN = new Uint8Array([0, 7, 6, 5, 4, 3, 2, 1]);
const UP = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);

// A native convolution does what would take a loop in JavaScript several times as long. What is used often comes first
// in a scope of its own: the interpreter goes through names one by one.
export function multiplier(pair: Int32Array): Multiplier {
  const mapInPlace = E.mapInPlace;
  const down = DOWN;
  // limbs 0, 7, 6, ..., 1 of b, then 0, -1, ..., -6 as they come back from the top; then limbs 0, 7, ..., 1 of each term
  const folded = new Int32Array(31);
  // limbs of a, then, where a term is added, its factor as number 15, of a second term as number 23
  const factors = new Int32Array(24);
  const up = UP;
  const high = folded.subarray(8, 15);
  const convolve = E.convolve;
  const fold = convolve.bind(E, [1, 2048], folded);
  const plain = convolve.bind(E, factors.subarray(0, 8), folded);
  const first = folded.subarray(15);
  const one = convolve.bind(E, factors.subarray(0, 16), folded);
  const second = folded.subarray(23);
  const two = convolve.bind(E, factors, folded);
  const apart = convolve.bind(E, [-1, 0, 0, 0, 0, 0, 0, 0, 1], pair.subarray(0, 16));
  const twice = convolve.bind(E, [2], factors);
  return [
    (a, b) => {
      if (a) factors.set(a);
      if (b) {
        mapInPlace(down, folded, b);
        mapInPlace(up, high, fold);
      }
      return plain;
    },
    (l, f) => {
      mapInPlace(down, first, l);
      factors[15] = f;
      return one;
    },
    (l, f) => {
      mapInPlace(down, second, l);
      factors[23] = f;
      return two;
    },
    () => mapInPlace(up, factors, apart),
    () => mapInPlace(up, factors, twice),
  ];
}
