import { minify as terser, type MinifyOptions } from "terser";
import { boardGlobals, languageGlobals, members, moduleGlobals, publicMembers, reservedIdentifiers } from "./espruino-names.ts";

/** What is minified: the runtime, which has a scope of its own, or an application, which shares the global scope. */
export type Role = "runtime" | "app";

/** Code and the source map (version 3) that belongs to it. */
export interface Compiled {
  code: string;
  map: object;
}

/**
 * Terser's options for code that Espruino runs. Bytes and instructions were measured on the protocol core in the
 * interpreter under callgrind; test/build/minify.test.ts runs what comes out.
 */
function options(role: Role, names: string[]): MinifyOptions {
  return {
    ecma: 2020,
    toplevel: true,
    compress: {
      passes: 3,
      // a function moved into its caller is made anew at every call: 5 % of the time for no bytes
      reduce_funcs: false,
      inline: 1,
      // Espruino hoists nothing
      hoist_funs: false,
      hoist_vars: false,
    },
    mangle: {
      // an application's variable must not hide a global that the runtime reads
      reserved: role === "app" ? [...reservedIdentifiers, ...languageGlobals, ...boardGlobals, ...moduleGlobals] : reservedIdentifiers,
      // not in an application: its short names could meet those of the runtime's objects
      properties: role === "runtime" ? { builtins: true, keep_quoted: true, reserved: [...members, ...publicMembers, ...names] } : false,
    },
    // strings are bytes, and the size report counts columns as bytes
    format: { ascii_only: true, comments: false },
  };
}

/** Minifies for Espruino. In the runtime, all members get short names that are neither the board's nor public nor in `names`. */
export async function minify(input: Compiled, file: string, role: Role, names: string[] = []): Promise<Compiled> {
  const output = await terser({ [file]: input.code }, {
    ...options(role, names),
    sourceMap: { content: input.map as never, asObject: true, includeSources: true },
  });
  return { code: output.code!, map: output.map as object };
}
