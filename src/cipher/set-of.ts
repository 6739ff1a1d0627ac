import { HOST } from "#features";
import { cs1a } from "./cs1a.ts";
import type { CipherSet } from "./set.ts";

/** The cipher set of an identity's keys; CS1a where it names none. */
type SetOf = (identity?: { set?: CipherSet }) => CipherSet;

const named: SetOf = (identity) => (identity && identity.set) || cs1a;

/** On a device, which has one cipher set, this is it: the build (tools/build/passes/shorten.ts) puts it in the place of calls. */
export const setOf: SetOf = HOST ? named : (cs1a as unknown as SetOf);
