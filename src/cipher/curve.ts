/**
 * secp160r1 (SEC 2, section 2.4.2) in plain numbers, as a job that is done a step at a time, so that a
 * microcontroller can serve its radio in between. One step is one field operation.
 *
 * A field element is eight signed limbs of 20 bits: products summed by columns and folded by
 * 2^160 = 2^31 + 1 (mod p) stay below 2^53. Points are Jacobian (X, T, Z) with x = X/Z^2 and 2y = T/Z^3;
 * to keep 2y saves steps. The secret is read in 41 signed odd digits of four bits, so that the sequence of
 * steps is the same for every secret and none branches on it; the index into the table of odd multiples
 * does depend on it.
 */
import { columns, toBytes } from "#engine";
import { fail } from "../errors.ts";
import { KEY_LENGTH, checkKey, scalar } from "./keys.ts";

// limbs of the curve's coefficient b, then of x and 2y of its generator
const B = [391749, -336810, 120021, -30216, -301651, -272471, -66475, 117116];
const GX = [-263038, -290499, -474228, 432279, -506268, -43213, 354447, 305515];
const GT = [-264604, 454489, -506206, -449983, -347206, -191856, 43619, 292037];

const LIMB = 0x100000;
// what a limb's overflow adds to the next: without the division, which takes a microcontroller several products' time
const NEXT = 1 / LIMB;
// a number below 2^72 is rounded to a multiple of LIMB when this, 3 * 2^71, is added and taken off again
const ROUND = LIMB * LIMB * LIMB * 0x1800;

// Programs. A letter names a register: abc is the sum X T Z; defgh the table entry X T 2Z Z^2 Z^3 to be added, pqrst
// one in the making; u is y^2; v is b; i to o are scratch. An operation is "dab", d = a * b, or "d`aG", d = a, times
// a factor G at the end (Q is 1, R 2, ..., O -1, N -2, ...); then perhaps a term "Fl" that is added, l times a factor
// F; or a digit (1 to 9, then : to ?), how often it is done. Formulas: dbl-2001-b, add-2007-bl (2y instead of y).
const DOUBLE = "iccjbbk`aSOil`aQQikkllajcbcakkNljjjl`lROabklOj";
const ADD = "iccjickagldiOkmbhnejOmccfcclollllokkoo`lLRkannQolmlk`aNLkbnkHl";
const LOAD = "a`dTb`eXc`fQ";
const ENTRY = "p`aQq`bQr`cRscctsc";
// n = i^(2^128 - 1); j, k, l, m = i to the power of 2^2 - 1, 2^4 - 1, 2^8 - 1, 2^16 - 1
const POWER = "jiijjikjjkkkkkjlkklll3llkmllmmm7mmlnmmnnn?nnmonnooo?ooo?ooooonnoonnn?nnn?nnn?nnn?nnn3nno";

/** d = (u + l * f) * g, its limbs brought down to 20 bits (19 and a sign). */
function carry(d: Int32Array, u: Float64Array | Int32Array, g: number, l: Int32Array, f: number): void {
  // locals are found sooner than what the module has
  const round = ROUND;
  const next = NEXT;
  let x = (u[6]! + l[6]! * f) * g;
  let h = x + round - round;
  const d6 = x - h;
  x = (u[7]! + l[7]! * f) * g + h * next;
  h = x + round - round;
  const d7 = x - h;
  h *= next;
  x = (u[0]! + l[0]! * f) * g + h;
  const fold = h * 2048;
  h = x + round - round;
  d[0] = x - h;
  x = (u[1]! + l[1]! * f) * g + fold + h * next;
  h = x + round - round;
  d[1] = x - h;
  for (let i = 2; i < 6; i++) {
    x = (u[i]! + l[i]! * f) * g + h * next;
    h = x + round - round;
    d[i] = x - h;
  }
  x = d6 + h * next;
  h = x + round - round;
  d[6] = x - h;
  d[7] = d7 + h * next;
}

/** Fully reduced limbs, 0 to 2^20 - 1 each, in place. */
function reduce(d: Int32Array): void {
  for (let i = 0, h = 0; i < 16; i++) {
    // the borrow, 0 or -1, is folded
    if (i === 8) d[1]! += h * 2048;
    h += d[i & 7]!;
    d[i & 7] = h & 0xfffff;
    h >>= 20;
  }
}

/** Writes the reduced limbs of d as 20 bytes, big-endian, the last one before `end`. */
function store(d: Int32Array, out: Uint8Array, end: number): void {
  for (let bit = 0; bit < 160; bit += 8) {
    const limb = (bit / 20) | 0;
    const shift = bit % 20;
    // what is too high for a byte falls off
    out[--end] = (d[limb]! >> shift) | (d[limb + 1]! << (20 - shift));
  }
}

/**
 * A scalar multiplication under way. `result` is there when `step` has returned false: for a job with the other's key
 * the shared secret (20 bytes, x of the product), for a job without it the public key of the secret (21 bytes).
 * Throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE when made, KEY_OFF_CURVE in a step.
 */
export class CurveJob {
  result?: Uint8Array;
  private _scalar: Uint8Array;
  private _file = new Int32Array(176);
  private _registers: Int32Array[] = [];
  private _table = new Int32Array(320);
  private _sums = new Float64Array(8);
  private _program: Uint8Array;
  private _at = 0;
  private _again = 0;
  // entries of the table made (0 to 8), then 8 and the digits used
  private _count = 0;
  private _length = KEY_LENGTH;

  /** @param secret 20 or 21 bytes, big-endian; @param key the other's public key, 21 bytes, or undefined */
  constructor(secret: Uint8Array, key?: Uint8Array) {
    this._scalar = scalar(secret);
    const file = this._file;
    for (let i = 0; i < 176; i += 8) this._registers.push(file.subarray(i, i + 8));
    file[16] = 1;
    // the table, then the digits, then n = c^(p - 2), a = a n^2, b = b n^3; letters from w on stand for what _control does
    let program = ENTRY + "x" + DOUBLE + ENTRY + "y" + ADD + ENTRY + "xz" + LOAD + DOUBLE + DOUBLE + DOUBLE + DOUBLE + "z" + ADD +
      "{i`cQ" + POWER + "jmmjjj7jjljjj4jjkjjjjjinnn?nnn?nnjnnn2nnijnnaajjjnbbj|";
    if (key) {
      checkKey(key);
      // before: u = y^2 of a = x, b = 2y by n = u^((p + 1) / 4), and o = n^2 - u, which must be 0
      program = "a`aQiaauiaMau`uQQvi`uQ" + POWER + "nnnnninnn?nnn>onnOub`nRw" + program;
      for (let i = 0; i < 8; i++) {
        const at = 20 - ((i * 20) >> 3);
        file[i] = ((key[at]! | (key[at - 1]! << 8) | (key[at - 2]! << 16)) >> ((i & 1) * 4)) & 0xfffff;
      }
      file.set(B, 168);
      this._length = 20;
    } else {
      file.set(GX);
      file.set(GT, 8);
    }
    this._program = toBytes(program);
  }

  /** Does one step; false when there is nothing left to do. */
  step(): boolean {
    if (this.result) return false;
    const program = this._program;
    let at = this._at;
    const registers = this._registers;
    const target = program[at]! - 97;
    if (target > 21) return this._control(target - 22);
    const d = registers[target]!;
    const a = program[at + 1]! - 97;
    const b = registers[program[at + 2]! - 97]!;
    let u: Float64Array | Int32Array = b;
    let g = 1;
    at += 3;
    if (a < 0) g = program[at++]! - 80;
    else columns((u = this._sums), registers[a]!, b);
    let f = program[at]! - 80;
    let l = d;
    if (f < -16) {
      // repeated: f is the digit's code less 80
      if (++this._again < f + 32) at = this._at;
      else {
        this._again = 0;
        at++;
      }
      f = 0;
    } else if (f < 16) {
      l = registers[program[at + 1]! - 97]!;
      at += 2;
    } else f = 0;
    carry(d, u, g, l, f);
    this._at = at;
    return true;
  }

  private _control(operation: number): boolean {
    const file = this._file;
    const table = this._table;
    const made = file.subarray(120, 160);
    this._at++;
    if (!operation) {
      // w: the point that came from outside is on the curve if o is 0
      const o = this._registers[14]!;
      reduce(o);
      for (const limb of o) if (limb) fail("KEY_OFF_CURVE");
    } else if (operation < 2) {
      // x: an entry of the table is made, P, then 3P, 5P, ..., 15P
      table.set(made, this._count++ * 40);
      if (this._count > 1 && this._count < 8) this._at = this._program.indexOf(121) + 1;
    } else if (operation < 3) {
      // y: 2P is made, to be added; P is where it begins
      file.set(made, 24);
      file.set(table.subarray(0, 16));
      file.fill(0, 17, 24);
      file[16] = 1;
    } else if (operation < 4) {
      // z: the entry for the next digit
      this._select(48 - this._count++);
    } else if (operation < 5) {
      // {: 40 digits are added
      if (this._count < 49) this._at = this._program.indexOf(122) + 1 + LOAD.length;
    } else {
      const x = this._registers[0]!;
      const t = this._registers[1]!;
      const result = new Uint8Array(this._length);
      reduce(x);
      reduce(t);
      // 2y mod p is even or y + (p - 1) / 2: either way its second bit is the parity of y
      result[0] = 2 | ((t[0]! >> 1) & 1);
      store(x, result, this._length);
      file.fill(0);
      table.fill(0);
      this._scalar.fill(0);
      this.result = result;
    }
    return !this.result;
  }

  /** Puts the table entry of digit n (0 is the lowest) into the registers d to h. */
  private _select(n: number): void {
    const scalar = this._scalar;
    const file = this._file;
    const bit = 4 * n + 1;
    const byte = 20 - (bit >> 3);
    // the number is the sum of (2u - 15) 16^n where u are the digits of itself halved with bit 163 set
    let u = ((((byte ? scalar[byte - 1]! : 0) << 8) | scalar[byte]!) >> (bit & 7)) & 15;
    if (n > 39) u |= 8;
    const negative = (u >> 3) - 1;
    const entry = ((u ^ negative) & 7) * 40;
    file.set(this._table.subarray(entry, entry + 40), 24);
    for (let i = 32; i < 40; i++) file[i]! *= 1 + 2 * negative;
  }
}

/** Does a job to its end. */
export function finish(job: CurveJob): Uint8Array {
  while (job.step());
  return job.result!;
}
