import ts from "typescript";

/** The object, function or class that code of an expression begins with. */
function first(node: ts.Node): ts.Node | undefined {
  if (ts.isObjectLiteralExpression(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node)) return node;
  if (ts.isBinaryExpression(node)) return first(node.left);
  if (ts.isConditionalExpression(node)) return first(node.condition);
  if (ts.isPostfixUnaryExpression(node)) return first(node.operand);
  if (ts.isTaggedTemplateExpression(node)) return first(node.tag);
  if (
    ts.isPropertyAccessExpression(node) ||
    ts.isElementAccessExpression(node) ||
    ts.isCallExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node)
  )
    return first(node.expression);
  return undefined;
}

/** Operands that may be all that is left of an expression, where the others are known. */
function operands(node: ts.Node): ts.Node[] {
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse];
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    const logical = [
      ts.SyntaxKind.AmpersandAmpersandToken,
      ts.SyntaxKind.BarBarToken,
      ts.SyntaxKind.QuestionQuestionToken,
      ts.SyntaxKind.CommaToken,
    ];
    if (logical.includes(kind)) return [node.right];
  }
  return [];
}

/**
 * Puts an object, function or class that an operand begins with into parentheses: Rollup (4.67.4) leaves out what is before
 * it where it knows that, as in `true && { a: f() } + b ? c : d`, and what is left begins with a block or a declaration.
 * Terser takes the parentheses off where nothing needs them.
 */
export const wrapLiterals: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const wrapped = new Set<ts.Node>();
  const visit = (node: ts.Node): ts.Node => {
    for (const operand of operands(node)) {
      const literal = first(operand);
      if (literal) wrapped.add(literal);
    }
    const made = ts.visitEachChild(node, visit, context);
    return wrapped.has(node)
      ? ts.setTextRange(context.factory.createParenthesizedExpression(made as ts.Expression), node)
      : made;
  };
  return ts.visitNode(file, visit, ts.isSourceFile);
};
