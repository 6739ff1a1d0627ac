import type MagicString from "magic-string";
import ts from "typescript";

const bare = (node: ts.Expression): ts.Expression =>
  ts.isParenthesizedExpression(node) ? bare(node.expression) : node;

const isSum = (node: ts.Expression): node is ts.BinaryExpression =>
  ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;

/** Whether code shows that it is a text. */
function isText(whole: ts.Expression): boolean {
  const node = bare(whole);
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateExpression(node) ||
    ts.isTypeOfExpression(node) ||
    (isSum(node) && (isText(node.left) || isText(node.right)))
  );
}

/** What comes first in a sum. */
function firstOf(whole: ts.Expression): ts.Expression {
  const node = bare(whole);
  return isSum(node) ? firstOf(node.left) : whole;
}

/**
 * Makes texts of numbers that are added to a text behind another: terser (up to 5.51.4) makes `"a"+(1+b)` of `"a"+b+1` where b is
 * a number. It drops what is not needed.
 * @param file the parsed code; @param edits is given the changes
 */
export function keepSums(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && isSum(node)) {
      const left = bare(node.left);
      if (isSum(left) && isText(left) && !isText(left.right)) {
        const one = firstOf(node.right);
        if (!isText(one)) {
          edits.appendRight(one.getStart(file), '(""+');
          edits.appendLeft(one.getEnd(), ")");
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
