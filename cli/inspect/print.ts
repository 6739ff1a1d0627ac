/** Inspections for people and for programs. */
import { toHex } from "../../src/index.ts";
import { count, plural, style, width, wrap } from "../output.ts";
import type { Check, Field, Frames, Part } from "./part.ts";

/** Lines of one field's hex that are shown; JSON has all. */
const LINES_MAX = 4;

const labels: Record<Check["state"], { text: string; style: "green" | "red" | "yellow" }> = {
  ok: { text: "ok", style: "green" },
  wrong: { text: "WRONG", style: "red" },
  open: { text: "not checked", style: "yellow" },
};

/** Note and check as lines of at most `columns`. */
function remarks({ note, check }: Field, columns: number): string[] {
  const lines = note ? wrap(note, columns) : [];
  if (check) {
    const label = labels[check.state];
    const [first, ...rest] = wrap(`${label.text}: ${check.text}`, columns);
    lines.push(style(label.style, label.text) + first!.slice(label.text.length), ...rest);
  }
  return lines;
}

function hexLines(bytes: Uint8Array, columns: number): string[] {
  // whole groups of 4 bytes a line
  const perLine = Math.max(4, Math.floor(columns / 8) * 4);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += perLine) lines.push(toHex(bytes.subarray(at, at + perLine)));
  if (lines.length <= LINES_MAX) return lines;
  const shown = (LINES_MAX - 1) * perLine;
  return [...lines.slice(0, LINES_MAX - 1), `... ${count(bytes.length - shown)} bytes more`];
}

function fieldLines(field: Field, nameWidth: number, columns: number): string[] {
  const left = `${(field.offset === undefined ? "" : String(field.offset)).padStart(5)}  ${field.name.padEnd(nameWidth)}  `;
  const room = columns - left.length;
  const blank = " ".repeat(left.length);
  const short = field.bytes.length <= 4;
  const texts = remarks(field, short ? room - 10 : room);
  const lines = short
    ? (texts.length ? texts : [""]).map((text, i) => `${(i ? "" : toHex(field.bytes)).padEnd(10)}${text}`)
    : [...hexLines(field.bytes, room), ...texts];
  return lines.map((line, i) => `${i ? blank : `${style("dim", left.slice(0, 7))}${left.slice(7)}`}${line}`.trimEnd());
}

function allFields(part: Part): Field[] {
  return [...part.fields, ...(part.inside ? allFields(part.inside) : [])];
}

function partLines(part: Part, nameWidth: number, columns: number): string[] {
  return [
    style("bold", part.title),
    ...part.fields.flatMap((field) => fieldLines(field, nameWidth, columns)),
    ...(part.inside ? ["", ...partLines(part.inside, nameWidth, columns)] : []),
  ];
}

export function formatPart(part: Part): string {
  const nameWidth = Math.max(...allFields(part).map((field) => field.name.length));
  return partLines(part, nameWidth, width()).join("\n");
}

export function formatFrames({ frames, packets, rest }: Frames): string {
  const total = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const inPackets = packets.reduce((sum, packet) => sum + packet.length, 0);
  const lines = frames.map(
    ({ bytes, items }, i) =>
      `${style("dim", String(i + 1).padStart(5))}  ${`${plural(bytes.length, "byte")}`.padStart(9)}  ${items.join(", ")}`,
  );
  const sums = [packets.length ? `${plural(packets.length, "packet")} of ${plural(inPackets, "byte")}` : "no packet"];
  if (rest.length) sums.push(style("yellow", `${plural(rest.length, "byte")} of a packet that is not ended`));
  return [
    style("bold", `${plural(frames.length, "frame")}, ${plural(total, "byte")} on air`),
    ...lines,
    `${" ".repeat(7)}${sums.join(", ")}`,
  ].join("\n");
}

/** A part for programs: bytes as hex, lengths and offsets in bytes. */
export function partJson({ kind, title, length, fields, inside }: Part): object {
  return {
    kind,
    title,
    length,
    fields: fields.map(({ bytes, ...field }) => ({ ...field, length: bytes.length, hex: toHex(bytes) })),
    ...(inside && { inside: partJson(inside) }),
  };
}

export function framesJson({ frames, packets, rest }: Frames): object {
  return {
    frames: frames.map(({ bytes, items }) => ({ hex: toHex(bytes), items })),
    packets: packets.map(toHex),
    rest: toHex(rest),
  };
}
