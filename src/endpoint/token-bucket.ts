/** A token bucket: limits something to `rate` a second on average, with `burst` at once. */
export class TokenBucket {
  private _rate: number;
  private _burst: number;
  private _left: number;
  private _at: number | undefined;

  constructor(rate: number, burst: number = rate) {
    this._rate = rate;
    this._burst = this._left = burst;
  }

  /** Whether so much passes at a time in seconds. What passes may be more than is left, and is then made up for. */
  take(much: number, now: number): boolean {
    const since = Math.max(0, now - (this._at ?? now));
    this._at = Math.max(now, this._at ?? now);
    this._left = Math.min(this._burst, this._left + since * this._rate);
    if (this._left <= 0) return false;
    this._left -= much;
    return true;
  }
}
