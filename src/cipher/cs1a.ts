/** Cipher Set 1a: secp160r1, and what seal.ts does with it. telehash v3, e3x/cs/1a.md. */
import { CurveJob } from "#crypto/curve";
import { KEY_LENGTH } from "../crypto/shared/keys.ts";
import type { CipherSet } from "./set.ts";

export const CSID = 0x1a;

export const cs1a: CipherSet = { csid: CSID, length: KEY_LENGTH, Job: CurveJob };
