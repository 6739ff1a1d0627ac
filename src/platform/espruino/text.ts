declare const E: { toString(data: Uint8Array): string };

export const toText: (bytes: Uint8Array) => string = E.toString;

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return toText(a) === toText(b);
}
