/** Hashnames: the name of an endpoint, a digest over its public keys. telehash v3, hashname.md. */
import { sha256 } from "#primitives";
import { fromBase32, fromHex, toBase32 } from "../packet/text.ts";

/** SHA-256 of a public key: stands for the key where only the hashname has to be computed. 32 bytes. */
export function intermediate(key: Uint8Array): Uint8Array {
  return sha256(key);
}

/**
 * The hashname of keys by CSID ("1a"), each as bytes, or as base32 text of its intermediate digest.
 * @returns 52 characters of base32
 */
export function hashname(keys: { [csid: string]: Uint8Array | string }): string {
  let rolled = new Uint8Array(0);
  for (const csid of Object.keys(keys).sort()) {
    const key = keys[csid]!;
    for (const part of [fromHex(csid), typeof key === "string" ? fromBase32(key) : intermediate(key)]) {
      const both = new Uint8Array(rolled.length + part.length);
      both.set(rolled);
      both.set(part, rolled.length);
      rolled = sha256(both) as Uint8Array<ArrayBuffer>;
    }
  }
  return toBase32(rolled);
}
