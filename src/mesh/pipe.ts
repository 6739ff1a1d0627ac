/**
 * One side of a radio link: packets in as frames, frames out of packets. No time of its own and no radio: who owns the
 * radio writes what `frame()` gives and hands what arrives to `receive`.
 */
import { Joiner, split } from "../packet/chunk.ts";

/** How a radio carries frames. */
export interface PipeOptions {
  /** Bytes of a frame, 2 to 256: 20 for BLE, 120 for 802.15.4, 64 for serial, 256 for TCP. */
  mtu: number;
  /** Whether a chunk may be written only when the other side has answered the one before (serial ports). */
  blocking?: boolean;
  /** Whether bytes come without bounds (serial, TCP). Otherwise a frame begins with a chunk, and none spans two. */
  stream?: boolean;
  /** The longest packet that is put together, in bytes. */
  limit: number;
}

/** Seconds after which a packet that has begun is given up when no more of it comes. */
const PATIENCE = 10;

export class Pipe {
  /** Frames that wait to be written. */
  queue: Uint8Array[] = [];
  private _options: PipeOptions;
  private _joiner: Joiner;
  private _blocked?: boolean;
  private _owed?: boolean;
  private _last = 0;

  constructor(options: PipeOptions) {
    this._options = options;
    this._joiner = new Joiner(options.limit);
  }

  /** Queues a packet. Throws CHUNK_SIZE. */
  send(packet: Uint8Array): void {
    this.queue = this.queue.concat(split(packet, this._options.mtu));
  }

  /** The next frame to write; undefined when there is none, or the other side has to answer first. */
  frame(): Uint8Array | undefined {
    let frame: Uint8Array | undefined;
    if (!this._blocked && this.queue.length) {
      frame = this.queue.shift();
      this._blocked = this._options.blocking;
      // never in the middle of a packet, where it would end it: what is answered has unblocked the next chunk
    } else if (this._owed) frame = new Uint8Array(1);
    this._owed = false;
    return frame;
  }

  /**
   * Takes bytes from the radio at a time in seconds; calls `done` with every packet that they complete.
   * @returns how many packets had to be given up: longer than the limit, or cut off
   */
  receive(bytes: Uint8Array, now: number, done: (packet: Uint8Array) => void): number {
    const joiner = this._joiner;
    let drops = 0;
    if (joiner.begun() && now - this._last > PATIENCE) {
      joiner.reset();
      drops = 1;
    }
    this._last = now;
    // lone zeros where nothing has begun are acks, and not answered
    const packet = joiner.begun() || bytes.some((byte) => byte > 0);
    drops += joiner.add(bytes, done);
    if (joiner.cut()) {
      // a chunk answers, and is answered, when all of it has come
      if (this._options.stream) return drops;
      joiner.reset();
      drops++;
    }
    this._blocked = false;
    if (packet) this._owed = this._options.blocking;
    return drops;
  }
}
