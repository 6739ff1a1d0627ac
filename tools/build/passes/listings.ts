import ts from "typescript";
import { listing } from "../../../src/crypto/shared/listing.ts";

const FILE = "/listing.ts";

/**
 * Puts the letters of the curve's programs in the place of their listings (src/crypto/shared/listing.ts): each call
 * listing("...") becomes a string, and the import of the assembler goes.
 */
export const assembleListings: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const isAssembler = (node: ts.Node): boolean =>
    ts.isImportDeclaration(node) &&
    ts.isStringLiteral(node.moduleSpecifier) &&
    node.moduleSpecifier.text.endsWith(FILE);
  if (!file.statements.some(isAssembler)) return file;
  const visit = (node: ts.Node): ts.Node | undefined => {
    if (isAssembler(node)) return undefined;
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === listing.name) {
      const [text] = node.arguments;
      if (!text || !ts.isStringLiteralLike(text))
        throw new Error(`${file.fileName}: a listing is a text without expressions`);
      return ts.setTextRange(context.factory.createStringLiteral(listing(text.text)), node);
    }
    return ts.visitEachChild(node, visit, context);
  };
  return ts.visitEachChild(file, visit, context);
};
