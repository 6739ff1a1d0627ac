// What a page works with: the columns of a report as arrays of milliseconds, and what of them a filter lets through.

import { airKinds, packetKinds } from "./types.ts";
import type { AirKind, DeliveryColumns, ReportData } from "./types.ts";
import { binOf, spread } from "./stats.ts";
import type { TimeBins } from "./stats.ts";

/** Sums of differences; ms of microseconds. */
function times(steps: readonly number[]): Float64Array {
  const result = new Float64Array(steps.length);
  let at = 0;
  steps.forEach((step, i) => {
    result[i] = (at += step) / 1000;
  });
  return result;
}

const ms = (values: readonly number[]): Float64Array =>
  Float64Array.from(values, (value) => (value < 0 ? -1 : value / 1000));

export interface AirView {
  count: number;
  start: Float64Array;
  from: Int32Array;
  to: Int32Array;
  medium: Int32Array;
  kind: Int32Array;
  packet: Int32Array;
  air: Float64Array;
  attempt: Int32Array;
  channel: Int32Array;
  /** Receptions of number i are those from rx[i] to before rx[i + 1]. */
  rx: Int32Array;
  rxTo: Int32Array;
  rxFate: Int32Array;
  /** ms from the start; -1: it did not arrive. */
  rxAt: Float64Array;
}

export interface View {
  data: ReportData;
  /** ms: all that there is lies between. */
  from: number;
  to: number;
  air: AirView | undefined;
  packets: { count: number; start: Float64Array; arrived: Float64Array } | undefined;
  deliveries: { count: number; sent: Float64Array; took: Float64Array; columns: DeliveryColumns } | undefined;
  gap: [number, number] | undefined;
}

export function viewOf(data: ReportData): View {
  const { air, packets, deliveries, gap } = data;
  const view: View = {
    data,
    from: 0,
    to: data.time * 1000,
    air: undefined,
    packets: undefined,
    deliveries: undefined,
    gap: gap && [gap[0] / 1000, gap[1] / 1000],
  };
  if (air) {
    const rx = new Int32Array(air.rx.length + 1);
    air.rx.forEach((n, i) => {
      rx[i + 1] = rx[i]! + n;
    });
    view.air = {
      count: air.start.length,
      start: times(air.start),
      from: Int32Array.from(air.from),
      to: Int32Array.from(air.to),
      medium: Int32Array.from(air.medium),
      kind: Int32Array.from(air.kind),
      packet: Int32Array.from(air.packet),
      air: ms(air.air),
      attempt: Int32Array.from(air.attempt),
      channel: Int32Array.from(air.channel),
      rx,
      rxTo: Int32Array.from(air.rxTo),
      rxFate: Int32Array.from(air.rxFate),
      rxAt: ms(air.rxAt),
    };
    const { count, start } = view.air;
    for (let i = 0; i < count; i++) view.to = Math.max(view.to, start[i]! + view.air.air[i]!);
    if (packets) {
      view.packets = {
        count: packets.from.length,
        arrived: ms(packets.arrived),
        start: Float64Array.from(packets.frames, (frames) => start[Math.min(...frames.flat())]!),
      };
    }
  }
  if (deliveries) {
    view.deliveries = {
      count: deliveries.sent.length,
      sent: times(deliveries.sent),
      took: ms(deliveries.took),
      columns: deliveries,
    };
    for (const time of view.deliveries.sent) view.to = Math.max(view.to, time);
  }
  return view;
}

export interface Filter {
  /** Numbers of stations, of which all are meant where there are none. */
  devices: number[];
  /** Kinds of packets; none: all. */
  kinds: AirKind[];
  /** Numbers of media; none: all. */
  media: number[];
  /** "#12", the number of a packet from 1, or what its token begins with; "": all. */
  id: string;
  /** ms; undefined: all. */
  span: [from: number, to: number] | undefined;
  /** Number of the packet, or of a transmission, that is shown. */
  packet: number | undefined;
  air: number | undefined;
  /** Number of the station that is shown. */
  station: number | undefined;
}

export const noFilter = (): Filter => ({
  devices: [],
  kinds: [],
  media: [],
  id: "",
  span: undefined,
  packet: undefined,
  air: undefined,
  station: undefined,
});

/** A filter as the hash of a page's address. Stations go by name: numbers are others in another run. */
export function hashOf(filter: Filter, data: ReportData): string {
  const words = new URLSearchParams();
  for (const i of filter.devices) words.append("device", data.stations[i]!.name);
  for (const kind of filter.kinds) words.append("kind", kind);
  for (const i of filter.media) words.append("medium", data.media[i]!.name);
  if (filter.id) words.set("id", filter.id);
  if (filter.span)
    words.set("time", filter.span.map((time) => (time / 1000).toFixed(6).replace(/\.?0+$/, "")).join("-"));
  if (filter.packet !== undefined) words.set("packet", String(filter.packet + 1));
  if (filter.air !== undefined) words.set("transmission", String(filter.air + 1));
  if (filter.station !== undefined) words.set("show", data.stations[filter.station]!.name);
  const text = words.toString();
  return text && `#${text}`;
}

/** What a hash says; what is not of this run is left out. */
export function filterOf(hash: string, view: View): Filter {
  const { data } = view;
  const filter = noFilter();
  const words = new URLSearchParams(hash.replace(/^#/, ""));
  const station = (name: string): number => data.stations.findIndex((row) => row.name === name);
  const number = (name: string, count: number): number | undefined => {
    const n = Number(words.get(name) ?? NaN) - 1;
    return Number.isInteger(n) && n >= 0 && n < count ? n : undefined;
  };
  filter.devices = [...new Set(words.getAll("device").map(station))].filter((i) => i >= 0);
  filter.kinds = airKinds.filter((kind) => words.getAll("kind").includes(kind));
  filter.media = [...data.media.keys()].filter((i) => words.getAll("medium").includes(data.media[i]!.name));
  filter.id = words.get("id") ?? "";
  const span = /^([\d.]+)-([\d.]+)$/.exec(words.get("time") ?? "");
  if (span && Number(span[1]) < Number(span[2])) filter.span = [Number(span[1]) * 1000, Number(span[2]) * 1000];
  filter.packet = number("packet", view.packets?.count ?? 0);
  filter.air = number("transmission", view.air?.count ?? 0);
  const shown = station(words.get("show") ?? "");
  if (shown >= 0) filter.station = shown;
  return filter;
}

/** What a filter lets through: numbers of transmissions, packets and deliveries, in their order. */
export interface Shown {
  air: number[];
  packets: number[];
  deliveries: number[];
  /** Whether a station is meant. */
  station: (i: number) => boolean;
  /** Whether packets are chosen by what they are: deliveries are no packets, and then do not count. */
  byPacket: boolean;
  from: number;
  to: number;
}

/** Whether a packet is the one, or one of those, that an id means. */
function byId(view: View, id: string): (packet: number) => boolean {
  const { packets } = view.data;
  if (!id || !packets) return () => true;
  if (id.startsWith("#")) return (packet) => packet === Number(id.slice(1)) - 1;
  const wanted = id.toLowerCase();
  return (packet) => packets.tokens[packets.token[packet]!]!.startsWith(wanted);
}

export function shownOf(view: View, filter: Filter): Shown {
  const { air, packets, deliveries, data } = view;
  const chosen = new Set(filter.devices);
  const gateway = data.stations.map(({ role }) => role === "gateway");
  const kinds = new Set(filter.kinds.map((kind) => airKinds.indexOf(kind)));
  const media = new Set(filter.media);
  const [from, to] = filter.span ?? [view.from, view.to];
  const id = filter.id.trim();
  const isOne = byId(view, id);
  const result: Shown = {
    air: [],
    packets: [],
    deliveries: [],
    from,
    to,
    station: (i) => !chosen.size || chosen.has(i),
    byPacket: filter.kinds.length > 0 || id !== "" || media.size > 0,
  };
  const heardBy = (i: number): boolean => {
    for (let at = air!.rx[i]!; at < air!.rx[i + 1]!; at++) if (chosen.has(air!.rxTo[at]!)) return true;
    return false;
  };
  // what a gateway says to all is for each that hears it; what other devices say is not
  const isAbout = (i: number): boolean =>
    !chosen.size ||
    chosen.has(air!.from[i]!) ||
    chosen.has(air!.to[i]!) ||
    (air!.to[i]! < 0 && gateway[air!.from[i]!]! && heardBy(i));
  const seen = new Uint8Array(packets?.count ?? 0);
  for (let i = 0; air && i < air.count; i++) {
    const start = air.start[i]!;
    if (start > to) break;
    if (
      start + air.air[i]! < from ||
      (kinds.size && !kinds.has(air.kind[i]!)) ||
      (media.size && !media.has(air.medium[i]!))
    )
      continue;
    const packet = air.packet[i]!;
    if ((id && (packet < 0 || !isOne(packet))) || !isAbout(i)) continue;
    result.air.push(i);
    if (packet >= 0 && !seen[packet]) {
      seen[packet] = 1;
      result.packets.push(packet);
    }
  }
  result.packets.sort((a, b) => a - b);
  if (deliveries && !result.byPacket) {
    const { device, gateway: other } = deliveries.columns;
    for (let i = 0; i < deliveries.count; i++) {
      if (deliveries.sent[i]! < from || deliveries.sent[i]! > to) continue;
      if (!chosen.size || chosen.has(device[i]!) || chosen.has(other[i]!)) result.deliveries.push(i);
    }
  }
  return result;
}

/** Receptions of a transmission that count: of who it is for; of one for all the gateways that hear it, or all where none does. */
export function dueReceptions(view: View, i: number): number[] {
  const air = view.air!;
  const all: number[] = [];
  for (let at = air.rx[i]!; at < air.rx[i + 1]!; at++) all.push(at);
  const to = air.to[i]!;
  if (to >= 0) return all.filter((at) => air.rxTo[at] === to);
  const gateways = all.filter((at) => view.data.stations[air.rxTo[at]!]!.role === "gateway");
  return gateways.length ? gateways : all;
}

export interface Timeline {
  /** By medium: transmissions, and ms on the air, of each bin. */
  sent: Float64Array[];
  air: Float64Array[];
  /** Receptions that were due, and by fate those lost. */
  due: Float64Array;
  lost: Map<number, Float64Array>;
  /** Messages sent, and those of them that were delivered. */
  messages: Float64Array;
  delivered: Float64Array;
}

/** Counts by bins of time what is shown. */
export function timeline(view: View, shown: Shown, bins: TimeBins): Timeline {
  const make = (): Float64Array => new Float64Array(bins.count);
  const result: Timeline = {
    sent: view.data.media.map(make),
    air: view.data.media.map(make),
    due: make(),
    lost: new Map(),
    messages: make(),
    delivered: make(),
  };
  const { air, deliveries } = view;
  for (const i of shown.air) {
    const { start, medium, air: length, rxFate } = air!;
    const m = medium[i]!;
    if (m >= 0) spread(bins, result.air[m]!, start[i]!, length[i]!);
    const bin = binOf(bins, start[i]!);
    if (bin < 0) continue;
    if (m >= 0) result.sent[m]![bin]!++;
    for (const at of dueReceptions(view, i)) {
      result.due[bin]!++;
      const fate = rxFate[at]!;
      if (!fate) continue;
      if (!result.lost.has(fate)) result.lost.set(fate, make());
      result.lost.get(fate)![bin]!++;
    }
  }
  for (const i of shown.deliveries) {
    const bin = binOf(bins, deliveries!.sent[i]!);
    if (bin < 0) continue;
    result.messages[bin]!++;
    if (deliveries!.took[i]! >= 0) result.delivered[bin]!++;
  }
  return result;
}

/** What a station sent of what is shown, and how much of it arrived. */
export interface Tally {
  sent: number;
  delivered: number;
  /** Seconds, in rising order. */
  latencies: number[];
}

/** Messages of devices where they are known and not chosen by packet; else packets. */
export function tallies(
  view: View,
  shown: Shown,
): { of: "messages" | "packets"; stations: Map<number, Tally>; latencies: number[]; sent: number; delivered: number } {
  const stations = new Map<number, Tally>();
  const latencies: number[] = [];
  const messages = view.deliveries !== undefined && !shown.byPacket;
  const add = (station: number, took: number): void => {
    let tally = stations.get(station);
    if (!tally) stations.set(station, (tally = { sent: 0, delivered: 0, latencies: [] }));
    tally.sent++;
    if (took < 0) return;
    tally.delivered++;
    tally.latencies.push(took / 1000);
    latencies.push(took / 1000);
  };
  if (messages) {
    const { columns, took } = view.deliveries!;
    for (const i of shown.deliveries) add(columns.way[i] ? columns.gateway[i]! : columns.device[i]!, took[i]!);
  } else if (view.packets) {
    const { from, outer } = view.data.packets!;
    // one that was broken off never was to arrive
    for (const i of shown.packets)
      if (outer[i])
        add(from[i]!, view.packets.arrived[i]! < 0 ? -1 : view.packets.arrived[i]! - view.packets.start[i]!);
  }
  latencies.sort((a, b) => a - b);
  let sent = 0;
  let delivered = 0;
  for (const tally of stations.values()) {
    tally.latencies.sort((a, b) => a - b);
    sent += tally.sent;
    delivered += tally.delivered;
  }
  return { of: messages ? "messages" : "packets", stations, latencies, sent, delivered };
}

/** Fields of a packet by its form, each a name and bytes in hex. telehash v3, e3x/cs/1a.md; lob.md */
export function fieldsOf(outer: string): [name: string, hex: string][] {
  const bytes = (from: number, to?: number): string => outer.slice(from * 2, to === undefined ? undefined : to * 2);
  const size = outer.length / 2;
  if (outer.startsWith("0000") && size >= 26)
    return [
      ["LENGTH", bytes(0, 2)],
      ["TOKEN", bytes(2, 18)],
      ["IV", bytes(18, 22)],
      ["ciphertext", bytes(22, size - 4)],
      ["MAC", bytes(size - 4)],
    ];
  if (outer.startsWith("00011a") && size >= 32)
    return [
      ["LENGTH", bytes(0, 2)],
      ["CSID", bytes(2, 3)],
      ["KEY", bytes(3, 24)],
      ["IV", bytes(24, 28)],
      ["ciphertext", bytes(28, size - 4)],
      ["MAC", bytes(size - 4)],
    ];
  if (outer.startsWith("0001"))
    return [
      ["LENGTH", bytes(0, 2)],
      ["CSID", bytes(2, 3)],
      ["BODY", bytes(3)],
    ];
  return outer ? [["bytes", outer]] : [];
}

/** Whether a kind is one of packets. */
export const isPacketKind = (kind: number): boolean => kind < packetKinds.length;
