import type { BoardBuild } from "./bundle.ts";

/** One board's sizes in bytes, for programs. */
export interface SizeReport {
  board: string;
  bytes: number;
  budget: number;
  /** Of the budget. */
  percent: number;
  bySource: Record<string, number>;
}

export function sizeReport({ board, bytes, budget, bySource }: BoardBuild): SizeReport {
  return { board: board.name, bytes, budget, percent: Math.round((1000 * bytes) / budget) / 10, bySource };
}

/** Rows of text as columns; those named in `right` are numbers. */
function columns(rows: string[][], right: number[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => row.map((text, i) => (right.includes(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join("  ").trimEnd())
    .join("\n");
}

const number = (value: number): string => value.toLocaleString("en");

/** Sizes for people: a line a board, then the bytes of each source file on each board. */
export function formatSizes(reports: SizeReport[]): string {
  const boards = [
    ["board", "bytes", "budget", "used"],
    ...reports.map((r) => [r.board, number(r.bytes), number(r.budget), `${r.percent} %`]),
  ];
  const most = (file: string): number => Math.max(...reports.map((r) => r.bySource[file] ?? 0));
  const files = [...new Set(reports.flatMap((r) => Object.keys(r.bySource)))].sort((a, b) => most(b) - most(a));
  const sources = [
    ["bytes by source file", ...reports.map((r) => r.board)],
    ...files.map((file) => [file, ...reports.map((r) => (file in r.bySource ? number(r.bySource[file]!) : "-"))]),
  ];
  return `${columns(boards, [1, 2, 3])}\n\n${columns(sources, reports.map((_, i) => i + 1))}`;
}

/** What a build made, for people: each file with its size, and how much of the budget is used. */
export function formatBuild(build: BoardBuild, paths: string[]): string {
  const { percent } = sizeReport(build);
  const texts = Object.values(build.files);
  return [
    columns(paths.map((path, i) => [path, `${number(Buffer.byteLength(texts[i]!))} bytes`]), [1]),
    `${build.board.title}: ${percent} % of ${number(build.budget)} bytes used`,
  ].join("\n");
}
