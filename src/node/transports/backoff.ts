/** Delays between tries to reach something that is away: doubled each time, and random, so that many do not come at once. */
export class Backoff {
  private _least: number;
  private _most: number;
  private _random: () => number;
  private _next: number;

  /** @param least @param most seconds; @param random gives numbers from 0 to below 1 */
  constructor(least: number, most: number, random: () => number = Math.random) {
    this._least = this._next = least;
    this._most = most;
    this._random = random;
  }

  /** Seconds to wait before the next try: from half of the delay to the whole. */
  next(): number {
    const delay = this._next;
    this._next = Math.min(delay * 2, this._most);
    return (delay * (1 + this._random())) / 2;
  }

  /** It was reached: the next delay is the least one. */
  reset(): void {
    this._next = this._least;
  }
}
