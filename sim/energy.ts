// What a device takes from its battery: the time that its radios were on, by the currents that their datasheets and the
// boards' makers tell (energy/figures.json, with the source of each).
//
// Charge for starting a radio up, and for running JavaScript, is not in it. A figure for a power that is not in the table
// lies on the line between those beside it; beyond its ends it is that of the end.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../tools/build/root.ts";
import { SimError } from "./errors.ts";
import type { MediumKind, Usage } from "./media/medium.ts";

/** mA, V; see energy/schema.json. */
interface RadioFigures {
  title: string;
  volts: number;
  tx: { [dBm: string]: number };
  rx: number;
  rates?: { [kbits: string]: number };
  sleep: number;
  whole: boolean;
  source: string;
}

interface BoardFigures {
  volts: number;
  idle: number;
  deepSleep?: number;
  kept?: { [kind in MediumKind]?: number };
  radios: { [kind in MediumKind]?: string | null };
  source: string;
}

export interface Figures {
  radios: { [name: string]: RadioFigures };
  usual: { [kind in MediumKind]: string | null };
  boards: { [name: string]: BoardFigures | null };
}

/** How a device uses a radio. */
export interface EnergySettings {
  /** dBm that it sends with. Default 0; 14 for LoRa; the highest for Wi-Fi. */
  power?: number;
  /** kbit/s of nRF24. Default 1000. */
  rate?: number;
  /** Another radio than the board's, or the usual one: a name of energy/figures.json, as "cc2538". */
  radio?: string;
  /** Whether the program has called setDeepSleep(1). Default false. */
  deepSleep?: boolean;
}

/** Millijoule: what was sent, what was received or listened for, all the rest. */
export interface Energy {
  tx: number;
  rx: number;
  idle: number;
  total: number;
}

/** One radio of a device. */
export interface RadioUse {
  kind: MediumKind;
  usage: Usage;
  settings?: EnergySettings;
}

let read: Figures | undefined;

/** The figures, as they are in the file. */
export function energyFigures(): Figures {
  return (read ??= JSON.parse(readFileSync(join(packageRoot, "sim", "energy", "figures.json"), "utf8")) as Figures);
}

/** mA at so many dBm. */
function sending(tx: RadioFigures["tx"], dBm: number): number {
  const points = Object.entries(tx)
    .map(([at, mA]): [number, number] => [Number(at), mA])
    .sort(([a], [b]) => a - b);
  const above = points.findIndex(([at]) => at >= dBm);
  if (above <= 0) return points.at(above)![1];
  const [low, from] = points[above - 1]!;
  const [high, to] = points[above]!;
  return from + ((to - from) * (dBm - low)) / (high - low);
}

const powers: { [kind in MediumKind]?: number } = { lora: 14, udp: Infinity };

/**
 * What a device took in so many seconds; without a board its radios alone. undefined where there are no figures for the
 * board, or for one of its radios.
 * @throws SimError "options" for a radio that is none
 */
export function deviceEnergy(
  board: string | undefined,
  uses: readonly RadioUse[],
  seconds: number,
): Energy | undefined {
  const { radios, usual, boards } = energyFigures();
  const own = board === undefined ? undefined : boards[board];
  if (board !== undefined && !own) return undefined;
  const energy: Energy = { tx: 0, rx: 0, idle: 0, total: 0 };
  let idle = own ? own.idle : 0;
  // seconds for which a figure has the board in it
  let covered = 0;
  for (const { kind, usage, settings = {} } of uses) {
    const { power = powers[kind] ?? 0, rate, deepSleep } = settings;
    const name = settings.radio ?? (own && own.radios[kind] !== undefined ? own.radios[kind] : usual[kind]);
    if (deepSleep && own?.deepSleep !== undefined) idle = Math.min(idle, own.deepSleep);
    if (own?.kept?.[kind] !== undefined) idle = Math.max(idle, own.kept[kind]);
    if (name === null) {
      if (usual[kind] === null) continue;
      return undefined;
    }
    const radio = radios[name];
    if (!radio) throw new SimError("options", `there is no radio ${name}: there are ${Object.keys(radios).join(", ")}`);
    const tx = usage.tx / 1000;
    const rx = (usage.rx + usage.listening) / 1000;
    energy.tx += tx * sending(radio.tx, power) * radio.volts;
    energy.rx += rx * (radio.rates?.[String(rate)] ?? radio.rx) * radio.volts;
    energy.idle += Math.max(0, seconds - tx - rx) * radio.sleep * radio.volts;
    if (radio.whole) covered += tx + rx;
  }
  if (own) energy.idle += Math.max(0, seconds - covered) * idle * own.volts;
  energy.total = energy.tx + energy.rx + energy.idle;
  return energy;
}

/** The same of a device with one radio. */
export function energyOf(
  board: string | undefined,
  kind: MediumKind,
  usage: Usage,
  settings: EnergySettings,
  seconds: number,
): Energy | undefined {
  return deviceEnergy(board, [{ kind, usage, settings }], seconds);
}
