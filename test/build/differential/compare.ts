// Runs programs in Node, as source in the real interpreter, and as the bundles of the real build there.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import MagicString from "magic-string";
import ts from "typescript";
import { compile } from "../../../tools/build/compile.ts";
import { findDialectErrors } from "../../../tools/build/dialect.ts";
import { BuildError } from "../../../tools/build/errors.ts";
import { mends, type Pass } from "../../../tools/build/passes/mends/index.ts";
import type { Role } from "../../../tools/build/minify.ts";
import { printed } from "../interpreter.ts";

/** What the interpreter gets: a program as it is, or what the build makes of it. */
export type Host = "source" | Role;

/** What one program printed, a line each; the last may be the error that it ended by. */
export type Lines = string[];

/** A program that does not print the same everywhere. */
export interface Difference {
  program: string;
  host: Host;
  expected: Lines;
  found: Lines;
}

/**
 * What programs call, and `run(i, program)`, which is told by lines "@@i:text". Numbers are told exactly, but for the
 * zero: Espruino's integers have one only. It is plain enough for any engine.
 */
const prelude = `
var told = 0;
var bytesOf = function (value) { return new Uint8Array(new Float64Array([value]).buffer).join("."); };
var quote = function (text) {
  var made = "";
  for (var i = 0; i < text.length; i++) {
    var code = text.charCodeAt(i);
    made += code > 31 && code < 127 && code !== 92 ? text[i] : "\\\\" + code + ".";
  }
  return "'" + made + "'";
};
var show = function (value) {
  var kind = typeof value;
  if (kind === "number") return value === (value | 0) ? "" + (value | 0) : value !== value ? "NaN" : "#" + bytesOf(value);
  if (kind === "string") return quote(value);
  if (kind === "function") return "function";
  if (kind !== "object" || value === null) return "" + value;
  if (Array.isArray(value)) return "[" + value.map(show).join() + "]";
  if (value.buffer) return "bytes " + value.join();
  var keys = Object.keys(value), made = "";
  for (var i = 0; i < keys.length; i++) made += (i ? "," : "") + keys[i] + ":" + show(value[keys[i]]);
  return "{" + made + "}";
};
var tell = function (error) {
  if (typeof error !== "object" || error === null || typeof error.message !== "string") return "thrown " + show(error);
  if (error.message[0] !== "!") return "failed";
  return (error instanceof TypeError ? "TypeError " : "Error ") + quote(error.message);
};
var number = 0;
var out = function (value) { print("@@" + number + ":" + show(value)); return value; };
var run = function (i, program) {
  number = i;
  try { program(); print("@@" + i + ":end"); } catch (error) { print("@@" + i + ":ended by " + tell(error)); }
};
globalThis.host = { out: out, tell: tell, run: run };
`;

function linesOf(output: string, count: number): Lines[] {
  const lines: Lines[] = Array.from({ length: count }, () => []);
  for (const line of output.split(/\r?\n/)) {
    const [, i, text] = /^>?@@(\d+):(.*)$/.exec(line) ?? [];
    if (text !== undefined) lines[Number(i)]?.push(text);
  }
  return lines;
}

const isWhole = (lines: Lines): boolean => /^(end$|ended by )/.test(lines.at(-1) ?? "");

const targets: Record<Role, ts.ScriptTarget> = { app: ts.ScriptTarget.ES2015, runtime: ts.ScriptTarget.ES2022 };

/** What was stripped already. */
const known = new Map<string, string>();

/** A program as the source that a device might run: without types, and with what the build brings down for an application. */
export function stripped(program: string, role: Role = "app"): string {
  const key = `${role} ${program}`;
  // TypeScript takes `a << b > (c)` for types in a file of its own
  const text =
    known.get(key) ??
    ts.transpileModule(program, {
      fileName: "x.js",
      compilerOptions: {
        target: targets[role],
        module: ts.ModuleKind.ESNext,
        allowJs: true,
        useDefineForClassFields: false,
      },
    }).outputText;
  known.set(key, text);
  return text;
}

/** What the build refuses of each program, if anything. */
export function refusals(sources: string[]): string[][] {
  const before = "exports.f = [\n";
  const parts = sources.map((source) => `function (out, tell) {\n${source}\n},\n`);
  const found = sources.map((): string[] => []);
  let begin = before.split("\n").length;
  const ends = parts.map((part) => (begin += part.split("\n").length - 1));
  for (const { line, rule, message, excerpt } of findDialectErrors(`${before}${parts.join("")}];`, "x.js")) {
    // one that does not parse spoils all
    if (rule === "syntax" && sources.length > 1) return sources.flatMap((source) => refusals([source]));
    found[ends.findIndex((end) => line < end)]?.push(`${rule}: ${message}: ${excerpt}`);
  }
  return found;
}

/** Code as the mends leave it, in the order in which the build has them. */
const mended = (code: string, mending: readonly Pass[]): string =>
  mending.reduce((text, change) => {
    const edits = new MagicString(text);
    change(ts.createSourceFile("x.js", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS), edits);
    return edits.toString();
  }, code);

function inNode(programs: string[]): Lines[] {
  const output: string[] = [];
  const context = vm.createContext({ print: (text: string) => output.push(text) });
  vm.runInContext(prelude, context);
  programs.forEach((program, i) => {
    try {
      vm.runInContext(`run(${i}, function () {\n${stripped(program)}\n})`, context, { timeout: 2000 });
    } catch (error) {
      output.push(`@@${i}:ended by timeout or syntax: ${(error as Error).message}`);
    }
  });
  return linesOf(output.join("\n"), programs.length);
}

const asSource = (programs: string[], mending: readonly Pass[]): string =>
  printed(
    `${prelude}\n${programs.map((program, i) => `run(${i}, function () {\n${mended(stripped(program), mending)}\n});`).join("\n")}`,
  );

/** Names of members that programs print. */
const shown = ["x", "t", "z", "y"];

/** The bundle of programs, made by the real build: an application; or a runtime, half of it in what is let go of again. */
async function bundled(programs: string[], role: Role, mending: readonly Pass[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "e3x-differential-"));
  try {
    mkdirSync(join(folder, "src/device"), { recursive: true });
    const files = programs.map((program, i) => {
      // TypeScript takes `a << b > (c)` for types
      writeFileSync(join(folder, `p${i}.js`), `export const program${i} = (out, tell) => {\n${program}\n};\n`);
      return i;
    });
    const importing = (some: number[], up = ""): string =>
      some.map((i) => `import { program${i} } from "${up}./p${i}.js";`).join("\n");
    const entry = join(folder, "entry.ts");
    if (role === "app")
      writeFileSync(
        entry,
        `${importing(files)}\nconst host = globalThis.host;\n${files.map((i) => `host.run(${i}, () => program${i}(host.out, host.tell));`).join("\n")}`,
      );
    else {
      const deferred = files.filter((i) => i % 2);
      const plain = files.filter((i) => !(i % 2));
      writeFileSync(
        join(folder, "src/device/parts.ts"),
        `${importing(deferred, "../.")}\nexport const parts = () => { return { run: (i, out, tell) => { ${deferred.map((i) => `if (i === ${i}) program${i}(out, tell);`).join("\n")} } }; };\n`,
      );
      writeFileSync(
        entry,
        `${importing(plain)}\nimport { parts } from "./src/device/parts.ts";
        export const run = (i, out, tell) => { ${plain.map((i) => `if (i === ${i}) return program${i}(out, tell);`).join("\n")}\nconst made = parts(); made.run(i, out, tell); };\n`,
      );
    }
    const { code } = await compile({
      input: entry,
      output: `${role}.js`,
      conditions: [],
      role,
      names: [...shown, "run"],
      mending,
    });
    return role === "app"
      ? code
      : `var exports={};(function(){${code}})();\n${files.map((i) => `run(${i}, function () { exports.run(${i}, out, tell); });`).join("\n")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What programs print as a host runs them. What does not come to its end, or is not built, is tried again in halves, so that
 * a program does not spoil others.
 */
async function linesIn(host: Host, programs: string[], mending: readonly Pass[]): Promise<Lines[]> {
  if (programs.length === 0) return [];
  let lines: Lines[];
  try {
    lines = linesOf(
      host === "source"
        ? asSource(programs, mending)
        : printed(`${prelude}\n${await bundled(programs, host, mending)}`),
      programs.length,
    );
    if (lines.every(isWhole)) return lines;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    lines = programs.map(() => [`not built: ${error.message}`]);
  }
  if (programs.length === 1) return lines;
  const half = programs.length >> 1;
  return [
    ...(await linesIn(host, programs.slice(0, half), mending)),
    ...(await linesIn(host, programs.slice(half), mending)),
  ];
}

/**
 * Whether lines are the same, but for what an error is: one that is thrown in a call within a call within a condition is
 * another one in Espruino (known-differences.ts).
 */
const alike = (expected: Lines, found: Lines): boolean =>
  expected.length === found.length &&
  expected.every(
    (line, i) =>
      line === found[i] ||
      found[i] === line.replace(/(Error|TypeError|thrown) .*$/, "failed") ||
      (found[i] === "'failed'" && /^'(Error|TypeError|thrown) /.test(line)),
  );

/**
 * Where programs that the build accepts print something else than in Node.
 * @param mending in the place of the build's mends
 */
export async function compare(
  programs: string[],
  hosts: Host[],
  mending: readonly Pass[] = mends,
): Promise<Difference[]> {
  const differences: Difference[] = [];
  const right = inNode(programs);
  for (const host of hosts) {
    const found = await linesIn(host, programs, mending);
    programs.forEach((program, i) => {
      if (!alike(right[i]!, found[i]!)) differences.push({ program, host, expected: right[i]!, found: found[i]! });
    });
  }
  return differences;
}
