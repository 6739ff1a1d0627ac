import ts from "typescript";

function usesOwnThis(node: ts.Node): boolean {
  if (node.kind === ts.SyntaxKind.ThisKeyword || (ts.isIdentifier(node) && node.text === "arguments")) return true;
  if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return false;
  return ts.forEachChild(node, usesOwnThis) ?? false;
}

/**
 * Shorter forms that mean the same to Espruino, which hoists nothing: `const` becomes `let`, so that declarations
 * join, and a function declaration becomes a variable with an arrow function. Saves 5 % of the protocol core.
 */
export const shorten: ts.TransformerFactory<ts.SourceFile> = (context) => {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    const inner = ts.visitEachChild(node, visit, context);
    if (ts.isVariableDeclarationList(inner) && inner.flags & ts.NodeFlags.Const) {
      const list = factory.createVariableDeclarationList(inner.declarations, ts.NodeFlags.Let);
      return ts.setTextRange(list, inner);
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
