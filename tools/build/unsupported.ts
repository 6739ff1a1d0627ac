import ts from "typescript";

const { SyntaxKind } = ts;

/** A class that TypeScript has no name for. */
const isNameless = (node: ts.Node): node is ts.ClassExpression => ts.isClassExpression(node) && !node.name;

/**
 * Why Espruino cannot have a node: what TypeScript would bring down by functions of its own, of which the dialect's findings
 * would tell instead. What it leaves as it is they tell (tools/build/dialect.ts).
 */
function reason(node: ts.Node): string | undefined {
  if (node.kind === SyntaxKind.AsyncKeyword || node.kind === SyntaxKind.AwaitKeyword)
    return "async and await are missing: use then";
  if (ts.isDecorator(node)) return "decorators are missing";
  if (ts.isPrivateIdentifier(node)) return `${node.text} would take a WeakMap, which is missing: use private`;
  if (ts.isBindingElement(node) && node.dotDotDotToken) return "destructuring is missing, and so are rest properties";
  if (ts.isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword)
    return "import() is missing: import it at the top of the file";
  if (
    isNameless(node) &&
    node.members.some(
      (member) =>
        ts.isPropertyDeclaration(member) && member.modifiers?.some(({ kind }) => kind === SyntaxKind.StaticKeyword),
    )
  ) {
    return "a static field wants a class with a name: declare it by class Name";
  }
  return undefined;
}

/** The first thing in a source that a device cannot have, and where; undefined if there is none. */
export function findUnsupported(file: ts.SourceFile): { message: string; position: number } | undefined {
  const find = (node: ts.Node): { message: string; position: number } | undefined => {
    const message = reason(node);
    return message === undefined ? ts.forEachChild(node, find) : { message, position: node.getStart(file) };
  };
  return find(file);
}
