// Capture files: JSON Lines, all that is needed to repeat a simulation and all that was seen in it.
//
//   line 1   {"capture":"e3x-mote","version":2,"seed":…,"media":[{"name":…,"kind":…,"frameSize":…, its options}]}
//   join     an endpoint has joined media: what it is, and where
//   boot     a device starts: board, hash of bundle and modules, entropy, globals, storage, and what it then did
//   frame    a frame was handed to a device, and what it then did
//   link     a device's radio link went away or came, and what it then did
//   run      a device's timers were fired, and what it then did
//   air      something was on the air, and its fate at each that listens: "delivered" or "lost" and why, arrivals in virtual ms
//   log      a native node has logged something
//   last     {"k":"end","records":n}
// Bytes are lower-case hex, times virtual milliseconds. Commands to native nodes are not recorded (a replay runs
// devices only); their frames are, as air records.
//
// SECRETS. A capture holds the entropy, globals and storage that its devices were started with. With the entropy
// seed of a virtual device anyone can make its keys again; that is what makes a replay possible. The simulator
// writes down nothing but this declared test configuration: never give it the keys of a real device.

import { createHash } from "node:crypto";
import { CaptureError } from "./errors.ts";
import type { MediumKind, Reception, Transmission } from "./media/medium.ts";
import type { Position } from "./media/propagation.ts";
import type { Json, Output, SimBoard, BootOptions, Faults, Happening, StorageImage } from "./types.ts";

export const captureVersion = 2;

/** A medium as a capture names it: kind, frameSize, and its options. */
export interface MediumRecord {
  name: string;
  kind: MediumKind;
  frameSize: number;
  [option: string]: unknown;
}

export interface CaptureHeader {
  capture: "e3x-mote";
  version: number;
  seed: number;
  media: MediumRecord[];
}

/** What a device did in answer to a command. */
export interface RecordedOutput {
  /** Time and bytes of each frame written. */
  frames: [number, string][];
  logs: string[];
  now: number;
  next: number | null;
}

export interface BootRecord {
  k: "boot";
  t: number;
  device: string;
  board: SimBoard;
  /** SHA-256 of the bundle's text. */
  bundle: string;
  /** SHA-256 of each module's text. */
  modules: Record<string, string>;
  entropy: number[];
  globals: { [name: string]: Json };
  radio: NonNullable<BootOptions["radio"]>;
  radioOptions?: { [name: string]: Json };
  happens?: readonly Happening[];
  /** null: what the previous boot of the device left. */
  storage: Record<string, string> | null;
  faults?: Faults;
  out: RecordedOutput;
}

export interface FrameRecord {
  k: "frame";
  t: number;
  device: string;
  from: string;
  bytes: string;
  out: RecordedOutput;
}

export interface LinkRecord {
  k: "link";
  t: number;
  device: string;
  up: boolean;
  /** null: the link has none. */
  mtu: number | null;
  out: RecordedOutput;
}

export interface RunRecord {
  k: "run";
  t: number;
  device: string;
  out: RecordedOutput;
}

/** A Transmission; `t` is its start. */
export interface AirRecord extends Omit<Transmission, "start" | "bytes"> {
  k: "air";
  t: number;
  medium: string;
  bytes: string;
}

export interface JoinRecord {
  k: "join";
  t: number;
  name: string;
  what: "device" | "node";
  media: string[];
  listens?: false;
  position?: Position;
}

export interface LogRecord {
  k: "log";
  t: number;
  at: string;
  text: string;
}

/** What was asked of a device, and what it did. */
export type CommandRecord = BootRecord | FrameRecord | LinkRecord | RunRecord;
export type CaptureRecord = CommandRecord | AirRecord | JoinRecord | LogRecord;

/** Whether a record is of something that was asked of a device. */
export const isCommand = (record: CaptureRecord): record is CommandRecord => "out" in record;

export interface Capture {
  header: CaptureHeader;
  /** The records of lines 2, 3, … of the file, in order. */
  records: CaptureRecord[];
}

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const fromHex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** SHA-256 of a program text, in hex: how a capture names a bundle. */
export function textHash(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

export function recordAir(medium: string, { start, bytes, rx, ...more }: Transmission): AirRecord {
  return { k: "air", t: start, medium, ...more, bytes: toHex(bytes), rx };
}

export function recordOutput(output: Output): RecordedOutput {
  return {
    frames: output.frames.map((bytes, i) => [output.times[i] ?? output.now, toHex(bytes)]),
    logs: output.logs,
    now: output.now,
    next: output.next ?? null,
  };
}

export function recordBoot(device: string, options: BootOptions, output: Output): BootRecord {
  const modules: Record<string, string> = {};
  for (const [name, text] of Object.entries(options.modules ?? {})) modules[name] = textHash(text);
  const { name, variables, firmware = ["SHA256", "AES"], thumb, clockMHz, curveStepMs } = options.board;
  return {
    k: "boot",
    t: options.time ?? 0,
    device,
    board: { name, variables, firmware: [...firmware], ...(thumb && { thumb, clockMHz }), curveStepMs },
    bundle: textHash(options.bundle),
    modules,
    entropy: [...options.entropy],
    globals: options.globals ?? {},
    radio: options.radio ?? "Bluetooth",
    ...(options.radioOptions && { radioOptions: options.radioOptions }),
    ...(options.happens && { happens: options.happens }),
    storage: options.storage ? hexImage(options.storage) : null,
    ...(options.faults && { faults: options.faults }),
    out: recordOutput(output),
  };
}

function hexImage(image: StorageImage): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of Object.keys(image).sort()) result[name] = toHex(image[name] ?? new Uint8Array(0));
  return result;
}

/** Writes a capture line by line; hand `sink` to a file, or leave it out and take `text()`. */
export class CaptureWriter {
  readonly #sink: (line: string) => void;
  readonly #lines: string[] = [];
  #records = 0;

  /** `sink` gets each line with its newline. */
  constructor(header: { seed: number; media: MediumRecord[] }, sink?: (line: string) => void) {
    this.#sink =
      sink ??
      ((line) => {
        this.#lines.push(line);
      });
    const first: CaptureHeader = {
      capture: "e3x-mote",
      version: captureVersion,
      seed: header.seed,
      media: header.media,
    };
    this.#sink(`${JSON.stringify(first)}\n`);
  }

  record(record: CaptureRecord): void {
    this.#records++;
    this.#sink(`${JSON.stringify(record)}\n`);
  }

  /** Writes the last line: without it a reader takes the file as cut off. */
  end(): void {
    this.#sink(`{"k":"end","records":${this.#records}}\n`);
  }

  /** All lines so far; empty when a sink was given. */
  text(): string {
    return this.#lines.join("");
  }
}

type Check = (value: unknown) => boolean;

const isString: Check = (v) => typeof v === "string";
const isTime: Check = (v) => typeof v === "number" && Number.isFinite(v) && v >= 0;
const isBoolean: Check = (v) => typeof v === "boolean";
const isHex: Check = (v) => typeof v === "string" && /^(?:[0-9a-f]{2})*$/.test(v);
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === "object" && v !== null && !Array.isArray(v);
const listOf =
  (check: Check): Check =>
  (v) =>
    Array.isArray(v) && v.every(check);
const mapOf =
  (check: Check): Check =>
  (v) =>
    isObject(v) && Object.values(v).every(check);
const shape =
  (fields: Record<string, Check>): Check =>
  (v) =>
    isObject(v) && Object.entries(fields).every(([name, check]) => check(v[name]));
const orNull =
  (check: Check): Check =>
  (v) =>
    v === null || check(v);

const isOut = shape({
  frames: listOf((v) => Array.isArray(v) && v.length === 2 && isTime(v[0]) && isHex(v[1])),
  logs: listOf(isString),
  now: isTime,
  next: orNull(isTime),
});
const isMedium = shape({ name: isString, kind: isString, frameSize: isTime });
const isReception = shape({
  to: isString,
  fate: (v) => v === "delivered" || v === "lost",
  arrivals: listOf(isTime),
} satisfies { [field in keyof Reception]?: Check });
const isBoard = shape({ name: isString, variables: isTime, firmware: listOf(isString), curveStepMs: isTime });
const kinds: Record<string, Check> = {
  boot: shape({
    t: isTime,
    device: isString,
    board: isBoard,
    bundle: isHex,
    modules: mapOf(isHex),
    entropy: listOf((v) => Number.isInteger(v)),
    globals: isObject,
    radio: isString,
    storage: orNull(mapOf(isHex)),
    out: isOut,
  }),
  frame: shape({ t: isTime, device: isString, from: isString, bytes: isHex, out: isOut }),
  link: shape({ t: isTime, device: isString, up: isBoolean, mtu: orNull(isTime), out: isOut }),
  run: shape({ t: isTime, device: isString, out: isOut }),
  air: shape({ t: isTime, medium: isString, from: isString, bytes: isHex, air: isTime, rx: listOf(isReception) }),
  join: shape({ t: isTime, name: isString, what: (v) => v === "device" || v === "node", media: listOf(isString) }),
  log: shape({ t: isTime, at: isString, text: isString }),
};

function parseLine(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CaptureError("capture-json", line, "not JSON");
  }
  if (!isObject(value)) throw new CaptureError("capture-record", line, "not a record");
  return value;
}

/**
 * Reads a capture. Throws CaptureError with the line and a code: "capture-empty", "capture-header" (not a capture),
 * "capture-version", "capture-json", "capture-record" (unknown kind, wrong fields, something after the end) or
 * "capture-truncated" (no last line, or records are missing).
 */
export function readCapture(text: string): Capture {
  if (text.trim() === "") throw new CaptureError("capture-empty", 1, "the file is empty");
  const lines = text.split("\n");
  const header = parseLine(lines[0] ?? "", 1);
  if (header["capture"] !== "e3x-mote") throw new CaptureError("capture-header", 1, "not a capture of e3x-mote");
  if (header["version"] !== captureVersion)
    throw new CaptureError(
      "capture-version",
      1,
      `version ${String(header["version"])} is not ${captureVersion}, which this reader knows`,
    );
  if (typeof header["seed"] !== "number" || !listOf(isMedium)(header["media"]))
    throw new CaptureError("capture-header", 1, "the header lacks seed or media");
  const records: CaptureRecord[] = [];
  for (let i = 1; i < lines.length; i++) {
    const record = parseLine(lines[i] || "{}", i + 1);
    const kind = String(record["k"]);
    if (kind === "end") {
      if (record["records"] !== records.length)
        throw new CaptureError("capture-truncated", i + 1, `${records.length} records of ${String(record["records"])}`);
      if (
        lines
          .slice(i + 1)
          .join("")
          .trim() !== ""
      )
        throw new CaptureError("capture-record", i + 2, "something stands after the end");
      return { header: header as unknown as CaptureHeader, records };
    }
    if (lines[i] === "" && i === lines.length - 1) break;
    const check = Object.prototype.hasOwnProperty.call(kinds, kind) ? kinds[kind] : undefined;
    if (check === undefined || !check(record))
      throw new CaptureError(
        "capture-record",
        i + 1,
        `a record of kind ${JSON.stringify(record["k"])} with wrong fields, or of no known kind`,
      );
    records.push(record as unknown as CaptureRecord);
  }
  throw new CaptureError("capture-truncated", lines.length, "the last line is missing: the file is cut off");
}
