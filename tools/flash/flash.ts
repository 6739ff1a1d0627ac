import type { Board } from "../build/index.ts";
import { Console, type Timers, type Wire } from "./console.ts";
import { crc32 } from "./crc32.ts";
import { factsOf, requireBoard, requireRoom, type Facts } from "./facts.ts";
import { BOOT_CODE, roomOf, type Plan } from "./plan.ts";
import { compact, eraseFile, listFiles, stateOf, upload } from "./upload.ts";

/** What the runtime keeps: identity, state, seed, native code. */
const KEPT = /^mote\./;

export interface FlashOptions {
  board: Board;
  /** All boards that are known. */
  boards: readonly Board[];
  plan: Plan;
  /** The port's name, for messages. */
  port: string;
  /** What is being done. */
  stage?: (text: string) => void;
  /** How much of what is to be sent was sent, 0 to 1. */
  at?: (part: number) => void;
  timers?: Timers;
}

const withoutNumber = (name: string): string => name.replace(/\d+$/, "");

/** What a board takes to reset, in milliseconds. */
const RESET = 500;

export interface FlashedFile {
  name: string;
  bytes: number;
  /** "same": the board had it already; "kept": the board has its own. */
  done: "written" | "same" | "kept";
  /** CRC-32 of what the board reads; of a kept file nobody asks. */
  crc?: number;
}

export interface Flashed {
  facts: Facts;
  files: FlashedFile[];
  /** Files that were erased because the identity was to be forgotten. */
  erased: string[];
  /** How many lines had to be sent again. */
  repeats: number;
}

/** Puts a plan's files on a board, verifies each, and starts the board anew. Throws FlashError. */
export async function flash(
  wire: Wire,
  { board, boards, plan, port, stage = () => undefined, at = () => undefined, timers }: FlashOptions,
): Promise<Flashed> {
  const console = new Console(wire, timers);
  stage("asking the board what it is");
  await console.clear();
  requireBoard(await factsOf(console, port), board, boards);
  // what runs would disturb, and takes memory
  await console.tell("reset()");
  await console.pause(RESET);
  const facts = await factsOf(console, port);

  const own = await listFiles(console, KEPT);
  const erased = plan.erase ? own : [];
  const there = new Map<string, number>();
  const files: FlashedFile[] = [];
  const todo: Plan["files"] = [];
  for (const file of plan.files) {
    const { name, bytes } = file;
    // the runtime goes on in another file of the same name but for its number
    const kept =
      file.keep && !plan.erase ? own.find((candidate) => withoutNumber(candidate) === withoutNumber(name)) : undefined;
    const state = await stateOf(console, kept ?? name);
    if (state && kept !== undefined) files.push({ name: kept, bytes: state.bytes, done: "kept" });
    else if (state?.bytes === bytes.length && state.crc === crc32(bytes))
      files.push({ name, bytes: bytes.length, done: "same", crc: state.crc });
    else {
      todo.push(file);
      if (state) there.set(name, state.bytes);
    }
  }
  const freed = [...there.values()].reduce((sum, size) => sum + roomOf(size), 0);
  requireRoom(
    facts,
    todo.map(({ bytes }) => bytes.length),
    freed,
  );

  // boot code first: a board that is cut off now does not start an application whose modules are gone
  if (there.has(BOOT_CODE)) await eraseFile(console, BOOT_CODE);
  for (const name of erased) await eraseFile(console, name);
  const needed = todo.reduce((sum, { bytes }) => sum + roomOf(bytes.length), 0);
  if (needed > facts.room) {
    stage("making room");
    for (const name of there.keys()) await eraseFile(console, name);
    await compact(console);
  }

  const total = todo.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let before = 0;
  for (const file of todo) {
    stage(`writing ${file.name} (${file.bytes.length.toLocaleString("en")} bytes), and reading its hash back`);
    await upload(console, file, (bytes) => at((before + bytes) / total));
    before += file.bytes.length;
    files.push({ name: file.name, bytes: file.bytes.length, done: "written", crc: crc32(file.bytes) });
  }
  stage("starting it");
  await console.tell("load()");
  const order = plan.files.map(({ name }) => withoutNumber(name));
  files.sort((a, b) => order.indexOf(withoutNumber(a.name)) - order.indexOf(withoutNumber(b.name)));
  return { facts, files, erased, repeats: console.repeats };
}
