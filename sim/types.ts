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
  /** "native": require("crypto") is there; any other value: it has no functions. Default "native". */
  crypto?: string;
  /** Estimated milliseconds of one curve step: what one getTime() call adds to the device's clock. */
  curveStepMs: number;
}

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
  /** Which stream object is the radio; writes to the other one go nowhere. Default "Bluetooth". */
  radio?: "Bluetooth" | "Serial1";
  /** Virtual time of the boot in ms. Default 0. */
  time?: number;
}

/** Heap use in the real interpreter, in variables; what the simulator itself occupies is subtracted. */
export interface MemoryReport {
  /** Highest process.memory().usage seen since boot. It is sampled, so a short rise between samples can be missed. */
  peak: number;
  /** process.memory().usage at the end of this command. */
  usage: number;
  /** Variables that the device may use; running out of them is exact, not sampled. */
  variables: number;
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
  /** Interpreter only. */
  memory?: MemoryReport;
}

/** A virtual device: an Espruino program in some engine. Calls must not overlap. */
export interface DeviceHost {
  /** Starts the program; a second call is a restart. Rejects with DeviceError when the program does not load. */
  boot(options: BootOptions): Promise<Output>;
  /** A frame arrives from the radio at a virtual time in ms. */
  frame(time: number, bytes: Uint8Array): Promise<Output>;
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
  /** Time has come: called once when the node joins, then when the time it asked for is reached. */
  run(time: number): Output | Promise<Output>;
}

/** An output with nothing in it. */
export function emptyOutput(now: number, next?: number): Output {
  return { frames: [], times: [], logs: [], next, now };
}
