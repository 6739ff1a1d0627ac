const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
