import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ExecutionContext } from "ava";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const tsx = import.meta.resolve("tsx");

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
  const run = spawnSync(process.execPath, ["--import", tsx, main, ...args], {
    ...(cwd !== undefined && { cwd }),
    input,
    encoding: "utf8",
    timeout: 120_000,
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
