import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { BoardError, BuildError } from "./errors.ts";
import { packageRoot } from "./root.ts";

/** The radios that the package has a module for: src/device/radios/<kind>.ts, on the device e3x-mote/<kind>. */
export const radioKinds = ["ble", "nus", "advertising", "serial", "sx127x", "nrf24", "udp", "tcp"] as const;
export type RadioKind = (typeof radioKinds)[number];

/** The standard channels that the package has a module for: src/channel/<kind>.ts, on the device e3x-mote/<kind>. */
export const channelKinds: readonly string[] = ["stream", "thtp", "block", "sock", "path", "peer", "box"];

/** Who computes the curve and the ciphers: native Thumb code, JavaScript over the firmware's SHA256 and AES, JavaScript alone. */
export type BackEnd = "thumb" | "firmware" | "script";

/** Bytes by back end. */
export type Budget = { [backEnd in BackEnd]?: number };

export interface BoardRadio {
  kind: RadioKind;
  /** Bytes. */
  frameSize: number;
  /** Bytes of the buffer of a serial port that the firmware polls, twice those of a frame to it; left out where it has an interrupt, or is no port. */
  fifo?: number;
}

/** What one board file (boards/<name>.json) says; boards/schema.json has the meaning of each field. */
export interface Board {
  name: string;
  title: string;
  /** Espruino's board files for it, each with what process.env.BOARD of its firmware says. */
  espruino: { [file: string]: string };
  chip: string;
  clockMHz: number;
  variables: number;
  variableBytes: number;
  /** Bytes of Storage for saved code. */
  flash: number;
  /** What the firmware's crypto has. */
  firmware: ("SHA256" | "AES")[];
  /** The core whose native code E.nativeCall runs; null: it runs none. */
  thumb: "m0" | "m4" | null;
  entropy: { source: "E.hwRand"; hardware: boolean };
  /** The first is the usual one. */
  radios: [BoardRadio, ...BoardRadio[]];
  /** Why the board cannot hold the runtime; left out where it can. */
  refused?: string;
  /** Most bytes of the minified e3x-mote.js with the usual radio's module, by back end. A refused board has none. */
  budget?: Budget;
  /** The same of the e3x-mote.js that has channels. */
  channelsBudget?: Budget;
  /** Estimated milliseconds of one step of curve work. */
  curveStepMs: number;
  sources: string[];
}

export const boardsFolder: string = join(packageRoot, "boards");

const validate = new Ajv2020().compile<Board & { $schema?: string }>(
  JSON.parse(readFileSync(join(boardsFolder, "schema.json"), "utf8")),
);

function fieldOf(error: ErrorObject): string {
  const { missingProperty, additionalProperty } = error.params as Record<string, string | undefined>;
  const path = error.instancePath.split("/").slice(1);
  return [...path, missingProperty ?? additionalProperty].filter((part) => part !== undefined).join(".");
}

/** Reads and checks one board file. Throws BoardError, which names the file and the field. */
export function readBoard(file: string): Board {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new BoardError(file, "", (error as Error).message);
  }
  if (!validate(data)) {
    const error = validate.errors![0]!;
    const values = error.keyword === "enum" ? `: ${error.params["allowedValues"].join(", ")}` : "";
    throw new BoardError(file, fieldOf(error), `${error.message}${values}`);
  }
  const { $schema: _, ...board } = data;
  for (const backEnd of board.refused === undefined ? [backEndOf(board), backEndOf(board, false)] : []) {
    for (const field of ["budget", "channelsBudget"] as const) {
      if (board[field]?.[backEnd] === undefined)
        throw new BoardError(file, `${field}.${backEnd}`, "is missing: the board can be built so");
    }
  }
  const name = basename(file, ".json");
  if (board.name !== name) throw new BoardError(file, "name", `must be "${name}", as the file is called`);
  return board;
}

/** The back end that a board's build has; `native` false: without Thumb code, though the board may run it. */
export function backEndOf({ thumb, firmware }: Board, native = true): BackEnd {
  if (native && thumb !== null) return "thumb";
  return firmware.includes("SHA256") && firmware.includes("AES") ? "firmware" : "script";
}

/** All boards, by name. */
export function loadBoards(folder: string = boardsFolder): Board[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "schema.json")
    .sort()
    .map((file) => readBoard(join(folder, file)));
}

/** The board of that name. Throws BuildError (UNKNOWN_BOARD), which lists the names there are. */
export function loadBoard(name: string, folder: string = boardsFolder): Board {
  const boards = loadBoards(folder);
  const board = boards.find((candidate) => candidate.name === name);
  if (board) return board;
  throw new BuildError("UNKNOWN_BOARD", `no board "${name}"; there are ${boards.map((b) => b.name).join(", ")}`);
}
