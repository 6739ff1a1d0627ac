import TinyQueue from "tinyqueue";

/** A queue of one deadline for each of many objects: O(log n) a change, and those without a deadline cost nothing. */
export class TimerQueue<Of extends object> {
  private _queue = new TinyQueue<{ time: number; of: Of }>([], (one, two) => one.time - two.time);
  private _due = new Map<Of, number>();

  /** Has one be due at a time, in place of the one before; undefined: not at all. */
  set(of: Of, time: number | undefined): void {
    if (this._due.get(of) === time) return;
    if (time === undefined) this._due.delete(of);
    else {
      this._due.set(of, time);
      this._queue.push({ time, of });
    }
  }

  /** The next one that is due by then, and is not from then on; undefined where there is none. */
  take(now: number): Of | undefined {
    if (!(this.next! <= now)) return undefined;
    const { of } = this._queue.pop()!;
    this._due.delete(of);
    return of;
  }

  /** When the next one is due. */
  get next(): number | undefined {
    return this.first?.time;
  }

  /** The next one, and when it is due. */
  get first(): { time: number; of: Of } | undefined {
    const queue = this._queue;
    for (let first = queue.peek(); first; first = queue.peek()) {
      if (this._due.get(first.of) === first.time) return first;
      queue.pop();
    }
    return undefined;
  }
}
