// A stream of bytes outside: a serial port, or any Duplex.

import type { Duplex } from "node:stream";
import type { Outside } from "../bridge.ts";
import { openSerialPort } from "../../src/node/transports/serial-port.ts";
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
    duplex.on("data", (bytes: Uint8Array) => {
      took(Uint8Array.from(bytes));
    });
    duplex.on("error", (error) => {
      failed(new SimError("bridge", `the stream outside failed: ${error.message}`));
    });
    duplex.on("close", () => {
      if (!this.#closing) failed(new SimError("bridge", "the stream outside has ended"));
    });
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

/** A serial port. Throws SimError "bridge" on opening, where it is not there or the package serialport is not. */
export function serialOutside(path: string, baud: number): StreamOutside {
  return new StreamOutside(() =>
    openSerialPort(path, baud).catch((error: Error): never => {
      throw new SimError("bridge", error.message);
    }),
  );
}
