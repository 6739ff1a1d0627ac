// A serial line between two stations: a wire for each direction, and at each end a hardware buffer that the receiver reads.
//
// Bytes follow one another without a pause (10 bits each: start, 8, stop); what is written while the wire is busy follows.
// A byte for which the buffer has no room is lost; what is left of a write arrives when its last byte has been read, in
// pieces of `piece` bytes if asked for. There is no checksum: a byte that noise hits arrives as another.
//
// Where bytes of a write are lost it counts as lost ("full"), though the others arrive. Detail: lost, damaged (bytes).

import { exact } from "../engine.ts";
import { SimError } from "../errors.ts";
import { BaseMedium } from "./medium.ts";
import type { CommonOptions, Reception, Station } from "./medium.ts";

export interface SerialOptions extends Omit<CommonOptions, "propagation"> {
  /** Bytes of a write at most. Default 256. */
  frameSize?: number;
  /** Default 9600. */
  baud?: number;
  /** Bits of a byte with start, stop and parity. Default 10. */
  bits?: number;
  /** Bytes of a receiver's hardware buffer. Default 64. */
  buffer?: number;
  /** Bytes a second that a receiver reads from it. Left out: each as it comes. */
  reads?: number;
  /** Share of bytes that noise changes. Default 0. */
  errors?: number;
  /** Bytes that a receiver is told of at once. Left out: all of a write. */
  piece?: number;
}

/** One direction. */
interface Wire {
  /** Up to when it is busy. */
  busy: number;
  /** Bytes in the receiver's buffer, and when that was. */
  level: number;
  since: number;
  noise: () => number;
}

export class SerialMedium extends BaseMedium {
  readonly kind = "serial";
  readonly frameSize: number;
  readonly options: SerialOptions & { frameSize: number; baud: number; bits: number; buffer: number; errors: number };
  readonly #wires = new Map<string, Wire>();

  constructor(options: SerialOptions = {}) {
    super(options);
    this.options = { frameSize: 256, baud: 9600, bits: 10, buffer: 64, errors: 0, ...options };
    this.frameSize = this.options.frameSize;
  }

  /** Throws SimError "endpoint" for a third. */
  override join(station: Station): void {
    if (this.stations.size === 2)
      throw new SimError("endpoint", `a serial line has two ends: there is none for ${station.name}`);
    super.join(station);
    this.#wires.set(station.name, { busy: 0, level: 0, since: 0, noise: this.air.random(`serial/${station.name}`) });
  }

  protected transmit({ name: from }: Station, bytes: Uint8Array, only: string | undefined): void {
    if (only !== undefined) this.station(only);
    const { baud, bits, buffer, reads, errors, piece = bytes.length } = this.options;
    const wire = this.#wires.get(from)!;
    const start = Math.max(this.air.time, wire.busy);
    const each = (bits * 1000) / baud;
    wire.busy = exact(start + bytes.length * each);
    const rx: Reception[] = [];
    const detail = { lost: 0, damaged: 0 };
    for (const { name: to, listens } of this.stations.values()) {
      if (to === from || (only !== undefined && only !== to) || listens === false) continue;
      const lossy = this.lossy(from, to);
      if (lossy || this.apart(from, to)) {
        rx.push({ to, fate: "lost", arrivals: [], why: lossy ? "loss" : "away" });
        continue;
      }
      let left: number[] = [];
      // ms at which the last of them has been read
      let read = 0;
      const arrivals: number[] = [];
      const arrive = (): void => {
        const data = Uint8Array.from(left);
        left = [];
        arrivals.push(read);
        this.air.at(read, () => (this.reaches(to) ? this.air.deliver(to, data, from) : undefined));
      };
      for (let i = 0; i < bytes.length; i++) {
        const at = start + (i + 1) * each;
        if (reads !== undefined) {
          wire.level = Math.max(0, wire.level - ((at - wire.since) * reads) / 1000);
          wire.since = at;
          if (wire.level + 1 > buffer) {
            detail.lost++;
            continue;
          }
          wire.level++;
        }
        const hit = errors > 0 && wire.noise() < errors;
        if (hit) detail.damaged++;
        left.push(hit ? (bytes[i]! + 1 + Math.floor(wire.noise() * 255)) & 255 : bytes[i]!);
        read = exact(at + (reads === undefined ? 0 : (wire.level * 1000) / reads));
        if (left.length === piece) arrive();
      }
      if (left.length) arrive();
      rx.push(
        detail.lost
          ? { to, fate: "lost", arrivals: [], why: "full" }
          : { to, fate: "delivered", arrivals: arrivals.slice(-1) },
      );
    }
    this.heard({
      start,
      from,
      ...(only !== undefined && { to: only }),
      bytes,
      air: exact(wire.busy - start),
      ...((detail.lost || detail.damaged) && { detail }),
      rx,
    });
  }
}
