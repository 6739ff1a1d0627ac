interface One<Of> {
  value: Of;
  at: number;
}

/**
 * Those that a listener has heard from, a bounded number. When there are too many, the one goes that was not heard for the
 * longest time: of those that no link uses while there are any, so that a flood of strangers pushes out strangers.
 */
export class Heard<Of> {
  private _most: number;
  private _isUsed: (value: Of) => boolean;
  // each in the order in which they were heard; of the first ones it is not known yet that a link uses them
  private _strangers = new Map<string, One<Of>>();
  private _used = new Map<string, One<Of>>();

  /** @param most how many there may be; @param isUsed whether a link uses one */
  constructor(most: number, isUsed: (value: Of) => boolean) {
    this._most = most;
    this._isUsed = isUsed;
  }

  get size(): number {
    return this._strangers.size + this._used.size;
  }

  values(): Of[] {
    return [...this._strangers.values(), ...this._used.values()].map(({ value }) => value);
  }

  /** The one with a key, which was heard now, in seconds; undefined where there is none. */
  get(key: string, now: number): Of | undefined {
    for (const map of [this._strangers, this._used]) {
      const one = map.get(key);
      if (!one) continue;
      one.at = now;
      map.delete(key);
      map.set(key, one);
      return one.value;
    }
    return undefined;
  }

  /** Adds one that was heard now, in seconds. Returns the one that had to go for it. */
  add(key: string, value: Of, now: number): Of | undefined {
    const gone = this.size >= this._most ? this._evict() : undefined;
    this._strangers.set(key, { value, at: now });
    return gone;
  }

  delete(key: string): void {
    this._strangers.delete(key);
    this._used.delete(key);
  }

  /** Removes and returns those that no link uses and that were not heard since a time in seconds. */
  idle(since: number): Of[] {
    const gone: Of[] = [];
    for (const map of [this._strangers, this._used]) {
      for (const [key, { value, at }] of map) {
        if (at > since) break;
        if (this._isUsed(value)) continue;
        map.delete(key);
        gone.push(value);
      }
    }
    return gone;
  }

  private _evict(): Of {
    for (const [key, one] of this._strangers) {
      this._strangers.delete(key);
      if (!this._isUsed(one.value)) return one.value;
      this._used.set(key, one);
    }
    let key: string | undefined;
    for (const [other, { value }] of this._used) {
      if (this._isUsed(value)) continue;
      key = other;
      break;
    }
    key ??= this._used.keys().next().value!;
    const { value } = this._used.get(key)!;
    this._used.delete(key);
    return value;
  }
}
