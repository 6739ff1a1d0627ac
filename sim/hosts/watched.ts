// A host that keeps what it tells on the way: memory, and the device's identity.

import type { KeyPair } from "../../src/index.ts";
import type { BootOptions, DeviceHost, MemoryReport, Output, StorageImage } from "../types.ts";

export class Watched implements DeviceHost {
  /** The highest peak so far, and usage and variables as they were told last. */
  memory: MemoryReport | undefined;
  /** Once it is in its Storage. */
  identity: KeyPair | undefined;
  readonly #host: DeviceHost;
  readonly #told: ((key: Uint8Array) => void) | undefined;

  /** @param told of the device's key, before what it sends with it is on the air; without it nobody looks for one */
  constructor(host: DeviceHost, told?: (key: Uint8Array) => void) {
    this.#host = host;
    this.#told = told;
  }

  boot = (options: BootOptions): Promise<Output> => this.#watch(this.#host.boot(options));
  frame = (time: number, bytes: Uint8Array): Promise<Output> => this.#watch(this.#host.frame(time, bytes));
  link = (time: number, up: boolean, mtu?: number): Promise<Output> => this.#watch(this.#host.link(time, up, mtu));
  run = (time: number): Promise<Output> => this.#watch(this.#host.run(time));
  storage = (): Promise<StorageImage> => this.#host.storage();
  close = (): Promise<void> => this.#host.close();

  async #watch(command: Promise<Output>): Promise<Output> {
    const output = await command;
    if (output.memory) this.memory = { ...output.memory, peak: Math.max(output.memory.peak, this.memory?.peak ?? 0) };
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
