// IEEE 802.15.4 at 2.4 GHz without beacons: CSMA/CA, acknowledgements, retries. Sections are those of IEEE 802.15.4-2020.
//
// O-QPSK, 250 kbit/s (clause 12): 16 us a symbol, 32 us a byte. Before the MPDU (127 bytes at most) go a preamble of 4 bytes, the
// SFD and the PHR. With short addresses and one PAN id the MAC header has 9 bytes and the FCS 2 (7.2), so that 116 are left
// for a frame. What a frame is to a station it is meant for is acknowledged; a broadcast, to all, is not.
//
// A frame that the MAC gives up without it having been on the air (the channel is never free) is told as a transmission of
// no length, attempt 0, lost as "full". A frame that comes again as its acknowledgement was lost is acknowledged again, and
// not delivered: "delivered", `duplicated`, without an arrival.
//
// Detail: seq, pan. Station.radio: power, dBm.

import { exact } from "../engine.ts";
import type { Cancel } from "../engine.ts";
import { SimError } from "../errors.ts";
import { ContentionMedium } from "./contention.ts";
import type { LevelOptions, Signal } from "./contention.ts";
import type { CommonOptions, Reception, Station, Usage } from "./medium.ts";

export interface Ieee802154Options extends LevelOptions {
  /** 11 to 26. Default 15. */
  channel?: number;
  /** The PAN's id. Default 0x2ee3. */
  pan?: number;
  /** Bytes of the MPDU that are not the frame's: MAC header and FCS. Default 11. */
  header?: number;
  /** dBm: default 0; sensitivity -95 and capture 3 dB (CC2420). */
  power?: number;
  sensitivity?: number;
  capture?: number;
  /** dBm above which the channel counts as busy (Infinity: it never does); at most 10 dB above the -85 that a receiver must hear. Default -85. */
  sensing?: number;
  /** macMinBe, macMaxBe, macMaxCsmaBackoffs (6.2.5.1). Default 3, 5, 4. */
  minBE?: number;
  maxBE?: number;
  maxBackoffs?: number;
  /** macMaxFrameRetries. Default 3. */
  retries?: number;
  /** Whether frames to one station are acknowledged. Default true. */
  acks?: boolean;
  /** Symbols that the channel is sensed for, and from receiving to sending (aCcaTime, aTurnaroundTime). Default 8 and 12. */
  cca?: number;
  turnaround?: number;
}

const symbol = 0.016;
const byte = 0.032;
/** aUnitBackoffPeriod: aTurnaroundTime and aCcaTime, ms. */
const unit = 20 * symbol;
const preamble = 6;
const ackAir = (preamble + 5) * byte;
/** macAckWaitDuration: aUnitBackoffPeriod, aTurnaroundTime, the PHY header (10 symbols) and 12 symbols of the PSDU. */
const ackWait = 54 * symbol;
/** macSifsPeriod, macLifsPeriod; aMaxSifsFrameSize. */
const shortSpace = 12 * symbol;
const longSpace = 40 * symbol;
const shortFrame = 18;

interface Frame {
  bytes: Uint8Array;
  to: string | undefined;
  seq: number;
  attempt: number;
}

/** The MAC of a station. */
interface Mac {
  station: Station;
  random: () => number;
  queue: Frame[];
  seq: number;
  /** Up to when it sends acknowledgements, and from when on it may begin with the next frame. */
  acking: number;
  ready: number;
  backoffs: number;
  exponent: number;
  /** What it waits for. */
  pending: Cancel | undefined;
  /** The last sequence number of every other. */
  seen: Map<string, number>;
}

export class Ieee802154Medium extends ContentionMedium {
  readonly kind = "802.15.4";
  readonly frameSize: number;
  readonly options: Ieee802154Options & Required<Omit<Ieee802154Options, keyof CommonOptions>>;
  readonly #macs = new Map<string, Mac>();
  readonly #listeners: Mac[] = [];

  /** Throws SimError "options" for a channel that is none. */
  constructor(options: Ieee802154Options = {}) {
    const levels = { power: 0, sensitivity: -95, capture: 3 };
    super(options, levels);
    this.options = {
      channel: 15,
      pan: 0x2ee3,
      header: 11,
      sensing: -85,
      minBE: 3,
      maxBE: 5,
      maxBackoffs: 4,
      retries: 3,
      acks: true,
      cca: 8,
      turnaround: 12,
      ...levels,
      ...options,
    };
    const { channel, cca, header } = this.options;
    if (!(channel >= 11 && channel <= 26))
      throw new SimError("options", `802.15.4 has channels 11 to 26 at 2.4 GHz, not ${channel}`);
    this.frameSize = 127 - header;
    this.memory = cca * symbol;
  }

  override join(station: Station): void {
    super.join(station);
    const random = this.air.random(`802.15.4/${station.name}`);
    const mac: Mac = {
      station,
      random,
      queue: [],
      seq: Math.floor(random() * 256),
      acking: 0,
      ready: 0,
      backoffs: 0,
      exponent: 0,
      pending: undefined,
      seen: new Map(),
    };
    this.#macs.set(station.name, mac);
    if (station.listens !== false) this.#listeners.push(mac);
  }

  override reach(name: string, up: boolean): void {
    super.reach(name, up);
    const mac = this.#macs.get(name);
    if (up || !mac) return;
    mac.pending?.();
    mac.pending = undefined;
    mac.seen.clear();
    for (const { bytes, to, attempt } of mac.queue.splice(0))
      if (attempt === 1)
        this.dropped(
          name,
          bytes,
          this.#receivers(mac, to).map(({ station }) => station.name),
          "away",
        );
  }

  /** A station that only sends listens while it senses the channel and waits for an acknowledgement. */
  override usage(name: string): Usage {
    return this.stations.get(name)?.listens === false ? super.usage(name) : this.always(name);
  }

  protected transmit({ name }: Station, bytes: Uint8Array, to: string | undefined): void {
    const mac = this.#macs.get(name)!;
    if (to !== undefined) this.station(to);
    if (!this.reaches(name)) {
      this.dropped(
        name,
        bytes,
        this.#receivers(mac, to).map(({ station }) => station.name),
        "away",
      );
      return;
    }
    mac.queue.push({ bytes, to, seq: mac.seq, attempt: 1 });
    mac.seq = (mac.seq + 1) & 255;
    if (mac.queue.length === 1) this.#begin(mac);
  }

  #receivers(mac: Mac, to: string | undefined): Mac[] {
    if (to === undefined) return this.#listeners.filter((other) => other !== mac);
    const one = this.#macs.get(to)!;
    return one.station.listens === false || one === mac ? [] : [one];
  }

  // Unslotted CSMA/CA, 6.2.5.1.
  #begin(mac: Mac): void {
    mac.backoffs = 0;
    mac.exponent = this.options.minBE;
    this.#backOff(mac);
  }

  #backOff(mac: Mac): void {
    const start = exact(Math.max(this.air.time, mac.ready) + Math.floor(mac.random() * 2 ** mac.exponent) * unit);
    mac.pending = this.air.at(start + this.options.cca * symbol, () => {
      this.#sensed(mac, start);
    });
  }

  #sensed(mac: Mac, start: number): void {
    const { time } = this.air;
    const { channel, sensing, maxBE, maxBackoffs, turnaround, cca } = this.options;
    const { station } = mac;
    if (station.listens === false) this.listened(station.name, cca * symbol);
    if (mac.acking <= start && !this.senses(station, channel, start, time, sensing)) {
      mac.pending = undefined;
      this.#send(mac, exact(time + turnaround * symbol));
      return;
    }
    mac.backoffs++;
    mac.exponent = Math.min(mac.exponent + 1, maxBE);
    if (mac.backoffs <= maxBackoffs) {
      this.#backOff(mac);
      return;
    }
    const { bytes, to } = mac.queue[0]!;
    this.dropped(
      station.name,
      bytes,
      this.#receivers(mac, to).map((one) => one.station.name),
      "full",
    );
    this.#next(mac);
  }

  #send(mac: Mac, start: number): void {
    const { channel, pan, header } = this.options;
    const frame = mac.queue[0]!;
    const { bytes, to, seq, attempt } = frame;
    const air = exact((preamble + header + bytes.length) * byte);
    const signal = this.put({
      start,
      from: mac.station.name,
      ...(to !== undefined && { to }),
      bytes,
      air,
      attempt,
      channel,
      detail: { seq, pan },
      rx: [],
    });
    this.air.at(signal.end, () => {
      this.#sent(mac, frame, signal);
    });
  }

  #sent(mac: Mac, frame: Frame, signal: Signal): void {
    const { time } = this.air;
    const { name } = mac.station;
    const { bytes, to, seq } = frame;
    const acked = to !== undefined && this.options.acks;
    let acker: Mac | undefined;
    for (const other of this.#receivers(mac, to)) {
      const { why, rssi } = this.received(signal, other.station);
      const known = !why && other.seen.get(name) === seq;
      const reception: Reception = {
        to: other.station.name,
        fate: why ? "lost" : "delivered",
        arrivals: why || known ? [] : [time],
      };
      if (why) reception.why = why;
      if (rssi !== undefined) reception.rssi = rssi;
      if (known) reception.duplicated = true;
      signal.transmission.rx.push(reception);
      if (why) continue;
      acker = other;
      other.seen.set(name, seq);
      if (!known) this.arrive(other.station.name, bytes, name);
    }
    this.heard(signal.transmission);
    const waits = mac.queue[0] === frame;
    if (!acked) {
      if (waits) this.#done(mac, frame);
    } else if (acker) this.#acknowledge(acker, mac, frame);
    else if (waits) this.#again(mac, frame, time);
  }

  // An acknowledgement follows without CSMA.
  #acknowledge(acker: Mac, mac: Mac, frame: Frame): void {
    const sent = this.air.time;
    const { channel, pan, turnaround } = this.options;
    const { seq } = frame;
    const { name } = mac.station;
    const signal = this.put({
      start: exact(sent + turnaround * symbol),
      from: acker.station.name,
      to: name,
      bytes: new Uint8Array(0),
      air: ackAir,
      type: "ack",
      channel,
      detail: { seq, pan },
      rx: [],
    });
    acker.acking = signal.end;
    this.air.at(signal.end, () => {
      const { why, rssi } = this.received(signal, mac.station);
      signal.transmission.rx.push({
        to: name,
        fate: why ? "lost" : "delivered",
        arrivals: why ? [] : [signal.end],
        ...(why && { why }),
        ...(rssi !== undefined && { rssi }),
      });
      this.heard(signal.transmission);
      if (mac.queue[0] !== frame) return;
      if (why) this.#again(mac, frame, sent);
      else {
        if (mac.station.listens === false) this.listened(name, turnaround * symbol);
        this.#done(mac, frame);
      }
    });
  }

  // No acknowledgement has come, or none will.
  #again(mac: Mac, frame: Frame, sent: number): void {
    if (mac.station.listens === false) this.listened(mac.station.name, ackWait);
    mac.pending = this.air.at(sent + ackWait, () => {
      frame.attempt++;
      if (frame.attempt > this.options.retries + 1) this.#next(mac);
      else this.#begin(mac);
    });
  }

  #done(mac: Mac, { bytes }: Frame): void {
    mac.ready = exact(this.air.time + (bytes.length + this.options.header > shortFrame ? longSpace : shortSpace));
    this.#next(mac);
  }

  #next(mac: Mac): void {
    mac.pending = undefined;
    mac.queue.shift();
    if (mac.queue.length) this.#begin(mac);
  }
}
