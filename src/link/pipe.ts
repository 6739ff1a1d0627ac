/**
 * One side of a radio link: packets in as frames, frames out of packets. No time of its own and no radio: who owns the
 * radio writes what `frame()` gives and hands what arrives to `receive`.
 */
import { CHANNELS, HOST } from "#features";
import { fail, slice } from "#platform/engine";
import { Joiner, chunk } from "../packet/chunk.ts";

/** How a radio carries frames. A pipe reads them and writes nothing into them: several pipes may have the same. */
export interface PipeOptions {
  /** Bytes of a frame, 2 to 256: 20 for BLE, 120 for 802.15.4, 64 for serial, 256 for TCP. It may change: `Pipe.mtu`. */
  mtu: number;
  /** Whether a chunk may be written only when the other side has answered the one before (serial ports). */
  blocking?: boolean;
  /** Whether bytes come without bounds (serial, TCP). Otherwise a frame begins with a chunk, and none spans two. */
  stream?: boolean;
  /** The longest packet that is put together, in bytes. */
  limit: number;
  /** Whether there is memory for a packet of so many bytes; one for which there is none is given up as it comes. */
  room?: (size: number) => boolean | void;
  /** Of a pipe that has no frames: the one that carries its packets, where there is one now. */
  over?: () => Pipe | undefined;
}

/** Seconds after which a packet that has begun is given up when no more of it comes. */
const PATIENCE = 10;

/**
 * Seconds from an answer to a chunk that answers nothing: by then what the other side says to the answer has come. A chunk
 * right behind an answer would let two be written where one was, each time, until a receiver's buffer runs over.
 */
const PAUSE = 0.1;

export class Pipe {
  /** Packets that wait to be written. */
  queue: Uint8Array[] = [];
  readonly options: Readonly<PipeOptions>;
  /** Bytes of a frame from now on. */
  mtu: number;
  /** Set by its endpoint: whether these bytes are known to begin a packet; then the one before was cut off. Where there are bounds only. */
  begins?: (fragment: Uint8Array) => boolean;
  /** Makes of a packet what goes on the air: see `cloaking`. An endpoint sets it where the other side cloaks. */
  wrap?: ((packet: Uint8Array) => Uint8Array) | undefined;
  /** Set by its endpoint: is called when no packet waits, before the next frame; may `send` one, formed as late as can be. */
  more?: () => void;
  /** After an answer, until more comes: when `frame` begins the next packet, in seconds. To be asked again then. */
  until?: number | undefined;
  private _joiner: Joiner;
  // how many bytes of the first packet are in frames already
  private _at = 0;
  private _blocked?: boolean;
  private _owed?: boolean;
  private _last = 0;

  constructor(options: PipeOptions) {
    this.options = options;
    this.mtu = options.mtu;
    this._joiner = new Joiner(options.limit, options.room);
  }

  /** Queues a packet. Throws PACKET_TOO_SHORT where there is nothing to send. */
  send(packet: Uint8Array): void {
    if (!packet.length) fail("PACKET_TOO_SHORT");
    const wrap = HOST && this.wrap;
    this.queue.push(wrap ? wrap(packet) : packet);
  }

  /** The radio has reached the other side anew: packets that were under way, either way, begin again. */
  restart(): void {
    this._at = 0;
    this._blocked = this._owed = false;
    this._joiner.reset();
  }

  /**
   * The next frame to write; undefined when there is none, or the other side has to answer first. Throws CHUNK_SIZE.
   * @param now seconds, for a blocking pipe: with it no more than two chunks and answers are ever on the line or in the
   *   receiver's buffer, where both sides give it and answer within 0.1 s
   */
  frame(now?: number): Uint8Array | undefined {
    const options = this.options;
    const size = this.mtu;
    const queue = this.queue;
    const hold = now! < this.until!;
    const blocked = this._blocked || hold;
    let packet = blocked ? undefined : queue[0];
    let frame: Uint8Array | undefined;
    if (!hold) this.until = undefined;
    // not with its last frame: until that is written, and answered, the packet may have to begin again
    if (packet && this._at > packet.length) {
      queue.shift();
      this._at = 0;
      packet = queue[0];
    }
    if (CHANNELS && this.more && !packet && !blocked) {
      this.more();
      packet = queue[0];
    }
    if (packet) {
      if (!(size > 1 && size < 257)) fail("CHUNK_SIZE");
      frame = chunk(packet, this._at, size);
      // one answer for each: where the zero that ends the packet came in a piece of its own, it would get one more
      const alone = options.blocking && frame[0];
      if (alone) frame = slice(frame, 0, alone + 1);
      this._at += alone || size - 1;
      this._blocked = options.blocking;
      // never in the middle of a packet, where it would end it: what is answered has unblocked the next chunk
    } else if (this._owed) {
      frame = new Uint8Array(1);
      this.until = now! + PAUSE;
    }
    this._owed = false;
    return frame;
  }

  /**
   * Takes bytes from the radio at a time in seconds; calls `done` with every packet that they complete.
   * @returns how many packets had to be given up: longer than the limit, or cut off
   */
  receive(bytes: Uint8Array, now: number, done: (packet: Uint8Array) => void): number {
    const options = this.options;
    const joiner = this._joiner;
    let drops = 0;
    if (joiner.size + joiner.left && now - this._last > PATIENCE) {
      joiner.reset();
      drops = 1;
    }
    this._last = now;
    if (CHANNELS && this.begins && joiner.size && !options.stream && this.begins(bytes.subarray(1))) {
      joiner.reset();
      drops = 1;
    }
    // lone zeros where nothing has begun are acks, and not answered
    const packet = joiner.size + joiner.left || bytes.some((byte) => byte > 0);
    drops += joiner.add(bytes, done);
    if (joiner.left) {
      // a chunk answers, and is answered, when all of it has come
      if (options.stream) return drops;
      joiner.reset();
      drops++;
    }
    this._blocked = false;
    this.until = undefined;
    if (packet) this._owed = options.blocking;
    return drops;
  }
}
