import { readFileSync } from "node:fs";
import ts from "typescript";

/**
 * A source file without imports as plain script text, types stripped and `export` dropped: its names
 * become globals. For trying one file in the interpreter; whole bundles come from the build.
 */
export const scriptOf = (file: URL): string => {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true };
  return ts
    .transpileModule(readFileSync(file, "utf8"), { compilerOptions: options })
    .outputText.replace(/^export /gm, "");
};
