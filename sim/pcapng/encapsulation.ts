// What a capture makes of a transmission: a frame of a link type that capture programs know.

import type { AirRecord, MediumRecord } from "../capture.ts";
import type { Stations } from "./stations.ts";

export interface Frame {
  data: Uint8Array;
  /** Where it was not on the simulated air, but is needed to read what was: why. */
  note?: string;
}

export interface Encapsulation {
  /** By the list at tcpdump.org/linktypes.html. */
  linkType: number;
  /** Whether its frames say who sent them to whom. */
  addressed: boolean;
  /** Where frames do not say which line they were on: a name for it; each then has an interface of its own. */
  line?(air: AirRecord): string;
  /** Frames for a transmission; none where the link type has none for it. */
  frames(air: AirRecord, bytes: Uint8Array): Frame[];
}

/** Makes the encapsulation of a medium, with what it keeps for one capture. */
export type Encapsulate = (medium: MediumRecord, stations: Stations) => Encapsulation;

/** An option of a medium that is a number, or what it is if it is not there. */
export function number(medium: MediumRecord, name: string, otherwise: number): number {
  const value = medium[name];
  return typeof value === "number" ? value : otherwise;
}

/** dBm at whom a frame was for, or at the first who has it; undefined where the medium has no positions. */
export function powerOf(air: AirRecord): number | undefined {
  return (air.rx.find(({ to }) => to === air.to) ?? air.rx.find(({ rssi }) => rssi !== undefined))?.rssi;
}
