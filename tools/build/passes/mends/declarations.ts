import type MagicString from "magic-string";
import ts from "typescript";

/**
 * Makes variables of classes and functions that are declared in a block: Espruino (2v29, src/jsparse.c:
 * jspeStatementFunctionDecl) declares them in the function around it, where another may have their name, if only since names
 * are short.
 * @param file the parsed code; @param edits is given the changes
 */
export function scopeDeclarations(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!(ts.isClassDeclaration(node) || ts.isFunctionDeclaration(node)) || !node.name || !node.parent) return;
    const { parent } = node;
    if (ts.isSourceFile(parent) || (ts.isBlock(parent) && ts.isFunctionLike(parent.parent))) return;
    const start = node.getStart(file);
    edits.appendRight(start, `let ${node.name.text}=`);
    // a function may call itself by its own name
    edits.remove(node.name.getFullStart(), node.name.getEnd());
    edits.appendLeft(node.getEnd(), ";");
  };
  visit(file);
}
