// Finds known bytes in others, wherever they stand: one look for each place, however many there are to be found.

/** Bytes of what is looked for by which it is recognized; shorter ones would be found by chance. */
const LONGEST = 12;
const SHORTEST = 6;

interface Pattern {
  bytes: Uint8Array;
  what: string;
}

export class Search {
  readonly #patterns = new Map<number, Pattern[]>();
  readonly #known = new Set<string>();

  /** Bytes that must be searched together with what follows them, where something may have been cut in two. */
  static readonly overlap = LONGEST - 1;

  /** Looks for bytes from now on, by the first of them; for fewer than 6 it does not. */
  add(bytes: Uint8Array, what: string): void {
    if (bytes.length < SHORTEST) return;
    const first = Uint8Array.from(bytes.subarray(0, LONGEST));
    const name = Buffer.from(first).toString("latin1");
    if (this.#known.has(name)) return;
    this.#known.add(name);
    const key = ((first[0]! << 24) | (first[1]! << 16) | (first[2]! << 8) | first[3]!) >>> 0;
    const there = this.#patterns.get(key);
    if (there) there.push({ bytes: first, what });
    else this.#patterns.set(key, [{ bytes: first, what }]);
  }

  /** What is found first; undefined: nothing. */
  find(bytes: Uint8Array): string | undefined {
    let key = 0;
    for (let i = 0; i < bytes.length; i++) {
      key = ((key << 8) | bytes[i]!) >>> 0;
      if (i < 3) continue;
      const there = this.#patterns.get(key);
      if (!there) continue;
      const found = there.find((pattern) => pattern.bytes.every((byte, at) => byte === bytes[i - 3 + at]));
      if (found) return found.what;
    }
    return undefined;
  }
}
