// Simulated time for what runs on a clock of its own in Node.js: drivers, their transports.

import type { Clock } from "../src/node/clock.ts";

/** A clock that stands until `runTo` lets time pass. */
export class SimulatedClock implements Clock {
  time = 0;
  private _timers = new Set<{ at: number; run: () => void }>();
  private _soon = new Set<() => void>();

  now(): number {
    return this.time;
  }

  after(seconds: number, run: () => void): () => void {
    const timer = { at: this.now() + seconds, run };
    this._timers.add(timer);
    return () => {
      this._timers.delete(timer);
    };
  }

  soon(run: () => void): () => void {
    // each its own, though the same function comes twice
    const one = (): void => run();
    this._soon.add(one);
    return () => {
      this._soon.delete(one);
    };
  }

  /** When something is to run next, in seconds; undefined where nothing is. */
  get next(): number | undefined {
    if (this._soon.size) return this.now();
    return this._timers.size ? Math.min(...[...this._timers].map(({ at }) => at)) : undefined;
  }

  /** Runs what is due by then, in order; time stands there afterwards. */
  runTo(time: number): void {
    for (let next = this.next; next !== undefined && next <= time; next = this.next) {
      this.time = Math.max(this.time, next);
      const soon = [...this._soon];
      this._soon.clear();
      for (const run of soon) run();
      if (soon.length) continue;
      const timer = [...this._timers].find(({ at }) => at === next)!;
      this._timers.delete(timer);
      timer.run();
    }
    this.time = Math.max(this.time, time);
  }

  /** Lets time pass until something is so, with turns for promises; false where it is not within so many seconds. */
  async until(done: () => boolean, seconds = 600): Promise<boolean> {
    const end = this.time + seconds;
    while (!done()) {
      const { next } = this;
      if (next === undefined || next > end) {
        this.runTo(end);
        return false;
      }
      this.runTo(next);
      // what it settled goes on before time does
      await new Promise(setImmediate);
    }
    return true;
  }
}
