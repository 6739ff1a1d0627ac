import { createHash, randomBytes } from "node:crypto";
import type { Random } from "../../src/types.ts";

/** A file of a board's Storage. */
export interface StorageFile {
  name: string;
  bytes: Uint8Array;
}

/**
 * The seed that a board without entropy of its own is flashed with (src/device/entropy/given.ts): eight bytes of
 * the SHA-256 of the seed, then the seed, 32 random bytes. A new one for each board and each time: two boards with one seed make the same keys.
 */
export function seedFile(random: Random = randomBytes): StorageFile {
  const seed = random(32);
  return {
    name: "mote.seed0",
    bytes: Uint8Array.from([...createHash("sha256").update(seed).digest().subarray(0, 8), ...seed]),
  };
}
