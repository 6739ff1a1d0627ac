import ts from "typescript";

const { SyntaxKind } = ts;

/** What has variables of its own. */
export type Scope = ts.SourceFile | ts.FunctionLikeDeclaration;

const isScope = (node: ts.Node): node is Scope => ts.isSourceFile(node) || ts.isFunctionLike(node);

/** The function or file that code is in. */
export function scopeOf(node: ts.Node): Scope {
  let scope = node.parent;
  while (!isScope(scope)) scope = scope.parent;
  return scope;
}

export const isAssignment = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= SyntaxKind.LastAssignment;

/** What is set there, if anything. */
export function target(node: ts.Node): ts.Expression | undefined {
  if (isAssignment(node)) return node.left;
  if (ts.isForOfStatement(node) || ts.isForInStatement(node))
    return ts.isVariableDeclarationList(node.initializer) ? undefined : node.initializer;
  const { PlusPlusToken, MinusMinusToken } = SyntaxKind;
  return (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) &&
    [PlusPlusToken, MinusMinusToken].includes(node.operator)
    ? node.operand
    : undefined;
}

/**
 * Whether code of another function may run there: at a call, and at a member where the file has getters or setters. Those of
 * other files do not set its variables but by functions that it gives them.
 */
export function findRunning(file: ts.SourceFile): (node: ts.Node) => boolean {
  const hasAccessors = (node: ts.Node): boolean =>
    ts.isAccessor(node) ||
    (ts.isIdentifier(node) && /^(defineProperty|defineProperties|__defineGetter__)$/.test(node.text)) ||
    (ts.forEachChild(node, hasAccessors) ?? false);
  const accessors = hasAccessors(file);
  return (node) =>
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isTaggedTemplateExpression(node) ||
    (accessors && (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)));
}

/** Names that each scope declares. */
function declarations(file: ts.SourceFile): Map<Scope, Set<string>> {
  const found = new Map<Scope, Set<string>>();
  const visit = (node: ts.Node, scope: Scope): void => {
    if ((ts.isVariableDeclaration(node) || ts.isParameter(node)) && ts.isIdentifier(node.name))
      found.get(scope)!.add(node.name.text);
    if (isScope(node)) found.set(node, new Set());
    ts.forEachChild(node, (child) => visit(child, isScope(node) ? node : scope));
  };
  visit(file, file);
  return found;
}

/** Where a variable is declared that code says, by its name and the node: a function, or the file. */
export function findHomes(file: ts.SourceFile): (name: string, node: ts.Node) => Scope {
  const declared = declarations(file);
  return (name, node) => {
    let scope = scopeOf(node);
    while (!ts.isSourceFile(scope) && !declared.get(scope)!.has(name)) scope = scopeOf(scope);
    return scope;
  };
}

/** Whether what is called is certainly a function of the code itself: where it is said, or by a name that has no other value. */
export function findOwnFunctions(file: ts.SourceFile): (node: ts.Expression) => boolean {
  const home = findHomes(file);
  /** What is given to variables, by where they are declared and their names. */
  const values = new Map<Scope, Map<string, (ts.Node | undefined)[]>>();
  const add = (name: ts.Node, value: ts.Node | undefined): void => {
    if (!ts.isIdentifier(name)) return;
    const scope = home(name.text, name);
    const own = values.get(scope) ?? new Map<string, (ts.Node | undefined)[]>();
    values.set(scope, own.set(name.text, [...(own.get(name.text) ?? []), value]));
  };
  const visit = (node: ts.Node): void => {
    const set = target(node);
    if (set) add(set, undefined);
    else if (ts.isVariableDeclaration(node) || ts.isParameter(node)) add(node.name, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  const isFunction = (node: ts.Node | undefined): boolean =>
    !!node &&
    (ts.isArrowFunction(node) ||
      ts.isFunctionExpression(node) ||
      (ts.isParenthesizedExpression(node) && isFunction(node.expression)));
  return (node) => {
    if (!ts.isIdentifier(node)) return isFunction(node);
    const [value, ...others] = values.get(home(node.text, node))?.get(node.text) ?? [];
    return !others.length && isFunction(value);
  };
}
