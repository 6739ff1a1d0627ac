/**
 * Chunking: a packet in fragments of 1 to 255 bytes, each behind its length, ended by a zero byte, for radios whose
 * frames are smaller than a packet. telehash v3, chunking.md.
 */
import { fail } from "../errors.ts";
import { slice } from "./bytes.ts";

/**
 * Cuts a packet into frames of at most `size` bytes, one chunk each; the zero that ends the packet rides in the last
 * frame where there is room, else in a frame of its own.
 * @param size bytes of a chunk with its length byte, 2 to 256; 0 is 256
 * @throws CHUNK_SIZE, PACKET_TOO_SHORT where there is nothing to send
 */
export function split(packet: Uint8Array, size: number): Uint8Array[] {
  const room = (size || 256) - 1;
  if (!(room > 0 && room < 256)) fail("CHUNK_SIZE");
  if (!packet.length) fail("PACKET_TOO_SHORT");
  const frames: Uint8Array[] = [];
  // one round more where the last chunk is full: it has no fragment
  for (let at = 0; at <= packet.length; at += room) {
    const part = slice(packet, at, at + room);
    const frame = new Uint8Array(part.length + (part.length && part.length < room ? 2 : 1));
    frame[0] = part.length;
    frame.set(part, 1);
    frames.push(frame);
  }
  return frames;
}

/** Puts chunks together again, whatever pieces their bytes arrive in. */
export class Joiner {
  private _limit: number;
  private _buffer = new Uint8Array(32);
  // bytes of the packet so far, more than the limit where it is skipped; bytes of the chunk to come
  private _length = 0;
  private _left = 0;

  /** @param limit the longest packet that is put together, in bytes */
  constructor(limit: number) {
    this._limit = limit;
  }

  /** Whether a packet has begun and not ended. */
  begun(): boolean {
    return this._length + this._left > 0;
  }

  /** Whether the bytes so far end in the middle of a chunk. */
  cut(): boolean {
    return this._left > 0;
  }

  /** Forgets what has begun. */
  reset(): void {
    this._length = this._left = 0;
    this._buffer = new Uint8Array(32);
  }

  /**
   * Takes bytes of the stream, calls `done` with every packet that ends in them. Zeros outside a packet are acks.
   * @returns how many packets ended that were longer than the limit
   */
  add(bytes: Uint8Array, done: (packet: Uint8Array) => void): number {
    let drops = 0;
    for (let at = 0; at < bytes.length; ) {
      if (this._left) {
        const part = slice(bytes, at, at + this._left);
        const start = this._length;
        at += part.length;
        this._left -= part.length;
        this._length += part.length;
        if (this._length <= this._limit) {
          if (this._length > this._buffer.length) {
            const larger = new Uint8Array(Math.min(this._length * 2, this._limit));
            larger.set(this._buffer);
            this._buffer = larger;
          }
          this._buffer.set(part, start);
        }
      } else if (!(this._left = bytes[at++]!) && this._length) {
        const packet = slice(this._buffer, 0, this._length);
        const fits = this._length <= this._limit;
        this.reset();
        if (fits) done(packet);
        else drops++;
      }
    }
    return drops;
  }
}
