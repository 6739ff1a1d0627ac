// BLE advertising on the 1M PHY, as beacons and scanners use it. Sections are those of Bluetooth Core 5.4, Vol 6 Part B.
//
// A frame is the payload of one advertising event: its PDU goes out on the channels 37, 38 and 39 in turn (4.4.2), 8 us a
// byte: preamble 1, access address 4, header 2, AdvA 6, payload, CRC 3 (2.1, 2.3), so 376 us for 31 bytes. Each is a
// transmission, attempt 1 to 3. Nobody senses the channel, nobody answers.
// A scanner listens to one channel at a time, and takes the next one with every scan interval (4.4.3). What it hears
// twice in one event (its channel changed between) is delivered once: the second is `duplicated`, without an arrival.
//
// Station.radio: power, dBm; interval, window and channel of a scanner.

import { exact } from "../engine.ts";
import { ContentionMedium } from "./contention.ts";
import type { LevelOptions, Signal } from "./contention.ts";
import type { CommonOptions, Reception, Station, Usage } from "./medium.ts";

export interface AdvertisingOptions extends LevelOptions {
  /** Bytes of a payload at most. Default 31. */
  frameSize?: number;
  /** dBm: default 0; sensitivity -95 (nRF52840) and capture 8 dB (receivers need 6 to 14; the Core allows them 21, Part A 4.2). */
  power?: number;
  sensitivity?: number;
  capture?: number;
  /** ms between the PDUs of an event, in which the radio goes to the next channel; an event's PDUs begin 10 ms after one another at most (4.4.2.6). Default 0.15. */
  gap?: number;
  /** Up to so many ms an event is put off, at random: advDelay (4.4.2.2.1). Default 10. */
  delay?: number;
  /** ms of scanners: how often the channel changes, and for how long of it they listen. Default 100 and the interval. */
  interval?: number;
  window?: number;
}

const channels = [37, 38, 39] as const;
/** Bytes around a payload. */
const around = 16;

interface Scanner {
  station: Station;
  interval: number;
  window: number;
  /** ms by which its intervals are ahead of virtual time. */
  phase: number;
  /** The only channel that it listens to, if it does not change. */
  channel: number | undefined;
}

interface Advertiser {
  random: () => number;
  /** ms of its last event, and when the next may begin. */
  start: number;
  end: number;
  free: number;
}

/** An event: who has heard it. */
interface AdvertisingEvent {
  bytes: Uint8Array;
  to: string | undefined;
  got: Scanner[];
}

export class AdvertisingMedium extends ContentionMedium {
  readonly kind = "advertising";
  readonly frameSize: number;
  readonly options: AdvertisingOptions & Required<Omit<AdvertisingOptions, keyof CommonOptions>>;
  readonly #scanners = new Map<string, Scanner>();
  readonly #advertisers = new Map<string, Advertiser>();

  constructor(options: AdvertisingOptions = {}) {
    const levels = { power: 0, sensitivity: -95, capture: 8 };
    super(options, levels);
    const interval = options.interval ?? 100;
    this.options = { frameSize: 31, gap: 0.15, delay: 10, interval, window: interval, ...levels, ...options };
    this.frameSize = this.options.frameSize;
  }

  override join(station: Station): void {
    super.join(station);
    if (station.listens === false) return;
    const own = (name: string): number | undefined => {
      const value = station.radio?.[name];
      return typeof value === "number" ? value : undefined;
    };
    const interval = own("interval") ?? this.options.interval;
    const window = Math.min(own("window") ?? this.options.window, interval);
    const phase = exact(this.air.random(`scan/${station.name}`)() * 3 * interval);
    this.#scanners.set(station.name, { station, interval, window, phase, channel: own("channel") });
  }

  override usage(name: string): Usage {
    const usage = { ...super.usage(name) };
    const scanner = this.#scanners.get(name);
    if (scanner)
      usage.listening = exact(Math.max(0, (this.there(name) * scanner.window) / scanner.interval - usage.rx));
    return usage;
  }

  protected transmit({ name }: Station, bytes: Uint8Array, to: string | undefined): void {
    const { time } = this.air;
    const { gap, delay } = this.options;
    let advertiser = this.#advertisers.get(name);
    if (!advertiser)
      this.#advertisers.set(
        name,
        (advertiser = { random: this.air.random(`advertising/${name}`), start: 0, end: 0, free: 0 }),
      );
    const air = exact((around + bytes.length) * 0.008);
    const start = exact(Math.max(time + advertiser.random() * delay, advertiser.free));
    advertiser.free = exact(start + 3 * air + 2 * gap);
    const event: AdvertisingEvent = { bytes, to, got: [] };
    if (start > time)
      this.air.at(start, () => {
        this.#begin(name, event, air);
      });
    else this.#begin(name, event, air);
  }

  #begin(name: string, event: AdvertisingEvent, air: number): void {
    const { bytes, to } = event;
    if (!this.reaches(name)) {
      const names = to === undefined ? [...this.#scanners.keys()].filter((other) => other !== name) : [to];
      this.dropped(name, bytes, names, "away");
      return;
    }
    const { time } = this.air;
    const { gap } = this.options;
    const advertiser = this.#advertisers.get(name)!;
    advertiser.start = time;
    advertiser.end = exact(time + 3 * air + 2 * gap);
    for (let i = 0; i < channels.length; i++) {
      const start = exact(time + i * (air + gap));
      const signal = this.put({
        start,
        from: name,
        ...(to !== undefined && { to }),
        bytes,
        air,
        attempt: i + 1,
        channel: channels[i]!,
        rx: [],
      });
      this.air.at(signal.end, () => {
        this.#sent(signal, event);
      });
    }
  }

  #sent(signal: Signal, event: AdvertisingEvent): void {
    const { transmission, from } = signal;
    // only those that it is meant for: of thousands each would cost
    for (const scanner of event.to === undefined ? this.#scanners.values() : [this.#scanners.get(event.to)]) {
      if (!scanner || scanner.station === from) continue;
      const { name } = scanner.station;
      const { why, rssi } = this.#hears(scanner, signal)
        ? this.received(signal, scanner.station)
        : { why: "deaf" as const, rssi: undefined };
      const known = !why && event.got.includes(scanner);
      const reception: Reception = {
        to: name,
        fate: why ? "lost" : "delivered",
        arrivals: why || known ? [] : [signal.end],
      };
      if (why) reception.why = why;
      if (rssi !== undefined) reception.rssi = rssi;
      if (known) reception.duplicated = true;
      transmission.rx.push(reception);
      if (why || known) continue;
      event.got.push(scanner);
      this.arrive(name, event.bytes, from.name);
    }
    this.heard(transmission);
  }

  /** Whether a scanner listens to a signal's channel from its beginning to its end, and does not advertise then. */
  #hears({ station, interval, window, phase, channel }: Scanner, { transmission, end }: Signal): boolean {
    const { start } = transmission;
    const own = this.#advertisers.get(station.name);
    if (own && own.start < end && own.end > start) return false;
    const at = start + phase;
    const turn = Math.floor(at / interval);
    if ((channel ?? channels[turn % 3]!) !== transmission.channel) return false;
    return (channel !== undefined && window === interval) || at - turn * interval + end - start <= window;
  }
}
