import ts from "typescript";
import { errorNumber } from "../errors-texts.ts";
import type { Role } from "./minify.ts";

function usesOwnThis(node: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(node) && node.text === "arguments")) return true;
  if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return false;
  return ts.forEachChild(node, usesOwnThis) ?? false;
}

/** How often a method's body says `this`, in arrow functions too. */
function countThis(node: ts.Node): number {
  if (node.kind === ts.SyntaxKind.ThisKeyword) return 1;
  if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return 0;
  let count = 0;
  ts.forEachChild(node, (child) => {
    count += countThis(child);
  });
  return count;
}

/** From so many uses on a method has `this` in a variable: 13 bytes for the declaration, 3 saved a use. */
const SELF_USES = 5;

/**
 * Shorter forms that mean the same to Espruino, which hoists nothing: `const` becomes `let`, so that declarations
 * join, a function declaration becomes a variable with an arrow function, a method that says `this` often has it in a
 * variable, and in the runtime error codes become numbers, and the cipher set a constant. Saves 10 % of the protocol core.
 */
export const shorten = (role: Role): ts.TransformerFactory<ts.SourceFile> => (context) => {
  const { factory } = context;
  const self = "self$";
  const renameThis = (node: ts.Node): ts.Node => {
    if (node.kind === ts.SyntaxKind.ThisKeyword) return ts.setTextRange(factory.createIdentifier(self), node);
    if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return node;
    return ts.visitEachChild(node, renameThis, context);
  };
  const named = (body: ts.Block): ts.Block => {
    if (countThis(body) < SELF_USES) return body;
    const renamed = renameThis(body) as ts.Block;
    const declaration = factory.createVariableDeclaration(self, undefined, undefined, factory.createThis());
    const list = factory.createVariableDeclarationList([declaration], ts.NodeFlags.Let);
    return factory.updateBlock(renamed, [factory.createVariableStatement(undefined, list), ...renamed.statements]);
  };
  const visit = (node: ts.Node): ts.Node => {
    const inner = ts.visitEachChild(node, visit, context);
    // src/cipher/set-espruino.ts has a constant for it
    if (role === "runtime" && ts.isCallExpression(inner) && ts.isIdentifier(inner.expression) && inner.expression.text === "setOf") {
      return inner.expression;
    }
    // an application may have a function of that name
    if (role === "runtime" && ts.isCallExpression(inner) && ts.isIdentifier(inner.expression) && inner.expression.text === "fail") {
      const code = inner.arguments[0]!;
      if (ts.isStringLiteral(code)) {
        return factory.updateCallExpression(inner, inner.expression, undefined, [factory.createNumericLiteral(errorNumber(code.text))]);
      }
    }
    if (ts.isMethodDeclaration(inner) && inner.body) {
      const { modifiers, asteriskToken, name, questionToken, typeParameters, parameters, type, body } = inner;
      return factory.updateMethodDeclaration(inner, modifiers, asteriskToken, name, questionToken, typeParameters, parameters, type, named(body));
    }
    if (ts.isVariableDeclarationList(inner) && inner.flags & ts.NodeFlags.Const) {
      const list = factory.createVariableDeclarationList(inner.declarations, ts.NodeFlags.Let);
      return ts.setTextRange(list, inner);
    }
    if (ts.isConstructorDeclaration(inner) && inner.body) {
      return factory.updateConstructorDeclaration(inner, inner.modifiers, inner.parameters, named(inner.body));
    }
    if (ts.isFunctionDeclaration(inner) && inner.name && inner.body && !inner.asteriskToken && !usesOwnThis(inner.body)) {
      const modifiers = inner.modifiers?.filter(ts.isModifier);
      if (modifiers?.some((m) => m.kind !== ts.SyntaxKind.ExportKeyword)) return inner;
      const arrow = factory.createArrowFunction(undefined, inner.typeParameters, inner.parameters, undefined, undefined, inner.body);
      const declaration = factory.createVariableDeclaration(inner.name, undefined, undefined, ts.setTextRange(arrow, inner));
      const list = factory.createVariableDeclarationList([ts.setTextRange(declaration, inner)], ts.NodeFlags.Let);
      return ts.setTextRange(factory.createVariableStatement(modifiers, list), inner);
    }
    return inner;
  };
  return (file) => ts.visitNode(file, visit, ts.isSourceFile);
};
