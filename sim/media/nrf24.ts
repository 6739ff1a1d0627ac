// Enhanced ShockBurst, as a Nordic nRF24L01+ does it (Product Specification 1.0): airtime, turnarounds, acknowledgements
// and transmissions that are repeated, on channels on which nobody listens before it sends.
//
// A frame for one station is acknowledged by that station's radio, and sent again until an acknowledgement has come or all
// attempts are used up; one for all is sent once. From the moment it has a frame to send until it is done with it, and
// while it acknowledges, a radio hears nothing else. A frame whose acknowledgement was lost comes again; the receiver
// acknowledges it and gives it to nobody: such a reception is "delivered", `duplicated`, and has no arrivals. It knows it by
// its packet identity and its CRC being those of the last frame, so with several senders a frame between both makes it a
// new one, as on the air (7.3.3.2). All senders go to one pipe.
//
// Collisions are decided at the end, at each receiver: by the ratios of table 5 where powers are known; where they are
// not, what overlaps on one channel destroys each other. Not modelled: payloads in acknowledgements, the receiver's FIFO.
//
// A station's `radio`: channel (0 to 125), power (dBm), peer (the station that its frames are for where it does not say:
// TX_ADDR; without it they are for all).
//
// A transmission's `detail`: rate (kbit/s), pid (0 to 3), power (dBm).

import type { Cancel } from "../engine.ts";
import { exact } from "../engine.ts";
import { SimError } from "../errors.ts";
import { BaseMedium } from "./medium.ts";
import type { CommonOptions, Reception, Station, Usage, Why } from "./medium.ts";

export type Nrf24Rate = 250 | 1000 | 2000;

/** ms on the air: preamble, 5 bytes of address, 9 bits of packet control, payload, CRC of 2 bytes (7.3). To whole microseconds. */
export function nrf24Airtime(rate: Nrf24Rate, bytes: number): number {
  return exact(((1 + 5 + bytes + 2) * 8 + 9) / rate);
}

/** ms from standby, or from receiving to sending and back (table 16: Tstby2a). */
export const nrf24Turn = 0.13;

interface Figures {
  /** dBm at a bit error rate of 0.1 % (table 5: RXSENS). */
  sensitivity: number;
  /** MHz of the distance by which `ratios` go. */
  step: number;
  /** dB that a frame must be above another on its own channel, and so many steps beside (table 5: C/I). */
  ratios: readonly number[];
}

export const nrf24Figures: { readonly [rate in Nrf24Rate]: Figures } = {
  250: { sensitivity: -94, step: 1, ratios: [12, -12, -33, -38] },
  1000: { sensitivity: -85, step: 1, ratios: [9, 8, -20, -30] },
  2000: { sensitivity: -82, step: 2, ratios: [7, 3, -17, -21] },
};

export interface Nrf24Options extends CommonOptions {
  /** kbit/s; default 1000. */
  rate?: Nrf24Rate;
  /** 0 to 125, of stations that do not say; default 76. */
  channel?: number;
  /** dBm: 0 (default), -6, -12, -18. */
  power?: number;
  /** us from the end of a transmission to the start of the next: 250 to 4000 in steps of 250 (ARD); at least 500 at 250 kbit/s. Default 1500. */
  retryDelay?: number;
  /** How often a frame is sent again: 0 to 15 (ARC). Default 15. */
  retries?: number;
  /** Frames that wait at a station, beside the one that it sends. Default 16. */
  queue?: number;
}

interface Waiting {
  bytes: Uint8Array;
  to: Radio | undefined;
  pid: number;
}

interface Radio {
  station: Station;
  name: string;
  listens: boolean;
  channel: number;
  power: number;
  peer: string | undefined;
  queue: Waiting[];
  /** What it turns around for, to send it the first time. */
  head: Waiting | undefined;
  /** What it does, and virtual ms from which on it has received again. */
  mode: "rx" | "tx" | "ack";
  ready: number;
  /** Of the next frame. */
  pid: number;
  /** The last frame that it received. */
  last: { pid: number; bytes: Uint8Array } | undefined;
  /** What it is about to do. */
  timer: Cancel | undefined;
  /** Virtual ms from which it has been there. */
  since: number;
}

interface Flight {
  from: Radio;
  start: number;
  end: number;
  others: Flight[];
  /** Its sender's radio went off. */
  cut: boolean;
}

const same = (one: Uint8Array, two: Uint8Array): boolean =>
  one.length === two.length && one.every((byte, i) => byte === two[i]);

const between = (name: string, value: unknown, low: number, high: number, step = 1): number => {
  if (typeof value !== "number" || !(value >= low && value <= high && value % step === 0))
    throw new SimError(
      "options",
      `nRF24: ${name} is ${JSON.stringify(value)}; it is ${low} to ${high} in steps of ${step}`,
    );
  return value;
};

export class Nrf24Medium extends BaseMedium {
  readonly kind = "nrf24";
  readonly frameSize = 32;
  readonly #rate: Nrf24Rate;
  readonly #figures: Figures;
  readonly #channel: number;
  readonly #power: number;
  readonly #retryDelay: number;
  readonly #retries: number;
  readonly #queue: number;
  readonly #radios = new Map<string, Radio>();
  /** Those that listen, by channel. */
  readonly #listeners = new Map<number, Radio[]>();
  readonly #flights: Flight[] = [];

  /** Throws SimError "options" for settings that a radio does not have. */
  constructor(options: Nrf24Options = {}) {
    const { rate = 1000, channel = 76, power = 0, retryDelay = 1500, retries = 15, queue = 16, ...common } = options;
    super(common);
    const figures = nrf24Figures[rate] as Figures | undefined;
    if (!figures) throw new SimError("options", `nRF24: rate is ${JSON.stringify(rate)}; it is 250, 1000 or 2000`);
    this.#rate = rate;
    this.#figures = figures;
    this.#channel = between("channel", channel, 0, 125);
    this.#power = power;
    // an acknowledgement would come after the next transmission has begun (7.4.2)
    this.#retryDelay = between("retryDelay", retryDelay, rate === 250 ? 500 : 250, 4000, 250) / 1000;
    this.#retries = between("retries", retries, 0, 15);
    this.#queue = queue;
  }

  override join(station: Station): void {
    const { radio = {} } = station;
    const { channel = this.#channel, power = this.#power, peer } = radio;
    if (typeof power !== "number")
      throw new SimError("options", `nRF24: power is ${JSON.stringify(power)}; it is a number`);
    if (peer !== undefined && typeof peer !== "string")
      throw new SimError("options", `nRF24: peer is ${JSON.stringify(peer)}; it is a name`);
    const own: Radio = {
      station,
      name: station.name,
      listens: station.listens !== false,
      channel: between("channel", channel, 0, 125),
      power,
      peer,
      queue: [],
      head: undefined,
      mode: "rx",
      ready: -Infinity,
      pid: 0,
      last: undefined,
      timer: undefined,
      since: this.air.time,
    };
    super.join(station);
    this.#radios.set(station.name, own);
    if (!own.listens) return;
    const there = this.#listeners.get(own.channel);
    if (there) there.push(own);
    else this.#listeners.set(own.channel, [own]);
  }

  override reach(name: string, up: boolean): void {
    const own = this.#radios.get(name);
    if (own && up !== this.reaches(name)) {
      if (up) own.since = this.air.time;
      else {
        for (const flight of this.#flights) if (flight.from === own) flight.cut = true;
        own.timer?.();
        this.#listen(own);
        own.last = undefined;
        const waiting = own.head ? [own.head, ...own.queue] : own.queue;
        own.head = undefined;
        own.queue = [];
        for (const { bytes, to } of waiting) this.#drop(own, bytes, to, "away");
      }
    }
    super.reach(name, up);
  }

  override usage(name: string): Usage {
    return this.#radios.get(name)?.listens ? this.always(name) : super.usage(name);
  }

  protected transmit(from: Station, bytes: Uint8Array, to: string | undefined): void {
    const own = this.#radios.get(from.name)!;
    const name = to ?? own.peer;
    const other = name === undefined ? undefined : this.#radios.get(this.station(name).name)!;
    if (!this.reaches(from.name)) {
      this.#drop(own, bytes, other, "away");
      return;
    }
    own.queue.push({ bytes, to: other, pid: own.pid });
    this.#next(own);
    if (own.queue.length > this.#queue) {
      own.queue.pop();
      this.#drop(own, bytes, other, "full");
    } else own.pid = (own.pid + 1) & 3;
  }

  /** Sends what a station has next, when it is free. */
  #next(own: Radio): void {
    if (own.mode !== "rx") return;
    const head = own.queue.shift();
    if (!head) return;
    own.mode = "tx";
    own.head = head;
    own.timer = this.air.at(this.air.time + nrf24Turn, () => {
      this.#attempt(own, head, 1);
    });
  }

  /** A radio is done: it receives, after the turnaround. */
  #listen(own: Radio): void {
    own.timer = undefined;
    own.mode = "rx";
    own.ready = exact(this.air.time + nrf24Turn);
  }

  #done(own: Radio): void {
    this.#listen(own);
    this.#next(own);
  }

  #attempt(own: Radio, frame: Waiting, attempt: number): void {
    const { bytes, to, pid } = frame;
    own.head = undefined;
    const air = nrf24Airtime(this.#rate, bytes.length);
    const flight = this.#start(own, air);
    this.air.at(flight.end, () => {
      const rx: Reception[] = [];
      const arrivals: Radio[] = [];
      for (const other of this.#hearers(own, to)) {
        const rssi = this.power(own.station, other.station, own.power);
        const why = this.#fate(flight, other, rssi);
        const reception: Reception = {
          to: other.name,
          fate: why ? "lost" : "delivered",
          arrivals: [],
          ...(why && { why }),
          ...(rssi !== undefined && { rssi }),
        };
        rx.push(reception);
        if (why) continue;
        if (to && other.last && other.last.pid === pid && same(other.last.bytes, bytes)) reception.duplicated = true;
        else {
          reception.arrivals.push(this.air.time);
          arrivals.push(other);
        }
        other.last = { pid, bytes };
      }
      this.#finish(flight);
      this.heard({
        start: flight.start,
        from: own.name,
        ...(to && { to: to.name }),
        bytes,
        air,
        attempt,
        channel: own.channel,
        detail: { rate: this.#rate, pid, power: own.power },
        rx,
      });
      const came = to !== undefined && rx[0]?.fate === "delivered";
      if (came) {
        to.mode = "ack";
        to.timer = this.air.at(this.air.time + nrf24Turn, () => {
          this.#acknowledge(to, own, pid);
        });
      }
      for (const other of arrivals) this.air.at(this.air.time, () => this.air.deliver(other.name, bytes, own.name));
      if (flight.cut) return;
      if (!to) this.#done(own);
      else if (attempt <= this.#retries)
        own.timer = this.air.at(flight.end + this.#retryDelay, () => {
          this.#attempt(own, frame, attempt + 1);
        });
      // it waits for the last one's acknowledgement too
      else
        own.timer = this.air.at(flight.end + this.#retryDelay, () => {
          this.#done(own);
        });
    });
  }

  #acknowledge(own: Radio, to: Radio, pid: number): void {
    const air = nrf24Airtime(this.#rate, 0);
    const flight = this.#start(own, air);
    this.air.at(flight.end, () => {
      const rssi = this.power(own.station, to.station, own.power);
      const why = this.#lost(flight, to, rssi) ?? (to.mode === "tx" ? undefined : "deaf");
      this.#finish(flight);
      this.heard({
        start: flight.start,
        from: own.name,
        to: to.name,
        bytes: new Uint8Array(0),
        air,
        type: "ack",
        channel: own.channel,
        detail: { rate: this.#rate, pid, power: own.power },
        rx: [
          {
            to: to.name,
            fate: why ? "lost" : "delivered",
            arrivals: why ? [] : [this.air.time],
            ...(why && { why }),
            ...(rssi !== undefined && { rssi }),
          },
        ],
      });
      if (!flight.cut) this.#done(own);
      if (why) return;
      to.timer?.();
      this.#done(to);
    });
  }

  #start(from: Radio, air: number): Flight {
    const { time } = this.air;
    const flight: Flight = { from, start: time, end: exact(time + air), others: [], cut: false };
    for (const other of this.#flights) {
      if (other.end <= time || this.#steps(other.from, from) > 3) continue;
      other.others.push(flight);
      flight.others.push(other);
    }
    this.#flights.push(flight);
    return flight;
  }

  #finish(flight: Flight): void {
    this.#flights.splice(this.#flights.indexOf(flight), 1);
    flight.others = [];
  }

  /** How far the channels of two are from one another. */
  #steps(one: Radio, two: Radio): number {
    return Math.floor(Math.abs(one.channel - two.channel) / this.#figures.step);
  }

  /** The stations for which a frame is. */
  #hearers(from: Radio, to: Radio | undefined): Radio[] {
    if (to) return to.listens ? [to] : [];
    return (this.#listeners.get(from.channel) ?? []).filter((other) => other !== from);
  }

  /** Tells of a frame that never was on the air. */
  #drop(own: Radio, bytes: Uint8Array, to: Radio | undefined, why: Why): void {
    const rx = this.#hearers(own, to).map((other): Reception => ({ to: other.name, fate: "lost", arrivals: [], why }));
    this.air.heard({ start: this.air.time, from: own.name, ...(to && { to: to.name }), bytes, air: 0, rx });
  }

  /** Why a frame does not arrive; undefined: it does. */
  #fate(flight: Flight, to: Radio, rssi: number | undefined): Why | undefined {
    const why = this.#lost(flight, to, rssi);
    if (why === "away" || why === "weak") return why;
    // it must have received from the start to the end
    return to.ready > flight.start || to.mode !== "rx" ? "deaf" : why;
  }

  /** Why what is on the air does not get to a radio, whatever that does. */
  #lost({ from, start, others, cut }: Flight, to: Radio, rssi: number | undefined): Why | undefined {
    const lossy = this.lossy(from.name, to.name);
    if (cut || this.apart(from.name, to.name) || to.since > start) return "away";
    if (to.channel !== from.channel) return "deaf";
    if (rssi !== undefined && rssi < this.#figures.sensitivity) return "weak";
    for (const { from: other } of others) {
      if (other === to || this.apart(other.name, to.name)) continue;
      const steps = this.#steps(other, from);
      const power = this.power(other.station, to.station, other.power);
      if (power === undefined || rssi === undefined ? steps === 0 : rssi - power < this.#figures.ratios[steps]!)
        return "collision";
    }
    return lossy ? "loss" : undefined;
  }
}
