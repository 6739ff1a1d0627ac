import ts from "typescript";
import {
  boardGlobals,
  languageGlobals,
  moduleGlobals,
  reservedIdentifiers,
  reservedWords,
} from "../../espruino-names.ts";

const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_"];
const names = [...letters, ...letters.flatMap((first) => letters.map((second) => first + second))];
const never = new Set([
  ...languageGlobals,
  ...boardGlobals,
  ...moduleGlobals,
  ...reservedIdentifiers,
  ...reservedWords,
]);

/** The shortest name that code says nowhere. */
export function freeName(file: ts.SourceFile): string {
  const said = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) said.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names.find((name) => !said.has(name) && !never.has(name))!;
}
