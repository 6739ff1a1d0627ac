// What is installed with each package, by the repository's lock file and what is on disk of it.
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { packageRoot } from "../../tools/build/root.ts";
import { isBuilt, manifestOf, pack, type PackageName } from "./install.ts";

interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  optional?: boolean;
  hasInstallScript?: boolean;
  /** As a package of ours and its folder. */
  link?: boolean;
}

const { packages: lock } = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8")) as {
  packages: Record<string, Locked>;
};

/** Where a package finds a dependency: in its own node_modules, or in those above. */
function found(from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const path = `${at && `${at}/`}node_modules/${name}`;
    if (path in lock) return path;
    if (!at) return undefined;
  }
}

/** Paths of all that is installed with a package. */
function installedWith(at: string): string[] {
  const all = new Set<string>();
  const add = (from: string): void => {
    const { dependencies, optionalDependencies } = lock[from]!;
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = found(from, name);
      if (path === undefined || all.has(path)) continue;
      all.add(path);
      add(path);
    }
  };
  add(at);
  // one of another kind of machine is not there
  return [...all].filter((path) => existsSync(join(packageRoot, path)));
}

const BLOCK = 4096;

/** Bytes on disk of a folder as du counts them, without packages within. */
function bytesOf(folder: string): number {
  let bytes = BLOCK;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += entry.name === "node_modules" ? 0 : bytesOf(path);
    else bytes += Math.ceil(lstatSync(path).size / BLOCK) * BLOCK;
  }
  return bytes;
}

/** Packages that are installed with one, itself included, and their MB. */
function weight(name: PackageName, at: string): { names: string[]; count: number; megabytes: number } {
  const paths = installedWith(at);
  const { files, unpackedSize } = pack(name, "--dry-run");
  // half a block of each file is empty
  const own = unpackedSize + (files.length * BLOCK) / 2;
  const bytes = paths.reduce((sum, path) => sum + bytesOf(join(packageRoot, path)), own);
  return {
    names: paths.map((path) => path.replace(/^.*node_modules\//, "")),
    count: paths.length + 1,
    megabytes: bytes / 2 ** 20,
  };
}

const built = isBuilt ? test : test.skip;
if (!isBuilt)
  test("weight", (t) => {
    t.pass();
    t.log("skipped: npm run build comes first");
  });

built("e3x-mote is installed with at most 60 packages of 30 MB, none of them a compiler's", (t) => {
  const { names, count, megabytes } = weight("e3x-mote", "");
  t.log(`${count} packages, ${megabytes.toFixed(1)} MB`);
  t.true(count <= 60, names.join(", "));
  t.true(megabytes <= 30);
  for (const name of ["eslint", "rollup", "typescript", "terser", "ajv", "espruino"])
    t.false(names.includes(name), name);
  // a dependency was followed, and one of a dependency
  t.true(names.includes("@noble/curves") && names.includes("@serialport/bindings-cpp"));
});

built("e3x-mote-tools is what is heavy", (t) => {
  const { names, count, megabytes } = weight("e3x-mote-tools", "tools");
  t.log(`${count} packages, ${megabytes.toFixed(1)} MB`);
  for (const name of ["eslint", "rollup", "typescript", "terser", "ajv"]) t.true(names.includes(name), name);
});

test("the two packages have one version, and each asks for the other's", (t) => {
  const library = manifestOf("e3x-mote");
  const tools = manifestOf("e3x-mote-tools");
  t.is(tools.version, library.version);
  t.deepEqual(tools.peerDependencies, { "e3x-mote": library.version });
  t.deepEqual(library.peerDependencies, { "e3x-mote-tools": tools.version });
});

test("what both packages depend on, and what the repository's own tools use, is of one version", (t) => {
  const library = manifestOf("e3x-mote");
  const tools = manifestOf("e3x-mote-tools");
  const all = { ...library.dependencies, ...library.optionalDependencies, ...library.devDependencies };
  for (const [name, version] of Object.entries({ ...tools.dependencies, ...tools.optionalDependencies }))
    t.is(all[name] ?? version, version, name);
});

test("npm ci can do without all that is compiled when it is installed", (t) => {
  const scripts = Object.entries(lock).filter(([, { hasInstallScript }]) => hasInstallScript);
  t.true(scripts.length > 1);
  // esbuild's is there for what npm left out: its program comes compiled
  t.deepEqual(
    scripts.filter(([, { optional }]) => !optional).map(([path]) => path),
    ["node_modules/esbuild"],
  );
});
