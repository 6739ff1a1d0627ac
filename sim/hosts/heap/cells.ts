// Where Espruino's variables lie: which of them are free, and whether there are enough in a row for what has to be in
// one piece. Variables are taken from the lowest free ones, as Espruino does after it has collected garbage; in
// between it takes the last one that became free, so that its heap is a little more fragmented than this one.

import type { Layout } from "./layout.ts";

/** The list of what holds none. */
export const NONE: number[] = [];

/** What holds variables: a list of single ones, or a row. */
export interface Held {
  /** Indices of single variables. */
  cells: number[];
  /** The first of a row, and how many; a row of 0 is none. */
  at: number;
  row: number;
}

export class Cells {
  readonly #taken: Uint8Array;
  readonly #bytes: number;
  #free: number;
  // below it none is free
  #low = 0;

  /** @param more variables in addition to those of the layout */
  constructor(layout: Layout, more: number) {
    this.#taken = new Uint8Array(layout.variables + more);
    this.#bytes = layout.bytes;
    this.#free = this.#taken.length;
  }

  get free(): number {
    return this.#free;
  }

  /** Makes it hold `count` single variables, or as many as there are. */
  hold(what: Held, count: number): void {
    if (count && what.cells === NONE) what.cells = [];
    const { cells } = what;
    while (cells.length > count) this.#release(cells.pop()!);
    while (cells.length < count && this.#free) {
      while (this.#taken[this.#low]) this.#low++;
      this.#taken[this.#low] = 1;
      this.#free--;
      cells.push(this.#low);
    }
  }

  /** Makes it hold a row whose second variable begins at a multiple of 4 bytes. Returns false where there is none. */
  holdRow(what: Held, count: number): boolean {
    const taken = this.#taken;
    let length = 0;
    for (let i = this.#low; i < taken.length; i++) {
      if (taken[i]) length = 0;
      else if (length || !(((i + 1) * this.#bytes) & 3)) length++;
      if (length < count) continue;
      what.at = i + 1 - count;
      what.row = count;
      taken.fill(1, what.at, i + 1);
      this.#free -= count;
      return true;
    }
    return false;
  }

  /** Frees all that it holds. */
  drop(what: Held): void {
    for (const i of what.cells) this.#release(i);
    what.cells = NONE;
    if (!what.row) return;
    this.#taken.fill(0, what.at, what.at + what.row);
    this.#free += what.row;
    if (what.at < this.#low) this.#low = what.at;
    what.row = 0;
  }

  /** Bytes of the largest array that could be had in one piece. */
  get largest(): number {
    let most = 0;
    let length = 0;
    for (let i = this.#low; i < this.#taken.length; i++) {
      if (this.#taken[i]) length = 0;
      else if (length || !(((i + 1) * this.#bytes) & 3)) length++;
      if (length > most) most = length;
    }
    return most > 1 ? (most - 1) * this.#bytes : 0;
  }

  #release(i: number): void {
    this.#taken[i] = 0;
    this.#free++;
    if (i < this.#low) this.#low = i;
  }
}
