import type MagicString from "magic-string";
import ts from "typescript";

/**
 * Puts the body of a do loop into braces where it ends in a brace of its own: Espruino (2v29, src/jsparse.c:
 * jspeStatementDoOrWhile) wants a `;` there, which the language does not allow.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendDoLoops(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isDoStatement(node) && !ts.isBlock(node.statement) && file.text[node.statement.getEnd() - 1] !== ";") {
      edits.appendRight(node.statement.getStart(file), "{");
      edits.appendLeft(node.statement.getEnd(), "}");
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}
