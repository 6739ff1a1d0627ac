// A gateway as applications have one, a Driver, as a node of the simulator: its clock is virtual time, its radio the air, and
// what it was given to keep is on a disk that a crash leaves as it was.

import { Duplex } from "node:stream";
import { stampOf, toBase32 } from "../src/index.ts";
import type { ErrorCode, KeyPair, Link, Random, State } from "../src/index.ts";
import { serial } from "../src/node/index.ts";
import type { Clock, Driver, DriverOptions, Radio } from "../src/node/index.ts";
import { SimulatedClock } from "./clock.ts";
import type { Received } from "./gateway.ts";
import { emptyOutput } from "./types.ts";
import type { Node, Output } from "./types.ts";

/** What a driver gets of the simulator. `events` keep what they are told in `messages` and `drops`. */
export type SimulatedOptions = Required<
  Pick<DriverOptions, "pairs" | "random" | "clock" | "state" | "save" | "commit" | "events">
>;

export interface DrivenGatewayOptions {
  /** Makes the driver: `(options) => new Driver({ ...options, accept })`. Called again after each restart. */
  start: (options: SimulatedOptions) => Driver;
  pair: KeyPair;
  random: Random;
  /** Virtual time in ms. */
  now: () => number;
  /** Bytes of a frame that it writes, where the radio's link does not say. */
  mtu: number;
  /** Whether bytes come without bounds; and by a serial port, whose other side answers every chunk. */
  stream?: boolean;
  serial?: boolean;
}

/** Seconds that the disk takes to make durable what it is given. */
const DISK = 0.01;

/** Time since the start of a driver, also while the application acts between two events of the simulation. */
class ProcessClock extends SimulatedClock {
  readonly #elapsed: () => number;

  constructor(elapsed: () => number) {
    super();
    this.#elapsed = elapsed;
  }

  override now(): number {
    return Math.max(this.time, this.#elapsed());
  }
}

/** What the gateway has of the air to one device. */
interface Way {
  radio: Radio;
  take(bytes: Uint8Array): void;
  /** The radio's link comes or goes. */
  set(isUp: boolean): void;
}

type Out = (frame: Uint8Array) => void;

/** A radio that knows whether it reaches the other. */
function radioTo({ mtu, stream = false }: DrivenGatewayOptions, out: Out): Way {
  let isUp = true;
  const listeners: { [event: string]: (data: Uint8Array) => void } = {};
  const radio: Radio = {
    mtu,
    stream,
    write: (frame) => {
      if (isUp) out(frame);
      return isUp;
    },
    on: (event, listener) => {
      listeners[event] = listener;
    },
  };
  return {
    radio,
    take: (bytes) => listeners["data"]!(bytes),
    set: (up) => {
      isUp = up;
      listeners[up ? "open" : "close"]!(new Uint8Array(0));
    },
  };
}

/** A serial port: nothing tells whether there is somebody at its other end. */
function portTo({ mtu }: DrivenGatewayOptions, clock: Clock, out: Out): Way {
  const port = new Duplex({
    read: () => undefined,
    write: (bytes: Uint8Array, _encoding, done) => {
      out(Uint8Array.from(bytes));
      done();
    },
  });
  const radio = serial({ path: "simulated", mtu, clock, open: () => Promise.resolve(port) });
  return {
    radio,
    take: (bytes) => {
      port.push(bytes);
    },
    set: () => undefined,
  };
}

/** Its log has "linked", "message N bytes", "drop CODE", and "error WHERE: MESSAGE" of what the driver told. */
export class DrivenGateway implements Node {
  /** What it got, over all restarts. */
  readonly messages: Received[] = [];
  /** What was refused, by code, over all restarts. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  /** What the driver told by "error", over all restarts. */
  readonly errors: Error[] = [];
  readonly #options: DrivenGatewayOptions;
  #driver!: Driver;
  #clock!: SimulatedClock;
  #ways!: Map<string, Way>;
  #disk: State = {};
  // virtual ms of the last start: its clock begins there
  #began = 0;
  #out: { to: string; frame: Uint8Array }[] = [];
  #logs: string[] = [];

  constructor(options: DrivenGatewayOptions) {
    this.#options = options;
    this.#start();
  }

  /** The driver as it is since the last restart. */
  get driver(): Driver {
    return this.#driver;
  }

  get links(): readonly Link[] {
    return this.#driver.endpoint.links;
  }

  /** Sends content to the first that has linked; `Simulator.poke` then puts it on the air. Throws what `send` of a link throws. */
  send(content: Uint8Array | string | object): void {
    const [link] = this.links;
    if (!link) throw new Error("nobody is linked yet");
    link.send(content);
  }

  /** Begins anew, as after a power cut: with the identity, and the state that was durable by then. */
  restart(): void {
    this.#start();
  }

  async frame(time: number, bytes: Uint8Array, from: string): Promise<Output> {
    await this.#pass(time);
    this.#way(from).take(bytes);
    return this.run(time);
  }

  /** The radio's link to a device came, with an ATT MTU where it has one, or went. */
  async link(time: number, from: string, up: boolean, mtu?: number): Promise<Output> {
    await this.#pass(time);
    const way = this.#way(from);
    if (up && mtu !== undefined) {
      // what the radio "ble" of a device takes at most, and how a central tells it
      way.radio.mtu = Math.min(mtu - 3, 128);
      this.#out.push({ to: from, frame: new Uint8Array(way.radio.mtu) });
    }
    way.set(up);
    return this.run(time);
  }

  async run(time: number): Promise<Output> {
    await this.#pass(time);
    const { next } = this.#clock;
    const output: Output = { ...emptyOutput(time), logs: this.#logs };
    if (next !== undefined) output.next = Math.max(time + 1, Math.ceil(next * 1000 + this.#began));
    output.frames = this.#out.map(({ frame }) => frame);
    output.times = this.#out.map(() => time);
    output.to = this.#out.map(({ to }) => to);
    this.#out = [];
    this.#logs = [];
    return output;
  }

  /** Does what is due at a virtual time in ms. */
  async #pass(time: number): Promise<void> {
    const now = (time - this.#began) / 1000;
    do {
      this.#clock.runTo(now);
      // promises, of the disk and of the application, go on before time does
      await new Promise(setImmediate);
    } while ((this.#clock.next ?? Infinity) <= now);
  }

  #way(from: string): Way {
    const known = this.#ways.get(from);
    if (known) return known;
    const ways = this.#ways;
    const out = (frame: Uint8Array): void => {
      // what was started before a crash writes no more
      if (this.#ways === ways) this.#out.push({ to: from, frame });
    };
    const way = this.#options.serial ? portTo(this.#options, this.#clock, out) : radioTo(this.#options, out);
    ways.set(from, way);
    this.#driver.attach(way.radio);
    return way;
  }

  #start(): void {
    const { start, pair, random, now: virtual } = this.#options;
    const began = virtual();
    const clock = new ProcessClock(() => (virtual() - began) / 1000);
    // nothing of those before has a time or a radio any more
    this.#began = began;
    this.#clock = clock;
    this.#ways = new Map();
    const now = new Map(Object.entries(structuredClone(this.#disk)));
    this.#driver = start({
      pairs: { "1a": pair },
      random,
      clock,
      state: structuredClone(this.#disk),
      save: (id, state) => {
        if (state) now.set(id, structuredClone(state));
        else now.delete(id);
      },
      commit: async () => {
        const whole = Object.fromEntries(now);
        await new Promise<void>((resolve) => {
          clock.after(DISK, resolve);
        });
        this.#disk = whole;
      },
      events: {
        up: () => {
          this.#logs.push("linked");
        },
        message: (link, data, packet) => {
          this.messages.push({
            time: virtual(),
            sender: toBase32(link.exchange.key),
            at: stampOf(packet),
            content: Uint8Array.from(data),
          });
          this.#logs.push(`message ${data.length} bytes`);
        },
        drop: (code) => {
          this.drops[code] = (this.drops[code] ?? 0) + 1;
          this.#logs.push(`drop ${code}`);
        },
      },
    });
    this.#driver.on("error", (error, where) => {
      this.errors.push(error);
      this.#logs.push(`error ${where}: ${error.message}`);
    });
  }
}
