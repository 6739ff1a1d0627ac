import type MagicString from "magic-string";
import ts from "typescript";
import { findThis } from "../functions.ts";

/** Where the last function begins that is in code. */
const lastFunction = (node: ts.Node): number =>
  Math.max(ts.isFunctionLike(node) ? node.pos : -1, ...node.getChildren().map(lastFunction));

/**
 * Makes a block of an arrow function's expression that says `this` before another function, as `()=>[this.a].map(b=>b+1)`: Espruino
 * (2v29, src/jsparse.c: jspeFunctionDefinitionInternal) keeps `this` for a function that says it, but forgets that it was said
 * where it comes to the next function. Blocks it does not parse.
 * @param file the parsed code; @param edits is given the changes
 */
export function mendLostThis(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isArrowFunction(node) || ts.isBlock(node.body)) return;
    const last = findThis(node.body).at(-1);
    if (!last || lastFunction(node.body) < last.pos) return;
    edits.appendRight(node.body.getStart(file), "{return ");
    edits.appendLeft(node.body.getEnd(), "}");
  };
  visit(file);
}
