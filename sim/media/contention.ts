// What media have in common whose stations share channels without a plan: what is on the air now, what overlaps, what a
// receiver makes of it.

import type { CommonOptions, Station, Transmission, Why } from "./medium.ts";
import { BaseMedium } from "./medium.ts";
import { exact } from "../engine.ts";

/** How strong senders are, and what receivers can do. A station may have a `power` of its own in `Station.radio`. */
export interface LevelOptions extends CommonOptions {
  /** dBm that a station sends with. */
  power?: number;
  /** dBm from which on a receiver hears. */
  sensitivity?: number;
  /** dB by which a frame must be above all others together to survive them. */
  capture?: number;
}

/** A transmission on a channel, and those that overlap with it there. */
export interface Signal {
  transmission: Transmission;
  from: Station;
  end: number;
  others: Signal[];
}

export abstract class ContentionMedium extends BaseMedium {
  readonly #levels: Required<Omit<LevelOptions, keyof CommonOptions>>;
  readonly #channels = new Map<number, Signal[]>();
  /** ms for which what is over can still be asked for. */
  protected memory = 0;

  constructor(options: LevelOptions, defaults: Required<Omit<LevelOptions, keyof CommonOptions>>) {
    super(options);
    const { power, sensitivity, capture } = { ...defaults, ...options };
    this.#levels = { power, sensitivity, capture };
  }

  /** A station makes noise on a channel from now on, for so many ms: a jammer. */
  jam(from: string, ms: number, channel: number): void {
    const signal = this.put({
      start: this.air.time,
      from,
      bytes: new Uint8Array(0),
      air: ms,
      type: "noise",
      channel,
      rx: [],
    });
    this.air.at(signal.end, () => {
      this.heard(signal.transmission);
    });
  }

  /** Puts on the air what begins now or soon. */
  protected put(transmission: Transmission): Signal {
    const { start, air, channel = 0 } = transmission;
    const signal: Signal = { transmission, from: this.station(transmission.from), end: exact(start + air), others: [] };
    let signals = this.#channels.get(channel);
    if (!signals) this.#channels.set(channel, (signals = []));
    const over = this.air.time - this.memory;
    let kept = 0;
    for (const other of signals) {
      if (other.end < over) continue;
      signals[kept++] = other;
      if (other.transmission.start >= signal.end || start >= other.end) continue;
      other.others.push(signal);
      signal.others.push(other);
    }
    signals.length = kept;
    signals.push(signal);
    return signal;
  }

  /** Whether a station senses something of more than so many dBm on a channel between two times in ms. */
  protected senses(station: Station, channel: number, start: number, end: number, level: number): boolean {
    for (const signal of this.#channels.get(channel) ?? []) {
      if (
        signal.transmission.start < end &&
        signal.end > start &&
        signal.from !== station &&
        this.#power(signal, station) > level
      )
        return true;
    }
    return false;
  }

  /** Why a signal that is over did not get to a station that listened to its channel, if it did not; and dBm where that is known. */
  protected received(signal: Signal, to: Station): { why?: Why; rssi?: number } {
    const { from, transmission } = signal;
    const lossy = this.lossy(from.name, to.name);
    if (this.apart(from.name, to.name)) return { why: "away" };
    const { sensitivity, capture } = this.#levels;
    const power = this.#power(signal, to);
    const rssi = power === Infinity ? {} : { rssi: power };
    if (power < sensitivity) return { why: "weak", ...rssi };
    let disturbed = false;
    let noise = false;
    let milliwatts = 0;
    for (const other of signal.others) {
      if (other.from === to) return { why: "deaf", ...rssi };
      const its = this.#power(other, to);
      if (its === -Infinity) continue;
      if (other.transmission.type === "noise") noise = true;
      // a receiver stays with what it began to receive
      else if (its >= sensitivity && other.transmission.start < transmission.start) disturbed = true;
      milliwatts += 10 ** (its / 10);
    }
    // in hundredths, as the power is; what is as strong as can be is no stronger than what else is
    if (milliwatts && !(power - Math.round(1000 * Math.log10(milliwatts)) / 100 >= capture)) disturbed = true;
    if (disturbed) return { why: noise ? "damaged" : "collision", ...rssi };
    return lossy ? { why: "loss", ...rssi } : rssi;
  }

  /** dBm of a signal at a station; Infinity: as strong as can be, -Infinity: nothing gets there. */
  #power({ from }: Signal, to: Station): number {
    if (this.apart(from.name, to.name)) return -Infinity;
    const own = from.radio?.["power"];
    return this.power(from, to, typeof own === "number" ? own : this.#levels.power) ?? Infinity;
  }
}
