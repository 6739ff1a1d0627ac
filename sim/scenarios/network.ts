// Who takes part in a run of a scenario, and what is known of them: run.ts and the files that it imports work on that.

import { toBase32 } from "../../src/index.ts";
import type { KeyPair, Self } from "../../src/index.ts";
import type { Adversaries, Target } from "../adversaries/index.ts";
import { SimError } from "../errors.ts";
import type { Received } from "../gateway.ts";
import type { NativeDevice } from "../hosts/native.ts";
import type { Watched } from "../hosts/watched.ts";
import type { DeviceOutcome, GatewayOutcome } from "../outcome.ts";
import { uniform } from "../random.ts";
import type { DeviceGroup, GatewayOf, Scenario, StationOf } from "../scenario.ts";
import { Simulator } from "../simulator.ts";
import type { SimEvent, StationOptions } from "../simulator.ts";
import type { AirReader } from "./air-reader.ts";
import { Messages } from "./messages.ts";
import type { RunOptions } from "./options.ts";
import { placeOf } from "./places.ts";

/** One device of a group. */
export interface Device {
  outcome: DeviceOutcome;
  group: DeviceGroup;
  index: number;
  station: StationOptions;
  /** The endpoint of a group without an application, from its start on; its key pair is known before. */
  native?: NativeDevice;
  pair?: KeyPair;
  /** What an application runs in, from its start on, and what reads its messages off the air. */
  host?: Watched;
  reader?: AirReader;
}

/** A gateway, and what it has accepted, where somebody is after it. */
export interface GatewayStation extends Target {
  of: GatewayOf;
  outcome: GatewayOutcome;
  reader: Self;
  pair: KeyPair;
  accepted: Received[];
}

export class Network {
  readonly scenario: Scenario;
  readonly options: RunOptions;
  readonly seed: number;
  readonly simulator: Simulator;
  readonly messages = new Messages();
  /** By name. */
  readonly devices = new Map<string, Device>();
  readonly gateways = new Map<string, GatewayStation>();
  /** Where the scenario has any; there before all stations are. */
  adversaries: Adversaries | undefined;
  /** What adversaries look for: contents of honest ones, and what devices accepted. */
  readonly contents: Uint8Array[] = [];
  readonly received: { device: string; time: number; content: Uint8Array }[] = [];
  /** How many devices have been linked. */
  linked = 0;
  // by the key in base32
  readonly #keys = new Map<string, Device>();

  /** @param observe is told all that happens */
  constructor(scenario: Scenario, options: RunOptions, observe: (event: SimEvent) => void) {
    this.scenario = scenario;
    this.options = options;
    this.seed = options.seed ?? scenario.seed ?? 1;
    this.simulator = new Simulator({ seed: this.seed, media: scenario.media, sink: options.sink ?? null, observe });
  }

  /** A device is known by a key from now on: an application's once it is in its Storage. */
  known(key: Uint8Array, device: Device): void {
    this.#keys.set(toBase32(key), device);
  }

  /** The device of a gateway by its key in base32. */
  deviceOf(sender: string, gateway: string): Device | undefined {
    const known = this.#keys.get(sender);
    return known?.outcome.gateway === gateway ? known : undefined;
  }

  /** The devices that a name of a device, or of a group, stands for. */
  named(name: string): Device[] {
    const found = [...this.devices.values()].filter(
      ({ outcome, group }) => outcome.name === name || group.name === name,
    );
    if (!found.length) throw new SimError("options", `there is no device ${name} for what goes wrong`);
    return found;
  }

  /** @param time seconds */
  sent(device: Device, way: "up" | "down", content: Uint8Array, time: number): void {
    const { name, gateway } = device.outcome;
    this.messages.sent({ device: name, gateway, way }, content, time);
    if (this.adversaries) this.contents.push(content);
  }

  /** A device is linked for the first time, now. */
  up({ outcome }: Device): void {
    outcome.linked = this.simulator.time / 1000;
    this.linked++;
  }

  /** How the i-th of a group, or one alone, joins the simulator. */
  station(of: StationOf, name: string, index: number): StationOptions {
    const position = placeOf(of.position, index, uniform(this.seed, `${name}/place`));
    return {
      ...(of.media && { media: of.media }),
      ...(position && { position }),
      ...(of.radio && { radio: of.radio }),
      ...(of.drift !== undefined && { drift: of.drift }),
    };
  }

  /** The medium of a station's first radio: how frames go there. */
  framing(station: StationOptions): { mtu: number; stream: boolean; blocking: boolean; kind: string } {
    const medium = this.simulator.medium(station.media?.[0]);
    return {
      mtu: Math.min(medium.frameSize, 256),
      stream: medium.kind === "serial",
      blocking: medium.kind === "serial",
      kind: medium.kind,
    };
  }
}
