// Deterministic random numbers for the host side: sfc32, and seeds derived from names.

/** A stream of 32-bit unsigned integers from four words (sfc32; with the first twelve dropped, which still show the seed, it is the emulated firmware's E.hwRand). */
export function sfc32(state: readonly number[]): () => number {
  let a = (state[0] ?? 0) | 0;
  let b = (state[1] ?? 0) | 0;
  let c = (state[2] ?? 0) | 0;
  let d = (state[3] ?? 0) | 0;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** Four words from a seed and a name: each use of a seed gets a stream of its own (FNV-1a, then a mixing step). */
export function deriveState(seed: number, name: string): [number, number, number, number] {
  const text = `${seed}/${name}`;
  const word = (salt: number): number => {
    let h = 0x811c9dc5 ^ salt;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  };
  return [word(1), word(2), word(3), word(4)];
}

/** A stream of numbers in [0, 1) from a seed and a name. */
export function uniform(seed: number, name: string): () => number {
  const next = sfc32(deriveState(seed, name));
  return () => next() / 0x100000000;
}

/** A source of bytes from a seed and a name: entropy for the keys of virtual endpoints. */
export function randomOf(seed: number, name: string): (n: number) => Uint8Array {
  const next = sfc32(deriveState(seed, name));
  return (n) => Uint8Array.from({ length: n }, () => next());
}
