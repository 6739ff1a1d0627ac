import { nodeResolve } from "@rollup/plugin-node-resolve";
import { rollup, type RollupError } from "rollup";
import ts from "typescript";
import { findDialectErrors } from "./dialect.ts";
import { BuildError, DialectError } from "./errors.ts";
import { builtinModules, moduleName } from "./espruino-names.ts";
import { deferParts } from "./passes/parts.ts";
import { freeMethods } from "./passes/methods.ts";
import type { Pass } from "./passes/mends/index.ts";
import { minify, staying, type Compiled, type Role } from "./minify.ts";
import { mapsOf, origin } from "./places.ts";
import { checkUnloading, type Loading } from "./unloading.ts";
import { stripTypes } from "./passes/strip-types.ts";

/** One file to be made of an entry and what it imports. */
export interface Unit {
  input: string;
  output: string;
  conditions: string[];
  role: Role;
  /** Members that keep their names, beside the public ones. */
  names?: string[];
  /** Files (how their paths end) whose exports the runtime has, so that they are taken from there. */
  lent?: string[];
  /** Passes in the place of those that mend code for Espruino, as a test has them. */
  mending?: readonly Pass[];
}

/** Throws DialectError unless Espruino runs it; findings name the source's line where there is one. */
function requireDialect(compiled: Compiled, file: string): void {
  const maps = mapsOf(compiled);
  const findings = findDialectErrors(compiled.code, file).map((finding) => ({
    ...finding,
    ...origin(maps, finding.line - 1, finding.column - 1),
  }));
  if (findings.length > 0) throw new DialectError(findings);
}

/** Newer syntax in our own sources is refused, not brought down: it would cost bytes unseen. */
const targets: Record<Role, ts.ScriptTarget> = { runtime: ts.ScriptTarget.ES2022, app: ts.ScriptTarget.ES2015 };

/** Bundles, minifies and checks. Throws DialectError, or BuildError for what rollup, TypeScript or terser refuse. */
export async function compile(unit: Unit): Promise<Compiled> {
  let loading: Loading | undefined;
  try {
    const bundle = await rollup({
      input: unit.input,
      external: (id) => id === moduleName || id.startsWith(`${moduleName}/`) || builtinModules.includes(id),
      plugins: [
        {
          name: "lent",
          resolveId: (id) => (unit.lent?.some((file) => id.endsWith(file)) ? { id: moduleName, external: true } : null),
        },
        nodeResolve({ exportConditions: unit.conditions, extensions: [".ts", ".js", ".mjs"] }),
        stripTypes(targets[unit.role], unit.role),
        unit.role === "runtime" &&
          deferParts("src/device/parts.ts", (files) => {
            loading = files;
          }),
        unit.role === "runtime" && freeMethods(staying(unit.names)),
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
    if (loading) checkUnloading(unit.input, unit.conditions, loading);
    const joined = { code: output[0].code, maps: [output[0].map!] };
    // twice: here places are exact, and afterwards it is what is flashed
    requireDialect(joined, unit.output);
    const minified = await minify(joined, unit.output, unit.role, unit.names, unit.mending);
    requireDialect(minified, unit.output);
    return minified;
  } catch (error) {
    if (error instanceof BuildError) throw error;
    const { code, message } = error as RollupError;
    throw new BuildError(code ?? "COMPILE", message);
  }
}

/** The modules of ours that code requires beside the runtime, as they are called after "e3x-mote/", in order. */
export function requiredModules(code: string): string[] {
  const kinds = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require") {
      const [name] = node.arguments;
      if (name && ts.isStringLiteralLike(name) && name.text.startsWith(`${moduleName}/`))
        kinds.add(name.text.slice(moduleName.length + 1));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("app.js", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS));
  return [...kinds];
}
