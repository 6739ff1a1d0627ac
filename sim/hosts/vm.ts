// Device host (a): the program in a node:vm context that offers only what Espruino offers. Fast, and strict about
// built-ins; what V8 cannot imitate is listed in natives.ts.

import vm from "node:vm";
import { DeviceError } from "../errors.ts";
import { boardText, bootText, firmwareText, radioText } from "../firmware/index.ts";
import type { Firmware } from "../firmware/index.ts";
import type { BootOptions, DeviceHost, MemoryReport, Output, StorageImage } from "../types.ts";
import { standardGlobals } from "./builtins.ts";
import { espruinoBuiltins } from "./espruino-builtins.ts";
import { OutputCollector } from "./lines.ts";
import { HeapModel } from "./heap/model.ts";
import { installNatives } from "./natives.ts";
import { serveThumb } from "./thumb.ts";

export interface VmOptions {
  /** Whether memory is counted, and running out of it an error (heap/model.ts). Without it a program runs faster. Default true. */
  memory?: boolean;
}

/** A virtual device in a node:vm context. */
export class VmHost implements DeviceHost {
  readonly #counts: boolean;
  #heap: HeapModel | undefined;
  #files = new Map<string, string>();
  #firmware: Firmware | undefined;
  #collector = new OutputCollector(0);
  #turn = 0;

  constructor(options: VmOptions = {}) {
    this.#counts = options.memory ?? true;
  }

  async boot(options: BootOptions): Promise<Output> {
    if (options.storage)
      this.#files = new Map(
        Object.entries(options.storage).map(([name, bytes]) => [name, Buffer.from(bytes).toString("latin1")]),
      );
    const time = options.time ?? 0;
    this.#collector = new OutputCollector(time);
    const context = vm.createContext({});
    const G = vm.runInContext("globalThis", context);
    const modules = options.modules ?? {};
    const heap = this.#counts ? new HeapModel(options.board.variables) : undefined;
    this.#heap = heap;
    heap?.prepare(G);
    const run = (text: string, filename: string): unknown =>
      vm.runInContext(heap ? heap.load(text, "firmware") : text, context, { filename });
    installNatives(G, {
      standard: standardGlobals,
      allowed: espruinoBuiltins,
      board: options.board,
      compile: (source) =>
        vm.compileFunction(heap ? heap.load(source, "module") : source, ["exports", "module"], {
          parsingContext: context,
        }) as never,
      module: (name) => (Object.prototype.hasOwnProperty.call(modules, name) ? modules[name] : undefined),
      ...(heap && {
        allocated: (view) => {
          heap.allocated(view);
        },
        modules: (map) => {
          heap.modules(map);
        },
      }),
    });
    heap?.install(G);
    const collectorOf = (): OutputCollector => this.#collector;
    const host = {
      emit: (line: string) => {
        collectorOf().add(line);
      },
      sample:
        heap &&
        ((inside: boolean) => {
          heap.sample(inside);
        }),
      get: (name: string) => {
        const text = this.#files.get(name);
        return text === undefined || !heap ? text : heap.stored(text);
      },
      set: (name: string, data: string) => {
        this.#files.set(name, data);
      },
      remove: (name: string) => {
        this.#files.delete(name);
      },
      names: () => G.Array.apply(undefined, [...this.#files.keys()].sort()),
      native: (operation: number, memory: Uint8Array, length: number) =>
        serveThumb(options.board, operation, memory, length),
    };
    // The firmware belongs to the program's realm: the exceptions and arrays that it makes are the program's.
    const boot = vm.runInContext(`(${bootText(options)})`, context);
    const radio = run(radioText(options.radio), "radio.js");
    const hardware = run(boardText(options.board.name), "board.js");
    const firmware = (run(firmwareText("core.js"), "core.js") as (...parts: unknown[]) => Firmware)(
      host,
      boot,
      radio,
      hardware,
    );
    this.#firmware = firmware;
    heap?.hold(firmware);
    heap?.begin((call) => {
      firmware.probe(call);
    });
    try {
      vm.runInContext(heap ? heap.load(options.bundle, "program") : options.bundle, context, { filename: "bundle.js" });
    } catch (e) {
      if (this.#collector.output.cut) return this.#end();
      if (heap?.exhausted) return this.#end();
      this.#firmware = undefined;
      throw new DeviceError(
        "device-boot",
        `the bundle does not start: ${String(e)}`,
        String((e as Error)?.stack ?? ""),
      );
    }
    return this.#end();
  }

  frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#command(time, (firmware) => firmware.frame(time, Buffer.from(bytes).toString("base64")));
  }

  link(time: number, up: boolean, mtu?: number): Promise<Output> {
    return this.#command(time, (firmware) => firmware.link(time, up, mtu));
  }

  run(time: number): Promise<Output> {
    return this.#command(time, (firmware) => firmware.run(time));
  }

  async storage(): Promise<StorageImage> {
    const image: StorageImage = {};
    for (const name of [...this.#files.keys()].sort())
      image[name] = Uint8Array.from(Buffer.from(this.#files.get(name) ?? "", "latin1"));
    return image;
  }

  /** Collects garbage, which is done by itself only when it must be, and forgets the peak so far. */
  async collect(time: number): Promise<Output> {
    this.#heap?.collect();
    return this.#command(time, () => undefined);
  }

  /** The model of the program's heap, where memory is counted. */
  get heap(): HeapModel | undefined {
    return this.#heap;
  }

  async close(): Promise<void> {
    this.#firmware = undefined;
  }

  async #command(time: number, work: (firmware: Firmware) => void): Promise<Output> {
    if (this.#firmware === undefined) throw new DeviceError("device-ended", "the device is not running");
    this.#collector = new OutputCollector(time);
    this.#turn++;
    work(this.#firmware);
    return this.#end();
  }

  // Promise reactions of the program run before the command ends: a macrotask comes after all of them.
  async #end(): Promise<Output> {
    await new Promise((resolve) => setImmediate(resolve));
    const heap = this.#heap;
    const turn = ++this.#turn;
    heap?.sample(false);
    this.#firmware?.finish();
    const { output } = this.#collector;
    if (heap) {
      let { exhausted } = heap;
      heap.exhausted = false;
      // To count takes time: it is done for who looks. Later it is too late, and this is what was counted last.
      Object.defineProperty(output, "memory", {
        enumerable: true,
        get: (): MemoryReport => {
          if (turn === this.#turn) {
            heap.count(false);
            exhausted ||= heap.exhausted;
          }
          return {
            peak: heap.peak,
            usage: heap.usage,
            variables: heap.layout.variables,
            exact: false,
            ...(exhausted && { exhausted }),
          };
        },
      });
    }
    return output;
  }
}
