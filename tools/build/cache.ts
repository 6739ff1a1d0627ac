import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Compiled } from "./minify.ts";
import { packageRoot } from "./root.ts";

const DAY = 86_400_000;

/**
 * What a build depends on: the device's sources, the build's, and the versions of the packages. In a checkout, what was built
 * into tools/dist has the key of the sources that it is of, so that `mote` and the tests share builds: tests run it only where
 * no source is newer (test/cli/mote.ts).
 */
function hashOfSources(): string {
  const hash = createHash("sha256").update(process.version);
  const sources = join(packageRoot, "tools/build");
  for (const folder of [
    join(packageRoot, "src"),
    existsSync(sources) ? sources : dirname(fileURLToPath(import.meta.url)),
  ]) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
      if (!/(?<!\.d)\.[jt]s$/.test(file)) continue;
      hash
        .update(`${relative(packageRoot, join(folder, file))}\0`)
        .update(readFileSync(join(folder, file)))
        .update("\0");
    }
  }
  for (const file of ["package.json", "package-lock.json"].map((name) => join(packageRoot, name)))
    if (existsSync(file)) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 32);
}

let folder: string | undefined;

/** The folder for builds of these sources; made once a process, without what nobody has used for a day. */
function folderIn(cache: string): string {
  if (folder !== undefined) return folder;
  folder = join(cache, hashOfSources());
  mkdirSync(folder, { recursive: true });
  for (const other of readdirSync(cache)) {
    const path = join(cache, other);
    if (path !== folder && Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > DAY)
      rmSync(path, { recursive: true, force: true });
  }
  return folder;
}

/**
 * What `make` makes, or what it made for the same key in another process: tests build the same runtime in forty of them.
 * It is kept in the folder that the environment variable E3X_MOTE_BUILD_CACHE names, under a hash of all that a build
 * depends on; without the variable nothing is kept.
 */
export async function cached(key: string, make: () => Promise<Compiled>): Promise<Compiled> {
  const cache = process.env.E3X_MOTE_BUILD_CACHE;
  if (!cache) return make();
  const file = join(folderIn(cache), `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Compiled;
  } catch {
    const compiled = await make();
    // whole, or not at all: others read at the same time
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(compiled));
    renameSync(`${file}.${process.pid}`, file);
    return compiled;
  }
}
