/**
 * secp160r1 (SEC 2, section 2.4.2) in plain numbers, as a job that is done a step at a time, so that a
 * microcontroller can serve its radio in between. One step is two field operations at most.
 *
 * A field element is eight signed limbs of 20 bits: products summed by columns and folded by
 * 2^160 = 2^31 + 1 (mod p) stay below 2^53. Points are Jacobian. The sequence of steps is the same for every secret
 * and none branches on it; the index into a table of points does depend on it.
 *
 * For a public key the secret is read as 41 digits of four bits that lie 41 bits apart (a comb), from a table of eight
 * multiples of the generator. For a shared secret it is read as 41 signed odd digits of four bits. The other's y is not
 * needed for x of the product: with u = x^3 - 3x + b the point (u x, u^2) is on y^2 = x^3 - 3u^2 x + b u^3, which is
 * the same curve where u is a square. Its odd multiples are brought to one Z, which is then taken for 1 on yet another
 * such curve. Whether u is a square comes out of the inversion at the end.
 */
import type { Job } from "../interface.ts";
import { fail, fromBase64, multiplier, toBytes } from "#platform/engine";
import type { Columns } from "../../platform/interface.ts";
import { KEY_LENGTH, checkKey, scalar } from "./keys.ts";
import { listing } from "./listing.ts";

// the coefficient b; then x and y of eight points, each 2^123 G with 2^82 G, 2^41 G, G added or taken off as bits 2 to 0 of
// its number say, negative if that is odd; then of 2^122 G
const TABLE =
  "HJe+/FS9eotlrPifgdTUrcVl+kXdRUDEySt0tJfrHYuzt0Hyliz/q/XWcWpemQS3hH4z0UX0iguSe0Uauli0o8frAFLQ+UEIrcoF5SaWiWYBN7YpuW/l+vFfnhf/YYbeluBTICR/eNpCDSKMbXDT5X9q/w5eF92juKHR22geuuGEHF6oV3JqhAeQ8NhREqM/J/KmuaDw3l/BqL+W8y6H3Bpq6SKZSboJrxDsJqgG2rW0SMbLsZ9Z9WuJirwGZJkx0TKXErV0a518qzm163wl+erqbgu4th2Zb5Lg3hheIcsT8RAF9n9UcqfShGfP5faKnwLjPP84NsRW5X4EVBXnb45cAn/Y1TGGfAS2LkTYNHrvcp0xBggvGE6h/37xGNjOeQxcvBZCv4Yclwhi02mlY9zvFs0fbWWiDpOCdV/YS1tKLvjnReLyjpWg88IRAqMe0o+zt1bBwO+ZPhUCk+slPSgDt8a/j8BOKR/I1HZncl3sEMR/iaSAAv/wdkA=";

const LIMB = 0x100000;
// what a limb's overflow adds to the next: without the division, which takes a microcontroller several products' time
const NEXT = 1 / LIMB;
// a number below 2^72 is rounded to a multiple of LIMB when this, 3 * 2^71, is added and taken off again
const ROUND = LIMB * LIMB * LIMB * 0x1800;

// Programs, as listings of products; listing.ts says how they are written and what becomes of them. Registers:
//   X Y Z      the sum so far, Jacobian; aZ4: the curve's coefficient a times Z^4
//   x y        the point that is added, affine, with y negative
//   h k        by how much x and y are further in the point added (-k the first time); k of a doubling is 3 X^2 + a Z^4
//   a          the curve's coefficient a
//   scale      what Z^2 is multiplied by for x on the curve itself
//   one, zero  constants
//   b, i to o  what goes between; s: what Z of all multiples is more than that of one
const DOUBLE = listing(`
  i = 2 Y Y
  Z = 2 Z _           // 2 Y Z
  j = 2 i i           // 8 Y^4
  b = 2 X _           // 4 X Y^2: X with the new Z
  k = 2 X X
  k = X _ + k + aZ4   // 3 X^2 + a Z^4
  X = k k - 2 b
  _ = b - X
  Y = _ _ - j         // (b - X) k - 8 Y^4
`);
// aZ4 of what was doubled, where it is to be doubled again: j is 8 Y^4
const DOUBLED = listing(`
  aZ4 = 2 aZ4 j
`);
// Two additions to get 2P + Q (Meloni; Longa and Miri): P + Q, then P to that, for both have the same Z then. First what
// both begin with; then P with the sum's Z (b, l); then how far the sum is from it.
const SHARE = listing(`
  i = h h
  j = i _             // h^3
  Z = Z _             // Z h
`);
const AGAIN = listing(`
  b = b i
  l = l j
`);
const NEAR = listing(`
  h = k k - j - 3 b
  k = h _             // h k, and a term that the next program begins with
`);
const ADD =
  listing(`
  select              // x, y of Q
  m = Z Z
  l = m _             // Z^3
  h = x m - X
  k = y l + Y
`) +
  SHARE +
  listing(`
  b = X i
  l = Y j
`) +
  NEAR +
  listing(`
  - 2 l
`) +
  SHARE +
  AGAIN +
  listing(`
  X = k k - j - 2 b
  _ = b - X
  Y = _ _ - l         // (b - X) k - l
`);
// aZ4 of the sum
const COEFFICIENT = listing(`
  m = Z Z
  m = m m
  aZ4 = a m
`);
const LOOP = listing(`
  next digit
`);
const BEGIN = listing(`
  begin               // x, y of the point to begin with
  X = x one
  Y = y _
  Z = one _
  aZ4 = a _
`);
// the other's point, u, and the curve that both are on; the double, and the odd multiples with their own Z
const MULTIPLES =
  listing(`
  X = X one
  m = X X - 3 one
  o = m X + b         // u = x^3 - 3 x + b
  X = X o             // u x
  Y = o _             // u^2
  aZ4 = zero _ - 3 Y  // -3 u^2: Z is 1
`) +
  DOUBLE +
  listing(`
  _ = b - X           // the point itself, with Z of the double, less the double
  h = _ one
  k = j _ - Y
  b = X _
  l = Y _
  x = h _ + b
  y = k _ + l
  keep multiple       // from here on two at a time: the sign of k changes with each
`) +
  SHARE +
  AGAIN +
  NEAR +
  listing(`
  + 2 l
  x = h one + b
  y = k _ - l
  keep multiple
`) +
  SHARE +
  AGAIN +
  NEAR +
  listing(`
  - 2 l
  x = h one + b
  y = k _ + l
  keep multiple, next
`) +
  listing(`
  m = Z Z
  scale = o m         // u Z^2
  i = scale scale
  a = zero _ - 3 i    // with Z taken for 1
  h = one one
  s = s h             // from here on for each multiple, the last one first, with h of the one behind it
  i = s s
  j = i _             // s^3
  x = x i
  y = y j
  multiple before
`);
// n = i^((p - 3) / 2); j, k, l, m are i to the power of 2^2 - 1, 2^4 - 1, 2^8 - 1, 2^16 - 1, then j of 2^29 - 1. i n is 1,
// or -1 where u is no square
const END =
  listing(`
  m = Z Z
  i = m scale
  j = i i
  j = j i             // 2^2 - 1
  k = j j
  k = k k
  k = k j             // 2^4 - 1
  l = k k
  l = l l, 3 times
  l = l k             // 2^8 - 1
  m = l l
  m = m m, 7 times
  m = m l             // 2^16 - 1
  n = m m
  n = n n, 15 times
  n = n m             // 2^32 - 1
  o = n n
  o = o o, 15 times
  o = o o, 15 times
  o = o o, 1 times
  o = o n             // 2^64 - 1
  n = o o
  n = n n, 15 times
  n = n n, 15 times
  n = n n, 15 times
  n = n n, 15 times
  n = n n, 3 times
  n = n o             // 2^128 - 1
`) +
  listing(`
  j = m m
  j = j j, 7 times
  j = j l             // 2^24 - 1
  j = j j, 4 times
  j = j k             // 2^28 - 1
  j = j j
  j = j i             // 2^29 - 1
  n = n n, 15 times
  n = n n, 15 times
  n = n j
  n = n n             // (2^158 - 2^30 + 2^29 - 1) 2 = (p - 3) / 2
  aZ4 = i n
  X = X _
  Y = Y _
  Y = Y _
  Y = Y Z
  reduce              // X, Y and i n; then the result
  reduce
  reduce
  reduce
`);

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

/** Takes 20 bytes, big-endian, from `at` on as limbs. */
function load(d: Int32Array, bytes: Uint8Array, at: number): void {
  at += 19;
  for (let i = 0; i < 8; i++) {
    const end = at - ((i * 5) >> 1);
    d[i] = ((bytes[end]! | (bytes[end - 1]! << 8) | (bytes[end - 2]! << 16)) >> ((i & 1) * 4)) & 0xfffff;
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

/** Whether it pays to make key pairs ahead of need. */
export const SLOW: boolean = true;

/**
 * A scalar multiplication under way. `result` is there when `step` has returned false: for a job with the other's key
 * the shared secret (20 bytes, x of the product), for a job without it the public key of the secret (21 bytes).
 * Throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE when made, KEY_OFF_CURVE in a step.
 */
export class CurveJob {
  result?: Uint8Array;
  private _step: () => boolean;
  /** What is wiped at the end. */
  secrets: (Uint8Array | Int32Array)[];

  /** @param secret 20 or 21 bytes, big-endian; @param key the other's public key, 21 bytes, or undefined */
  constructor(secret: Uint8Array, key?: Uint8Array) {
    // what is used often comes first: Espruino goes through the names of a scope one by one
    const program = toBytes(
      (key ? MULTIPLES + BEGIN + DOUBLE + DOUBLED + DOUBLE + DOUBLED + DOUBLE + ADD + COEFFICIENT : BEGIN + ADD) +
        LOOP +
        END,
    );
    let at = 0;
    const registers: Int32Array[] = [];
    const file = new Int32Array(160);
    const kit = multiplier(file);
    const multiply = kit[0];
    const around = ROUND;
    const down = NEXT;
    let again = 0;
    const number = scalar(secret);
    // 2^164: so that digits are odd and signed; 2^163: twice 2^40 times the point that the comb begins with, which keeps
    // it from meeting its own entries
    number[0]! ^= key ? 16 : 24;
    // of the other's key: x, y of its odd multiples, and what Z grows by to the next
    const table = new Int32Array(key ? 192 : 0);
    const points = fromBase64(TABLE);
    let count = 0;
    let digit = 40;
    for (let i = 1; i < 21; i++) registers[i] = file.subarray(i * 8 - 8, i * 8);
    // Z, one, scale, s
    file[24] = file[128] = file[136] = file[144] = 1;
    if (key) {
      checkKey(key);
      load(registers[1]!, key, 1);
      load(registers[2]!, points, 0);
    }
    this.secrets = [number, file, table];

    const point = (at: number): void => {
      load(registers[6]!, points, at);
      load(registers[7]!, points, at + 20);
    };
    // puts the point for the next digit into x and y
    const select = (): void => {
      // the number is the sum of all 2^i, each added or taken off as bit i + 1 says
      let u = 0;
      for (let i = 3; i >= 0; i--) {
        const bit = 1 + (key ? 4 * digit + i : digit + 41 * i);
        u = (u << 1) | ((number[20 - (bit >> 3)]! >> (bit & 7)) & 1);
      }
      const negative = (u >> 3) - 1;
      const entry = (u ^ negative) & 7;
      if (key) file.set(table.subarray(entry * 24, entry * 24 + 16), 40);
      else point(entry * 40 + 20);
      // the sign is the other way round but for the point to begin with
      const sign = 1 - 2 * ((negative ^ entry ^ (key && digit > 39 ? 0 : 1)) & 1);
      for (let i = 48; i < 56; i++) file[i]! *= sign;
      digit--;
    };
    const control = (operation: number): boolean => {
      at++;
      if (!operation) {
        // _ = b - X: the first operand
        kit[3]();
      } else if (operation < 3) {
        // keep multiple; with `next` back to behind the first one
        table.set(file.subarray(40, 64), 24 * count);
        if (count < 7) {
          count++;
          if (operation > 1) at = program.indexOf(120) + 1;
        } else at = program.indexOf(121) + 1;
      } else if (operation < 4) {
        // select
        select();
      } else if (operation < 5) {
        // next digit: 40 are added
        if (digit >= 0) at = program.indexOf(126) + BEGIN.length;
      } else if (operation < 6) {
        // reduce: X, Y and i n, then the result
        if (count < 3) reduce(registers[1 + 2 * count++]!);
        else {
          const result = new Uint8Array(key ? 20 : KEY_LENGTH);
          let off = file[32]! ^ 1;
          for (let i = 33; i < 40; i++) off |= file[i]!;
          result[0] = 2 | (file[16]! & 1);
          store(file.subarray(0, 8), result, result.length);
          for (const one of this.secrets) one.fill(0);
          if (off) fail("KEY_OFF_CURVE");
          this.result = result;
          return false;
        }
      } else if (operation < 7) {
        // multiple before: all of them have the Z of the last one
        table.set(file.subarray(40, 56), 24 * count);
        if (count) {
          file.set(table.subarray(24 * count - 24, 24 * count), 40);
          count--;
          at = program.indexOf(115);
        }
      } else {
        // begin: with the first digit's point
        if (key) select();
        else point(340);
      }
      return true;
    };

    this._step = () => {
      // in the order of how often they are used
      let h = 0;
      let x = 0;
      const round = around;
      const next = down;
      let u: Columns = undefined as unknown as Columns;
      let d: Int32Array = file;
      let i = at;
      const p = program;
      const r = registers;
      let f = 0;
      let y = 0;
      let z = 0;
      let target = 0;
      let n = 2;
      do {
        target = p[i]!;
        if (!target) return false;
        if (target > 118) {
          at = i;
          return control(target - 119);
        }
        d = r[target & 31]!;
        u = multiply(r[p[i + 1]! & 31], r[p[i + 2]! & 31]);
        if (target < 96) kit[4]();
        f = p[(i += 3)]!;
        if (f < 64) {
          if (f < 57) {
            // repeated
            if (++again < f - 38) i -= 3;
            else {
              again = 0;
              i++;
            }
          } else {
            u = kit[1](r[p[i + 1]! & 31]!, f - 60);
            f = p[(i += 2)]!;
            if (f > 56 && f < 64) {
              u = kit[2](r[p[i + 1]! & 31]!, f - 60);
              i += 2;
            }
          }
        }
        h = (x = u(2)) + round - round;
        y = x - h;
        z = (x = u(1) + h * next) - (h = x + round - round);
        h *= next;
        f = h * 2048;
        d[0] = (x = u(0) + h) - (h = x + round - round);
        d[1] = (x = u(7) + f + h * next) - (h = x + round - round);
        d[2] = (x = u(6) + h * next) - (h = x + round - round);
        d[3] = (x = u(5) + h * next) - (h = x + round - round);
        d[4] = (x = u(4) + h * next) - (h = x + round - round);
        d[5] = (x = u(3) + h * next) - (h = x + round - round);
        d[6] = (x = y + h * next) - (h = x + round - round);
        d[7] = z + h * next;
      } while (--n);
      at = i;
      return true;
    };
  }

  /** Does one step; false when there is nothing left to do. */
  step(): boolean {
    return this._step();
  }
}

/** Does a job to its end. */
export function finish(job: Job): Uint8Array {
  while (job.step());
  return job.result!;
}
