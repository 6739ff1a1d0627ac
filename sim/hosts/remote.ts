// The emulated firmware for a program in another process: it (sim/firmware: core, radio, board) runs here, in node:vm, as it
// does for the node:vm host, and the program has only stubs of what it uses of it. So hardly anything of the simulator is
// in the heap that is being simulated.
//
// Between the two are calls, in both directions, one within the other: whoever has called serves the other until its answer
// is there. What goes over is text of bytes. From here each value is a letter and six hex digits, a number or the length of
// what follows; from there a letter, a decimal number and ";".
//   u undefined, n null, t true, f false, d number, s string, b Uint8Array, a ArrayBuffer, [ array, { object: keys and values
//   F function of the sender's, O object of here that is known there, P one that is not: its methods and values
// From here: c calls a function of the program, t a timer of it, i gives a value to a global, or to a member of one, m to a
// member of a module, M makes a module, g collects garbage; r and x answer a call, with a value or with what is thrown. From there: C calls, e ends what was called (with what
// it threw), D tells that the interpreter is idle: a command has ended, or was interrupted for lack of memory.
//
// Functions of the program that the firmware was given are never let go of, timers' are. Values that are neither plain nor
// made of bytes go as text.

import vm from "node:vm";
import { DeviceError } from "../errors.ts";
import type { BootOptions } from "../types.ts";
import { boardText, bootText, firmwareText, radioText } from "../firmware/index.ts";
import type { Firmware } from "../firmware/index.ts";
import { standardGlobals } from "./builtins.ts";
import { espruinoBuiltins } from "./espruino-builtins.ts";
import { installNatives } from "./natives.ts";
import type { RemoteLink } from "./remote-link.ts";
import { serveThumb } from "./thumb.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Foreign = any;

/** What the device tells when it is idle. */
export interface Idle {
  /** Variables in use at most since the last time that garbage was collected, and now; -1 where the heap has grown. */
  peak: number;
  usage: number;
  /** Writes and erasures of files since the boot. */
  writes: number;
  /** Whether it ran out of memory. */
  exhausted: boolean;
}

/** The emulated firmware of a program that is elsewhere. */
export class RemoteFirmware {
  /** Variables that the device has for its firmware and the program. */
  variables: number;
  /** What the device told when it was idle last. */
  idle: Idle | undefined;
  readonly #G: Foreign;
  readonly #link: RemoteLink;
  readonly #firmware: Firmware;
  readonly #mentioned: (name: string) => boolean;
  // what the program may call, and what it has of objects: by number, and the other way round
  readonly #functions: ((...args: Foreign[]) => unknown)[] = [];
  readonly #numbers = new Map<unknown, number>();
  readonly #objects: object[] = [];
  // functions of the program by number
  readonly #theirs = new Map<number, Foreign>();
  // rises when the device was interrupted: nobody waits for an answer there any more
  #interruptions = 0;
  #dead = false;
  // what ended the connection with the device: the firmware takes exceptions for the program's
  #failure: unknown;
  // bytes that follow the next answer
  #after = "";
  // the native code as the device gave it, and the signature that it is called by
  #code: [string, string] = ["", ""];

  /**
   * Makes the firmware and answers the device until it is ready to run the program.
   * @param files Storage by name, where it is emulated; left out, the device has its own, and `options.faults` do nothing
   * @param emit takes the lines of the firmware
   */
  constructor(options: BootOptions, link: RemoteLink, emit: (line: string) => void, files?: Map<string, string>) {
    this.#link = link;
    this.variables = options.board.variables;
    const words = new Set([options.bundle, ...Object.values(options.modules ?? {})].join("\n").match(/[\w$]+/g));
    this.#mentioned = (name) => words.has(name);
    const context = vm.createContext({});
    const G = (this.#G = vm.runInContext("globalThis", context) as Foreign);
    installNatives(G, {
      standard: standardGlobals,
      allowed: espruinoBuiltins,
      board: options.board,
      compile: (source) => vm.compileFunction(source, ["exports", "module"], { parsingContext: context }) as never,
      module: () => undefined,
    });
    const before = Object.getOwnPropertyNames(G);
    const stored = files ?? new Map<string, string>();
    const host = {
      emit,
      get: (name: string) => stored.get(name),
      set: (name: string, data: string) => {
        stored.set(name, data);
      },
      remove: (name: string) => {
        stored.delete(name);
      },
      names: () => G.Array.apply(undefined, [...stored.keys()].sort()),
      halt: () => {
        this.#dead = true;
      },
      native: (operation: number, memory: Uint8Array, length: number) =>
        serveThumb(options.board, operation, memory, length),
    };
    const boot = vm.runInContext(`(${bootText(options)})`, context);
    const radio = vm.runInContext(radioText(options.radio), context, { filename: "radio.js" });
    const hardware = vm.runInContext(boardText(options.board.name), context, { filename: "board.js" });
    this.#firmware = vm.runInContext(firmwareText("core.js"), context, { filename: "core.js" })(
      host,
      boot,
      radio,
      hardware,
    );
    this.#offer();
    this.#install(before, files !== undefined, Object.keys(options.globals ?? {}));
    link.write("r" + this.#encode(undefined));
  }

  /** A frame comes from the radio, or its link comes or goes, or time goes on, or garbage is collected; then the device is idle. */
  frame(time: number, bytes: Uint8Array): void {
    this.#command(() => this.#firmware.frame(time, Buffer.from(bytes).toString("base64")));
  }

  link(time: number, up: boolean, mtu?: number): void {
    this.#command(() => this.#firmware.link(time, up, mtu));
  }

  run(time: number): void {
    this.#command(() => this.#firmware.run(time));
  }

  collect(): void {
    this.#command(() => {
      this.#link.write("g");
    });
  }

  /** Serves the program while it starts. */
  start(): void {
    this.#pump("D");
    this.#finish();
  }

  #command(act: () => void): void {
    act();
    if (!this.#dead) {
      this.#link.write("r" + this.#encode(undefined));
      this.#pump("D");
    }
    this.#finish();
  }

  #finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (!this.#dead) this.#firmware.finish();
  }

  // What the device calls by a number that it knows: see sim/firmware/remote.js.
  #offer(): void {
    const G = this.#G;
    const timer =
      (set: Foreign) =>
      (delay: unknown): number => {
        const id: number = set(() => {
          this.#enter("t" + hex(id));
        }, delay);
        return id;
      };
    for (const f of [
      timer(G.setTimeout),
      timer(G.setInterval),
      G.clearTimeout,
      G.clearInterval,
      () => Math.round(G.getTime() * 1e6),
      () => Math.round(G.Math.random() * 4294967296),
      G.print,
      (signature: string, code: string) => {
        this.#code = [signature, code];
      },
      (operation: number, memory: Uint8Array, length: number) => {
        const place = G.E.getAddressOf(this.#code[1], true) as number;
        const address = G.E.getAddressOf(memory, true) as number;
        const result = G.E.nativeCall(place + 1, this.#code[0])(operation, address, length);
        this.#after = Buffer.from(memory).toString("latin1");
        return result;
      },
      () => {
        this.#firmware.probe(this.#decoded(0));
      },
      (variables: number) => {
        this.variables = variables;
      },
    ])
      this.#number(f);
  }

  // Gives the device stubs of all that the program mentions.
  #install(before: readonly string[], storage: boolean, globals: readonly string[]): void {
    const G = this.#G;
    const here = ["setTimeout", "setInterval", "clearTimeout", "clearInterval", "getTime", "print"];
    const give = (place: string, value: unknown): void => {
      this.#link.write(place + this.#encode(value));
    };
    for (const name of Object.getOwnPropertyNames(G)) {
      if ((!before.includes(name) || globals.includes(name)) && !here.includes(name) && this.#mentioned(name))
        give("i" + this.#encode(name), G[name]);
    }
    for (const name of ["setConsole", "getConsole", "getTemperature", "getBattery", "hwRand"])
      if (this.#mentioned(name)) give("i" + this.#encode(`E.${name}`), G.E[name]);
    if (this.#mentioned("now")) give("i" + this.#encode("Date.now"), G.Date.now);
    for (const module of G.Modules.getCached() as string[]) {
      if (module === "crypto" || (module === "Storage" && !storage) || !this.#mentioned(module)) continue;
      const exports = G.require(module);
      this.#link.write("M" + this.#encode(module));
      for (const name of Object.keys(exports))
        if (name !== "virtual" && this.#mentioned(name))
          give("m" + this.#encode(module) + this.#encode(name), exports[name]);
    }
  }

  #number(f: (...args: Foreign[]) => unknown): number {
    let n = this.#numbers.get(f);
    if (n === undefined) {
      n = this.#functions.push(f) - 1;
      this.#numbers.set(f, n);
    }
    return n;
  }

  #encode(v: Foreign): string {
    if (v === undefined) return "u000000";
    if (v === null) return "n000000";
    if (typeof v === "boolean") return v ? "t000000" : "f000000";
    if (typeof v === "number") return piece("d", String(v));
    if (typeof v === "string") return piece("s", v);
    if (typeof v === "function") return "F" + hex(this.#number(v));
    if (ArrayBuffer.isView(v)) return piece("b", Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString("latin1"));
    if (v.byteLength !== undefined) return piece("a", Buffer.from(v as ArrayBuffer).toString("latin1"));
    if (Array.isArray(v)) return "[" + hex(v.length) + v.map((item) => this.#encode(item)).join("");
    const known = this.#objects.indexOf(v);
    if (known >= 0) return "O" + hex(known);
    const keys = Object.keys(v);
    if (!keys.some((key) => typeof v[key] === "function"))
      return "{" + hex(keys.length) + keys.map((key) => piece("s", key) + this.#encode(v[key])).join("");
    // plain values are as they are now
    const n = this.#objects.push(v) - 1;
    const shown = keys.filter((key) => this.#mentioned(key) && (typeof v[key] !== "object" || v[key] === null));
    return "P" + hex(n) + hex(shown.length) + shown.map((key) => piece("s", key) + this.#encode(v[key])).join("");
  }

  #decoded(n: number): Foreign {
    let f = this.#theirs.get(n);
    if (f === undefined) {
      const call = (that: unknown, args: unknown[]): void => {
        this.#enter(
          "c" + hex(n) + this.#encode(this.#objects.includes(that as object) ? that : undefined) + this.#encode(args),
        );
      };
      f = function (this: unknown, ...args: unknown[]): void {
        call(this, args);
      };
      this.#theirs.set(n, f);
    }
    return f;
  }

  #decode(): Foreign {
    const G = this.#G;
    const letter = this.#link.letter();
    if (letter === "u") return undefined;
    if (letter === "n") return null;
    if (letter === "t" || letter === "f") return letter === "t";
    const number = this.#link.number();
    if (letter === "d") return number;
    if (letter === "F") return this.#decoded(number);
    if (letter === "O") return this.#objects[number];
    if (letter === "[") {
      const list = new G.Array();
      for (let i = 0; i < number; i++) list.push(this.#decode());
      return list;
    }
    if (letter === "{") {
      const object = new G.Object();
      for (let i = 0; i < number; i++) {
        const key = this.#decode() as string;
        object[key] = this.#decode();
      }
      return object;
    }
    const bytes = this.#link.bytes(number);
    if (letter === "s") return bytes.toString("latin1");
    const view = new G.Uint8Array([...bytes]);
    return letter === "b" ? view : view.buffer;
  }

  // Calls something of the program, and serves it until that has ended. Throws what it threw, as a text.
  #enter(call: string): void {
    if (this.#dead) return;
    this.#link.write(call);
    const bad = this.#pump("e") as string | undefined;
    if (bad !== undefined) throw bad;
  }

  // Serves the device until what was called has ended (e), or it is idle (D).
  #pump(until: "e" | "D"): unknown {
    try {
      return this.#serve(until);
    } catch (error) {
      if (error instanceof DeviceError) {
        this.#failure = error;
        this.#dead = true;
      }
      throw error;
    }
  }

  #serve(until: "e" | "D"): unknown {
    const interruptions = this.#interruptions;
    while (!this.#dead) {
      const letter = this.#link.letter();
      if (letter === "e") return this.#decode();
      if (letter === "D") {
        const [peak, usage, writes, exhausted] = [0, 0, 0, 0].map(() => this.#link.number()) as [
          number,
          number,
          number,
          number,
        ];
        // the interpreter forgets the flag as soon as it has told of it; but that it is idle now tells as much
        this.idle = { peak, usage, writes, exhausted: exhausted > 0 || until === "e" || !!this.idle?.exhausted };
        if (until === "D") return undefined;
        // it has no memory any more, and left all that it was about
        this.#interruptions++;
        throw "out of memory";
      }
      const number = this.#link.number();
      const args: unknown[] = [];
      for (let n = this.#link.number(); n > 0; n--) args.push(this.#decode());
      let answer: string;
      try {
        answer = "r" + this.#encode(this.#functions[number]!(...args));
      } catch (error) {
        answer = "x" + this.#encode(String((error as Error)?.message ?? error));
      }
      if (interruptions !== this.#interruptions) {
        if (until === "D") return undefined;
        throw "out of memory";
      }
      if (!this.#dead) this.#link.write(answer + this.#after);
      this.#after = "";
    }
    if (until === "e") throw "the power was cut";
    return undefined;
  }
}

const hex = (n: number): string => n.toString(16).padStart(6, "0");
const piece = (letter: string, data: string): string => letter + hex(data.length) + data;
