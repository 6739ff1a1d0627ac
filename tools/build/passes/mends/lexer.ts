import type MagicString from "magic-string";
import ts from "typescript";
import { reservedWords } from "../../espruino-names.ts";

const { SyntaxKind } = ts;

/** Statements after whose last token Espruino reads the next one again, or for which it is read as it is run. */
const isReadAgain = (node: ts.Statement): boolean =>
  ts.isIterationStatement(node, false) ||
  ts.isSwitchStatement(node) ||
  ts.isBlock(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  (ts.isTryStatement(node) && node.finallyBlock !== undefined);

/** Whether code's first token is one that has its text from the lexer: a string, a template, a regular expression. */
const beginsWithText = (node: ts.Node, file: ts.SourceFile): boolean => /["'`/]/.test(file.text[node.getStart(file)]!);

/**
 * How many `;` have to follow a statement for one to be read as code runs again. Each if without else that ends it, and that is
 * itself what an if skips, reads one before: `if(a)b();else if(c)d();` needs one more than it has. The `;` that is a loop's
 * whole body is none of them.
 */
function missingSemicolons(before: ts.Statement, file: ts.SourceFile): number {
  let missing = file.text[before.getEnd() - 1] === ";" ? 0 : 1;
  let last = before;
  while (ts.isIfStatement(last) || ts.isIterationStatement(last, false)) {
    if (last !== before && ts.isIfStatement(last) && !last.elseStatement) missing++;
    last = ts.isIfStatement(last) ? (last.elseStatement ?? last.thenStatement) : last.statement;
  }
  if (ts.isEmptyStatement(last) && ts.isIterationStatement(last.parent, false)) missing++;
  return missing;
}

/** Puts `;` before each statement that Espruino would read while it does not run what is before it. */
function separate(statements: ts.NodeArray<ts.Statement>, file: ts.SourceFile, edits: MagicString): void {
  statements.forEach((statement, i) => {
    if (!beginsWithText(statement, file)) return;
    const before = statements[i - 1];
    const missing = before
      ? isReadAgain(before)
        ? 0
        : missingSemicolons(before, file)
      : Number(ts.isCaseClause(statement.parent));
    if (missing) edits.appendLeft(statement.getStart(file), ";".repeat(missing));
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
    if (ts.isSourceFile(node) || ts.isBlock(node) || ts.isCaseOrDefaultClause(node))
      separate(node.statements, file, edits);
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
    if (
      ts.isBinaryExpression(node) &&
      (node.operatorToken.kind === SyntaxKind.SlashToken || node.operatorToken.kind === SyntaxKind.SlashEqualsToken) &&
      isBeforeRegExp(node.left, file)
    ) {
      edits.appendRight(node.left.getStart(file), "(");
      edits.appendLeft(node.left.getEnd(), ")");
    }
    if (ts.isRegularExpressionLiteral(node)) {
      const text = node.text.replace(/\\.|\[(?:\\.|[^\]])*\]/g, (part) =>
        part.startsWith("[") ? part.replace(/\\.|\//g, (one) => (one === "/" ? "\\/" : one)) : part,
      );
      const bracket = file.text.slice(0, node.getStart(file)).trimEnd().endsWith(")");
      if (text !== node.text || bracket) edits.update(node.getStart(file), node.getEnd(), bracket ? `(${text})` : text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
