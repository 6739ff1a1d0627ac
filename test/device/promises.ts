/** What the documentation promises of memory (docs/memory.md), as data: the tests hold it, and `npm run memory` prints it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { Endurance, enduranceApp } from "../../sim/endurance.ts";
import { InterpreterHost } from "../../sim/index.ts";
import type { BootOptions, MemoryReport, Output } from "../../sim/index.ts";

export interface Promised {
  board: string;
  channels: boolean;
  /** The share of the board's variables that an application may take. */
  share: number;
  /** Bytes of the largest message each way. With channels streams of any length go, too. */
  largest: number;
  /** The option `window` of the runtime, where the board needs a smaller one. */
  window?: number;
  /**
   * How many packets of 50 kB each way may be refused for memory, and are sent again, where frames are lost; none if not
   * given.
   */
  refused?: number;
}

export const promises: readonly Promised[] = [
  { board: "ruuvitag", channels: false, share: 0.3, largest: 600 },
  { board: "ruuvitag", channels: true, share: 0, largest: 600, window: 2, refused: 5 },
  { board: "puckjs", channels: false, share: 0.3, largest: 1390 },
  { board: "puckjs", channels: true, share: 0, largest: 1390 },
  { board: "puckjs", channels: true, share: 0.1, largest: 600, window: 4 },
  { board: "mdbt42q", channels: false, share: 0.3, largest: 1390 },
  { board: "mdbt42q", channels: true, share: 0.1, largest: 1390 },
  { board: "pico", channels: true, share: 0.3, largest: 1390 },
  { board: "banglejs2", channels: true, share: 0.3, largest: 1390 },
];

const SIZES = [200, 600, 1000, 1390];

/** An interpreter that notes what its heap was like. */
export class WeighedInterpreter extends InterpreterHost {
  memory: MemoryReport | undefined;
  peak = 0;
  exhausted = 0;
  /** Writes to flash since the last boot. */
  writes = 0;

  #weigh(output: Output): Output {
    this.memory = output.memory ?? this.memory;
    this.peak = Math.max(this.peak, output.memory?.peak ?? 0);
    if (output.memory?.exhausted) this.exhausted++;
    this.writes = output.writes ?? this.writes;
    return output;
  }

  override async boot(options: BootOptions): Promise<Output> {
    return this.#weigh(await super.boot(options));
  }

  override async frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#weigh(await super.frame(time, bytes));
  }

  override async run(time: number): Promise<Output> {
    return this.#weigh(await super.run(time));
  }

  override async collect(time: number): Promise<Output> {
    return this.#weigh(await super.collect(time));
  }
}

/** The bundle of a board with an application given as text. */
export async function bundleOf(name: string, app: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mote-app-"));
  try {
    writeFileSync(join(folder, "app.js"), app);
    return (await measureBoard(loadBoard(name), { app: join(folder, "app.js") })).files["bundle.js"]!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A board with the endurance application, not started yet. */
export async function enduring(
  promised: Promised,
  seed = 1,
  loss = 0,
  more = "",
): Promise<{ run: Endurance; host: WeighedInterpreter }> {
  const board = loadBoard(promised.board);
  const host = new WeighedInterpreter();
  const bundle = await bundleOf(
    promised.board,
    enduranceApp({
      share: promised.share,
      channels: promised.channels,
      variables: board.variables,
      window: promised.window,
      more,
    }),
  );
  const medium = { frameSize: 50, latency: 5, loss, duplication: 0, reordering: 0 };
  return { host, run: new Endurance({ board, bundle, host, seed, medium }) };
}

export interface Kept {
  host: string;
  exact: boolean;
  /** Variables at rest, with a live exchange, and at most: linking, messages, streams. */
  rest: number;
  live: number;
  linking: number;
  messages: number;
  streams?: number;
  /** What did not hold. */
  broken: string[];
}

/** Tries a promise: `count` messages of each size each way after an hour of use, and streams of `bytes` bytes. */
export async function tried(promised: Promised, count: number, bytes: number, loss = 0): Promise<Kept> {
  const { run, host } = await enduring(promised, 1, loss);
  const broken: string[] = [];
  const collected = async (): Promise<number> => (await host.collect(run.simulator.time)).memory!.usage;
  try {
    if (!(await run.link())) broken.push("not linked");
    const linking = host.peak;
    const live = await collected();
    await run.forMs(3600_000);
    const rest = await collected();
    host.peak = 0;
    // a message that loses a frame is lost: there the streams tell
    if (!loss)
      for (const size of SIZES.filter((one) => one <= promised.largest)) {
        for (const [way, delivery] of [
          ["from", await run.up(count, size)],
          ["to", await run.down(count, size)],
        ] as const) {
          if (delivery.arrived < count)
            broken.push(`${delivery.arrived} of ${count} messages of ${size} bytes ${way} the board`);
        }
      }
    const messages = host.peak;
    let streams: number | undefined;
    if (promised.channels) {
      for (const [way, stream] of [
        ["from", await run.streamUp(bytes, 4e6)],
        ["to", await run.streamDown(bytes, 4e6)],
      ] as const) {
        if (stream.bytes !== bytes || stream.closed !== undefined)
          broken.push(`stream ${way} the board: ${stream.bytes} of ${bytes} bytes, ${String(stream.closed)}`);
      }
      streams = host.peak;
    }
    const refused = run.logged("refused 30")["refused 30"] ?? 0;
    if (refused > (loss ? (promised.refused ?? 0) : 0)) broken.push(`MEMORY ${refused} times`);
    if (host.exhausted) broken.push(`out of memory ${host.exhausted} times`);
    for (const line of Object.keys(run.logged("Uncaught"))) broken.push(line);
    return {
      host: host.executable.replace(/.*\//, ""),
      exact: host.memory!.exact,
      rest,
      live,
      linking,
      messages,
      ...(streams !== undefined && { streams }),
      broken,
    };
  } finally {
    await run.close();
  }
}
