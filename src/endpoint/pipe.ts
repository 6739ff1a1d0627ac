/** The pipe of a gateway: what a device, whose radio the build chooses, has no room for. Checks, a bound, whole packets, and an end. */
import { E3XError } from "../e3x-error.ts";
import { fail } from "#platform/engine";
import { Pipe as Framing } from "../link/pipe.ts";
import type { PipeOptions as FramingOptions } from "../link/pipe.ts";
import { optional, required, whole, wrong } from "./check.ts";

/** Bytes as radios give them: Node.js has Buffers, Web Bluetooth a DataView. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

/**
 * How a transport carries packets: in frames, or whole.
 *
 * - Framed (BLE, 802.15.4, serial, TCP): `mtu` is the bytes of a frame, a whole number of 2 to 256. A packet goes in as many
 *   frames as it takes; each begins with its length in one byte, which is why there are none of more than 256.
 * - `datagram` (UDP, a message broker): each packet goes alone and whole; `mtu` is the longest, a whole number of 256 to 65,535.
 *   Both sides have to do so. What is longer is refused where it is sent; "block" channels need 1,400.
 */
export interface PipeOptions extends Omit<FramingOptions, "limit" | "over"> {
  /** Bytes of a frame, or of a datagram, at most. It may change: `Pipe.mtu`. */
  mtu: number;
  /** Whether each packet goes alone and whole. Not with `stream` or `blocking`. */
  datagram?: boolean;
  /** The longest packet that is put together of frames, in bytes; 4,096 if not given. */
  limit?: number;
  /** Of a pipe that has no frames: the one that carries its packets, where there is one now. */
  over?: () => Pipe | undefined;
  /** Bytes of packets that wait, beyond which the pipe is full and senders get BUSY; 65,536 if not given. */
  queue?: number;
}

type CheckedOptions = PipeOptions & Required<Pick<PipeOptions, "limit" | "datagram" | "queue">>;

const FRAME_MIN = 2;
const FRAME_MAX = 256;
const DATAGRAM_MIN = 256;
const DATAGRAM_MAX = 65535;
const LIMIT = 4096;
const QUEUE = 65536;

/** Bytes of any kind as a Uint8Array, not copied. @throws OPTION for what is none */
export function bytesOf(bytes: Bytes, field = "frame"): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = Object.prototype.toString.call(bytes);
  if (kind === "[object ArrayBuffer]" || kind === "[object SharedArrayBuffer]")
    return new Uint8Array(bytes as ArrayBuffer);
  throw wrong(
    field,
    "is no bytes; give an ArrayBuffer or a view of one, such as a Uint8Array, a Buffer or a DataView",
    bytes,
  );
}

function checkMtu(mtu: unknown, datagram: boolean): number {
  return datagram
    ? whole("mtu", mtu, DATAGRAM_MIN, DATAGRAM_MAX, "the bytes of the longest packet of a transport with `datagram`")
    : whole(
        "mtu",
        mtu,
        FRAME_MIN,
        FRAME_MAX,
        "the bytes of a frame; a transport that takes whole packets has `datagram: true`",
      );
}

/** @throws OPTION */
function check(given: PipeOptions): CheckedOptions {
  required("options", given, "object");
  for (const name of ["blocking", "stream", "datagram"] as const) optional(name, given[name], "boolean");
  for (const name of ["room", "over"] as const) optional(name, given[name], "function");
  const datagram = given.datagram ?? false;
  for (const name of ["blocking", "stream"] as const) {
    if (datagram && given[name])
      throw wrong(name, "does not go with `datagram`: it says how frames are told apart, and a datagram is one packet");
  }
  const mtu = checkMtu(given.mtu, datagram);
  const limit = whole(
    "limit",
    given.limit ?? LIMIT,
    1,
    Number.MAX_SAFE_INTEGER,
    "the bytes of the longest packet that is put together",
  );
  const queue = whole("queue", given.queue ?? QUEUE, 1, Number.MAX_SAFE_INTEGER, "the bytes of packets that may wait");
  return Object.freeze({ ...given, mtu, limit, datagram, queue });
}

/** One side of a transport: packets in as frames, frames out of packets. An endpoint drives it. */
export class Pipe extends Framing {
  declare readonly options: Readonly<CheckedOptions>;
  /** Whether `close` was called. */
  closed = false;
  private _closing = new Set<() => void>();
  // what is to be called when a packet has left
  private _leaving = new WeakMap<Uint8Array, (now: number) => void>();
  // whether the first packet was written, as a datagram
  private _written = false;

  /** @throws OPTION where an option is wrong: `field` says which, the message why */
  constructor(options: PipeOptions) {
    const own = check(options);
    super(own);
    let { mtu } = own;
    Object.defineProperty(this, "mtu", {
      get: () => mtu,
      set: (value: number) => {
        mtu = checkMtu(value, own.datagram);
      },
      configurable: true,
      enumerable: true,
    });
  }

  /** Bytes of packets that wait to be written. */
  get waiting(): number {
    return this.queue.reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether as much waits as may: senders get BUSY. */
  get full(): boolean {
    return this.waiting >= this.options.queue;
  }

  /**
   * Queues a packet.
   * @throws CLOSED, BUSY when too much waits already, PACKET_TOO_SHORT where there is nothing to send, PACKET_TOO_LARGE where a
   * datagram does not hold it
   */
  override send(packet: Uint8Array): void {
    if (this.closed) fail("CLOSED");
    if (this.full) fail("BUSY");
    super.send(packet);
    const { length } = this.queue.at(-1)!;
    if (this.options.datagram && length > this.mtu) {
      this.queue.pop();
      throw new E3XError("PACKET_TOO_LARGE", {
        detail: `A packet of ${length} bytes does not go into a datagram of ${this.mtu}. Send less at once.`,
      });
    }
  }

  /** Has a function be called once the packet that was queued last has left: its frames are written, and the radio takes more. */
  left(done: (now: number) => void): void {
    const packet = this.queue.at(-1);
    if (packet) this._leaving.set(packet, done);
  }

  /**
   * Ends it: its radio, or its other side, is gone for good. What waits is dropped, links that had it have none until they hear
   * from the other by another one. Nothing comes or goes by it any more.
   */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.release();
    for (const each of [...this._closing]) each();
    this._closing.clear();
  }

  /** Has a function be called when it is closed. Returns what takes that back. */
  onClose(closed: () => void): () => void {
    this._closing.add(closed);
    return () => this._closing.delete(closed);
  }

  /** Lets go of what waits. */
  protected release(): void {
    this.queue = [];
    this.restart();
  }

  override restart(): void {
    super.restart();
    this._written = false;
  }

  override frame(now?: number): Uint8Array | undefined {
    const first = this.queue[0];
    const frame = this.options.datagram ? this._datagram() : super.frame(now);
    if (first && this.queue[0] !== first) {
      const left = this._leaving.get(first);
      this._leaving.delete(first);
      left?.(now!);
    }
    return frame;
  }

  private _datagram(): Uint8Array | undefined {
    if (this._written) this.queue.shift();
    if (!this.queue.length) this.more?.();
    // one that was queued when datagrams were longer
    while (this.queue.length && this.queue[0]!.length > this.mtu) this.queue.shift();
    this._written = this.queue.length > 0;
    return this.queue[0];
  }

  override receive(frame: Bytes, now: number, done: (packet: Uint8Array) => void): number {
    const bytes = bytesOf(frame);
    if (this.closed) return 0;
    if (!this.options.datagram) return super.receive(bytes, now, done);
    if (bytes.length > this.mtu) return 1;
    if (bytes.length) done(bytes);
    return 0;
  }
}
