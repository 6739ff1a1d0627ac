import type { Random } from "../../types.ts";

declare const E: { hwRand(): number };

/** Entropy of boards whose E.hwRand is a hardware source. */
export function entropy(): Random {
  return (n) => {
    const bytes = new Uint8Array(n);
    for (let i = 0; i < n; i++) bytes[i] = E.hwRand();
    return bytes;
  };
}
