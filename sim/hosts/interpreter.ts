// Device host (b): the program in the real Espruino interpreter (its Linux build), one child process a boot.
//
// What is emulated of the board is outside of the child (remote.ts), which calls it and is called by it through two named
// pipes, and has stubs of what its program uses (sim/firmware/remote.js). Its console is kept for the text of errors. Between a
// command and its end the child goes through its own idle loop, which runs the promise reactions.
//
// Heap. With a build of 32 bits and a fixed count of variables (executables.ts) it is a board's: variables of the same
// size, the same contiguity, and out of memory is what it is there: the console says so, what runs is interrupted, and
// nothing that follows it in the same callback is done. What the build has beyond the board's variables and what the
// simulator takes (memory.variables are left) is taken away in one piece before the program starts. Where there is no such
// build, the 64-bit one has to do: it doubles its 4,096 variables when they are used up, so ballast is
// allocated until exactly board.variables remain for the interpreter itself (its 40 to 100 at start count) and the
// program, not counting the stubs and the calls with which they enter the program. An allocation that finds nothing free collects garbage
// first and then grows the heap; growth is therefore the same event as out of memory on a board, and is an error
// here. Code runs from the build's flash, as saved code does on a board, and takes no heap; files are there, too, unless
// there are faults, for which Storage is emulated (sim/firmware/core.js), and files are in the heap when they are read.
//
// What stays different in the 64-bit build: a variable is 27 bytes there and 13 on a Puck.js (12-bit references). A flat
// string or typed array of n bytes takes 1 + ceil(n / 27) variables here and 1 + ceil(n / 13) there (typed arrays
// one more; flat from 42 bytes here, 18 there). Other strings hold 20 bytes, then 21 a variable, here; 8, then 9,
// there. Names up to 8 characters are one variable here, up to 4 there; whole numbers in arrays and objects share
// the variable of their name for 32 bits here, for -2048..2047 there. Objects, functions, floats, links: alike.
// So figures of it are a lower bound for a board: bytes take up to 2.1 times as many variables there, strings
// 2.3 times.

import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minify_sync } from "terser";
import { DeviceError } from "../errors.ts";
import { firmwareText } from "../firmware/index.ts";
import { emptyOutput } from "../types.ts";
import type { BootOptions, DeviceHost, Output, StorageImage } from "../types.ts";
import { findFixedInterpreter, findInterpreter } from "./executables.ts";
import { readFlash, writeFlash } from "./flash-image.ts";
import { OutputCollector } from "./lines.ts";
import { RemoteFirmware } from "./remote.ts";
import { RemoteLink, processRuns } from "./remote-link.ts";

// What the interpreter is started with; it is in the heap as long as the program runs.
const startText = (flash: boolean): string =>
  `var __sim={};eval(${flash ? 'require("Storage").read(".load")' : 'require("fs").readFileSync("load.js")'})(__sim);eval(__sim.start());__sim=undefined;`;

export interface InterpreterOptions {
  /** The executable of the 64-bit build. Default: a build with a fixed count of variables that fits the board, else findInterpreter(). */
  path?: string;
  /** "board": board.variables in all, code in flash (plain loops run 3.6 times slower, key generation 1.5 times). "free": heap as large as needed, code in RAM. Default "board". */
  heap?: "board" | "free";
  /** Milliseconds of real time that one command may take; a curve operation takes seconds. Default 600,000. */
  timeout?: number;
}

// what files of the simulator are called in the device's flash
const OWN = [".load", ".bundle"];

// Names of more than four letters would take variables of their own. No transformations: Espruino's lexer does not take all
// that terser makes.
const loadText = (): string =>
  minify_sync(firmwareText("remote.js"), { compress: false, mangle: true, format: { semicolons: true } }).code!.replace(
    /;$/,
    "",
  );

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

/** A virtual device in the real interpreter. */
export class InterpreterHost implements DeviceHost {
  readonly #named: string | undefined;
  readonly #heap: "board" | "free";
  readonly #timeout: number;
  readonly #folder: string;
  #path = "";
  #exact = false;
  #child: ChildProcess | undefined;
  #link: RemoteLink | undefined;
  #firmware: RemoteFirmware | undefined;
  #collector = new OutputCollector(0);
  // Storage where it is not in the child's flash
  #files: Map<string, string> | undefined;
  #modules: readonly string[] = [];
  #cut = false;

  /** Throws DeviceError "interpreter-missing" when there is no interpreter. */
  constructor(options: InterpreterOptions = {}) {
    this.#named = options.path;
    this.#heap = options.heap ?? "board";
    this.#timeout = options.timeout ?? 600_000;
    this.#folder = mkdtempSync(join(tmpdir(), "e3x-sim-"));
    const made = spawnSync("mkfifo", ["in", "out"], { cwd: this.#folder });
    if (made.status !== 0)
      throw new DeviceError("interpreter-missing", "cannot make named pipes with mkfifo", String(made.stderr));
  }

  /** The executable that the device runs in since its last boot. */
  get executable(): string {
    return this.#path;
  }

  async boot(options: BootOptions): Promise<Output> {
    const storage = options.storage ?? (await this.storage());
    this.#stop();
    this.#cut = false;
    const variables = this.#heap === "board" ? options.board.variables : 0;
    const fixed = variables && this.#named === undefined ? findFixedInterpreter(variables) : undefined;
    const path = fixed?.path ?? this.#named ?? findInterpreter();
    if (path === undefined)
      throw new DeviceError("interpreter-missing", "no espruino-linux found: set ESPRUINO_LINUX or put it on PATH");
    this.#path = path;
    this.#exact = fixed !== undefined;
    const modules = Object.entries(options.modules ?? {});
    const flash = variables > 0 && options.faults === undefined;
    const file = (name: string): string => join(this.#folder, name);
    this.#modules = modules.map(([name]) => name);
    this.#files = flash
      ? undefined
      : new Map(Object.entries(storage).map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")]));
    rmSync(file("espruino.flash"), { force: true });
    if (variables) {
      const own: [string, Uint8Array][] = [
        [".load", latin1(loadText())],
        [".bundle", latin1(options.bundle)],
        ...modules.map(([name, text]): [string, Uint8Array] => [name, latin1(text)]),
      ];
      const theirs = flash ? Object.entries(storage).filter(([name]) => !this.#modules.includes(name)) : [];
      writeFileSync(file("espruino.flash"), writeFlash([...own, ...theirs]));
    } else {
      writeFileSync(file("load.js"), loadText(), "latin1");
      writeFileSync(file("bundle.js"), options.bundle, "latin1");
      modules.forEach(([, text], i) => {
        writeFileSync(file(`m${i}`), text, "latin1");
      });
    }
    const listed = variables ? [] : modules.map(([name, text], i) => [`m${i}`, text.length, name]);
    writeFileSync(
      file("host.json"),
      JSON.stringify({
        variables,
        exact: this.#exact,
        flash,
        modules: listed,
        firmware: options.board.firmware ?? ["SHA256", "AES"],
        thumb: !!options.board.thumb,
        own: [...OWN, ...this.#modules],
      }),
    );
    writeFileSync(file("start.js"), startText(variables > 0));
    this.#collector = new OutputCollector(options.time ?? 0);
    this.#start();
    try {
      this.#firmware = new RemoteFirmware(
        options,
        this.#link!,
        (line) => {
          this.#collector.add(line);
        },
        this.#files,
      );
      this.#firmware.start();
      return this.#end();
    } catch (error) {
      const told = await this.#told(error);
      this.#stop();
      if (told instanceof DeviceError && told.code === "device-ended")
        throw new DeviceError("device-boot", "the bundle does not start", this.#saying());
      throw told;
    }
  }

  frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#command(time, (firmware) => {
      firmware.frame(time, bytes);
    });
  }

  link(time: number, up: boolean, mtu?: number): Promise<Output> {
    return this.#command(time, (firmware) => {
      firmware.link(time, up, mtu);
    });
  }

  run(time: number): Promise<Output> {
    return this.#command(time, (firmware) => {
      firmware.run(time);
    });
  }

  /** Has the interpreter collect garbage, which it does by itself only when it must, and forget the peak so far. */
  collect(time: number): Promise<Output> {
    return this.#command(time, (firmware) => {
      firmware.collect();
    });
  }

  async storage(): Promise<StorageImage> {
    const image: StorageImage = {};
    if (this.#files)
      for (const name of [...this.#files.keys()].sort()) image[name] = Uint8Array.from(latin1(this.#files.get(name)!));
    else if (this.#path) {
      const files = readFlash(readFileSync(join(this.#folder, "espruino.flash")));
      for (const name of Object.keys(files).sort())
        if (!OWN.includes(name) && !this.#modules.includes(name)) image[name] = files[name]!;
    }
    return image;
  }

  async close(): Promise<void> {
    this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(): void {
    const console = join(this.#folder, "console");
    const fd = openSync(console, "w");
    // Standard input stays open and silent: its end would be read as noise.
    const child = spawn(this.#path, ["start.js"], { cwd: this.#folder, stdio: ["pipe", fd, fd] });
    closeSync(fd);
    child.on("error", () => undefined);
    if (child.pid === undefined) throw new DeviceError("interpreter-missing", `${this.#path} does not run`);
    this.#child = child;
    this.#link = new RemoteLink({
      input: join(this.#folder, "in"),
      output: join(this.#folder, "out"),
      timeout: this.#timeout,
      alive: () => processRuns(child.pid!),
      transcript: () => this.#saying(),
    });
  }

  #stop(): void {
    this.#child?.kill("SIGKILL");
    this.#link?.close();
    this.#child = this.#link = this.#firmware = undefined;
  }

  async #command(time: number, act: (firmware: RemoteFirmware) => void): Promise<Output> {
    if (this.#cut) return emptyOutput(time);
    if (this.#firmware === undefined) throw new DeviceError("device-ended", "the device is not running");
    this.#collector = new OutputCollector(time);
    try {
      act(this.#firmware);
    } catch (error) {
      const told = await this.#told(error);
      this.#stop();
      throw told;
    }
    return this.#end();
  }

  // How the child ended, which is known only when the event loop has taken notice.
  async #told(error: unknown): Promise<unknown> {
    const child = this.#child;
    if (!(error instanceof DeviceError) || error.code !== "device-ended" || child === undefined) return error;
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => child.once("exit", resolve));
    const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with ${child.exitCode}`;
    return new DeviceError("device-ended", `the interpreter ${how}`, error.transcript);
  }

  #end(): Output {
    const { output } = this.#collector;
    const { idle, variables } = this.#firmware!;
    if (output.cut) {
      // without power it waits for a boot, in the middle of a write
      this.#cut = true;
      this.#stop();
    } else if (idle) {
      if (idle.writes) output.writes = idle.writes;
      if (this.#heap === "board") output.memory = { peak: idle.peak, usage: idle.usage, variables, exact: this.#exact };
      if (this.#exact && idle.exhausted) output.memory!.exhausted = true;
      idle.exhausted = false;
      if (idle.usage < 0) {
        this.#stop();
        throw new DeviceError(
          "device-memory",
          `the program needs more than the board's ${variables} variables`,
          this.#saying(),
        );
      }
    }
    return output;
  }

  // What the console said last, without the banner and its control characters.
  #saying(): string {
    const text = readFileSync(join(this.#folder, "console"), "latin1")
      .slice(-8192)
      .replace(/\x1b\[[0-9;]*[A-Za-z]/g, "")
      .replace(/\r/g, "");
    const banner = text.indexOf("espruino.com/Donate");
    return (banner < 0 ? text : text.slice(banner + 19)).trim();
  }
}
