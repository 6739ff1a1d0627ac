// BLE connections of one central with all other stations. Sections are those of Bluetooth Core 5.4, Vol 6 Part B.
//
// A frame is what a notification or a write without response carries: it gets 3 bytes of ATT and 4 of L2CAP, and is cut into
// LL data PDUs. In each connection event (4.5.1) the central sends, the peripheral answers 150 us later (T_IFS, 4.1), and so
// on while one of both has more and the event's time allows. A PDU that does not arrive ends the event, and comes again in
// the next: frames are late, not lost. After the supervision timeout without a PDU the connection is lost, with the frames
// under way ("away"); it is made anew when the peripheral's advertisement is heard.
//
// Events without data are not simulated one by one: their radio time is added up in usage(). Such an event of one connection
// does not disturb another connection at the central; one with data does: who begins later skips its event, and has priority
// for its next one. Frames that are given while an event goes on wait for the next.
//
// Every data PDU of an event with data is a transmission with the whole frame as its bytes; empty PDUs are of type "ack".
// Detail: event (the connection's counter), sn, nesn, md; of data: part, parts, offset (in the frame) and length (of the
// PDU's payload with the headers). channel: the data channel, 0 to 36. A frame that is given up is a transmission of no
// length, attempt 0.
//
// Joining makes a connection by itself, as does a radio that comes back: both are told by Air.link. What a station whose
// radio goes had under way is lost at once; the central finds out after the supervision timeout.
//
// Station.radio: power, dBm.

import { exact } from "../engine.ts";
import type { Cancel } from "../engine.ts";
import { SimError } from "../errors.ts";
import type { CommonOptions, Reception, Station, Usage, Why } from "./medium.ts";
import { BaseMedium } from "./medium.ts";

export type Phy = "1M" | "2M" | "coded" | "coded-s2";

export interface BleOptions extends CommonOptions {
  /** Name of the station that all others are connected to. */
  central: string;
  /** ms of a connection interval, in steps of 1.25 from 7.5 to 4000. Default 7.5. */
  interval?: number;
  /** Connection events that a peripheral with nothing to send may sleep through. Default 0. */
  latency?: number;
  /** ms without a PDU after which a connection is lost: above (1 + latency) * interval * 2. Default 4000. */
  supervision?: number;
  /** Bytes of an LL data PDU's payload: 27, up to 251 with data length extension. Default 27. */
  dataLength?: number;
  /** Default 1M; coded: 125 kbit/s, coded-s2: 500 kbit/s. */
  phy?: Phy;
  /** ATT MTU: 3 more than a frame. Default 23. */
  mtu?: number;
  /** ms of a connection event at most; the first exchange always takes place. Default 3.75 (three units of NRF_SDH_BLE_GAP_EVENT_LENGTH). */
  eventLength?: number;
  /** Where connections begin in the interval: at random, or one event after the other. Default "random". */
  anchors?: "random" | "packed";
  /** Whether the central has one radio, as it is; false: it serves all connections at once. Default true. */
  exclusive?: boolean;
  /** ms of the advertising interval of a peripheral that has no connection. Default 375, which Espruino has. */
  advertising?: number;
  /** Sleep clocks' accuracy of both together, in millionths: a peripheral listens that much earlier and later (4.2.4). Default 100. */
  clocks?: number;
  /** dBm: default 0; sensitivity -95, -92, -103 and -99 by PHY (nRF52840). */
  power?: number;
  sensitivity?: number;
}

const none = new Uint8Array(0);
/** T_IFS, ms. */
const space = 0.15;
/** Bytes of the headers of ATT and L2CAP. */
const headers = 7;
const sensitivities: { [phy in Phy]: number } = { "1M": -95, "2M": -92, coded: -103, "coded-s2": -99 };

/** ms on the air of an LL data PDU with so many bytes of payload (2.1, 2.2: preamble, access address, header 2, CRC 3; coded: CI and TERM). */
export function dataAir(phy: Phy, payload: number): number {
  switch (phy) {
    case "1M":
      return exact((1 + 4 + 2 + payload + 3) * 0.008);
    case "2M":
      return exact((2 + 4 + 2 + payload + 3) * 0.004);
    // preamble 80 us, access address 256, CI 16, then 8 us a bit of header, payload, CRC and TERM2 (3 bits), TERM1 24
    case "coded":
      return exact(0.352 + 0.024 + ((2 + payload + 3) * 8 + 3) * 0.008);
    // TERM1 goes with the access address at 8 us a bit, all after it at 2
    case "coded-s2":
      return exact(0.352 + 0.024 + ((2 + payload + 3) * 8 + 3) * 0.002);
  }
}

interface Part {
  bytes: Uint8Array;
  part: number;
  parts: number;
  offset: number;
  length: number;
  attempt: number;
}

/** One end of a connection: what it has to send, its sequence numbers. */
interface End {
  name: string;
  station: Station;
  queue: Part[];
  /** The central's PDU that the peripheral has not answered yet; without data it has no part. */
  flight?: { part: Part | undefined } | undefined;
  sn: number;
  nesn: number;
}

interface Connection {
  name: string;
  central: End;
  peripheral: End;
  state: "down" | "connecting" | "up" | "broken";
  random: () => number;
  /** ms of its anchors in the interval; what the hop is; ms of its first anchor. */
  offset: number;
  hop: number;
  epoch: number;
  /** The last event that is over, the next one that is simulated, and the cancellation of it, or of becoming connected. */
  past: number;
  next: number;
  pending: Cancel | undefined;
  /** Since when nothing gets through, ms. */
  silent: number | undefined;
  /** Events that were simulated since it is up; and before that: events that the central had, that the peripheral had, without data. */
  used: number;
  polled: number;
  attended: number;
  /** ms at which the other side knows that it is lost. */
  known: number;
}

export class BleMedium extends BaseMedium {
  readonly kind = "ble";
  readonly frameSize: number;
  readonly options: BleOptions & Required<Omit<BleOptions, keyof CommonOptions>>;
  readonly #connections = new Map<string, Connection>();
  readonly #skipped = new Set<Connection>();
  readonly #empty: number;
  /** Up to when the central is busy with an event. */
  #busy = 0;

  /** Throws SimError "options" for what the standard does not allow. */
  constructor(options: BleOptions) {
    super(options);
    const phy = options.phy ?? "1M";
    this.options = {
      interval: 7.5,
      latency: 0,
      supervision: 4000,
      dataLength: 27,
      phy,
      mtu: 23,
      eventLength: 3.75,
      anchors: "random",
      exclusive: true,
      advertising: 375,
      clocks: 100,
      power: 0,
      sensitivity: sensitivities[phy],
      ...options,
    };
    const { interval, latency, supervision, dataLength, mtu } = this.options;
    const wrong = (what: string): void => {
      throw new SimError("options", `a BLE connection has ${what}`);
    };
    if (!(interval >= 7.5 && interval <= 4000 && Number.isInteger(interval / 1.25)))
      wrong("an interval of 7.5 to 4000 ms in steps of 1.25");
    if (!(latency >= 0 && latency <= 499 && Number.isInteger(latency))) wrong("a latency of 0 to 499 events");
    if (!(supervision > (1 + latency) * interval * 2 && supervision >= 100 && supervision <= 32000))
      wrong("a supervision timeout of 100 to 32,000 ms, above (1 + latency) * interval * 2");
    if (!(dataLength >= 27 && dataLength <= 251)) wrong("PDUs of 27 to 251 bytes");
    if (!(mtu >= 23)) wrong("an MTU of 23 or more");
    this.frameSize = mtu - 3;
    this.#empty = dataAir(phy, 0);
  }

  override join(station: Station): void {
    super.join(station);
    const { name } = station;
    const { central, interval, anchors, eventLength } = this.options;
    if (name === central) {
      for (const connection of this.#connections.values()) this.#connect(connection);
      return;
    }
    const random = this.air.random(`ble/${name}`);
    const drawn = random() * interval;
    const hop = 5 + Math.floor(random() * 12);
    const end = (at: string, of: Station): End => ({ name: at, station: of, queue: [], sn: 0, nesn: 0 });
    const connection: Connection = {
      name,
      random,
      hop,
      // the central's station is looked up when it is there
      central: end(central, station),
      peripheral: end(name, station),
      offset: exact(anchors === "packed" ? (this.#connections.size * eventLength) % interval : drawn),
      state: "down",
      epoch: 0,
      past: -1,
      next: -1,
      pending: undefined,
      silent: undefined,
      used: 0,
      polled: 0,
      attended: 0,
      known: 0,
    };
    this.#connections.set(name, connection);
    if (this.stations.has(central)) this.#connect(connection);
  }

  override reach(name: string, up: boolean): void {
    const was = this.reaches(name);
    super.reach(name, up);
    if (was === up) return;
    for (const connection of this.#of(name)) {
      if (up) this.#connect(connection);
      else this.#break(connection);
    }
  }

  override part(groups: readonly (readonly string[])[] | undefined): void {
    super.part(groups);
    for (const connection of this.#connections.values()) {
      if (this.apart(this.options.central, connection.name)) {
        if (connection.state !== "up") continue;
        connection.silent ??= this.air.time;
        this.air.at(connection.silent + this.options.supervision, () => {
          this.#supervise(connection);
        });
      } else {
        connection.silent = undefined;
        this.#connect(connection);
      }
    }
  }

  override usage(name: string): Usage {
    const usage = { ...super.usage(name) };
    const { interval, latency, clocks } = this.options;
    for (const connection of this.#of(name)) {
      const [polled, attended] = this.#idle(connection);
      usage.tx += (name === connection.name ? attended : polled) * this.#empty;
      usage.rx += attended * this.#empty;
      if (name === connection.name)
        usage.listening += attended * 2 * (clocks * 1e-6 * interval * (1 + latency) + 0.016);
    }
    usage.tx = exact(usage.tx);
    usage.rx = exact(usage.rx);
    usage.listening = exact(usage.listening);
    return usage;
  }

  protected transmit({ name }: Station, bytes: Uint8Array, to: string | undefined): void {
    const { central, dataLength } = this.options;
    if (to !== undefined) this.station(to);
    if (name !== central && to !== undefined && to !== central) {
      this.dropped(name, bytes, [to], "deaf");
      return;
    }
    const size = bytes.length + headers;
    const parts = Math.ceil(size / dataLength);
    for (const connection of to === undefined || name !== central ? this.#of(name) : [this.#connections.get(to)!]) {
      if (connection.state !== "up") {
        this.dropped(name, bytes, [name === central ? connection.name : central], "away");
        continue;
      }
      const { queue } = name === central ? connection.central : connection.peripheral;
      for (let part = 0; part < parts; part++) {
        const offset = part * dataLength;
        queue.push({
          bytes,
          part,
          parts,
          offset: Math.max(0, offset - headers),
          length: Math.min(dataLength, size - offset),
          attempt: 1,
        });
      }
      this.#plan(connection);
    }
  }

  #of(name: string): Iterable<Connection> {
    if (name === this.options.central) return this.#connections.values();
    const connection = this.#connections.get(name);
    return connection ? [connection] : [];
  }

  // ---- coming and going

  /** The peripheral advertises; the central hears it after an advertising interval at most. */
  #connect(connection: Connection): void {
    const { central, advertising } = this.options;
    const { name, state, known, random } = connection;
    if (state === "up" || state === "connecting" || !this.#there(connection)) return;
    connection.state = "connecting";
    connection.pending = this.air.at(Math.max(this.air.time, known) + random() * (advertising + 10), () => {
      connection.pending = undefined;
      connection.state = "down";
      if (!this.#there(connection)) return undefined;
      const lost = this.lossy(name, central);
      if (!this.lossy(central, name) && !lost) return this.#up(connection);
      this.#connect(connection);
      return undefined;
    });
  }

  /** Whether both radios are there, and near enough. */
  #there({ name }: Connection): boolean {
    const { central } = this.options;
    if (!this.stations.has(central) || this.apart(central, name)) return false;
    const one = this.station(central);
    const two = this.station(name);
    return !this.#weak(one, two) && !this.#weak(two, one);
  }

  #rssi(from: Station, to: Station): number | undefined {
    const own = from.radio?.["power"];
    return this.power(from, to, typeof own === "number" ? own : this.options.power);
  }

  #weak(from: Station, to: Station): boolean {
    return (this.#rssi(from, to) ?? Infinity) < this.options.sensitivity;
  }

  #up(connection: Connection): unknown {
    const { central, interval, mtu } = this.options;
    const { time } = this.air;
    connection.central.station = this.station(central);
    connection.state = "up";
    connection.epoch = exact(Math.ceil((time - connection.offset) / interval) * interval + connection.offset);
    connection.past = connection.next = -1;
    connection.silent = undefined;
    connection.used = 0;
    for (const end of [connection.central, connection.peripheral]) {
      end.sn = end.nesn = 0;
      end.flight = undefined;
    }
    return this.air.link(connection.name, true, mtu);
  }

  /** A radio went: the other side finds out later. */
  #break(connection: Connection): void {
    if (connection.state === "connecting") {
      connection.pending?.();
      connection.pending = undefined;
      connection.state = connection.known > this.air.time ? "broken" : "down";
    }
    if (connection.state !== "up") return;
    this.#end(connection);
    connection.state = "broken";
    connection.known = exact(this.air.time + this.options.supervision);
    this.air.at(connection.known, () => {
      if (connection.state === "broken") connection.state = "down";
      return this.air.link(connection.name, false);
    });
  }

  #supervise(connection: Connection): unknown {
    const { silent, state } = connection;
    if (state !== "up" || silent === undefined || this.air.time < exact(silent + this.options.supervision))
      return undefined;
    this.#end(connection);
    connection.state = "down";
    const told = this.air.link(connection.name, false);
    this.#connect(connection);
    return told;
  }

  /** What is under way is lost. */
  #end(connection: Connection): void {
    [connection.polled, connection.attended] = this.#idle(connection);
    connection.used = 0;
    connection.pending?.();
    connection.pending = undefined;
    this.#skipped.delete(connection);
    const { central, peripheral } = connection;
    const arrived = central.flight?.part !== undefined && central.sn !== peripheral.nesn;
    for (const [from, to] of [
      [central, peripheral],
      [peripheral, central],
    ] as const) {
      from.queue.splice(0).forEach(({ bytes, part, parts }, i) => {
        if (part === parts - 1 && !(from === central && i === 0 && arrived))
          this.dropped(from.name, bytes, [to.name], "away");
      });
    }
  }

  /** Events without data so far: of the central, and of the peripheral. */
  #idle({ state, epoch, used, polled, attended }: Connection): [polled: number, attended: number] {
    const { interval, latency } = this.options;
    if (state !== "up" || this.air.time < epoch) return [polled, attended];
    const events = Math.floor((this.air.time - epoch) / interval) + 1;
    return [polled + Math.max(0, events - used), attended + Math.max(0, Math.ceil(events / (latency + 1)) - used)];
  }

  // ---- connection events

  #anchor({ epoch }: Connection, event: number): number {
    return exact(epoch + event * this.options.interval);
  }

  /** Sees to it that the next event in which there is something to send takes place. */
  #plan(connection: Connection): void {
    const { interval, latency } = this.options;
    const { central, peripheral, epoch, past } = connection;
    if (!central.queue.length && !peripheral.queue.length) return;
    let event = Math.max(past + 1, Math.ceil((this.air.time - epoch) / interval));
    // the central's data waits until the peripheral listens
    if (!peripheral.queue.length) event = Math.ceil(event / (latency + 1)) * (latency + 1);
    if (connection.pending) {
      if (connection.next <= event) return;
      connection.pending();
    }
    connection.next = event;
    connection.pending = this.air.at(this.#anchor(connection, event), () => this.#event(connection));
  }

  #event(connection: Connection): unknown {
    const { interval, eventLength, exclusive, supervision } = this.options;
    const { central, peripheral, next: event } = connection;
    const { time } = this.air;
    connection.pending = undefined;
    connection.past = event;
    // those whose event was skipped have their turn
    let turn = Infinity;
    if (exclusive) {
      this.#skipped.delete(connection);
      for (const other of this.#skipped) turn = Math.min(turn, this.#anchor(other, other.next));
    }
    const limit = Math.min(time + eventLength, time + interval - space, turn);
    const length = (): number => this.#air(central.queue[0]) + space + this.#air(peripheral.queue[0]);
    let heard = false;
    if (exclusive && (time < this.#busy || exact(time + length()) > turn)) this.#skipped.add(connection);
    else {
      connection.used++;
      let at = time;
      do {
        const { end, answered } = this.#exchange(connection, event, at);
        this.#busy = end;
        if (!answered) break;
        heard = true;
        at = exact(end + space);
      } while ((central.queue.length || peripheral.queue.length) && exact(at + length()) <= limit);
    }
    if (heard) connection.silent = undefined;
    else {
      connection.silent ??= time;
      if (exact(time - connection.silent) >= supervision) return this.#supervise(connection);
    }
    this.#plan(connection);
    return undefined;
  }

  /** The central sends, the peripheral answers: when that is over, and whether both were heard. */
  #exchange(connection: Connection, event: number, start: number): { end: number; answered: boolean } {
    const { central, peripheral } = connection;
    central.flight ??= { part: central.queue[0] };
    const asked = this.#pdu(connection, event, start, central, peripheral, central.flight.part);
    if (!asked.heard) return { end: asked.end, answered: false };
    const answer = this.#pdu(connection, event, exact(asked.end + space), peripheral, central, peripheral.queue[0]);
    if (answer.heard) {
      // The answer acknowledges the central's PDU. Its own comes before whatever the peripheral sends next: that it is
      // there is taken as known.
      if (central.flight.part) central.queue.shift();
      central.flight = undefined;
      central.sn ^= 1;
      peripheral.queue.shift();
      peripheral.sn ^= 1;
    }
    return { end: answer.end, answered: answer.heard };
  }

  /** One PDU; what is new to the receiver is delivered. */
  #pdu(
    connection: Connection,
    event: number,
    start: number,
    from: End,
    to: End,
    part: Part | undefined,
  ): { end: number; heard: boolean } {
    const air = this.#air(part);
    const end = exact(start + air);
    const lossy = this.lossy(from.name, to.name);
    const why: Why | undefined = this.apart(from.name, to.name)
      ? "away"
      : this.#weak(from.station, to.station)
        ? "weak"
        : lossy
          ? "loss"
          : undefined;
    const { sn, nesn, queue } = from;
    const known = sn !== to.nesn;
    const last = part !== undefined && part.part === part.parts - 1;
    const rssi = this.#rssi(from.station, to.station);
    const reception: Reception = {
      to: to.name,
      fate: why ? "lost" : "delivered",
      arrivals: !why && !known && last ? [end] : [],
    };
    if (why) reception.why = why;
    else if (known) reception.duplicated = true;
    if (rssi !== undefined) reception.rssi = rssi;
    const md = queue.length > (part ? 1 : 0) ? 1 : 0;
    this.heard({
      start,
      from: from.name,
      to: to.name,
      bytes: part?.bytes ?? none,
      air,
      ...(part ? { attempt: part.attempt++ } : { type: "ack" as const }),
      channel: (connection.hop * (event + 1)) % 37,
      detail: part
        ? { event, sn, nesn, md, part: part.part, parts: part.parts, offset: part.offset, length: part.length }
        : { event, sn, nesn, md },
      rx: [reception],
    });
    if (why) return { end, heard: false };
    if (!known) to.nesn ^= 1;
    if (!known && last)
      this.air.at(end, () => (this.reaches(to.name) ? this.air.deliver(to.name, part.bytes, from.name) : undefined));
    return { end, heard: true };
  }

  #air(part: Part | undefined): number {
    return part ? dataAir(this.options.phy, part.length) : this.#empty;
  }
}
