import MagicString from "magic-string";
import type { Plugin } from "rollup";
import ts from "typescript";
import { findThis } from "./functions.ts";

/** The function or file in which code is. */
function scopeOf(node: ts.Node): ts.Node {
  let scope = node.parent;
  while (!ts.isSourceFile(scope) && !ts.isFunctionLike(scope)) scope = scope.parent;
  return scope;
}

/** Whether it has a function's `arguments`, which an arrow function has not. */
const saysArguments = (node: ts.Node): boolean =>
  (ts.isIdentifier(node) && node.text === "arguments") || (ts.forEachChild(node, saysArguments) ?? false);

/** What is known of a name of members. */
interface Known {
  methods: ts.MethodDeclaration[];
  calls: (ts.CallExpression & { expression: ts.PropertyAccessExpression })[];
  /** It is used otherwise. */
  otherwise?: boolean;
}

const isCalled = (node: ts.PropertyAccessExpression): boolean =>
  ts.isCallExpression(node.parent) &&
  node.parent.expression === node &&
  !node.questionDotToken &&
  !node.parent.questionDotToken;

function knownNames(file: ts.SourceFile): Map<string, Known> {
  const found = new Map<string, Known>();
  const known = (name: string): Known => {
    const entry = found.get(name) ?? { methods: [], calls: [] };
    found.set(name, entry);
    return entry;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node)) {
      const entry = known(node.name.text);
      if (isCalled(node)) entry.calls.push(node.parent as Known["calls"][number]);
      else entry.otherwise = true;
    } else if (
      ts.isMethodDeclaration(node) &&
      ts.isClassDeclaration(node.parent) &&
      !node.parent.heritageClauses &&
      !ts.getCombinedModifierFlags(node) &&
      !node.asteriskToken
    ) {
      known(node.name.getText(file)).methods.push(node);
    } else if ((ts.isClassElement(node) || ts.isObjectLiteralElement(node)) && node.name)
      known(node.name.getText(file)).otherwise = true;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/**
 * A rollup plugin that makes functions of methods where all calls are known to be of one class: `a.b(c)` becomes
 * `b(a, c)`. That they are is told by the name, which no other class or object may have for a member. A function has
 * `this` as a parameter, needs no `return` where it is an expression, and may be put in the place of a call.
 * @param stays names that others may call
 */
export function freeMethods(stays: Set<string>): Plugin {
  return {
    name: "free-methods",
    renderChunk(code) {
      const file = ts.createSourceFile("chunk.js", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
      const edits = new MagicString(code);
      for (const [name, { methods, calls, otherwise }] of knownNames(file)) {
        const [method] = methods;
        if (!method || methods.length > 1 || otherwise || stays.has(name) || saysArguments(method.body!)) continue;
        const scope = scopeOf(method.parent);
        const inside = (node: ts.Node): boolean => node === scope || (!ts.isSourceFile(node) && inside(node.parent));
        if (!calls.every(inside)) continue;
        const own = (method.parent as ts.ClassDeclaration).name!.text;
        const free = `${name}$${own}`;
        for (const node of findThis(method.body!)) edits.update(node.getStart(file), node.getEnd(), "self$");
        const start = method.getStart(file);
        const parameters = method.parameters.length ? `self$, ` : "self$";
        const opening = code.indexOf("(", method.name.getEnd());
        edits.update(start, opening + 1, `let ${free} = (${parameters}`);
        edits.appendLeft(method.body!.getStart(file), "=> ");
        edits.appendLeft(method.getEnd(), ";\n");
        edits.move(start, method.getEnd(), method.parent.getEnd());
        for (const call of calls) {
          const target = call.expression;
          edits.appendRight(call.getStart(file), `${free}(`);
          edits.update(
            target.expression.getEnd(),
            code.indexOf("(", target.name.getEnd()) + 1,
            call.arguments.length ? ", " : "",
          );
        }
      }
      return edits.hasChanged() ? { code: edits.toString(), map: edits.generateMap({ hires: true }) } : null;
    },
  };
}
