// A radio without physics: latency, loss, duplication and reordering as they are asked for, and nothing else.

import { BaseMedium } from "./medium.ts";
import type { CommonOptions, Reception, Station } from "./medium.ts";

export interface IdealOptions extends Omit<CommonOptions, "loss"> {
  /** Largest frame in bytes (20 for BLE with the default MTU). */
  frameSize: number;
  /** Milliseconds from sending to arrival. Default 0. */
  latency?: number;
  /** Up to so many ms are added to the latency, evenly; order on a link is kept. Default 0. */
  jitter?: number;
  /** Probability that a frame is lost. Default 0. */
  loss?: number;
  /** Probability that a frame which arrives does so twice. Default 0. */
  duplication?: number;
  /** Probability that a frame which arrives is held back, so that later ones overtake it. Default 0. */
  reordering?: number;
  /** How long a frame is held back at most, in ms (at least 1). Default 50. */
  holdback?: number;
}

/** What became of a frame on its way to one endpoint. */
export interface Fate {
  lost: boolean;
  duplicated: boolean;
  /** Held back; later frames may have overtaken it. */
  reordered: boolean;
  /** Virtual ms of each arrival; empty when lost. */
  arrivals: number[];
}

interface Link {
  random: () => number;
  /** Arrival of the last frame that kept its place. */
  last: number;
}

/** Decides the fate of every frame. Each direction of each link draws from a stream of its own. */
export class IdealMedium extends BaseMedium {
  readonly kind = "ideal";
  readonly options: Required<Omit<IdealOptions, keyof CommonOptions>> & { loss: number };
  readonly #links = new Map<string, Link>();
  #peers: Map<string, Set<string>> | undefined;

  constructor(options: IdealOptions) {
    const { links, propagation, ...own } = options;
    super({ ...(links && { links }), ...(propagation && { propagation }) });
    this.options = { latency: 0, jitter: 0, loss: 0, duplication: 0, reordering: 0, holdback: 50, ...own };
  }

  get frameSize(): number {
    return this.options.frameSize;
  }

  /** Lets two stations hear each other. Without any call everyone hears everyone. */
  link(one: string, two: string): void {
    this.#peers ??= new Map();
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      const peers = this.#peers.get(from) ?? new Set<string>();
      this.#peers.set(from, peers.add(to));
    }
  }

  /** The stations that hear one. */
  peers(name: string): Iterable<string> {
    return this.#peers ? (this.#peers.get(name) ?? []) : this.stations.keys();
  }

  /** What becomes of a frame that is sent at a virtual time in ms. */
  fate(time: number, from: string, to: string): Fate {
    const { latency, jitter, loss, duplication, reordering, holdback } = this.options;
    const name = JSON.stringify([from, to]);
    const link = this.#links.get(name) ?? { random: this.air.random(`medium/${name}`), last: 0 };
    this.#links.set(name, link);
    // As many draws for every frame, whatever its fate: one option then does not disturb the others' outcome.
    const lost = link.random() < loss;
    const duplicated = link.random() < duplication;
    const reordered = link.random() < reordering;
    const spread = Math.floor(link.random() * (jitter + 1));
    const held = 1 + Math.floor(link.random() * holdback);
    if (lost || this.apart(from, to) || this.lossy(from, to))
      return { lost: true, duplicated: false, reordered: false, arrivals: [] };
    let arrival = time + latency + spread;
    if (reordered) arrival += held;
    else arrival = link.last = Math.max(arrival, link.last);
    return { lost, duplicated, reordered, arrivals: duplicated ? [arrival, arrival + held] : [arrival] };
  }

  protected transmit(from: Station, bytes: Uint8Array, only: string | undefined): void {
    const { time } = this.air;
    const rx: Reception[] = [];
    for (const to of this.peers(from.name)) {
      if (to === from.name || (only !== undefined && only !== to) || this.station(to).listens === false) continue;
      const apart = this.apart(from.name, to);
      const { lost, duplicated, reordered, arrivals } = this.fate(time, from.name, to);
      rx.push({
        to,
        fate: lost ? "lost" : "delivered",
        arrivals,
        ...(lost && { why: apart ? "away" : "loss" }),
        ...(duplicated && { duplicated }),
        ...(reordered && { reordered }),
      });
      for (const arrival of arrivals) {
        this.air.at(arrival, () => (this.reaches(to) ? this.air.deliver(to, bytes, from.name) : undefined));
      }
    }
    this.heard({ start: time, from: from.name, ...(only !== undefined && { to: only }), bytes, air: 0, rx });
  }
}
