// Replay: the recorded boots, deliveries and timer runs go into fresh devices, and all that these write and log is
// compared with what was recorded, byte for byte. The medium is run anew too: each frame's fate must follow from the
// seed, each delivery from a frame on the air, each frame of a device on the air from one that it wrote.

import { fromHex, isCommand, recordOutput, textHash } from "./capture.ts";
import type {
  AirRecord,
  BootRecord,
  Capture,
  CommandRecord,
  FrameRecord,
  JoinRecord,
  LinkRecord,
  RecordedOutput,
} from "./capture.ts";
import { SimError } from "./errors.ts";
import { fieldOf } from "./fields.ts";
import { IdealMedium } from "./media/ideal.ts";
import { uniform } from "./random.ts";
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
  /** Only these devices; the others' side is taken as it was. Default: all. */
  devices?: readonly string[];
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
  /** Of a frame: the first part of the packet in it that is another, in words; "time" where only that is. */
  field?: string;
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
    [
      "frame",
      expected.frames.map(([t, bytes]) => `${t} ms ${bytes}`),
      got.frames.map(([t, bytes]) => `${t} ms ${bytes}`),
    ],
    ["event", expected.logs, got.logs],
  ];
  for (const [kind, one, two] of lists) {
    for (let index = 0; index < Math.max(one.length, two.length); index++) {
      if (one[index] !== two[index]) return { kind, index, expected: one[index], got: two[index] };
    }
  }
  const text = (time: number | null): string => (time === null ? "none" : `${time} ms`);
  if (expected.next !== got.next)
    return { kind: "timer", index: 0, expected: text(expected.next), got: text(got.next) };
  if (expected.now !== got.now) return { kind: "clock", index: 0, expected: text(expected.now), got: text(got.now) };
  return undefined;
}

/** The field in which a frame of the i-th record is another. */
function differing(records: Capture["records"], i: number, { index, expected, got }: Place): string | undefined {
  if (expected === undefined || got === undefined) return undefined;
  const bytes = (text: string): string => text.slice(text.lastIndexOf(" ") + 1);
  if (bytes(expected) === bytes(got)) return "time";
  const record = records[i] as CommandRecord;
  const its = records
    .map((one, at) => ({ one, at }))
    .filter(({ one }) => isCommand(one) && one.device === record.device) as { one: CommandRecord; at: number }[];
  const boot = its.findLast(({ one, at }) => one.k === "boot" && at <= i)!;
  const written = (all: typeof its): string[] => all.flatMap(({ one }) => one.out.frames.map(([, hex]) => hex));
  const next = its.find(({ one, at }) => one.k === "boot" && at > i)?.at ?? records.length;
  const own = record.out.frames.map(([, hex]) => hex);
  const before = [...written(its.filter(({ at }) => at >= boot.at && at < i)), ...own.slice(0, index)];
  const after = [...own.slice(index + 1), ...written(its.filter(({ at }) => at > i && at < next))];
  return fieldOf(
    before.map(fromHex),
    fromHex(bytes(expected)),
    fromHex(bytes(got)),
    after.map(fromHex),
    (boot.one as BootRecord).radio === "advertising",
  );
}

/** Runs media without physics anew along a capture, and knows what devices wrote and what is on its way to them. */
class AirCheck {
  readonly #media = new Map<string, IdealMedium>();
  readonly #stations = new Map<string, JoinRecord>();
  readonly #written = new Map<string, Set<string>>();
  readonly #underway = new Map<string, number>();
  #time = 0;

  constructor({ header }: Capture) {
    const nothing = (): void => undefined;
    for (const { name, kind, ...options } of header.media) {
      if (kind !== "ideal") continue;
      const medium = new IdealMedium(options);
      const time = (): number => this.#time;
      medium.begin({
        get time() {
          return time();
        },
        random: (of) => uniform(header.seed, name === "air" ? of : `${name}/${of}`),
        at: () => nothing,
        deliver: nothing,
        link: nothing,
        heard: nothing,
      });
      this.#media.set(name, medium);
    }
  }

  join(record: JoinRecord): void {
    this.#stations.set(record.name, record);
  }

  /** Notes what a device wrote. */
  wrote(device: string, out: RecordedOutput): void {
    const written = this.#written.get(device) ?? new Set();
    for (const [, bytes] of out.frames) written.add(bytes);
    this.#written.set(device, written);
  }

  air(record: AirRecord): Place | undefined {
    const { t, from, bytes, rx, type = "data" } = record;
    const device = this.#stations.get(from)?.what === "device";
    if (device && type === "data" && !this.#written.get(from)?.has(bytes))
      return { kind: "air", index: 0, expected: bytes, got: undefined };
    const medium = this.#media.get(record.medium);
    this.#time = t;
    for (const [index, { to, arrivals }] of rx.entries()) {
      const text = (times: number[]): string => (times.length === 0 ? "lost" : `arrives at ${times.join(" and ")} ms`);
      const fate = medium?.fate(t, from, to);
      if (fate && text(fate.arrivals) !== text(arrivals))
        return { kind: "air", index, expected: text(arrivals), got: text(fate.arrivals) };
      for (const arrival of arrivals) this.#count(`${from} ${to} ${arrival} ${bytes}`, 1);
    }
    return undefined;
  }

  link(record: LinkRecord): void {
    for (const name of this.#stations.get(record.device)?.media ?? [])
      this.#media.get(name)?.reach(record.device, record.up);
  }

  delivery(record: FrameRecord): Place | undefined {
    const { t, from, device, bytes } = record;
    // where a clock drifts, or a radio repeats by itself, the time says nothing
    if (!this.#media.size) return undefined;
    return this.#count(`${from} ${device} ${t} ${bytes}`, -1) < 0
      ? { kind: "air", index: 0, expected: `${from}: ${bytes}`, got: undefined }
      : undefined;
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
  return (
    textHash(program.bundle) === record.bundle &&
    names.length === Object.keys(modules).length &&
    names.every((name) => textHash(modules[name] ?? "") === record.modules[name])
  );
}

/** Replays a capture. Stops at the first difference. Throws SimError "replay-input" when a program is not to be had. */
export async function replay(capture: Capture, options: ReplayOptions): Promise<ReplayResult> {
  const hosts = new Map<string, DeviceHost>();
  const air = new AirCheck(capture);
  const result: ReplayResult = { agreed: true, difference: undefined, changed: [], commands: 0, frames: 0, events: 0 };
  const command = async (record: CommandRecord): Promise<RecordedOutput> => {
    if (record.k === "boot") {
      const program = options.program(record.device, record);
      if (program === undefined)
        throw new SimError("replay-input", `no program for ${record.device} (bundle ${record.bundle})`);
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
  const { devices } = options;
  const all = !devices;
  const played = (record: CommandRecord): boolean => all || devices.includes(record.device);
  const total = capture.records.filter((record) => isCommand(record) && played(record)).length;
  try {
    for (const [i, record] of capture.records.entries()) {
      if (record.k === "join") air.join(record);
      const wrong = !all
        ? undefined
        : record.k === "air"
          ? air.air(record)
          : record.k === "frame"
            ? air.delivery(record)
            : undefined;
      if (wrong !== undefined) {
        const device = record.k === "air" ? record.from : (record as CommandRecord).device;
        result.agreed = false;
        result.difference = { line: i + 2, time: record.t, device, ...wrong };
        return result;
      }
      if (!isCommand(record) || !played(record)) continue;
      air.wrote(record.device, record.out);
      if (record.k === "link") air.link(record);
      const place = await command(record).then(
        (out) => compare(record.out, out),
        (error: unknown): Place => {
          if (error instanceof SimError && error.code === "replay-input") throw error;
          return { kind: "error", index: 0, expected: undefined, got: String(error) };
        },
      );
      if (place !== undefined) {
        result.agreed = false;
        const field = place.kind === "frame" ? differing(capture.records, i, place) : undefined;
        result.difference = {
          line: i + 2,
          time: record.t,
          device: record.device,
          ...place,
          ...(field !== undefined && { field }),
        };
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
