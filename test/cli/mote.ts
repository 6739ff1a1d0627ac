import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = join(root, "tools/dist/cli.js");

/** Whether nothing has changed since the build, which `npm test` makes first. */
function isFresh(): boolean {
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return ["src", "tools", "cli", "sim", "boards"].every((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).every(
      (file) => file.startsWith("dist") || statSync(join(root, folder, file)).mtimeMs <= mtimeMs,
    ),
  );
}

// what was built starts in a sixth of the time
const command = isFresh() ? [built] : ["--import", import.meta.resolve("tsx"), join(root, "cli/main.ts")];

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export interface RunOptions {
  cwd?: string;
  input?: string | Uint8Array;
  env?: Record<string, string>;
}

/** Runs `mote` from outside, as its users do. */
export function mote(args: string[], { cwd, input = "", env }: RunOptions = {}): Ran {
  const run = spawnSync(process.execPath, [...command, ...args], {
    ...(cwd !== undefined && { cwd }),
    input,
    encoding: "utf8",
    timeout: 240_000,
    env: { ...process.env, ...env },
  });
  return { code: run.status ?? -1, out: run.stdout, err: run.stderr };
}

/** An empty folder that goes with the test. */
export function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), "mote-cli-"));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
