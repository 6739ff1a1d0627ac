import { cs1a } from "./cs1a.ts";
import type { CipherSet } from "./set.ts";

/** A device has one cipher set: the build (build/shorten.ts) puts this in the place of calls. */
export const setOf = cs1a as unknown as (identity?: object) => CipherSet;
