import type MagicString from "magic-string";
import ts from "typescript";
import { findThis } from "../functions.ts";
import { freeName } from "./free-name.ts";

/** Whether `new` would take a call there for its own. */
function isOfNew(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent)) return parent.expression === node;
  return (
    (ts.isPropertyAccessExpression(parent) || ts.isElementAccessExpression(parent)) &&
    parent.expression === node &&
    isOfNew(parent)
  );
}

/** Where an expression says the `arguments` of the function that it is in. */
function findArguments(node: ts.Node, found: ts.Node[] = []): ts.Node[] {
  if (ts.isIdentifier(node) && node.text === "arguments") found.push(node);
  if (!ts.isFunctionLike(node))
    ts.forEachChild(node, (child) => {
      findArguments(child, found);
    });
  return found;
}

/** Names that a pass gives to what it adds. */
export function newNames(file: ts.SourceFile): () => string {
  let first: string | undefined;
  let count = 0;
  return () => `${(first ??= freeName(file))}${count++ || ""}`;
}

/**
 * What begins and ends an arrow function that is called where an expression stands. It is given what `said`, of the expression, says of
 * the function around: an arrow function has no `arguments`, and within another, in Espruino, often no `this`.
 */
export function bracketsOf(
  node: ts.Expression,
  said: ts.Node,
  newName: () => string,
  file: ts.SourceFile,
  edits: MagicString,
): [string, string] {
  const given: string[] = [];
  const names: string[] = [];
  for (const found of [findThis(said), findArguments(said)]) {
    if (!found.length) continue;
    given.push(found[0]!.getText(file));
    const name = newName();
    names.push(name);
    for (const each of found) edits.update(each.getStart(file), each.getEnd(), name);
  }
  const [begin, end] = isOfNew(node) ? ["(", ")"] : ["", ""];
  return [`${begin}(${names.length === 1 ? names[0] : `(${names.join()})`}=>{`, `})(${given.join()})${end}`];
}

/** Puts an expression into an arrow function that is called where it stands. */
export function callAtOnce(node: ts.Expression, newName: () => string, file: ts.SourceFile, edits: MagicString): void {
  const [begin, end] = bracketsOf(node, node, newName, file, edits);
  const blank = /[\w$]/.test(file.text[node.getStart(file)]!) ? " " : "";
  edits.appendRight(node.getStart(file), ts.isExpressionStatement(node.parent) ? begin : `${begin}return${blank}`);
  edits.appendLeft(node.getEnd(), end);
}
