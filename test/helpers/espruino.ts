import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInterpreter } from "../../sim/hosts/executables.ts";

/** The real interpreter: $ESPRUINO_LINUX, or espruino-linux on PATH, or undefined where there is none. */
export const espruinoPath = findInterpreter;

/** A character the interpreter's banner never holds, printed before the script starts. */
const START = "\x02start";

/**
 * Runs a script's text in the real interpreter; returns the lines it prints, without the banner.
 * Throws with what was printed if the script ends in an uncaught error or takes over two minutes.
 * Source is read as bytes: keep it ASCII.
 */
export const runEspruino = (script: string): string[] => {
  const path = espruinoPath();
  if (!path) throw new Error("no espruino-linux");
  const folder = mkdtempSync(join(tmpdir(), "e3x-espruino-"));
  try {
    const file = join(folder, "script.js");
    writeFileSync(file, `print("\\x02start");\n${script}\n`);
    const run = spawnSync(path, [file], { encoding: "utf8", timeout: 120_000, maxBuffer: 64 << 20 });
    if (run.error) throw run.error;
    const text = run.stdout.replace(/\r/g, "");
    const printed = text.slice(text.indexOf(START) + START.length + 1);
    if (run.status !== 0 || text.indexOf(START) < 0 || /^Uncaught /m.test(printed))
      throw new Error(`espruino-linux failed:\n${text}\n${run.stderr}`);
    return printed.replace(/(\n>?)+$/, "").split("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
