import { readFileSync } from "node:fs";
import { InterpreterHost, VmHost, findInterpreter, emptyOutput } from "../../sim/index.ts";
import type { BootOptions, DeviceHost, Node, Output, SimBoard } from "../../sim/index.ts";

export const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}.js`, import.meta.url), "latin1");

export const board: SimBoard = { name: "puckjs", variables: 2630, curveStepMs: 1.5 };

export const boot = (bundle: string, more: Partial<BootOptions> = {}): BootOptions => ({
  board,
  bundle,
  entropy: [1, 2, 3, 4],
  ...more,
});

/** The device hosts of this machine. */
export const hosts: { name: string; make: () => DeviceHost }[] = [{ name: "vm", make: () => new VmHost() }];
if (findInterpreter() !== undefined) {
  hosts.push({ name: "interpreter, board heap", make: () => new InterpreterHost() });
  hosts.push({ name: "interpreter, free heap", make: () => new InterpreterHost({ heap: "free" }) });
}

/** Runs a program that logs, and gives its log. */
export async function logsOf(host: DeviceHost, bundle: string, more: Partial<BootOptions> = {}): Promise<string[]> {
  try {
    return (await host.boot(boot(bundle, more))).logs;
  } finally {
    await host.close();
  }
}

/** Without what only the interpreter knows. */
export const common = (output: Output): Output => {
  const { memory: _memory, ...rest } = output;
  return rest;
};

/** A native node that sends `text` at a fixed interval and keeps what it hears. */
export class Beacon implements Node {
  readonly heard: { time: number; from: string; text: string }[] = [];
  #next: number;
  readonly #period: number;
  readonly #text: string;

  constructor(period: number, text: string) {
    this.#period = period;
    this.#text = text;
    this.#next = period;
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    this.heard.push({ time, from, text: Buffer.from(bytes).toString("latin1") });
    return emptyOutput(time, this.#next);
  }

  run(time: number): Output {
    const output = emptyOutput(time);
    if (time >= this.#next) {
      output.frames.push(Uint8Array.from(Buffer.from(this.#text, "latin1")));
      output.times.push(time);
      this.#next += this.#period;
    }
    output.next = this.#next;
    return output;
  }
}
