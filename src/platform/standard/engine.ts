/** For Node.js and browsers. */
import { E3XError } from "../../e3x-error.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Columns, Multiplier } from "../interface.ts";

const encoder = new TextEncoder();

export function toBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concat(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  return all;
}

export function slice(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, end);
}

export function own(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function fail(code: ErrorCode): never {
  throw new E3XError(code);
}

const read = new Map<string, Uint8Array>();

export function fromBase64(text: string): Uint8Array {
  const known = read.get(text);
  if (known) return known;
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  read.set(text, bytes);
  return bytes;
}

const r = new Float64Array(8);
const columns: Columns = (row) => r[row]!;
const gap = new Int32Array(8);
let factor: Int32Array = gap;
let other: Int32Array = gap;

/**
 * Product of two field elements as eight column sums, folded by 2^160 = 2^31 + 1 but not carried: column k is
 * c[k] + c[k + 8] + 2048 c[k + 7] where c[m] is the sum of a[i] b[m - i] (and c[7] is not folded).
 * Sums stay below 2^53 while |a[i]| |b[j]| <= 2^39. Unrolled: V8 keeps all operands in registers or on the stack.
 */
function multiply(a: Int32Array = factor, b: Int32Array = other): Columns {
  factor = a;
  other = b;
  const a0 = a[0]!,
    a1 = a[1]!,
    a2 = a[2]!,
    a3 = a[3]!,
    a4 = a[4]!,
    a5 = a[5]!,
    a6 = a[6]!,
    a7 = a[7]!;
  const b0 = b[0]!,
    b1 = b[1]!,
    b2 = b[2]!,
    b3 = b[3]!,
    b4 = b[4]!,
    b5 = b[5]!,
    b6 = b[6]!,
    b7 = b[7]!;
  const c8 = a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1;
  const c9 = a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2;
  const c10 = a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3;
  const c11 = a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4;
  const c12 = a5 * b7 + a6 * b6 + a7 * b5;
  const c13 = a6 * b7 + a7 * b6;
  const c14 = a7 * b7;
  r[0] = a0 * b0 + c8;
  r[7] = a0 * b1 + a1 * b0 + c9 + c8 * 2048;
  r[6] = a0 * b2 + a1 * b1 + a2 * b0 + c10 + c9 * 2048;
  r[5] = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + c11 + c10 * 2048;
  r[4] = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + c12 + c11 * 2048;
  r[3] = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + c13 + c12 * 2048;
  r[2] = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + c14 + c13 * 2048;
  r[1] = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + c14 * 2048;
  return columns;
}

function add(l: Int32Array, f: number): Columns {
  for (let k = 0; k < 8; k++) r[k]! += f * l[(8 - k) & 7]!;
  return columns;
}

function double(): void {
  for (let k = 0; k < 8; k++) r[k]! *= 2;
}

export function multiplier(pair: Int32Array): Multiplier {
  const difference = (): void => {
    for (let k = 0; k < 8; k++) gap[k] = pair[k + 8]! - pair[k]!;
    factor = gap;
  };
  return [multiply, add, add, difference, double];
}
