import type MagicString from "magic-string";
import ts from "typescript";
import { bracketsOf, newNames } from "./call-at-once.ts";
import { findHomes, target, type Scope } from "./scopes.ts";

/** Variables that may have another value later, by where they are declared. */
function findChanging(file: ts.SourceFile, home: (name: string, node: ts.Node) => Scope): Map<Scope, Set<string>> {
  const changing = new Map<Scope, Set<string>>();
  const visit = (node: ts.Node): void => {
    // all passes of a loop share its variable
    const set = ts.isVariableDeclaration(node) && !node.initializer ? node.name : target(node);
    if (set && ts.isIdentifier(set)) {
      const scope = home(set.text, set);
      changing.set(scope, (changing.get(scope) ?? new Set()).add(set.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return changing;
}

/**
 * Gives a name of its own to what a class extends, if that is not a name, or another class's later. Espruino (2v29, src/jsparse.c:
 * jspeClassDefinition) takes a name only, and a class without a constructor calls what has that name when an instance is made.
 * Terser puts a class there that is used once, and one that is said once where it is said, whatever its base is by then.
 * @param file the parsed code; @param edits is given the changes
 */
export function nameBases(file: ts.SourceFile, edits: MagicString): void {
  const home = findHomes(file);
  const changing = findChanging(file, home);
  const newName = newNames(file);
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    const base = ts.isClassLike(node) ? node.heritageClauses?.[0]?.types[0]?.expression : undefined;
    if (!base) return;
    if (ts.isIdentifier(base) && !changing.get(home(base.text, base))?.has(base.text)) return;
    const { name } = node as ts.ClassLikeDeclaration;
    const own = newName();
    const [begin, end] = ts.isClassExpression(node) ? bracketsOf(node, base, newName, file, edits) : ["", ""];
    edits.update(node.getStart(file), base.getStart(file), `${begin}let ${own}=`);
    edits.appendLeft(base.getEnd(), `;${begin && "return "}class${name ? ` ${name.text}` : ""} extends ${own}`);
    if (end) edits.appendLeft(node.getEnd(), end);
  };
  visit(file);
}
