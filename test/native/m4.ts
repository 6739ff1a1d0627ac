/** The native code for Cortex-M4 in qemu-arm, called by m4.c. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SIZE } from "../../src/crypto/thumb/native-kept.ts";
import type { Machine } from "./machine.ts";

const works = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** Why it can not run here; undefined where it can. */
export function missing(): string | undefined {
  return ["arm-none-eabi-gcc", "qemu-arm"].filter((program) => !works(program)).map((program) => `no ${program}`)[0];
}

export class M4 implements Machine {
  readonly name = "Cortex-M4 (qemu-arm)";
  readonly core = "m4";
  readonly #code: Uint8Array;
  readonly #place: number;
  readonly #folder = mkdtempSync(join(tmpdir(), "e3x-m4-"));

  /** Throws what the compiler says. */
  constructor(code: Uint8Array) {
    this.#code = code;
    const options = [
      "-mcpu=cortex-m4",
      "-mthumb",
      "-mfloat-abi=soft",
      "-Os",
      "-ffreestanding",
      "-nostdlib",
      "-static",
      "-Wl,-N,-e,_start",
      `-DSIZE=${SIZE}`,
    ];
    const program = join(this.#folder, "m4");
    execFileSync("arm-none-eabi-gcc", [...options, "-o", program, new URL("m4.c", import.meta.url).pathname], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const symbols = execFileSync("arm-none-eabi-nm", [program], { encoding: "utf8" });
    this.#place = parseInt(/^(\w+) . code$/m.exec(symbols)![1]!, 16);
  }

  run(what: number, memory: Uint8Array, n: number): { result: number; memory: Uint8Array } {
    const run = spawnSync("qemu-arm", [join(this.#folder, "m4")], { input: this.#input(what, memory, n) });
    if (run.status !== 0) throw new Error(`qemu-arm: ${run.error?.message ?? run.signal ?? run.stderr.toString()}`);
    return { result: run.stdout.readUInt32LE(), memory: new Uint8Array(run.stdout.subarray(4)) };
  }

  count(what: number, memory: Uint8Array, n: number): number {
    // every instruction is a block of its own, and those of the code are logged
    const one = /one-insn-per-tb/.test(execFileSync("qemu-arm", ["--help"], { encoding: "utf8" }))
      ? "-one-insn-per-tb"
      : "-singlestep";
    const command = [
      "qemu-arm",
      one,
      "-d",
      "exec,nochain",
      "-dfilter",
      `${this.#place}..${this.#place + this.#code.length - 1}`,
      join(this.#folder, "m4"),
    ].join(" ");
    const run = spawnSync("sh", ["-c", `${command} 2>&1 >/dev/null | wc -l`], {
      input: this.#input(what, memory, n),
      encoding: "utf8",
    });
    return Number(run.stdout);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #input(what: number, memory: Uint8Array, n: number): Uint8Array {
    const words = (...numbers: number[]): Uint8Array => new Uint8Array(Uint32Array.from(numbers).buffer);
    return Buffer.concat([words(this.#code.length), this.#code, words(what, n), memory]);
  }
}
