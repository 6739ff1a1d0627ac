import type { Command } from "commander";
import { Option } from "commander";
import { Failure, usage } from "./failure.ts";
import { integer, readFile } from "./input.ts";
import { plural, print, printJson, style } from "./output.ts";
import { registerBridge } from "./sim-bridge.ts";
import { registerCapture } from "./sim-capture.ts";
import { formatMessages, formatReplay, formatResult, formatTimeline, messageRow, messagesOf } from "./sim-report.ts";
import { Progress, mediumOf, readMessages, replayCapture, saveCapture, shown, simulate, telemetry } from "./sim-run.ts";
import type { HostName } from "./sim-run.ts";
import { registerScenario } from "./sim-scenario.ts";

interface SimOptions {
  board: string;
  app?: string;
  host: HostName;
  seed: number;
  loss: number;
  duplicate: number;
  reorder: number;
  latency: number;
  mtu?: number;
  messages?: string;
  capture?: string;
  seconds: number;
  json?: boolean;
}

async function sim(options: SimOptions): Promise<void> {
  const { board, host, seed, seconds, json } = options;
  const { loadBoard, measureBoard } = await import("../tools/build/index.ts");
  const app = options.app ?? telemetry.app;
  const file = options.messages ?? (options.app === undefined ? telemetry.messages : undefined);
  const messages = file === undefined ? [] : await readMessages(file);
  const loaded = loadBoard(board);
  const progress = new Progress(!!json);
  progress.stage(`building ${shown(app)} for ${loaded.title}`);
  const build = await measureBoard(loaded, { app }).finally(() => progress.end());
  const medium = mediumOf(loaded, options);
  const { result, capture } = await simulate({ build, host, seed, medium, messages, seconds }, progress);
  if (options.capture !== undefined) saveCapture(options.capture, capture);
  const { packets: _packets, accepted, ...figures } = result;
  const rows = messagesOf(result);
  if (json)
    printJson({
      board,
      app,
      host,
      seed,
      medium,
      ...figures,
      messages: rows.map((p) => messageRow(p, accepted)),
      capture: options.capture ?? null,
    });
  else {
    print(`${style("bold", "On the air")}\n${formatTimeline(result, medium.frameSize)}\n`);
    if (rows.length) print(`${style("bold", "Bytes of each message")}\n${formatMessages(result)}\n`);
    print(formatResult(result));
    if (options.capture !== undefined)
      print(
        `capture: ${options.capture} (mote replay ${options.capture}${options.app === undefined ? "" : ` --app ${options.app}`})`,
      );
  }
  const calm = medium.loss === 0 && medium.duplication === 0 && medium.reordering === 0;
  const failed =
    result.linked === undefined ||
    result.corrupted > 0 ||
    result.waiting > 0 ||
    result.logs.some(({ text }) => text.startsWith("Uncaught "));
  if (failed || (calm && result.lost > 0)) process.exitCode = 1;
}

interface ReplayOptions {
  app: string;
  device?: string[];
  host: HostName;
  json?: boolean;
}

async function replay(file: string, { app, device, host, json }: ReplayOptions): Promise<void> {
  const { CaptureError, readCapture } = await import("../sim/index.ts");
  const { loadBoard, measureBoard } = await import("../tools/build/index.ts");
  const text = new TextDecoder().decode(await readFile(file, "a capture"));
  let capture;
  try {
    capture = readCapture(text);
  } catch (error) {
    if (error instanceof CaptureError) throw new Failure(error.code, `${file}: ${error.message}`);
    throw error;
  }
  const booted = new Set(capture.records.flatMap((record) => (record.k === "boot" ? [record.device] : [])));
  for (const name of device ?? []) {
    if (!booted.has(name))
      throw usage(
        `there is no device ${name} in ${file}; ${booted.size ? `there are ${[...booted].slice(0, 8).join(", ")}${booted.size > 8 ? " ..." : ""}` : "it has none"}`,
      );
  }
  const program = async (board: string): Promise<{ bundle: string }> => {
    const build = await measureBoard(loadBoard(board), { app });
    return { bundle: build.files["bundle.js"]! };
  };
  const result = await replayCapture(capture, program, host, new Progress(!!json), device);
  if (json) printJson(result);
  else print(`${file}: ${plural(capture.records.length, "record")}\n${formatReplay(result)}`);
  if (!result.agreed) process.exitCode = 1;
}

/** An option's value as a probability. */
const probability =
  (name: string) =>
  (text: string): number => {
    const value = Number(text);
    if (/^[\d.]+$/.test(text) && value >= 0 && value <= 1) return value;
    throw usage(`${name} is not a number of 0 to 1; correct it`);
  };

export const hostOption = (): Option =>
  new Option("--host <engine>", "where the device runs: Node's vm, or the real Espruino interpreter")
    .choices(["vm", "interpreter"])
    .default("vm");

export function register(program: Command): void {
  // the subcommands have options of the same names: each takes what stands behind it
  const command = program
    .enablePositionalOptions()
    .command("sim")
    .enablePositionalOptions()
    .description("simulate a board with an application next to a gateway, on a radio in virtual time")
    .option("-b, --board <name>", "the board", "puckjs")
    .option("-a, --app <file>", "the application; without it examples/telemetry/app.ts")
    .addOption(hostOption())
    .option("--seed <n>", "all that is random follows from it", integer("--seed", 0, 2 ** 32 - 1), 1)
    .option("--loss <p>", "part of the frames that is lost, 0 to 1", probability("--loss"), 0)
    .option("--duplicate <p>", "part that arrives twice", probability("--duplicate"), 0)
    .option("--reorder <p>", "part that later ones overtake", probability("--reorder"), 0)
    .option("--latency <ms>", "from sending to arrival", integer("--latency", 0, 60000), 15)
    .option("--mtu <n>", "bytes of a frame; without it the board's", integer("--mtu", 2, 256))
    .option("-m, --messages <file>", "what waits in the device's Storage to be sent, a message a line")
    .option("-c, --capture <file>", "save what happened, for mote replay")
    .option("--seconds <n>", "stop after so many virtual seconds", integer("--seconds", 1, 1_000_000), 1800)
    .option("--json", "print JSON")
    .action(sim);
  registerScenario(command);
  registerCapture(command);
  registerBridge(command);
  program
    .command("replay")
    .description("repeat a capture in fresh devices and compare what they do, byte for byte")
    .argument("<capture>", "a file of mote sim --capture, mote sim scenario --capture or mote demo")
    .option("-a, --app <file>", "the application that it was made with", telemetry.app)
    .option(
      "-d, --device <name>",
      "only this device's side; the others' is taken as it was; may be given again",
      (name: string, all: string[] = []) => [...all, name],
    )
    .addOption(hostOption())
    .option("--json", "print JSON")
    .action(replay);
}
