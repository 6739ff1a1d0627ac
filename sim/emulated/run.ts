// Flashes an emulated board, links it to a gateway, has it do what boards do, and cuts its power.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadBoard, loadBoards, measureBoard } from "../../tools/build/index.ts";
import { Port, flash, planOf, seedFile } from "../../tools/flash/index.ts";
import { applicationOf, type Told } from "./application.ts";
import { LiveGateway } from "./gateway.ts";
import { steps, type Rig, type Step } from "./rig.ts";

export interface RunOptions {
  /** A folder of its own. */
  folder: string;
  /** Bytes of each stream; 0: none, and a runtime without channels. */
  stream: number;
  /** How often power is cut. */
  cuts: number;
  /** Bytes of the messages each way; default 21, 200, 600, 1,000, 1,390. */
  sizes?: readonly number[];
  /** What is done; default all. */
  steps?: readonly Step[];
  /** What is being done. */
  stage?: (text: string) => void;
}

/** What one step took and left. */
export interface Outcome {
  step: Step;
  /** Undefined: it held. Otherwise what did not, or why it was left out. */
  failed?: string;
  skipped?: string;
  /** Seconds by the rig's clock. */
  seconds?: number;
  /** Instructions of the part that can be counted. */
  instructions?: number;
  /** What more there is to tell. */
  detail?: string;
}

export interface Result {
  rig: string;
  board: string;
  outcomes: Outcome[];
  /** Variables: at rest, linked and with nothing to do; at most, as the application saw them; all. */
  memory?: { rest: number; most: number; total: number };
  /** Packets that the board and the gateway refused up to the end of the streams: damaged, cut off, late handshakes. */
  drops?: { board: number; gateway: number };
  /** Bytes that `mote flash` wrote, and lines that it had to send again. */
  flashed?: { bytes: number; repeats: number };
}

/** Seconds that a board gets to link, and to answer. */
const LINK = 120;
const ANSWER = 60;

/** A message of the board that says that it did something. */
const told =
  (did: string) =>
  (message: string): Told | undefined => {
    if (!message.startsWith("{")) return undefined;
    const said = JSON.parse(message) as Told;
    return said.did === did ? said : undefined;
  };

class Failed extends Error {}

function require<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Failed(what);
  return value;
}

/** Runs all steps on a board; a step that fails ends the run, and the later ones are left out. */
export async function runBoard(rig: Rig, options: RunOptions): Promise<Result> {
  const { folder, sizes = [21, 200, 600, 1000, 1390], steps: todo = steps, stage = () => undefined } = options;
  const board = loadBoard(rig.board);
  const { frameSize, fifo } = board.radios.find(({ kind }) => kind === "serial")!;
  const gateway = new LiveGateway(rig, fifo === undefined ? frameSize : fifo / 2);
  const result: Result = { rig: rig.title, board: rig.board, outcomes: [] };
  let over = false;
  const step = async (name: Step, run: () => Promise<Partial<Outcome>>): Promise<void> => {
    if (!todo.includes(name)) return;
    const not = rig.not[name] ?? (over ? "a step before it failed" : undefined);
    if (not !== undefined) {
      result.outcomes.push({ step: name, skipped: not });
      return;
    }
    stage(`${rig.title}: ${name}`);
    const begun = rig.clock.now();
    try {
      const done = await run();
      result.outcomes.push({ step: name, seconds: rig.clock.now() - begun, ...done });
    } catch (error) {
      over = true;
      const said = rig.said
        .replace(/[^\x20-\x7e\n]+/g, "")
        .trim()
        .slice(-200);
      result.outcomes.push({
        step: name,
        seconds: rig.clock.now() - begun,
        failed: `${(error as Error).message}; drops ${gateway.drops.join() || "none"}; its console said ${JSON.stringify(said)}`,
      });
    }
  };
  const linked = async (): Promise<Told> => require(await gateway.hear(told("up"), LINK), `not linked after ${LINK} s`);
  const ask = async (did: string, words: string): Promise<Told> => {
    gateway.say(words);
    return require(await gateway.hear(told(did), ANSWER), `no answer to "${words.slice(0, 20)}" after ${ANSWER} s`);
  };
  const counted = (seconds: number): Partial<Outcome> => {
    const instructions = rig.instructions(seconds);
    return instructions === undefined ? {} : { instructions };
  };

  try {
    await step("flash", async () => {
      const app = join(folder, "app.js");
      writeFileSync(app, applicationOf(rig, gateway.key, options.stream > 0));
      const build = await measureBoard(board, { app });
      const plan = planOf(build, !board.entropy.hardware ? { seed: seedFile() } : {});
      await rig.start();
      const begun = rig.clock.now();
      const port = await Port.open(rig.console);
      try {
        const { files, repeats } = await flash(port, { board, boards: loadBoards(), plan, port: rig.console });
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        result.flashed = { bytes, repeats };
        return { seconds: rig.clock.now() - begun, detail: `${bytes} bytes, ${repeats} lines again` };
      } finally {
        await port.close();
        rmSync(app);
      }
    });
    await step("link", async () => {
      const { seconds } = await linked();
      return { detail: `first boot to linked ${seconds.toFixed(1)} s` };
    });
    await step("send", async () => {
      let first: number | undefined;
      for (const size of sizes) {
        const { seconds } = await ask("sent", `send ${size}`);
        first ??= seconds;
        require(await gateway.hear(
          (message) => (message === "x".repeat(size) ? true : undefined),
          ANSWER,
        ), `the message of ${size} bytes did not come`);
      }
      return { detail: `${sizes.join(", ")} bytes`, ...counted(first!) };
    });
    await step("receive", async () => {
      for (const size of sizes) {
        const { bytes } = await ask("got", `got ${"y".repeat(size - 4)}`);
        if (bytes !== size) throw new Failed(`${bytes} of ${size} bytes came`);
      }
      const { usage, most, total, drops } = await ask("rest", "rest");
      result.memory = { rest: usage, most, total };
      result.drops = { board: drops, gateway: gateway.drops.length };
      return { detail: `${sizes.join(", ")} bytes` };
    });
    if (options.stream) {
      await step("stream", async () => {
        const sum = gateway.pour(options.stream);
        const down = require(await gateway.hear(told("streamed"), LINK * 8), "the stream to the board did not end");
        if (down.bytes !== options.stream || down.sum !== sum)
          throw new Failed(`${down.bytes} of ${options.stream} bytes came, or others`);
        const begun = rig.clock.now();
        gateway.say(`stream ${options.stream}`);
        const up = require(await gateway.streamed(), "the stream from the board did not end");
        if (up.bytes !== options.stream) throw new Failed(`${up.bytes} of ${options.stream} bytes came`);
        const { most, total, drops } = await ask("rest", "rest");
        result.memory = { rest: result.memory!.rest, most, total };
        result.drops = { board: drops, gateway: gateway.drops.length };
        return {
          detail: `${options.stream} bytes to it in ${down.seconds.toFixed(0)} s, from it in ${(rig.clock.now() - begun).toFixed(0)} s`,
        };
      });
    }
    await step("reboot", async () => {
      gateway.clear();
      gateway.say("reboot");
      const { seconds } = await linked();
      await ask("sent", "send 21");
      return { detail: `linked again ${seconds.toFixed(1)} s after its start` };
    });
    await step("power cut", async () => {
      // at rest, while it streams or sends, and while it starts
      const moments = ["at rest", "while it sends", "while it starts"];
      for (let cut = 0; cut < options.cuts; cut++) {
        const moment = moments[cut % moments.length]!;
        stage(`${rig.title}: power cut ${cut + 1} of ${options.cuts}, ${moment}`);
        if (moment === "while it sends") gateway.say(options.stream ? `stream ${options.stream}` : "send 1390");
        if (moment === "while it starts") {
          await rig.powerCut();
          await rig.start();
        }
        if (moment !== "at rest")
          await new Promise<void>((resolve) => {
            rig.clock.after(0.05 + 0.37 * (cut + 1), resolve);
          });
        await rig.powerCut();
        gateway.clear();
        await rig.start();
        require(await gateway.hear(told("up"), LINK), `not linked again after cut ${cut + 1}, ${moment}`);
        await ask("sent", "send 21");
      }
      return { detail: `${options.cuts} cuts` };
    });
  } finally {
    gateway.close();
    await rig.stop();
  }
  return result;
}
