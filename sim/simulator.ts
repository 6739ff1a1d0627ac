// The simulator: devices and native nodes on radio media, as discrete events in virtual time.

import { CaptureWriter, recordAir, recordBoot, recordOutput, toHex } from "./capture.ts";
import { Engine, exact } from "./engine.ts";
import type { Cancel } from "./engine.ts";
import { SimError } from "./errors.ts";
import { IdealMedium } from "./media/ideal.ts";
import type { IdealOptions } from "./media/ideal.ts";
import { mediumOf } from "./media/index.ts";
import type { MediumOptions } from "./media/index.ts";
import type { Medium, Station, Transmission, Usage } from "./media/medium.ts";
import type { Position } from "./media/propagation.ts";
import { deriveState } from "./random.ts";
import type { BootOptions, DeviceHost, Json, Node, Output } from "./types.ts";

export interface SimulatorOptions {
  /** All that is random in a simulation follows from it. */
  seed: number;
  /** The only medium: a radio without physics. */
  medium?: IdealOptions;
  /** Media by name, in place of it. */
  media?: { [name: string]: MediumOptions };
  /** Gets the capture, line by line with newlines; left out, `captureText()` has it at the end; null: there is none. */
  sink?: ((line: string) => void) | null;
  /** Told of all that was on the air, every arrival and every log line: what was on the air when it is over, the rest in order of virtual time of the causing event. */
  observe?: (event: SimEvent) => void;
}

/** Something that happened, for timelines and statistics. */
export type SimEvent =
  | { kind: "sent"; time: number; from: string; to: string; bytes: Uint8Array; lost: boolean; arrivals: number[] }
  | { kind: "air"; time: number; medium: string; transmission: Transmission }
  | { kind: "arrived"; time: number; from: string; to: string; bytes: Uint8Array }
  | { kind: "log"; time: number; at: string; text: string };

/** A device's start, without what the simulator adds: time, and entropy unless it is given. */
export type DeviceOptions = Omit<BootOptions, "time" | "entropy"> & {
  entropy?: readonly number[];
  /** False: E.hwRand starts from the same state at every boot, as on boards without a hardware source. Default true. */
  hardwareEntropy?: boolean;
  /** MTU of the radio's link when it comes by itself after a boot. */
  mtu?: number;
};

/** Where an endpoint is, and by which radios it is reached. */
export interface StationOptions {
  /** Names of media; default: the first. */
  media?: readonly string[];
  position?: Position;
  /** False: it only sends. */
  listens?: boolean;
  /** What its radio is set to, on every medium that it has joined. */
  radio?: { [name: string]: Json };
  /** Its clock against virtual time: 20 is 20 millionths fast. Default 0. */
  drift?: number;
}

interface Endpoint {
  name: string;
  run(time: number): Output | Promise<Output>;
  frame(time: number, bytes: Uint8Array, from: string): Output | Promise<Output>;
  link?(time: number, from: string, up: boolean, mtu: number | undefined): Output | Promise<Output>;
  media: Joined[];
  /** Seconds of its clock in one of virtual time. */
  rate: number;
  /** Its timer. */
  timer?: Cancel;
  /** It has no power. */
  off?: boolean;
}

interface Joined {
  name: string;
  medium: Medium;
  members: Set<string>;
}

interface Device extends Endpoint {
  host: DeviceHost;
  options: DeviceOptions;
  boots: number;
  mtu: number | undefined;
}

/** Runs devices and nodes against each other. Same seed, programs and nodes: same capture, byte for byte. */
export class Simulator {
  readonly engine: Engine;
  readonly #options: SimulatorOptions;
  readonly #capture: CaptureWriter | undefined;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #media = new Map<string, Joined>();

  /** Throws SimError "options" for media that are none. */
  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.engine = new Engine(options.seed);
    const media: { [name: string]: MediumOptions } =
      options.media ?? (options.medium ? { air: { kind: "ideal", ...options.medium } } : {});
    const records = Object.entries(media).map(([name, given]) => {
      const medium = mediumOf(given);
      const joined: Joined = { name, medium, members: new Set() };
      this.#media.set(name, joined);
      medium.begin(this.#air(joined));
      const { options: all = given } = medium as { options?: object };
      return { name, ...all, kind: medium.kind, frameSize: medium.frameSize };
    });
    if (!records.length) throw new SimError("options", "a simulator needs a medium");
    if (options.sink !== null) this.#capture = new CaptureWriter({ seed: options.seed, media: records }, options.sink);
  }

  /** Virtual time in ms. */
  get time(): number {
    return this.engine.time;
  }

  /** The medium where there is one without physics. */
  get ideal(): IdealMedium {
    return this.medium() as IdealMedium;
  }

  /** A medium by name, the first if none is given. */
  medium(name: string = this.#media.keys().next().value!): Medium {
    return this.#joined(name).medium;
  }

  /** Names of all endpoints. */
  get names(): string[] {
    return [...this.#endpoints.keys()];
  }

  /** Boots a device now and joins it to its media. */
  async addDevice(
    name: string,
    host: DeviceHost,
    options: DeviceOptions,
    station: StationOptions = {},
  ): Promise<Output> {
    const device: Device = {
      name,
      host,
      options,
      boots: 0,
      mtu: options.mtu,
      media: [],
      rate: 1 + (station.drift ?? 0) / 1e6,
      run: async (time) => {
        const output = await host.run(time);
        this.#capture?.record({ k: "run", t: time, device: name, out: recordOutput(output) });
        return output;
      },
      frame: async (time, bytes, from) => {
        const output = await host.frame(time, bytes);
        this.#capture?.record({
          k: "frame",
          t: time,
          device: name,
          from,
          bytes: toHex(bytes),
          out: recordOutput(output),
        });
        return output;
      },
    };
    this.#join(device, "device", station);
    return this.#boot(device, options);
  }

  /** Joins a native node and runs it once. */
  async addNode(name: string, node: Node, station: StationOptions = {}): Promise<Output> {
    const endpoint: Endpoint = {
      name,
      media: [],
      rate: 1 + (station.drift ?? 0) / 1e6,
      run: (time) => node.run(time),
      frame: (time, bytes, from) => node.frame(time, bytes, from),
      ...(node.link && {
        link: (time: number, from: string, up: boolean, mtu: number | undefined) => node.link!(time, from, up, mtu),
      }),
    };
    this.#join(endpoint, "node", station);
    return this.#did(endpoint, endpoint.run(this.#clock(endpoint)));
  }

  /** Lets two endpoints hear each other, on a medium without physics. Without any call everyone hears everyone. */
  link(one: string, two: string): void {
    this.#endpoint(one);
    this.#endpoint(two);
    this.ideal.link(one, two);
  }

  /** Parts endpoints from one another on every medium: see Medium.part. */
  part(groups: readonly (readonly string[])[] | undefined): void {
    for (const { medium } of this.#media.values()) medium.part(groups);
  }

  /**
   * A device's radio link goes away (frames to it and from it are lost), or returns: a BLE connection, with the ATT
   * MTU that was negotiated, a Wi-Fi network, reception. It comes by itself after a boot unless it was made to go before.
   */
  async radio(name: string, up: boolean, mtu?: number): Promise<Output> {
    const endpoint = this.#endpoint(name) as Device;
    for (const { medium } of endpoint.media) medium.reach(name, up);
    endpoint.mtu = mtu;
    return this.#link(
      endpoint,
      up,
      endpoint.media.filter(({ medium }) => medium.kind !== "ble"),
    );
  }

  /** Restarts a device now; its storage stays, frames under way still arrive, faults are over. `changes` replace options of its last start. */
  restart(name: string, changes: Partial<DeviceOptions> = {}): Promise<Output> {
    const device = this.#device(name);
    const { storage: _first, faults: _once, ...options } = device.options;
    return this.#boot(device, { ...options, ...changes });
  }

  /** Cuts the power now: nothing comes from an endpoint any more, nor gets to it, until `powerOn`, and for a device `restart`. */
  powerOff(name: string): void {
    const endpoint = this.#endpoint(name);
    endpoint.off = true;
    endpoint.timer?.();
    for (const { medium } of endpoint.media) medium.reach(name, false);
  }

  /** Has the power back: a device is to be restarted then, a node to be poked. */
  powerOn(name: string): void {
    const endpoint = this.#endpoint(name);
    if (!endpoint.off) return;
    endpoint.off = false;
    for (const { medium } of endpoint.media) medium.reach(name, true);
  }

  /** Runs a node or device now, after something outside changed its state (a message was queued in a gateway). */
  async poke(name: string): Promise<Output> {
    const endpoint = this.#endpoint(name);
    return this.#did(endpoint, endpoint.run(this.#clock(endpoint)));
  }

  /** Puts a frame on the air as from an endpoint: what is not its program's doing. Throws FrameSizeError. */
  inject(from: string, bytes: Uint8Array, to?: string): void {
    this.#send(this.#endpoint(from), bytes, to);
  }

  /** Does something at a virtual time in ms (now, when that is past). */
  schedule(time: number, work: () => unknown): void {
    this.engine.at(time, work);
  }

  /** Handles all events up to a virtual time in ms, in order; time then stands there. */
  runUntil(time: number): Promise<void> {
    return this.engine.runUntil(time);
  }

  /** Handles events until `done` holds, none are left, or the next is after `limit`. Returns whether `done` holds. */
  runWhile(done: () => boolean, limit: number): Promise<boolean> {
    return this.engine.runWhile(done, limit);
  }

  /** What an endpoint's radios have done so far, by medium. */
  usage(name: string): { [medium: string]: Usage } {
    return Object.fromEntries(this.#endpoint(name).media.map((joined) => [joined.name, joined.medium.usage(name)]));
  }

  /** Ends the capture and closes the devices. */
  async close(): Promise<void> {
    this.#capture?.end();
    for (const endpoint of this.#endpoints.values()) await (endpoint as Partial<Device>).host?.close();
  }

  /** The capture's text so far; empty when a sink was given. */
  captureText(): string {
    return this.#capture?.text() ?? "";
  }

  #endpoint(name: string): Endpoint {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) throw new SimError("endpoint", `there is no endpoint ${name}`);
    return endpoint;
  }

  #device(name: string): Device {
    const device = this.#endpoint(name) as Device;
    if (device.host === undefined) throw new SimError("endpoint", `${name} is a node, not a device`);
    return device;
  }

  #joined(name: string): Joined {
    const joined = this.#media.get(name);
    if (joined === undefined) throw new SimError("endpoint", `there is no medium ${name}`);
    return joined;
  }

  /** What an endpoint's clock says now, in ms since the simulation's beginning. */
  #clock(endpoint: Endpoint): number {
    return exact(this.time * endpoint.rate);
  }

  /** Virtual ms at which an endpoint's clock says so many, or somewhat later: never earlier, or it would ask again for ever. */
  #when(endpoint: Endpoint, clock: number): number {
    let time = exact(clock / endpoint.rate);
    while (exact(time * endpoint.rate) < clock) time = exact(time + 0.001);
    return time;
  }

  // What a medium has of the simulator.
  #air(joined: Joined): Parameters<Medium["begin"]>[0] {
    const { engine } = this;
    const { observe } = this.#options;
    return {
      get time() {
        return engine.time;
      },
      at: (time, work) => engine.at(time, work),
      random: (name) => engine.random(joined.name === "air" ? name : `${joined.name}/${name}`),
      deliver: (to, bytes, from) => {
        const receiver = this.#endpoint(to);
        if (receiver.off) return undefined;
        observe?.({ kind: "arrived", time: engine.time, from, to, bytes });
        return this.#did(receiver, receiver.frame(this.#clock(receiver), bytes, from));
      },
      link: (name, up, mtu) => {
        const endpoint = this.#endpoint(name);
        if (endpoint.off) return undefined;
        if ("host" in endpoint) (endpoint as Device).mtu = mtu;
        return this.#link(endpoint, up, [joined], mtu);
      },
      heard: (transmission) => {
        this.#capture?.record(recordAir(joined.name, transmission));
        if (!observe) return;
        const { start: time, from, bytes, type = "data", rx } = transmission;
        observe({ kind: "air", time, medium: joined.name, transmission });
        if (type === "data")
          for (const { to, fate, arrivals } of rx)
            observe({ kind: "sent", time, from, to, bytes, lost: fate === "lost", arrivals });
      },
    };
  }

  // The endpoint is told, then the nodes that it reaches.
  async #link(
    endpoint: Endpoint,
    up: boolean,
    media: Joined[],
    mtu: number | undefined = (endpoint as Partial<Device>).mtu,
  ): Promise<Output> {
    const { name } = endpoint;
    const { host } = endpoint as Partial<Device>;
    let output: Output = { frames: [], times: [], logs: [], next: undefined, now: this.time };
    if (host) {
      const time = this.#clock(endpoint);
      output = await host.link(time, up, mtu);
      this.#capture?.record({ k: "link", t: time, device: name, up, mtu: mtu ?? null, out: recordOutput(output) });
      this.#act(endpoint, output);
    }
    for (const { medium, members } of media) {
      for (const peer of medium instanceof IdealMedium ? medium.peers(name) : members) {
        const node = this.#endpoint(peer);
        if (peer === name || !node.link) continue;
        await this.#did(node, node.link(this.#clock(node), name, up, mtu));
        if (endpoint.link) await this.#did(endpoint, endpoint.link(this.#clock(endpoint), peer, up, mtu));
      }
    }
    return output;
  }

  #join(endpoint: Endpoint, what: "device" | "node", options: StationOptions): void {
    const { name } = endpoint;
    if (this.#endpoints.has(name)) throw new SimError("endpoint", `there is an endpoint ${name} already`);
    const { media = [this.#media.keys().next().value!], position, listens, radio } = options;
    const station: Station = {
      name,
      ...(position && { position }),
      ...(listens !== undefined && { listens }),
      ...(radio && { radio }),
    };
    endpoint.media = media.map((medium) => this.#joined(medium));
    for (const { medium, members } of endpoint.media) {
      medium.join(station);
      members.add(name);
    }
    this.#endpoints.set(name, endpoint);
    this.#capture?.record({
      k: "join",
      t: this.time,
      name,
      what,
      media: [...media],
      ...(listens === false && { listens }),
      ...(position && { position }),
    });
  }

  async #boot(device: Device, options: DeviceOptions): Promise<Output> {
    const { hardwareEntropy = true, entropy, mtu: _mtu, radioOptions, ...rest } = options;
    const { name, media } = device;
    const seeds = `entropy/${name}${hardwareEntropy ? `/${device.boots}` : ""}`;
    const physical = media.some(({ medium }) => medium.kind !== "ideal");
    if (physical && device.boots) {
      for (const { medium } of media) {
        medium.reach(name, false);
        medium.reach(name, true);
      }
    }
    device.options = options;
    device.boots++;
    const boot: BootOptions = {
      ...rest,
      ...(physical ? { radioOptions: { ...radioOptions, onAir: true } } : radioOptions && { radioOptions }),
      time: this.#clock(device),
      entropy: entropy ?? deriveState(this.#options.seed, seeds),
    };
    const output = await device.host.boot(boot);
    this.#capture?.record(recordBoot(name, boot, output));
    this.#act(device, output);
    const { radio = "Bluetooth" } = options;
    const there = (): boolean => media.some(({ medium }) => medium.kind !== "ble" && medium.reaches(name));
    if (radio !== "Bluetooth" && radio !== "Serial1" && there()) {
      this.engine.at(this.time, () => (there() ? this.#link(device, true, media) : undefined));
    }
    return output;
  }

  #did(endpoint: Endpoint, output: Output | Promise<Output>): Output | Promise<Output> {
    return output instanceof Promise ? output.then((done) => this.#act(endpoint, done)) : this.#act(endpoint, output);
  }

  // What an endpoint did: its logs are told, its frames go on the air, its next timer is noted.
  #act(endpoint: Endpoint, output: Output): Output {
    const { name, rate } = endpoint;
    for (const text of output.logs) {
      this.#options.observe?.({ kind: "log", time: output.now / rate, at: name, text });
      if (!("host" in endpoint)) this.#capture?.record({ k: "log", t: this.time, at: name, text });
    }
    for (let i = 0; i < output.frames.length; i++) {
      const bytes = output.frames[i]!;
      const to = output.to?.[i];
      const time = (output.times[i] ?? output.now) / rate;
      if (time > this.time) this.engine.at(time, () => this.#send(endpoint, bytes, to));
      else this.#send(endpoint, bytes, to);
    }
    endpoint.timer?.();
    delete endpoint.timer;
    if (output.next !== undefined) {
      endpoint.timer = this.engine.at(this.#when(endpoint, output.next), () =>
        this.#did(endpoint, endpoint.run(this.#clock(endpoint))),
      );
    }
    return output;
  }

  #send(endpoint: Endpoint, bytes: Uint8Array, to: string | undefined): void {
    for (const { medium, members } of endpoint.media) {
      if (to === undefined || members.has(to)) medium.send(endpoint.name, bytes, to);
    }
  }
}
