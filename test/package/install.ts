// The packages as npm would publish them, in a folder of their own. Nothing is asked of a network: a package's dependencies are
// links to those of the repository, and what it does not declare is not there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../tools/build/root.ts";

export interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  exports: Record<string, unknown>;
}

/** Package name to its folder in the repository. */
export const packages = { "e3x-mote": packageRoot, "e3x-mote-tools": join(packageRoot, "tools") };
export type PackageName = keyof typeof packages;

export const manifestOf = (name: PackageName): Manifest =>
  JSON.parse(readFileSync(join(packages[name], "package.json"), "utf8")) as Manifest;

/** Whether there is something to pack: `npm test` builds it first. */
export const isBuilt: boolean = existsSync(join(packages["e3x-mote-tools"], "dist/sim.js"));

export interface Packed {
  filename: string;
  unpackedSize: number;
  files: { path: string }[];
}

/** @param options of `npm pack` */
export function pack(name: PackageName, ...options: string[]): Packed {
  const { stdout, stderr } = spawnSync("npm", ["pack", "--ignore-scripts", "--json", ...options], {
    cwd: packages[name],
    encoding: "utf8",
  });
  if (!stdout) throw new Error(stderr);
  return (JSON.parse(stdout) as [Packed])[0];
}

/**
 * An empty folder with packages in its node_modules, and what they depend on.
 * @param others of the repository's dependencies, what the folder's owner has installed
 * @param without optional dependencies that could not be installed
 */
export function install(names: PackageName[], others: string[] = [], without: string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "mote-package-"));
  const modules = join(folder, "node_modules");
  const declared = new Set(others);
  for (const name of names) {
    const to = join(modules, name);
    mkdirSync(to, { recursive: true });
    const { filename } = pack(name, "--pack-destination", folder);
    const untar = spawnSync("tar", ["-xzf", join(folder, filename), "--strip-components=1", "-C", to], {
      encoding: "utf8",
    });
    if (untar.status !== 0) throw new Error(untar.stderr);
    rmSync(join(folder, filename));
    const { dependencies, optionalDependencies } = manifestOf(name);
    for (const one of Object.keys({ ...dependencies, ...optionalDependencies })) declared.add(one);
  }
  for (const one of declared) {
    const from = join(packageRoot, "node_modules", one);
    if (without.includes(one) || !existsSync(from)) continue;
    mkdirSync(dirname(join(modules, one)), { recursive: true });
    symlinkSync(from, join(modules, one));
  }
  return folder;
}
