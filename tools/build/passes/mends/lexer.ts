import type MagicString from "magic-string";
import ts from "typescript";
import { reservedWords } from "../../espruino-names.ts";

const { SyntaxKind } = ts;

/** Statements after whose last token Espruino reads the next one again, or for which it is read as it is run. */
const isReadAgain = (node: ts.Statement): boolean =>
  ts.isIterationStatement(node, false) || ts.isSwitchStatement(node) || ts.isBlock(node) || ts.isFunctionDeclaration(node)
  || ts.isClassDeclaration(node) || (ts.isTryStatement(node) && node.finallyBlock !== undefined);

/** Whether code's first token is one that has its text from the lexer: a string, a template, a regular expression. */
const beginsWithText = (node: ts.Node, file: ts.SourceFile): boolean => /["'`/]/.test(file.text[node.getStart(file)]!);

/**
 * Whether a statement ends without a `;` that is read as code runs again: also where that is a loop's whole body, in an if,
 * and where it ends an if without else that is itself what an if skips, as in `if(a)b();else if(c)d();`.
 */
function endsOpen(before: ts.Statement, file: ts.SourceFile): boolean {
  if (file.text[before.getEnd() - 1] !== ";") return true;
  let last = before;
  while (ts.isIfStatement(last) || ts.isIterationStatement(last, false)) {
    if (ts.isIfStatement(before) && last !== before && ts.isIfStatement(last) && !last.elseStatement) return true;
    last = ts.isIfStatement(last) ? last.elseStatement ?? last.thenStatement : last.statement;
  }
  return ts.isIfStatement(before) && ts.isEmptyStatement(last) && ts.isIterationStatement(last.parent, false);
}

/** Puts a `;` before each statement that Espruino would read while it does not run what is before it. */
function separate(statements: ts.NodeArray<ts.Statement>, file: ts.SourceFile, edits: MagicString): void {
  statements.forEach((statement, i) => {
    if (!beginsWithText(statement, file)) return;
    const before = statements[i - 1];
    const skipped = before ? !isReadAgain(before) && endsOpen(before, file) : ts.isCaseClause(statement.parent);
    if (skipped) edits.appendLeft(statement.getStart(file), ";");
  });
}

/** Whether Espruino takes a `/` after this for the beginning of a regular expression. */
function isBeforeRegExp(node: ts.Expression, file: ts.SourceFile): boolean {
  const text = node.getText(file);
  const [word] = /[\w$]+$/.exec(text) ?? [];
  if (word === undefined) return /[}]$|\+\+$|--$/.test(text);
  return reservedWords.has(word) && !["true", "false", "null", "undefined"].includes(word);
}

/**
 * Puts a `;` before statements whose text Espruino's lexer (2v29) would leave out.
 *
 * It is one token ahead of what runs, and gives a string, a template or a regular expression its text only while code runs
 * (src/jslex.c: JSP_SHOULD_EXECUTE). Behind a block that was skipped (if, else, catch) and behind a `case` that was not
 * looked for yet, it has read the next token before code runs again (src/jsparse.c: jspeStatementIf, jspeStatementTry,
 * jspeStatementSwitch): `if(a){}"b"===c&&d()` compares with "", and nobody is told. A `;` is read first then, and the text
 * after it in its time. Loops, and what they are in, are read again at their end. Code that is tokenised before has its text.
 * @param file the parsed code; @param edits is given the changes
 */
export function separateTexts(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isCaseOrDefaultClause(node)) separate(node.statements, file, edits);
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/**
 * Mends what Espruino's lexer (2v29) takes for a regular expression or its end. A `/` it takes for a division only behind a
 * value, and does not know `a++`, `this`, `}` and members called as a keyword for such: they get brackets. Behind a `)` it is
 * always one: a regular expression gets brackets there. A `/` in [] ends a regular expression: it gets a backslash.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendSlashes(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && (node.operatorToken.kind === SyntaxKind.SlashToken || node.operatorToken.kind === SyntaxKind.SlashEqualsToken)
      && isBeforeRegExp(node.left, file)) {
      edits.appendRight(node.left.getStart(file), "(");
      edits.appendLeft(node.left.getEnd(), ")");
    }
    if (ts.isRegularExpressionLiteral(node)) {
      const text = node.text.replace(/\\.|\[(?:\\.|[^\]])*\]/g, (part) => (part.startsWith("[") ? part.replace(/\\.|\//g, (one) => (one === "/" ? "\\/" : one)) : part));
      const bracket = file.text.slice(0, node.getStart(file)).trimEnd().endsWith(")");
      if (text !== node.text || bracket) edits.update(node.getStart(file), node.getEnd(), bracket ? `(${text})` : text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
