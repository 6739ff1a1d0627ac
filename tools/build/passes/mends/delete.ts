import type MagicString from "magic-string";
import ts from "typescript";

const hasCall = (node: ts.Expression): boolean =>
  ts.isCallExpression(node) ||
  (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ? hasCall(node.expression) : false);

/**
 * Puts brackets around what a call gives, of which a member is deleted: Espruino (2v29, src/jsparse.c: jspeFactorDelete)
 * would delete the function, and call what that comes to.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendDelete(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (
      ts.isDeleteExpression(node) &&
      (ts.isPropertyAccessExpression(node.expression) || ts.isElementAccessExpression(node.expression)) &&
      hasCall(node.expression.expression)
    ) {
      const { expression } = node.expression;
      edits.appendRight(expression.getStart(file), "(");
      edits.appendLeft(expression.getEnd(), ")");
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
