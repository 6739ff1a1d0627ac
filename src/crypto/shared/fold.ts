import { slice } from "#platform/engine";

/** The upper half of a digest's 32 bytes XORed into the lower, until `length` are left; in place, to be copied where it is kept. telehash v3, e3x/cs/1a.md. */
export function fold(digest: Uint8Array, length: 16 | 4): Uint8Array {
  for (let half = 16; half >= length; half >>= 1) {
    for (let i = 0; i < half; i++) digest[i]! ^= digest[i + half]!;
  }
  return slice(digest, 0, length);
}
