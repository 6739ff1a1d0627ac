import MagicString from "magic-string";
import ts from "typescript";

/** An arrow function that is called where it stands, with what has to be known to put its body there. */
interface Call {
  node: ts.CallExpression;
  arrow: ts.ArrowFunction;
}

const inner = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) ? inner(node.expression) : node;

/** A node, or the parentheses around it. */
function whole(node: ts.Node): ts.Node {
  return ts.isParenthesizedExpression(node.parent) ? whole(node.parent) : node;
}

function callOf(node: ts.Node): Call | undefined {
  if (!ts.isCallExpression(node)) return undefined;
  const arrow = inner(node.expression);
  if (
    !ts.isArrowFunction(arrow) ||
    node.arguments.some(ts.isSpreadElement) ||
    !arrow.parameters.every(
      ({ name, initializer, dotDotDotToken }) => ts.isIdentifier(name) && !initializer && !dotDotDotToken,
    )
  )
    return undefined;
  return { node, arrow };
}

const isAssignment = (kind: ts.SyntaxKind): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** Whether an identifier is a variable's name, not a member's. */
const isVariable = (node: ts.Identifier): boolean =>
  !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) &&
  !(ts.isPropertyAssignment(node.parent) && node.parent.name === node) &&
  !ts.isClassElement(node.parent);

const isSet = (node: ts.Identifier): boolean => {
  const { parent } = node;
  return (
    (ts.isBinaryExpression(parent) && parent.left === node && isAssignment(parent.operatorToken.kind)) ||
    ((ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent)) &&
      (parent.operator === ts.SyntaxKind.PlusPlusToken || parent.operator === ts.SyntaxKind.MinusMinusToken)) ||
    ((ts.isForOfStatement(parent) || ts.isForInStatement(parent)) && (parent.initializer as ts.Node) === node)
  );
};

/** The variables that a file says, by name, in their order: to look through all of it for each name took a third of a build. */
const variables = new WeakMap<ts.SourceFile, Map<string, ts.Identifier[]>>();

function variablesOf(file: ts.SourceFile): Map<string, ts.Identifier[]> {
  const known = variables.get(file);
  if (known) return known;
  const found = new Map<string, ts.Identifier[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isVariable(node)) {
      const same = found.get(node.text);
      if (same) same.push(node);
      else found.set(node.text, [node]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  variables.set(file, found);
  return found;
}

/** The variables that code says under a name. */
const uses = (node: ts.Node, name: string): ts.Identifier[] =>
  (variablesOf(node.getSourceFile()).get(name) ?? []).filter(({ pos, end }) => pos >= node.pos && end <= node.end);

const isConstant = (node: ts.Expression): boolean =>
  ts.isNumericLiteral(node) ||
  (ts.isVoidExpression(node) && ts.isNumericLiteral(node.expression)) ||
  node.kind === ts.SyntaxKind.TrueKeyword ||
  node.kind === ts.SyntaxKind.FalseKeyword;

/** Whether to leave an expression out, or to say it elsewhere, changes nothing else: in the runtime no getter does anything. */
const isQuiet = (node: ts.Expression): boolean =>
  ts.isIdentifier(node) ||
  isConstant(node) ||
  node.kind === ts.SyntaxKind.ThisKeyword ||
  (ts.isPropertyAccessExpression(node) && isQuiet(node.expression)) ||
  (ts.isElementAccessExpression(node) && isQuiet(node.expression) && isQuiet(node.argumentExpression));

/** Whether nobody sees what an expression gives. */
function isUnused(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isParenthesizedExpression(parent)) return isUnused(parent);
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return true;
  if (ts.isForStatement(parent)) return parent.initializer === node || parent.incrementor === node;
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isUnused(parent);
  if (!ts.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  if (kind === ts.SyntaxKind.CommaToken && parent.left === node) return true;
  return (
    parent.right === node &&
    isUnused(parent) &&
    [
      ts.SyntaxKind.CommaToken,
      ts.SyntaxKind.AmpersandAmpersandToken,
      ts.SyntaxKind.BarBarToken,
      ts.SyntaxKind.QuestionQuestionToken,
    ].includes(kind)
  );
}

function hasReturn(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  return ts.isReturnStatement(node) || (ts.forEachChild(node, hasReturn) ?? false);
}

const functionOf = (node: ts.Node): ts.Node =>
  ts.isFunctionLike(node.parent) || ts.isSourceFile(node.parent) ? node.parent : functionOf(node.parent);

/**
 * Whether an argument may stand for its parameter wherever that is said in the body. A variable may where nothing that runs
 * meanwhile sets it: nothing in the body does, and no function but the one that calls.
 */
function mayMove(argument: ts.Expression, body: ts.Node, file: ts.SourceFile, call: ts.Node): boolean {
  if (isConstant(argument)) return true;
  if (argument.kind === ts.SyntaxKind.ThisKeyword) return true;
  if (!ts.isIdentifier(argument)) return false;
  const sets = uses(file, argument.text).filter(isSet);
  if (uses(body, argument.text).some(isSet)) return false;
  const home = functionOf(call);
  return sets.every((set) => functionOf(set) === home && home !== file);
}

/**
 * Whether the arguments that do something are said in the order of evaluation, each once, before the body does anything
 * else: `f(a, 0, b)` of `(a, b)`.
 */
function inOrder(body: ts.Expression, waiting: string[], constant: (node: ts.Identifier) => boolean): boolean {
  const left = [...waiting];
  // false: something came before
  const visit = (node: ts.Expression): boolean => {
    if (!left.length) return true;
    if (ts.isParenthesizedExpression(node)) return visit(node.expression);
    if (ts.isIdentifier(node)) {
      if (node.text === left[0]) left.shift();
      else return !left.includes(node.text) && constant(node);
      return true;
    }
    if (isConstant(node)) return true;
    // the name that is called, then the arguments; the call is last
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression))
      return visit(node.expression) && node.arguments.every(visit) && !left.length;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken)
      return visit(node.left) && visit(node.right);
    return false;
  };
  return visit(body) && !left.length;
}

/** The expressions of a body that has nothing else, where that gives its value, or nobody sees it; undefined for others. */
function expressionsOf({ node, arrow }: Call): ts.Expression[] | undefined {
  if (!ts.isBlock(arrow.body)) return [arrow.body];
  const { statements } = arrow.body;
  const plain = statements.filter(ts.isExpressionStatement);
  if (!plain.length || plain.length < statements.length || !isUnused(node)) return undefined;
  return plain.map(({ expression }) => expression);
}

/** Puts the body of a call into its place, as an expression. Returns whether that is possible. */
function asExpression(call: Call, file: ts.SourceFile, edits: MagicString): boolean {
  const { node, arrow } = call;
  const list = expressionsOf(call);
  if (!list) return false;
  const { body, parameters } = arrow;
  const extra = node.arguments.slice(parameters.length);
  if (!extra.every(isQuiet)) return false;
  const busy: string[] = [];
  const changes: [ts.Identifier, string][] = [];
  for (const [i, parameter] of parameters.entries()) {
    const name = parameter.name.getText(file);
    const said = uses(body, name);
    const argument = node.arguments[i];
    if (said.some(isSet)) return false;
    if (!argument || mayMove(argument, body, file, node)) {
      for (const use of said) changes.push([use, argument ? argument.getText(file) : "void 0"]);
    } else if (said.length || !isQuiet(argument)) {
      if (said.length !== 1) return false;
      busy.push(name);
      changes.push([said[0]!, `(${argument.getText(file)})`]);
    }
  }
  const constant = (identifier: ts.Identifier): boolean => !uses(file, identifier.text).some(isSet);
  if (busy.length && (list.length > 1 || !inOrder(list[0]!, busy, constant))) return false;
  for (const [use, text] of changes) edits.update(use.getStart(file), use.getEnd(), text);
  edits.update(node.getStart(file), list[0]!.getStart(file), "(");
  list.slice(1).forEach((next, i) => edits.update(list[i]!.getEnd(), next.getStart(file), ","));
  edits.update(list.at(-1)!.getEnd(), node.getEnd(), ")");
  return true;
}

/** The expressions of a comma expression, in order; what is in parentheses is one. */
function sequence(node: ts.Expression): ts.Expression[] {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken
    ? [...sequence(node.left), ...sequence(node.right)]
    : [node];
}

/** Whether something is what an expression does first. */
function comesFirst(first: ts.Node, node: ts.Node): boolean {
  if (node === first) return true;
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isCallExpression(node)
  )
    return comesFirst(first, node.expression);
  if (ts.isPrefixUnaryExpression(node)) return comesFirst(first, node.operand);
  if (ts.isConditionalExpression(node)) return comesFirst(first, node.condition);
  if (!ts.isBinaryExpression(node)) return false;
  if (comesFirst(first, node.left)) return true;
  if (node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return false;
  // of a member, its object is taken before: a variable that nothing sets meanwhile
  const base = ts.isPropertyAccessExpression(node.left) ? node.left.expression : node.left;
  const isFixed =
    base.kind === ts.SyntaxKind.ThisKeyword ||
    (ts.isIdentifier(base) && (base === node.left || !uses(first, base.text).some(isSet)));
  return isFixed && comesFirst(first, node.right);
}

/** A statement, or the body of an arrow function that is an expression, and its expressions in order. */
interface Place {
  node: ts.Node;
  list: readonly ts.Expression[];
}

function placeOf(call: ts.Node): Place | undefined {
  const { parent } = call;
  if (ts.isArrowFunction(parent) && parent.body === call)
    return {
      node: call,
      list: sequence(ts.isParenthesizedExpression(call) ? call.expression : (call as ts.Expression)),
    };
  if (
    (ts.isExpressionStatement(parent) || ts.isReturnStatement(parent) || ts.isIfStatement(parent)) &&
    parent.expression === call
  )
    return { node: parent, list: sequence(parent.expression) };
  if (ts.isVariableDeclaration(parent)) {
    const list = parent.parent;
    if (!ts.isVariableDeclarationList(list) || !ts.isVariableStatement(list.parent)) return undefined;
    return { node: list.parent, list: list.declarations.flatMap(({ initializer }) => initializer ?? []) };
  }
  return ts.isExpression(parent) && !ts.isFunctionLike(parent) ? placeOf(parent) : undefined;
}

/** Puts the statements of a body before the expression that begins with the call. Returns whether that is possible. */
function asStatements({ node, arrow }: Call, file: ts.SourceFile, edits: MagicString): boolean {
  const { body, parameters } = arrow;
  const place = placeOf(node);
  if (!place || !ts.isBlock(body) || !node.arguments.slice(parameters.length).every(isQuiet)) return false;
  const last = body.statements.at(-1);
  const result = last && ts.isReturnStatement(last) ? last.expression : undefined;
  const before = result ? body.statements.slice(0, -1) : [...body.statements];
  const at = place.list.findIndex((each) => comesFirst(node, each));
  const element = place.list[at];
  const isArrow = ts.isArrowFunction(place.node.parent) && place.node.parent.body === place.node;
  if (!before.length || !element || !(isArrow || ts.isBlock(place.node.parent))) return false;
  // what a function gives is what the body gives: all its `return` may stay
  const isTail =
    (isArrow || ts.isReturnStatement(place.node)) && inner(element) === node && at === place.list.length - 1;
  if (!isTail && (before.some(hasReturn) || (!result && !(inner(element) === node && isUnused(node))))) return false;
  const declarations: string[] = [];
  for (const [i, parameter] of parameters.entries()) {
    const name = parameter.name.getText(file);
    const said = uses(body, name);
    const argument = node.arguments[i];
    if (argument && !said.some(isSet) && mayMove(argument, body, file, node))
      for (const use of said) edits.update(use.getStart(file), use.getEnd(), argument.getText(file));
    else if (said.length || (argument && !isQuiet(argument)))
      declarations.push(argument ? `${name}=${argument.getText(file)}` : name);
  }
  const start = place.node.getStart(file);
  const end = place.node.getEnd();
  const first = before[0]!.getStart(file);
  const until = before.at(-1)!.getEnd();
  const variable = ts.isVariableStatement(place.node) ? (element.parent as ts.VariableDeclaration) : undefined;
  const listed: readonly ts.Node[] = ts.isVariableStatement(place.node)
    ? place.node.declarationList.declarations
    : place.list;
  const index = variable ? listed.indexOf(variable) : at;
  // what comes before it is a statement of its own
  const anchor = index ? listed[index]!.getStart(file) : start;
  const word = !index
    ? ""
    : variable
      ? "let "
      : ts.isReturnStatement(place.node)
        ? "return "
        : ts.isIfStatement(place.node)
          ? "if("
          : "";
  const parentheses = isArrow && ts.isParenthesizedExpression(place.node);
  if (parentheses) {
    edits.update(start, start + 1, "{");
    edits.update(end - 1, end, "}");
  } else if (isArrow) {
    edits.appendLeft(start, "{");
    edits.appendRight(end, "}");
  }
  if (index) {
    if (!variable && !isArrow && start < listed[0]!.getStart(file)) edits.remove(start, listed[0]!.getStart(file));
    edits.update(listed[index - 1]!.getEnd(), anchor, ";");
  }
  const head = declarations.length ? `let ${declarations.join()};` : "";
  const close = parentheses ? end - 1 : end;
  if (isTail) {
    edits.update(index ? anchor : parentheses ? start + 1 : start, first, head || " ");
    edits.update(last!.getEnd(), close, isArrow ? " " : ";");
    return true;
  }
  const from = node.getStart(file);
  edits.prependRight(first, head);
  const rest = result ? element : place.list[at + 1];
  const giving = isArrow && rest ? "return " : word;
  edits.appendLeft(until, `;${rest ? giving : ""}`);
  if (result) {
    edits.update(from, first, "(");
    edits.remove(until, result.getStart(file));
    edits.update(result.getEnd(), node.getEnd(), ")");
  } else {
    const over = whole(node) as ts.Expression;
    // a keyword needs a blank; terser takes it off
    if (rest) edits.update(over.getStart(file), first, " ");
    else edits.remove(over.getStart(file), first);
    edits.remove(until, rest ? rest.getStart(file) : over.getEnd());
  }
  edits.move(first, until, parentheses && !index ? start + 1 : anchor);
  return true;
}

/**
 * Whether a variable is declared by a statement that may go, and has its value, if it is given one there, before it is said:
 * with `var` code may not come to that.
 */
function isDeclaredFirst(declaration: ts.VariableDeclaration, file: ts.SourceFile): boolean {
  const { parent, initializer } = declaration;
  if (!ts.isVariableDeclarationList(parent) || !ts.isVariableStatement(parent.parent)) return false;
  if (parent.flags & ts.NodeFlags.BlockScoped) return true;
  const block = parent.parent.parent;
  if (!initializer) return ts.isSourceFile(block) || ts.isBlock(block);
  return (
    (ts.isSourceFile(block) || ts.isFunctionLike(block.parent)) &&
    uses(file, declaration.name.getText(file)).every(({ pos }) => pos >= declaration.pos)
  );
}

/** Takes a declaration away, with its statement where there is no other. */
function undeclare(declaration: ts.VariableDeclaration, file: ts.SourceFile, edits: MagicString): void {
  const list = declaration.parent as ts.VariableDeclarationList;
  const at = list.declarations.indexOf(declaration);
  if (list.declarations.length === 1) edits.remove(list.parent.getStart(file), list.parent.getEnd());
  else if (at) edits.remove(list.declarations[at - 1]!.getEnd(), declaration.getEnd());
  else edits.remove(declaration.getStart(file), list.declarations[1]!.getStart(file));
}

/**
 * Puts a variable in the place of another that is only ever the same: `let a=b` where both are set nowhere else, and `let a`
 * that is set to such a variable by what is done first of all in which it is said.
 * @returns whether it did: once a call
 */
function dropCopy(file: ts.SourceFile, edits: MagicString): boolean {
  const isFixed = (node: ts.Node): node is ts.Identifier =>
    ts.isIdentifier(node) && declarations.has(node.text) && !uses(file, node.text).some(isSet);
  const declarations = new Set<string>();
  const candidates: ts.VariableDeclaration[] = [];
  const find = (node: ts.Node): void => {
    if (ts.isParameter(node)) declarations.add(node.name.getText(file));
    if (ts.isVariableDeclaration(node) && isDeclaredFirst(node, file)) {
      if (node.initializer) declarations.add(node.name.getText(file));
      candidates.push(node);
    }
    ts.forEachChild(node, find);
  };
  find(file);
  for (const declaration of candidates) {
    const name = declaration.name.getText(file);
    const said = uses(file, name).filter((each) => each !== declaration.name);
    const sets = said.filter(isSet);
    const { initializer } = declaration;
    let place: ts.Node | undefined;
    let source: ts.Expression | undefined = initializer;
    if (!initializer) {
      const set = sets[0]?.parent;
      if (
        sets.length !== 1 ||
        !set ||
        !ts.isBinaryExpression(set) ||
        set.operatorToken.kind !== ts.SyntaxKind.EqualsToken
      )
        continue;
      source = set.right;
      // the smallest expression in which it is said
      place = whole(set);
      while (ts.isExpression(place.parent) && !said.every((each) => each.pos >= place!.pos && each.end <= place!.end))
        place = place.parent;
      if (
        !said.every((each) => each.pos >= place!.pos && each.end <= place!.end) ||
        !ts.isExpression(place) ||
        !comesFirst(set, place)
      )
        continue;
    } else if (sets.length) continue;
    if (!source || !isFixed(source)) continue;
    if (place) edits.update(whole(sets[0]!.parent).getStart(file), whole(sets[0]!.parent).getEnd(), `(${source.text})`);
    for (const each of said) if (each !== sets[0]) edits.update(each.getStart(file), each.getEnd(), source.text);
    undeclare(declaration, file, edits);
    return true;
  }
  return false;
}

/** Puts the bodies of arrow functions that are called where they stand in the place of the calls, but for calls in calls. */
function inlineOnce(file: ts.SourceFile, edits: MagicString): void {
  // statements in which something was changed: one change at a time, since each may make others of them
  const touched = new Set<ts.Node>();
  // whether something was changed in there
  const visit = (node: ts.Node): boolean => {
    let changed = false;
    ts.forEachChild(node, (child) => {
      changed = visit(child) || changed;
    });
    const call = changed ? undefined : callOf(node);
    if (!call) return changed;
    const place = placeOf(node)?.node;
    if (place && touched.has(place)) return false;
    changed = asExpression(call, file, edits) || asStatements(call, file, edits);
    if (changed && place) touched.add(place);
    return changed;
  };
  visit(file);
}

/** The declarations of arrow functions that are called in one place, and said nowhere else, with that place. */
function saidOnce(file: ts.SourceFile): [ts.VariableDeclaration, ts.Identifier][] {
  const found: [ts.VariableDeclaration, ts.Identifier][] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isVariableDeclaration(node) &&
      isDeclaredFirst(node, file) &&
      ts.isIdentifier(node.name) &&
      node.initializer &&
      ts.isArrowFunction(node.initializer)
    ) {
      const [use, ...others] = uses(file, node.name.text).filter((each) => each !== node.name);
      const isCall = use && ts.isCallExpression(use.parent) && use.parent.expression === use;
      const within = use && use.pos >= node.pos && use.end <= node.end;
      if (isCall && !within && !others.length) found.push([node, use]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Puts a function in the place of its name, and takes its declaration away. */
function unname(
  declaration: ts.VariableDeclaration,
  use: ts.Identifier,
  file: ts.SourceFile,
  edits: MagicString,
): void {
  const { initializer } = declaration;
  const { declarations, parent } = declaration.parent as ts.VariableDeclarationList;
  const at = declarations.indexOf(declaration);
  const [from, to] = [initializer!.getStart(file), initializer!.getEnd()];
  edits.move(from, to, use.getStart(file));
  edits.update(use.getStart(file), use.getEnd(), ")");
  edits.appendLeft(use.getStart(file), "(");
  if (declarations.length === 1) {
    edits.remove(parent.getStart(file), from);
    if (to < parent.getEnd()) edits.remove(to, parent.getEnd());
  } else if (at) edits.remove(declarations[at - 1]!.getEnd(), from);
  else {
    edits.remove(declaration.getStart(file), from);
    edits.remove(to, declarations[1]!.getStart(file));
  }
}

/**
 * Puts the bodies of functions that are called in one place there, where that is possible without a function: terser leaves
 * many as functions that are called where they stand, each of which Espruino makes, with a scope, every time.
 * @param code code in which no two variables have the same name (rename.ts, uniqueNames)
 * @param stays functions whose names stay
 * @returns the code and its source maps
 */
export function inlineCalls(
  code: string,
  stays: string[],
  parse: (code: string) => ts.SourceFile,
): { code: string; maps: object[] } {
  const maps: object[] = [];
  const apply = (edits: MagicString): void => {
    code = edits.toString();
    maps.unshift(edits.generateMap({ hires: true }));
  };
  const settle = (): void => {
    for (;;) {
      const edits = new MagicString(code);
      const file = parse(code);
      if (!dropCopy(file, edits)) inlineOnce(file, edits);
      if (!edits.hasChanged()) return;
      apply(edits);
    }
  };
  settle();
  const tried = new Set<string>(stays);
  for (;;) {
    const file = parse(code);
    const next = saidOnce(file).find(([{ name }]) => !tried.has(name.getText(file)));
    if (!next) return { code, maps };
    tried.add(next[0].name.getText(file));
    const before = { code, maps: [...maps], calls: countCalls(file) };
    const edits = new MagicString(code);
    unname(...next, file, edits);
    apply(edits);
    settle();
    // as a function it is better off with its name
    if (countCalls(parse(code)) > before.calls) {
      code = before.code;
      maps.splice(0, maps.length, ...before.maps);
    }
  }
}

/** How many functions are called where they stand. */
function countCalls(node: ts.Node): number {
  let count = callOf(node) ? 1 : 0;
  ts.forEachChild(node, (child) => {
    count += countCalls(child);
  });
  return count;
}
