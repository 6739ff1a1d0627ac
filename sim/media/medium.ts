// What a radio medium is, and what all of them share: who is there, who hears whom and how strong, what is lost on a link.
// A medium gets frames of stations, and decides when they are on the air and where they arrive. It is driven by the
// simulator's engine alone.

import { exact } from "../engine.ts";
import type { Cancel, Work } from "../engine.ts";
import { FrameSizeError, SimError } from "../errors.ts";
import type { Json } from "../types.ts";
import type { LinkLoss, LossOptions } from "./loss.ts";
import { lossOf } from "./loss.ts";
import type { Position, PropagationOptions } from "./propagation.ts";
import { Propagation } from "./propagation.ts";

export type MediumKind = "ideal" | "ble" | "advertising" | "802.15.4" | "lora" | "nrf24" | "serial" | "udp";

/** Why a frame, or a transmission of it, did not arrive. */
export type Why =
  /** By chance: the link's loss. */
  | "loss"
  /** By others at the same time. */
  | "collision"
  /** Below the receiver's sensitivity. */
  | "weak"
  /** The receiver does not listen, or to something else (another channel, a scan's gap); it sends itself. */
  | "deaf"
  /** The radio of one of both is off, or a partition is between them. */
  | "away"
  /** A jammer, or a flipped bit that a checksum found. */
  | "damaged"
  /** There was no room for it. */
  | "full";

/** What became of a transmission at one station. */
export interface Reception {
  to: string;
  fate: "delivered" | "lost";
  /** Virtual ms of each arrival; empty where it was lost. */
  arrivals: number[];
  why?: Why;
  /** dBm, where the medium has positions. */
  rssi?: number;
  duplicated?: boolean;
  /** Held back; later frames may have overtaken it. */
  reordered?: boolean;
}

/** Something that was on the air. A frame that is sent again by the radio itself is several of them. */
export interface Transmission {
  /** Virtual ms at which it began. */
  start: number;
  from: string;
  /** The one station that it is meant for; left out: all. */
  to?: string;
  /** The frame as the station gave it, without what the radio adds; empty for an acknowledgement of the radio's own. */
  bytes: Uint8Array;
  /** ms on the air. */
  air: number;
  /** "ack": of the radio's own. Default "data". */
  type?: "data" | "ack" | "noise";
  /** Which transmission of the same frame it is, from 1, where the radio sends again by itself. */
  attempt?: number;
  channel?: number;
  /** What else a capture shows: spreading factor, sequence number; by the names that the medium's file tells. */
  detail?: { [name: string]: number };
  rx: Reception[];
}

/** What the simulator is for a medium. */
export interface Air {
  /** Virtual ms. */
  readonly time: number;
  /** Does something at a virtual time in ms. */
  at(time: number, work: Work): Cancel;
  /** A stream of numbers in [0, 1) by name. */
  random(name: string): () => number;
  /** A frame arrives at a station, now. */
  deliver(to: string, bytes: Uint8Array, from: string): unknown;
  /** A station's link comes or goes, now, without anybody having asked for it. */
  link(station: string, up: boolean, mtu?: number): unknown;
  /** All is known of a transmission: for captures, statistics and whoever watches. */
  heard(transmission: Transmission): void;
}

/** Who is on a medium. */
export interface Station {
  name: string;
  /** Whether it receives; a beacon does not. Default true. */
  listens?: boolean;
  /** Metres. Left out: everybody hears it, as strong as can be. */
  position?: Position;
  /** What its radio is set to, by the names that the medium's file tells. */
  radio?: { [name: string]: Json };
}

/** ms that a station's radio has sent, received, and listened with nothing to receive. */
export interface Usage {
  tx: number;
  rx: number;
  listening: number;
  /** Transmissions, and frames that it received. */
  sent: number;
  received: number;
}

export interface Medium {
  readonly kind: MediumKind;
  /** Bytes of a frame at most. */
  readonly frameSize: number;
  /** Is called once, before all else. */
  begin(air: Air): void;
  join(station: Station): void;
  /** Takes a frame to be sent, now. Throws FrameSizeError, SimError "endpoint" for who has not joined. */
  send(from: string, bytes: Uint8Array, to?: string): void;
  /** A station's radio comes or goes: without it nothing gets from it or to it. */
  reach(name: string, up: boolean): void;
  /** Whether a station's radio is there. */
  reaches(name: string): boolean;
  /** Parts stations from one another: only those of one group hear each other; undefined: all do again. Who is in no group hears all. */
  part(groups: readonly (readonly string[])[] | undefined): void;
  usage(name: string): Usage;
}

/** What every medium takes beside its own options. */
export interface CommonOptions {
  /** What is lost on every link, beside what the medium itself brings about; and on links by name: "one>two". Default: nothing. */
  loss?: LossOptions;
  links?: { [link: string]: LossOptions };
  /** How power falls with distance, where stations have positions. */
  propagation?: PropagationOptions;
}

/** What media share. */
export abstract class BaseMedium implements Medium {
  abstract readonly kind: MediumKind;
  abstract readonly frameSize: number;
  protected air!: Air;
  protected readonly stations = new Map<string, Station>();
  readonly #common: CommonOptions;
  readonly #away = new Set<string>();
  readonly #losses = new Map<string, LinkLoss>();
  readonly #usage = new Map<string, Usage>();
  /** ms for which a radio has been there, up to when it last came or went. */
  readonly #there = new Map<string, { ms: number; since: number }>();
  #group: Map<string, number> | undefined;
  #propagation!: Propagation;

  constructor(options: CommonOptions) {
    this.#common = options;
  }

  begin(air: Air): void {
    this.air = air;
    this.#propagation = new Propagation(this.#common.propagation ?? {}, (name) => air.random(name));
  }

  join(station: Station): void {
    if (this.stations.has(station.name)) throw new SimError("endpoint", `there is an endpoint ${station.name} already`);
    this.stations.set(station.name, station);
    this.#usage.set(station.name, { tx: 0, rx: 0, listening: 0, sent: 0, received: 0 });
    this.#there.set(station.name, { ms: 0, since: this.air.time });
  }

  send(from: string, bytes: Uint8Array, to?: string): void {
    if (bytes.length < 1 || bytes.length > this.frameSize) throw new FrameSizeError(from, bytes.length, this.frameSize);
    this.transmit(this.station(from), bytes, to);
  }

  /** Takes a frame whose size is right. */
  protected abstract transmit(from: Station, bytes: Uint8Array, to: string | undefined): void;

  reach(name: string, up: boolean): void {
    const there = this.#there.get(name);
    if (there) {
      there.ms = this.there(name);
      there.since = this.air.time;
    }
    if (up) this.#away.delete(name);
    else this.#away.add(name);
  }

  reaches(name: string): boolean {
    return !this.#away.has(name);
  }

  part(groups: readonly (readonly string[])[] | undefined): void {
    this.#group = groups && new Map(groups.flatMap((names, i) => names.map((name): [string, number] => [name, i])));
  }

  usage(name: string): Usage {
    return this.#usage.get(name) ?? { tx: 0, rx: 0, listening: 0, sent: 0, received: 0 };
  }

  protected station(name: string): Station {
    const station = this.stations.get(name);
    if (station === undefined) throw new SimError("endpoint", `there is no endpoint ${name} on this medium`);
    return station;
  }

  /** Whether nothing gets from one to the other: a radio is off, or a partition is between them. */
  protected apart(from: string, to: string): boolean {
    if (this.#away.size && (this.#away.has(from) || this.#away.has(to))) return true;
    if (!this.#group) return false;
    const one = this.#group.get(from);
    const two = this.#group.get(to);
    return one !== undefined && two !== undefined && one !== two;
  }

  /** Virtual ms for which a station's radio has been there so far. */
  protected there(name: string): number {
    const there = this.#there.get(name);
    return there ? there.ms + (this.#away.has(name) ? 0 : this.air.time - there.since) : 0;
  }

  /** As `usage`, of a radio that listens whenever it is there, and does not send or receive. */
  protected always(name: string): Usage {
    const usage = { ...this.#usage.get(name)! };
    usage.listening = Math.max(0, exact(this.there(name) - usage.tx - usage.rx));
    return usage;
  }

  /** dBm at one station of what another sends with so many; undefined where one of both has no position: then it is strong. */
  protected power(from: Station, to: Station, dBm: number): number | undefined {
    if (!from.position || !to.position) return undefined;
    return this.#propagation.received(from.name, from.position, to.name, to.position, dBm);
  }

  /** Whether the link loses what is sent on it now: a draw, to be made once for each transmission and receiver. */
  protected lossy(from: string, to: string): boolean {
    const { loss, links } = this.#common;
    if (!loss && !links) return false;
    const name = `${from}>${to}`;
    let known = this.#losses.get(name);
    if (!known) this.#losses.set(name, (known = lossOf(links?.[name] ?? loss ?? 0, this.air.random(`loss/${name}`))));
    return known(this.air.time);
  }

  /** Tells that all is known of a transmission, and counts it. */
  protected heard(transmission: Transmission): void {
    const mine = this.#usage.get(transmission.from);
    if (mine) {
      mine.tx += transmission.air;
      mine.sent++;
    }
    for (const { to, fate } of transmission.rx) {
      if (fate !== "delivered") continue;
      const its = this.#usage.get(to)!;
      its.rx += transmission.air;
      its.received++;
    }
    this.air.heard(transmission);
  }

  /** A frame that never was on the air: a transmission of no length, attempt 0. It counts nowhere. */
  protected dropped(from: string, bytes: Uint8Array, to: readonly string[], why: Why): void {
    const { air } = this;
    air.heard({
      start: air.time,
      from,
      ...(to.length === 1 && { to: to[0]! }),
      bytes,
      air: 0,
      attempt: 0,
      rx: to.map((name) => ({ to: name, fate: "lost", arrivals: [], why })),
    });
  }

  /** A frame arrives now. */
  protected arrive(to: string, bytes: Uint8Array, from: string): void {
    this.air.at(this.air.time, () => (this.reaches(to) ? this.air.deliver(to, bytes, from) : undefined));
  }

  /** Counts ms in which a station has listened. */
  protected listened(name: string, ms: number): void {
    this.#usage.get(name)!.listening += ms;
  }
}
