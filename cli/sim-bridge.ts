import { resolve } from "node:path";
import type { Command } from "commander";
import type { Outside } from "../sim/bridge.ts";
import type { Outcome } from "../sim/outcome.ts";
import type { Scenario } from "../sim/scenario.ts";
import { Failure, usage } from "./failure.ts";
import { integer } from "./input.ts";
import { readKeys } from "./keys-file.ts";
import { note, plural, print, printJson, printable } from "./output.ts";
import { saveCapture } from "./sim-run.ts";

// the simulator, rollup and TypeScript take a second to load: only who simulates waits for them

/** An end that is outside. Without a host of UDP the other side begins. */
interface Ends {
  udp?: { host?: string; port: number };
  serial?: string;
  baud?: number;
}

interface BridgeCommand extends Ends {
  as: string;
  key?: string;
  factor: number;
  seconds?: number;
  seed?: number;
  capture?: string;
  json?: boolean;
}

/** What a run in wall-clock time tells while it goes on. */
interface Told {
  /** It has begun; with the port that it listens at. */
  ready?(port: number | undefined): void;
  log?(time: number, name: string, text: string): void;
  late?(lag: number): void;
  /** Gets the capture, line by line. */
  sink?(line: string): void;
  signal?: AbortSignal;
}

export interface Bridged {
  outcome: Outcome;
  /** Bytes from outside, and to it; ms of the clock by which it was late at most. */
  in: number;
  out: number;
  worst: number;
}

/** "PORT" or "HOST:PORT". */
function address(text: string): { host?: string; port: number } {
  const [, v6, name, digits] = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d+)$/.exec(text) ?? [];
  if (digits === undefined) throw usage("--udp is no port and no HOST:PORT; correct it");
  const host = v6 ?? name;
  return { ...(host !== undefined && { host }), port: integer("the port of --udp", 1, 65535)(digits) };
}

function positive(text: string): number {
  const value = Number(text);
  if (/^[\d.]+$/.test(text) && value > 0 && value <= 1000) return value;
  throw usage("--factor is not a number above 0, to 1000; correct it");
}

/** Runs a scenario in which one device or gateway is outside, in wall-clock time. */
export async function runBridged(
  scenario: Scenario,
  folder: string,
  ends: Ends,
  options: { as: string; key?: Uint8Array; factor: number; seed?: number; address?: string },
  told: Told = {},
): Promise<Bridged> {
  const { Bridge, RealTime } = await import("../sim/bridge.ts");
  const { UdpOutside } = await import("../sim/bridges/udp.ts");
  const { serialOutside } = await import("../sim/bridges/stream.ts");
  const { mediumOf } = await import("../sim/media/index.ts");
  const { runScenario } = await import("../sim/scenarios/run.ts");
  const { namesOf } = await import("../sim/scenarios/names.ts");
  const { builder } = await import("./sim-scenario.ts");
  const { gateways = { gateway: {} }, devices, media } = scenario;
  const { as, key, factor, seed } = options;
  const group = devices.find((one) => namesOf(one).includes(as));
  const isGateway = Object.hasOwn(gateways, as);
  if (!group && !isGateway)
    throw usage(
      `--as ${as} is no device and no gateway of the scenario; there are ${[...Object.keys(gateways), ...devices.flatMap(namesOf)].slice(0, 8).join(", ")}`,
    );
  if (isGateway && !key)
    throw usage(
      "the gateway outside has a key of its own, which simulated devices have to know; give its public key with --key",
    );
  const { media: [medium] = Object.keys(media) } = group ?? gateways[as]!;
  const { frameSize } = mediumOf(media[medium!]!);
  const udp =
    ends.udp && new UdpOutside({ ...ends.udp, ...(options.address !== undefined && { address: options.address }) });
  const outside: Outside = udp ?? serialOutside(ends.serial!, ends.baud!);
  const bridge = new Bridge({ outside, frameSize, ...(group && { to: group.gateway ?? Object.keys(gateways)[0]! }) });
  // before time begins to pass
  const build = builder();
  for (const { app, board } of devices)
    if (app !== undefined && board !== undefined) await build(board, resolve(folder, app));
  let real: InstanceType<typeof RealTime> | undefined;
  try {
    const outcome = await runScenario(scenario, {
      folder,
      build,
      outside: { name: as, node: bridge, ...(key && { key }) },
      ...(told.sink && { sink: told.sink }),
      ...(seed !== undefined && { seed }),
      observe: (event) => {
        if (event.kind === "log") told.log?.(event.time / 1000, event.at, event.text);
      },
      pass: async (simulator, until) => {
        if (!real) {
          real = new RealTime(simulator, {
            factor,
            bridges: { [as]: bridge },
            ...(told.late && { late: told.late }),
            ...(told.signal && { signal: told.signal }),
          });
          simulator.schedule(0, () => told.ready?.(udp?.port));
        }
        return real.run(until);
      },
    });
    return { outcome, in: bridge.in, out: bridge.out, worst: real?.worst ?? 0 };
  } finally {
    await bridge.close();
  }
}

async function bridge(file: string, options: BridgeCommand): Promise<void> {
  const { udp, serial, as, factor, seconds, seed, json } = options;
  if ((udp === undefined) === (serial === undefined))
    throw usage("what is outside is at a UDP socket or at a serial port; give either --udp or --serial");
  const { SimError } = await import("../sim/index.ts");
  const { loadScenario } = await import("../sim/scenarios/load.ts");
  const { formatOutcome } = await import("./scenario-report.ts");
  const key = options.key === undefined ? undefined : (await readKeys(options.key, "--key"))["1a"];
  if (options.key !== undefined && !key) throw usage("--key has no key of CSID 1a; give one");
  const { scenario, folder } = await loadScenario(file).catch((error: unknown) => {
    throw error instanceof SimError ? new Failure(error.code, error.message, 2) : error;
  });
  const lines: string[] = [];
  const end = new AbortController();
  const stop = (): void => {
    end.abort();
  };
  process.once("SIGINT", stop);
  try {
    const ran = await runBridged(
      seconds === undefined ? scenario : { ...scenario, duration: seconds },
      folder,
      options,
      { as, factor, ...(key && { key }), ...(seed !== undefined && { seed }) },
      {
        signal: end.signal,
        ...(options.capture !== undefined && {
          sink: (line) => {
            lines.push(line);
          },
        }),
        ready: (port) => {
          const where = port !== undefined ? `UDP port ${port}` : udp ? `UDP at ${udp.host} port ${udp.port}` : serial!;
          note(`${as} is outside: ${where}; Ctrl-C ends the run`);
        },
        late: (lag) => {
          note(`it runs ${Math.round(lag)} ms late; give a smaller --factor, or simulate less`);
        },
        ...(!json && {
          log: (time, name, text) => {
            print(`${time.toFixed(3).padStart(9)}  ${name}: ${printable(text)}`);
          },
        }),
      },
    );
    const { outcome, worst } = ran;
    if (options.capture !== undefined) saveCapture(options.capture, lines.join(""));
    if (json) printJson({ ...outcome, in: ran.in, out: ran.out, worst, capture: options.capture ?? null });
    else
      print(
        `\n${formatOutcome(outcome)}\n\nfrom outside ${plural(ran.in, "byte")}, to it ${plural(ran.out, "byte")}; ${Math.round(worst)} ms late at most`,
      );
    if (!outcome.held) process.exitCode = 1;
  } finally {
    process.removeListener("SIGINT", stop);
  }
}

export function registerBridge(sim: Command): void {
  sim
    .command("bridge")
    .description("run a scenario in wall-clock time, with one device or gateway of it outside: a real one")
    .argument("<file>", "a scenario: JSON, or a module whose default export is one")
    .requiredOption("--as <name>", "the device or gateway of the scenario that is outside")
    .option("--udp <port>", "it sends datagrams to this port here; or HOST:PORT, where it takes them", address)
    .option("--serial <port>", "it is at this serial port; needs the npm package serialport")
    .option("--baud <n>", "of the serial port", integer("--baud", 50, 4_000_000), 9600)
    .option("--key <key>", "its public key; without it the messages of a device count as nobody's")
    .option("--factor <n>", "virtual seconds in one of the clock", positive, 1)
    .option(
      "--seconds <n>",
      "virtual seconds, in place of the scenario's duration",
      integer("--seconds", 1, 10_000_000),
    )
    .option("--seed <n>", "in place of the scenario's", integer("--seed", 0, 2 ** 32 - 1))
    .option("-c, --capture <file>", "save what happened, for mote sim report and mote sim pcap")
    .option("--json", "print JSON")
    .action(bridge);
}
