// The discrete-event core: virtual time, a queue of what is to happen, and streams of random numbers. Nothing else in a
// simulation has a clock or chance of its own, so that a seed decides everything.

import TinyQueue from "tinyqueue";
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

const order = (one: Item, two: Item): number => one.time - two.time || one.order - two.order;

export class Engine {
  readonly seed: number;
  #queue = new TinyQueue<Item>([], order);
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
    // not earlier than it was asked for, or who is early would ask again for ever
    const item: Item = { time: Math.max(Math.ceil(time * 1000 - 1e-6) / 1000, this.#time), order: this.#order++, work };
    this.#queue.push(item);
    return () => {
      item.work = undefined;
    };
  }

  /** When something is to happen next; undefined: nothing is. */
  get next(): number | undefined {
    let item = this.#queue.peek();
    while (item && !item.work) {
      this.#queue.pop();
      item = this.#queue.peek();
    }
    return item?.time;
  }

  /** Handles all events up to a virtual time in ms, in order; time then stands there. */
  async runUntil(time: number): Promise<void> {
    await this.runWhile(() => false, time);
    this.#time = Math.max(this.#time, exact(time));
  }

  /** Handles events until `done` holds, none are left, or the next is after `limit`. Returns whether `done` holds. */
  async runWhile(done: () => boolean, limit: number): Promise<boolean> {
    while (!done()) {
      const item = this.#queue.peek();
      if (item === undefined || item.time > limit) return false;
      this.#queue.pop();
      if (!item.work) continue;
      this.#time = item.time;
      this.events++;
      const waiting = item.work();
      if (waiting instanceof Promise) await waiting;
    }
    return true;
  }
}
