/** What an exchange asks of a cipher set. telehash v3, e3x/cs/README.md. */

import type { Job } from "../crypto/interface.ts";

export type { Job };

export interface CipherSet {
  /** CSID: the HEAD of a message. */
  csid: number;
  /** Bytes of a public key. */
  length: number;
  /** With a key: ECDH of the secret and it. Without: the secret's public key. Throws for what is no secret or no key. */
  Job: new (secret: Uint8Array, key?: Uint8Array) => Job;
}
