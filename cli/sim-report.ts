import type { AirPacket, ReplayResult, TelemetryResult } from "../sim/index.ts";
import type { BoardBuild } from "../tools/build/index.ts";
import { errorCode } from "../src/index.ts";
import { count, plural, printable, style, width } from "./output.ts";

/** Rows below a head, each column as wide as it has to be; those named in `right` are numbers. */
function table(head: string[], rows: string[][], right: number[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: string[]): string =>
    row
      .map((text, i) => (right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [style("dim", line(head)), ...rows.map(line)].join("\n");
}

/** Virtual time as minutes, seconds and ms. */
function clock(ms: number): string {
  const seconds = ms / 1000;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(3).padStart(6, "0")}`;
}

/** A bundle's size against its budget. */
export function formatBudget({ bytes, budget, files }: BoardBuild): string {
  const used = bytes / budget;
  const full = Math.min(20, Math.round(used * 20));
  const bar = style(used > 1 ? "red" : "green", "\u2588".repeat(full)) + "\u2591".repeat(20 - full);
  const all =
    files["bundle.js"] === undefined
      ? ""
      : `\nwith the app: ${count(Buffer.byteLength(files["bundle.js"]))} bytes to flash`;
  return `${bar} ${count(bytes)} of ${count(budget)} bytes (${(used * 100).toFixed(1)} %)${all}`;
}

/** Sizes of the frames of a packet: "4 x 20 + 16". */
function frames({ frames: n, air, lostFrames }: AirPacket, size: number): string {
  const last = air - (n - 1) * size;
  const text = n === 1 || last === size ? `${n} x ${last}` : `${n - 1} x ${size} + ${last}`;
  return lostFrames ? `${text}, ${lostFrames} lost` : text;
}

/** The numbers by which a device tells errors, with their names. */
export const withCodes = (text: string): string =>
  text.replace(/\be3x-mote (\d+)/g, (all, number: string) => `${all} (${errorCode(Number(number)) ?? "unknown"})`);

/** Columns of a timeline before what is carried, and of what stands around a log line. */
const BEFORE = 49 + 7;

/** A log line as far as it fits. */
function cut(text: string): string {
  const room = width() - BEFORE;
  return printable(text.length > room ? `${text.slice(0, room - 1)}\u2026` : text);
}

/** How many messages, and packets of channels, of a timeline are shown at its begin and at its end. */
const SHOWN = 4;

interface Row {
  time: number;
  cells: string[];
  /** What there may be many of. */
  many?: "message" | "channel packet";
}

/** What a packet carries, for people. */
function carried(p: AirPacket, result: TelemetryResult): string {
  if (p.kind === "unknown") return `unknown (${plural(p.bytes, "byte")})`;
  if (p.kind === "channel") return `channel packet (${plural(p.bytes, "byte")})`;
  if (p.kind === "message") {
    const refused = p.from !== "gateway" && !p.lostFrames && !result.accepted.has(p.at!);
    return `message ${p.at}: ${plural(p.content!.length, "byte")}${refused ? ", refused" : ""}`;
  }
  const answer = result.packets.some(
    (other) => other.from === p.to && other.kind === "handshake" && other.at === p.at && other.start <= p.start,
  );
  return `handshake: ${answer ? "yes, link" : "asks to link"}`;
}

/** The packets as rows; what is sent again at once is one row. */
function packetRows(result: TelemetryResult, size: number): Row[] {
  const rows: Row[] = [];
  const { packets } = result;
  for (let i = 0; i < packets.length;) {
    const p = packets[i]!;
    let times = 1;
    while (p.again && packets[i + times]?.again && packets[i + times]!.from === p.from) times++;
    const air = packets.slice(i, i + times).reduce((sum, packet) => sum + packet.air, 0);
    const name = p.kind === "channel" ? "channel packet" : p.kind;
    const what = p.again ? `${name} again${times > 1 ? `, ${times} times` : ""}` : carried(p, result);
    rows.push({
      time: p.start,
      cells: [clock(p.start), `${p.from} > ${p.to}`, frames(p, size), count(air), what],
      ...((name === "message" || name === "channel packet") && { many: name }),
    });
    i += times;
  }
  return rows;
}

/** What was on the air: each packet with its frames; of the messages and of the packets of channels the first and last ones. */
export function formatTimeline(result: TelemetryResult, size: number): string {
  const rows = packetRows(result, size);
  for (const { time, text } of result.logs) {
    rows.push({ time, cells: [clock(time), "device", "", "", style("dim", `logs "${cut(text)}"`)] });
  }
  rows.sort((a, b) => a.time - b.time);
  const hidden = new Map<Row, string[] | undefined>();
  for (const kind of ["message", "channel packet"]) {
    const same = rows.filter(({ many }) => many === kind);
    if (same.length <= 2 * SHOWN + 1) continue;
    const left = same.slice(SHOWN, -SHOWN);
    left.forEach((row, i) =>
      hidden.set(row, i ? undefined : ["...", "", "", "", `${count(left.length)} more ${kind}s`]),
    );
  }
  const cells = rows.flatMap((row) =>
    hidden.has(row) ? [hidden.get(row)].filter((line) => line !== undefined) : [row.cells],
  );
  return table(["time", "who", "frames", "bytes", "what they carry"], cells, [0, 3]);
}

/** A message as a program wants it. */
export function messageRow(p: AirPacket, accepted: Set<number>): Record<string, number | boolean> {
  return {
    at: p.at!,
    content: p.content!.length,
    packet: p.bytes,
    frames: p.frames,
    air: p.air,
    overhead: p.air - p.content!.length,
    delivered: accepted.has(p.at!),
  };
}

/** The device's messages. */
export function messagesOf(result: TelemetryResult): AirPacket[] {
  return result.packets.filter((p) => p.from !== "gateway" && p.kind === "message");
}

/** What each message cost. */
export function formatMessages(result: TelemetryResult): string {
  const messages = messagesOf(result);
  const rows = messages.map((p) => {
    const content = p.content!.length;
    return [
      String(p.at),
      count(content),
      count(p.bytes),
      count(p.frames),
      count(p.air),
      count(p.air - content),
      `${Math.round((100 * (p.air - content)) / p.air)} %`,
      result.accepted.has(p.at!) ? "" : "lost",
    ];
  });
  const sum = (of: (p: AirPacket) => number): number => messages.reduce((total, p) => total + of(p), 0);
  const content = sum((p) => p.content!.length);
  const air = sum((p) => p.air);
  rows.push([
    "all",
    count(content),
    count(sum((p) => p.bytes)),
    count(sum((p) => p.frames)),
    count(air),
    count(air - content),
    `${air ? Math.round((100 * (air - content)) / air) : 0} %`,
    "",
  ]);
  return table(
    ["message", "content", "packet", "frames", "on the air", "overhead", "", ""],
    rows,
    [0, 1, 2, 3, 4, 5, 6],
  );
}

/** The sum of a run, in lines. */
export function formatResult(result: TelemetryResult): string {
  const { sent, delivered, lost, corrupted, channels, waiting, frames: n, air, drops, memory, linked, time } = result;
  const bad = (value: number): string => (value ? style("red", count(value)) : count(value));
  const lines = [
    `messages: ${count(sent)} sent, ${count(delivered)} delivered, ${bad(lost)} lost${corrupted ? `, ${bad(corrupted)} corrupted` : ""}${waiting ? `, ${bad(waiting)} not sent` : ""}`,
  ];
  if (channels.packets)
    lines.push(`channels: ${plural(channels.packets, "packet")}, ${plural(channels.bytes, "byte")}`);
  lines.push(`on the air: ${plural(n, "frame")}, ${plural(air, "byte")}, in ${clock(time)} of virtual time`);
  lines.push(linked === undefined ? style("red", "the gateway has not linked") : `linked after ${clock(linked)}`);
  const refused = Object.entries(drops);
  if (refused.length)
    lines.push(`refused by the gateway: ${refused.map(([code, times]) => `${code} ${times}`).join(", ")}`);
  if (memory)
    lines.push(`memory of the device: at most ${count(memory.peak)} of ${count(memory.variables)} variables in use`);
  for (const { text } of result.logs.filter((log) => log.text.startsWith("Uncaught ")))
    lines.push(style("red", `exception on the device: ${withCodes(printable(text))}`));
  return lines.join("\n");
}

/** Whether a replay agreed, or where it first did not. */
export function formatReplay(replayed: ReplayResult): string {
  const { agreed, difference, changed, commands, frames: n, events } = replayed;
  const lines: string[] = [];
  if (changed.length)
    lines.push(style("yellow", `the bundle of ${changed.join(", ")} is not the one that the capture was made with`));
  if (agreed)
    lines.push(
      `${style("green", "agreed")}: ${count(commands)} commands, ${count(n)} frames and ${count(events)} events are the same, byte for byte`,
    );
  else if (difference) {
    const { line, time, device, kind, index, field, expected, got } = difference;
    lines.push(
      `${style("red", "differs")} at ${clock(time)}, ${device}, ${kind} ${index + 1} (capture line ${line})`,
      ...(field === undefined ? [] : [`  field:    ${field}`]),
      `  expected: ${expected ?? "nothing more"}`,
      `  got:      ${got ?? "nothing more"}`,
    );
  }
  return lines.join("\n");
}
