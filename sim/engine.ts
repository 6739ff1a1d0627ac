// The discrete-event core: virtual time, a queue of what is to happen, and streams of random numbers. Nothing else in a
// simulation has a clock or chance of its own, so that a seed decides everything.

import { uniform } from "./random.ts";

/** Something that is to happen. What it gives is waited for only where it is a promise. */
export type Work = () => unknown;

interface Item {
  time: number;
  order: number;
  work: Work | undefined;
}

/** Takes something back that was to happen. */
export type Cancel = () => void;

/** Whole microseconds, in ms: sums of times are the same however they came about. */
export const exact = (ms: number): number => Math.round(ms * 1000) / 1000;

const before = (one: Item, two: Item): boolean => one.time < two.time || (one.time === two.time && one.order < two.order);

export class Engine {
  readonly seed: number;
  #heap: Item[] = [];
  #order = 0;
  #time = 0;
  /** How much has happened. */
  events = 0;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Virtual time in ms, in whole microseconds. */
  get time(): number {
    return this.#time;
  }

  /** A stream of numbers in [0, 1) by name; each name has its own, so that one use does not disturb another. */
  random(name: string): () => number {
    return uniform(this.seed, name);
  }

  /** Does something at a virtual time in ms, now if that is past; what is due at one time happens in the order in which it was asked for. */
  at(time: number, work: Work): Cancel {
    const item: Item = { time: Math.max(exact(time), this.#time), order: this.#order++, work };
    const heap = this.#heap;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (before(heap[above]!, item)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = item;
    return () => { item.work = undefined; };
  }

  /** Handles all events up to a virtual time in ms, in order; time then stands there. */
  async runUntil(time: number): Promise<void> {
    await this.runWhile(() => false, time);
    this.#time = Math.max(this.#time, exact(time));
  }

  /** Handles events until `done` holds, none are left, or the next is after `limit`. Returns whether `done` holds. */
  async runWhile(done: () => boolean, limit: number): Promise<boolean> {
    while (!done()) {
      const item = this.#heap[0];
      if (item === undefined || item.time > limit) return false;
      this.#pop();
      if (!item.work) continue;
      this.#time = item.time;
      this.events++;
      const waiting = item.work();
      if (waiting instanceof Promise) await waiting;
    }
    return true;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    const size = heap.length;
    if (!size) return;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= size) break;
      if (below + 1 < size && before(heap[below + 1]!, heap[below]!)) below++;
      if (!before(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}
