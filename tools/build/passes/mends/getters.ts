import type MagicString from "magic-string";
import ts from "typescript";

const { AmpersandAmpersandToken, BarBarToken, CommaToken, QuestionQuestionToken } = ts.SyntaxKind;

/** Whether nobody takes what an expression comes to. */
function isDropped(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return true;
  if (ts.isForStatement(parent)) return node === parent.initializer || node === parent.incrementor;
  // a switch without cases compares its value with nothing
  if (ts.isSwitchStatement(parent)) return parent.caseBlock.clauses.every(ts.isDefaultClause);
  if (ts.isParenthesizedExpression(parent)) return isDropped(parent);
  if (!ts.isBinaryExpression(parent)) return false;
  const { kind } = parent.operatorToken;
  if (kind === CommaToken && node === parent.left) return true;
  return (
    node === parent.right &&
    [AmpersandAmpersandToken, BarBarToken, CommaToken, QuestionQuestionToken].includes(kind) &&
    isDropped(parent)
  );
}

/**
 * Puts a `!` before members that code only mentions: Espruino (2v29) runs a getter when its value is wanted.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendGetters(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if ((ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) && isDropped(node))
      edits.appendRight(node.getStart(file), "!");
    ts.forEachChild(node, visit);
  };
  visit(file);
}
