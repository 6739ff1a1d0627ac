// A station for something outside: a real gateway or device at a socket, a serial port or a stream, among simulated ones; and
// the wall clock that virtual time then follows.
//
// What comes from outside is put on the air as frames of the station, at the virtual time that corresponds to now; what
// arrives at the station goes out. Such a run is not repeated by its seed: what is outside has a clock and chance of its own.

import { exact } from "./engine.ts";
import { SimError } from "./errors.ts";
import type { Simulator } from "./simulator.ts";
import { emptyOutput } from "./types.ts";
import type { Node, Output } from "./types.ts";

/** What is outside. See bridges/. */
export interface Outside {
  /** Whether bytes have no bounds: then what comes is cut into frames of the medium's size. Otherwise a frame is a datagram. */
  readonly stream: boolean;
  /** Begins. `took` gets what comes, and the station that it is meant for where that is known; `failed` is told of what went wrong later. Throws SimError "bridge". */
  open(took: (bytes: Uint8Array, to?: string) => void, failed: (error: Error) => void): Promise<void>;
  /** Sends what a station has sent. */
  send(bytes: Uint8Array, from: string): void;
  close(): Promise<void>;
}

export interface BridgeOptions {
  outside: Outside;
  /** Bytes of a frame that its medium carries. */
  frameSize: number;
  /** The station that frames are meant for unless `outside` knows it. Left out: all. */
  to?: string;
}

/** Log lines: "too long N bytes" of a datagram that the medium does not carry. */
export class Bridge implements Node {
  readonly #options: BridgeOptions;
  #waiting: { bytes: Uint8Array; to: string | undefined }[] = [];
  #logs: string[] = [];
  #told: ((take: () => void) => void) | undefined;
  #error: Error | undefined;
  /** Bytes that came from outside, and that went there. */
  in = 0;
  out = 0;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** What went wrong outside, once something has. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Opens what is outside; `told` is called whenever something has come, with what hands it to the station. */
  async open(told: (take: () => void) => void): Promise<void> {
    this.#told = told;
    await this.#options.outside.open(
      (bytes, to) => {
        this.in += bytes.length;
        this.#told?.(() => {
          this.#take(bytes, to ?? this.#options.to);
        });
      },
      (error) => {
        this.#error ??= error;
        this.#told?.(() => undefined);
      },
    );
  }

  async close(): Promise<void> {
    this.#told = undefined;
    await this.#options.outside.close();
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    this.out += bytes.length;
    this.#options.outside.send(bytes, from);
    return this.run(time);
  }

  run(time: number): Output {
    const output = { ...emptyOutput(time), to: [] as (string | undefined)[], logs: this.#logs };
    for (const { bytes, to } of this.#waiting) {
      output.frames.push(bytes);
      output.times.push(time);
      output.to.push(to);
    }
    this.#waiting = [];
    this.#logs = [];
    return output;
  }

  #take(bytes: Uint8Array, to: string | undefined): void {
    const {
      outside: { stream },
      frameSize,
    } = this.#options;
    if (!stream && bytes.length > frameSize) {
      this.#logs.push(`too long ${bytes.length} bytes`);
      return;
    }
    for (let at = 0; at < bytes.length; at += frameSize)
      this.#waiting.push({ bytes: bytes.slice(at, at + frameSize), to });
  }
}

export interface RealTimeOptions {
  /** Virtual seconds in one of the clock. Default 1. */
  factor?: number;
  /** ms of a clock that never goes back. Default: performance.now(). */
  clock?: () => number;
  /** Waits so many ms of the clock, or until `wake`. */
  sleep?: (ms: number, wake: AbortSignal) => Promise<void>;
  /** Bridges of the simulation, by the names of their stations. */
  bridges?: { [name: string]: Bridge };
  /** Told when events are more than `tolerance` ms of the clock late (default 100), and again each time that it has doubled. */
  late?: (lag: number) => void;
  tolerance?: number;
  /** Ends it early. */
  signal?: AbortSignal;
}

/** Virtual ms that are handled at once: sockets have a turn between. */
const SLICE = 10;
/** ms that it sleeps at most: timers take no more than 2 ** 31. */
const SLEEP = 60_000;

function sleepFor(ms: number, wake: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      wake.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    wake.addEventListener("abort", done);
    if (wake.aborted) done();
  });
}

/** Lets the virtual time of a simulator follow a clock, from the first `run` on. */
export class RealTime {
  readonly #simulator: Simulator;
  readonly #factor: number;
  readonly #clock: () => number;
  readonly #sleep: NonNullable<RealTimeOptions["sleep"]>;
  readonly #options: RealTimeOptions;
  /** When it began, on the clock and in virtual ms. */
  #began: { clock: number; virtual: number } | undefined;
  #wake = new AbortController();
  #warned: number;
  /** ms of the clock by which the event that was handled last was late, and that any was at most. */
  lag = 0;
  worst = 0;

  /** Throws SimError "options" for a factor that is none. */
  constructor(simulator: Simulator, options: RealTimeOptions = {}) {
    const { factor = 1, clock = () => performance.now(), sleep = sleepFor, tolerance = 100 } = options;
    if (!(factor > 0 && factor < Infinity))
      throw new SimError("options", `the factor of real time is ${factor}; it is above 0`);
    this.#simulator = simulator;
    this.#options = options;
    this.#factor = factor;
    this.#clock = clock;
    this.#sleep = sleep;
    this.#warned = tolerance;
    options.signal?.addEventListener(
      "abort",
      () => {
        this.#wake.abort();
      },
      { once: true },
    );
  }

  /** The virtual time in ms that corresponds to now. */
  get now(): number {
    const { clock, virtual } = this.#began ?? { clock: this.#clock(), virtual: this.#simulator.time };
    return virtual + Math.floor((this.#clock() - clock) * this.#factor * 1000) / 1000;
  }

  /** Does something at the virtual time that corresponds to now. */
  enter(work: () => unknown): void {
    this.#simulator.schedule(this.now, work);
    this.#wake.abort();
  }

  /** Runs up to a virtual time in ms, never ahead of the clock. Returns whether it came there: not where `signal` ended it. Throws what a bridge failed with. */
  async run(until = Infinity): Promise<boolean> {
    const simulator = this.#simulator;
    const { signal, bridges = {} } = this.#options;
    if (!this.#began) {
      for (const [name, bridge] of Object.entries(bridges)) {
        await bridge.open((take) => {
          this.enter(() => {
            take();
            return simulator.names.includes(name) ? simulator.poke(name) : undefined;
          });
        });
      }
      this.#began = { clock: this.#clock(), virtual: simulator.time };
    }
    while (!signal?.aborted) {
      for (const { error } of Object.values(bridges)) if (error) throw error;
      this.#wake = new AbortController();
      const now = Math.min(this.now, until);
      const { next = Infinity } = simulator.engine;
      if (next <= now) {
        this.#late((this.now - next) / this.#factor);
        await simulator.runUntil(Math.min(now, next + SLICE));
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      await simulator.runUntil(now);
      if (now >= until) return true;
      await this.#sleep(Math.min((Math.min(next, until) - now) / this.#factor, SLEEP), this.#wake.signal);
    }
    return false;
  }

  #late(lag: number): void {
    this.lag = lag;
    this.worst = Math.max(this.worst, lag);
    if (lag <= this.#warned) return;
    this.#warned = 2 * lag;
    this.#options.late?.(lag);
  }
}

/** Runs a simulator in wall-clock time up to a virtual time in ms, or until `signal`. Returns how late it was at most, in ms of the clock. */
export async function runRealTime(
  simulator: Simulator,
  options: RealTimeOptions & { until?: number } = {},
): Promise<number> {
  const real = new RealTime(simulator, options);
  try {
    await real.run(options.until === undefined ? Infinity : exact(options.until));
  } finally {
    for (const bridge of Object.values(options.bridges ?? {})) await bridge.close();
  }
  return real.worst;
}
