import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The real interpreter: $ESPRUINO_LINUX, or espruino-linux on the PATH; undefined where there is none. */
export const espruino: string | undefined = [
  process.env["ESPRUINO_LINUX"],
  ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "espruino-linux")),
].find((file) => file && existsSync(file));

// What it reads of must be open and empty: an input that has ended, as /dev/null has, fills its queue, of which it tells among the
// program's lines where the machine is busy.
let input: number | undefined;
function silence(): number {
  if (input !== undefined) return input;
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  try {
    execFileSync("mkfifo", [join(folder, "input")]);
    return (input = openSync(join(folder, "input"), "r+"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a program prints in the real interpreter, until it ends, by itself or by an assertion of the interpreter, or for 60 s. */
export function printed(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
  const file = join(folder, "program.js");
  writeFileSync(file, program);
  try {
    return spawnSync(espruino!, [file], {
      encoding: "latin1",
      timeout: 60_000,
      stdio: [silence(), "pipe", "ignore"],
      maxBuffer: 64 << 20,
    }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs a program in the real interpreter; what it printed after the mark "@@", or undefined where it did not get there. */
export function run(program: string): string | undefined {
  const [, last] = printed(program).split("@@").slice(-2);
  return last?.split(/\r?\n/)[0];
}

/** Runs a program in the real interpreter; the lines that it printed after the mark "@@". */
export function runLines(program: string): string[] {
  const stdout = printed(program);
  return stdout
    .slice(stdout.indexOf("@@") + 2)
    .split(/\r?\n/)
    .map((line) => line.replace(/^>/, ""))
    .filter((line) => line !== "");
}
