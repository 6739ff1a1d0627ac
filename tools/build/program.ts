import ts from "typescript";

/** Each file is parsed and bound once a process, whatever programs it is in. */
const parsed = new Map<string, ts.SourceFile | undefined>();

/**
 * The program that entries of a device make under conditions of package.json's "imports", for what only TypeScript's checker
 * knows. It has the smallest library, which is read in half the time: nothing here asks it for errors.
 */
export function deviceProgram(entries: string[], conditions: string[]): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es5.d.ts"],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: conditions,
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version) => {
    if (!parsed.has(name)) parsed.set(name, read(name, version));
    return parsed.get(name);
  };
  return ts.createProgram({ rootNames: entries, options, host });
}
