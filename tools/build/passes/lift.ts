import type MagicString from "magic-string";
import ts from "typescript";
import { declare } from "./functions.ts";

/**
 * What may throw, of code where functions are made that are let go of again (src/device/parts.ts). Where an argument of a
 * call throws, Espruino (2v29, src/jsparse.c, jspeFunctionCall) leaves the scope of the function that was to be called
 * locked: it is never freed, nor is anything in it. So such arguments are put into variables before: `f(g())` becomes
 * `a=g(),f(a)`. Without that a few damaged packets would take all memory.
 */
export interface Throwing {
  /** Functions and classes that are let go of, and their methods (behind a dot). */
  made: Set<string>;
  /** Functions and methods that may throw. */
  throwers: Set<string>;
}

/** What makes all that is let go of. */
const MAKER = "parts";

/** A function that is called where it stands. */
function calledAtOnce(node: ts.Node): ts.ArrowFunction | undefined {
  const callee =
    ts.isCallExpression(node) && ts.isParenthesizedExpression(node.expression) ? node.expression.expression : undefined;
  return callee && ts.isArrowFunction(callee) ? callee : undefined;
}

/** What is called: "name", or ".method"; "" for what has no name. */
function called({ expression }: ts.CallExpression | ts.NewExpression): string {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? `.${expression.name.text}` : "";
}

/** Whether something is done there that may throw; functions are not looked into that are only made. */
function mayThrow(node: ts.Node, throwers: Set<string>): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  if ((ts.isCallExpression(node) || ts.isNewExpression(node)) && throwers.has(called(node))) return true;
  const now = calledAtOnce(node);
  return (
    (now && mayThrow(now.body, throwers)) || (ts.forEachChild(node, (child) => mayThrow(child, throwers)) ?? false)
  );
}

/** What may throw in code that is not minified; undefined where nothing is let go of. */
export function findThrowing(file: ts.SourceFile): Throwing | undefined {
  const bodies = new Map<string, ts.Node[]>();
  const made = new Set<string>();
  const add = (name: string, body: ts.Node | undefined, within: boolean): void => {
    if (!body) return;
    bodies.set(name, [...(bodies.get(name) ?? []), body]);
    if (within) made.add(name);
  };
  const visit = (node: ts.Node, within: boolean): void => {
    let inside = within;
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isArrowFunction(node.initializer)) {
      const name = node.name.getText(file);
      add(name, node.initializer.body, within);
      inside ||= name === MAKER;
    } else if (ts.isMethodDeclaration(node)) add(`.${node.name.getText(file)}`, node.body, within);
    else if (ts.isConstructorDeclaration(node))
      add((node.parent as ts.ClassDeclaration).name?.text ?? "", node.body, within);
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(file, false);
  if (!bodies.has(MAKER)) return undefined;
  const throwers = new Set<string>();
  for (let before = -1; before < throwers.size;) {
    before = throwers.size;
    for (const [name, all] of bodies) if (all.some((body) => mayThrow(body, throwers))) throwers.add(name);
  }
  return { made, throwers };
}

/** The names that minified code has to keep until then. */
export const namesOf = ({ made, throwers }: Throwing): string[] => [MAKER, ...made, ...throwers];

/** Whether it does nothing, so that it may be said later. */
function isPlain(node: ts.Node): boolean {
  if (
    ts.isCallExpression(node) ||
    ts.isNewExpression(node) ||
    ts.isPostfixUnaryExpression(node) ||
    ts.isPrefixUnaryExpression(node)
  )
    return false;
  const { FirstAssignment, LastAssignment } = ts.SyntaxKind;
  if (
    ts.isBinaryExpression(node) &&
    node.operatorToken.kind >= FirstAssignment &&
    node.operatorToken.kind <= LastAssignment
  )
    return false;
  return !(ts.forEachChild(node, (child) => !isPlain(child)) ?? false);
}

/** Whether no brackets are needed there around expressions with commas. */
function isOpen({ parent }: ts.Node): boolean {
  return (
    ts.isExpressionStatement(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isParenthesizedExpression(parent) ||
    (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken)
  );
}

/** A function's text with variables in it: parameters, where it is an expression. */
function withVariables(head: string, body: string, names: string): string {
  if (body.startsWith("{let ")) return `${head}{let ${names},${body.slice("{let ".length)}`;
  if (body.startsWith("{")) return `${head}{let ${names};${body.slice(1)}`;
  const [, only, several] = /^(?:([\w$]+)|\((.*)\))=>$/s.exec(head)!;
  return `(${[only ?? several, names].filter((part) => part).join()})=>${body}`;
}

/** Puts arguments that may throw into variables, in minified code that has the names of `throwing` still. */
export function liftThrowing(file: ts.SourceFile, { made, throwers }: Throwing, edits: MagicString): void {
  const variables = new Map<ts.Node, string[]>();
  const code = file.text;
  let count = 0;

  /** The text of a call whose arguments have to be said before it, all up to the last that may throw. */
  const lifted = (node: ts.Node): string | undefined => {
    if (
      !(ts.isCallExpression(node) || ts.isNewExpression(node)) ||
      !node.arguments ||
      !(made.has(called(node)) || calledAtOnce(node))
    )
      return undefined;
    const last = node.arguments.findLastIndex((argument) => mayThrow(argument, throwers));
    if (last < 0) return undefined;
    let within: ts.Node = node.parent;
    while (!ts.isFunctionLike(within)) within = within.parent;
    let before = "";
    const rest = node.arguments.map((argument, i) => {
      if (i > last || isPlain(argument)) return textOf(argument);
      const name = `lift$${count++}`;
      variables.set(within, [...(variables.get(within) ?? []), name]);
      before += `${name}=${textOf(argument)},`;
      return name;
    });
    const text = `${before}${ts.isNewExpression(node) ? "new " : ""}${textOf(node.expression)}(${rest.join()})`;
    return isOpen(node) ? text : `(${text})`;
  };
  const textOf = (node: ts.Node): string => {
    const whole = lifted(node);
    if (whole !== undefined) return whole;
    let text = "";
    let body = 0;
    let at = node.getStart(file);
    ts.forEachChild(node, (child) => {
      text += code.slice(at, child.getStart(file));
      body = text.length;
      text += textOf(child);
      at = child.getEnd();
    });
    text += code.slice(at, node.getEnd());
    const names = variables.get(node);
    if (!names) return text;
    // a function, whose last child is its body
    variables.delete(node);
    return withVariables(text.slice(0, body), text.slice(body), names.join());
  };

  const visit = (node: ts.Node): void => {
    const start = node.getStart(file);
    const text = lifted(node);
    if (text === undefined) ts.forEachChild(node, visit);
    // a keyword needs a blank, unless a bracket follows
    else
      edits.update(
        start,
        node.getEnd(),
        /[\w$]/.test(code[start - 1] ?? "") && !text.startsWith("(") ? ` ${text}` : text,
      );
  };
  const find = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(file) === MAKER) visit(node);
    else ts.forEachChild(node, find);
  };
  find(file);
  for (const [node, names] of variables) declare(node as ts.FunctionLikeDeclaration, names, file, edits);
}
