import type MagicString from "magic-string";
import ts from "typescript";
import { declare } from "./functions.ts";

/**
 * What Espruino (2v29, jsparse.c: jspeFunctionCall) does where an argument throws: it leaves the scope of the function that
 * was to be called locked, and that is never freed again. So of what is made and let go of (src/device/parts.ts) nothing
 * may be called with an argument that may throw: such arguments are put into variables before.
 */
export interface Throwing {
  /** The function that makes what is let go of; its name, and those of functions and methods in it. */
  maker: string;
  made: Set<string>;
  /** Functions, and methods (behind a dot), that may throw. */
  throwers: Set<string>;
}

const MAKER = "parts";

const isArrow = (node: ts.Node | undefined): node is ts.ArrowFunction => node !== undefined && ts.isArrowFunction(node);

/** A function that is called where it stands. */
function calledAtOnce(node: ts.CallExpression): ts.ArrowFunction | undefined {
  const { expression } = node;
  return ts.isParenthesizedExpression(expression) && isArrow(expression.expression) ? expression.expression : undefined;
}

/** What a call calls: "f", ".method"; "" for what has no name. */
function called(node: ts.CallExpression | ts.NewExpression): string {
  const { expression } = node;
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? `.${expression.name.text}` : "";
}

/** Whether something is done in this code that may throw, leaving out functions that are only made there. */
function mayThrow(node: ts.Node, throwers: Set<string>): boolean {
  if (ts.isThrowStatement(node)) return true;
  if (ts.isFunctionLike(node)) return false;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    if (throwers.has(called(node))) return true;
    const now = ts.isCallExpression(node) && calledAtOnce(node);
    if (now && mayThrow(now.body, throwers)) return true;
  }
  return ts.forEachChild(node, (child) => mayThrow(child, throwers)) ?? false;
}

/** What may throw in code, before it is minified; undefined where nothing is let go of. */
export function findThrowing(file: ts.SourceFile): Throwing | undefined {
  const bodies = new Map<string, ts.Node[]>();
  const made = new Set<string>();
  let maker: ts.Node | undefined;
  const add = (name: string, body: ts.Node | undefined, node: ts.Node): void => {
    if (!body) return;
    bodies.set(name, [...(bodies.get(name) ?? []), body]);
    for (let at: ts.Node | undefined = node.parent; maker && at; at = at.parent) if (at === maker) made.add(name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && isArrow(node.initializer)) {
      const name = node.name.getText(file);
      if (name === MAKER) maker = node.initializer;
      add(name, node.initializer.body, node);
    } else if (ts.isMethodDeclaration(node)) add(`.${node.name.getText(file)}`, node.body, node);
    else if (ts.isConstructorDeclaration(node)) add((node.parent as ts.ClassDeclaration).name?.text ?? "", node.body, node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (!maker) return undefined;
  const throwers = new Set<string>();
  for (let before = -1; before < throwers.size; ) {
    before = throwers.size;
    for (const [name, all] of bodies) if (all.some((body) => mayThrow(body, throwers))) throwers.add(name);
  }
  return { maker: MAKER, made, throwers };
}

/** Whether it does nothing, so that it may be said later. */
function isPlain(node: ts.Node): boolean {
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isPostfixUnaryExpression(node)) return false;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.operatorToken.kind <= ts.SyntaxKind.LastAssignment) return false;
  if (ts.isPrefixUnaryExpression(node) && [ts.SyntaxKind.PlusPlusToken, ts.SyntaxKind.MinusMinusToken].includes(node.operator)) return false;
  return !(ts.forEachChild(node, (child) => !isPlain(child)) ?? false);
}

/** Whether no brackets are needed there around expressions with commas. */
function isOpen({ parent }: ts.Node): boolean {
  return ts.isExpressionStatement(parent) || ts.isReturnStatement(parent) || ts.isParenthesizedExpression(parent)
    || (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken);
}

/** A function with variables in it: where it is an expression, they are parameters. */
function declared(head: string, body: string, names: string): string {
  if (body.startsWith("{let ")) return `${head}{let ${names},${body.slice("{let ".length)}`;
  if (body.startsWith("{")) return `${head}{let ${names};${body.slice(1)}`;
  const bare = /^\w+(?==>$)/.exec(head)?.[0];
  return bare ? `(${bare},${names})=>${body}` : `${head.replace(/(\()?\)=>$/, (_, open?: string) => `${open ?? ","}${names})=>`)}${body}`;
}

/** Puts arguments that may throw into variables, in minified code where the names of `throwing` are as they were. */
export function liftThrowing(file: ts.SourceFile, { maker, made, throwers }: Throwing, edits: MagicString): void {
  const variables = new Map<ts.Node, string[]>();
  const code = file.text;
  let count = 0;
  const isMade = (node: ts.CallExpression | ts.NewExpression): boolean => made.has(called(node)) || (ts.isCallExpression(node) && !!calledAtOnce(node));

  /** The changed text of a call, where it is to be changed: the arguments up to the last one that may throw come first. */
  const changed = (node: ts.Node): string | undefined => {
    if (!(ts.isCallExpression(node) || ts.isNewExpression(node)) || !node.arguments || !isMade(node)) return undefined;
    const last = node.arguments.findLastIndex((arg) => mayThrow(arg, throwers));
    if (last < 0) return undefined;
    let within: ts.Node = node.parent;
    while (!ts.isFunctionLike(within)) within = within.parent;
    let before = "";
    const args = node.arguments.map((arg, i) => {
      if (i > last || isPlain(arg)) return textOf(arg);
      const name = `lift$${count++}`;
      variables.set(within, [...(variables.get(within) ?? []), name]);
      before += `${name}=${textOf(arg)},`;
      return name;
    });
    const call = `${before}${ts.isNewExpression(node) ? "new " : ""}${textOf(node.expression)}(${args.join()})`;
    return isOpen(node) ? call : `(${call})`;
  };
  const textOf = (node: ts.Node): string => {
    const whole = changed(node);
    if (whole !== undefined) return whole;
    let text = "";
    let at = node.getStart(file);
    let body = 0;
    ts.forEachChild(node, (child) => {
      text += code.slice(at, child.getStart(file));
      body = text.length;
      text += textOf(child);
      at = child.getEnd();
    });
    text += code.slice(at, node.getEnd());
    const names = variables.get(node);
    if (!names) return text;
    // the body is the last child
    variables.delete(node);
    return declared(text.slice(0, body), text.slice(body), names.join());
  };

  const visit = (node: ts.Node): void => {
    const text = changed(node);
    if (text === undefined) ts.forEachChild(node, visit);
    // after a keyword there must be a blank; what has a bracket needs none
    else edits.update(node.getStart(file), node.getEnd(), /\w/.test(code[node.getStart(file) - 1] ?? "") && !text.startsWith("(") ? ` ${text}` : text);
  };
  const find = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(file) === maker && node.initializer) visit(node.initializer);
    else ts.forEachChild(node, find);
  };
  find(file);
  for (const [node, names] of variables) declare(node as ts.FunctionLikeDeclaration, names, file, edits);
}
