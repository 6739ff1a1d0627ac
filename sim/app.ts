// Public entry `e3x-mote-tools/sim`: the simulator, and `simulate` for the tests of an application: its bundle on its board, next
// to a gateway, in simulated time.

import { loadBoard, measureBoard } from "../tools/build/index.ts";
import { seedFile } from "../tools/flash/seed.ts";
import { fromBase32, generate, type KeyPair } from "../src/index.ts";
import { Driver } from "../src/node/driver.ts";
import { DrivenGateway } from "./driven-gateway.ts";
import type { SimulatedOptions } from "./driven-gateway.ts";
import { SimError } from "./errors.ts";
import { InterpreterHost } from "./hosts/interpreter.ts";
import { VmHost } from "./hosts/vm.ts";
import type { IdealOptions } from "./media/ideal.ts";
import { portOf } from "./firmware/index.ts";
import { randomOf } from "./random.ts";
import { Simulator } from "./simulator.ts";
import type { DeviceHost, Happening, Json, RadioKind, StorageImage } from "./types.ts";

export * from "./index.ts";
export { DrivenGateway } from "./driven-gateway.ts";
export type { DrivenGatewayOptions, SimulatedOptions } from "./driven-gateway.ts";

export interface SimulateOptions {
  /** The board's name. */
  board: string;
  /** The application's file. */
  app: string;
  /** The keys that the application's gateway has: a keys file's text, parsed. Left out: keys that follow from `seed`. */
  gateway?: { keys: Record<string, string>; secrets: Record<string, string> };
  /**
   * The application's own gateway: makes its Driver with the options that it is given. `messages` has what the `events` among
   * these are told. Left out: a gateway that lets the first that asks link, and it alone.
   */
  start?: (options: SimulatedOptions) => Driver;
  /** All that is random follows from it. Default 1. */
  seed?: number;
  /** Default "vm"; "interpreter" is Espruino's own, where it is found. */
  host?: "vm" | "interpreter";
  /** Latency, loss, duplication, reordering. `frameSize` is the radio's unless given. */
  medium?: Partial<IdealOptions>;
  /** What happens to the board: see sim/firmware/boards. */
  happens?: readonly Happening[];
  /** What the radio's hardware is like: see sim/firmware/radios. */
  radioOptions?: { [name: string]: Json };
  /** Files that the application finds in Storage. */
  storage?: StorageImage;
}

/** Seconds of simulated time after which what is waited for does not come any more. */
const PATIENCE = 900;

/** Lets the first that asks link, and it alone. */
function startAny(options: SimulatedOptions): Driver {
  const driver: Driver = new Driver({ ...options, accept: () => driver.endpoint.links.length === 0 });
  return driver;
}

/** An application under test: what it logs, and what the gateway gets of it. Must be closed. */
export class Simulation {
  readonly simulator: Simulator;
  readonly gateway: DrivenGateway;
  /** What the application prints, and what it does to the board. */
  readonly log: string[] = [];
  readonly host: DeviceHost;
  readonly #mtu: number | undefined;
  readonly #isConnection: boolean;

  /** Use `simulate`. `mtu` is that of a Bluetooth connection. */
  constructor(
    seed: number,
    medium: IdealOptions,
    gateway: DrivenGateway,
    host: DeviceHost,
    { mtu, isConnection }: { mtu?: number; isConnection: boolean },
  ) {
    this.gateway = gateway;
    this.host = host;
    this.#mtu = mtu;
    this.#isConnection = isConnection;
    this.simulator = new Simulator({
      seed,
      medium,
      observe: (event) => {
        if (event.kind === "log" && event.at === "device") this.log.push(event.text);
      },
    });
  }

  /** What the gateway got, in order, as text. */
  get messages(): string[] {
    return this.gateway.messages.map(({ content }) => new TextDecoder().decode(content));
  }

  /** Simulated seconds since the boot. */
  get time(): number {
    return this.simulator.time / 1000;
  }

  /** Lets time pass until something is so. Throws SimError "timeout", with the log, after `seconds`. */
  async until(done: () => boolean, seconds: number = PATIENCE): Promise<void> {
    if (await this.simulator.runWhile(done, this.simulator.time + seconds * 1000)) return;
    throw new SimError("timeout", `not in ${seconds} s of simulated time; the device's log:\n${this.log.join("\n")}`);
  }

  /** Lets so many seconds pass. */
  forSeconds(seconds: number): Promise<void> {
    return this.simulator.runUntil(this.simulator.time + seconds * 1000);
  }

  /** Has the gateway send something to the application. */
  async send(content: string | Uint8Array | object): Promise<void> {
    this.gateway.send(content);
    await this.simulator.poke("gateway");
  }

  /** Restarts the board; what is in Storage stays. */
  async restart(): Promise<void> {
    await this.simulator.restart("device");
  }

  /** Restarts the gateway, as after a power cut: with the state that it had made durable. A connection to it is made anew. */
  async restartGateway(): Promise<void> {
    this.gateway.restart();
    await this.simulator.poke("gateway");
    if (this.#isConnection) await this.disconnect(1);
  }

  /** The radio's link goes away for so many seconds, and comes back. */
  async disconnect(seconds: number): Promise<void> {
    await this.simulator.radio("device", false);
    await this.forSeconds(seconds);
    await this.simulator.radio("device", true, this.#mtu);
  }

  close(): Promise<void> {
    return this.host.close();
  }
}

/** Builds an application for its board and boots it next to a gateway. Throws what a build throws, and DeviceError. */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { seed = 1, happens, radioOptions = {} } = options;
  const board = loadBoard(options.board);
  const { files } = await measureBoard(board, { app: options.app });
  // the radio is what the application requires
  const radio = board.radios.find(({ kind }) => `${kind}.js` in files) ?? {
    kind: undefined,
    frameSize: 20,
    fifo: undefined,
  };
  const stream = radio.kind === "serial" || radio.kind === "tcp";
  const medium = { latency: 5, ...options.medium, frameSize: options.medium?.frameSize ?? radio.frameSize };
  const pair: KeyPair = options.gateway
    ? { key: fromBase32(options.gateway.keys["1a"]!), secret: fromBase32(options.gateway.secrets["1a"]!) }
    : generate(randomOf(seed, "gateway/identity"))["1a"];
  // the gateway is there before the simulator that has the time
  let now = (): number => 0;
  const gateway = new DrivenGateway({
    start: options.start ?? startAny,
    pair,
    random: randomOf(seed, "gateway/random"),
    now: () => now(),
    mtu: radio.fifo ? radio.fifo / 2 : medium.frameSize,
    stream,
    serial: radio.kind === "serial",
  });
  const mtu: { mtu?: number } = radio.kind === "ble" || radio.kind === "nus" ? { mtu: medium.frameSize + 3 } : {};
  const isConnection = mtu.mtu !== undefined || radio.kind === "tcp";
  const simulation = new Simulation(
    seed,
    medium,
    gateway,
    options.host === "interpreter" ? new InterpreterHost() : new VmHost(),
    { ...mtu, isConnection },
  );
  now = () => simulation.simulator.time;
  const storage: StorageImage = { ...options.storage };
  if (!board.entropy.hardware) {
    const { name, bytes } = seedFile(randomOf(seed, "seed"));
    storage[name] = bytes;
  }
  try {
    await simulation.simulator.addNode("gateway", gateway);
    await simulation.simulator.addDevice("device", simulation.host, {
      board,
      bundle: files["bundle.js"]!,
      hardwareEntropy: board.entropy.hardware,
      storage,
      ...mtu,
      radio: (radio.kind as RadioKind | undefined) ?? "Bluetooth",
      radioOptions: {
        ...(mtu as { mtu: number }),
        ...(portOf(board, radio.kind) as { fifo: number }),
        ...radioOptions,
      },
      ...(happens && { happens }),
    });
  } catch (error) {
    await simulation.close();
    throw error;
  }
  return simulation;
}
