import type { Plugin } from "rollup";
import ts from "typescript";
import type { Role } from "./minify.ts";
import { shorten } from "./shorten.ts";

// the same sources go into many bundles
const done = new Map<string, { code: string; map: string | null }>();

/**
 * A rollup plugin that takes the types out of TypeScript and brings newer syntax down to `target`;
 * for what a device runs, told by its role, it also chooses the shorter of equal forms.
 */
export function stripTypes(target: ts.ScriptTarget, device?: Role): Plugin {
  return {
    name: "strip-types",
    transform(code, id) {
      if (!/\.[mc]?[jt]s$/.test(id)) return null;
      const key = [target, device, id, code].join("\n");
      const before = done.get(key);
      if (before) return before;
      const output = ts.transpileModule(code, {
        fileName: id,
        reportDiagnostics: true,
        transformers: { before: device ? [shorten(device)] : [] },
        compilerOptions: {
          target,
          module: ts.ModuleKind.ESNext,
          allowJs: true,
          sourceMap: true,
          // fields become assignments in the constructor: Espruino's own fields are shared by all instances
          useDefineForClassFields: false,
        },
      });
      const problem = output.diagnostics?.[0];
      if (problem) this.error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"), problem.start);
      const stripped = { code: output.outputText, map: output.sourceMapText ?? null };
      done.set(key, stripped);
      return stripped;
    },
  };
}
