import type MagicString from "magic-string";
import ts from "typescript";
import { findHomes, findRunning, isAssignment, scopeOf, target, type Scope } from "./scopes.ts";

const { SyntaxKind } = ts;

const contains = (node: ts.Node, asked: (node: ts.Node) => boolean): boolean =>
  asked(node) || (!ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => contains(child, asked)) ?? false));

/** Whether it needs no brackets behind an operator. */
const isClosed = (node: ts.Expression): boolean =>
  ts.isCallExpression(node) ||
  ts.isIdentifier(node) ||
  ts.isPropertyAccessExpression(node) ||
  ts.isElementAccessExpression(node) ||
  ts.isParenthesizedExpression(node) ||
  ts.isLiteralExpression(node);

/**
 * Makes `a=a+b()` of `a+=b()` where b may set a: Espruino (2v29, src/jsparse.c: __jspeAssignmentExpression) takes a's value
 * after it has come to the right side, the language before. A sum's left side it takes first.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendAssignments(file: ts.SourceFile, edits: MagicString): void {
  const home = findHomes(file);
  const runs = findRunning(file);
  /** Variables that are set in another function than their own, which a call may run. */
  const shared = new Map<Scope, Set<string>>();
  const find = (node: ts.Node): void => {
    const set = target(node);
    if (set && ts.isIdentifier(set)) {
      const scope = home(set.text, set);
      if (scope !== scopeOf(set)) shared.set(scope, (shared.get(scope) ?? new Set()).add(set.text));
    }
    ts.forEachChild(node, find);
  };
  find(file);
  const mayChange = (left: ts.Expression, right: ts.Expression): boolean => {
    if (ts.isIdentifier(left)) {
      const ofLeft = (node: ts.Node): boolean => {
        const set = target(node);
        return !!set && ts.isIdentifier(set) && set.text === left.text;
      };
      return contains(right, ofLeft) || (!!shared.get(home(left.text, left))?.has(left.text) && contains(right, runs));
    }
    return contains(right, (node) => runs(node) || target(node) !== undefined);
  };
  /** Whether it can be said twice. */
  const isPlain = (node: ts.Expression): boolean =>
    ts.isIdentifier(node) ||
    node.kind === SyntaxKind.ThisKeyword ||
    ts.isLiteralExpression(node) ||
    (ts.isPropertyAccessExpression(node) && isPlain(node.expression)) ||
    (ts.isElementAccessExpression(node) && isPlain(node.expression) && isPlain(node.argumentExpression));
  const visit = (node: ts.Node): void => {
    if (
      isAssignment(node) &&
      node.operatorToken.kind !== SyntaxKind.EqualsToken &&
      isPlain(node.left) &&
      mayChange(node.left, node.right)
    ) {
      const operator = node.operatorToken.getText(file).slice(0, -1);
      edits.update(
        node.operatorToken.getStart(file),
        node.operatorToken.getEnd(),
        `=${node.left.getText(file)}${operator}`,
      );
      if (!isClosed(node.right)) {
        edits.appendRight(node.right.getStart(file), "(");
        edits.appendLeft(node.right.getEnd(), ")");
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
