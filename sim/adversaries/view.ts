// The view that adversaries have of a simulation, and what is seen of them.

import type { KeyPair } from "../../src/index.ts";
import type { Gateway, Received } from "../gateway.ts";
import type { MediumOptions } from "../media/index.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import type { Breach } from "../outcome.ts";
import type { SimEvent, Simulator, StationOptions } from "../simulator.ts";
import type { Node } from "../types.ts";

export interface AdversaryView {
  simulator: Simulator;
  /** By name, in the simulator's order. */
  media: { [name: string]: MediumOptions };
  gateways: { [name: string]: Target };
  /** All contents that honest ones have sent, both ways; grows. */
  sent: readonly Uint8Array[];
  /** What devices have accepted; grows. Seconds. */
  received?: readonly { device: string; time: number; content: Uint8Array }[];
  /** What nobody may say: secret keys. Asked when it is looked for. */
  secrets?(): Iterable<Uint8Array>;
  /** A device's identity, once it has one, and the gateway that it belongs to: for clones. */
  identity?(device: string): Stolen | undefined | Promise<Stolen | undefined>;
  /** Where stations are. */
  position?(station: string): Position | undefined;
}

/** A gateway that they may be after. */
export interface Target {
  gateway: Gateway;
  /** As of its station. */
  media?: readonly string[];
  /** "none": whom it does not know may not link. Default "all". */
  pairing?: "all" | "none";
  /** What it has accepted; grows. Default: `gateway.messages`, which stay empty where `GatewayOptions.told` is given. */
  accepted?: readonly Received[];
}

export interface Stolen {
  pair: KeyPair;
  gateway: string;
}

/** Somebody who means no good. */
export interface Adversary {
  readonly name: string;
  readonly kind: AdversaryOf["kind"];
  /** How it joins the simulator; without a station it does not: it only hears. */
  readonly node: Node;
  readonly station: StationOptions | undefined;
  /** What it has heard and said, in numbers. */
  readonly stats: { [what: string]: number };
  /** Messages that it sends in the name of another. */
  readonly contents: readonly Uint8Array[];
  /** Is told all that happens. */
  observe(event: SimEvent): void;
  /** It says nothing more. */
  stop(): void;
  /** What it has got so far that it should not have. */
  breaches(): Breach[];
}

/** What adversaries of one simulation share. */
export interface Shared extends AdversaryView {
  adversaries: Map<string, Adversary>;
  /** Whom frames say that they are from, where that is another than their sender. */
  claims: WeakMap<Uint8Array, string>;
}
