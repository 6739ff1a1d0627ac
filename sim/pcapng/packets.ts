// Packets, from the frames that arrived: as their receivers put them together, each direction by itself.

import { Advertisements, Pipe } from "../../src/index.ts";
import type { AirRecord, CaptureHeader, CaptureRecord } from "../capture.ts";
import { fromHex } from "../capture.ts";
import type { MediumKind } from "../media/medium.ts";

/** A packet that has arrived. */
export interface Arrived {
  /** Virtual ms. */
  time: number;
  medium: string;
  from: string;
  to: string;
  /** OUTER, as it was sent: it may be cloaked. */
  outer: Uint8Array;
  /** How many frames brought it, and which air record (from 0) was the last of them. */
  frames: number;
  last: number;
}

type Tell = (packet: Arrived) => void;

/** The longest packet that is put together, in bytes: as gateways have it. */
const LIMIT = 70000;

/** That a device began a packet anew shows where it is a message: KEYs are not known here. */
const begins = (fragment: Uint8Array): boolean => fragment[0] === 0 && fragment[1] === 1 && fragment[2] === 0x1a;

/** What one station gets of another on one medium. */
class Flow {
  readonly medium: string;
  readonly from: string;
  readonly to: string;
  readonly #pipe: Pipe;
  readonly #heard: Advertisements | undefined;
  // what was held back on the way, or came twice
  #late: { time: number; bytes: Uint8Array; index: number }[] = [];
  #frames = 0;

  constructor(kind: MediumKind | undefined, medium: string, from: string, to: string) {
    this.medium = medium;
    this.from = from;
    this.to = to;
    this.#pipe = new Pipe({ mtu: 256, stream: kind === "serial", limit: LIMIT });
    this.#pipe.begins = begins;
    if (kind === "advertising") this.#heard = new Advertisements();
  }

  add(time: number, bytes: Uint8Array, index: number, late: boolean, tell: Tell): void {
    if (late) {
      this.#late.push({ time, bytes, index });
      return;
    }
    this.flush(time, tell);
    this.#arrive(time, bytes, index, tell);
  }

  /** Takes what was held back up to a time. */
  flush(time: number, tell: Tell): void {
    if (!this.#late.length) return;
    const due = this.#late.filter((one) => one.time < time).sort((a, b) => a.time - b.time);
    this.#late = this.#late.filter((one) => one.time >= time);
    for (const one of due) this.#arrive(one.time, one.bytes, one.index, tell);
  }

  restart(): void {
    this.#pipe.restart();
    this.#frames = 0;
  }

  #arrive(time: number, bytes: Uint8Array, index: number, tell: Tell): void {
    this.#frames++;
    const done = (outer: Uint8Array): void => {
      tell({
        time,
        medium: this.medium,
        from: this.from,
        to: this.to,
        outer: Uint8Array.from(outer),
        frames: this.#frames,
        last: index,
      });
      this.#frames = 0;
    };
    // what is no fragment of a board's is a chunk of a native device
    if (this.#heard && Advertisements.is(bytes)) this.#heard.receive(this.from, bytes, time / 1000, done);
    else this.#pipe.receive(bytes, time / 1000, done);
  }
}

/**
 * Puts packets together. A frame for all brings them to those native nodes that it reached, or, where there are none, to
 * everybody whom it reached: what other devices make of each other's frames is not told.
 */
export class Packets {
  readonly #kinds: Map<string, MediumKind>;
  readonly #tell: Tell;
  readonly #nodes = new Set<string>();
  readonly #flows = new Map<string, Flow>();
  #index = 0;

  constructor(header: CaptureHeader, tell: Tell) {
    this.#kinds = new Map(header.media.map(({ name, kind }) => [name, kind]));
    this.#tell = tell;
  }

  /** Takes a record of the capture, in its order. */
  add(record: CaptureRecord): void {
    if (record.k === "air") this.#air(record);
    else if (record.k === "join" && record.what === "node") this.#nodes.add(record.name);
    else if (record.k === "boot" || record.k === "link") {
      // a restart by itself is nothing that the other side sees
      for (const flow of this.#flows.values())
        if (flow.to === record.device || (record.k === "link" && flow.from === record.device)) flow.restart();
    }
  }

  /** Takes what is still held back. */
  end(): void {
    for (const flow of this.#flows.values()) flow.flush(Infinity, this.#tell);
  }

  #air(record: AirRecord): void {
    const index = this.#index++;
    const { medium, from, to, type = "data" } = record;
    if (type !== "data") return;
    const reached = record.rx.filter((one) => one.fate === "delivered" && (to === undefined || one.to === to));
    const nodes = reached.filter((one) => this.#nodes.has(one.to));
    for (const reception of to === undefined && nodes.length ? nodes : reached) {
      const flow = this.#flow(medium, from, reception.to);
      reception.arrivals.forEach((time, i) =>
        flow.add(time, fromHex(record.bytes), index, i > 0 || !!reception.reordered, this.#tell),
      );
    }
  }

  #flow(medium: string, from: string, to: string): Flow {
    const name = JSON.stringify([medium, from, to]);
    const known = this.#flows.get(name) ?? new Flow(this.#kinds.get(medium), medium, from, to);
    this.#flows.set(name, known);
    return known;
  }
}
