import type MagicString from "magic-string";
import ts from "typescript";
import { declareIn } from "../functions.ts";

const isVar = (node: ts.Node): node is ts.VariableDeclarationList =>
  ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped);

/** The lists of variables by `var` in a function or file, without those of functions within. */
function findVars(node: ts.Node, found: ts.VariableDeclarationList[] = []): ts.VariableDeclarationList[] {
  ts.forEachChild(node, (child) => {
    if (isVar(child)) found.push(child);
    if (!ts.isFunctionLike(child)) findVars(child, found);
  });
  return found;
}

/**
 * Declares variables by `var` at the beginning of their function where one is in a block: Espruino (2v29) hoists nothing, so
 * that what is not come to is not declared, and code behind the block may say it.
 * @param file the parsed code; @param edits is given the changes
 */
export function hoistVariables(file: ts.SourceFile, edits: MagicString): void {
  const hoist = (body: ts.Block | ts.SourceFile, parameters: readonly ts.ParameterDeclaration[]): void => {
    const lists = findVars(body);
    // terser declares some behind where they are said
    const early = ({ parent, declarations }: ts.VariableDeclarationList): boolean =>
      ts.isVariableStatement(parent) && parent.parent === body && declarations.every(({ initializer }) => initializer);
    if (lists.every(early)) return;
    const names = new Set(lists.flatMap(({ declarations }) => declarations.map(({ name }) => name.getText(file))));
    for (const list of lists) {
      const start = list.getStart(file);
      const set = list.declarations.filter(({ initializer }) => initializer);
      if (!set.length && ts.isVariableStatement(list.parent))
        edits.update(
          start,
          list.parent.getEnd(),
          ts.isBlock(list.parent.parent) || ts.isSourceFile(list.parent.parent) ? "" : ";",
        );
      else if (!set.length) edits.remove(start, list.declarations[0]!.getStart(file));
      else {
        // what is set stays, without what is only declared
        let at = start;
        for (const one of set) {
          if (one.getStart(file) > at) edits.update(at, one.getStart(file), one === set[0] ? "" : ",");
          at = one.getEnd();
        }
        if (list.getEnd() > at) edits.remove(at, list.getEnd());
      }
    }
    // a parameter is there already
    for (const { name } of parameters) names.delete(name.getText(file));
    if (names.size) declareIn(body, [...names], file, edits);
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (ts.isSourceFile(node)) hoist(node, []);
    else if (ts.isFunctionLike(node) && "body" in node && node.body && ts.isBlock(node.body as ts.Node))
      hoist(node.body as ts.Block, node.parameters);
  };
  visit(file);
}
