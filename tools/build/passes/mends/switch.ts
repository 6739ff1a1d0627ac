import type MagicString from "magic-string";
import ts from "typescript";
import { findRunning, target } from "./scopes.ts";

const { AmpersandAmpersandToken, BarBarToken, CommaToken, QuestionQuestionToken } = ts.SyntaxKind;

/** The variables and members that an expression may come to. */
function results(node: ts.Expression): ts.Expression[] {
  if (ts.isParenthesizedExpression(node)) return results(node.expression);
  if (ts.isConditionalExpression(node)) return [...results(node.whenTrue), ...results(node.whenFalse)];
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind === CommaToken) return results(node.right);
    return [AmpersandAmpersandToken, BarBarToken, QuestionQuestionToken].includes(kind)
      ? [...results(node.left), ...results(node.right)]
      : [];
  }
  return [node];
}

/**
 * Makes a value of what a switch is of, where its first case may change that, or where it is a member, which may be a getter,
 * of more than one case: Espruino (2v29, src/jsparse.c: jspeStatementSwitch) has the variable or member, and looks at it case
 * by case. What other cases do is refused.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendSwitches(file: ts.SourceFile, edits: MagicString): void {
  const runs = findRunning(file);
  const changes = (node: ts.Node): boolean =>
    runs(node) || target(node) !== undefined || (!ts.isFunctionLike(node) && (ts.forEachChild(node, changes) ?? false));
  const visit = (node: ts.Node): void => {
    if (ts.isSwitchStatement(node)) {
      const { expression } = node;
      const found = results(expression);
      const isMember = found.some((one) => ts.isPropertyAccessExpression(one) || ts.isElementAccessExpression(one));
      const cases = node.caseBlock.clauses.filter(ts.isCaseClause);
      if (
        (isMember && cases.length > 1) ||
        ((isMember || found.some(ts.isIdentifier)) && cases[0] && changes(cases[0].expression))
      ) {
        const list = ts.isBinaryExpression(expression) && expression.operatorToken.kind === CommaToken;
        edits.appendRight(expression.getStart(file), list ? "[(" : "[");
        edits.appendLeft(expression.getEnd(), list ? ")][0]" : "][0]");
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
