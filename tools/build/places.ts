// Where compiled code comes from, by its source maps.
import { SourceMap } from "node:module";
import { relative, resolve } from "node:path";
import type { Compiled } from "./minify.ts";
import { packageRoot } from "./root.ts";

const display = (file: string): string => {
  const path = relative(packageRoot, resolve(file));
  return path.startsWith("..") ? resolve(file) : path;
};

/** Original file (as displayed), line and column (from 1) of a place in compiled code (from 0). */
export function origin(
  maps: SourceMap[],
  line: number,
  column: number,
): { file: string; line: number; column: number } | undefined {
  let file = "";
  for (const map of maps) {
    const entry = map.findEntry(line, column);
    if (!("originalSource" in entry)) return undefined;
    ({ originalSource: file, originalLine: line, originalColumn: column } = entry);
  }
  return file ? { file: display(file), line: line + 1, column: column + 1 } : undefined;
}

/** The source maps of compiled code, to be looked up in. */
export const mapsOf = (compiled: Compiled): SourceMap[] => compiled.maps.map((map) => new SourceMap(map as never));

/** Bytes of compiled code by the source file that they come from; `file` is for what comes from none. */
export function sizeBySource(compiled: Compiled, file: string): Record<string, number> {
  const maps = mapsOf(compiled);
  const sizes: Record<string, number> = {};
  compiled.code.split("\n").forEach((text, line, lines) => {
    // the line's end is the last character's
    const length = text.length + (line < lines.length - 1 ? 1 : 0);
    for (let column = 0; column < length; column++) {
      const source = origin(maps, line, column)?.file ?? file;
      sizes[source] = (sizes[source] ?? 0) + 1;
    }
  });
  return sizes;
}
