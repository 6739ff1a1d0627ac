import ts from "typescript";

/**
 * Puts a loop's body that is an if statement into braces: Rollup (4.67.4) leaves nothing in its place, not even a `;`, where it
 * knows the condition and nothing is left to do, so that the loop gets the next statement for its body. Terser takes the braces off.
 */
export const braceLoops: ts.TransformerFactory<ts.SourceFile> = (context) => {
  const { factory } = context;
  const braced = (body: ts.Statement): ts.Statement =>
    ts.isIfStatement(body) ? ts.setTextRange(factory.createBlock([body]), body) : body;
  const visit = (whole: ts.Node): ts.Node => {
    const node = ts.visitEachChild(whole, visit, context);
    if (ts.isForStatement(node))
      return factory.updateForStatement(
        node,
        node.initializer,
        node.condition,
        node.incrementor,
        braced(node.statement),
      );
    if (ts.isForInStatement(node))
      return factory.updateForInStatement(node, node.initializer, node.expression, braced(node.statement));
    if (ts.isForOfStatement(node))
      return factory.updateForOfStatement(
        node,
        node.awaitModifier,
        node.initializer,
        node.expression,
        braced(node.statement),
      );
    if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, braced(node.statement));
    if (ts.isDoStatement(node)) return factory.updateDoStatement(node, braced(node.statement), node.expression);
    return node;
  };
  return (file) => ts.visitNode(file, visit, ts.isSourceFile);
};
