// The shapes that the simulator, its device hosts and its native endpoints share.

/** Files in a device's Storage, by name. */
export type StorageImage = Record<string, Uint8Array>;

/** A value that both hosts can hand to a device as a global. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The fields of a board file (boards/<name>.json) that a device host uses. */
export interface SimBoard {
  name: string;
  /** Variables that the board's heap has. */
  variables: number;
  /** What require("crypto") has: "SHA256", "AES". Default both. */
  firmware?: readonly string[];
  /** The core whose native code E.nativeCall runs; null or left out: it runs none. */
  thumb?: "m0" | "m4" | null;
  /** Its clock; needed with `thumb`. */
  clockMHz?: number;
  /** Estimated milliseconds of one curve step: what one getTime() call adds to the device's clock. */
  curveStepMs: number;
}

/** Kinds of radio hardware, each a file of sim/firmware/radios; as in tools/build/boards.ts, which the page of a report cannot import. */
export type RadioKind = "ble" | "nus" | "advertising" | "serial" | "sx127x" | "nrf24" | "udp" | "tcp";

/** What a device starts with. All of it goes into a capture, so that the start can be repeated. */
export interface BootOptions {
  board: SimBoard;
  /** Program text: a board's bundle.js, or an app that requires `modules`. */
  bundle: string;
  /** Modules for `require`, name to text. */
  modules?: Record<string, string>;
  /** Four 32-bit words: the state that E.hwRand starts from. */
  entropy: readonly number[];
  /** Globals set before the bundle runs. */
  globals?: { [name: string]: Json };
  /** Storage at boot. Left out: what the previous boot of this host left (empty at the first). */
  storage?: StorageImage;
  /**
   * The radio: hardware of a kind (sim/firmware/radios), or a plain stream object, to which every frame is an event of its own and
   * which takes all that is written; writes to the other stream object go nowhere. Default "Bluetooth".
   */
  radio?: "Bluetooth" | "Serial1" | RadioKind;
  /** What the hardware of this device is like; the fields are told in the file of its kind. */
  radioOptions?: { [name: string]: Json };
  /** What happens to the board and what is wired to it, for boards that have a file in sim/firmware/boards. */
  happens?: readonly Happening[];
  /** Virtual time of the boot in ms. Default 0. */
  time?: number;
  /** What happens to the flash in this boot. */
  faults?: Faults;
}

/** Something that happens: `at` ms after the boot, and what, by the names that the board's file in sim/firmware/boards tells. */
export interface Happening {
  at: number;
  [what: string]: Json;
}

/** Faults of one boot. Its writes are counted from 0: changes of files, erasures included; to write what is there is none. */
export interface Faults {
  /**
   * The power is cut in a write after a number of its steps: 1 the old file is erased, 2 the new one's header has been
   * begun, 3 it is there, 4 half of the content is, 5 all of it. An erasure has one step.
   */
  cut?: { write: number; step: number };
  /** From this write on there is no room for new files. */
  full?: number;
}

/** Heap use in variables, of the real interpreter or of the model that the node:vm host has; what the simulator itself occupies is subtracted. */
export interface MemoryReport {
  /** Highest process.memory().usage seen since boot. It is sampled, so a short rise between samples can be missed. */
  peak: number;
  /** process.memory().usage at the end of this command. */
  usage: number;
  /** Variables that the device may use; in the interpreter running out of them is exact, not sampled. */
  variables: number;
  /** Whether variables are as large as the board's, and in one piece as there: the interpreter is a build of their count. */
  exact: boolean;
  /** The program ran out of memory in this command, as on a board: what ran was interrupted. Not told by the 64-bit interpreter, for which it is an error. */
  exhausted?: boolean;
}

/** What a device or node did in answer to one command. */
export interface Output {
  /** Frames written, in order. */
  frames: Uint8Array[];
  /** Virtual ms at which each frame was written; as long as `frames`. */
  times: number[];
  /** For each frame the one endpoint that it is meant for; left out, or undefined: all peers. Nodes only. */
  to?: (string | undefined)[];
  /** Lines logged, in order; an uncaught exception is a line that begins with "Uncaught ". */
  logs: string[];
  /** Virtual ms of the next timer; undefined: none. */
  next: number | undefined;
  /** Virtual ms at the end: later than the command's time when the device was busy. */
  now: number;
  /** The power was cut: nothing comes from the device any more until it boots. */
  cut?: boolean;
  /** Writes to the flash since boot, if there were any. */
  writes?: number;
  /** Of devices. Of the node:vm host it is counted when it is first read, which is up to date until the next command. */
  memory?: MemoryReport;
}

/** A virtual device: an Espruino program in some engine. Calls must not overlap. */
export interface DeviceHost {
  /** Starts the program; a second call is a restart. Rejects with DeviceError when the program does not load. */
  boot(options: BootOptions): Promise<Output>;
  /** A frame arrives from the radio at a virtual time in ms. */
  frame(time: number, bytes: Uint8Array): Promise<Output>;
  /** The radio's link goes away, or comes (back) with an MTU where it has one: that of ATT for BLE. Plain streams have none. */
  link(time: number, up: boolean, mtu?: number): Promise<Output>;
  /** Fires all timers due at or before a virtual time in ms. */
  run(time: number): Promise<Output>;
  /** The device's Storage as it is now. */
  storage(): Promise<StorageImage>;
  /** Ends the device and frees what it holds; safe to call twice. */
  close(): Promise<void>;
}

/** An endpoint that runs in the host (a gateway, a test). */
export interface Node {
  /** A frame arrived from an endpoint. */
  frame(time: number, bytes: Uint8Array, from: string): Output | Promise<Output>;
  /** The radio link to a device came, with an MTU where it has one, or went: what a host's radio library tells. */
  link?(time: number, from: string, up: boolean, mtu?: number): Output | Promise<Output>;
  /** Time has come: called once when the node joins, then when the time it asked for is reached. */
  run(time: number): Output | Promise<Output>;
}

/** An output with nothing in it. */
export function emptyOutput(now: number, next?: number): Output {
  return { frames: [], times: [], logs: [], next, now };
}
