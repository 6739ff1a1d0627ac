/** What all of the library speaks of. */

/** A key pair: public key 21 bytes, secret 20 or 21 bytes; in CS1c 33 and 32. */
export interface KeyPair {
  key: Uint8Array;
  secret: Uint8Array;
}

/** Gives n bytes from a source of entropy fit for keys. */
export type Random = (n: number) => Uint8Array;
