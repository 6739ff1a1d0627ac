// Scenarios that are modules.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, extname, isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "rollup";
import { packageRoot } from "../../tools/build/root.ts";

/** A module, also of TypeScript, which Node 20 does not read: with the files that it imports by path it becomes one text. */
export async function importModule(path: string): Promise<{ default?: unknown }> {
  if (!/\.m?ts$/.test(path)) return (await import(pathToFileURL(path).href)) as { default?: unknown };
  // a second to load, for those who need it
  const [{ rollup }, { nodeResolve }, { default: ts }, { stripTypes }] = await Promise.all([
    import("rollup"),
    import("@rollup/plugin-node-resolve"),
    import("typescript"),
    import("../../tools/build/passes/strip-types.ts"),
  ]);
  const bundle = await rollup({
    input: path,
    plugins: [
      packages(path),
      nodeResolve({ extensions: [".ts", ".mts", ".mjs", ".js"] }),
      stripTypes(ts.ScriptTarget.ES2022),
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "mote-scenario-"));
  try {
    const { output } = await bundle.generate({ format: "es", inlineDynamicImports: true });
    const made = join(folder, `${basename(path, extname(path))}.mjs`);
    writeFileSync(made, output[0].code);
    return (await import(pathToFileURL(made).href)) as { default?: unknown };
  } finally {
    await bundle.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Packages are not put in: they are found from the module, e3x-mote also where it is not installed there. */
function packages(path: string): Plugin {
  return {
    name: "packages",
    resolveId(id) {
      if (id.startsWith(".") || isAbsolute(id)) return null;
      if (id.startsWith("node:")) return { id, external: true };
      for (const from of [path, join(packageRoot, "package.json")]) {
        try {
          return { id: pathToFileURL(createRequire(from).resolve(id)).href, external: true };
        } catch {
          // the next one
        }
      }
      return null;
    },
    resolveImportMeta: (property, { moduleId }) =>
      property === "url" ? JSON.stringify(pathToFileURL(moduleId).href) : null,
  };
}
