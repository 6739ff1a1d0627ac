// The simulator: devices and native nodes over a medium, as discrete events in virtual time.

import { CaptureWriter, recordBoot, recordOutput, toHex } from "./capture.ts";
import { SimError } from "./errors.ts";
import { Medium } from "./medium.ts";
import type { MediumOptions } from "./medium.ts";
import { deriveState } from "./random.ts";
import type { BootOptions, DeviceHost, Node, Output } from "./types.ts";

export interface SimulatorOptions {
  /** All that is random in a simulation follows from it. */
  seed: number;
  medium: MediumOptions;
  /** Gets the capture, line by line with newlines; left out, `captureText()` has it at the end. */
  sink?: (line: string) => void;
  /** Told of every frame sent, every arrival and every log line, in order of virtual time of the causing event. */
  observe?: (event: SimEvent) => void;
}

/** Something that happened, for timelines and statistics. */
export type SimEvent =
  | { kind: "sent"; time: number; from: string; to: string; bytes: Uint8Array; lost: boolean; arrivals: number[] }
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

interface Endpoint {
  name: string;
  run(time: number): Promise<Output>;
  frame(time: number, bytes: Uint8Array, from: string): Promise<Output>;
  link?(time: number, from: string, up: boolean, mtu: number | undefined): Promise<Output>;
  peers: Set<string>;
  /** Counts requests for a timer: only the newest is valid. */
  ticket: number;
}

interface Device extends Endpoint {
  host: DeviceHost;
  options: DeviceOptions;
  boots: number;
  mtu: number | undefined;
}

interface Item {
  time: number;
  order: number;
  work: () => Promise<void>;
}

/** Runs devices and nodes against each other. Same seed, programs and nodes: same capture, byte for byte. */
export class Simulator {
  readonly medium: Medium;
  readonly #options: SimulatorOptions;
  readonly #capture: CaptureWriter;
  readonly #endpoints = new Map<string, Endpoint>();
  #queue: Item[] = [];
  #order = 0;
  #time = 0;
  #linked = false;

  constructor(options: SimulatorOptions) {
    this.#options = options;
    this.medium = new Medium(options.medium, options.seed);
    this.#capture = new CaptureWriter({ seed: options.seed, medium: this.medium.options }, options.sink);
  }

  /** Virtual time in ms. */
  get time(): number {
    return this.#time;
  }

  /** Boots a device now and joins it to the medium. */
  async addDevice(name: string, host: DeviceHost, options: DeviceOptions): Promise<Output> {
    const device: Device = {
      name,
      host,
      options,
      boots: 0,
      mtu: options.mtu,
      peers: new Set(),
      ticket: 0,
      run: async (time) => {
        const output = await host.run(time);
        this.#capture.record({ k: "run", t: time, device: name, out: recordOutput(output) });
        return output;
      },
      frame: async (time, bytes, from) => {
        const output = await host.frame(time, bytes);
        this.#capture.record({ k: "frame", t: time, device: name, from, bytes: toHex(bytes), out: recordOutput(output) });
        return output;
      },
    };
    this.#join(device);
    return this.#boot(device, options);
  }

  /** Joins a native node and runs it once. */
  async addNode(name: string, node: Node): Promise<Output> {
    const endpoint: Endpoint = {
      name,
      peers: new Set(),
      ticket: 0,
      run: async (time) => node.run(time),
      frame: async (time, bytes, from) => node.frame(time, bytes, from),
      ...(node.link && { link: async (time, from, up, mtu) => node.link!(time, from, up, mtu) }),
    };
    this.#join(endpoint);
    return this.#act(endpoint, await endpoint.run(this.#time));
  }

  /** Lets two endpoints hear each other. Without any call everyone hears everyone. */
  link(one: string, two: string): void {
    this.#linked = true;
    this.#endpoint(one).peers.add(two);
    this.#endpoint(two).peers.add(one);
  }

  /**
   * A device's radio link goes away (frames to it and from it are lost), or returns: a BLE connection, with the ATT
   * MTU that was negotiated, a Wi-Fi network, reception. It comes by itself after a boot unless it was made to go before.
   */
  async radio(name: string, up: boolean, mtu?: number): Promise<Output> {
    const device = this.#device(name);
    this.medium.radio(name, up);
    device.mtu = mtu;
    return this.#link(device, up);
  }

  /** Restarts a device now; its storage stays, frames under way still arrive, faults are over. `changes` replace options of its last start. */
  restart(name: string, changes: Partial<DeviceOptions> = {}): Promise<Output> {
    const device = this.#device(name);
    const { storage: _first, faults: _once, ...options } = device.options;
    return this.#boot(device, { ...options, ...changes });
  }

  /** Runs a node or device now, after something outside changed its state (a message was queued in a gateway). */
  async poke(name: string): Promise<Output> {
    const endpoint = this.#endpoint(name);
    return this.#act(endpoint, await endpoint.run(this.#time));
  }

  /** Does something at a virtual time in ms (now, when that is past). */
  schedule(time: number, work: () => unknown): void {
    this.#push(time, async () => {
      await work();
    });
  }

  /** Handles all events up to a virtual time in ms, in order; time then stands there. */
  async runUntil(time: number): Promise<void> {
    for (let item = this.#queue[0]; item !== undefined && item.time <= time; item = this.#queue[0]) await this.#step();
    this.#time = Math.max(this.#time, time);
  }

  /** Handles events until `done` holds, none are left, or the next is after `limit`. Returns whether `done` holds. */
  async runWhile(done: () => boolean, limit: number): Promise<boolean> {
    while (!done()) {
      const item = this.#queue[0];
      if (item === undefined || item.time > limit) return false;
      await this.#step();
    }
    return true;
  }

  /** Ends the capture and closes the devices. */
  async close(): Promise<void> {
    this.#capture.end();
    for (const endpoint of this.#endpoints.values()) await (endpoint as Partial<Device>).host?.close();
  }

  /** The capture's text so far; empty when a sink was given. */
  captureText(): string {
    return this.#capture.text();
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

  // The device is told, then the nodes that it reaches.
  async #link(device: Device, up: boolean): Promise<Output> {
    const { name, mtu } = device;
    const output = await device.host.link(this.#time, up, mtu);
    this.#capture.record({ k: "link", t: this.#time, device: name, up, mtu: mtu ?? null, out: recordOutput(output) });
    this.#act(device, output);
    for (const peer of this.#linked ? device.peers : this.#endpoints.keys()) {
      const node = this.#endpoint(peer);
      if (node.link) this.#act(node, await node.link(this.#time, name, up, mtu));
    }
    return output;
  }

  #join(endpoint: Endpoint): void {
    if (this.#endpoints.has(endpoint.name)) throw new SimError("endpoint", `there is an endpoint ${endpoint.name} already`);
    this.#endpoints.set(endpoint.name, endpoint);
  }

  async #boot(device: Device, options: DeviceOptions): Promise<Output> {
    const { hardwareEntropy = true, entropy, mtu: _mtu, ...rest } = options;
    const name = `entropy/${device.name}${hardwareEntropy ? `/${device.boots}` : ""}`;
    device.options = options;
    device.boots++;
    const boot: BootOptions = { ...rest, time: this.#time, entropy: entropy ?? deriveState(this.#options.seed, name) };
    const output = await device.host.boot(boot);
    this.#capture.record(recordBoot(device.name, boot, output));
    this.#act(device, output);
    const { radio = "Bluetooth" } = options;
    if (radio !== "Bluetooth" && radio !== "Serial1" && this.medium.reaches(device.name)) {
      this.#push(this.#time, async () => {
        if (this.medium.reaches(device.name)) await this.#link(device, true);
      });
    }
    return output;
  }

  // What an endpoint did: its logs are told, its frames go on the air, its next timer is noted.
  #act(endpoint: Endpoint, output: Output): Output {
    for (const text of output.logs) this.#options.observe?.({ kind: "log", time: output.now, at: endpoint.name, text });
    output.frames.forEach((bytes, i) => this.#send(endpoint, output.times[i] ?? output.now, bytes, output.to?.[i]));
    const ticket = ++endpoint.ticket;
    if (output.next !== undefined) {
      const due = Math.max(output.next, this.#time);
      this.#push(due, async () => {
        if (ticket === endpoint.ticket) this.#act(endpoint, await endpoint.run(this.#time));
      });
    }
    return output;
  }

  #send(endpoint: Endpoint, time: number, bytes: Uint8Array, only: string | undefined): void {
    const from = endpoint.name;
    for (const to of this.#linked ? endpoint.peers : this.#endpoints.keys()) {
      if (to === from || (only !== undefined && only !== to)) continue;
      const fate = this.medium.send(time, from, to, bytes);
      const { lost, duplicated, reordered, arrivals } = fate;
      this.#capture.record({ k: "air", t: time, from, to, bytes: toHex(bytes), fate: lost ? "lost" : "delivered", duplicated, reordered, arrivals });
      this.#options.observe?.({ kind: "sent", time, from, to, bytes, lost, arrivals });
      for (const arrival of arrivals) {
        this.#push(arrival, async () => {
          const receiver = this.#endpoint(to);
          if (!this.medium.reaches(to)) return;
          this.#options.observe?.({ kind: "arrived", time: this.#time, from, to, bytes });
          this.#act(receiver, await receiver.frame(this.#time, bytes, from));
        });
      }
    }
  }

  // The queue is sorted by time, then by order of making.
  #push(time: number, work: () => Promise<void>): void {
    const item: Item = { time: Math.max(time, this.#time), order: this.#order++, work };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#queue[middle]?.time ?? 0) <= item.time) low = middle + 1;
      else high = middle;
    }
    this.#queue.splice(low, 0, item);
  }

  async #step(): Promise<void> {
    const item = this.#queue.shift();
    if (item === undefined) return;
    this.#time = item.time;
    await item.work();
  }
}
