/** Simulated time for drivers and transports, and radios of memory between them. */
import { realTime } from "../../src/node/index.ts";
import type { Clock, Radio } from "../../src/node/index.ts";
import { SimulatedClock } from "../../sim/clock.ts";
import { randomOf } from "../../sim/random.ts";

export { SimulatedClock };

/** Simulated time for timers of transports whose sockets are real: what is to run soon does by itself. */
export class TimerClock extends SimulatedClock {
  override soon(run: () => void): () => void {
    return realTime.soon(run);
  }
}

/** Real time, but for a factor: for sockets, which take as long as they take. */
export const fast = (factor: number): Clock => ({
  now: () => realTime.now() * factor,
  soon: realTime.soon,
  after: (seconds, run) => realTime.after(seconds / factor, run),
});

export interface AirOptions extends Pick<Radio, "mtu" | "stream" | "blocking"> {
  /** Share of frames that are lost. */
  loss?: number;
  seed?: number;
  /** Seconds that a frame is on its way; default 0.01. */
  latency?: number;
}

type Listener = (data?: Uint8Array, metadata?: object) => void;

/** One end of a radio link of memory. */
export class MemoryRadio implements Radio {
  readonly mtu: number;
  readonly stream: boolean;
  readonly blocking: boolean;
  /** Frames that were written. */
  written: Uint8Array[] = [];
  /** Whether `write` takes frames. */
  ready = true;
  isClosed = false;
  private _listeners: { [event: string]: Listener } = {};
  private _sent: (frame: Uint8Array) => void;

  constructor(
    { mtu = 20, stream = false, blocking = false }: Pick<Radio, "mtu" | "stream" | "blocking"> = {},
    sent: (frame: Uint8Array) => void = () => undefined,
  ) {
    this.mtu = mtu;
    this.stream = stream;
    this.blocking = blocking;
    this._sent = sent;
  }

  write(frame: Uint8Array): boolean {
    if (!this.ready) return false;
    this.written.push(frame);
    this._sent(frame);
    return true;
  }

  on(event: string, listener: (data: never) => void): void {
    this._listeners[event] = listener as Listener;
  }

  emit(event: string, data?: Uint8Array, metadata?: object): void {
    this._listeners[event]?.(data, metadata);
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A radio link of memory. */
export class Air {
  readonly ends: [MemoryRadio, MemoryRadio];
  /** Frames that were sent, either way. */
  frames = 0;
  /** Which frames are lost, by their number. */
  lost: (frame: number) => boolean;
  isUp = true;

  constructor(clock: Clock, { loss = 0, seed = 1, latency = 0.01, ...radio }: AirOptions = {}) {
    const random = randomOf(seed, "air");
    this.lost = () => random(1)[0]! < loss * 256;
    const end = (to: () => MemoryRadio): MemoryRadio =>
      new MemoryRadio(radio, (frame) => {
        if (this.lost(this.frames++) || !this.isUp) return;
        clock.after(latency, () => {
          if (this.isUp) to().emit("data", frame);
        });
      });
    this.ends = [end(() => this.ends[1]), end(() => this.ends[0])];
  }

  /** The link goes, with what is under way, or comes again; both ends are told. */
  set(up: boolean): void {
    this.isUp = up;
    for (const end of this.ends) end.ready = up;
    for (const end of this.ends) end.emit(up ? "open" : "close");
  }
}
