import type { Board } from "../build/index.ts";
import { Console, FlashError, boardIds, crc32, factsOf, type Facts, type Wire } from "../flash/index.ts";
import { reset, type Bench, type Check, type Outcome } from "./check.ts";
import { cryptoChecks } from "./crypto.ts";
import { files } from "./files.ts";
import { firmwareChecks } from "./firmware.ts";
import { memoryChecks } from "./memory.ts";
import { nativeChecks } from "./native.ts";
import { radioChecks } from "./radios.ts";
import { runtimeChecks } from "./runtime.ts";
import { storageChecks } from "./storage.ts";
import { timeChecks } from "./time.ts";

export interface SelftestOptions {
  /** What the board is checked against; if not given, the one that it says it is. */
  board?: Board;
  /** All boards that are known. */
  boards: readonly Board[];
  /** The port's name, for messages. */
  port: string;
  /** What is being done. */
  stage?: (text: string) => void;
  timers?: ConstructorParameters<typeof Console>[1];
  /** Milliseconds of a clock, for that of the board. */
  now?: () => number;
}

export interface Row extends Outcome {
  check: string;
  why: string;
  expected: string;
}

export interface Selftest {
  /** What it was checked against. */
  board: Board;
  facts: Facts;
  /** Tells boards apart: CRC-32 of the chip's serial number, which it does not show. */
  id: string;
  rows: Row[];
  /** How many lines had to be sent again. */
  repeats: number;
}

/** All checks of a board, in the order in which they are run: what might stop the board comes last. */
export function checksOf(board: Board): Check[] {
  return [
    ...firmwareChecks,
    ...memoryChecks,
    ...cryptoChecks,
    ...timeChecks,
    ...storageChecks,
    ...radioChecks(board),
    ...nativeChecks,
    ...runtimeChecks,
  ];
}

function boardOf(facts: Facts, boards: readonly Board[]): Board {
  const board = boards.find((candidate) => boardIds(candidate).includes(facts.board));
  if (board) return board;
  throw new FlashError(
    "OTHER_BOARD",
    `the board calls itself ${facts.board}, which none that is known does; give --board with the one that it is to be checked against (mote boards lists them)`,
  );
}

/** A check that failed says why; where nobody answers any more, the board is given one more chance. */
async function runCheck(check: Check, bench: Bench): Promise<{ outcome: Outcome; lost: boolean }> {
  try {
    return { outcome: await check.run(bench), lost: false };
  } catch (error) {
    if (!(error instanceof FlashError)) throw error;
    const outcome: Outcome = {
      said: error.code === "NO_ANSWER" ? "no answer" : error.message.split(";")[0]!,
      verdict: "FAIL",
    };
    const lost =
      error.code === "PORT_LOST" ||
      (error.code === "NO_ANSWER" &&
        (await factsOf(bench.console, "").then(
          () => false,
          () => true,
        )));
    return { outcome, lost };
  }
}

async function erase(console: Console): Promise<void> {
  await console.ask(
    `(s=>{${Object.values(files)
      .map((name) => `s.erase('${name}')`)
      .join(";")};return 1})(require('Storage'))`,
    { timeout: 20_000, tries: 2 },
  );
}

/**
 * Checks a board against what stands for it in tests. Resets it, writes files of its own to its Storage (files.ts) and erases
 * them, and starts it anew. Throws FlashError where the board cannot be asked at all; what fails later is in the table.
 */
export async function selftest(
  wire: Wire,
  { board, boards, port, stage = () => undefined, timers = globalThis, now = () => performance.now() }: SelftestOptions,
): Promise<Selftest> {
  const console = new Console(wire, timers);
  stage("asking the board what it is");
  await console.clear();
  const facts = await factsOf(console, port);
  const against = board ?? boardOf(facts, boards);
  await reset(console);
  const serial = String(await console.ask("getSerial()"));
  const bench: Bench = { console, board: against, facts, named: boardIds(against).includes(facts.board), now };
  const rows: Row[] = [];
  let silent: string | undefined;
  for (const check of checksOf(against)) {
    stage(check.name);
    const { name, why } = check;
    const expected = typeof check.expected === "string" ? check.expected : check.expected(bench);
    if (silent !== undefined) {
      rows.push({
        check: name,
        why,
        expected,
        said: `the board does not answer since "${silent}"`,
        verdict: "skipped",
      });
      continue;
    }
    const { outcome, lost } = await runCheck(check, bench);
    rows.push({ check: name, why, expected, ...outcome });
    if (lost) silent = name;
  }
  if (silent === undefined) {
    stage("erasing the test's files, and starting the board anew");
    await erase(console);
    await console.tell("load()");
  }
  return {
    board: against,
    facts,
    id: crc32(Buffer.from(serial)).toString(16).padStart(8, "0"),
    rows,
    repeats: console.repeats,
  };
}
