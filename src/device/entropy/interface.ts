import type { Random } from "../../types.ts";

/**
 * Where a board's random bytes come from. package.json's "imports" picks the file for "#entropy"; test/variants/interfaces.test.ts
 * holds all of them to this.
 */
export interface Entropy {
  /** Starts the source; it gives bytes that nobody can know. Throws ENTROPY where it can not, STORAGE where what it has to keep could not be written. */
  entropy(): Random;
}
