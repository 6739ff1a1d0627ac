/** As text-standard.ts, for Espruino; apart from espruino.ts, as the runtime at rest needs none of it. */
declare const E: { toString(data: Uint8Array): string };

export const toText: (bytes: Uint8Array) => string = E.toString;

export function same(a: Uint8Array, b: Uint8Array): boolean {
  return toText(a) === toText(b);
}
