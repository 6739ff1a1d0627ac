// Which builds of the interpreter are on this machine.
//
// espruino-linux is Espruino's Linux build as it comes: 64 bits, and a heap that grows. espruino-linux-N is a build of 32
// bits with N variables and no more: these have the size that a board's variables have (13 bytes for 2,048 to 4,095 of
// them), the heap fragments as a board's does, and out of memory is out of memory. None of them is part of this project.

import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const folders = (): string[] => (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");

/** Path of the interpreter: $ESPRUINO_LINUX, else espruino-linux on PATH; undefined when there is none. */
export function findInterpreter(): string | undefined {
  const named = process.env["ESPRUINO_LINUX"];
  return (named ? [named] : folders().map((folder) => join(folder, "espruino-linux"))).find(isExecutable);
}

/** Bits of a reference in a heap of so many variables, which decide what a variable holds. Espruino 2v29, src/jsutils.h */
function referenceBits(variables: number): number {
  return [8, 10, 11, 12, 13, 14].find((bits) => variables < 2 ** bits) ?? 16;
}

/** A build with a fixed count of variables. */
export interface FixedInterpreter {
  path: string;
  /** Variables that it has; at least those of the board that it was looked for. */
  variables: number;
}

/** Variables that the simulator takes at most beside a program's. */
const SIMULATOR = 800;

/**
 * The build whose variables are as large as those of a board with so many: $ESPRUINO_LINUX_N, else espruino-linux-N beside
 * $ESPRUINO_LINUX or on PATH. The smallest one with room for the simulator too is taken, since what is too much can be taken
 * away; else the largest one, in which the simulator takes some of the board's. Undefined when there is none.
 */
export function findFixedInterpreter(variables: number): FixedInterpreter | undefined {
  const found = new Map<number, string>();
  const named = process.env["ESPRUINO_LINUX"];
  for (const folder of [...(named ? [dirname(named)] : []), ...folders()]) {
    let files: string[] = [];
    try {
      files = readdirSync(folder);
    } catch {
      // PATH may have folders that are not there
    }
    for (const file of files) {
      const count = /^espruino-linux-(\d+)$/.exec(file)?.[1];
      if (count !== undefined && !found.has(+count) && isExecutable(join(folder, file)))
        found.set(+count, join(folder, file));
    }
  }
  for (const [key, path] of Object.entries(process.env)) {
    const count = /^ESPRUINO_LINUX_(\d+)$/.exec(key)?.[1];
    if (count !== undefined && path && isExecutable(path)) found.set(+count, path);
  }
  const fit = [...found]
    .filter(([count]) => count >= variables && referenceBits(count) === referenceBits(variables))
    .sort(([a], [b]) => a - b);
  const best = fit.find(([count]) => count >= variables + SIMULATOR) ?? fit.at(-1);
  return best && { variables: best[0], path: best[1] };
}
