import type MagicString from "magic-string";
import ts from "typescript";

const { SyntaxKind } = ts;

type Scope = ts.SourceFile | ts.FunctionLikeDeclaration;

const isScope = (node: ts.Node): node is Scope => ts.isSourceFile(node) || ts.isFunctionLike(node);

function scopeOf(node: ts.Node): Scope {
  let scope = node.parent;
  while (!isScope(scope)) scope = scope.parent;
  return scope;
}

const isAssignment = (node: ts.Node): node is ts.BinaryExpression => ts.isBinaryExpression(node)
  && node.operatorToken.kind >= SyntaxKind.FirstAssignment && node.operatorToken.kind <= SyntaxKind.LastAssignment;

/** What is set there, if anything. */
function target(node: ts.Node): ts.Expression | undefined {
  if (isAssignment(node)) return node.left;
  const { PlusPlusToken, MinusMinusToken } = SyntaxKind;
  return (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && [PlusPlusToken, MinusMinusToken].includes(node.operator) ? node.operand : undefined;
}

/** Names that each scope declares. */
function declarations(file: ts.SourceFile): Map<Scope, Set<string>> {
  const found = new Map<Scope, Set<string>>();
  const visit = (node: ts.Node, scope: Scope): void => {
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isIdentifier(node.name)) found.get(scope)!.add(node.name.text);
    if (isScope(node)) found.set(node, new Set());
    ts.forEachChild(node, (child) => visit(child, isScope(node) ? node : scope));
  };
  visit(file, file);
  return found;
}

const contains = (node: ts.Node, asked: (node: ts.Node) => boolean): boolean =>
  asked(node) || (!ts.isFunctionLike(node) && (ts.forEachChild(node, (child) => contains(child, asked)) ?? false));

const isCall = (node: ts.Node): boolean => ts.isCallExpression(node) || ts.isNewExpression(node);

/** Whether it needs no brackets behind an operator. */
const isClosed = (node: ts.Expression): boolean => ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)
  || ts.isElementAccessExpression(node) || ts.isParenthesizedExpression(node) || ts.isLiteralExpression(node);

/**
 * Makes `a=a+b()` of `a+=b()` where b may set a: Espruino (2v29, src/jsparse.c: __jspeAssignmentExpression) takes a's value
 * after it has come to the right side, the language before. A sum's left side it takes first.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendAssignments(file: ts.SourceFile, edits: MagicString): void {
  const declared = declarations(file);
  const home = (name: string, node: ts.Node): Scope => {
    let scope = scopeOf(node);
    while (!ts.isSourceFile(scope) && !declared.get(scope)!.has(name)) scope = scopeOf(scope);
    return scope;
  };
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
      const ofLeft = (node: ts.Node): boolean => { const set = target(node); return !!set && ts.isIdentifier(set) && set.text === left.text; };
      return contains(right, ofLeft) || (!!shared.get(home(left.text, left))?.has(left.text) && contains(right, isCall));
    }
    return contains(right, (node) => isCall(node) || target(node) !== undefined);
  };
  /** Whether it can be said twice. */
  const isPlain = (node: ts.Expression): boolean => ts.isIdentifier(node) || node.kind === SyntaxKind.ThisKeyword || ts.isLiteralExpression(node)
    || (ts.isPropertyAccessExpression(node) && isPlain(node.expression)) || (ts.isElementAccessExpression(node) && isPlain(node.expression) && isPlain(node.argumentExpression));
  const visit = (node: ts.Node): void => {
    if (isAssignment(node) && node.operatorToken.kind !== SyntaxKind.EqualsToken && isPlain(node.left) && mayChange(node.left, node.right)) {
      const operator = node.operatorToken.getText(file).slice(0, -1);
      edits.update(node.operatorToken.getStart(file), node.operatorToken.getEnd(), `=${node.left.getText(file)}${operator}`);
      if (!isClosed(node.right)) {
        edits.appendRight(node.right.getStart(file), "(");
        edits.appendLeft(node.right.getEnd(), ")");
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
