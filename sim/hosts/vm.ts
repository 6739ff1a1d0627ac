// Device host (a): the program in a node:vm context that offers only what Espruino offers. Fast, and strict about
// built-ins; what V8 cannot imitate is listed in natives.ts.

import vm from "node:vm";
import { DeviceError } from "../errors.ts";
import type { BootOptions, DeviceHost, Output, StorageImage } from "../types.ts";
import { worldText } from "../world.ts";
import { standardGlobals } from "./builtins.ts";
import { espruinoBuiltins } from "./espruino-builtins.ts";
import { OutputCollector, boardText, radioText, worldBoot } from "./lines.ts";
import { installNatives } from "./natives.ts";
import { serveThumb } from "./thumb.ts";

interface World {
  frame(time: number, data: string): void;
  link(time: number, up: boolean, mtu?: number): void;
  run(time: number): void;
  finish(): void;
}

/** A virtual device in a node:vm context. */
export class VmHost implements DeviceHost {
  #files = new Map<string, string>();
  #world: World | undefined;
  #collector = new OutputCollector(0);

  async boot(options: BootOptions): Promise<Output> {
    if (options.storage) this.#files = new Map(Object.entries(options.storage).map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")]));
    const time = options.time ?? 0;
    this.#collector = new OutputCollector(time);
    const context = vm.createContext({});
    const G = vm.runInContext("globalThis", context);
    const modules = options.modules ?? {};
    installNatives(G, {
      standard: standardGlobals,
      allowed: espruinoBuiltins,
      board: options.board,
      compile: (source) => vm.compileFunction(source, ["exports", "module"], { parsingContext: context }) as never,
      module: (name) => (Object.prototype.hasOwnProperty.call(modules, name) ? modules[name] : undefined),
    });
    const collectorOf = (): OutputCollector => this.#collector;
    const host = {
      emit: (line: string) => { collectorOf().add(line); },
      get: (name: string) => this.#files.get(name),
      set: (name: string, data: string) => { this.#files.set(name, data); },
      remove: (name: string) => { this.#files.delete(name); },
      names: () => G.Array.apply(undefined, [...this.#files.keys()].sort()),
      native: (operation: number, memory: Uint8Array) => serveThumb(options.board, operation, memory),
    };
    // The world belongs to the program's realm: the exceptions and arrays that it makes are the program's.
    const boot = vm.runInContext(`(${worldBoot(options)})`, context);
    const radio = vm.runInContext(radioText(options.radio), context, { filename: "radio.js" });
    const hardware = vm.runInContext(boardText(options.board.name), context, { filename: "board.js" });
    this.#world = vm.runInContext(worldText, context, { filename: "world.js" })(host, boot, radio, hardware) as World;
    try {
      vm.runInContext(options.bundle, context, { filename: "bundle.js" });
    } catch (e) {
      if (this.#collector.output.cut) return this.#end();
      this.#world = undefined;
      throw new DeviceError("device-boot", `the bundle does not start: ${String(e)}`, String((e as Error)?.stack ?? ""));
    }
    return this.#end();
  }

  frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#command(time, (world) => world.frame(time, Buffer.from(bytes).toString("base64")));
  }

  link(time: number, up: boolean, mtu?: number): Promise<Output> {
    return this.#command(time, (world) => world.link(time, up, mtu));
  }

  run(time: number): Promise<Output> {
    return this.#command(time, (world) => world.run(time));
  }

  async storage(): Promise<StorageImage> {
    const image: StorageImage = {};
    for (const name of [...this.#files.keys()].sort()) image[name] = Uint8Array.from(Buffer.from(this.#files.get(name) ?? "", "latin1"));
    return image;
  }

  async close(): Promise<void> {
    this.#world = undefined;
  }

  async #command(time: number, work: (world: World) => void): Promise<Output> {
    if (this.#world === undefined) throw new DeviceError("device-ended", "the device is not running");
    this.#collector = new OutputCollector(time);
    work(this.#world);
    return this.#end();
  }

  // Promise reactions of the program run before the command ends: a macrotask comes after all of them.
  async #end(): Promise<Output> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#world?.finish();
    return this.#collector.output;
  }
}
