// A micro:bit 2 with an application of the fixtures, as it is flashed, and a gateway, with somebody who hears and reads all.
import { fileURLToPath } from "node:url";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { errorCode, generate, toBase32 } from "../../src/index.ts";
import { Gateway, Simulator, VmHost, randomOf } from "../../sim/index.ts";
import type { DeviceHost, GatewayOptions, IdealOptions, SimEvent } from "../../sim/index.ts";
import { Observer } from "./observer.ts";
import type { Side } from "./observer.ts";

// what is tried here is not memory (test/device/exact.test.ts): a Puck.js has little more than its own channels take
const board = loadBoard("microbit2");
const bundles = new Map<string, Promise<string>>();

function bundleOf(name: string): Promise<string> {
  const app = fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
  const made = bundles.get(name) ?? measureBoard(board, { app }).then(({ files }) => files["bundle.js"]!);
  bundles.set(name, made);
  return made;
}

export interface PairOptions {
  /** The application, a file of the fixtures, and what its "config" has beside the gateway's key. */
  app: string;
  config?: object;
  seed?: number;
  medium?: Partial<IdealOptions>;
  gateway?: Partial<GatewayOptions>;
  observe?: (event: SimEvent) => void;
}

export class Pair {
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  readonly observer: Observer;
  readonly host: DeviceHost = new VmHost({ memory: false });
  /** The device's log; codes of drops as text. */
  readonly logs: string[] = [];
  /** The codes of what the device refused, in order. */
  readonly drops: string[] = [];
  readonly #options: PairOptions;

  constructor(options: PairOptions) {
    this.#options = options;
    const { seed = 1, medium, gateway, observe } = options;
    const pair = generate(randomOf(seed, "gateway/identity"))["1a"];
    this.observer = new Observer(pair);
    const random = this.observer.overhear(randomOf(seed, "gateway/random"));
    this.gateway = new Gateway({ pair, random, mtu: 20, pace: 16, pairing: true, ...gateway });
    this.simulator = new Simulator({
      seed,
      medium: { frameSize: 20, latency: 5, ...medium },
      sink: () => undefined,
      observe: (event) => {
        if (event.kind === "sent" && event.to !== "other" && event.from !== "other")
          this.observer.add(event.from as Side, event.bytes);
        if (event.kind === "log" && event.at === "device") this.#log(event.text);
        observe?.(event);
      },
    });
  }

  /** Boots both, and goes on until they are linked, or something else is so; false where it is not within 100 s. */
  async start(done = (): boolean => this.logs.includes("up")): Promise<boolean> {
    const { app, config } = this.#options;
    const file = Uint8Array.from(Buffer.from(JSON.stringify({ gateway: toBase32(this.gateway.key), ...config })));
    await this.simulator.addNode("gateway", this.gateway);
    await this.simulator.addDevice("device", this.host, {
      // native code takes its own time
      board: { ...board, curveStepMs: 0.01 },
      bundle: await bundleOf(app),
      radio: "ble",
      mtu: 23,
      storage: { config: file },
    });
    const reached = await this.until(done, 100);
    await this.learn();
    return reached;
  }

  /** Lets the observer know the device's identity, where it is there already. */
  async learn(): Promise<void> {
    const file = (await this.host.storage())["mote.id"];
    if (file) this.observer.know(file);
  }

  /** Goes on until something is so; false where it is not within so many virtual seconds. */
  until(done: () => boolean, seconds: number): Promise<boolean> {
    return this.simulator.runWhile(done, this.simulator.time + seconds * 1000);
  }

  /** Goes on for so many virtual seconds. */
  pass(seconds: number): Promise<void> {
    return this.simulator.runUntil(this.simulator.time + seconds * 1000);
  }

  /** Restarts one side with what it has kept. */
  async restart(side: Side): Promise<void> {
    this.observer.cut(side);
    // its radio reaches the gateway anew, which then begins again with what it has begun to send
    if (side === "device") this.observer.cut("gateway");
    if (side === "device") await this.simulator.restart("device");
    else {
      this.gateway.restart();
      await this.simulator.poke("gateway");
    }
  }

  /** The device's radio reaches the gateway no more, or again. */
  async radio(up: boolean): Promise<void> {
    for (const side of ["device", "gateway"] as const) this.observer.cut(side);
    await this.simulator.radio("device", up, 23);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  #log(text: string): void {
    if (text.startsWith("drop ")) this.drops.push(errorCode(Number(text.slice(5)))!);
    else this.logs.push(text);
  }
}
