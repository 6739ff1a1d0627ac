import ts from "typescript";
import { errorNumber } from "../../../src/errors.ts";
import type { Role } from "../minify.ts";

function usesOwnThis(node: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(node) && node.text === "arguments")) return true;
  if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return false;
  return ts.forEachChild(node, usesOwnThis) ?? false;
}

/**
 * Other names for the members of a class that nothing else can reach: fields have those of all classes in common, those
 * first that are said most; methods have names of their own.
 */
function privateMembers(node: ts.ClassLikeDeclaration): Map<string, string> {
  const names = new Map<string, string>();
  const uses = new Map<string, number>();
  // a class made of another shares its objects
  if (node.heritageClauses) return names;
  for (const member of node.members) {
    const has = (kind: ts.SyntaxKind): boolean =>
      ts.canHaveModifiers(member) && !!ts.getModifiers(member)?.some((m) => m.kind === kind);
    if (has(ts.SyntaxKind.DeclareKeyword)) continue;
    const name = member.name?.getText() ?? "";
    // what only classes of the host that are made of it reach
    const own = has(ts.SyntaxKind.PrivateKeyword) || (has(ts.SyntaxKind.ProtectedKeyword) && name.startsWith("_"));
    if (!own) continue;
    if (ts.isMethodDeclaration(member)) names.set(name, `${name}$${node.name!.text}`);
    else uses.set(name, 1);
  }
  const count = (child: ts.Node): void => {
    if (ts.isPropertyAccessExpression(child) && uses.has(child.name.text))
      uses.set(child.name.text, uses.get(child.name.text)! + 1);
    ts.forEachChild(child, count);
  };
  count(node);
  [...uses].sort((one, other) => other[1] - one[1]).forEach(([name], i) => names.set(name, `private$${i}`));
  return names;
}

/**
 * Shorter forms that mean the same to Espruino, which hoists nothing: `const` becomes `let`, so that declarations
 * join, a function declaration becomes a variable with an arrow function, and in the runtime error codes become numbers,
 * the cipher set a constant, and private members of all classes share their names, as their objects do not meet.
 */
export const shorten =
  (role: Role): ts.TransformerFactory<ts.SourceFile> =>
  (context) => {
    const { factory } = context;
    const renamed = (node: ts.Node, names: Map<string, string>): ts.Node => {
      const rename = (child: ts.Node): ts.Node => {
        const inner = ts.visitEachChild(child, rename, context);
        const { parent } = child;
        if (!ts.isIdentifier(inner) || !names.has(inner.text)) return inner;
        const isName = (ts.isPropertyAccessExpression(parent) || ts.isClassElement(parent)) && parent.name === child;
        return isName ? ts.setTextRange(factory.createIdentifier(names.get(inner.text)!), inner) : inner;
      };
      return rename(node);
    };
    const visit = (whole: ts.Node): ts.Node => {
      const node = role === "runtime" && ts.isClassLike(whole) ? renamed(whole, privateMembers(whole)) : whole;
      const inner = ts.visitEachChild(node, visit, context);
      // src/cipher/set-of.ts has a constant for it
      if (
        role === "runtime" &&
        ts.isCallExpression(inner) &&
        ts.isIdentifier(inner.expression) &&
        inner.expression.text === "setOf"
      ) {
        return inner.expression;
      }
      // an application may have a function of that name
      if (
        role === "runtime" &&
        ts.isCallExpression(inner) &&
        ts.isIdentifier(inner.expression) &&
        ["fail", "errorNumber"].includes(inner.expression.text)
      ) {
        const code = inner.arguments[0]!;
        if (ts.isStringLiteral(code)) {
          if (inner.expression.text === "errorNumber") return factory.createNumericLiteral(errorNumber(code.text));
          return factory.updateCallExpression(inner, inner.expression, undefined, [
            factory.createNumericLiteral(errorNumber(code.text)),
          ]);
        }
      }
      if (ts.isVariableDeclarationList(inner) && inner.flags & ts.NodeFlags.Const) {
        const list = factory.createVariableDeclarationList(inner.declarations, ts.NodeFlags.Let);
        return ts.setTextRange(list, inner);
      }
      if (
        ts.isFunctionDeclaration(inner) &&
        inner.name &&
        inner.body &&
        !inner.asteriskToken &&
        !usesOwnThis(inner.body)
      ) {
        const modifiers = inner.modifiers?.filter(ts.isModifier);
        if (modifiers?.some((m) => m.kind !== ts.SyntaxKind.ExportKeyword)) return inner;
        const arrow = factory.createArrowFunction(
          undefined,
          inner.typeParameters,
          inner.parameters,
          undefined,
          undefined,
          inner.body,
        );
        const declaration = factory.createVariableDeclaration(
          inner.name,
          undefined,
          undefined,
          ts.setTextRange(arrow, inner),
        );
        const list = factory.createVariableDeclarationList([ts.setTextRange(declaration, inner)], ts.NodeFlags.Let);
        return ts.setTextRange(factory.createVariableStatement(modifiers, list), inner);
      }
      return inner;
    };
    return (file) => ts.visitNode(file, visit, ts.isSourceFile);
  };
