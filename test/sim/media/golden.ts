// Tables that are kept beside the tests, so that a change of behaviour shows in review. UPDATE_GOLDEN=1 writes them anew.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ExecutionContext } from "ava";

const folder = new URL("golden/", import.meta.url);

/** Compares text with a file of test/sim/media/golden; with UPDATE_GOLDEN=1 it is written instead. */
export function golden(t: ExecutionContext, name: string, text: string): void {
  const file = new URL(name, folder);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, text);
    t.pass();
    return;
  }
  t.true(existsSync(file), `${name} is missing: run with UPDATE_GOLDEN=1 and look at it`);
  t.is(
    text,
    readFileSync(file, "utf8"),
    `${name} has changed: if that is meant, run with UPDATE_GOLDEN=1 and look at the difference`,
  );
}

/** A table of text: a comment, a head, and rows whose columns stand under one another. */
export function table(
  comment: string,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const lines = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return (
    [`# ${comment}`, ...lines.map((line) => line.map((cell, i) => cell.padStart(widths[i]!)).join("  "))].join("\n") +
    "\n"
  );
}
