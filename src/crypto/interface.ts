/**
 * What Cipher Set 1a is made of. Each back end is a folder with a file for each of these interfaces, so that a board can unload
 * some without others; package.json's "imports" picks the folder for "#crypto/*". test/variants holds all of them to this.
 */

/** Curve work in steps; `result` is there when `step` gave false. */
export interface Job {
  result?: Uint8Array;
  /** Does a step; true while there is more. */
  step(): boolean;
}

/** curve.ts: secp160r1. */
export interface Curve {
  /**
   * With a key: the shared secret (20 bytes) of the secret and it. Without: the secret's public key (21 bytes).
   * Throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE, when made or in a step.
   */
  CurveJob: new (secret: Uint8Array, key?: Uint8Array) => Job;
  /** Whether it pays to make key pairs ahead of need. */
  SLOW: boolean;
}

/** fold.ts */
export interface Fold {
  /** A digest of `sha256` or `hmac`, folded by XOR to 16 or 4 bytes; to be copied where it is kept. telehash v3, e3x/cs/1a.md. */
  fold(digest: Uint8Array, length: 16 | 4): Uint8Array;
}

/** primitives.ts. They check no lengths: callers hand over what the cipher set prescribes. */
export interface Primitives {
  /** SHA-256 of `data`: 32 bytes, to be copied where they are kept: the next call may change them. */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA256 of `data`, `key` up to 64 bytes: 32 bytes, to be copied where they are kept. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * AES-128-CTR of `data`, either way, in its place; gives `data`. `key` is 16 bytes;
   * the first counter block is `iv` (4 bytes) and twelve zero bytes, then one big-endian 128-bit
   * number counting up (cs/1a.md).
   */
  ctr(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array;
}

/** The native code of thumb/ for one core. */
export interface Blob {
  /** The code as base64. */
  code(): string;
}
