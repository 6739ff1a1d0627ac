import vm from "node:vm";
import { crc32, type Wire } from "../../tools/flash/index.ts";

export interface FakeOptions {
  board?: string;
  /** Bytes that its Storage holds. */
  room?: number;
  /** Bytes of Storage held by erased files, until compact. */
  trash?: number;
  /** Changes what is written to its flash. */
  flaw?: (name: string, data: string) => string;
  /** What becomes of a line on its way; called with each. */
  line?: (line: string) => string;
  /** What it has besides: global objects, in place of those that flashing uses; modules. */
  globals?: Record<string, unknown>;
  modules?: Record<string, unknown>;
}

/** A board's console as far as flashing uses it: lines in, evaluated, answers out. */
export class FakeBoard implements Wire {
  readonly files = new Map<string, string>();
  /** What was run, without what asks for the answer. */
  readonly lines: string[] = [];
  /** How often Ctrl-C came. */
  interrupts = 0;
  #heard: (text: string) => void = () => undefined;
  #begun = "";
  readonly #context: vm.Context;
  readonly #line: (line: string) => string;

  constructor({
    board = "PUCKJS",
    room = 40960,
    trash = 0,
    flaw = (_, data) => data,
    line = (text) => text,
    globals = {},
    modules = {},
  }: FakeOptions = {}) {
    this.#line = line;
    const { files } = this;
    const used = (): number => [...files.values()].reduce((sum, data) => sum + data.length + 32, 0);
    const storage = {
      read: (name: string, offset = 0, length = Infinity) => files.get(name)?.slice(offset, offset + length),
      list: (pattern: RegExp) => [...files.keys()].filter((name) => pattern.test(name)),
      erase: (name: string) => {
        trash += (files.get(name) ?? "").length;
        files.delete(name);
      },
      compact: () => {
        trash = 0;
      },
      getStats: () => ({ freeBytes: room - used() - trash, trashBytes: trash, totalBytes: room }),
      write: (name: string, data: string, offset: number, size: number) => {
        if (size > room - used() - trash && !files.has(name)) return false;
        const old = (offset > 0 ? files.get(name) : undefined) ?? "\xff".repeat(size);
        // as on a board: not even with the same
        if (/[^\xff]/.test(old.slice(offset, offset + data.length)))
          throw new Error("File already written with different data");
        files.set(name, old.slice(0, offset) + flaw(name, data) + old.slice(offset + data.length));
        return true;
      },
    };
    const print = (text: string): void => {
      setImmediate(() => this.#heard(`${text}\r\n>`));
    };
    this.#context = vm.createContext({
      print,
      atob: (text: string) => Buffer.from(text, "base64").toString("latin1"),
      E: { CRC32: (text: string) => crc32(Buffer.from(text, "latin1")) },
      require: (name: string) => modules[name] ?? storage,
      process: { env: { BOARD: board, VERSION: "2v29" }, memory: () => ({ free: 2000 }) },
      reset: () => {
        for (const name of Object.keys(this.#context))
          if (!known.has(name)) vm.runInContext(`delete global["${name}"]`, this.#context);
      },
      load: () => undefined,
      ...globals,
    });
    vm.runInContext("var global = globalThis", this.#context);
    const known = new Set(Object.keys(this.#context));
  }

  listen(heard: (text: string) => void): void {
    this.#heard = heard;
  }

  async write(text: string): Promise<void> {
    for (const c of text) {
      if (c === "\x03") {
        this.interrupts++;
        this.#begun = "";
      } else if (c !== "\n") this.#begun += c;
      else this.#run();
    }
  }

  #run(): void {
    const line = this.#line(this.#begun.replace("\x10", ""));
    this.#begun = "";
    if (line) this.lines.push(line);
    try {
      vm.runInContext(line, this.#context);
    } catch (error) {
      setImmediate(() => this.#heard(`Uncaught ${String(error)}\r\n>`));
    }
  }
}
