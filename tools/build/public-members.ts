import { join } from "node:path";
import ts from "typescript";
import { channelKinds, radioKinds } from "./boards.ts";
import { deviceProgram } from "./program.ts";
import { packageRoot } from "./root.ts";

const source = (...path: string[]): string => join(packageRoot, "src", ...path);

/** What an application on a device may import. */
const deviceEntries: readonly string[] = [
  source("device/with-channels.ts"),
  source("device/peer.ts"),
  ...radioKinds.map((kind) => source("device/radios", `${kind}.ts`)),
  ...channelKinds.filter((kind) => kind !== "peer").map((kind) => source("channel", `${kind}.ts`)),
];

/**
 * The names of members by which applications, radios and channels deal with each other: those that the types have which
 * entries export, and types of these. What has the tag `@internal`, is private, or is only declared (`declare`, for the
 * host to have) is between modules that get short names together.
 * @param entries files of our own; declarations of a board's objects, which are elsewhere, have names that stay anyway
 */
export function publicMembersOf(entries: readonly string[]): Set<string> {
  const program = deviceProgram([...entries], ["espruino", "channels", "peers"]);
  const checker = program.getTypeChecker();
  const names = new Set<string>();
  const seen = new Set<ts.Type>();
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Ambient;
  const isPublic = (node: ts.Declaration): boolean =>
    !program.isSourceFileDefaultLibrary(node.getSourceFile()) &&
    !(ts.getCombinedModifierFlags(node) & hidden) &&
    !ts.getJSDocTags(node).some((tag) => tag.tagName.text === "internal");
  const follow = (type: ts.Type): void => {
    if (seen.has(type)) return;
    seen.add(type);
    if (type.isUnionOrIntersection()) type.types.forEach(follow);
    for (const signature of [...type.getCallSignatures(), ...type.getConstructSignatures()]) {
      for (const parameter of signature.parameters) follow(checker.getTypeOfSymbol(parameter));
      follow(signature.getReturnType());
    }
    if (!(type.flags & ts.TypeFlags.Object)) return;
    for (const argument of checker.getTypeArguments(type as ts.TypeReference)) follow(argument);
    for (const info of checker.getIndexInfosOfType(type)) follow(info.type);
    for (const member of type.getProperties()) {
      if (!member.valueDeclaration || !isPublic(member.valueDeclaration)) continue;
      names.add(member.name);
      follow(checker.getTypeOfSymbol(member));
    }
  };
  for (const entry of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (symbol.flags & ts.SymbolFlags.Value) {
        names.add(exported.name);
        follow(checker.getTypeOfSymbol(symbol));
      }
      if (symbol.flags & ts.SymbolFlags.Type) follow(checker.getDeclaredTypeOfSymbol(symbol));
    }
  }
  return names;
}

let made: Set<string> | undefined;

/** Those of the package's own entries: the same for all that a process builds. */
export function publicMembers(): Set<string> {
  made ??= publicMembersOf(deviceEntries);
  return made;
}
