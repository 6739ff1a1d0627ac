/** Byte arrays, for V8 and Espruino alike. */

/** A view of bytes from start to before end; what is beyond their end is left out, which Espruino's subarray does not do. */
export function slice(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return bytes.subarray(start, Math.min(end, bytes.length));
}

/** Byte arrays one after the other. */
export function concat(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  length = 0;
  for (const part of parts) {
    all.set(part, length);
    length += part.length;
  }
  return all;
}

/** Whether two byte arrays of one length are the same; not for secrets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let i = a.length;
  while (i && a[i - 1] === b[i - 1]) i--;
  return !i;
}
