/** Drives an endpoint in real time over the transports of this folder, or any radio with the interface of a device's. */
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import type { Random } from "../types.ts";
import { Endpoint } from "../endpoint/endpoint.ts";
import type { Metadata, Where as EndpointWhere } from "../endpoint/events.ts";
import type { GatewayLink } from "../endpoint/link.ts";
import type { EndpointOptions } from "../endpoint/options.ts";
import { Pipe, bytesOf } from "../endpoint/pipe.ts";
import type { Bytes } from "../endpoint/pipe.ts";
import type { Radio } from "../link/radio.ts";
import { realTime } from "./clock.ts";
import type { Clock } from "./clock.ts";
import type { Listener, ListenerOwner, Transport } from "./transports/transport.ts";

export interface DriverOptions extends Omit<EndpointOptions, "random" | "wake"> {
  /** Default: random bytes of this machine. */
  random?: Random;
  /**
   * Makes durable what `save` was given since it was last called. Nothing leaves before it has returned, or resolved: so
   * many states cost one write. Where it fails that is an "error", and it is tried again a second later.
   */
  commit?(): void | Promise<void>;
  /** The longest packet that is put together, in bytes; default 4,096. */
  limit?: number;
  clock?: Clock;
}

/** Where an error came from: a function of the application by its name, `commit`, a transport. */
export type DriverWhere = EndpointWhere | "commit" | "transport";

/** The link and the pipe that an error has to do with, where that is known. */
export interface ErrorSource {
  link?: GatewayLink;
  pipe?: Pipe;
}

export interface DriverEvents {
  /** What the application's functions threw, unless `events` has an `error` of its own; and what transports cannot do. */
  error: [error: Error, where: DriverWhere, source: ErrorSource];
  /** A transport was attached, by the application or by a listener. Its other side need not be known, or there. */
  attach: [pipe: Pipe, radio: Radio];
  /** A transport has ended; its pipe is closed: links that had it have none until they hear the other by another one. */
  detach: [pipe: Pipe, radio: Radio];
}

/** Most frames, and seconds, that one turn takes; the rest waits until I/O and timers of others had theirs. */
const TURN_FRAMES = 256;
const TURN_SECONDS = 0.005;

/** Most frames that wait to be received, of all transports and of one. */
const WAITING = 4096;
const WAITING_EACH = 256;

/** Most bytes that wait of a stream: it is paused then, and goes on when a quarter is left. */
const STREAM = 65_536;

/** Most bytes of a stream that are received at once. */
const PIECE = 1024;

/** Seconds after which what has failed is tried again. */
const RETRY = 1;

/** Seconds for which it is taken for known which pipes links have, where nothing came by a pipe. */
const USED = 10;

/** A radio, its pipe, and what waits between them. */
interface Way {
  radio: Radio & Partial<Transport>;
  pipe: Pipe;
  isOpen: boolean;
  /** A frame that the radio did not take. */
  held: Uint8Array | undefined;
  frames: { bytes: Uint8Array; metadata: Metadata | undefined }[];
  /** Bytes of a stream that wait. */
  bytes: number;
  isPaused: boolean;
  /** How many frames had been received when its last one was. */
  last: number;
}

/** Data of a radio as bytes of their own: it may use its buffer again. A device's radios give strings. */
const ownBytes = (data: Bytes | string): Uint8Array =>
  new Uint8Array(typeof data === "string" ? Buffer.from(data, "latin1") : bytesOf(data));

/**
 * An endpoint that runs by itself. What comes is received in turns of bounded work, each transport's frames in rotation;
 * after each turn, and when the endpoint wants it, all that is to be sent is written, as far as transports take it.
 *
 * Events of the endpoint go to `events`; "error" of the driver tells what the application's handlers threw, and what
 * transports cannot do. As with all emitters of Node.js, an "error" without a listener is thrown.
 */
export class Driver extends EventEmitter<DriverEvents> {
  readonly endpoint: Endpoint;
  /** Frames (of streams: pieces) received and written, and those that were lost because too many waited. */
  readonly counts = { received: 0, written: 0, overruns: 0 };
  private _options: DriverOptions;
  private _clock: Clock;
  private _ways = new Map<Pipe, Way>();
  private _byRadio = new Map<Radio, Way>();
  private _listeners: Listener[] = [];
  // ways with frames that wait, whose turn it is first; how many frames there are
  private _waiting = new Set<Way>();
  private _frames = 0;
  private _cancelTurn: (() => void) | undefined;
  private _cancelTimer: (() => void) | undefined;
  private _isReceiving = false;
  // states were saved that `commit` has not made durable; until that is over, or tried again, there are no turns
  private _isUnsaved = false;
  private _committing: Promise<void> | undefined;
  private _isClosed = false;
  // pipes that links have, when that was found out, and how many frames had been received then
  private _used = { pipes: new Set<Pipe>(), at: -Infinity, received: -1 };

  /** @throws as Endpoint */
  constructor(options: DriverOptions) {
    super();
    const { clock = realTime, random = randomBytes, save, commit, events } = options;
    this._options = options;
    this._clock = clock;
    this.endpoint = new Endpoint({
      ...options,
      random,
      wake: () => this.wake(),
      ...(!events.error && {
        events: Object.assign(Object.create(events) as typeof events, {
          error: (error: unknown, where: EndpointWhere, link: GatewayLink | undefined, arrival?: { pipe: Pipe }) => {
            this._fail(error, where, { ...(link && { link }), ...(arrival && { pipe: arrival.pipe }) });
          },
        }),
      }),
      ...(save &&
        commit && {
          save: (id, state) => {
            save(id, state);
            this._isUnsaved = true;
          },
        }),
    });
    this.wake();
  }

  /**
   * Uses a radio to one other side: a transport, or whatever else has its interface (Bluetooth libraries need a few lines).
   * @returns its pipe, for `link.connect`
   */
  attach(radio: Radio | Transport): Pipe {
    const known = this._byRadio.get(radio);
    if (known) return known.pipe;
    const { limit = 4096 } = this._options;
    const { mtu = 20, stream = false, blocking = false, packets = false } = radio as Partial<Transport>;
    const pipe = packets ? new Pipe({ mtu, limit, datagram: true }) : new Pipe({ mtu, stream, blocking, limit });
    const way: Way = {
      radio: radio as Way["radio"],
      pipe,
      isOpen: true,
      held: undefined,
      frames: [],
      bytes: 0,
      isPaused: false,
      last: -1,
    };
    this._ways.set(pipe, way);
    this._byRadio.set(radio, way);
    const on = radio.on.bind(radio) as (event: string, listener: (data: unknown, metadata?: Metadata) => void) => void;
    on("data", (data, metadata) => {
      let bytes: Uint8Array;
      try {
        bytes = ownBytes(data as Bytes | string);
      } catch (error) {
        this._fail(error, "transport", { pipe });
        return;
      }
      this._take(way, bytes, metadata);
    });
    on("drain", () => this._offer(way));
    on("open", () => {
      way.isOpen = true;
      way.held = undefined;
      this.endpoint.restart(pipe);
      this.wake();
    });
    on("close", () => {
      way.isOpen = false;
      way.held = undefined;
    });
    on("end", () => this.detach(pipe));
    on("error", (error) => this._fail(error, "transport", { pipe }));
    // by the application: detached it is not attached any more
    pipe.onClose(() => {
      if (!this._ways.has(pipe)) return;
      way.radio.close?.();
      this.detach(pipe);
    });
    this.emit("attach", pipe, radio);
    return pipe;
  }

  /** Closes the pipe of a transport, and forgets both; does not close the transport, as `pipe.close()` does. */
  detach(pipe: Pipe): void {
    const way = this._ways.get(pipe);
    if (!way) return;
    this._ways.delete(pipe);
    this._byRadio.delete(way.radio);
    this._waiting.delete(way);
    this._frames -= way.frames.length;
    way.frames = [];
    way.held = undefined;
    way.isOpen = false;
    pipe.close();
    this.emit("detach", pipe, way.radio);
  }

  /** Uses what makes a transport for each that it hears. Resolves with its own address; rejects where it cannot be had. */
  listen(listener: Listener): Promise<AddressInfo> {
    this._listeners.push(listener);
    const owner: ListenerOwner = {
      accept: (transport) => {
        this.attach(transport);
      },
      isUsed: (transport) => this._isUsed(transport),
      error: (error) => this._fail(error, "transport"),
    };
    return listener.listen(owner);
  }

  /** Has a turn come soon: after what was done to the endpoint beside links and channels, such as `endpoint.discover`. */
  wake(): void {
    // what follows sends, too
    if (this._isClosed || this._committing || this._isReceiving) return;
    this._cancelTurn ??= this._clock.soon(() => {
      this._cancelTurn = undefined;
      this._turn();
    });
  }

  /** Ends it: closes listeners and transports. Nothing is received or sent any more; states that wait are made durable first. */
  async close(): Promise<void> {
    if (this._isClosed) return;
    this._isClosed = true;
    this._cancelTurn?.();
    this._cancelTimer?.();
    const closed = this._listeners.map((listener) => listener.close());
    for (const { radio } of [...this._ways.values()]) radio.close?.();
    for (const pipe of [...this._ways.keys()]) this.detach(pipe);
    await Promise.all([...closed, this._committing]);
    if (this._isUnsaved) await this._options.commit!();
  }

  private _take(way: Way, bytes: Uint8Array, metadata: Metadata | undefined): void {
    if (this._isClosed || !this._ways.has(way.pipe)) return;
    const { stream } = way.radio;
    // of a stream nothing may be lost, where it can be paused
    const isFull = stream && way.radio.pause ? false : this._frames >= WAITING || way.frames.length >= WAITING_EACH;
    if (isFull) {
      this.counts.overruns++;
      return;
    }
    way.frames.push({ bytes, metadata });
    this._frames++;
    if (stream) {
      way.bytes += bytes.length;
      if (way.bytes > STREAM && !way.isPaused) {
        way.isPaused = true;
        way.radio.pause?.();
      }
    }
    this._waiting.add(way);
    this.wake();
  }

  /** The next frame of a transport, or the next piece of a stream. */
  private _next(way: Way): Way["frames"][number] {
    const { radio, frames } = way;
    const first = frames[0]!;
    const { bytes, metadata } = first;
    if (radio.stream && bytes.length > PIECE) {
      frames[0] = { bytes: bytes.subarray(PIECE), metadata };
      way.bytes -= PIECE;
      return { bytes: bytes.subarray(0, PIECE), metadata };
    }
    frames.shift();
    this._frames--;
    if (radio.stream) {
      way.bytes -= bytes.length;
      if (way.isPaused && way.bytes < STREAM / 4) {
        way.isPaused = false;
        radio.resume?.();
      }
    }
    return first;
  }

  private _turn(): void {
    const { _clock: clock, _waiting: waiting } = this;
    if (this._committing) return;
    const end = clock.now() + TURN_SECONDS;
    let left = TURN_FRAMES;
    for (const way of waiting) {
      // to the end of those that wait, where it has more
      waiting.delete(way);
      const frame = this._next(way);
      if (way.frames.length) waiting.add(way);
      this._receive(way, frame);
      if (!--left || clock.now() >= end) break;
    }
    this._send();
  }

  private _receive(way: Way, { bytes, metadata }: Way["frames"][number]): void {
    way.last = ++this.counts.received;
    this._isReceiving = true;
    try {
      this.endpoint.receive(way.pipe, bytes, this._clock.now(), metadata);
    } catch (error) {
      this._fail(error, "library", { pipe: way.pipe });
    } finally {
      this._isReceiving = false;
    }
  }

  /** Writes what is to be sent, once what was saved is durable. */
  private _send(): void {
    if (this._isClosed) return;
    if (this._isUnsaved && this._options.commit) return this._commit();
    const { _clock: clock } = this;
    this._cancelTimer?.();
    this._cancelTimer = undefined;
    let at: number | undefined;
    try {
      at = this.endpoint.drain(clock.now(), {
        ready: (pipe) => this._isReady(pipe),
        write: (pipe, frame) => this._write(this._ways.get(pipe)!, frame),
      })?.at;
    } catch (error) {
      at = clock.now() + RETRY;
      this._fail(error, "library");
    }
    if (this._isUnsaved && this._options.commit) return this._commit();
    if (this._waiting.size) this.wake();
    if (at !== undefined && !this._isClosed)
      this._cancelTimer = clock.after(Math.max(0, at - clock.now()), () => this.wake());
  }

  private _commit(): void {
    const again = (): void => {
      this._committing = undefined;
      if (!this._isClosed) this._turn();
    };
    this._isUnsaved = false;
    this._committing = (async () => this._options.commit!())().then(again, (error) => {
      this._isUnsaved = true;
      if (!this._isClosed) this._cancelTimer = this._clock.after(RETRY, again);
      this._fail(error, "commit");
    });
  }

  private _isReady(pipe: Pipe): boolean {
    const way = this._ways.get(pipe);
    // what came meanwhile by `save` has to be durable first
    if (!way?.isOpen || way.held || (this._isUnsaved && this._options.commit)) return false;
    pipe.mtu = way.radio.mtu ?? 20;
    return true;
  }

  private _write(way: Way, frame: Uint8Array): void {
    try {
      if (way.radio.write(frame) === false) way.held = frame;
      else this.counts.written++;
    } catch (error) {
      // lost, as by a bad radio
      this._fail(error, "transport", { pipe: way.pipe });
    }
  }

  /** Offers a radio again the frame that it did not take. */
  private _offer(way: Way): void {
    const { held } = way;
    way.held = undefined;
    if (held) this._write(way, held);
    if (!way.held) this.wake();
  }

  /** Whether a link has the pipe of a transport. */
  private _isUsed(radio: Radio): boolean {
    const way = this._byRadio.get(radio);
    if (!way) return false;
    const {
      counts: { received },
      _clock: clock,
      _used: used,
    } = this;
    // by what comes a link may have another pipe; to look through all links for each frame would be dear
    if (way.last > used.received || clock.now() - used.at > USED) {
      const pipes = this.endpoint.links.flatMap(({ pipe }) => (pipe ? [pipe.options.over?.() ?? pipe] : []));
      this._used = { pipes: new Set(pipes), at: clock.now(), received };
    }
    return this._used.pipes.has(way.pipe);
  }

  private _fail(error: unknown, where: DriverWhere, source: ErrorSource = {}): void {
    this.emit("error", error instanceof Error ? error : new Error(String(error)), where, source);
  }
}
