// Espruino's Linux build with a board's own number of variables (espruino-linux-2630): heap, Storage and out of memory are
// the board's. Its console is a pseudo-terminal, its Serial2 another. Power is cut by SIGKILL, in the middle of whatever it
// does; what it wrote to the file espruino.flash is there afterwards. Ciphers are the firmware's, the curve is JavaScript.
//
// Its console's input and its ports are read by a thread that sleeps 50 ms while nothing comes: times are not a board's.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { findBinary, missingBinary } from "./binaries.ts";
import { realClock, type Rig, type RigKind } from "./rig.ts";
import { noTerminals, openTerminal, type Terminal } from "./terminal.ts";

/** Variables of boards, of the Linux builds that are looked for; and boards that have so many. */
const heaps: [variables: number, board: string][] = [
  [1600, "ESP8266"],
  [2250, "RuuviTag"],
  [2500, "Thingy:52"],
  [2630, "Puck.js"],
  [2950, "Pixl.js, MDBT42Q"],
  [4095, "ESP32-C3"],
  [5100, "Espruino Pico"],
  [6000, "micro:bit 2"],
  [8190, "Espruino WiFi"],
  [12000, "Bangle.js 2, RP2040"],
  [12500, "nRF52840 DK"],
  [16383, "ESP32"],
];

class LinuxRig implements Rig {
  readonly board = "linux";
  readonly clock = realClock;
  readonly not = {};
  readonly title: string;
  readonly port: Rig["port"];
  said = "";
  readonly #binary: string;
  readonly #folder: string;
  readonly #console: Terminal;
  readonly #radio: Terminal;
  #child: ChildProcessWithoutNullStreams | undefined;

  constructor(title: string, binary: string, folder: string, console: Terminal, radio: Terminal) {
    this.title = title;
    this.#binary = binary;
    this.#folder = folder;
    this.#console = console;
    this.#radio = radio;
    this.port = { name: "Serial2", setup: `{ path: "${radio.path}" }` };
    console.listen((data) => {
      this.#child?.stdin.write(data);
    });
  }

  get console(): string {
    return this.#console.path;
  }

  get radio(): Rig["radio"] {
    return this.#radio;
  }

  start(): Promise<void> {
    const child = spawn(this.#binary, [], { cwd: this.#folder });
    this.#child = child;
    this.said = "";
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (data: Buffer) => {
      this.said += data.toString("latin1");
      this.#console.write(data);
    });
    return Promise.resolve();
  }

  async powerCut(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }

  instructions(): undefined {
    return undefined;
  }

  async stop(): Promise<void> {
    await this.powerCut();
    await this.#console.close();
    await this.#radio.close();
  }
}

const kind = (name: string, title: string, variables?: number): RigKind => ({
  name,
  ...(variables !== undefined && { variables }),
  missing: () => (findBinary(name) === undefined ? missingBinary(name) : noTerminals()),
  make: async (folder) => new LinuxRig(title, findBinary(name)!, folder, await openTerminal(), await openTerminal()),
});

/** One for each number of variables. */
export const linuxRigs: readonly RigKind[] = heaps.map(([variables, board]) =>
  kind(`espruino-linux-${variables}`, `Linux, ${variables.toLocaleString("en")} variables (${board})`, variables),
);
