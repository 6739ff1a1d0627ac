import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of e3x-mote above this file: where it is of that package, or of its repository. */
function folderAbove(): string | undefined {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(dir, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "e3x-mote") return dir;
    const parent = dirname(dir);
    if (parent === dir) return undefined;
    dir = parent;
  }
}

/** The folder of e3x-mote beside e3x-mote-tools. */
function folderBeside(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("e3x-mote/package.json"));
  } catch {
    throw new Error('e3x-mote-tools needs e3x-mote, which is not installed beside it; run "npm install e3x-mote"');
  }
}

/**
 * The folder of the package e3x-mote, which has the sources, boards, templates and other files that the tools read: the same
 * whether run from the sources, from dist, or from the package e3x-mote-tools.
 */
export const packageRoot: string = folderAbove() ?? folderBeside();
