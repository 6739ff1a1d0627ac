/**
 * Chunking: a packet in fragments of 1 to 255 bytes, each behind its length, ended by a zero byte, for radios whose
 * frames are smaller than a packet. telehash v3, chunking.md.
 */
import { fail, slice } from "#platform/engine";

/** Bytes of a packet for which memory is not asked for. */
const SMALL = 255;

/**
 * One chunk as a frame: length byte, and the packet's bytes from `at`. The zero that ends the packet rides in the last
 * frame where there is room, else in a frame of its own; a frame is the last one where its first byte is below size - 1.
 * @param size bytes of a chunk with its length byte, 2 to 256
 */
export function chunk(packet: Uint8Array, at: number, size: number): Uint8Array {
  const part = slice(packet, at, at + size - 1);
  const length = part.length;
  const frame = new Uint8Array(length + (length && length < size - 1 ? 2 : 1));
  frame[0] = length;
  frame.set(part, 1);
  return frame;
}

/**
 * Cuts a packet into frames of at most `size` bytes, one chunk each.
 * @param size bytes of a chunk with its length byte, 2 to 256; 0 is 256
 * @throws CHUNK_SIZE, PACKET_TOO_SHORT where there is nothing to send
 */
export function split(packet: Uint8Array, size: number): Uint8Array[] {
  const most = size || 256;
  if (!(most > 1 && most < 257)) fail("CHUNK_SIZE");
  if (!packet.length) fail("PACKET_TOO_SHORT");
  const frames: Uint8Array[] = [];
  // one round more where the last chunk is full: it has no fragment
  for (let at = 0; at <= packet.length; at += most - 1) frames.push(chunk(packet, at, most));
  return frames;
}

/** Puts chunks together again, whatever pieces their bytes arrive in. */
export class Joiner {
  /** Bytes of the packet so far; more than the limit where it is skipped. */
  size = 0;
  /** Bytes of the chunk that are still to come. */
  left = 0;
  private _limit: number;
  private _buffer?: Uint8Array;
  private _room?: (size: number) => boolean | void;

  /**
   * @param limit the longest packet that is put together, in bytes
   * @param room whether there is memory for a packet of so many bytes; one for which there is none is skipped as one that is
   * longer than the limit
   */
  constructor(limit: number, room?: (size: number) => boolean | void) {
    this._limit = limit;
    this._room = room!;
  }

  /** Forgets what has begun. */
  reset(): void {
    this.size = this.left = 0;
    this._buffer = undefined;
  }

  /**
   * Takes bytes of the stream, calls `done` with every packet that ends in them. Zeros outside a packet are acks.
   * @returns how many packets ended that were longer than the limit
   */
  add(bytes: Uint8Array, done: (packet: Uint8Array) => void): number {
    const limit = this._limit;
    let drops = 0;
    for (let at = 0; at < bytes.length;) {
      const length = this.size;
      const buffer = this._buffer;
      if (this.left) {
        const part = slice(bytes, at, at + this.left);
        const end = length + part.length;
        at += part.length;
        this.left -= part.length;
        this.size = end;
        if (end <= limit) {
          if (!buffer || end > buffer.length) {
            const size = Math.min(end * 2, limit);
            // a small one has its place in what is kept free for work
            if (size > SMALL && this._room && !this._room(size)) {
              this.size = limit + 1;
              this._buffer = undefined;
              continue;
            }
            this._buffer = new Uint8Array(size);
            if (buffer) this._buffer.set(buffer);
          }
          this._buffer!.set(part, length);
        }
      } else if (!(this.left = bytes[at++]!) && length) {
        this.reset();
        if (length > limit) drops++;
        else done(slice(buffer!, 0, length));
      }
    }
    return drops;
  }
}
