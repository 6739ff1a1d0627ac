/** What differs between JavaScript engines beside standard.ts, for Node.js and browsers. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** String of UTF-8 bytes. Throws on bytes that are not UTF-8. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Whether two byte arrays are the same; not for secrets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
