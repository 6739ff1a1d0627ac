import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The real interpreter: $ESPRUINO_LINUX, or espruino-linux on the PATH; undefined where there is none. */
export const espruino: string | undefined = [
  process.env["ESPRUINO_LINUX"],
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "espruino-linux")),
].find((file) => file && existsSync(file));

/** Runs a program in the real interpreter; what it printed after the mark "@@", or undefined where it did not get there. */
export function run(program: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  const file = join(folder, "program.js");
  writeFileSync(file, program);
  let output: string;
  try {
    output = execFileSync(espruino!, [file], { encoding: "latin1", timeout: 20_000, stdio: ["ignore", "pipe", "ignore"] });
  } catch (error) {
    // an assertion of the interpreter ends it
    output = String((error as { stdout?: string }).stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const [, last] = output.split("@@").slice(-2);
  return last?.split(/\r?\n/)[0];
}

/** Runs a program in the real interpreter; the lines that it printed after the mark "@@". */
export function runLines(program: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  const file = join(folder, "program.js");
  writeFileSync(file, program);
  try {
    const { stdout } = spawnSync(espruino!, [file], { encoding: "latin1", timeout: 60_000, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 64 << 20 });
    return stdout.slice(stdout.indexOf("@@") + 2).split(/\r?\n/).map((line) => line.replace(/^>/, "")).filter((line) => line !== "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
