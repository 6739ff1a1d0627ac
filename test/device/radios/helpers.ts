import { cached } from "../../../tools/build/cache.ts";
import { compile } from "../../../tools/build/compile.ts";
import type { DeviceHost, Json, Output, RadioKind } from "../../../sim/types.ts";
import { board } from "../../sim/helpers.ts";

const made = new Map<string, Promise<string>>();

/** The minified text of a radio's module, as a build has it. */
export function radioModule(kind: RadioKind): Promise<string> {
  const make = async (): Promise<string> => {
    const input = new URL(`../../../src/device/radios/${kind}.ts`, import.meta.url).pathname;
    return (
      await cached(`radio ${kind}`, () =>
        compile({ input, output: `${kind}.js`, conditions: ["espruino"], role: "runtime" }),
      )
    ).code;
  };
  const text = made.get(kind) ?? make();
  made.set(kind, text);
  return text;
}

/** Code of an application that logs the events of its `radio`, and offers frames as the runtime does: by `send(text)`. */
const logger = `
  const queue = [];
  const flush = function () { while (queue.length && radio.write(E.toUint8Array(queue[0])) !== false) queue.shift(); };
  const send = function (text) { queue.push(text); flush(); };
  ["open", "close", "drain"].forEach(function (event) {
    radio.on(event, function () {
      print(event);
      flush();
    });
  });
  radio.on("data", function (data) { print("data " + E.toString(E.toUint8Array(data))); });
`;

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const text = (frame: Uint8Array): string => Buffer.from(frame).toString("latin1");

/** A device that has nothing but a radio, in one host, and what it did. */
export class Bench {
  readonly frames: { time: number; text: string }[] = [];
  logs: string[] = [];
  readonly #host: DeviceHost;
  #next: number | undefined;

  constructor(host: DeviceHost) {
    this.#host = host;
  }

  /** Starts an application that makes the radio by `call`, logs its events, and then does `app`. */
  async boot(kind: RadioKind, call: string, app = "", radioOptions: { [name: string]: Json } = {}): Promise<void> {
    const bundle = `const radio = require("e3x-mote/${kind}").${kind}(${call});${logger}${app}`;
    this.#took(
      await this.#host.boot({
        board,
        bundle,
        modules: { [`e3x-mote/${kind}`]: await radioModule(kind) },
        entropy: [1, 2, 3, 4],
        radio: kind,
        radioOptions,
      }),
    );
  }

  /** Time passes up to then. */
  async to(time: number): Promise<void> {
    while (this.#next !== undefined && this.#next <= time) this.#took(await this.#host.run(this.#next));
  }

  /** A frame comes from the other side. */
  async frame(time: number, frame: string): Promise<void> {
    await this.to(time);
    this.#took(await this.#host.frame(time, bytes(frame)));
  }

  async link(time: number, up: boolean, mtu?: number): Promise<void> {
    await this.to(time);
    this.#took(await this.#host.link(time, up, mtu));
  }

  /** What was logged since it was asked last. */
  log(): string[] {
    const logs = this.logs;
    this.logs = [];
    return logs;
  }

  /** The texts of all frames. */
  get sent(): string[] {
    return this.frames.map((frame) => frame.text);
  }

  close(): Promise<void> {
    return this.#host.close();
  }

  #took(output: Output): void {
    output.frames.forEach((frame, i) => this.frames.push({ time: output.times[i]!, text: text(frame) }));
    this.logs.push(...output.logs);
    this.#next = output.next;
  }
}
