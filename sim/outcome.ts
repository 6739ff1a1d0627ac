// What came of a run of a scenario: all that its report, its expectations and programs need. Times are seconds.

import type { MediumKind, Usage, Why } from "./media/medium.ts";
import type { Position } from "./media/propagation.ts";

/** A message on its way from a device to its gateway, or back. */
export interface Delivery {
  device: string;
  gateway: string;
  /** "up" from the device, "down" to it. */
  way: "up" | "down";
  bytes: number;
  /** When it was given to the sender's link; of a device's own application when its first frame was on the air. */
  sent: number;
  /** When it was accepted; undefined: not. */
  delivered?: number;
  /** How often it was accepted. */
  times: number;
}

export interface DeviceOutcome {
  name: string;
  group: string;
  host: "native" | "vm" | "interpreter";
  board?: string;
  gateway: string;
  position?: Position;
  started: number;
  /** When its link came up first, as its gateway knows. */
  linked?: number;
  boots: number;
  /** Radio use by medium. */
  radio: { [medium: string]: Usage };
  /** Share of its time on the air. */
  duty: number;
  /** Millijoule: see energy.ts. */
  energy?: { tx: number; rx: number; idle: number; total: number };
  log: { time: number; text: string }[];
  exceptions: string[];
  /** Interpreter only: variables at most, and those that it has. */
  memory?: { peak: number; variables: number };
}

export interface GatewayOutcome {
  name: string;
  position?: Position;
  messages: number;
  links: number;
  drops: { [code: string]: number };
  radio: { [medium: string]: Usage };
}

export interface MediumOutcome {
  name: string;
  kind: MediumKind;
  /** Transmissions, their bytes of frames, and ms on the air of all. */
  transmissions: number;
  bytes: number;
  air: number;
  /** Receptions that were due (each transmission at each that it was meant for, and listens), and those that failed, by why. */
  receptions: number;
  lost: { [why in Why]?: number };
}

export interface Verdict {
  /** What was expected, in words. */
  text: string;
  held: boolean;
  /** What was, in words. */
  got: string;
}

export interface Breach {
  adversary: string;
  time: number;
  text: string;
}

export interface Outcome {
  title: string;
  seed: number;
  /** Virtual seconds at the end, and those of the wall clock that it took. */
  time: number;
  took: number;
  /** How much happened. */
  events: number;
  devices: DeviceOutcome[];
  gateways: GatewayOutcome[];
  media: MediumOutcome[];
  deliveries: Delivery[];
  /** Messages that a gateway accepted though nobody sent them. */
  forged: number;
  breaches: Breach[];
  verdicts: Verdict[];
  /** Whether all that was expected held. */
  held: boolean;
  /** What repeats the run, in a shell. */
  command: string;
}
