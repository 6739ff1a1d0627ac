// What a remote firmware hears from its device, and tells it: two named pipes. All is read and written at once, within a call
// of the firmware, which the program's radio or timers cannot leave in the middle.

import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { DeviceError } from "../errors.ts";

export interface RemoteLinkOptions {
  /** The named pipes. */
  input: string;
  output: string;
  /** Milliseconds of real time that the device may be silent. */
  timeout: number;
  /** Whether the process of the device is there. */
  alive(): boolean;
  /** What the device said on its console, for errors. */
  transcript(): string;
}

/** Milliseconds that the device may be silent after it said that it has no memory. */
const MEMORY_TIMEOUT = 5000;

export class RemoteLink {
  readonly #options: RemoteLinkOptions;
  readonly #input: number;
  readonly #output: number;
  readonly #buffer = Buffer.alloc(65536);
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  #start = 0;
  #end = 0;

  constructor(options: RemoteLinkOptions) {
    this.#options = options;
    // Opened for reading and writing, a named pipe does not wait for its other end.
    this.#input = openSync(options.input, constants.O_RDWR);
    this.#output = openSync(options.output, constants.O_RDWR | constants.O_NONBLOCK);
  }

  write(text: string): void {
    const bytes = Buffer.from(text, "latin1");
    for (let at = 0; at < bytes.length;) at += writeSync(this.#input, bytes, at);
  }

  /** @throws DeviceError where the device has ended, or is silent for too long */
  letter(): string {
    return String.fromCharCode(this.#byte());
  }

  /** A number, up to ";". */
  number(): number {
    let text = "";
    for (let letter = this.letter(); letter !== ";"; letter = this.letter()) text += letter;
    return Number(text);
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) {
      if (this.#start === this.#end) this.#fill();
      const n = Math.min(length - at, this.#end - this.#start);
      this.#buffer.copy(bytes, at, this.#start, this.#start + n);
      this.#start += n;
      at += n;
    }
    return bytes;
  }

  close(): void {
    closeSync(this.#input);
    closeSync(this.#output);
  }

  #byte(): number {
    if (this.#start === this.#end) this.#fill();
    return this.#buffer[this.#start++]!;
  }

  #fill(): void {
    const since = performance.now();
    this.#start = 0;
    for (let tries = 0; ; tries++) {
      try {
        this.#end = readSync(this.#output, this.#buffer);
        if (this.#end > 0) return;
      } catch (error) {
        if ((error as { code: string }).code !== "EAGAIN") throw error;
      }
      // most answers come within some microseconds, some after seconds
      if (tries > 50) Atomics.wait(this.#pause, 0, 0, tries > 200 ? 2 : 0.1);
      if (tries % 64 === 63) this.#check(performance.now() - since);
    }
  }

  #check(waited: number): void {
    const { alive, timeout, transcript } = this.#options;
    if (!alive()) throw new DeviceError("device-ended", "the interpreter ended", transcript());
    if (waited > timeout)
      throw new DeviceError("device-timeout", `the interpreter did not answer within ${timeout} ms`, transcript());
    if (waited > MEMORY_TIMEOUT && /OUT OF MEMORY/.test(transcript()))
      throw new DeviceError("device-memory", "the device ran out of memory and does nothing any more", transcript());
  }
}

/** Whether a process runs: a child that has ended stays until the event loop has taken notice of it. */
export function processRuns(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    // without /proc nothing tells before the time is up
    return process.platform !== "linux";
  }
}
