import type MagicString from "magic-string";
import ts from "typescript";

const { FirstAssignment, LastAssignment, MinusMinusToken, PlusPlusToken } = ts.SyntaxKind;

/** Whether something is done there that may change a variable. */
const changes = (node: ts.Node): boolean => ts.isCallExpression(node) || ts.isNewExpression(node)
  || (ts.isBinaryExpression(node) && node.operatorToken.kind >= FirstAssignment && node.operatorToken.kind <= LastAssignment)
  || ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && [PlusPlusToken, MinusMinusToken].includes(node.operator))
  || (!ts.isFunctionLike(node) && (ts.forEachChild(node, changes) ?? false));

/**
 * Makes a value of what a switch is of, where its first case may change that: Espruino (2v29, src/jsparse.c:
 * jspeStatementSwitch) has the variable, and looks at it case by case. What other cases do is refused.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendSwitches(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isSwitchStatement(node) && (ts.isIdentifier(node.expression) || ts.isPropertyAccessExpression(node.expression))) {
      const [first] = node.caseBlock.clauses;
      if (first && ts.isCaseClause(first) && changes(first.expression)) edits.appendLeft(node.expression.getEnd(), `??${node.expression.getText(file)}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
