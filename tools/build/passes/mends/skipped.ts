import type MagicString from "magic-string";
import ts from "typescript";
import { findThis } from "../functions.ts";
import { callAtOnce, newNames } from "./call-at-once.ts";
import { freeName } from "./free-name.ts";

const { SyntaxKind } = ts;

const isShortCircuit = (node: ts.Node): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) &&
  [SyntaxKind.AmpersandAmpersandToken, SyntaxKind.BarBarToken, SyntaxKind.QuestionQuestionToken].includes(
    node.operatorToken.kind,
  );

/** Whether something is done there that may throw, or is not known. */
const calls = (node: ts.Node): boolean =>
  ts.isCallExpression(node) ||
  ts.isNewExpression(node) ||
  ts.isThrowStatement(node) ||
  (!ts.isFunctionLike(node) && (ts.forEachChild(node, calls) ?? false));

/** Whether what comes before it in the same expression may throw. */
const comesAfterCall = (at: ts.Node, parent: ts.Node): boolean =>
  ts.forEachChild(parent, (child) => child.pos < at.pos && child !== at && ts.isExpression(child) && calls(child)) ??
  false;

/**
 * Whether Espruino may read code token by token, without running it, in the way in which it would run it: where it is not
 * within braces (these it skips), it is parsed.
 */
function isParsedWithoutRun(node: ts.Node): boolean {
  for (let at = node; ; at = at.parent) {
    const { parent } = at;
    if (
      ts.isBlock(parent) ||
      ts.isSourceFile(parent) ||
      ts.isObjectLiteralExpression(parent) ||
      ts.isTemplateSpan(parent) ||
      ts.isClassLike(parent)
    )
      return false;
    if (ts.isConditionalExpression(parent) && at !== parent.condition) return true;
    if (isShortCircuit(parent) && at === parent.right) return true;
    if (ts.isCaseOrDefaultClause(parent) || (ts.isIfStatement(parent) && at !== parent.expression)) return true;
    if (ts.isIterationStatement(parent, false) && at === parent.statement) return true;
    if (ts.isForStatement(parent) && at === parent.incrementor) return true;
    if (ts.isFunctionLike(parent)) return true;
    if (comesAfterCall(at, parent)) return true;
  }
}

/**
 * Makes classes in functions that are called at once where Espruino (2v29) may parse them without running them: it does not find
 * a class's end then (src/jsparse.c: jspeClassDefinition), but skips a function by its braces. Terser puts classes there.
 * @param file the parsed code; @param edits is given the changes
 */
export function wrapSkippedClasses(file: ts.SourceFile, edits: MagicString): void {
  const newName = newNames(file);
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (ts.isClassExpression(node) && isParsedWithoutRun(node)) callAtOnce(node, newName, file, edits);
  };
  visit(file);
}

const hasClass = (node: ts.Node): boolean =>
  ts.isClassExpression(node) || (!ts.isFunctionLike(node) && (ts.forEachChild(node, hasClass) ?? false));

/**
 * Ends a declaration before a class that is declared behind what may throw: Espruino (2v29, src/jsparse.c: jspeStatementVar) goes
 * on parsing then, and does not find the class's end.
 * @param file the parsed code; @param edits is given the changes
 */
export function splitDeclarations(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isVariableStatement(node)) {
      const { declarations } = node.declarationList;
      const keyword = node.declarationList.getText(file).split(/\s/)[0]!;
      declarations.forEach((declaration, i) => {
        if (i && hasClass(declaration) && declarations.slice(0, i).some(calls))
          edits.update(declarations[i - 1]!.getEnd(), declaration.getStart(file), `;${keyword} `);
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

const ownsThis = (node: ts.Node): node is ts.FunctionLikeDeclaration =>
  ts.isFunctionExpression(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isConstructorDeclaration(node) ||
  ts.isAccessor(node);

/** Whether it says `this`, or a function or class within it does. */
const saysThis = (node: ts.Node): boolean =>
  node.kind === SyntaxKind.ThisKeyword || (ts.forEachChild(node, saysThis) ?? false);

/** Arrow functions with a `this` in them where they are parsed without being run. */
function findArrows(node: ts.Node, found: ts.ArrowFunction[] = []): ts.ArrowFunction[] {
  ts.forEachChild(node, (child) => {
    if (ownsThis(child) || ts.isClassLike(child)) return;
    if (ts.isArrowFunction(child) && saysThis(child) && isParsedWithoutRun(child)) found.push(child);
    findArrows(child, found);
  });
  return found;
}

/** Whether a function or class within it says `this`. */
const saysOthers = (node: ts.Node): boolean =>
  ts.forEachChild(node, (child) => (ownsThis(child) || ts.isClassLike(child) ? saysThis(child) : saysOthers(child))) ??
  false;

/** Makes a function expression of an arrow function that has no `this` of its own. */
function toFunction(node: ts.ArrowFunction, file: ts.SourceFile, edits: MagicString): void {
  const { parameters, body, equalsGreaterThanToken: arrow } = node;
  const start = node.getStart(file);
  const bare = file.text[start] !== "(";
  edits.appendRight(start, bare ? "function(" : "function");
  if (bare) edits.appendLeft(parameters[0]!.getEnd(), ")");
  edits.remove(arrow.getStart(file), arrow.getEnd());
  if (ts.isBlock(body)) return;
  edits.appendRight(body.getStart(file), "{return ");
  edits.appendLeft(body.getEnd(), "}");
}

function findSuper(node: ts.Node): ts.CallExpression | undefined {
  if (ts.isCallExpression(node) && node.expression.kind === SyntaxKind.SuperKeyword) return node;
  return ts.isFunctionLike(node) ? undefined : ts.forEachChild(node, findSuper);
}

/**
 * Mends arrow functions with a `this` in them in code that Espruino (2v29) parses without running it, as in
 * `a&&b(()=>this.c)` with a false `a`: it would set the function's `this` there, of a function that it did not make
 * (src/jsparse.c: jspeArrowFunction). An interpreter with assertions, such as the Linux build, ends at that. Their own `this`
 * gets a variable; those around another's, a class's for instance, become function expressions.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendSkippedThis(file: ts.SourceFile, edits: MagicString): void {
  let name: string | undefined;
  /** Names the `this` of a function, for these arrow functions in it; false where it cannot be. */
  const named = (node: ts.FunctionLikeDeclaration, arrows: ts.ArrowFunction[]): boolean => {
    const says = [...new Set(arrows.flatMap((arrow) => findThis(arrow)))];
    if (says.length === 0) return true;
    const called = ts.isConstructorDeclaration(node) && node.parent.heritageClauses ? findSuper(node.body!) : undefined;
    const { parent } = called ?? node;
    // there is no `this` before super() was called
    if (
      called &&
      !ts.isExpressionStatement(parent) &&
      !(ts.isBinaryExpression(parent) && parent.operatorToken.kind === SyntaxKind.CommaToken)
    )
      return false;
    name ??= freeName(file);
    edits.appendRight((node.body as ts.Block).getStart(file) + 1, called ? `let ${name};` : `let ${name}=this;`);
    if (called) edits.appendLeft(called.getEnd(), `,${name}=this`);
    for (const each of says) edits.update(each.getStart(file), each.getEnd(), name);
    return true;
  };
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isSourceFile(node) && !(ownsThis(node) && node.body)) return;
    const arrows = findArrows(ts.isSourceFile(node) ? node : node.body!);
    // who says `this` at the outermost means what is global
    if (ts.isSourceFile(node) || named(node, arrows))
      for (const arrow of arrows) if (saysOthers(arrow)) toFunction(arrow, file, edits);
  };
  visit(file);
}
