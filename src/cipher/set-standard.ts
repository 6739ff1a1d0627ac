import { cs1a } from "./cs1a.ts";
import type { CipherSet } from "./set.ts";

/** The cipher set of an identity's keys; CS1a where it names none. */
export function setOf(identity?: { set?: CipherSet }): CipherSet {
  return identity?.set ?? cs1a;
}
