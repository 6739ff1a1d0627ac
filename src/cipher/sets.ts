/** The cipher sets of the host, by CSID. telehash v3, e3x/cs/README.md. */
import { fail } from "#platform/engine";
import { cs1a } from "./cs1a.ts";
import * as p256 from "./cs1c.ts";
import * as secp160r1 from "../crypto/shared/keys.ts";
import type { CipherSet } from "./set.ts";

/** What the host asks of a cipher set beside what an exchange does. */
export interface HostCipherSet extends CipherSet {
  /** CSID in hex: "1a". */
  id: string;
  /** Bytes of a secret that is made here. */
  secretLength: number;
  /** Checks what needs no curve work. Throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE. */
  checkKey(key: Uint8Array): void;
  /** Throws SECRET_LENGTH, SECRET_RANGE. */
  checkSecret(secret: Uint8Array): void;
}

export const sets: Record<string, HostCipherSet> = {
  "1a": { ...cs1a, id: "1a", secretLength: 20, checkKey: secp160r1.checkKey, checkSecret: secp160r1.checkSecret },
  "1c": {
    ...p256.cs1c,
    id: "1c",
    secretLength: p256.SECRET_LENGTH,
    checkKey: p256.checkKey,
    checkSecret: p256.checkSecret,
  },
};

/** The cipher set of a CSID: 0x1a, or "1a". Throws CSID where there is none. */
export function setOf(csid: number | string): HostCipherSet {
  const id = typeof csid === "number" ? csid.toString(16) : csid;
  return Object.hasOwn(sets, id) ? sets[id]! : fail("CSID");
}

// of P-256 one number in 2^32 is no secret: one after the other come from no source of entropy
const TRIES = 4;

/**
 * A new key pair: `key` of set.length bytes, `secret` of set.secretLength.
 * @param random gives n bytes from a source of entropy fit for keys
 * @throws SECRET_RANGE where it gives nothing but what is no secret, such as zeros
 */
export function keyPair(
  set: HostCipherSet,
  random: (n: number) => Uint8Array,
): { key: Uint8Array; secret: Uint8Array } {
  for (let tries = TRIES; ;) {
    const secret = random(set.secretLength);
    try {
      set.checkSecret(secret);
    } catch (error) {
      if (--tries) continue;
      throw error;
    }
    const job = new set.Job(secret);
    while (job.step());
    return { key: job.result!, secret };
  }
}
