// What tests of the media drive them with: an air that keeps all that it is told, and stations that send at given times or
// by chance.

import { Engine } from "../../../sim/engine.ts";
import type { Air, Medium, Station, Transmission, Why } from "../../../sim/media/medium.ts";

export interface Arrival {
  time: number;
  to: string;
  from: string;
  bytes: Uint8Array;
}

export interface Linked {
  time: number;
  station: string;
  up: boolean;
  mtu?: number;
}

/** A medium with an engine of its own; `air` is what the medium sees. `keep` false: `heard` and `arrived` stay empty, for runs that are long. */
export class TestAir {
  readonly engine: Engine;
  readonly medium: Medium;
  readonly air: Air;
  readonly heard: Transmission[] = [];
  readonly arrived: Arrival[] = [];
  readonly linked: Linked[] = [];
  /** Is called for each transmission and arrival, kept or not. */
  onHeard: (transmission: Transmission) => void = () => {};
  onArrival: (arrival: Arrival) => void = () => {};

  constructor(medium: Medium, seed = 1, keep = true) {
    const engine = (this.engine = new Engine(seed));
    this.medium = medium;
    this.air = {
      get time() {
        return engine.time;
      },
      at: (time, work) => engine.at(time, work),
      random: (name) => engine.random(name),
      deliver: (to, bytes, from) => {
        const arrival = { time: engine.time, to, from, bytes };
        if (keep) this.arrived.push(arrival);
        this.onArrival(arrival);
      },
      link: (station, up, mtu) => {
        this.linked.push({ time: engine.time, station, up, ...(mtu === undefined ? {} : { mtu }) });
      },
      heard: (transmission) => {
        if (keep) this.heard.push(transmission);
        this.onHeard(transmission);
      },
    };
    medium.begin(this.air);
  }

  /** Stations join: a name alone is one that listens. */
  join(...stations: (Station | string)[]): this {
    for (const station of stations) this.medium.join(typeof station === "string" ? { name: station } : station);
    return this;
  }

  /** N stations join, by a name and a number from 0; returns their names. */
  crowd(
    count: number,
    name = "s",
    station: (i: number) => Omit<Station, "name"> = () => ({ listens: false }),
  ): string[] {
    return Array.from({ length: count }, (_, i) => {
      this.medium.join({ name: `${name}${i}`, ...station(i) });
      return `${name}${i}`;
    });
  }

  /** A station sends at a virtual time in ms: bytes, or so many. */
  send(time: number, from: string, bytes: Uint8Array | number, to?: string): this {
    const frame = typeof bytes === "number" ? new Uint8Array(bytes) : bytes;
    this.engine.at(time, () => {
      this.medium.send(from, frame, to);
    });
    return this;
  }

  /** Each of the stations sends frames of so many bytes, all different as far as that goes, as a Poisson process, `mean` ms apart on average, until a virtual time in ms. */
  poisson(names: readonly string[], mean: number, size: number, until: number, to?: string): this {
    let count = 0;
    for (const from of names) {
      const random = this.engine.random(`traffic/${from}`);
      const next = (after: number): void => {
        const time = after - mean * Math.log(1 - random());
        if (time > until) return;
        this.engine.at(time, () => {
          count++;
          this.medium.send(
            from,
            Uint8Array.from({ length: size }, (_, i) => (i < 4 ? count >> (i * 8) : 0)),
            to,
          );
          next(time);
        });
      };
      next(this.engine.time);
    }
    return this;
  }

  /** Handles all that happens up to a virtual time in ms. */
  async run(until: number): Promise<this> {
    await this.engine.runUntil(until);
    return this;
  }

  /** Receptions at one station, or all: how many were delivered, and lost for each reason. */
  fates(to?: string): { delivered: number } & { [why in Why]?: number } {
    const counts: { delivered: number } & { [why in Why]?: number } = { delivered: 0 };
    for (const { rx } of this.heard) {
      for (const reception of rx) {
        if (to !== undefined && reception.to !== to) continue;
        const name = reception.fate === "delivered" ? "delivered" : reception.why!;
        counts[name] = (counts[name] ?? 0) + 1;
      }
    }
    return counts;
  }
}
