/** Simulated time for drivers and transports, and radios of memory between them. */
import { realTime } from "../../src/node/index.ts";
import type { Clock, Radio } from "../../src/node/index.ts";
import { randomOf } from "../../sim/random.ts";

/** A clock that stands until `run` lets time pass. */
export class SimulatedClock implements Clock {
  time = 0;
  private _timers = new Set<{ at: number; run: () => void }>();
  private _soon = new Set<() => void>();

  now(): number {
    return this.time;
  }

  after(seconds: number, run: () => void): () => void {
    const timer = { at: this.time + seconds, run };
    this._timers.add(timer);
    return () => { this._timers.delete(timer); };
  }

  soon(run: () => void): () => void {
    // each its own, though the same function comes twice
    const one = (): void => run();
    this._soon.add(one);
    return () => { this._soon.delete(one); };
  }

  /** When something is to run next, in seconds; undefined where nothing is. */
  get next(): number | undefined {
    if (this._soon.size) return this.time;
    return this._timers.size ? Math.min(...[...this._timers].map(({ at }) => at)) : undefined;
  }

  /** Runs what is due by then, in order; time stands there afterwards. */
  runTo(time: number): void {
    for (let next = this.next; next !== undefined && next <= time; next = this.next) {
      this.time = Math.max(this.time, next);
      const soon = [...this._soon];
      this._soon.clear();
      for (const run of soon) run();
      if (soon.length) continue;
      const timer = [...this._timers].find(({ at }) => at === next)!;
      this._timers.delete(timer);
      timer.run();
    }
    this.time = Math.max(this.time, time);
  }

  /** Lets time pass until something is so, with turns for promises; false where it is not within so many seconds. */
  async until(done: () => boolean, seconds = 600): Promise<boolean> {
    const end = this.time + seconds;
    while (!done()) {
      const { next } = this;
      if (next === undefined || next > end) {
        this.runTo(end);
        return false;
      }
      this.runTo(next);
      // what it settled goes on before time does
      await new Promise(setImmediate);
    }
    return true;
  }
}

/** Simulated time for timers of transports whose sockets are real: what is to run soon does by itself. */
export class TimerClock extends SimulatedClock {
  override soon(run: () => void): () => void {
    return realTime.soon(run);
  }
}

/** Real time, but for a factor: for sockets, which take as long as they take. */
export const fast = (factor: number): Clock => ({
  now: () => realTime.now() * factor, soon: realTime.soon, after: (seconds, run) => realTime.after(seconds / factor, run),
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

  constructor({ mtu = 20, stream = false, blocking = false }: Pick<Radio, "mtu" | "stream" | "blocking"> = {}, sent: (frame: Uint8Array) => void = () => undefined) {
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
    const end = (to: () => MemoryRadio): MemoryRadio => new MemoryRadio(radio, (frame) => {
      if (this.lost(this.frames++) || !this.isUp) return;
      clock.after(latency, () => { if (this.isUp) to().emit("data", frame); });
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
