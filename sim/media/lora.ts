// LoRa, as a Semtech SX1276 sends and receives it (datasheet SX1276/77/78/79, revision 7): airtime, sensitivity, duty
// cycle, collisions and capture, and gateways with several demodulators (SX1301).
//
// Pure ALOHA: a station sends when it has something, unless its duty cycle or a frame of its own is in the way. What
// becomes of a frame is decided at its end, at each receiver: it survives if it is as many dB above each frame that was
// on its channel at any time meanwhile as their spreading factors ask for. Where one of the powers is not known, frames
// of one spreading factor destroy each other and those of different ones do not meet. Interferers are not added up, and
// that a collision at the very start of a preamble does no harm is left out.
//
// A station's `radio`: spreading, power (dBm), channel (index into the medium's; what it listens to, and sends on;
// without one it listens to the first, and draws one for each frame), waits, dutyCycle (a share of its own for all
// bands), gateway (true: it hears all channels and spreading factors), demodulators (of a gateway). A frame for one
// station is sent as that one listens, one for a gateway or for all as the sender is set.
//
// A transmission's `detail`: frequency (MHz), spreading, bandwidth (kHz), coding (5 to 8), power (dBm).

import type { Cancel } from "../engine.ts";
import { exact } from "../engine.ts";
import { SimError } from "../errors.ts";
import { BaseMedium } from "./medium.ts";
import type { CommonOptions, Reception, Station, Transmission, Usage, Why } from "./medium.ts";

export interface LoRaModulation {
  /** 6 to 12. */
  spreading: number;
  /** kHz. */
  bandwidth: number;
  /** The second number of the coding rate: 5 for 4/5, to 8. */
  coding: number;
  /** Symbols. */
  preamble: number;
  crc: boolean;
  implicit: boolean;
  /** Default: where a symbol takes more than 16 ms (4.1.1.6). */
  lowDataRate?: boolean;
}

/** ms that a frame is on the air (4.1.1.7, and AN1200.13). */
export function loraAirtime(
  { spreading, bandwidth, coding, preamble, crc, implicit, lowDataRate }: LoRaModulation,
  bytes: number,
): number {
  const symbol = (1 << spreading) / bandwidth;
  const perBlock = 4 * (spreading - ((lowDataRate ?? symbol > 16) ? 2 : 0));
  const bits = 8 * bytes - 4 * spreading + 28 + (crc ? 16 : 0) - (implicit ? 20 : 0);
  const symbols = 8 + Math.max(Math.ceil(bits / perBlock) * coding, 0);
  return exact((preamble + 4.25 + symbols) * symbol);
}

/** MHz that all of EU868 must have (LoRaWAN regional parameters RP002). */
export const eu868 = [868.1, 868.3, 868.5] as const;

/** MHz from and to, and the share of time for which a station may send in it. */
export type Band = readonly [from: number, to: number, share: number];

/** ETSI EN 300 220-2 V3.2.1, table B.1: bands K to N, P and Q. */
export const eu868Bands: readonly Band[] = [
  [863, 865, 0.001],
  [865, 868, 0.01],
  [868, 868.6, 0.01],
  [868.7, 869.2, 0.001],
  [869.4, 869.65, 0.1],
  [869.7, 870, 0.01],
];

/** dBm from which a frame is received, spreading factors 7 to 12 (table 10: RFS_L125_HF, RFS_L250_HF, RFS_L500_HF). */
export const loraSensitivity: { readonly [bandwidth: number]: readonly number[] } = {
  125: [-123, -126, -129, -132, -133, -136],
  250: [-120, -123, -125, -128, -130, -133],
  500: [-116, -119, -122, -125, -128, -130],
};

/** dB above noise that a frame needs, spreading factors 7 to 12 (table 13). */
const noiseDistance = [-7.5, -10, -12.5, -15, -17.5, -20];

/**
 * dB that a frame of spreading factor 7 to 12 (row) must be above one of another (column): D. Croce et al., Impact of LoRa
 * Imperfect Orthogonality, IEEE Communications Letters 22 (4), 2018, table I. Of the same one, the option `capture` says.
 */
const rejection: readonly (readonly number[])[] = [
  [0, -8, -9, -9, -9, -9],
  [-11, 0, -11, -12, -13, -13],
  [-15, -13, 0, -13, -14, -15],
  [-19, -18, -17, 0, -17, -18],
  [-22, -22, -21, -20, 0, -20],
  [-25, -25, -25, -24, -23, 0],
];

/** Symbols of its preamble that a receiver must have heard to lock on to a frame. M. Bor et al., Do LoRa Low-Power Wide-Area Networks Scale?, 2016. */
const lock = 5;

export interface LoRaOptions extends CommonOptions {
  /** MHz of each channel. Default [868.1]; `eu868` has three. */
  channels?: readonly number[];
  /** 7 to 12; default 7. */
  spreading?: number;
  /** kHz: 125 (default), 250, 500. */
  bandwidth?: number;
  /** Default 5, for 4/5. */
  coding?: number;
  /** Symbols; default 8. */
  preamble?: number;
  /** Default true. */
  crc?: boolean;
  /** Default false. */
  implicit?: boolean;
  /** Default: where a symbol takes more than 16 ms. */
  lowDataRate?: boolean;
  /** Share of time for which a station may send, in all channels together (default 0.01; 1: always), or in each band. */
  dutyCycle?: number | readonly Band[];
  /** dBm; default 14. */
  power?: number;
  /** dB that a frame must be above another of its channel and spreading factor to survive; false: none does. Default 6. */
  capture?: number | false;
  /** Whether frames of different spreading factors do not disturb each other however strong they are. Default false. */
  orthogonal?: boolean;
  /** dBm of noise in the channel. Default: -174 dBm/Hz and a noise figure of 6 dB, which sensitivity has in it already. */
  noise?: number;
  /** Frames that wait at a station, beside the one that it sends. Default 16. */
  queue?: number;
  /** Whether a station does not begin to send while it receives, as e3x-mote/sx127x does. Default false. */
  waits?: boolean;
  /** Whether gateways send with inverted IQ, as LoRaWAN has it: then they hear all others and not each other, and the others hear gateways alone. Default false. */
  inverted?: boolean;
}

/** A frame that waits. */
interface Waiting {
  bytes: Uint8Array;
  to: Radio | undefined;
}

interface Radio {
  station: Station;
  name: string;
  listens: boolean;
  gateway: boolean;
  /** What it listens to. */
  spreading: number;
  channel: number;
  /** It draws the channel that it sends on. */
  draws: boolean;
  power: number;
  waits: boolean;
  demodulators: number;
  /** Demodulators that are at work. */
  busy: number;
  /** Shares by band, and virtual ms from which it may send in each. */
  shares: readonly number[];
  free: number[];
  random: (() => number) | undefined;
  queue: Waiting[];
  timer: Cancel | undefined;
  /** What it sends. */
  flight: Flight | undefined;
  /** Virtual ms at which it sent last. */
  sentAt: number;
  /** Virtual ms from which it has been there. */
  since: number;
}

/** What is on the air. */
interface Flight {
  from: Radio;
  to: Radio | undefined;
  bytes: Uint8Array;
  channel: number;
  spreading: number;
  start: number;
  /** By which a receiver must be there. */
  locked: number;
  end: number;
  /** What was on the channel at any time meanwhile. */
  others: Flight[];
  /** Gateways that have a demodulator at work on it, and those that had none for it. */
  demodulated: Radio[];
  refused: Radio[];
  /** Its sender's radio went off. */
  cut: boolean;
}

const between = (name: string, value: unknown, low: number, high: number, whole = true): number => {
  if (typeof value !== "number" || !(value >= low && value <= high) || (whole && !Number.isInteger(value))) {
    throw new SimError("options", `LoRa: ${name} is ${JSON.stringify(value)}; it is ${low} to ${high}`);
  }
  return value;
};

export class LoRaMedium extends BaseMedium {
  readonly kind = "lora";
  readonly frameSize = 255;
  readonly #modulation: LoRaModulation;
  readonly #channels: readonly number[];
  readonly #options: Required<
    Pick<LoRaOptions, "spreading" | "power" | "capture" | "orthogonal" | "queue" | "waits" | "inverted">
  >;
  /** Shares by band, and the band of each channel. */
  readonly #shares: readonly number[];
  readonly #bands: readonly number[];
  /** dBm by spreading factor from 7 on. */
  readonly #sensitivity: readonly number[];
  readonly #radios = new Map<string, Radio>();
  readonly #gateways: Radio[] = [];
  /** Stations that listen and are no gateways, by channel and spreading factor. */
  readonly #listeners = new Map<number, Radio[]>();
  /** By channel. */
  readonly #flights: Flight[][];

  /** Throws SimError "options" for settings that a radio does not have. */
  constructor(options: LoRaOptions = {}) {
    const {
      channels = [868.1],
      spreading = 7,
      bandwidth = 125,
      coding = 5,
      preamble = 8,
      crc = true,
      implicit = false,
      lowDataRate,
      dutyCycle = 0.01,
      power = 14,
      capture = 6,
      orthogonal = false,
      noise,
      queue = 16,
      waits = false,
      inverted = false,
      ...common
    } = options;
    // 31.2 dB: free space over 1 m at 868 MHz
    super({ ...common, propagation: { reference: 31.2, ...common.propagation } });
    const sensitivity = loraSensitivity[bandwidth];
    if (!sensitivity) throw new SimError("options", `LoRa: bandwidth is ${bandwidth}; it is 125, 250 or 500`);
    if (!channels.length) throw new SimError("options", "LoRa: there is no channel");
    this.#modulation = {
      spreading: between("spreading", spreading, 7, 12),
      bandwidth,
      coding: between("coding", coding, 5, 8),
      preamble: between("preamble", preamble, 6, 65535),
      crc,
      implicit,
      ...(lowDataRate !== undefined && { lowDataRate }),
    };
    this.#channels = channels;
    this.#options = {
      spreading,
      power,
      capture,
      orthogonal,
      queue: between("queue", queue, 0, Infinity, false),
      waits,
      inverted,
    };
    this.#sensitivity =
      noise === undefined ? sensitivity : sensitivity.map((dBm, i) => Math.max(dBm, noise + noiseDistance[i]!));
    const bands: readonly Band[] = typeof dutyCycle === "number" ? [[0, Infinity, dutyCycle]] : dutyCycle;
    this.#shares = bands.map(([, , share]) => {
      if (!(share > 0 && share <= 1)) throw new SimError("options", `LoRa: dutyCycle is ${share}; it is above 0, to 1`);
      return share;
    });
    this.#bands = channels.map((MHz) => {
      const band = bands.findIndex(([from, to]) => MHz >= from && MHz <= to);
      if (band < 0) throw new SimError("options", `LoRa: ${MHz} MHz is in no band`);
      return band;
    });
    this.#flights = channels.map(() => []);
  }

  override join(station: Station): void {
    const { radio = {} } = station;
    const own: Radio = {
      station,
      name: station.name,
      listens: station.listens !== false,
      gateway: radio["gateway"] === true,
      spreading: between("spreading", radio["spreading"] ?? this.#options.spreading, 7, 12),
      channel: between("channel", radio["channel"] ?? 0, 0, this.#channels.length - 1),
      draws: radio["channel"] === undefined && radio["gateway"] !== true && this.#channels.length > 1,
      power: between("power", radio["power"] ?? this.#options.power, -200, 200, false),
      waits: radio["waits"] === undefined ? this.#options.waits : radio["waits"] === true,
      demodulators: between("demodulators", radio["demodulators"] ?? 8, 1, Infinity, false),
      busy: 0,
      shares:
        radio["dutyCycle"] === undefined
          ? this.#shares
          : this.#shares.map(() => between("dutyCycle", radio["dutyCycle"], 1e-6, 1, false)),
      free: this.#shares.map(() => 0),
      random: undefined,
      queue: [],
      timer: undefined,
      flight: undefined,
      sentAt: -Infinity,
      since: this.air.time,
    };
    super.join(station);
    this.#radios.set(station.name, own);
    if (!own.listens) return;
    if (own.gateway) {
      this.#gateways.push(own);
      return;
    }
    const key = own.channel * 16 + own.spreading;
    const there = this.#listeners.get(key);
    if (there) there.push(own);
    else this.#listeners.set(key, [own]);
  }

  override reach(name: string, up: boolean): void {
    const own = this.#radios.get(name);
    if (own && up !== this.reaches(name)) {
      if (up) own.since = this.air.time;
      else {
        if (own.flight) own.flight.cut = true;
        own.timer?.();
        own.timer = undefined;
        for (const { bytes, to } of own.queue.splice(0)) this.#drop(own, bytes, to, "away");
      }
    }
    super.reach(name, up);
  }

  override usage(name: string): Usage {
    return this.#radios.get(name)?.listens ? this.always(name) : super.usage(name);
  }

  protected transmit(from: Station, bytes: Uint8Array, to: string | undefined): void {
    const own = this.#radios.get(from.name)!;
    const other = to === undefined ? undefined : this.#radios.get(this.station(to).name)!;
    if (!this.reaches(from.name)) this.#drop(own, bytes, other, "away");
    else {
      own.queue.push({ bytes, to: other });
      this.#next(own);
      if (own.queue.length > this.#options.queue) {
        own.queue.pop();
        this.#drop(own, bytes, other, "full");
      }
    }
  }

  /** Sends what a station has next, when it may. */
  #next(own: Radio): void {
    const head = own.queue[0];
    if (!head || own.flight || own.timer) return;
    const { time, channel } = this.#soonest(own, head.to);
    if (time <= this.air.time) {
      own.queue.shift();
      this.#start(own, head, channel);
    } else {
      own.timer = this.air.at(time, () => {
        own.timer = undefined;
        this.#next(own);
      });
    }
  }

  /** When a station may send, and on which channel. */
  #soonest(own: Radio, to: Radio | undefined): { time: number; channel: number } {
    const { time } = this.air;
    const at = (channel: number): number => Math.max(own.free[this.#bands[channel]!]!, time);
    let channel = to && !to.gateway ? to.channel : own.channel;
    if (own.draws && (!to || to.gateway)) {
      // one of those that are free first
      const first = Math.min(...this.#channels.map((_, i) => at(i)));
      if (first > time) return { time: first, channel };
      const free = this.#channels.map((_, i) => i).filter((i) => at(i) === first);
      own.random ??= this.air.random(`lora/${own.name}`);
      channel = free[Math.floor(own.random() * free.length)]!;
    }
    return { time: Math.max(at(channel), own.waits ? this.#receives(own) : time), channel };
  }

  /** Until when a station receives, now if it does not. */
  #receives(own: Radio): number {
    const { time } = this.air;
    let until = time;
    if (!own.listens || own.gateway) return until;
    for (const flight of this.#flights[own.channel]!) {
      if (
        flight.end > until &&
        flight.locked <= time &&
        flight.spreading === own.spreading &&
        this.#audible(flight, own)
      )
        until = flight.end;
    }
    return until;
  }

  /** Whether a receiver notices that a frame is there. */
  #audible(flight: Flight, at: Radio): boolean {
    if (this.#options.inverted && flight.from.gateway === at.gateway) return false;
    if (this.apart(flight.from.name, at.name)) return false;
    const power = this.power(flight.from.station, at.station, flight.from.power);
    return power === undefined || power >= this.#sensitivity[flight.spreading - 7]!;
  }

  #start(own: Radio, { bytes, to }: Waiting, channel: number): void {
    const { time } = this.air;
    const spreading = to && !to.gateway ? to.spreading : own.spreading;
    const modulation = { ...this.#modulation, spreading };
    const air = loraAirtime(modulation, bytes.length);
    const flight: Flight = {
      from: own,
      to,
      bytes,
      channel,
      spreading,
      start: time,
      locked: exact(time + ((modulation.preamble - lock) * (1 << spreading)) / modulation.bandwidth),
      end: exact(time + air),
      others: [],
      demodulated: [],
      refused: [],
      cut: false,
    };
    for (const other of this.#flights[channel]!) {
      if (other.end <= time) continue;
      other.others.push(flight);
      flight.others.push(other);
    }
    this.#flights[channel]!.push(flight);
    own.flight = flight;
    const band = this.#bands[channel]!;
    own.free[band] = exact(time + air / own.shares[band]!);
    for (const gateway of this.#gateways) {
      if (gateway === own || (gateway.flight && gateway.flight.end > flight.locked) || !this.#audible(flight, gateway))
        continue;
      if (gateway.busy >= gateway.demodulators) flight.refused.push(gateway);
      else {
        gateway.busy++;
        flight.demodulated.push(gateway);
      }
    }
    this.air.at(flight.end, () => {
      this.#finish(flight);
    });
  }

  #finish(flight: Flight): void {
    const { time } = this.air;
    const { from, bytes, channel } = flight;
    const flights = this.#flights[channel]!;
    flights.splice(flights.indexOf(flight), 1);
    from.flight = undefined;
    from.sentAt = time;
    for (const gateway of flight.demodulated) gateway.busy--;
    const rx: Reception[] = [];
    for (const to of this.#hearers(from, flight.to, channel, flight.spreading)) {
      const rssi = this.power(from.station, to.station, from.power);
      const why = this.#fate(flight, to, rssi);
      rx.push({
        to: to.name,
        fate: why ? "lost" : "delivered",
        arrivals: why ? [] : [time],
        ...(why && { why }),
        ...(rssi !== undefined && { rssi }),
      });
      if (!why) this.air.at(time, () => this.air.deliver(to.name, bytes, from.name));
    }
    // so that what overlapped in a chain does not stay in memory
    flight.others = [];
    this.heard(this.#transmission(flight, rx));
    this.#next(from);
  }

  #transmission({ from, to, bytes, channel, spreading, start, end }: Flight, rx: Reception[]): Transmission {
    const { bandwidth, coding } = this.#modulation;
    return {
      start,
      from: from.name,
      ...(to && { to: to.name }),
      bytes,
      air: exact(end - start),
      channel,
      detail: { frequency: this.#channels[channel]!, spreading, bandwidth, coding, power: from.power },
      rx,
    };
  }

  /** Tells of a frame that never was on the air. */
  #drop(own: Radio, bytes: Uint8Array, to: Radio | undefined, why: Why): void {
    const { time } = this.air;
    const rx = this.#hearers(own, to, own.channel, own.spreading).map((other): Reception => ({
      to: other.name,
      fate: "lost",
      arrivals: [],
      why,
    }));
    this.air.heard({ start: time, from: own.name, ...(to && { to: to.name }), bytes, air: 0, rx });
  }

  /** The stations for which a frame is. */
  #hearers(from: Radio, to: Radio | undefined, channel: number, spreading: number): Radio[] {
    if (to) return to.listens ? [to] : [];
    const { inverted } = this.#options;
    const others = inverted && !from.gateway ? [] : (this.#listeners.get(channel * 16 + spreading) ?? []);
    const all = inverted && from.gateway ? others : this.#gateways.length ? this.#gateways.concat(others) : others;
    return from.listens ? all.filter((other) => other !== from) : all;
  }

  /** Why a frame does not arrive; undefined: it does. */
  #fate(flight: Flight, to: Radio, rssi: number | undefined): Why | undefined {
    const { from, locked, end, channel, spreading, cut } = flight;
    const lossy = this.lossy(from.name, to.name);
    if (cut || this.apart(from.name, to.name) || to.since > locked) return "away";
    if (!to.gateway && (to.channel !== channel || to.spreading !== spreading)) return "deaf";
    if (this.#options.inverted && from.gateway === to.gateway) return "deaf";
    if (rssi !== undefined && rssi < this.#sensitivity[spreading - 7]!) return "weak";
    // half duplex: it must be back before too much of the preamble is over, and not begin itself before the end
    if (to.sentAt > locked || (to.flight && to.flight.start < end)) return "deaf";
    if (to.gateway && !flight.demodulated.includes(to)) return flight.refused.includes(to) ? "full" : "deaf";
    for (const other of flight.others) {
      if (other.from !== to && this.#destroys(other, flight, to, rssi)) return "collision";
    }
    return lossy ? "loss" : undefined;
  }

  /** Whether one frame destroys another at a receiver, where that comes with so many dBm. */
  #destroys(one: Flight, other: Flight, at: Radio, rssi: number | undefined): boolean {
    const { capture, orthogonal, inverted } = this.#options;
    if (inverted && one.from.gateway !== other.from.gateway) return false;
    if (this.apart(one.from.name, at.name)) return false;
    const same = one.spreading === other.spreading;
    if (!same && orthogonal) return false;
    const power = this.power(one.from.station, at.station, one.from.power);
    if (power === undefined || rssi === undefined) return same;
    if (same && capture === false) return true;
    return rssi - power < (same ? (capture as number) : rejection[other.spreading - 7]![one.spreading - 7]!);
  }
}
