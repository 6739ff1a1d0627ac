// What a scenario is: media, gateways, devices, traffic, faults, adversaries, and what is expected of the run. As a file it
// is JSON, or a module whose default export is one; the same object in a program.

import type { MediumOptions } from "./media/index.ts";
import type { Position } from "./media/propagation.ts";
import type { Faults, Happening, Json, RadioKind } from "./types.ts";
import type { Outcome } from "./outcome.ts";

export interface Scenario {
  /** What it is about, in a line. */
  title?: string;
  /** Default 1. */
  seed?: number;
  /** Seconds of virtual time. It ends earlier where `until` holds. */
  duration: number;
  /** "linked": every device has linked; "delivered": and nothing that was sent is missing. Looked at once a second. */
  until?: "linked" | "delivered";
  /** By name. */
  media: { [name: string]: MediumOptions };
  /** By name; "gateway" with no options where it is left out. */
  gateways?: { [name: string]: GatewayOf };
  devices: DeviceGroup[];
  /** What gateways send to devices. */
  downlink?: (Traffic & { from?: string; to?: string[] })[];
  faults?: Fault[];
  adversaries?: AdversaryOf[];
  /** All must hold, or the run has failed. */
  expect?: Expectation[];
}

/** Where stations of a group are: one place, a line or grid from it, or anywhere in a disc around it (seeded). */
export type Places =
  Position | { around: Position; radius: number } | { grid: Position; step: number; columns: number };

/** Who is on the air. */
export interface StationOf {
  /** Names of media; default: the first. */
  media?: string[];
  position?: Places;
  /** What its radio is set to: see the medium's file. */
  radio?: { [name: string]: Json };
  /** Millionths by which its clock is fast. */
  drift?: number;
}

export interface GatewayOf extends StationOf {
  /** Whom it lets link: "all" (default), "none" but those of `devices` that are paired from the beginning. */
  pairing?: "all" | "none";
  /** Its keys: a file of `mote keys new`, beside the scenario's, for applications that have its public key built in. Default: keys that follow from the seed. */
  keys?: string;
  /** Milliseconds from one frame to the next to the same device. Default: frames go all at once. */
  pace?: number;
  /** As of Endpoint: packets of a reliable channel that wait. */
  window?: number;
}

/** Devices that are alike. */
export interface DeviceGroup extends StationOf {
  /** The name of one; of several "name-1", "name-2" ... */
  name: string;
  count?: number;
  /** "native": an endpoint of the host package; "vm": the bundle in node:vm; "interpreter": in Espruino's own. Default "vm" where there is an app, else "native". */
  host?: "native" | "vm" | "interpreter";
  /** Board and application, a file beside the scenario's, of "vm" and "interpreter". */
  board?: string;
  app?: string;
  /** The radio that the application requires. Default: found in its bundle. */
  radioKind?: RadioKind;
  radioOptions?: { [name: string]: Json };
  happens?: Happening[];
  /** Files in Storage: text by name. "{gateway}" in it is the gateway's public key, "{mtu}" the frame size. Default: "config", as of examples/telemetry. */
  storage?: { [file: string]: string };
  /** The gateway that it belongs to. Default: the first. */
  gateway?: string;
  /** Seconds after which they start, one after the other over `over` seconds. Default 0, all at once. */
  start?: { at?: number; over?: number };
  /** False: paired from the beginning, without a handshake, as with a radio that only sends. Native ones only. */
  handshake?: false;
  /** What native ones send; an application sends by itself. */
  traffic?: Traffic;
  /** Of the first boot: see sim/types. */
  faults?: Faults;
}

export interface Traffic {
  /** Seconds between messages, and by what share of that each is late, evenly. Default jitter 0.1. */
  every: number;
  jitter?: number;
  /** Bytes of a message (default 12), or its text. */
  bytes?: number;
  text?: string;
  /** Seconds after the start of the device. Default: `every`. */
  after?: number;
  /** How many. Default: no end. */
  count?: number;
}

/** Something that goes wrong at a time in seconds. `device` is a device, or a group for all of it. */
export type Fault = { at: number } & (
  | { what: "reboot"; device: string }
  /** The power is off for so many seconds. */
  | { what: "power cut"; device: string; for: number }
  /** The power is cut in a write to flash of the boot that begins now: see Faults. */
  | { what: "flash"; device: string; faults: Faults }
  /** The radio is away for so many seconds. */
  | { what: "radio"; device: string; for: number }
  /** Only within groups anybody is heard. Groups name stations, or groups of devices. */
  | { what: "partition"; groups: string[][]; for: number }
  | { what: "gateway restart"; gateway?: string; forget?: boolean }
);

/** Who means no good: see adversaries.ts. */
export type AdversaryOf = StationOf & { name: string } & (
    | { kind: "sniffer" }
    /** Says again what it has heard, after so many seconds, each with a chance. */
    | { kind: "replayer"; after: number; share?: number }
    /** Says again with flipped bits what it has heard, at once. */
    | { kind: "bit-flipper"; share?: number; bits?: number }
    /** Handshakes of made up endpoints, so many a second. */
    | { kind: "flooder"; rate: number }
    /** Noise of so many ms, every so many, or whenever something begins. */
    | { kind: "jammer"; ms: number; every?: number; reactive?: boolean; power?: number }
    /** A device with the identity of another, which it has stolen; it starts later. */
    | { kind: "clone"; of: string; at: number }
  );

/** A share from 0 to 1, or a number, that has to be at least or at most so much. */
export interface Bounds {
  atLeast?: number;
  atMost?: number;
}

/** What has to hold at the end; `devices` and `gateway` narrow it to some (names, or groups). Left out: all. */
export type Expectation = { devices?: string[]; title?: string } &
  /** Share of devices that have linked, each within so many seconds of its start. */
  (
    | ({ what: "linked"; within?: number } & Bounds)
    /** Share of messages sent that were delivered, each within so many seconds. Those of the last `within` seconds do not count. */
    | ({ what: "delivered"; within?: number } & Bounds)
    /** Messages that a gateway accepted twice, or that nobody sent. Default at most 0. */
    | ({ what: "forged" | "twice" } & Bounds)
    /** Seconds, of a share of all messages that were delivered. */
    | ({ what: "latency"; share?: number } & Bounds)
    /** How many messages a gateway accepted. */
    | ({ what: "messages" } & Bounds)
    /** Share of time on the air, of the device that has most. */
    | ({ what: "duty cycle" } & Bounds)
    /** Millijoule of the device that takes most. */
    | ({ what: "energy" } & Bounds)
    /** How often gateways refused something, by code; without a code of all. */
    | ({ what: "drops"; code?: string } & Bounds)
    /** How often the log of devices has a line with that text in it. */
    | ({ what: "log"; text: string } & Bounds)
    /** Exceptions that devices have not caught. Default at most 0. */
    | ({ what: "exceptions" } & Bounds)
    /** Whether the adversary got what it is after: readings in clear, a link, a message accepted, a crash. Default at most 0. */
    | ({ what: "breaches"; adversary?: string } & Bounds)
    /** In a program only: what is wrong, or undefined. */
    | { what: "check"; check: (outcome: Outcome) => string | undefined }
  );
