// What a report's page holds of a run: columns, so that much of it stays small. Times of `air`, `packets`, `deliveries` and
// logs are whole microseconds; -1 is "none" in columns of numbers.

import type { Breach, Verdict } from "../outcome.ts";

export const packetKinds = ["handshake", "message", "channel", "unknown"] as const;
/** What a transmission is: part of a packet of a kind, or of none: "ack" of the radio or of chunks, "noise". */
export const airKinds = [...packetKinds, "ack", "noise"] as const;
export type AirKind = (typeof airKinds)[number];
/** Fates of receptions. */
export const fates = ["delivered", "loss", "collision", "weak", "deaf", "away", "damaged", "full", "lost"] as const;

export interface StationRow {
  name: string;
  role: "device" | "gateway" | "other";
  group?: string;
  host?: string;
  board?: string;
  /** Metres. */
  x?: number;
  y?: number;
  /** Seconds. */
  started?: number;
  linked?: number;
  boots?: number;
  /** Messages of a device's own, all of them, and seconds that the median of those delivered took. */
  sent?: number;
  delivered?: number;
  latency?: number;
  /** Share of its time on the air. */
  duty?: number;
  /** Millijoule. */
  energy?: { tx: number; rx: number; idle: number; total: number };
  memory?: { peak: number; variables: number };
  exceptions?: string[];
  log?: [time: number, text: string][];
  /** Of a gateway. */
  messages?: number;
  links?: number;
  drops?: { [code: string]: number };
}

export interface MediumRow {
  name: string;
  kind: string;
  /** Of the whole run: see MediumOutcome. */
  transmissions?: number;
  bytes?: number;
  air?: number;
  receptions?: number;
  lost?: { [why: string]: number | undefined };
}

/** Transmissions, by when they began. Stations, media and packets are numbers of their rows. */
export interface AirColumns {
  /** Microseconds since the one before. */
  start: number[];
  from: number[];
  to: number[];
  medium: number[];
  /** Number of airKinds. */
  kind: number[];
  packet: number[];
  /** Microseconds on the air. */
  air: number[];
  attempt: number[];
  channel: number[];
  /** Which of `hex`. */
  frame: number[];
  /** Receptions of each, which then follow one another in these. */
  rx: number[];
  rxTo: number[];
  /** Number of fates. */
  rxFate: number[];
  /** Microseconds from `start` to the first arrival. */
  rxAt: number[];
  /** dBm; null: not known. */
  rssi?: (number | null)[];
  /** How often it arrived, where that is not once. */
  copies: { [rx: number]: number };
  detail?: ({ [name: string]: number } | null)[];
  /** Bytes of frames. */
  hex: string[];
}

/** Packets as they were sent, by their first transmission. */
export interface PacketColumns {
  from: number[];
  to: number[];
  medium: number[];
  /** Number of packetKinds. */
  kind: number[];
  /** Which of `tokens`. */
  token: number[];
  tokens: string[];
  /** In hex; 1: what is in its frames' chunks, one a frame (see outerOf); 0: its sender broke it off. */
  outer: (string | 0 | 1)[];
  /** For each its frames; each has the transmissions that carried it. */
  frames: number[][][];
  /** Microseconds at which the last frame that was missing arrived at the first that got all of it. */
  arrived: number[];
  /** What it says, where whoever made the report could tell; null: it could not. */
  text?: (string | null)[];
}

/** A packet in hex; undefined: its sender broke it off. */
export function outerOf(
  { hex, frame }: Pick<AirColumns, "hex" | "frame">,
  { outer, frames }: Pick<PacketColumns, "outer" | "frames">,
  packet: number,
): string | undefined {
  const known = outer[packet]!;
  if (typeof known === "string") return known;
  return known ? frames[packet]!.map(([first]) => inChunk(hex[frame[first!]!]!)).join("") : undefined;
}

/** What is in a frame's chunk. */
export const inChunk = (hex: string): string => hex.slice(2, 2 + 2 * parseInt(hex.slice(0, 2), 16));

/** Messages, by when they were sent. */
export interface DeliveryColumns {
  device: number[];
  gateway: number[];
  /** 0 up, 1 down. */
  way: number[];
  bytes: number[];
  /** Microseconds since the one before. */
  sent: number[];
  /** Microseconds it took. */
  took: number[];
  times: number[];
}

export interface ReportData {
  title: string;
  seed?: number;
  /** Virtual seconds at the end, and those of the wall clock. */
  time: number;
  took?: number;
  events?: number;
  command?: string;
  /** Undefined: nothing was expected. */
  held?: boolean;
  verdicts: Verdict[];
  breaches: Breach[];
  /** What the page does not have, in sentences. */
  notes: string[];
  /** Microseconds: transmissions that began in between are left out. */
  gap?: [from: number, to: number];
  stations: StationRow[];
  media: MediumRow[];
  air?: AirColumns;
  packets?: PacketColumns;
  deliveries?: DeliveryColumns;
}
