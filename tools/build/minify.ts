import MagicString from "magic-string";
import { minify as terser, type MinifyOptions } from "terser";
import ts from "typescript";
import { aliasOften } from "./passes/alias.ts";
import { boardGlobals, languageGlobals, members, moduleGlobals, reservedIdentifiers } from "./espruino-names.ts";
import { findThrowing, liftThrowing, namesOf } from "./passes/lift.ts";
import { nameBases } from "./passes/mends/bases.ts";
import { mends, type Pass } from "./passes/mends/index.ts";
import { inlineCalls } from "./passes/inline.ts";
import { shortNames, uniqueNames } from "./passes/rename.ts";
import { leaveOutUndefined, shortenFunctions } from "./passes/functions.ts";
import { publicMembers } from "./public-members.ts";
import { keepSums } from "./passes/sums.ts";

/** What is minified: the runtime, which has a scope of its own, or an application, which shares the global scope. */
export type Role = "runtime" | "app";

/** Code, and the source maps (version 3) that lead from it to what it was made of, and from there on. */
export interface Compiled {
  code: string;
  maps: object[];
}

/**
 * Terser's options for code that Espruino runs. Bytes and instructions were measured on the protocol core in the
 * interpreter under callgrind; test/build/minify.test.ts runs what comes out.
 */
function options(role: Role, keep: string[] = []): MinifyOptions {
  return {
    ecma: 2020,
    toplevel: true,
    compress: {
      passes: 3,
      // parameters that nobody reads take a variable each
      keep_fargs: false,
      // in the runtime no getter does anything else
      pure_getters: role === "runtime",
      // not in an application: terser gives what it moves a variable that is declared further on
      reduce_funcs: role === "runtime",
      inline: role === "runtime" ? 3 : 1,
      // Espruino hoists nothing
      hoist_funs: false,
      hoist_vars: false,
    },
    mangle: {
      // an application's variable must not hide a global that the runtime reads
      reserved:
        role === "app"
          ? [...reservedIdentifiers, ...languageGlobals, ...boardGlobals, ...moduleGlobals]
          : [...reservedIdentifiers, ...keep],
    },
    // strings are bytes, and the size report counts columns as bytes
    format: { ascii_only: true, comments: false },
  };
}

async function terse({ code, maps }: Compiled, file: string, options: MinifyOptions): Promise<Compiled> {
  const output = await terser({ [file]: code }, { ...options, sourceMap: { asObject: true, includeSources: true } });
  return { code: output.code!, maps: [output.map as object, ...maps] };
}

const parse = (code: string, file: string): ts.SourceFile =>
  ts.createSourceFile(file, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);

/** The names of members in code that `find` takes, each as often as it is there. */
function memberNames(file: ts.SourceFile, find: (node: ts.Node) => ts.Node | undefined): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = find(node);
    if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name))) names.push(name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

const inQuotes = (node: ts.Node): ts.Node | undefined =>
  ts.isElementAccessExpression(node)
    ? node.argumentExpression
    : (ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node)) && ts.isStringLiteral(node.name)
      ? node.name
      : undefined;

/** Members that keep their names in the runtime: the board's, public ones, and those that are named. */
export const staying = (names: string[] = []): Set<string> => new Set([...members, ...publicMembers(), ...names]);

/**
 * Minifies for Espruino. In the runtime, all members get short names that are neither the board's nor public nor in
 * `names` nor anywhere in quotes, and what is said often gets a variable. What comes out is mended.
 * @param mending others in the place of these mends: a test shows what happens without
 */
export async function minify(
  input: Compiled,
  file: string,
  role: Role,
  names: string[] = [],
  mending: readonly Pass[] = mends,
): Promise<Compiled> {
  const joined = parse(input.code, file);
  const throwing = role === "runtime" ? findThrowing(joined) : undefined;
  let made = input;
  const step = (change: Pass): void => {
    const edits = new MagicString(made.code);
    change(parse(made.code, file), edits);
    if (edits.hasChanged()) made = { code: edits.toString(), maps: [edits.generateMap({ hires: true }), ...made.maps] };
  };
  step(keepSums);
  step(nameBases);
  made = await terse(made, file, options(role, throwing && namesOf(throwing)));
  if (role === "app") {
    for (const mend of mending) step(mend);
    return made;
  }
  const unique = uniqueNames(made.code, throwing ? namesOf(throwing) : []);
  made = { code: unique.toString(), maps: [unique.generateMap({ hires: true }), ...made.maps] };
  const inlined = inlineCalls(made.code, throwing ? namesOf(throwing) : [], (code) => parse(code, file));
  made = { code: inlined.code, maps: [...inlined.maps, ...made.maps] };
  made = await terse(made, file, options(role, throwing && namesOf(throwing)));
  step(leaveOutUndefined);
  const taken = new Set([...staying(names), ...memberNames(joined, inQuotes)]);
  if (throwing) step((parsed, edits) => liftThrowing(parsed, throwing, edits));
  step((parsed, edits) => {
    shortenFunctions(parsed, edits);
    aliasOften(parsed, taken, edits);
  });
  for (const mend of mending) step(mend);
  const named = shortNames(made.code, taken);
  return { code: named.toString(), maps: [named.generateMap({ hires: true }), ...made.maps] };
}
