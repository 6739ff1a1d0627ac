/**
 * Keys of secp160r1: public keys are 21 bytes, 02 or 03 (parity of y) and x; secrets 20 or 21 bytes, big-endian.
 * What is checked here needs no curve work. telehash v3, e3x/cs/1a.md.
 */
import { fail } from "#platform/engine";

/** Bytes of a public key: 02 or 03 (parity of y), then x. */
export const KEY_LENGTH = 21;

// the order n of the group
const ORDER = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 244, 200, 249, 39, 174, 211, 202, 117, 34, 87]);

/**
 * The secret as a number of 164 bits whose digits the job reads: secret + 11 n or secret + 12 n, whichever is odd, since
 * odd digits need an odd number. These two never meet an exceptional case of the additions (P + Q with P = Q or -Q, and
 * the sum with P): near the end that would take a number 3d or -d from an odd multiple of 2n, and 12 n is an even one.
 * Throws SECRET_LENGTH or SECRET_RANGE.
 */
export function scalar(secret: Uint8Array): Uint8Array {
  const skip = 21 - secret.length;
  if (skip !== 0 && skip !== 1) fail("SECRET_LENGTH");
  const out = new Uint8Array(21);
  out.set(secret, skip);
  const times = 11 + (out[20]! & 1);
  let below = 0;
  let bits = 0;
  let h = 0;
  for (let i = 20; i >= 0; i--) {
    const byte = out[i]!;
    bits |= byte;
    below = (byte - ORDER[i]! + below) >> 8;
    h += byte + times * ORDER[i]!;
    out[i] = h;
    h >>= 8;
  }
  if (!bits || !below) fail("SECRET_RANGE");
  return out;
}

/** Throws SECRET_LENGTH or SECRET_RANGE where a secret is not 1 to n - 1 in 20 or 21 bytes. */
export function checkSecret(secret: Uint8Array): void {
  scalar(secret);
}

/**
 * Checks of a public key what needs no curve work; whether it is on the curve, a job finds.
 * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE
 */
export function checkKey(key: Uint8Array): void {
  if (key.length !== KEY_LENGTH) fail("KEY_LENGTH");
  if (key[0] !== 2 && key[0] !== 3) fail("KEY_PREFIX");
  // p is all ones but for its bit 31
  let below = 0;
  for (let i = 20; i > 0; i--) below = (key[i]! - (i === 17 ? 127 : 255) + below) >> 8;
  if (!below) fail("KEY_RANGE");
}
