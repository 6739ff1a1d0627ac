import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { SingleBar } from "cli-progress";
import type { Capture, DeviceHost, IdealOptions, Program, ReplayResult, TelemetryResult } from "../sim/index.ts";
import type { Board, BoardBuild } from "../tools/build/index.ts";
import { packageRoot } from "../tools/build/root.ts";
import { Failure, usage } from "./failure.ts";
import { fileFailure, readFile } from "./input.ts";
import { print } from "./output.ts";
import { withCodes } from "./sim-report.ts";

// the simulator, rollup and TypeScript take a second to load: only who simulates waits for them

export type HostName = "vm" | "interpreter";

/** The application that is simulated where none is given, and what it sends. */
export const telemetry = {
  app: join(packageRoot, "examples/telemetry/app.ts"),
  messages: join(packageRoot, "examples/telemetry/readings.jsonl"),
};

/** The longest content that the telemetry application sends, in bytes. */
const LONGEST = 1400;

/** A path as it is shown: relative where that is shorter. */
export function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.length < path.length ? short : path;
}

/** How far a work is: a bar on a terminal, a line a stage otherwise, nothing where `quiet`. */
export class Progress {
  #bar: SingleBar | undefined;
  readonly #quiet: boolean;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  stage(text: string): void {
    this.end();
    if (this.#quiet) return;
    if (!process.stdout.isTTY) {
      print(`${text} ...`);
      return;
    }
    this.#bar = new SingleBar({
      format: `{bar} {percentage} %  ${text}`,
      barsize: 20,
      barCompleteChar: "\u2588",
      barIncompleteChar: "\u2591",
      clearOnComplete: true,
      hideCursor: true,
      stream: process.stdout,
    });
    this.#bar.start(100, 0);
  }

  /** @param part 0 to 1 */
  at(part: number): void {
    this.#bar?.update(Math.min(100, Math.round(part * 100)));
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** A fresh device of a kind. Throws NO_INTERPRETER. */
async function makeHost(name: HostName): Promise<DeviceHost> {
  const { InterpreterHost, VmHost, findInterpreter } = await import("../sim/index.ts");
  if (name === "vm") return new VmHost();
  if (findInterpreter() === undefined) {
    throw new Failure(
      "NO_INTERPRETER",
      "the Espruino interpreter was not found; set ESPRUINO_LINUX to its path, or put espruino-linux on PATH",
    );
  }
  return new InterpreterHost();
}

/** What is sent, a message a line. */
export async function readMessages(file: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readFile(file, "messages"));
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  if (!lines.length) throw usage(`${file} has no messages; write one a line`);
  lines.forEach((line, i) => {
    const bytes = Buffer.byteLength(line);
    if (bytes > LONGEST)
      throw usage(`${file}: message ${i + 1} has ${bytes} bytes; ${LONGEST} is the most for one message`);
  });
  return lines;
}

/** Writes a capture. */
export function saveCapture(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw fileFailure(file, error);
  }
}

export interface Run {
  build: BoardBuild;
  host: HostName;
  seed: number;
  medium: IdealOptions;
  messages: string[];
  /** Virtual seconds after which it ends at the latest; where there are no messages it goes on until then. */
  seconds: number;
}

/** What came of a run, and its capture. */
export interface Ran {
  result: TelemetryResult;
  capture: string;
  /** Seconds of real time. */
  took: number;
}

/** Boots a board's bundle next to a gateway, and lets it link and send. */
export async function simulate(
  { build, host, seed, medium, messages, seconds }: Run,
  progress: Progress,
): Promise<Ran> {
  const { DeviceError, Telemetry } = await import("../sim/index.ts");
  const begun = performance.now();
  const { board } = build;
  const limit = seconds * 1000;
  // four curve operations: of 1,250 steps, one a turn, or at once
  const expected = build.native ? 500 : 4 * 1250 * (2 * board.curveStepMs + 1);
  let step: () => void = () => undefined;
  const scenario = new Telemetry({
    board,
    bundle: build.files["bundle.js"]!,
    host: await makeHost(host),
    seed,
    medium,
    messages,
    observe: () => step(),
  });
  const left = (): number => Math.max(0, limit - scenario.simulator.time);
  try {
    progress.stage(`${board.title} boots, makes its keys and links`);
    await scenario.start();
    const timed = setInterval(() => progress.at(Math.min(0.99, scenario.simulator.time / expected)), 50);
    const linked = await scenario
      .until(() => scenario.gateway.ups > 0 && scenario.sent + scenario.channels > 0, limit)
      .finally(() => clearInterval(timed));
    if (linked) {
      progress.stage(
        messages.length ? `${messages.length} messages over frames of ${medium.frameSize} bytes` : "messages",
      );
      step = () => progress.at(messages.length ? scenario.sent / messages.length : scenario.simulator.time / limit);
      await scenario.until(() => messages.length > 0 && scenario.sent >= messages.length, left());
      await scenario.untilQuiet(2000, left());
    }
    const result = await scenario.result();
    await scenario.close();
    return { result, capture: scenario.simulator.captureText(), took: (performance.now() - begun) / 1000 };
  } catch (error) {
    await scenario.close();
    if (!(error instanceof DeviceError)) throw error;
    throw new Failure(error.code, withCodes(error.message.split("\n")[0]!));
  } finally {
    progress.end();
  }
}

/** Replays a capture into fresh devices, or the side of some. */
export async function replayCapture(
  capture: Capture,
  program: (board: string) => Promise<Program>,
  host: HostName,
  progress: Progress,
  only?: readonly string[],
): Promise<ReplayResult> {
  const { replay } = await import("../sim/index.ts");
  progress.stage("replaying the capture into a fresh device");
  const programs = new Map<string, Program>();
  const hosts: DeviceHost[] = [];
  const devices = new Set<string>();
  for (const record of capture.records) {
    if (record.k !== "boot" || (only && !only.includes(record.device))) continue;
    if (!programs.has(record.board.name)) programs.set(record.board.name, await program(record.board.name));
    if (!devices.has(record.device)) hosts.push(await makeHost(host));
    devices.add(record.device);
  }
  try {
    return await replay(capture, {
      host: () => hosts.shift()!,
      program: (_device, boot) => programs.get(boot.board.name),
      ...(only && { devices: only }),
      progress: (done, total) => progress.at(done / total),
    });
  } finally {
    progress.end();
  }
}

/** The medium that options describe. */
export function mediumOf(
  board: Board,
  options: { mtu?: number; latency: number; loss: number; duplicate: number; reorder: number },
): IdealOptions {
  const { mtu, latency, loss, duplicate, reorder } = options;
  const { kind, frameSize } = board.radios[0];
  // what every Bluetooth link takes: more has to be negotiated, and the telemetry application does not
  return {
    frameSize: mtu ?? (kind === "ble" ? 20 : frameSize),
    latency,
    loss,
    duplication: duplicate,
    reordering: reorder,
  };
}
