// A stream of bytes outside: a serial port, or any Duplex.

import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type { Outside } from "../bridge.ts";
import { SimError } from "../errors.ts";

/** Bytes have no bounds there, and there is one other side: what any station sends goes to it. */
export class StreamOutside implements Outside {
  readonly stream = true;
  readonly #make: () => Promise<Duplex>;
  #duplex: Duplex | undefined;
  #closing = false;

  /** @param duplex it, or what opens it */
  constructor(duplex: Duplex | (() => Promise<Duplex>)) {
    this.#make = typeof duplex === "function" ? duplex : () => Promise.resolve(duplex);
  }

  async open(took: (bytes: Uint8Array) => void, failed: (error: Error) => void): Promise<void> {
    const duplex = await this.#make();
    this.#duplex = duplex;
    duplex.on("data", (bytes: Uint8Array) => { took(Uint8Array.from(bytes)); });
    duplex.on("error", (error) => { failed(new SimError("bridge", `the stream outside failed: ${error.message}`)); });
    duplex.on("close", () => { if (!this.#closing) failed(new SimError("bridge", "the stream outside has ended")); });
  }

  send(bytes: Uint8Array): void {
    this.#duplex?.write(bytes);
  }

  async close(): Promise<void> {
    this.#closing = true;
    const duplex = this.#duplex;
    this.#duplex = undefined;
    if (!duplex || duplex.destroyed) return;
    await new Promise<void>((resolve) => {
      duplex.once("close", resolve);
      duplex.destroy();
    });
  }
}

/** The npm package serialport, as far as it is used. */
interface SerialModule {
  SerialPort: new (options: { path: string; baudRate: number; autoOpen: false }) => Duplex & { open(done: (error: Error | null) => void): void };
}

/** A serial port. Throws SimError "bridge" on opening, where it is not there or the package serialport is not. */
export function serialOutside(path: string, baud: number): StreamOutside {
  return new StreamOutside(async () => {
    let module: SerialModule;
    try {
      // optional: it has native code, which not every machine can build
      module = createRequire(import.meta.url)("serialport") as SerialModule;
    } catch {
      throw new SimError("bridge", "the package serialport is not there, or does not run on this machine; install it with npm install serialport");
    }
    const port = new module.SerialPort({ path, baudRate: baud, autoOpen: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => { if (error) reject(new SimError("bridge", `cannot open the serial port ${path}: ${error.message.replace(/^Error: /, "")}`)); else resolve(); });
    });
    return port;
  });
}
