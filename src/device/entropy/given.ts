/**
 * Entropy of boards whose E.hwRand is not a hardware source: a generator over the seed that was put into Storage when
 * the board was flashed (tools/flash/seed.ts). Each step gives HMAC-SHA256(seed, 0) and goes on with HMAC-SHA256(seed, 1):
 * what is in memory or Storage does not tell what was given before.
 *
 * At boot the result of the first step becomes the seed of the next boot. It is written to the other of two files, then
 * the old one is erased, and only then something is given: two seeds are there only where nothing was made of the older
 * one, so either may be taken after a power cut, and a seed that was used can not come back. One write and one mark of
 * erasure a boot, none afterwards.
 */
import { fail, toBytes } from "#platform/engine";
import { hmac } from "#crypto/primitives";
import { toText } from "#platform/text";
import type { Random } from "../../types.ts";
import { get, put, storage } from "../store.ts";

/** Starts the generator. Throws ENTROPY where there is no seed, STORAGE where its successor could not be written. */
export function entropy(): Random {
  let slot = 0;
  const stored = get("seed0") || get("seed" + ++slot);
  if (!stored) fail("ENTROPY");
  let seed = toBytes(stored!);
  const step = (): Uint8Array => {
    const result = new Uint8Array(hmac(seed, new Uint8Array(1)));
    seed = new Uint8Array(hmac(seed, new Uint8Array([1])));
    return result;
  };
  put("seed" + (1 - slot), toText(step()));
  storage.erase("mote.seed" + slot);
  let pool: Uint8Array;
  let left = 0;
  return (n) => {
    const bytes = new Uint8Array(n);
    while (n) {
      if (!left) {
        pool = step();
        left = 32;
      }
      bytes[--n] = pool[--left]!;
    }
    return bytes;
  };
}
