import { mkdirSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { join, relative, resolve } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup, type RollupError } from "rollup";
import ts from "typescript";
import { aliasGlobals } from "./alias.ts";
import type { Board } from "./boards.ts";
import { findDialectErrors } from "./dialect.ts";
import { BudgetError, BuildError, DialectError } from "./errors.ts";
import { builtinModules } from "./espruino-names.ts";
import { minify, type Compiled, type Role } from "./minify.ts";
import { packageRoot } from "./root.ts";
import { stripTypes } from "./strip-types.ts";

/** The name that an application requires. */
export const moduleName = "e3x-mote";

export interface BuildOptions {
  /** An application in TypeScript or JavaScript, which may import or require "e3x-mote". */
  app?: string;
  /** The device's entry; the package's own unless a test has another. */
  entry?: string;
}

/** What a build makes; sizes in bytes. */
export interface BoardBuild {
  board: Board;
  /** File name to text: e3x-mote.js, and with an application app.js and bundle.js (both, to be flashed as it is). */
  files: Record<string, string>;
  /** Bytes of e3x-mote.js. */
  bytes: number;
  budget: number;
  /** Bytes of e3x-mote.js by source file, largest first; they add up to `bytes`. */
  bySource: Record<string, number>;
}

interface Unit {
  input: string;
  output: string;
  conditions: string[];
  target: ts.ScriptTarget;
  role: Role;
}

const display = (file: string): string => {
  const path = relative(packageRoot, resolve(file));
  return path.startsWith("..") ? resolve(file) : path;
};

/** Original file (as displayed), line and column (from 1) of a place in compiled code (from 0). */
function origin(map: SourceMap, line: number, column: number): { file: string; line: number; column: number } | undefined {
  const entry = map.findEntry(line, column);
  if (!("originalSource" in entry) || !entry.originalSource) return undefined;
  return { file: display(entry.originalSource), line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

/** Throws DialectError unless Espruino runs it; findings name the source's line where there is one. */
function requireDialect(compiled: Compiled, file: string): void {
  const map = new SourceMap(compiled.map as never);
  const findings = findDialectErrors(compiled.code, file).map((finding) => ({
    ...finding,
    ...origin(map, finding.line - 1, finding.column - 1),
  }));
  if (findings.length > 0) throw new DialectError(findings);
}

async function compile(unit: Unit): Promise<Compiled> {
  try {
    const bundle = await rollup({
      input: unit.input,
      external: [moduleName, ...builtinModules],
      plugins: [
        nodeResolve({ exportConditions: unit.conditions, extensions: [".ts", ".js", ".mjs"] }),
        stripTypes(unit.target, unit.role),
        unit.role === "runtime" && aliasGlobals(),
      ],
      onwarn(warning) {
        if (warning.code === "UNRESOLVED_IMPORT" || warning.code === "CIRCULAR_DEPENDENCY") {
          throw new BuildError(warning.code, warning.message);
        }
      },
    });
    const { output } = await bundle.generate({
      file: unit.output,
      format: "cjs",
      strict: false,
      esModule: false,
      sourcemap: true,
      generatedCode: { preset: "es2015", symbols: false },
      interop: "default",
    });
    await bundle.close();
    const joined = { code: output[0].code, map: output[0].map! };
    // twice: here places are exact, and afterwards it is what is flashed
    requireDialect(joined, unit.output);
    const minified = await minify(joined, unit.output, unit.role);
    requireDialect(minified, unit.output);
    return minified;
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const { code, message } = error as RollupError;
    throw new BuildError(code ?? "COMPILE", message);
  }
}

function sizeBySource({ code, map: data }: Compiled, file: string): Record<string, number> {
  const map = new SourceMap(data as never);
  const sizes: Record<string, number> = {};
  code.split("\n").forEach((text, line, lines) => {
    // the line's end is the last character's
    const length = text.length + (line < lines.length - 1 ? 1 : 0);
    for (let column = 0; column < length; column++) {
      const source = origin(map, line, column)?.file ?? file;
      sizes[source] = (sizes[source] ?? 0) + 1;
    }
  });
  return Object.fromEntries(Object.entries(sizes).sort((a, b) => b[1] - a[1]));
}

/** Like buildBoard, whatever the budget. */
export async function measureBoard(board: Board, options: BuildOptions = {}): Promise<BoardBuild> {
  const runtime = await compile({
    input: options.entry ?? join(packageRoot, "src/device/index.ts"),
    output: "e3x-mote.js",
    conditions: ["espruino", `crypto-${board.crypto === "native" ? "firmware" : "script"}`, `entropy-${board.entropy.hardware ? "hardware" : "given"}`],
    // newer syntax in our own sources is refused, not brought down: it would cost bytes unseen
    target: ts.ScriptTarget.ES2022,
    role: "runtime",
  });
  const files: Record<string, string> = { "e3x-mote.js": runtime.code };
  if (options.app !== undefined) {
    const app = await compile({
      input: options.app,
      output: "app.js",
      conditions: ["espruino"],
      target: ts.ScriptTarget.ES2015,
      role: "app",
    });
    files["app.js"] = app.code;
    // given as a function, the module's text stays in flash and needs no quoting
    files["bundle.js"] = `Modules.addCached("${moduleName}",function(){${runtime.code}});\n${app.code}\n`;
  }
  const bytes = Buffer.byteLength(runtime.code);
  return { board, files, bytes, budget: board.budget.bytes, bySource: sizeBySource(runtime, "e3x-mote.js") };
}

/**
 * Builds a board's e3x-mote.js, and with an application its app.js and bundle.js.
 * Throws BudgetError, DialectError, or BuildError for what rollup, TypeScript or terser refuse.
 */
export async function buildBoard(board: Board, options: BuildOptions = {}): Promise<BoardBuild> {
  const build = await measureBoard(board, options);
  if (build.bytes > build.budget) throw new BudgetError(board.name, build.bytes, build.budget);
  return build;
}

/** Writes a build's files, by default into dist/boards/<board>; returns their paths. */
export function writeBuild(build: BoardBuild, folder: string = join(packageRoot, "dist/boards", build.board.name)): string[] {
  mkdirSync(folder, { recursive: true });
  return Object.entries(build.files).map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  });
}
