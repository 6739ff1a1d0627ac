import type MagicString from "magic-string";
import ts from "typescript";
import { languageGlobals, statics } from "../espruino-names.ts";

/** What an alias takes beside its declaration, in bytes: it is one more name, and there are few of one letter. */
const SPARE = 8;

/** Something that code says more than once: its declaration's value, where it is said, and what is saved by a name of one letter. */
interface Said {
  value: string;
  places: { node: ts.Node; from: number; member?: boolean }[];
  saved: number;
}

// what an application or a host may put others in the place of, or look for by its name; what each function has its own of
const kept = ["exports", "module", "require", "arguments"];
const globals = new Set([...languageGlobals, ...Object.keys(statics)].filter((name) => !kept.includes(name)));

/** Whether a name is a value here, not a member's or a property's. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  return !ts.isMethodDeclaration(parent) && !ts.isPropertyDeclaration(parent) && !ts.isTypeOfExpression(parent);
}

/** Whether a string literal is a value that may be a variable's. */
function isText(node: ts.StringLiteral): boolean {
  const { parent } = node;
  if (ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)) return parent.name !== node;
  // a directive; a module's name
  if (ts.isExpressionStatement(parent)) return false;
  return !(ts.isCallExpression(parent) && ts.isIdentifier(parent.expression) && parent.expression.text === "require");
}

const isLetter = (text: string | undefined): boolean => text !== undefined && /[\w$]/.test(text);

/** A name in the place of what needs no blank beside a keyword. */
const apart = (name: string, code: string, from: number, to: number): string =>
  `${isLetter(code[from - 1]) ? " " : ""}${name}${isLetter(code[to]) ? " " : ""}`;

/**
 * Gives what minified code says often a variable: `undefined`, globals, texts, and the names of members that have to stay,
 * so that `x.length` becomes `x[a]`, which takes Espruino no longer. Saves 2 % of the runtime.
 * @param file the parsed code; @param stays the members' names that have to stay; @param edits is given the changes
 */
export function aliasOften(file: ts.SourceFile, stays: Set<string>, edits: MagicString): void {
  const found = new Map<string, Said>();
  const declared = new Set<string>();
  const say = (key: string, value: string, node: ts.Node, from: number, saved: number, member?: boolean): void => {
    const said = found.get(key) ?? { value, places: [], saved: -(value.length + 3 + SPARE) };
    found.set(key, said);
    said.places.push({ node, from, ...(member && { member }) });
    said.saved += saved;
  };
  const visit = (node: ts.Node): void => {
    const length = node.getEnd() - node.getStart(file);
    if (ts.isVoidExpression(node) && ts.isNumericLiteral(node.expression))
      say("void", "", node, node.getStart(file), length - 1);
    else if (ts.isStringLiteral(node) && isText(node))
      say(`text ${node.text}`, node.getText(file), node, node.getStart(file), length - 1);
    else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.name) && stays.has(node.name.text)) {
      const { text } = node.name;
      say(`text ${text}`, JSON.stringify(text), node, node.expression.getEnd(), text.length - 2, true);
    } else if (ts.isIdentifier(node)) {
      if (ts.isVariableDeclaration(node.parent) || ts.isParameter(node.parent) || ts.isClassLike(node.parent))
        declared.add(node.text);
      if (globals.has(node.text) && isValue(node))
        say(`global ${node.text}`, node.text, node, node.getStart(file), length - 1);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  const declarations: string[] = [];
  for (const [key, { value, places, saved }] of found) {
    if (saved <= 0 || (key.startsWith("global ") && declared.has(value))) continue;
    const name = `often$${declarations.length}`;
    declarations.push(value === "" ? name : `${name}=${value}`);
    for (const { node, from, member } of places)
      edits.update(from, node.getEnd(), member ? `[${name}]` : apart(name, file.text, from, node.getEnd()));
  }
  if (declarations.length === 0) return;
  const first = file.statements[0]!;
  const joins = ts.isVariableStatement(first) && (first.declarationList.flags & ts.NodeFlags.Let) !== 0;
  if (joins) edits.appendLeft(first.declarationList.declarations[0]!.getStart(file), `${declarations.join()},`);
  else edits.prepend(`let ${declarations.join()};`);
}
