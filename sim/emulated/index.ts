// npm run boards:emulated: every emulated board that this machine has, flashed, linked, made to do what boards do, and cut off.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { linuxRigs } from "./linux.ts";
import type { RigKind } from "./rig.ts";
import { rp2040Rig } from "./rp2040.ts";
import { runBoard, type Result } from "./run.ts";
import { stm32f405Rig } from "./stm32f405.ts";
import { tableOf } from "./table.ts";

const kinds: readonly RigKind[] = [...linuxRigs, stm32f405Rig, rp2040Rig];

/** The fewest variables in which the runtime with channels has been seen to link. */
const CHANNELS = 2630;

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error(`"${text}" is no whole number`);
  return number;
};

const program = new Command("boards:emulated")
  .description("flash, link and use every emulated board that is there, and print a table for docs/boards.md")
  .option("--rig <name...>", `some rigs only, of ${kinds.map(({ name }) => name).join(", ")}`)
  .option("--stream <bytes>", "bytes of each stream; 0 for the runtime without channels", wholeNumber, 50_000)
  .option("--cuts <n>", "how often power is cut", wholeNumber, 6)
  .option("--json", "print JSON")
  .parse();
const {
  rig: names,
  stream,
  cuts,
  json,
} = program.opts<{ rig?: string[]; stream: number; cuts: number; json?: boolean }>();
const unknown = names?.find((name) => !kinds.some((kind) => kind.name === name));
if (unknown !== undefined)
  program.error(`there is no rig ${unknown}; there are ${kinds.map(({ name }) => name).join(", ")}`);

const results: Result[] = [];
const missing: string[] = [];
for (const kind of kinds) {
  if (names && !names.includes(kind.name)) continue;
  const reason = kind.missing();
  if (reason !== undefined) {
    missing.push(reason);
    continue;
  }
  const folder = mkdtempSync(join(tmpdir(), "e3x-emulated-"));
  try {
    const few = kind.variables !== undefined && kind.variables < CHANNELS;
    results.push(
      await runBoard(await kind.make(folder), {
        folder,
        cuts,
        stream: few ? 0 : stream,
        stage: (text) => {
          process.stderr.write(`${text}\n`);
        },
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
console.log(json ? JSON.stringify({ results, missing }, null, 2) : tableOf(results, missing));
const required = process.env["REQUIRE_HOSTS"] === "1" && missing.length > 0;
process.exit(required || results.some(({ outcomes }) => outcomes.some(({ failed }) => failed !== undefined)) ? 1 : 0);
