import type MagicString from "magic-string";
import ts from "typescript";
import { callAtOnce, newNames } from "./call-at-once.ts";
import { findOwnFunctions } from "./scopes.ts";

const { InKeyword, InstanceOfKeyword } = ts.SyntaxKind;

/** Whether something is done there that may throw; functions are not looked into that are only made. */
const mayThrow = (node: ts.Node): boolean =>
  ts.isCallExpression(node) ||
  ts.isNewExpression(node) ||
  ts.isPropertyAccessExpression(node) ||
  ts.isElementAccessExpression(node) ||
  ts.isThrowStatement(node) ||
  (ts.isBinaryExpression(node) && [InKeyword, InstanceOfKeyword].includes(node.operatorToken.kind)) ||
  (!ts.isFunctionLike(node) && (ts.forEachChild(node, mayThrow) ?? false));

/** Whether an error is caught in the function that code is in. */
function isTried(node: ts.Node): boolean {
  for (let at = node.parent; !ts.isSourceFile(at) && !ts.isFunctionLike(at); at = at.parent)
    if (ts.isTryStatement(at)) return true;
  return false;
}

/** The whole expression that code is part of. */
function wholeOf(node: ts.Expression): ts.Expression {
  let whole = node;
  for (
    let at: ts.Node = node.parent;
    ts.isExpression(at) || ts.isObjectLiteralElement(at) || ts.isTemplateSpan(at);
    at = at.parent
  ) {
    if (ts.isFunctionLike(at)) break;
    if (ts.isExpression(at)) whole = at;
  }
  return whole;
}

/** Whether code has a brace behind a place; a template is one token. */
const hasBraceBehind = (node: ts.Node, at: number): boolean =>
  node.getEnd() > at &&
  !ts.isTemplateExpression(node) &&
  (ts.isObjectLiteralExpression(node) ||
    ts.isBlock(node) ||
    ts.isClassLike(node) ||
    (ts.forEachChild(node, (child) => hasBraceBehind(child, at)) ?? false));

/**
 * Puts expressions in a try statement into functions that are called at once, where Espruino (2v29) would not find the block's
 * end when they throw. It goes on parsing there, but leaves out arguments of native functions (src/jsparse.c: jspeFunctionCall)
 * and values of an object (jspeFactorObject) that are behind what threw, and takes a brace in them for the block's: what is in
 * catch is not run then. A function it leaves at once.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendThrown(file: ts.SourceFile, edits: MagicString): void {
  const done = new Set<ts.Expression>();
  const newName = newNames(file);
  const isOwn = findOwnFunctions(file);
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!(ts.isObjectLiteralExpression(node) || ts.isCallExpression(node) || ts.isNewExpression(node))) return;
    if (!ts.isObjectLiteralExpression(node) && isOwn(node.expression)) return;
    const parts = ts.isObjectLiteralExpression(node) ? node.properties : node.arguments;
    const thrower = (parts as readonly ts.Node[] | undefined)?.slice(0, -1).find(mayThrow);
    if (!thrower || !isTried(node)) return;
    const whole = wholeOf(node);
    if (done.has(whole) || !hasBraceBehind(whole, thrower.getEnd())) return;
    done.add(whole);
    callAtOnce(whole, newName, file, edits);
  };
  visit(file);
}
