// The emulated firmware of virtual boards: programs in plain Espruino dialect, which run in node:vm and in the real
// interpreter, as what is around the device's program and not as a part of it. They are the files of this folder:
//   core.js     what all have: see there
//   radios/     a radio's hardware and its driver in the firmware, a file each kind
//   boards/     what a board has beside radio, Storage and timers: buttons, LEDs, sensors, screens
//   remote.js   what stands for the firmware in the real interpreter
// A file is one function expression, or a part that others have where they say: // include "radios/bluetooth.js"
//
// A radio is called once at boot with what the core offers it,
//   options: BootOptions.radioOptions           terminal: { device, forced } of the console; print(text), if there is
//                                                 one, gets what is printed
//   now(): ms, of the hardware while it acts on its own, of the program while that runs
//   send(string): a frame goes on the air       later(fn, ms) and cancel(id): timers of the hardware, which run whether
//   log(text, ...)                              the program is busy or not
//   post(size, that, fn, args): a callback of the program for something of `size` bytes, which waits in the
//     interpreter's event queue while the program is busy; returns the event, or undefined when the queue is full (the
//     event is lost, as on a board); `events` are those that wait, the oldest first; { size, args } of one may be changed
//   used(): bytes in that queue                 wait(ms): the program's call into the firmware takes so long
//   sync(): runs what of the hardware's timers has come due while the program was busy; before a call of the program looks
//     at what they change
//   call(that, fn, args): a callback of the program at once: for one that answers the program's own call
//   emitter(object): gives an object on(event, fn), removeListener, removeAllListeners and emit(event, one, two)
// installs its globals and modules, and returns
//   { frame(string): a frame came by the air, link(up, mtu): the link went away or came }
//
// A board is called once at boot, before the radio, with
//   happens: BootOptions.happens, a list of { at: ms, ... }; each board's file says what may be in it
//   later, post, emitter, log: as for a radio   makeStream(name): a serial port without speed
// and installs its globals. What an application does to the board shows in the log: "LED1 on", "screen: text", "buzz".

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { radioKinds } from "../../tools/build/boards.ts";
import type { Board, RadioKind } from "../../tools/build/boards.ts";
import { packageRoot } from "../../tools/build/root.ts";
import { DeviceError } from "../errors.ts";
import type { BootOptions } from "../types.ts";

/** What the program of core.js gives its host: what comes from outside, with its time in ms. */
export interface Firmware {
  frame(time: number, data: string): void;
  link(time: number, up: boolean, mtu?: number): void;
  run(time: number): void;
  finish(): void;
  probe(call: () => void): void;
}

const boardFiles: { [board: string]: string } = {
  banglejs2: "banglejs2",
  esp32: "wifi",
  esp32c3: "wifi",
  esp32s3: "wifi",
  esp8266: "wifi",
  espruinowifi: "plain",
  joltjs: "nrf52",
  mdbt42q: "nrf52",
  microbit2: "nrf52",
  nrf52840dk: "nrf52",
  pico: "pico",
  pixljs: "nrf52",
  puckjs: "puckjs",
  rp2040: "plain",
  ruuvitag: "nrf52",
  thingy52: "nrf52",
  xiaoble: "nrf52",
};

/** The files that are whole programs, by their path in this folder. */
export const firmwareFiles: readonly string[] = [
  "core.js", "remote.js",
  ...radioKinds.map((kind) => `radios/${kind}.js`),
  ...[...new Set(Object.values(boardFiles))].map((name) => `boards/${name}.js`),
];

const texts = new Map<string, string>();

/** The text of a file of this folder, with the parts that it includes. */
export function firmwareText(file: string): string {
  let text = texts.get(file);
  if (text === undefined) {
    text = readFileSync(join(packageRoot, "sim/firmware", file), "utf8").replace(/^ *\/\/ include "(.+)"$/gm, (_, part: string) => firmwareText(part));
    texts.set(file, text);
  }
  return text;
}

/** The text of the radio's hardware; "undefined" for a plain stream. Throws DeviceError "device-radio" for a kind that is not there. */
export function radioText(radio: "Bluetooth" | "Serial1" | RadioKind = "Bluetooth"): string {
  if (radio === "Bluetooth" || radio === "Serial1") return "undefined";
  if (!radioKinds.includes(radio)) throw new DeviceError("device-radio", `there is no virtual radio "${radio}"; there are Bluetooth, Serial1, ${radioKinds.join(", ")}`);
  return firmwareText(`radios/${radio}.js`);
}

/** The text of what is on the board beside its radio; "undefined" where nobody has written it. */
export function boardText(name: string): string {
  return Object.hasOwn(boardFiles, name) ? firmwareText(`boards/${boardFiles[name]}.js`) : "undefined";
}

/** What of a board's port a radio has to know, as radioOptions. */
export function portOf(board: Pick<Board, "radios">, kind: string | undefined): { fifo?: number } {
  const fifo = board.radios.find((radio) => radio.kind === kind)?.fifo;
  return fifo === undefined ? {} : { fifo };
}

/** What core.js is told of a boot: the text of an object. */
export function bootText(options: BootOptions): string {
  return JSON.stringify({
    time: options.time ?? 0,
    step: Math.round(options.board.curveStepMs * 1000),
    firmware: options.board.firmware ?? ["SHA256", "AES"],
    thumb: !!options.board.thumb,
    radio: options.radio ?? "Bluetooth",
    radioOptions: options.radioOptions ?? {},
    happens: options.happens ?? [],
    entropy: Array.from({ length: 4 }, (_, i) => (options.entropy[i] ?? 0) | 0),
    globals: options.globals ?? {},
    faults: options.faults ?? {},
  });
}
