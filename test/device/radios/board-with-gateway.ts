import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadBoard, measureBoard } from "../../../tools/build/index.ts";
import type { Board } from "../../../tools/build/index.ts";
import { seedFile } from "../../../tools/flash/seed.ts";
import { generate, toBase32 } from "../../../src/index.ts";
import { Gateway, Simulator, randomOf } from "../../../sim/index.ts";
import type {
  DeviceHost,
  GatewayOptions,
  Json,
  IdealOptions,
  RadioKind,
  SimEvent,
  StorageImage,
} from "../../../sim/index.ts";

const seed = 7;

const random = (name: string): ((n: number) => Uint8Array) => randomOf(seed, name);

const made = new Map<string, Promise<string>>();

/** The bundle of an application that makes the radio by `radio`, and sends back what comes, and what `at` (ms to text) says. */
function bundleOf(board: Board, native: boolean, kind: RadioKind, radio: string): Promise<string> {
  const make = async (): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), "e3x-mote-"));
    try {
      const app = join(folder, "app.js");
      writeFileSync(
        app,
        `
        import { create } from "e3x-mote";
        import { ${kind} } from "e3x-mote/${kind}";
        const config = require("Storage").readJSON("config");
        const mote = create({ radio: ${radio}, gateway: config.gateway });
        let linked = 0;
        mote.on("up", () => console.log("up", ++linked));
        mote.on("message", (_, data) => mote.send(data));
        mote.on("drop", (_, code) => console.log("drop", code));
        config.at.forEach((item) => setTimeout(() => mote.send(item[1]), item[0]));
      `,
      );
      return (await measureBoard(board, { app, native })).files["bundle.js"]!;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const key = `${board.name} ${native} ${radio}`;
  const bundle = made.get(key) ?? make();
  made.set(key, bundle);
  return bundle;
}

export interface BoardWithGatewayOptions {
  host: DeviceHost;
  /** Default espruinowifi, without native code. */
  board?: string;
  native?: boolean;
  kind: RadioKind;
  /** The radio's options, as code. */
  call: string;
  /** The radio, as code, where it is more than a call with these options. */
  radio?: string;
  radioOptions?: { [name: string]: Json };
  gateway: Omit<GatewayOptions, "pair" | "random">;
  medium: IdealOptions;
  /** MTU of the link. */
  mtu?: number;
  /** What the device sends: virtual ms from boot, and content. */
  at?: [ms: number, content: string][];
  /** Another gateway than the usual one. */
  make?: (options: GatewayOptions) => Gateway;
  observe?: (event: SimEvent) => void;
}

/** A board with a bundle as it is flashed, next to a gateway, over a radio. */
export class BoardWithGateway {
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  readonly logs: string[] = [];
  /** Lengths of the device's frames. */
  readonly frames: number[] = [];
  /** The gateway's. */
  readonly pair = generate(random("pair"))["1a"];
  readonly host: DeviceHost;
  readonly #options: BoardWithGatewayOptions;

  constructor(options: BoardWithGatewayOptions) {
    this.#options = options;
    this.host = options.host;
    const { make = (made) => new Gateway(made) } = options;
    this.gateway = make({ pair: this.pair, random: random("gateway"), pairing: true, ...options.gateway });
    this.simulator = new Simulator({
      seed,
      medium: options.medium,
      observe: (event) => {
        options.observe?.(event);
        if (event.kind === "log" && event.at === "device") this.logs.push(event.text);
        if (event.kind === "sent" && event.from === "device") this.frames.push(event.bytes.length);
      },
    });
  }

  async start(): Promise<void> {
    const { host, native = false, kind, call, radioOptions = {}, mtu, at = [] } = this.#options;
    const board = loadBoard(this.#options.board ?? "espruinowifi");
    const config = Buffer.from(JSON.stringify({ gateway: toBase32(this.gateway.key), at }));
    const { name, bytes } = seedFile(random("seed"));
    await this.simulator.addNode("gateway", this.gateway);
    const bundle = await bundleOf(board, native, kind, this.#options.radio ?? `${kind}(${call})`);
    const storage = board.entropy.hardware ? { config } : { config, [name]: bytes };
    await this.simulator.addDevice("device", host, {
      board,
      bundle,
      radio: kind,
      radioOptions,
      storage,
      ...(mtu !== undefined && { mtu }),
    });
  }

  until(done: () => boolean, limit: number): Promise<boolean> {
    return this.simulator.runWhile(done, this.simulator.time + limit);
  }

  async say(content: Uint8Array | string): Promise<void> {
    this.gateway.send(content);
    await this.simulator.poke("gateway");
  }

  /** The device's Storage. */
  storage(): Promise<StorageImage> {
    return this.host.storage();
  }

  get heard(): string[] {
    return this.gateway.messages.map(({ content }) => Buffer.from(content).toString("latin1"));
  }

  close(): Promise<void> {
    return this.simulator.close();
  }
}
