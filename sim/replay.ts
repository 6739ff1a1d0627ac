// Replay: the recorded boots, deliveries and timer runs go into fresh devices, and all that these write and log is
// compared with what was recorded, byte for byte. The medium is run anew too: each frame's fate must follow from the
// seed, each delivery from a frame on the air, each frame of a device on the air from one that it wrote.

import { fromHex, recordOutput, textHash } from "./capture.ts";
import type { AirRecord, BootRecord, Capture, CommandRecord, FrameRecord, LinkRecord, RecordedOutput } from "./capture.ts";
import { SimError } from "./errors.ts";
import { Medium } from "./medium.ts";
import type { BootOptions, DeviceHost, StorageImage } from "./types.ts";

/** Program texts of a device, which a capture only names by hash. */
export interface Program {
  bundle: string;
  modules?: Record<string, string>;
}

export interface ReplayOptions {
  /** Makes a fresh host for a device. */
  host(device: string, boot: BootRecord): DeviceHost;
  /** The program for a boot; undefined is an error ("replay-input"). */
  program(device: string, boot: BootRecord): Program | undefined;
  /** Told of progress: commands done, commands in all. */
  progress?(done: number, total: number): void;
}

/** The first place where a replay departs from its capture. */
export interface Difference {
  /** Line of the capture file, from 1. */
  line: number;
  /** Virtual ms. */
  time: number;
  device: string;
  /** "frame": time and bytes of a frame written; "event": a log line; "timer": when it next wants to run; "clock": when it was done; "air": a frame's fate or origin; "error": the device failed. */
  kind: "frame" | "event" | "timer" | "clock" | "air" | "error";
  /** Place in the list of frames or events of this command, from 0. */
  index: number;
  /** What the capture says; undefined: nothing more. */
  expected: string | undefined;
  /** What the device did; undefined: nothing more. */
  got: string | undefined;
}

export interface ReplayResult {
  /** No difference in what any device did. */
  agreed: boolean;
  difference: Difference | undefined;
  /** Devices whose program differs from the recorded one. */
  changed: string[];
  /** Commands, frames and events that were compared and agreed. */
  commands: number;
  frames: number;
  events: number;
}

type Place = Pick<Difference, "kind" | "index" | "expected" | "got">;

// The first difference between two outputs.
function compare(expected: RecordedOutput, got: RecordedOutput): Place | undefined {
  const lists: ["frame" | "event", string[], string[]][] = [
    ["frame", expected.frames.map(([t, bytes]) => `${t} ms ${bytes}`), got.frames.map(([t, bytes]) => `${t} ms ${bytes}`)],
    ["event", expected.logs, got.logs],
  ];
  for (const [kind, one, two] of lists) {
    for (let index = 0; index < Math.max(one.length, two.length); index++) {
      if (one[index] !== two[index]) return { kind, index, expected: one[index], got: two[index] };
    }
  }
  const text = (time: number | null): string => (time === null ? "none" : `${time} ms`);
  if (expected.next !== got.next) return { kind: "timer", index: 0, expected: text(expected.next), got: text(got.next) };
  if (expected.now !== got.now) return { kind: "clock", index: 0, expected: text(expected.now), got: text(got.now) };
  return undefined;
}

/** Runs the medium anew along a capture. */
class AirCheck {
  readonly #medium: Medium;
  readonly #written = new Map<string, Set<string>>();
  readonly #underway = new Map<string, number>();

  constructor(capture: Capture) {
    this.#medium = new Medium(capture.header.medium, capture.header.seed);
  }

  /** Notes what a device wrote in its last command. */
  wrote(device: string, out: RecordedOutput): void {
    this.#written.set(device, new Set(out.frames.map(([t, bytes]) => `${t} ${bytes}`)));
  }

  air(record: AirRecord): Place | undefined {
    const { t, from, to, bytes } = record;
    const written = this.#written.get(from);
    if (written && !written.has(`${t} ${bytes}`)) return { kind: "air", index: 0, expected: bytes, got: undefined };
    let fate;
    try {
      fate = this.#medium.send(t, from, to, fromHex(bytes));
    } catch (error) {
      return { kind: "air", index: 0, expected: bytes, got: String(error) };
    }
    const text = (arrivals: number[]): string => (arrivals.length === 0 ? "lost" : `arrives at ${arrivals.join(" and ")} ms`);
    if (text(fate.arrivals) !== text(record.arrivals)) return { kind: "air", index: 0, expected: text(record.arrivals), got: text(fate.arrivals) };
    for (const arrival of fate.arrivals) this.#count(`${from} ${to} ${arrival} ${bytes}`, 1);
    return undefined;
  }

  link(record: LinkRecord): void {
    this.#medium.radio(record.device, record.up);
  }

  delivery(record: FrameRecord): Place | undefined {
    const { t, from, device, bytes } = record;
    return this.#count(`${from} ${device} ${t} ${bytes}`, -1) < 0 ? { kind: "air", index: 0, expected: `${from}: ${bytes}`, got: undefined } : undefined;
  }

  #count(key: string, change: number): number {
    const count = (this.#underway.get(key) ?? 0) + change;
    this.#underway.set(key, count);
    return count;
  }
}

function bootOptions(record: BootRecord, program: Program): BootOptions {
  const options: BootOptions = {
    board: record.board,
    bundle: program.bundle,
    entropy: record.entropy,
    globals: record.globals,
    radio: record.radio,
    ...(record.radioOptions && { radioOptions: record.radioOptions }),
    ...(record.happens && { happens: record.happens }),
    ...(record.faults && { faults: record.faults }),
    time: record.t,
  };
  if (program.modules) options.modules = program.modules;
  if (record.storage) {
    const storage: StorageImage = {};
    for (const [name, hex] of Object.entries(record.storage)) storage[name] = fromHex(hex);
    options.storage = storage;
  }
  return options;
}

/** Whether a program is the one that a boot record names. */
export function sameProgram(record: BootRecord, program: Program): boolean {
  const names = Object.keys(record.modules);
  const modules = program.modules ?? {};
  return textHash(program.bundle) === record.bundle && names.length === Object.keys(modules).length &&
    names.every((name) => textHash(modules[name] ?? "") === record.modules[name]);
}

/** Replays a capture. Stops at the first difference. Throws SimError "replay-input" when a program is not to be had. */
export async function replay(capture: Capture, options: ReplayOptions): Promise<ReplayResult> {
  const hosts = new Map<string, DeviceHost>();
  const air = new AirCheck(capture);
  const result: ReplayResult = { agreed: true, difference: undefined, changed: [], commands: 0, frames: 0, events: 0 };
  const command = async (record: CommandRecord): Promise<RecordedOutput> => {
    if (record.k === "boot") {
      const program = options.program(record.device, record);
      if (program === undefined) throw new SimError("replay-input", `no program for ${record.device} (bundle ${record.bundle})`);
      if (!sameProgram(record, program) && !result.changed.includes(record.device)) result.changed.push(record.device);
      const host = hosts.get(record.device) ?? options.host(record.device, record);
      hosts.set(record.device, host);
      return recordOutput(await host.boot(bootOptions(record, program)));
    }
    const host = hosts.get(record.device);
    if (host === undefined) throw new SimError("replay-input", `${record.device} gets a command before it boots`);
    if (record.k === "link") return recordOutput(await host.link(record.t, record.up, record.mtu ?? undefined));
    return recordOutput(await (record.k === "run" ? host.run(record.t) : host.frame(record.t, fromHex(record.bytes))));
  };
  const total = capture.records.filter((record) => record.k !== "air").length;
  try {
    for (const [i, record] of capture.records.entries()) {
      const wrong = record.k === "air" ? air.air(record) : record.k === "frame" ? air.delivery(record) : undefined;
      if (wrong !== undefined) {
        const device = record.k === "air" ? record.from : record.device;
        result.agreed = false;
        result.difference = { line: i + 2, time: record.t, device, ...wrong };
        return result;
      }
      if (record.k === "air") continue;
      air.wrote(record.device, record.out);
      if (record.k === "link") air.link(record);
      const place = await command(record).then((out) => compare(record.out, out), (error: unknown): Place => {
        if (error instanceof SimError && error.code === "replay-input") throw error;
        return { kind: "error", index: 0, expected: undefined, got: String(error) };
      });
      if (place !== undefined) {
        result.agreed = false;
        result.difference = { line: i + 2, time: record.t, device: record.device, ...place };
        return result;
      }
      result.commands++;
      result.frames += record.out.frames.length;
      result.events += record.out.logs.length;
      options.progress?.(result.commands, total);
    }
    return result;
  } finally {
    for (const host of hosts.values()) await host.close();
  }
}
