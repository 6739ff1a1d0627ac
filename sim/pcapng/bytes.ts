// Integers as bytes, and bytes one after the other.

export const le16 = (n: number): Uint8Array => Uint8Array.of(n, n >> 8);
export const le32 = (n: number): Uint8Array => Uint8Array.of(n, n >> 8, n >> 16, n >>> 24);
export const be16 = (n: number): Uint8Array => Uint8Array.of(n >> 8, n);
export const be32 = (n: number): Uint8Array => Uint8Array.of(n >>> 24, n >> 16, n >> 8, n);

export const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");

/** Bytes and single octets, in order. */
export function join(...parts: readonly (Uint8Array | number)[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += typeof part === "number" ? 1 : part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    if (typeof part === "number") all[at++] = part;
    else {
      all.set(part, at);
      at += part.length;
    }
  }
  return all;
}
