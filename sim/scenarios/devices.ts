// Makes the devices of a scenario, and starts each at its time.

import { resolve } from "node:path";
import { generate, toBase32 } from "../../src/index.ts";
import type { KeyPair } from "../../src/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import type { BoardBuild } from "../../tools/build/index.ts";
import { seedFile } from "../../tools/flash/seed.ts";
import { SimError } from "../errors.ts";
import { portOf } from "../firmware/index.ts";
import { InterpreterHost } from "../hosts/interpreter.ts";
import { NativeDevice } from "../hosts/native.ts";
import { VmHost } from "../hosts/vm.ts";
import { Watched } from "../hosts/watched.ts";
import { mediumOfRadio } from "../media/index.ts";
import type { DeviceOutcome } from "../outcome.ts";
import { randomOf, uniform } from "../random.ts";
import type { GatewayOf } from "../scenario.ts";
import type { RadioKind, StorageImage } from "../types.ts";
import { AirReader } from "./air-reader.ts";
import { nameOf } from "./names.ts";
import type { Device, Network } from "./network.ts";
import { trafficOf } from "./traffic.ts";

export class Devices {
  readonly #network: Network;
  readonly #builds = new Map<string, Promise<BoardBuild>>();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Has all devices of the scenario in the network; none is on the air. */
  add(gateways: { [name: string]: GatewayOf }): void {
    const {
      scenario,
      options: { outside, host: replaced },
    } = this.#network;
    const first = Object.keys(gateways)[0]!;
    for (const group of scenario.devices) {
      for (let index = 0; index < (group.count ?? 1); index++) {
        const name = nameOf(group, index);
        const host =
          group.app === undefined || outside?.name === name
            ? "native"
            : group.host === "interpreter"
              ? "interpreter"
              : (replaced ?? group.host ?? "vm");
        const station = this.#network.station(group, name, index);
        const outcome: DeviceOutcome = {
          name,
          group: group.name,
          host,
          ...(group.board !== undefined && host !== "native" && { board: group.board }),
          gateway: group.gateway ?? first,
          ...(station.position && { position: station.position }),
          started: 0,
          boots: 0,
          radio: {},
          duty: 0,
          log: [],
          exceptions: [],
        };
        if (!(outcome.gateway in gateways))
          throw new SimError("options", `there is no gateway ${outcome.gateway}, which ${group.name} belongs to`);
        if (this.#network.devices.has(name) || name in gateways)
          throw new SimError("options", `there are two of the name ${name}`);
        this.#addOne({ outcome, group, index, station });
      }
    }
  }

  #addOne(device: Device): void {
    const {
      seed,
      devices,
      options: { outside },
    } = this.#network;
    const { name, host } = device.outcome;
    devices.set(name, device);
    if (host !== "native") return;
    device.pair = {
      ...generate(randomOf(seed, `${name}/identity`))["1a"],
      ...(outside?.name === name && outside.key && { key: outside.key }),
    };
    this.#network.known(device.pair.key, device);
  }

  /** Keys of the devices that a gateway knows from the start: of those that cannot make themselves known. */
  keysFor(gateway: string, { pairing }: GatewayOf): Uint8Array[] {
    return [...this.#network.devices.values()]
      .filter(
        ({ outcome, group, pair }) =>
          outcome.gateway === gateway && pair && (group.handshake === false || pairing === "none"),
      )
      .map(({ pair }) => pair!.key);
  }

  /** Has each started at its time. */
  schedule(): void {
    const { devices, simulator } = this.#network;
    for (const device of devices.values()) {
      const { start = {}, count = 1 } = device.group;
      const at = ((start.at ?? 0) + ((start.over ?? 0) * device.index) / count) * 1000;
      device.outcome.started = at / 1000;
      simulator.schedule(at, () => this.#start(device));
    }
  }

  async #start(device: Device): Promise<void> {
    const {
      simulator,
      gateways,
      options: { outside },
    } = this.#network;
    const { outcome, station, pair } = device;
    const { name } = outcome;
    outcome.boots++;
    if (outside?.name === name) return void (await simulator.addNode(name, outside.node, station));
    const own = gateways.get(outcome.gateway)!.gateway.key;
    const key = outside?.name === outcome.gateway ? (outside.key ?? own) : own;
    if (pair) await this.#startNative(device, pair, key);
    else await this.#startApplication(device, key);
  }

  async #startNative(device: Device, pair: KeyPair, gateway: Uint8Array): Promise<void> {
    const network = this.#network;
    const { seed, simulator, messages, adversaries } = network;
    const { outcome, group, station } = device;
    const { name } = outcome;
    const { mtu, stream, blocking, kind } = network.framing(station);
    const native = (device.native = new NativeDevice({
      pair,
      random: randomOf(seed, `${name}/random`),
      gateway,
      to: outcome.gateway,
      mtu,
      stream,
      blocking,
      ...(group.handshake === false && { handshake: false }),
      waits: kind === "ble",
      ...(group.traffic && { traffic: trafficOf(group.traffic, simulator.time, uniform(seed, `${name}/traffic`)) }),
      sent: (time, content) => {
        network.sent(device, "up", content, time / 1000);
      },
      got: (time, content) => {
        if (adversaries) network.received.push({ device: name, time: time / 1000, content });
        messages.came({ device: name, gateway: outcome.gateway, way: "down" }, content, time / 1000);
      },
    }));
    if (group.handshake === false) network.up(device);
    await simulator.addNode(name, adversaries?.expose(native) ?? native, station);
  }

  async #startApplication(device: Device, key: Uint8Array): Promise<void> {
    const network = this.#network;
    const { seed, simulator } = network;
    const { outcome, group, station } = device;
    const { name, host } = outcome;
    if (group.board === undefined) throw new SimError("options", `${group.name} has an application and no board`);
    const board = loadBoard(group.board);
    const build = await this.#build(group.board, group.app!);
    const { kind, mtu: frame } = network.framing(station);
    const radio =
      group.radioKind ?? (board.radios.find((one) => `${one.kind}.js` in build.files)?.kind as RadioKind | undefined);
    if (kind !== "ideal" && (!radio || mediumOfRadio[radio] !== kind)) {
      throw new SimError(
        "options",
        `${group.name} has a radio of kind ${radio ?? "none"}, and is on a medium of kind ${kind}; the application has to require one for it`,
      );
    }
    const storage: StorageImage = {};
    const files = group.storage ?? {
      config: JSON.stringify({ gateway: "{gateway}", mtu: "{mtu}" }).replace('"{mtu}"', "{mtu}"),
    };
    for (const [file, text] of Object.entries(files)) {
      storage[file] = Uint8Array.from(
        Buffer.from(
          text.replaceAll("{gateway}", toBase32(key)).replaceAll("{mtu}", String(frame)).replaceAll("{name}", name),
          "utf8",
        ),
      );
    }
    if (!board.entropy.hardware) {
      const { name: file, bytes } = seedFile(randomOf(seed, `${name}/seed`));
      storage[file] = bytes;
    }
    const attMtu: { mtu?: number } = radio === "ble" || radio === "nus" ? { mtu: frame + 3 } : {};
    // what the connection takes from the stack's queue it takes an interval later
    const { interval } = (simulator.medium(station.media?.[0]) as { options?: { interval?: number } }).options ?? {};
    const { gateway, reader } = network.gateways.get(outcome.gateway)!;
    device.reader = new AirReader(reader, (content, time) => {
      network.sent(device, "up", content, time);
    });
    const watched = (device.host = new Watched(host === "interpreter" ? new InterpreterHost() : new VmHost(), (own) => {
      network.known(own, device);
      if (radio !== "advertising") return;
      // nothing can be said to it: its key is told by other means
      gateway.endpoint.link(own);
      network.up(device);
    }));
    await simulator.addDevice(
      name,
      watched,
      {
        board,
        bundle: build.files["bundle.js"]!,
        hardwareEntropy: board.entropy.hardware,
        storage,
        ...attMtu,
        radio: radio ?? "Bluetooth",
        radioOptions: {
          ...(attMtu as { mtu: number }),
          ...(portOf(board, radio) as { fifo: number }),
          ...(kind === "ble" && interval !== undefined && { interval }),
          ...group.radioOptions,
        },
        ...(group.happens && { happens: group.happens }),
        ...(group.faults && { faults: group.faults }),
      },
      station,
    );
  }

  /** Each application is built once for a board. */
  #build(board: string, app: string): Promise<BoardBuild> {
    const { build = (of, file) => measureBoard(loadBoard(of), { app: file }), folder = "." } = this.#network.options;
    const name = `${board} ${app}`;
    const known = this.#builds.get(name) ?? build(board, resolve(folder, app));
    this.#builds.set(name, known);
    return known;
  }
}
