import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const file = join(dir, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "e3x-mote") return dir;
    const parent = dirname(dir);
    if (parent === dir) throw new Error("the e3x-mote package folder was not found");
    dir = parent;
  }
}

/** The folder of this package: the same whether run from src or from dist. */
export const packageRoot: string = findRoot();
