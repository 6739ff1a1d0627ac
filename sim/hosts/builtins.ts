// Which built-ins of the JavaScript standard Espruino has: asked of the interpreter, kept as data.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";

/** For each global that Espruino has: its static members, and the methods that its values answer to. */
export type BuiltinList = Record<
  string,
  {
    statics: readonly string[];
    members?: readonly string[];
    /** Of `members`, those that can be read from the prototype object itself. */
    visible?: readonly string[];
  }
>;

/** An expression for a value of each type, to ask which methods it has. */
const samples: Record<string, string> = {
  Object: "({})",
  Function: "(function(){})",
  Array: "[]",
  String: "''",
  Number: "0",
  Boolean: "true",
  Date: "new Date(0)",
  RegExp: "/a/",
  Promise: "Promise.resolve()",
  Error: "new Error()",
  ArrayBuffer: "new ArrayBuffer(1)",
  DataView: "new DataView(new ArrayBuffer(1))",
};
const typed = [
  "Uint8Array",
  "Uint8ClampedArray",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
];
for (const name of typed) samples[name] = `new ${name}(1)`;

const context = vm.createContext({});

/** The globals of the standard, as a fresh V8 context has them. */
export const standardGlobals: readonly string[] = (
  vm.runInContext("Object.getOwnPropertyNames(globalThis)", context) as string[]
)
  .slice()
  .sort();

// Data members and methods only: accessors (byteLength, flags) and symbols are left to V8.
const members = (expression: string): string[] =>
  Array.from(
    vm.runInContext(
      `(function (o) {
  if (o === undefined || o === null) return [];
  return Object.getOwnPropertyNames(o).filter(function (n) {
    const d = Object.getOwnPropertyDescriptor(o, n);
    return d.configurable !== undefined && !d.get && ["length", "name", "prototype", "constructor", "caller", "callee", "arguments", "__proto__"].indexOf(n) < 0;
  });
})(${expression})`,
      context,
    ) as string[],
  ).sort();

/** Asks an interpreter; `path` is its executable. */
export function askBuiltins(path: string): BuiltinList {
  const lines: string[] = [`let t;`];
  const ask = (mark: string, test: string): void => {
    lines.push(`t=false;try{t=(${test})}catch(e){}if(t)print(${JSON.stringify(`@${mark}`)});`);
  };
  for (const name of standardGlobals) {
    ask(`g ${name}`, `typeof ${name}!=="undefined"||${JSON.stringify(name)}==="undefined"`);
    if (["globalThis", "undefined", "NaN", "Infinity"].includes(name)) continue;
    for (const m of members(name)) ask(`s ${name} ${m}`, `${name}[${JSON.stringify(m)}]!==undefined`);
    const sample = samples[name];
    if (sample === undefined) continue;
    const known = typed.includes(name)
      ? members("Object.getPrototypeOf(Uint8Array.prototype)")
      : members(`${name}.prototype`);
    for (const m of known) {
      ask(`m ${name} ${m}`, `${sample}[${JSON.stringify(m)}]!==undefined`);
      ask(`v ${name} ${m}`, `${name}.prototype[${JSON.stringify(m)}]!==undefined`);
    }
  }
  const folder = mkdtempSync(join(tmpdir(), "e3x-builtins-"));
  try {
    writeFileSync(join(folder, "ask.js"), lines.join("\n"));
    // A terminal's end of input would be read as noise: input stays open until the script has ended.
    const run = spawnSync(path, ["ask.js"], { cwd: folder, encoding: "latin1", timeout: 60000, input: "" });
    const list: Record<string, { statics: string[]; members?: string[]; visible?: string[] }> = {};
    for (const line of run.stdout.split(/\r?\n/)) {
      const at = line.indexOf("@");
      if (at < 0) continue;
      const [kind, name, member] = line
        .slice(at + 1)
        .trim()
        .split(" ");
      if (kind === undefined || name === undefined) continue;
      if (kind === "g")
        list[name] = samples[name] === undefined ? { statics: [] } : { statics: [], members: [], visible: [] };
      const entry = list[name];
      if (entry === undefined || member === undefined) continue;
      if (kind === "s") entry.statics.push(member);
      else if (kind === "m") entry.members?.push(member);
      else if (kind === "v") entry.visible?.push(member);
    }
    return list;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
