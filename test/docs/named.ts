/** What documents name: a path in code, then names that its file declares, as in "`src/link/pipe.ts` `frame`, `send`". */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { packageRoot } from "../../tools/build/root.ts";

const known = new Map<string, Set<string>>();

/** All names that a file declares: functions, classes, their members, variables, properties of objects. */
function declared(path: string): Set<string> {
  const before = known.get(path);
  if (before) return before;
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node };
    if (
      name &&
      (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) &&
      !ts.isPropertyAccessExpression(node) &&
      !ts.isImportSpecifier(node)
    )
      names.add(name.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(packageRoot, path), "utf8"), ts.ScriptTarget.Latest));
  known.set(path, names);
  return names;
}

/** The code of a text: what is between backquotes. */
export const codeOf = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

export const isPath = (code: string): boolean => code.includes("/");

/** Of names in a file, those that are not there; the path where that is not. */
export function missing(path: string, names: string[]): string[] {
  if (!existsSync(join(packageRoot, path))) return [path];
  return names.filter((name) => !declared(path).has(name)).map((name) => `${path} ${name}`);
}
