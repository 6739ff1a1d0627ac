// A host that keeps what it tells on the way: memory, and the device's identity.

import type { KeyPair } from "../../src/index.ts";
import type { BootOptions, DeviceHost, MemoryReport, Output, StorageImage } from "../types.ts";

export class Watched implements DeviceHost {
  /** Once it is in its Storage. */
  identity: KeyPair | undefined;
  readonly #host: DeviceHost;
  // the last output that tells of memory, and the highest peak of the boots before
  #last: Output | undefined;
  #peak = 0;
  readonly #told: ((key: Uint8Array) => void) | undefined;

  /** @param told of the device's key, before what it sends with it is on the air; without it nobody looks for one */
  constructor(host: DeviceHost, told?: (key: Uint8Array) => void) {
    this.#host = host;
    this.#told = told;
  }

  /** The highest peak so far, and usage and variables as they were told last. */
  get memory(): MemoryReport | undefined {
    const memory = this.#last?.memory;
    return memory && { ...memory, peak: Math.max(memory.peak, this.#peak) };
  }

  boot = (options: BootOptions): Promise<Output> => {
    this.#peak = this.memory?.peak ?? 0;
    return this.#watch(this.#host.boot(options));
  };
  frame = (time: number, bytes: Uint8Array): Promise<Output> => this.#watch(this.#host.frame(time, bytes));
  link = (time: number, up: boolean, mtu?: number): Promise<Output> => this.#watch(this.#host.link(time, up, mtu));
  run = (time: number): Promise<Output> => this.#watch(this.#host.run(time));
  storage = (): Promise<StorageImage> => this.#host.storage();
  close = (): Promise<void> => this.#host.close();

  async #watch(command: Promise<Output>): Promise<Output> {
    const output = await command;
    // not read here: a host may have to count for it
    if ("memory" in output) this.#last = output;
    if (this.#told && !this.identity && output.frames.length) {
      // eight bytes of check before it
      const file = (await this.#host.storage())["mote.id"];
      if (file) {
        this.identity = { key: file.slice(8, 29), secret: file.slice(29) };
        this.#told(this.identity.key);
      }
    }
    return output;
  }
}
