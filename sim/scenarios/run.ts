// Runs a scenario: makes its networks, lets time pass, and tells what came of it.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Advertisements, Joiner, Self, fromBase32, generate, isHandshake, lob, pieceOf, toBase32, toHex } from "../../src/index.ts";
import type { KeyPair } from "../../src/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import type { BoardBuild } from "../../tools/build/index.ts";
import { seedFile } from "../../tools/flash/seed.ts";
import { Adversaries } from "../adversaries/index.ts";
import type { Stolen, Target } from "../adversaries/index.ts";
import { deviceEnergy } from "../energy.ts";
import type { EnergySettings } from "../energy.ts";
import { SimError } from "../errors.ts";
import { Gateway } from "../gateway.ts";
import type { Received } from "../gateway.ts";
import { InterpreterHost } from "../hosts/interpreter.ts";
import { NativeDevice } from "../hosts/native.ts";
import { VmHost } from "../hosts/vm.ts";
import { Watched } from "../hosts/watched.ts";
import type { Keylog } from "../keylog.ts";
import { mediumOfRadio } from "../media/index.ts";
import type { Transmission } from "../media/medium.ts";
import { portOf } from "../firmware/index.ts";
import { randomOf, uniform } from "../random.ts";
import { Simulator } from "../simulator.ts";
import type { SimEvent, StationOptions } from "../simulator.ts";
import type { BootOptions, Node, RadioKind, StorageImage } from "../types.ts";
import { judge } from "./expectations.ts";
import { Messages } from "./messages.ts";
import type { DeviceOutcome, GatewayOutcome, MediumOutcome, Outcome } from "../outcome.ts";
import { placeOf } from "./places.ts";
import type { DeviceGroup, Fault, GatewayOf, Scenario, StationOf } from "../scenario.ts";
import { trafficOf } from "./traffic.ts";

export interface RunOptions {
  /** The folder that files of the scenario are beside. Default: the current one. */
  folder?: string;
  /** In place of the scenario's. */
  seed?: number;
  /** Hosts of "vm" groups, in place of theirs: to run all in the interpreter. */
  host?: "vm" | "interpreter";
  /** Gets the capture, line by line. Left out: there is none. */
  sink?: (line: string) => void;
  observe?: (event: SimEvent) => void;
  /** Gets the gateways' secrets: to make the side file that decrypts the capture. */
  keylog?: Keylog;
  /** Told ten times a virtual second at most. */
  progress?: (state: Progress) => void;
  /** What repeats the run, in a shell. */
  command?: string;
  /** Builds an application for a board. Default: `measureBoard`. */
  build?: (board: string, app: string) => Promise<BoardBuild>;
  /** The device or gateway that is not simulated: its bridge in its place, and its public key. */
  outside?: { name: string; node: Node; key?: Uint8Array };
  /** Lets virtual time pass up to so many ms; false ends the run. Default: as fast as can be. With a bridge: RealTime.run. */
  pass?: (simulator: Simulator, until: number) => Promise<boolean>;
}

export interface Progress {
  /** Virtual seconds. */
  time: number;
  duration: number;
  devices: number;
  linked: number;
  sent: number;
  delivered: number;
  transmissions: number;
  lost: number;
  events: number;
}

/** One device of a group. */
interface Member {
  outcome: DeviceOutcome;
  group: DeviceGroup;
  index: number;
  station: StationOptions;
  native?: NativeDevice;
  host?: Watched;
  /** Frames that it has sent, put together, where the application's messages are read off the air. */
  joiner?: Joiner;
  fragments?: Advertisements;
  /** When the packet that is open began, in ms. */
  began?: number;
  pieces: Uint8Array[];
  seen: Set<string>;
  pair?: KeyPair;
}

/** A gateway, and what it has accepted, where somebody is after it. */
interface Keeper extends Target {
  of: GatewayOf;
  outcome: GatewayOutcome;
  reader: Self;
  pair: KeyPair;
  accepted: Received[];
}

/** ms of real time after which the event loop has a turn. */
const BREATH = 50;

/** One run of a scenario. */
class ScenarioRun {
  readonly seed: number;
  readonly messages = new Messages();
  readonly members = new Map<string, Member>();
  readonly #scenario: Scenario;
  readonly #options: RunOptions;
  readonly #simulator: Simulator;
  readonly #gateways = new Map<string, Keeper>();
  readonly #adversaries: Adversaries | undefined;
  // what adversaries look for: contents of honest ones, and what devices accepted
  readonly #contents: Uint8Array[] = [];
  readonly #received: { device: string; time: number; content: Uint8Array }[] = [];
  // by the key in base32
  readonly #keys = new Map<string, Member>();
  readonly #media = new Map<string, MediumOutcome>();
  readonly #builds = new Map<string, Promise<BoardBuild>>();
  #linked = 0;
  #transmissions = 0;
  #lost = 0;

  constructor(scenario: Scenario, options: RunOptions) {
    this.#scenario = scenario;
    this.#options = options;
    this.seed = options.seed ?? scenario.seed ?? 1;
    this.#simulator = new Simulator({
      seed: this.seed,
      media: scenario.media,
      sink: options.sink ?? null,
      observe: (event) => {
        this.#saw(event);
        options.observe?.(event);
      },
    });
    if (scenario.adversaries?.length) this.#adversaries = this.#hostile();
    for (const [name, { kind }] of Object.entries(scenario.media)) {
      this.#media.set(name, { name, kind, transmissions: 0, bytes: 0, air: 0, receptions: 0, lost: {} });
    }
  }

  async run(): Promise<Outcome> {
    const begun = performance.now();
    const { duration, until, title = "scenario" } = this.#scenario;
    const { pass = (one: Simulator, ms: number) => one.runUntil(ms).then(() => true) } = this.#options;
    const simulator = this.#simulator;
    try {
      await this.#build();
      this.#schedule();
      let breath = performance.now();
      const done = (): boolean => {
        if (!until || this.#linked < this.members.size) return false;
        const { deliveries, delivered } = this.messages;
        return until === "linked" || (deliveries.length > 0 && deliveries.length === delivered);
      };
      for (let second = 1; second <= Math.ceil(duration); second++) {
        const goes = await pass(simulator, Math.min(second, duration) * 1000);
        this.#options.progress?.(this.#progress());
        if (done() || !goes) break;
        if (performance.now() - breath > BREATH) {
          await new Promise((resolve) => setImmediate(resolve));
          breath = performance.now();
        }
      }
      const seen = await this.#outcome(title, (performance.now() - begun) / 1000);
      const verdicts = (this.#scenario.expect ?? []).map((expected) => judge(expected, seen));
      return { ...seen, verdicts, held: verdicts.every(({ held }) => held), command: this.#options.command ?? "" };
    } finally {
      await simulator.close();
    }
  }

  #progress(): Progress {
    const { time, engine } = this.#simulator;
    const { deliveries, delivered } = this.messages;
    return {
      time: time / 1000, duration: this.#scenario.duration, devices: this.members.size, linked: this.#linked,
      sent: deliveries.length, delivered, transmissions: this.#transmissions, lost: this.#lost, events: engine.events,
    };
  }

  /** The view of the simulation that adversaries get. */
  #hostile(): Adversaries {
    const gateways = this.#gateways;
    const members = this.members;
    return new Adversaries({
      simulator: this.#simulator,
      media: this.#scenario.media,
      get gateways() { return Object.fromEntries(gateways); },
      sent: this.#contents,
      received: this.#received,
      *secrets() {
        for (const { pair } of gateways.values()) yield pair.secret;
        for (const { pair, host } of members.values()) {
          const secret = pair?.secret ?? host?.identity?.secret;
          if (secret) yield secret;
        }
      },
      identity: (device): Stolen | undefined => {
        const member = members.get(device);
        const pair = member?.pair ?? member?.host?.identity;
        return pair && { pair, gateway: member!.outcome.gateway };
      },
      position: (name) => members.get(name)?.station.position ?? gateways.get(name)?.outcome.position,
    });
  }

  #sent(member: Member, way: "up" | "down", content: Uint8Array, time: number): void {
    const { name: device, gateway } = member.outcome;
    this.messages.sent({ device, gateway, way }, content, time);
    if (this.#adversaries) this.#contents.push(content);
  }

  #saw(event: SimEvent): void {
    this.#adversaries?.observe(event);
    if (event.kind === "air") {
      const { transmission } = event;
      this.#transmissions++;
      const medium = this.#media.get(event.medium)!;
      medium.transmissions++;
      medium.bytes += transmission.bytes.length;
      medium.air += transmission.air;
      for (const { fate, why } of transmission.rx) {
        medium.receptions++;
        if (fate === "delivered") continue;
        this.#lost++;
        medium.lost[why ?? "loss"] = (medium.lost[why ?? "loss"] ?? 0) + 1;
      }
      const member = this.members.get(transmission.from);
      if (member?.joiner) this.#read(member, transmission);
    } else if (event.kind === "log") {
      const member = this.members.get(event.at);
      if (!member) return;
      const { text } = event;
      member.outcome.log.push({ time: event.time / 1000, text });
      if (text.startsWith("Uncaught ")) member.outcome.exceptions.push(text);
    }
  }

  // What an application sends is read off the air, with the gateway's key.
  #read(member: Member, { bytes, start, attempt = 1, type = "data", detail }: Transmission): void {
    // each PDU of a BLE connection has the whole frame
    if (type !== "data" || attempt > 1 || detail?.["part"]) return;
    member.began ??= start;
    const done = (outer: Uint8Array): void => {
      const began = member.began!;
      member.began = undefined as never;
      const whole = toHex(outer);
      if (outer[1] === 0 || member.seen.has(whole)) return;
      try {
        const inner = lob.decode(this.#gateways.get(member.outcome.gateway)!.reader.decrypt(outer));
        if (isHandshake(inner) || inner.json?.["type"] !== undefined) return;
        member.seen.add(whole);
        const piece = pieceOf(inner);
        if (piece > 128) member.pieces = [];
        member.pieces.push(Uint8Array.from(inner.body));
        if (piece % 128 > 1) return;
        const content = Uint8Array.from(Buffer.concat(member.pieces));
        member.pieces = [];
        this.#sent(member, "up", content, began / 1000);
      } catch {
        // not for the gateway, or cut
      }
    };
    if (Advertisements.is(bytes)) member.fragments!.receive("", bytes, start / 1000, done);
    else member.joiner!.add(bytes, done);
    if (!(member.joiner!.size + member.joiner!.left)) member.began = undefined as never;
  }

  // ---- the networks

  async #build(): Promise<void> {
    const { gateways = { gateway: {} }, devices } = this.#scenario;
    const { outside } = this.#options;
    const first = Object.keys(gateways)[0]!;
    const pairs = new Map<string, KeyPair>();
    const all: Member[] = [];
    for (const group of devices) {
      const { count, name } = group;
      for (let index = 0; index < (count ?? 1); index++) {
        const its = count === undefined ? name : `${name}-${index + 1}`;
        const host = group.app === undefined || outside?.name === its ? "native" : group.host === "interpreter" ? "interpreter" : this.#options.host ?? group.host ?? "vm";
        const station = this.#station(group, its, index);
        const outcome: DeviceOutcome = {
          name: its, group: name, host, ...(group.board !== undefined && host !== "native" && { board: group.board }), gateway: group.gateway ?? first,
          ...(station.position && { position: station.position }), started: 0, boots: 0, radio: {}, duty: 0, log: [], exceptions: [],
        };
        if (!(outcome.gateway in gateways)) throw new SimError("options", `there is no gateway ${outcome.gateway}, which ${name} belongs to`);
        const member: Member = { outcome, group, index, station, pieces: [], seen: new Set() };
        if (this.members.has(its) || its in gateways) throw new SimError("options", `there are two of the name ${its}`);
        this.members.set(its, member);
        all.push(member);
        if (host === "native") {
          const pair = { ...generate(randomOf(this.seed, `${its}/identity`))["1a"], ...(outside?.name === its && outside.key && { key: outside.key }) };
          pairs.set(its, pair);
          member.pair = pair;
          this.#keys.set(toBase32(pair.key), member);
        }
      }
    }
    for (const [name, of] of Object.entries(gateways)) {
      const known = all.filter(({ outcome, group }) => outcome.gateway === name && outcome.host === "native" && (group.handshake === false || of.pairing === "none"));
      await this.#addGateway(name, of, known.map(({ outcome }) => pairs.get(outcome.name)!.key));
    }
    for (const of of this.#scenario.adversaries ?? []) {
      const one = this.#adversaries!.add(of, placeOf(of.position, 0, uniform(this.seed, `${of.name}/place`)));
      if (one.station) await this.#simulator.addNode(one.name, one.node, one.station);
    }
    for (const member of all) {
      const { start = {}, count = 1 } = member.group;
      const at = ((start.at ?? 0) + ((start.over ?? 0) * member.index) / count) * 1000;
      member.outcome.started = at / 1000;
      this.#simulator.schedule(at, () => this.#start(member, pairs.get(member.outcome.name)));
    }
  }

  #station(of: StationOf, name: string, index: number): StationOptions {
    const position = placeOf(of.position, index, uniform(this.seed, `${name}/place`));
    return {
      ...(of.media && { media: of.media }), ...(position && { position }), ...(of.radio && { radio: of.radio }), ...(of.drift !== undefined && { drift: of.drift }),
    };
  }

  /** The medium of a station's first radio: how frames go there. */
  #how(station: StationOptions): { mtu: number; stream: boolean; blocking: boolean; kind: string } {
    const medium = this.#simulator.medium(station.media?.[0]);
    return { mtu: Math.min(medium.frameSize, 256), stream: medium.kind === "serial", blocking: medium.kind === "serial", kind: medium.kind };
  }

  async #keysOf(file: string): Promise<KeyPair> {
    const { keys, secrets } = JSON.parse(await readFile(resolve(this.#options.folder ?? ".", file), "utf8")) as { keys: { "1a": string }; secrets: { "1a": string } };
    return { key: fromBase32(keys["1a"]), secret: fromBase32(secrets["1a"]) };
  }

  async #addGateway(name: string, of: GatewayOf, known: Uint8Array[]): Promise<void> {
    const pair = of.keys === undefined ? generate(randomOf(this.seed, `${name}/identity`))["1a"] : await this.#keysOf(of.keys);
    const station = { media: Object.keys(this.#scenario.media), ...this.#station(of, name, 0) };
    const { mtu, stream, blocking } = this.#how(station);
    const { keylog } = this.#options;
    keylog?.own(pair);
    const random = randomOf(this.seed, `${name}/random`);
    const accepted: Received[] = [];
    const node = new Gateway({
      pair, random: keylog ? keylog.overhear(random) : random, mtu, stream, blocking, pairing: of.pairing === "none" ? false : "all", known,
      ...(of.pace !== undefined && { pace: of.pace }), ...(of.window !== undefined && { window: of.window }),
      told: {
        message: (received) => {
          const { sender, content, time } = received;
          const member = this.#memberOf(sender, name);
          outcome.messages++;
          if (this.#adversaries) {
            accepted.push(received);
            // whoever has the key may say what it wants to
            if (this.#adversaries.cloned(content)) return;
          }
          // what those outside send shows when it has come
          if (member && member.outcome.name === this.#options.outside?.name) this.#sent(member, "up", content, time / 1000);
          if (member) this.messages.came({ device: member.outcome.name, gateway: name, way: "up" }, content, time / 1000);
          else this.messages.forged++;
        },
        up: (link) => {
          const member = this.#memberOf(toBase32(link.exchange.key), name);
          if (!member || member.outcome.linked !== undefined) return;
          member.outcome.linked = this.#simulator.time / 1000;
          this.#linked++;
        },
      },
    });
    const outcome: GatewayOutcome = { name, ...(station.position && { position: station.position }), messages: 0, links: 0, drops: {}, radio: {} };
    this.#gateways.set(name, {
      gateway: node, of, outcome, pair, reader: new Self({ "1a": pair }, randomOf(this.seed, `${name}/reader`)), accepted, media: station.media, pairing: of.pairing ?? "all",
    });
    const { outside } = this.#options;
    await this.#simulator.addNode(name, outside?.name === name ? outside.node : this.#adversaries?.expose(node, node) ?? node, station);
  }

  // An application's device is known by its key once it is in its Storage.
  #memberOf(sender: string, gateway: string): Member | undefined {
    const known = this.#keys.get(sender);
    return known?.outcome.gateway === gateway ? known : undefined;
  }

  async #start(member: Member, pair: KeyPair | undefined): Promise<void> {
    const { outcome, group, station } = member;
    const { name } = outcome;
    const gateway = this.#gateways.get(outcome.gateway)!;
    outcome.boots++;
    const { outside } = this.#options;
    if (outside?.name === name) return void await this.#simulator.addNode(name, outside.node, station);
    const key = outside?.name === outcome.gateway ? outside.key ?? gateway.gateway.key : gateway.gateway.key;
    if (!pair) return this.#startApplication(member, key);
    const { mtu, stream, blocking, kind } = this.#how(station);
    const start = this.#simulator.time;
    member.native = new NativeDevice({
      pair, random: randomOf(this.seed, `${name}/random`), gateway: key, to: outcome.gateway, mtu, stream, blocking,
      ...(group.handshake === false && { handshake: false }), waits: kind === "ble",
      ...(group.traffic && { traffic: trafficOf(group.traffic, start, uniform(this.seed, `${name}/traffic`)) }),
      sent: (time, content) => { this.#sent(member, "up", content, time / 1000); },
      got: (time, content) => {
        if (this.#adversaries) this.#received.push({ device: name, time: time / 1000, content });
        this.messages.came({ device: name, gateway: outcome.gateway, way: "down" }, content, time / 1000);
      },
    });
    if (group.handshake === false) {
      outcome.linked = start / 1000;
      this.#linked++;
    }
    await this.#simulator.addNode(name, this.#adversaries?.expose(member.native) ?? member.native, station);
  }

  async #startApplication(member: Member, gateway: Uint8Array): Promise<void> {
    const { outcome, group, station } = member;
    const { name, host } = outcome;
    if (group.board === undefined) throw new SimError("options", `${group.name} has an application and no board`);
    const board = loadBoard(group.board);
    const build = await this.#application(group.board, group.app!);
    const { kind, mtu: frame } = this.#how(station);
    const radio = group.radioKind ?? (board.radios.find((one) => `${one.kind}.js` in build.files)?.kind as RadioKind | undefined);
    if (kind !== "ideal" && (!radio || mediumOfRadio[radio] !== kind)) {
      throw new SimError("options", `${group.name} has a radio of kind ${radio ?? "none"}, and is on a medium of kind ${kind}; the application has to require one for it`);
    }
    const storage: StorageImage = {};
    const files = group.storage ?? { config: JSON.stringify({ gateway: "{gateway}", mtu: "{mtu}" }).replace('"{mtu}"', "{mtu}") };
    for (const [file, text] of Object.entries(files)) {
      storage[file] = Uint8Array.from(Buffer.from(text.replaceAll("{gateway}", toBase32(gateway)).replaceAll("{mtu}", String(frame)).replaceAll("{name}", name), "utf8"));
    }
    if (!board.entropy.hardware) {
      const { name: file, bytes } = seedFile(randomOf(this.seed, `${name}/seed`));
      storage[file] = bytes;
    }
    const attMtu: { mtu?: number } = radio === "ble" || radio === "nus" ? { mtu: frame + 3 } : {};
    // what the connection takes from the stack's queue it takes an interval later
    const { interval } = ((this.#simulator.medium(station.media?.[0]) as { options?: { interval?: number } }).options ?? {});
    member.joiner = new Joiner(70000);
    member.fragments = new Advertisements();
    const watched = new Watched(host === "interpreter" ? new InterpreterHost() : new VmHost(), (key) => {
      this.#keys.set(toBase32(key), member);
      if (radio !== "advertising") return;
      // nothing can be said to it: its key is told by other means
      this.#gateways.get(outcome.gateway)!.gateway.endpoint.link(key);
      outcome.linked = this.#simulator.time / 1000;
      this.#linked++;
    });
    member.host = watched;
    await this.#simulator.addDevice(name, watched, {
      board, bundle: build.files["bundle.js"]!, hardwareEntropy: board.entropy.hardware, storage, ...attMtu,
      radio: radio ?? "Bluetooth", radioOptions: { ...(attMtu as { mtu: number }), ...(portOf(board, radio) as { fifo: number }), ...(kind === "ble" && interval !== undefined && { interval }), ...group.radioOptions },
      ...(group.happens && { happens: group.happens }), ...(group.faults && { faults: group.faults }),
    }, station);
  }

  #application(board: string, app: string): Promise<BoardBuild> {
    const name = `${board} ${app}`;
    const { build = (of, file) => measureBoard(loadBoard(of), { app: file }) } = this.#options;
    const known = this.#builds.get(name) ?? build(board, resolve(this.#options.folder ?? ".", app));
    this.#builds.set(name, known);
    return known;
  }

  // ---- what happens to it

  #schedule(): void {
    const { downlink = [], faults = [] } = this.#scenario;
    for (const fault of faults) this.#simulator.schedule(fault.at * 1000, () => this.#fault(fault));
    for (const [i, { from, to, ...traffic }] of downlink.entries()) {
      for (const member of this.members.values()) {
        const { outcome, group } = member;
        if ((from !== undefined && from !== outcome.gateway) || (to && !to.includes(outcome.name) && !to.includes(group.name))) continue;
        const next = trafficOf(traffic, outcome.started * 1000, uniform(this.seed, `${outcome.name}/downlink/${i}`));
        const say = async (): Promise<void> => {
          const due = next(this.#simulator.time);
          if (due.content) await this.#down(member, due.content);
          if (due.next !== undefined) this.#simulator.schedule(due.next, say);
        };
        this.#simulator.schedule(outcome.started * 1000, say);
      }
    }
  }

  async #down(member: Member, content: Uint8Array): Promise<void> {
    const { outcome, native } = member;
    const { gateway: node } = this.#gateways.get(outcome.gateway)!;
    const link = node.links.find((one) => this.#memberOf(toBase32(one.exchange.key), outcome.gateway)?.outcome === outcome);
    if (!link) return;
    try {
      node.send(content, link);
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error;
      return;
    }
    // what an application makes of it only its log tells
    if (native) this.#sent(member, "down", content, this.#simulator.time / 1000);
    else if (this.#adversaries) this.#contents.push(content);
    await this.#simulator.poke(outcome.gateway);
  }

  #named(name: string): Member[] {
    const found = [...this.members.values()].filter(({ outcome, group }) => outcome.name === name || group.name === name);
    if (!found.length) throw new SimError("options", `there is no device ${name} for what goes wrong`);
    return found;
  }

  async #fault(fault: Fault): Promise<void> {
    const simulator = this.#simulator;
    const later = (work: () => unknown): void => { simulator.schedule((fault.at + (fault as { for: number }).for) * 1000, work); };
    switch (fault.what) {
      case "reboot":
        for (const member of this.#named(fault.device)) await this.#restart(member);
        return;
      case "flash":
        for (const member of this.#named(fault.device)) await this.#restart(member, { faults: fault.faults });
        return;
      case "power cut":
        for (const member of this.#named(fault.device)) {
          member.native?.powerOff();
          await simulator.powerOff(member.outcome.name);
          later(() => this.#restart(member));
        }
        return;
      case "radio":
        for (const { outcome } of this.#named(fault.device)) {
          await simulator.radio(outcome.name, false);
          later(() => simulator.radio(outcome.name, true));
        }
        return;
      case "partition": {
        const groups = fault.groups.map((names) => names.flatMap((name) => (this.#gateways.has(name) ? [name] : this.#named(name).map(({ outcome }) => outcome.name))));
        simulator.part(groups);
        later(() => { simulator.part(undefined); });
        return;
      }
      case "gateway restart": {
        const name = fault.gateway ?? this.#gateways.keys().next().value!;
        this.#gateways.get(name)!.gateway.restart(fault.forget);
        await simulator.poke(name);
      }
    }
  }

  async #restart({ outcome, native }: Member, changes: Partial<BootOptions> = {}): Promise<void> {
    const { name } = outcome;
    outcome.boots++;
    this.#simulator.powerOn(name);
    if (native) {
      native.restart();
      await this.#simulator.poke(name);
    } else await this.#simulator.restart(name, changes);
  }

  // ---- what came of it

  async #outcome(title: string, took: number): Promise<Omit<Outcome, "verdicts" | "held" | "command">> {
    const simulator = this.#simulator;
    const time = simulator.time / 1000;
    const radio = (name: string): DeviceOutcome["radio"] => (simulator.names.includes(name) ? simulator.usage(name) : {});
    const there = new Set(simulator.names);
    for (const { outcome, host, station } of this.members.values()) {
      if (!there.has(outcome.name)) continue;
      outcome.radio = simulator.usage(outcome.name);
      const lived = time - outcome.started;
      outcome.duty = lived > 0 ? Object.values(outcome.radio).reduce((sum, { tx }) => sum + tx, 0) / 1000 / lived : 0;
      const uses = Object.entries(outcome.radio).map(([name, usage]) => ({ kind: this.#media.get(name)!.kind, usage, settings: (station.radio ?? {}) as EnergySettings }));
      const energy = deviceEnergy(outcome.board, uses, lived);
      if (energy?.total) outcome.energy = energy;
      const { memory } = host ?? {};
      if (memory) outcome.memory = { peak: memory.peak, variables: memory.variables };
    }
    for (const [name, { gateway: node, outcome }] of this.#gateways) {
      outcome.links = node.links.length;
      outcome.drops = { ...node.drops } as { [code: string]: number };
      outcome.radio = radio(name);
    }
    const { deliveries, forged } = this.messages;
    return {
      title, seed: this.seed, time, took, events: simulator.engine.events,
      devices: [...this.members.values()].map(({ outcome }) => outcome),
      gateways: [...this.#gateways.values()].map(({ outcome }) => outcome),
      media: [...this.#media.values()], deliveries, forged, breaches: this.#adversaries?.breaches() ?? [],
    };
  }
}

/**
 * Runs a scenario to its end. Throws SimError "options" where it contradicts itself, what builds throw, and DeviceError
 * where a device does not start; what was expected and did not hold is no error, but said in the outcome.
 */
export function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  return new ScenarioRun(scenario, options).run();
}
