// Gathers what a report's page holds of an outcome, a capture, or both.

import { toHex } from "../capture.ts";
import type { AirRecord, Capture } from "../capture.ts";
import type { Reception } from "../media/medium.ts";
import type { Position } from "../media/propagation.ts";
import type { Delivery, Outcome } from "../outcome.ts";
import { sentPackets } from "./packets.ts";
import type { PacketKind, SentPacket } from "./packets.ts";
import { quantile } from "../quantile.ts";
import { airKinds, fates, inChunk, packetKinds } from "./types.ts";
import type { AirColumns, DeliveryColumns, PacketColumns, ReportData, StationRow } from "./types.ts";

/** What whoever has the keys makes of a packet. */
export interface Reading {
  /** What it is, where its form does not tell a handshake from a message. */
  kind?: PacketKind;
  /** What it says. */
  text?: string;
}

export interface ReportOptions {
  outcome?: Outcome;
  capture?: Capture;
  /** Default: the outcome's, or "Capture". */
  title?: string;
  /** Is asked about every packet on the page. What it says is then on the page for all to read. */
  readings?: (packet: { from: string; to: string | undefined; outer: Uint8Array }) => Reading | undefined;
  /** Characters that transmissions may take. Default 14,000,000. */
  room?: number;
  /** Messages at most. Default 100,000. */
  deliveries?: number;
}

/** Log lines on a page at most: those of each station that has most are cut first. */
const LOG_LINES = 60_000;
/** Transmissions beyond which what else is known of each (`detail`) is left out. */
const DETAILED = 20_000;

const us = (ms: number): number => Math.round(ms * 1000);
const count = (value: number): string => value.toLocaleString("en");

export function collect(options: ReportOptions): ReportData {
  const { outcome, capture, title } = options;
  const stations = new Stations();
  const notes: string[] = [];
  if (outcome) ofOutcome(outcome, stations);
  if (capture) ofCapture(capture, stations, !outcome);
  const media = (outcome?.media ?? capture?.header.media ?? []).map(({ name, kind, ...more }) => ({
    name,
    kind,
    ...(outcome && (more as Partial<Outcome["media"][number]>)),
  }));
  const data: ReportData = {
    title: title ?? outcome?.title ?? "Capture",
    time: outcome?.time ?? (capture ? endOf(capture) / 1000 : 0),
    verdicts: outcome?.verdicts ?? [],
    breaches: outcome?.breaches ?? [],
    notes,
    stations: stations.rows,
    media,
  };
  const seed = outcome?.seed ?? capture?.header.seed;
  if (seed !== undefined) data.seed = seed;
  if (outcome) {
    const { took, events, command, held, verdicts } = outcome;
    Object.assign(data, { took, events, command, ...(verdicts.length && { held }) });
    if (outcome.deliveries.length)
      data.deliveries = deliveries(outcome.deliveries, stations, options.deliveries ?? 100_000, notes);
  }
  if (capture) transmissions(capture, stations, options, data);
  trimLogs(stations.rows, notes);
  return data;
}

class Stations {
  readonly rows: StationRow[] = [];
  readonly #numbers = new Map<string, number>();

  /** Number of a station's row; one that is not known yet gets one. */
  at(name: string, role: StationRow["role"] = "other"): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.rows.length);
    return this.rows.push({ name, role }) - 1;
  }

  row(name: string, role?: StationRow["role"]): StationRow {
    return this.rows[this.at(name, role)]!;
  }
}

const place = (position: Position | undefined): { x?: number; y?: number } =>
  position ? { x: position[0], y: position[1] } : {};

function ofOutcome(outcome: Outcome, stations: Stations): void {
  for (const { name, position, messages, links, drops } of outcome.gateways) {
    Object.assign(stations.row(name, "gateway"), { ...place(position), messages, links, drops });
  }
  for (const {
    name,
    group,
    host,
    board,
    position,
    started,
    linked,
    boots,
    duty,
    energy,
    memory,
    exceptions,
    log,
  } of outcome.devices) {
    Object.assign(stations.row(name, "device"), {
      ...place(position),
      group,
      host,
      board,
      started,
      linked,
      boots,
      duty,
      energy,
      memory,
      exceptions,
      sent: 0,
      delivered: 0,
      log: log.map((line): [number, string] => [us(line.time * 1000), line.text]),
    } satisfies Partial<{ [field in keyof StationRow]: StationRow[field] | undefined }>);
  }
  const took = new Map<StationRow, number[]>();
  for (const { device, way, sent, delivered } of outcome.deliveries) {
    if (way !== "up") continue;
    const row = stations.row(device, "device");
    row.sent = (row.sent ?? 0) + 1;
    if (delivered === undefined) continue;
    row.delivered = (row.delivered ?? 0) + 1;
    const list = took.get(row);
    if (list) list.push(delivered - sent);
    else took.set(row, [delivered - sent]);
  }
  for (const [row, list] of took)
    row.latency = quantile(
      list.sort((a, b) => a - b),
      0.5,
    )!;
}

const isGateway = (name: string): boolean => /gateway/i.test(name);

/** Who is there, and what it logged where no outcome has told that. */
function ofCapture({ records }: Capture, stations: Stations, logs: boolean): void {
  const joins = records.filter((record) => record.k === "join");
  const named = joins.some(({ name, what }) => what === "node" && isGateway(name));
  const virtual = joins.some(({ what }) => what === "device");
  const role = (name: string, what: string): StationRow["role"] =>
    what === "node" && (named ? isGateway(name) : virtual) ? "gateway" : "device";
  // gateways first, as in an outcome
  for (const wanted of ["gateway", "device"] as const) {
    for (const { name, what, position } of joins) {
      if (role(name, what) !== wanted) continue;
      // who is on the air beside those of the outcome means no good
      const row = stations.row(name, logs ? wanted : "other");
      if (position) Object.assign(row, place(position));
    }
  }
  if (!logs) return;
  const log = (name: string, time: number, text: string): void =>
    void (stations.row(name).log ??= []).push([us(time), text]);
  for (const record of records) {
    if (record.k === "log") log(record.at, record.t, record.text);
    if (!("out" in record)) continue;
    const row = stations.row(record.device, "device");
    if (record.k === "boot") {
      row.boots = (row.boots ?? 0) + 1;
      row.board = record.board.name;
      row.started ??= record.t / 1000;
    }
    for (const text of record.out.logs) {
      log(record.device, record.t, text);
      if (text.startsWith("Uncaught")) (row.exceptions ??= []).push(text);
    }
  }
}

function endOf({ records }: Capture): number {
  let end = 0;
  for (const record of records) {
    end = Math.max(end, record.t);
    if (record.k !== "air") continue;
    end = Math.max(end, record.t + record.air);
    for (const { arrivals } of record.rx) for (const time of arrivals) end = Math.max(end, time);
  }
  return end;
}

function deliveries(all: readonly Delivery[], stations: Stations, most: number, notes: string[]): DeliveryColumns {
  const every = Math.ceil(all.length / most);
  const kept = [...all].sort((a, b) => a.sent - b.sent).filter((_, i) => i % every === 0);
  if (every > 1)
    notes.push(
      `Of ${count(all.length)} messages every ${every === 2 ? "second" : every === 3 ? "third" : `${every}th`} is here; the table of devices counts all.`,
    );
  const columns: DeliveryColumns = { device: [], gateway: [], way: [], bytes: [], sent: [], took: [], times: [] };
  let before = 0;
  for (const { device, gateway, way, bytes, sent, delivered, times } of kept) {
    columns.device.push(stations.at(device, "device"));
    columns.gateway.push(stations.at(gateway, "gateway"));
    columns.way.push(way === "up" ? 0 : 1);
    columns.bytes.push(bytes);
    const time = us(sent * 1000);
    columns.sent.push(time - before);
    before = time;
    columns.took.push(delivered === undefined ? -1 : us((delivered - sent) * 1000));
    columns.times.push(times);
  }
  return columns;
}

/** Characters that a transmission takes at most, about. */
const cost = (record: AirRecord, detailed: boolean): number =>
  54 +
  record.bytes.length +
  18 * record.rx.length +
  (detailed && record.detail ? JSON.stringify(record.detail).length : 0);

/** Numbers of those that there is room for, from both ends of the list. */
function fitting(costs: readonly number[], room: number): { head: number; tail: number } {
  const total = costs.reduce((sum, one) => sum + one, 0);
  if (total <= room) return { head: costs.length, tail: costs.length };
  let head = 0;
  for (let left = room / 2; head < costs.length && left >= costs[head]!; head++) left -= costs[head]!;
  let tail = costs.length;
  for (let left = room / 2; tail > head && left >= costs[tail - 1]!; tail--) left -= costs[tail - 1]!;
  return { head, tail };
}

/** Those at whom a transmission is aimed: who it is for; of one for all the gateways that hear it, or all where none does. */
function dueOf(record: AirRecord, stations: Stations): Reception[] {
  const { to, rx } = record;
  if (to !== undefined) return rx.filter((one) => one.to === to);
  const gateways = rx.filter((one) => stations.rows[stations.at(one.to)]!.role === "gateway");
  return gateways.length ? gateways : rx;
}

function transmissions(capture: Capture, stations: Stations, options: ReportOptions, data: ReportData): void {
  const all = capture.records.filter((record) => record.k === "air");
  const order = all.map((_, i) => i).sort((a, b) => all[a]!.t - all[b]!.t || a - b);
  const detailed = all.length <= DETAILED;
  const { head, tail } = fitting(
    order.map((i) => cost(all[i]!, detailed)),
    options.room ?? 14_000_000,
  );
  if (tail > head) {
    data.gap = [us(all[order[head]!]!.t), us(all[order[tail - 1]!]!.t)];
    data.notes.push(
      `Of ${count(all.length)} transmissions the first ${count(head)} and the last ${count(all.length - tail)} are here; ${count(tail - head)} between ${(data.gap[0] / 1e6).toFixed(3)} s and ${(data.gap[1] / 1e6).toFixed(3)} s are left out.`,
    );
  }
  if (!detailed)
    data.notes.push(
      "There are many transmissions: sequence numbers and what else a medium tells of each are left out.",
    );
  const kept = order.filter((_, i) => i < head || i >= tail);
  /** Places in the columns of those kept. */
  const places = new Map(kept.map((i, place) => [i, place]));
  const packets = sentPackets(capture.header.media, capture.records, (i) => !places.has(i));
  data.packets = packetColumns(packets, all, places, stations, data, options);
  data.air = airColumns(
    kept.map((i) => all[i]!),
    data.packets,
    stations,
    data,
    detailed,
  );
}

function packetColumns(
  packets: readonly SentPacket[],
  all: readonly AirRecord[],
  places: ReadonlyMap<number, number>,
  stations: Stations,
  data: ReportData,
  { readings }: ReportOptions,
): PacketColumns {
  const columns: PacketColumns = {
    from: [],
    to: [],
    medium: [],
    kind: [],
    token: [],
    tokens: [],
    outer: [],
    frames: [],
    arrived: [],
  };
  const tokens = new Map<string, number>();
  const texts: (string | null)[] = [];
  // by when their first frame began, which is not when that was told
  const list = packets
    .map((packet) => ({ packet, frames: packet.frames.map((frame) => frame.flatMap((i) => places.get(i) ?? [])) }))
    .filter(({ frames }) => frames.some((frame) => frame.length))
    .sort((a, b) => Math.min(...a.frames.flat()) - Math.min(...b.frames.flat()));
  for (const { packet, frames } of list) {
    const { from, to, outer } = packet;
    const reading = outer.length ? readings?.({ from, to, outer }) : undefined;
    columns.from.push(stations.at(from));
    columns.to.push(to === undefined ? -1 : stations.at(to));
    columns.medium.push(data.media.findIndex(({ name }) => name === packet.medium));
    columns.kind.push(packetKinds.indexOf(reading?.kind ?? packet.kind));
    if (!tokens.has(packet.token)) tokens.set(packet.token, columns.tokens.push(packet.token) - 1);
    columns.token.push(tokens.get(packet.token)!);
    const hex = toHex(outer);
    columns.outer.push(
      !hex
        ? 0
        : hex === packet.frames.map(([first]) => inChunk(all[first!]!.bytes)).join("") &&
            frames.every((frame) => frame.length)
          ? 1
          : hex,
    );
    columns.frames.push(frames);
    columns.arrived.push(outer.length ? arrival(packet, all, stations) : -1);
    texts.push(reading?.text ?? null);
  }
  if (readings) columns.text = texts;
  return columns;
}

/** When the first of those it is for had all frames; -1: none has. */
function arrival({ frames }: SentPacket, all: readonly AirRecord[], stations: Stations): number {
  const got = new Map<string, { frames: number; last: number }>();
  for (const frame of frames) {
    const first = new Map<string, number>();
    for (const i of frame)
      for (const { to, arrivals } of dueOf(all[i]!, stations))
        if (arrivals.length && !first.has(to)) first.set(to, arrivals[0]!);
    for (const [to, time] of first) {
      const known = got.get(to) ?? { frames: 0, last: 0 };
      got.set(to, { frames: known.frames + 1, last: Math.max(known.last, time) });
    }
  }
  const whole = [...got.values()].filter((one) => one.frames === frames.length).map(({ last }) => us(last));
  return whole.length ? Math.min(...whole) : -1;
}

function airColumns(
  records: readonly AirRecord[],
  packets: PacketColumns,
  stations: Stations,
  data: ReportData,
  detailed: boolean,
): AirColumns {
  const columns: AirColumns = {
    start: [],
    from: [],
    to: [],
    medium: [],
    kind: [],
    packet: Array.from({ length: records.length }, () => -1),
    air: [],
    attempt: [],
    channel: [],
    frame: [],
    rx: [],
    rxTo: [],
    rxFate: [],
    rxAt: [],
    copies: {},
    hex: [],
  };
  packets.frames.forEach((frames, i) => {
    for (const place of frames.flat()) if (columns.packet[place] === -1) columns.packet[place] = i;
  });
  const media = new Map(data.media.map(({ name }, i) => [name, i]));
  const frames = new Map<string, number>();
  const rssi: (number | null)[] = [];
  const details: ({ [name: string]: number } | null)[] = [];
  let before = 0;
  records.forEach((record, i) => {
    const { t, from, to, medium, type = "data", air, attempt = 1, channel = -1, bytes, rx, detail } = record;
    const start = us(t);
    columns.start.push(start - before);
    before = start;
    columns.from.push(stations.at(from));
    columns.to.push(to === undefined ? -1 : stations.at(to));
    columns.medium.push(media.get(medium) ?? -1);
    const packet = columns.packet[i]!;
    columns.kind.push(
      type !== "data"
        ? airKinds.indexOf(type)
        : packet >= 0
          ? packets.kind[packet]!
          : airKinds.indexOf(/^(?:00)*$/.test(bytes) ? "ack" : "unknown"),
    );
    columns.air.push(us(air));
    columns.attempt.push(attempt);
    columns.channel.push(channel);
    if (!frames.has(bytes)) frames.set(bytes, columns.hex.push(bytes) - 1);
    columns.frame.push(frames.get(bytes)!);
    details.push(detail ?? null);
    columns.rx.push(rx.length);
    for (const one of rx) {
      if (one.arrivals.length > 1) columns.copies[columns.rxTo.length] = one.arrivals.length;
      columns.rxTo.push(stations.at(one.to));
      columns.rxFate.push(
        one.fate === "delivered" ? 0 : Math.max(0, fates.indexOf(one.why ?? "lost")) || fates.length - 1,
      );
      columns.rxAt.push(one.arrivals.length ? us(one.arrivals[0]!) - start : -1);
      rssi.push(one.rssi === undefined ? null : Math.round(one.rssi * 10) / 10);
    }
  });
  if (rssi.some((value) => value !== null)) columns.rssi = rssi;
  if (detailed && details.some((value) => value !== null)) columns.detail = details;
  return columns;
}

function trimLogs(rows: readonly StationRow[], notes: string[]): void {
  const total = rows.reduce((sum, { log }) => sum + (log?.length ?? 0), 0);
  if (total <= LOG_LINES) return;
  let most = LOG_LINES;
  while (most > 1 && rows.reduce((sum, { log }) => sum + Math.min(most, log?.length ?? 0), 0) > LOG_LINES)
    most = Math.floor(most / 2);
  for (const row of rows) if (row.log && row.log.length > most) row.log = row.log.slice(-most);
  notes.push(`There are ${count(total)} log lines; the last ${count(most)} of each device are here.`);
}
