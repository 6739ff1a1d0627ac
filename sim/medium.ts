// The radio medium: what becomes of a frame between two endpoints, deterministic from a seed.

import { FrameSizeError } from "./errors.ts";
import { uniform } from "./random.ts";

export interface MediumOptions {
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
export class Medium {
  readonly options: Required<MediumOptions>;
  readonly seed: number;
  readonly #links = new Map<string, Link>();
  readonly #away = new Set<string>();

  constructor(options: MediumOptions, seed: number) {
    this.options = { latency: 0, jitter: 0, loss: 0, duplication: 0, reordering: 0, holdback: 50, ...options };
    this.seed = seed;
  }

  /** An endpoint's radio comes or goes: without it nothing gets from it or to it. */
  radio(name: string, up: boolean): void {
    if (up) this.#away.delete(name);
    else this.#away.add(name);
  }

  /** Whether an endpoint's radio is there. */
  reaches(name: string): boolean {
    return !this.#away.has(name);
  }

  /** Sends a frame at a virtual time in ms. Throws FrameSizeError for an empty frame or one above frameSize. */
  send(time: number, from: string, to: string, bytes: Uint8Array): Fate {
    const { frameSize, latency, jitter, loss, duplication, reordering, holdback } = this.options;
    if (bytes.length < 1 || bytes.length > frameSize) throw new FrameSizeError(from, bytes.length, frameSize);
    const name = JSON.stringify([from, to]);
    const link = this.#links.get(name) ?? { random: uniform(this.seed, `medium/${name}`), last: 0 };
    this.#links.set(name, link);
    // As many draws for every frame, whatever its fate: one option then does not disturb the others' outcome.
    const lost = link.random() < loss || !this.reaches(from) || !this.reaches(to);
    const duplicated = link.random() < duplication;
    const reordered = link.random() < reordering;
    const spread = Math.floor(link.random() * (jitter + 1));
    const held = 1 + Math.floor(link.random() * holdback);
    if (lost) return { lost, duplicated: false, reordered: false, arrivals: [] };
    let arrival = time + latency + spread;
    if (reordered) arrival += held;
    else arrival = link.last = Math.max(arrival, link.last);
    return { lost, duplicated, reordered, arrivals: duplicated ? [arrival, arrival + held] : [arrival] };
  }
}
