// Espruino's firmware for an STM32F405 in qemu-system-arm (machine netduinoplus2), flashed as an Espruino Pico, with the
// native code for Cortex-M4 in place. The firmware is not Espruino's as it is: QEMU 7.2 has no flash that is written, sends
// no interrupt for a sent byte and has no serial number, so it has its Storage in RAM, writes bytes itself and calls itself
// PICO_R1_3 (docs/boards.md tells which lines). So a cut of power is a reset here, at whatever instruction it comes, and
// what was written stays; serial ports have no speed, and bytes wait for the board.
//
// One instruction takes 1 ns of the board's time (-icount shift=0): getTime() counts them while the board does not sleep.

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { findBinary, missingBinary } from "./binaries.ts";
import { realClock, type Rig, type RigKind } from "./rig.ts";
import { noTerminals, openTerminal, type Terminal } from "./terminal.ts";

const qemu = "qemu-system-arm";

/** A socket that QEMU listens at, as soon as it does. */
async function reach(path: string): Promise<Socket> {
  for (let left = 100; left > 0; left--) {
    if (existsSync(path)) {
      const socket = connect(path);
      try {
        await once(socket, "connect");
        socket.on("error", () => undefined);
        return socket;
      } catch {
        // not yet
      }
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error(`${qemu} does not listen at ${path}`);
}

class Stm32Rig implements Rig {
  readonly title = "STM32F405 in QEMU";
  readonly board = "pico";
  readonly port = { name: "Serial2" };
  readonly clock = realClock;
  readonly not = {};
  said = "";
  readonly #firmware: string;
  readonly #folder: string;
  readonly #console: Terminal;
  #child: ChildProcess | undefined;
  #monitor: Socket | undefined;
  #radio: Socket | undefined;
  #heard: (bytes: Uint8Array) => void = () => undefined;
  readonly radio = {
    write: (bytes: Uint8Array): void => {
      this.#radio?.write(bytes);
    },
    listen: (heard: (bytes: Uint8Array) => void): void => {
      this.#heard = heard;
    },
  };

  constructor(firmware: string, folder: string, console: Terminal) {
    this.#firmware = firmware;
    this.#folder = folder;
    this.#console = console;
  }

  get console(): string {
    return this.#console.path;
  }

  async start(): Promise<void> {
    this.said = "";
    if (this.#child) {
      this.#monitor!.write("system_reset\ncont\n");
      return;
    }
    const at = (name: string): string => join(this.#folder, name);
    const socket = (name: string): string => `unix:${at(name)},server=on,wait=off`;
    this.#child = spawn(
      qemu,
      [
        "-M",
        "netduinoplus2",
        "-display",
        "none",
        "-icount",
        "shift=0",
        "-kernel",
        this.#firmware,
        "-S",
        "-serial",
        socket("console"),
        "-serial",
        socket("radio"),
        "-monitor",
        socket("monitor"),
      ],
      { stdio: "ignore" },
    );
    const console = await reach(at("console"));
    this.#radio = await reach(at("radio"));
    this.#monitor = await reach(at("monitor"));
    this.#monitor.resume();
    console.on("data", (data: Buffer) => {
      this.said += data.toString("latin1");
      this.#console.write(data);
    });
    this.#console.listen((data) => {
      console.write(data);
    });
    this.#radio.on("data", (data: Buffer) => {
      this.#heard(data);
    });
    this.#monitor.write("cont\n");
  }

  powerCut(): Promise<void> {
    this.#monitor?.write("stop\n");
    return Promise.resolve();
  }

  instructions(seconds: number): number {
    return Math.round(seconds * 1e9);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
    await this.#console.close();
  }
}

const firmware = "espruino-stm32f405";

export const stm32f405Rig: RigKind = {
  name: firmware,
  missing: () => {
    if (findBinary(firmware) === undefined) return missingBinary(firmware);
    return spawnSync(qemu, ["--version"]).status === 0 ? noTerminals() : `${qemu} is not on PATH`;
  },
  make: async (folder) => new Stm32Rig(findBinary(firmware)!, folder, await openTerminal()),
};
