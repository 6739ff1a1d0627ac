/** What an exchange asks of a cipher set. telehash v3, e3x/cs/README.md. */

/** Curve work in steps; `result` is there when `step` gave false. */
export interface Job {
  result?: Uint8Array;
  /** Does a step; true while there is more. */
  step(): boolean;
}

export interface CipherSet {
  /** CSID: the HEAD of a message. */
  csid: number;
  /** Bytes of a public key. */
  length: number;
  /** With a key: ECDH of the secret and it. Without: the secret's public key. Throws for what is no secret or no key. */
  Job: new (secret: Uint8Array, key?: Uint8Array) => Job;
}
