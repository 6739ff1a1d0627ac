import type { BackEnd, RadioKind } from "./boards.ts";
import type { BoardBuild } from "./bundle.ts";

/** One board's sizes in bytes, for programs. */
export interface SizeReport {
  board: string;
  backEnd: BackEnd;
  /** Whether the runtime has channels, and with "peer" links by way of a router too. */
  channels: boolean | "peer";
  /** e3x-mote.js with the usual radio's module. */
  bytes: number;
  /** e3x-mote.js alone. */
  runtime: number;
  /** Of the runtime, the native code: as it is there, in base64, and what it would be as binary. */
  native: { core: "m0" | "m4"; text: number; binary: number } | null;
  radio: { kind: RadioKind; bytes: number };
  /** bundle.js, with an application only. */
  bundle?: number;
  budget: number;
  /** Of the budget. */
  percent: number;
  bySource: Record<string, number>;
}

export function sizeReport(build: BoardBuild): SizeReport {
  const { board, backEnd, channels, files, bytes, runtime, native = null, radio, budget, bySource } = build;
  const bundle = files["bundle.js"];
  return {
    board: board.name,
    backEnd,
    channels,
    bytes,
    runtime,
    native,
    radio,
    ...(bundle !== undefined && { bundle: Buffer.byteLength(bundle) }),
    budget,
    percent: Math.round((1000 * bytes) / budget) / 10,
    bySource,
  };
}

/** Rows of text as columns; those named in `right` are numbers. */
function columns(rows: string[][], right: number[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, i) => (right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const number = (value: number): string => value.toLocaleString("en");

/** A line a board: its back end, what its parts have, and how much of the budget that is; bytes. */
export function formatTotals(reports: SizeReport[]): string {
  const bundled = reports.some((r) => r.bundle !== undefined);
  return columns(
    [
      [
        "board",
        "back end",
        "e3x-mote",
        "native",
        "radio",
        "",
        "total",
        "budget",
        "used",
        ...(bundled ? ["bundle"] : []),
      ],
      ...reports.map((r) => [
        r.board,
        r.backEnd,
        number(r.runtime),
        r.native ? number(r.native.text) : "-",
        r.radio.kind,
        number(r.radio.bytes),
        number(r.bytes),
        number(r.budget),
        `${r.percent.toFixed(1)} %`,
        ...(bundled ? [number(r.bundle!)] : []),
      ]),
    ],
    [2, 3, 5, 6, 7, 8, 9],
  );
}

/** What storing the native code as binary would save, as a sentence; "" where there is none. */
export function formatNative(native: SizeReport["native"]): string {
  if (!native) return "";
  return (
    `Native code for ${native.core.toUpperCase()}: ${number(native.binary)} bytes, as base64 text in e3x-mote.js ${number(native.text)}; ` +
    `written to Storage as binary when flashing it would save ${number(native.text - native.binary)} bytes.`
  );
}

/** What a runtime has beside messages, to people. */
const beside = (channels: SizeReport["channels"]): string =>
  channels === "peer" ? " with channels and peers" : channels ? " with channels" : "";

/** Boards whose sizes are alike share a column: their names, and the first one's report. */
function alike(reports: SizeReport[]): [names: string[], report: SizeReport][] {
  const groups = new Map<string, [string[], SizeReport]>();
  for (const report of reports) {
    const key = JSON.stringify([report.backEnd, report.bySource]);
    const group = groups.get(key);
    if (group) group[0].push(report.board);
    else groups.set(key, [[report.board], report]);
  }
  return [...groups.values()];
}

/** Sizes for people: a line a board, then the bytes of each source file, a column for all boards that are alike. */
export function formatSizes(reports: SizeReport[]): string {
  const groups = alike(reports);
  const most = (file: string): number => Math.max(...reports.map((r) => r.bySource[file] ?? 0));
  const files = [...new Set(reports.flatMap((r) => Object.keys(r.bySource)))].sort((a, b) => most(b) - most(a));
  const letter = (i: number): string => String.fromCharCode(65 + i);
  return [
    formatTotals(reports),
    "",
    columns(
      [
        ["bytes by source file", ...groups.map((_, i) => letter(i))],
        ...files.map((file) => [
          file,
          ...groups.map(([, r]) => (file in r.bySource ? number(r.bySource[file]!) : "-")),
        ]),
      ],
      groups.map((_, i) => i + 1),
    ),
    "",
    ...groups.map(
      ([names, r], i) =>
        `${letter(i)}  ${r.backEnd} with ${r.radio.kind}: ${names.join(", ")}` +
        (r.native ? `; ${number(r.runtime - r.native.text)} bytes of e3x-mote.js without the native code's text` : ""),
    ),
    ...[...new Set(groups.map(([, r]) => formatNative(r.native)))].filter((text) => text !== ""),
  ].join("\n");
}

const backEnds: Record<BackEnd, string> = {
  thumb: "curve and ciphers in native Thumb code",
  firmware: "curve in JavaScript, ciphers of the firmware",
  script: "curve and ciphers in JavaScript",
};

/** What a build made, for people: each file with its size, and how much of the budget is used. */
export function formatBuild(build: BoardBuild, paths: string[]): string {
  const report = sizeReport(build);
  const texts = Object.values(build.files);
  return [
    columns(
      paths.map((path, i) => [path, `${number(Buffer.byteLength(texts[i]!))} bytes`]),
      [1],
    ),
    `${build.board.title}: ${backEnds[report.backEnd]}`,
    `e3x-mote.js${beside(report.channels)} and ${report.radio.kind}.js: ${number(report.bytes)} bytes, ${report.percent} % of the budget of ${number(report.budget)}`,
    formatNative(report.native),
  ]
    .filter((line) => line !== "")
    .join("\n");
}
