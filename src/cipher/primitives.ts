/**
 * The symmetric primitives of Cipher Set 1a. Each back end is a module with these three
 * functions; package.json "imports" picks one for "#primitives". They check no lengths:
 * callers hand over what the cipher set prescribes.
 */
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
