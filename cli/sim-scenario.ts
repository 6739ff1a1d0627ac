import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import type { BoardBuild } from "../tools/build/index.ts";
import type { Expectation, Loaded, Outcome, Scenario } from "../sim/index.ts";
import { Failure, usage } from "./failure.ts";
import { fileFailure, integer } from "./input.ts";
import { Live } from "./live.ts";
import { note, print, printJson, style } from "./output.ts";
import { formatOutcome } from "./scenario-report.ts";
import type { HostName } from "./sim-run.ts";

interface ScenarioOptions {
  seed?: number;
  host?: HostName;
  capture?: string;
  pcap?: string;
  keys?: string;
  report?: string;
  json?: boolean;
  quiet?: boolean;
}

/** Reads a scenario; what is wrong with it is the command line's fault. */
async function load(file: string): Promise<Loaded> {
  const { SimError, loadScenario } = await import("../sim/index.ts");
  return loadScenario(file).catch((error: unknown) => {
    if (error instanceof SimError) throw new Failure(error.code, error.message, 2);
    throw error;
  });
}

/** What a run throws, where the scenario is to blame. */
async function blamed<T>(file: string, run: () => Promise<T>): Promise<T> {
  const { SimError } = await import("../sim/index.ts");
  try {
    return await run();
  } catch (error) {
    if (error instanceof SimError && ["options", "scenario", "endpoint"].includes(error.code))
      throw new Failure(error.code, `${file}: ${error.message}`, 2);
    if (error instanceof SimError && error.code === "interpreter-missing")
      throw new Failure(
        "NO_INTERPRETER",
        "the Espruino interpreter was not found; set ESPRUINO_LINUX to its path, or put espruino-linux on PATH",
      );
    throw error;
  }
}

/** Builds each application for each board once. */
export function builder(): (board: string, app: string) => Promise<BoardBuild> {
  const builds = new Map<string, Promise<BoardBuild>>();
  return (board, app) => {
    const name = `${board} ${app}`;
    const made =
      builds.get(name) ??
      import("../tools/build/index.ts").then(({ loadBoard, measureBoard }) => measureBoard(loadBoard(board), { app }));
    builds.set(name, made);
    return made;
  };
}

function save(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw fileFailure(file, error);
  }
}

async function scenario(file: string, options: ScenarioOptions): Promise<void> {
  const { seed, host, capture, pcap, keys, report, json, quiet } = options;
  const { scenario: given, folder } = await load(file);
  const { Keylog, commandOf, reportHtml, runScenario } = await import("../sim/index.ts");
  const { CaptureFile, writePcap } = await import("./capture-file.ts");
  const command = commandOf(file, { seed: seed ?? given.seed ?? 1, host });
  const live = new Live(process.stderr, given.title ?? basename(file));
  const written =
    capture !== undefined || pcap !== undefined || keys !== undefined || report !== undefined
      ? new CaptureFile(capture)
      : undefined;
  const keylog = keys === undefined ? undefined : new Keylog();
  try {
    const outcome = await blamed(file, () =>
      runScenario(given, {
        folder,
        command,
        ...(seed !== undefined && { seed }),
        ...(host && { host }),
        ...(keylog && { keylog }),
        ...(written && { sink: (line) => written.write(line) }),
        ...(!quiet && !json && { progress: (state) => live.update(state) }),
      }),
    ).finally(() => live.end());
    written?.end();
    if (keylog && written) {
      keylog.read(written.read());
      save(keys!, keylog.lines());
    }
    if (pcap !== undefined) writePcap(pcap, written!, undefined);
    if (report !== undefined) save(report, await reportHtml({ outcome, capture: written!.read() }));
    if (json) printJson(jsonOf(outcome, { capture, pcap, keys, report }));
    else if (!quiet) {
      print(formatOutcome(outcome));
      const files = Object.entries({ capture, pcap, keys, report }).filter(([, path]) => path !== undefined);
      if (files.length) print(`\n${files.map(([what, path]) => `${what}: ${path}`).join("\n")}`);
    }
    if (outcome.held) return;
    if (!json) print(`${quiet ? "" : "\n"}${style("red", "It does not hold.")} To repeat it:\n${command}`);
    process.exitCode = 1;
  } finally {
    written?.close();
  }
}

const jsonOf = (
  { deliveries, devices, ...outcome }: Outcome,
  files: { [what: string]: string | undefined },
): object => ({
  ...outcome,
  devices: devices.map(({ log, ...device }) => ({ ...device, log: log.length })),
  deliveries: {
    sent: deliveries.length,
    delivered: deliveries.filter(({ delivered }) => delivered !== undefined).length,
  },
  files: Object.fromEntries(Object.entries(files).map(([what, path]) => [what, path ?? null])),
});

interface ShrinkCommand {
  output?: string;
  runs: number;
  seed?: number;
  json?: boolean;
}

/** The scenario's text for a file, with its applications as seen from there; a check is taken from the original by its index. */
function textOf(small: Scenario, { scenario: original, folder }: Loaded, file: string, output: string): string {
  const from = dirname(resolve(output));
  const path = (to: string): string => {
    const short = relative(from, to).replaceAll("\\", "/");
    return isAbsolute(short) || short.startsWith(".") ? short : `./${short}`;
  };
  const devices = small.devices.map((group) =>
    group.app === undefined ? group : { ...group, app: path(resolve(folder, group.app)) },
  );
  const checks: string[] = [];
  const expect = (small.expect ?? []).map((expected: Expectation) => {
    if (expected.what !== "check") return expected;
    checks.push(
      `original.expect[${original.expect!.findIndex((one) => one.what === "check" && one.check === expected.check)}]`,
    );
    return `@${checks.length - 1}@`;
  });
  const text = JSON.stringify({ ...small, devices, expect }, null, 2);
  if (!checks.length) return `${text}\n`;
  return `// Checks are functions, and are those of the scenario that this one was made from.\nimport original from ${JSON.stringify(path(resolve(file)))};\n\nexport default ${text.replace(/"@(\d+)@"/g, (_, i: string) => checks[Number(i)]!)};\n`;
}

async function shrinkFile(file: string, { output, runs, seed, json }: ShrinkCommand): Promise<void> {
  const loaded = await load(file);
  const given: Scenario = { ...loaded.scenario, ...(seed !== undefined && { seed }) };
  const { commandOf, failure, runScenario, shrink, sizeOf } = await import("../sim/index.ts");
  const build = builder();
  const run = (candidate: Scenario): Promise<Outcome> => runScenario(candidate, { folder: loaded.folder, build });
  const checks = (given.expect ?? []).some(({ what }) => what === "check");
  const kind = extname(file);
  const to = output ?? join(dirname(file), `${basename(file, kind)}.small${checks ? kind : ".json"}`);
  if (checks && extname(to) === ".json")
    throw usage(`${file} has checks, which are functions and cannot be in JSON; give -o a file of ${kind}`);
  if (resolve(to) === resolve(file)) throw usage(`${to} is the scenario itself; give -o another file`);
  if (output === undefined && existsSync(to))
    throw usage(`${to} is there already; delete it, or give another one with -o`);
  const first = await blamed(file, () => run(given));
  if (first.held)
    throw new Failure(
      "HELD",
      `${file}: all that is expected holds, with seed ${first.seed}; there is nothing to shrink`,
    );
  const failing = failure(given, first);
  if (!failing)
    throw new Failure(
      "COUNTS",
      `${file}: what does not hold is that there are at least so many of something, which a smaller scenario has fewer of; expect a share ("delivered", "linked") in its place`,
    );
  let last = "";
  const small = await shrink(failing.scenario, async (candidate) => failing.same(await run(candidate)), {
    runs,
    folder: loaded.folder,
    progress: ({ runs: n, what, kept, scenario: now }) => {
      const text = `${n} ${n === 1 ? "run" : "runs"}: ${sizeOf(now)}; ${kept ? "without" : "needed:"} ${what}`;
      if (json) return;
      if (kept && text !== last) note((last = text));
    },
  });
  save(to, textOf(small, loaded, file, to));
  const command = commandOf(to, { seed: small.seed ?? 1 });
  if (json) printJson({ file: to, command, from: sizeOf(given), to: sizeOf(small), scenario: small });
  else
    print(
      `${style("bold", sizeOf(small))}, where there were ${sizeOf(given)}: ${to}\nIt fails the same way:\n${command}`,
    );
}

export function registerScenario(sim: Command): void {
  sim
    .command("scenario")
    .description("run a scenario: devices, media, faults, and what is expected of them")
    .argument("<file>", "a scenario: JSON, or a module whose default export is one")
    .option("--seed <n>", "in place of the scenario's", integer("--seed", 0, 2 ** 32 - 1))
    .addOption(
      new Option(
        "--host <engine>",
        "where its applications run, in place of what it says; native devices stay",
      ).choices(["vm", "interpreter"]),
    )
    .option("-c, --capture <file>", "save what happened, for mote replay, mote sim report and mote sim pcap")
    .option("--pcap <file>", "save it for Wireshark, as pcapng")
    .option("--keys <file>", "save the keys that decrypt it, for Wireshark: who has them can read it")
    .option("--report <file>", "save a page that shows it, as HTML")
    .option("--json", "print JSON")
    .option("-q, --quiet", "say nothing where all holds")
    .action(scenario);
  sim
    .command("shrink")
    .description("make a failing scenario small: what is left is needed for it to fail the same way")
    .argument("<file>", "a scenario that fails")
    .option("-o, --output <file>", "the small one; without it FILE.small.json beside it")
    .option("--runs <n>", "at most so many", integer("--runs", 1, 100_000), 200)
    .option("--seed <n>", "in place of the scenario's", integer("--seed", 0, 2 ** 32 - 1))
    .option("--json", "print JSON")
    .action(shrinkFile);
}
