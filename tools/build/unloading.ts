import { relative } from "node:path";
import ts from "typescript";
import { BuildError } from "./errors.ts";
import { deviceProgram } from "./program.ts";
import { packageRoot } from "./root.ts";

/** Says, on a field, a variable or a class, why nothing is to be done about it when code is unloaded. */
const TAG = "unload";

/** The function that gives objects their methods back, and the one that it calls for each. */
const ATTACH = "attachMethods";
const SET = "setMethods";

/** The files of a bundle: those whose code is unloaded, and those whose code stays. */
export interface Loading {
  unloaded: string[];
  stays: string[];
}

const each = <Found extends ts.Node>(nodes: readonly ts.Node[], is: (node: ts.Node) => node is Found): Found[] => {
  const found: Found[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  nodes.forEach(visit);
  return found;
};

const place = (node: ts.Node): string => {
  const file = node.getSourceFile();
  return `${relative(packageRoot, file.fileName)}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};

const isTagged = (node: ts.Node): boolean =>
  ts.getJSDocTags(node).some((tag) => tag.tagName.text === TAG && !!tag.comment);

/** A path of names from a link as text: "" is the link, ".channels.session" something of it. */
const pathOf = (node: ts.Expression): string =>
  ts.isPropertyAccessExpression(node) ? `${pathOf(node.expression)}.${node.name.text}` : "";

/**
 * A board unloads code that it needs only now and then: all that is moved into the function `parts` (src/device/parts.ts).
 * Objects live on without methods, and `attachMethods` (src/device/index.ts) gives them those of the code that is loaded next.
 * An object that it does not know would keep the old code in memory, or have none, a second after the last packet and on a
 * board only. So this follows types through all that stays, and wants of each field or variable that may hold an object of
 * unloaded code that `attachMethods` has a line for its path, or that its tag `@unload` says why it needs none: it is empty
 * then, say, or another path leads to the same object. Fields with functions of such code need the tag, too. Types tell
 * nothing of what has the type `unknown` or is kept by a closure alone: so a class that is found nowhere needs the tag itself.
 * @throws BuildError (UNLOADED), which says where, and what to do
 */
export function checkUnloading(entry: string, conditions: string[], loading: Loading): void {
  const program = deviceProgram([entry], conditions);
  const checker = program.getTypeChecker();
  const filesOf = (names: string[]): ts.SourceFile[] => names.flatMap((name) => program.getSourceFile(name) ?? []);
  const unloaded = filesOf(loading.unloaded);
  const stays = filesOf(loading.stays);
  const isUnloaded = (node: ts.Node): boolean => unloaded.includes(node.getSourceFile());
  const classes = each(unloaded, ts.isClassDeclaration);
  const findings = new Set<string>();
  const refuse = (node: ts.Node, reason: string): void => {
    findings.add(`${place(node)}: ${reason}`);
  };
  const nameOf = (node: ts.ClassDeclaration): string => node.name!.text;

  for (const file of unloaded)
    for (const statement of file.statements) {
      if (
        !ts.isVariableStatement(statement) ||
        !(statement.declarationList.flags & ts.NodeFlags.Let) ||
        isTagged(statement)
      )
        continue;
      refuse(
        statement,
        `${statement.declarationList.declarations[0]!.name.getText()} is lost when a board unloads the code of this file. Keep it in an object of the link, or in a file that stays loaded.`,
      );
    }

  // which class `attachMethods` gives to which path
  const attach = each(stays, ts.isFunctionDeclaration).find((node) => node.name?.text === ATTACH);
  if (!attach)
    throw new BuildError(
      "UNLOADED",
      `${relative(packageRoot, entry)} unloads code, and has no function ${ATTACH} in what stays`,
    );
  const attached = new Map<string, string>();
  const isCallOf =
    (name: string) =>
    (node: ts.Node): node is ts.CallExpression =>
      ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name;
  for (const call of each([attach], isCallOf(SET))) {
    const [type] = each([call.arguments[1]!], ts.isPropertyAccessExpression);
    attached.set(pathOf(call.arguments[0]!), type!.name.text);
    const declared = checker.getTypeAtLocation(type!).symbol?.declarations?.find(ts.isClassDeclaration);
    if (declared && stays.includes(declared.getSourceFile())) {
      refuse(
        call,
        `the code of ${nameOf(declared)} is never unloaded, as code that stays loaded imports ${relative(packageRoot, declared.getSourceFile().fileName)}. Import types of it only.`,
      );
    }
  }

  // members that unloaded code gives a function
  const isFunction = (node: ts.Expression): boolean => {
    if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return true;
    const declared = ts.isIdentifier(node) && checker.getSymbolAtLocation(node)?.valueDeclaration;
    return (
      !!declared &&
      isUnloaded(declared) &&
      (ts.isFunctionDeclaration(declared) ||
        (ts.isVariableDeclaration(declared) && !!declared.initializer && isFunction(declared.initializer)))
    );
  };
  const given = new Set<ts.Node | undefined>();
  for (const node of each(unloaded, ts.isBinaryExpression)) {
    if (
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left) &&
      isFunction(node.right)
    ) {
      given.add(checker.getSymbolAtLocation(node.left.name)?.valueDeclaration);
    }
  }
  for (const node of each(unloaded, ts.isPropertyDeclaration))
    if (node.initializer && isFunction(node.initializer)) given.add(node);

  // classes that were found where something is known of their objects
  const known = new Set<ts.ClassDeclaration>();
  const seen = new Set<ts.Type>();

  /**
   * Follows a type.
   * @param at what has it; @param name how that is called in a message
   * @param path that from a link to it; undefined where none leads there
   * @param tagged whether the tag says that nothing is to be done
   */
  const follow = (type: ts.Type, at: ts.Node, name: string, path: string | undefined, tagged: boolean): void => {
    if (type.isUnionOrIntersection()) for (const one of type.types) follow(one, at, name, path, tagged);
    if (!(type.flags & ts.TypeFlags.Object)) return;
    // of links there may be a list, which is gone through; of what they have, `attachMethods` knows single objects
    const inside = path === "" ? "" : undefined;
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      for (const one of checker.getTypeArguments(type as ts.TypeReference))
        follow(one, at, `${name}[]`, inside, tagged);
      return;
    }
    const declarations = type.symbol?.declarations ?? [];
    if (declarations.some((node) => program.isSourceFileDefaultLibrary(node.getSourceFile()))) return;
    const own = declarations.find(ts.isClassDeclaration);
    const holds = (what: string): void =>
      refuse(
        at,
        `${name} holds ${what}, whose code a board unloads. ` +
          `Have ${ATTACH} (${place(attach)}) give it its methods back, or say behind @${TAG} why it is not there then.`,
      );
    if (own && isUnloaded(own)) {
      known.add(own);
      if (!tagged && !isTagged(own) && (path === undefined || attached.get(path) !== nameOf(own)))
        holds(`an object of ${nameOf(own)}`);
    } else if (
      declarations.some(
        (node) =>
          (ts.isFunctionDeclaration(node) || ts.isArrowFunction(node) || ts.isFunctionExpression(node)) &&
          isUnloaded(node),
      )
    ) {
      if (!tagged) holds("a function");
    } else if (!own && type.getProperties().some((member) => member.flags & ts.SymbolFlags.Method)) {
      // an interface of objects: which classes are like it
      for (const like of classes) {
        const object = checker.getTypeAtLocation(like);
        if (object !== type && checker.isTypeAssignableTo(object, type)) follow(object, at, name, path, tagged);
      }
    }
    if (tagged || (seen.has(type) && !(path !== undefined && attached.has(path)))) return;
    seen.add(type);
    for (const { type: value } of checker.getIndexInfosOfType(type)) follow(value, at, `${name}[]`, undefined, false);
    for (const member of type.getProperties()) {
      const node = member.valueDeclaration;
      if (!node || member.flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Prototype)) continue;
      const label = `${own ? nameOf(own) : name}.${member.name}`;
      const excused = isTagged(node);
      if (given.has(node) && !excused)
        refuse(
          node,
          `${label} holds a function whose code a board unloads. Say behind @${TAG} why it is not there then.`,
        );
      follow(
        checker.getTypeOfSymbol(member),
        node,
        label,
        path === undefined ? undefined : `${path}.${member.name}`,
        excused,
      );
    }
  };

  // variables of what stays; those with links are what `attachMethods` is called with
  const sourceOf = (node: ts.Expression): ts.Node | undefined => {
    if (ts.isElementAccessExpression(node) || ts.isPropertyAccessExpression(node)) return sourceOf(node.expression);
    const declared = checker.getSymbolAtLocation(node)?.valueDeclaration;
    const loop = declared?.parent.parent;
    return loop && ts.isForOfStatement(loop) ? sourceOf(loop.expression) : declared;
  };
  const links = new Set(each(stays, isCallOf(ATTACH)).map((call) => sourceOf(call.arguments[0]!)));
  for (const file of stays)
    for (const statement of file.statements) {
      // the board's own hold nothing of ours
      if (
        !ts.isVariableStatement(statement) ||
        statement.modifiers?.some((one) => one.kind === ts.SyntaxKind.DeclareKeyword)
      )
        continue;
      for (const variable of statement.declarationList.declarations) {
        follow(
          checker.getTypeAtLocation(variable),
          variable,
          variable.name.getText(),
          links.has(variable) ? "" : undefined,
          isTagged(variable),
        );
      }
    }

  const isBase = (node: ts.ClassDeclaration): boolean =>
    [...known].some((one) =>
      checker
        .getBaseTypes(checker.getTypeAtLocation(one) as ts.InterfaceType)
        .some((base) => base.symbol?.valueDeclaration === node),
    );
  for (const node of classes)
    if (!known.has(node) && !isTagged(node) && !isBase(node)) {
      refuse(
        node,
        `a board unloads the code of ${nameOf(node)}, and nothing shows where its objects are kept. ` +
          `Have ${ATTACH} (${place(attach)}) give them their methods back, or say behind @${TAG} of the class why there are none then.`,
      );
    }
  if (findings.size) throw new BuildError("UNLOADED", [...findings].join("\n"));
}
