import type { Plugin } from "rollup";
import ts from "typescript";
import type { Role } from "../minify.ts";
import { braceLoops } from "./brace-loops.ts";
import { assembleListings } from "./listings.ts";
import { wrapLiterals } from "./literals.ts";
import { shorten } from "./shorten.ts";
import { findUnsupported } from "../unsupported.ts";

// the same sources go into many bundles
const done = new Map<string, { code: string; map: string | null }>();

/**
 * A rollup plugin that takes the types out of TypeScript and brings newer syntax down to `target`;
 * for what a device runs, told by its role, it also chooses the shorter of equal forms, and takes JSON.
 */
export function stripTypes(target: ts.ScriptTarget, device?: Role): Plugin {
  return {
    name: "strip-types",
    transform(code, id) {
      if (device && id.endsWith(".json")) return { code: `export default ${code}`, map: null };
      if (!/\.[mc]?[jt]s$/.test(id)) return null;
      const key = [target, device, id, code].join("\n");
      const before = done.get(key);
      if (before) return before;
      const problem = device && findUnsupported(ts.createSourceFile(id, code, ts.ScriptTarget.Latest, true));
      if (problem) this.error(`Espruino does not run this: ${problem.message}`, problem.position);
      const output = ts.transpileModule(code, {
        fileName: id,
        reportDiagnostics: true,
        transformers: { before: [...(device ? [assembleListings, shorten(device)] : []), braceLoops, wrapLiterals] },
        compilerOptions: {
          target,
          module: ts.ModuleKind.ESNext,
          allowJs: true,
          sourceMap: true,
          // fields become assignments in the constructor: Espruino's own fields are shared by all instances
          useDefineForClassFields: false,
        },
      });
      const wrong = output.diagnostics?.[0];
      if (wrong) this.error(ts.flattenDiagnosticMessageText(wrong.messageText, "\n"), wrong.start);
      const stripped = { code: output.outputText, map: output.sourceMapText ?? null };
      done.set(key, stripped);
      return stripped;
    },
  };
}
