import type MagicString from "magic-string";
import ts from "typescript";

/** Bytes of "let a=this;", and of "a=this," among other declarations; what a use saves. */
const ALONE = 11;
const JOINED = 7;
const USE = 3;

const name = "self$";

const ownsThis = (node: ts.Node): boolean =>
  ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node);

/** Where code says `this`, in arrow functions too. */
export function findThis(node: ts.Node, found: ts.Node[] = []): ts.Node[] {
  if (node.kind === ts.SyntaxKind.ThisKeyword) found.push(node);
  else if (!ownsThis(node))
    ts.forEachChild(node, (child) => {
      findThis(child, found);
    });
  return found;
}

const isLet = (node: ts.Statement | undefined): node is ts.VariableStatement =>
  node !== undefined && ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.Let) !== 0;

/** Has `this` in a variable in one method, from where on that saves most. */
function nameIn(body: ts.Block, file: ts.SourceFile, edits: MagicString): void {
  let best = 0;
  let at: ts.Statement | undefined;
  body.statements.forEach((statement, i) => {
    if (i && !isLet(statement)) return;
    const uses = body.statements.slice(i).flatMap((each) => findThis(each)).length;
    const saved = uses * USE - (isLet(statement) ? JOINED : ALONE);
    if (saved > best) {
      best = saved;
      at = statement;
    }
  });
  if (!at) return;
  for (const each of body.statements.slice(body.statements.indexOf(at)))
    for (const node of findThis(each)) edits.update(node.getStart(file), node.getEnd(), name);
  if (isLet(at)) edits.appendLeft(at.declarationList.declarations[0]!.getStart(file), `${name}=this,`);
  else edits.appendLeft(at.getStart(file), `let ${name}=this;`);
}

/** The expressions of a comma expression, in order. */
function sequence(node: ts.Expression): ts.Expression[] {
  return ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.CommaToken
    ? [...sequence(node.left), node.right]
    : [node];
}

type Setting = ts.BinaryExpression & { left: ts.PropertyAccessExpression };

const isSetting = (node: ts.Expression): node is Setting =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
  ts.isPropertyAccessExpression(node.left) &&
  (node.left.expression.kind === ts.SyntaxKind.ThisKeyword || ts.isIdentifier(node.left.expression));

const isPlain = (node: ts.Expression): boolean =>
  ts.isNumericLiteral(node) || ts.isVoidExpression(node) || ts.isPrefixUnaryExpression(node);

/** Makes `a.b=0,a.c=0` one chain: `a.b=a.c=0`. */
function chain(list: ts.Expression[], file: ts.SourceFile, edits: MagicString): void {
  list.slice(1).forEach((second, i) => {
    const first = list[i]!;
    if (
      !isSetting(first) ||
      !isSetting(second) ||
      !isPlain(first.right) ||
      first.right.getText(file) !== second.right.getText(file)
    )
      return;
    edits.remove(first.right.getStart(file), second.getStart(file));
  });
}

/** Declares variables at the beginning of a function's body, or of a file. */
export function declareIn(
  body: ts.Block | ts.SourceFile,
  names: string[],
  file: ts.SourceFile,
  edits: MagicString,
): void {
  const [first] = body.statements;
  if (isLet(first)) edits.appendLeft(first.declarationList.declarations[0]!.getStart(file), `${names.join()},`);
  else edits.appendLeft(first!.getStart(file), `let ${names.join()};`);
}

/** Declares variables in a function: as its parameters, where it is an expression. */
export function declare(
  node: ts.FunctionLikeDeclaration,
  names: string[],
  file: ts.SourceFile,
  edits: MagicString,
): void {
  if (ts.isBlock(node.body!)) declareIn(node.body, names, file, edits);
  else asParameters(node, names, file, edits);
}

function asParameters(
  node: ts.FunctionLikeDeclaration,
  names: string[],
  file: ts.SourceFile,
  edits: MagicString,
): void {
  const { parameters } = node;
  if (!parameters.length && names.length === 1) {
    edits.update(node.getStart(file), node.getStart(file) + 2, names[0]!);
    return;
  }
  const bare = file.text[node.getStart(file)] !== "(";
  if (bare) edits.appendLeft(node.getStart(file), "(");
  const end = parameters.length ? parameters[parameters.length - 1]!.getEnd() : node.getStart(file) + 1;
  edits.appendLeft(end, `${parameters.length ? "," : ""}${names.join()}${bare ? ")" : ""}`);
}

/** Where an arrow function has one variable, and is an expression but for that, makes it a parameter: `(a,b)=>(b=a.c,b.d+b.e)`. */
function variableToParameter(node: ts.ArrowFunction, file: ts.SourceFile, edits: MagicString): void {
  if (!ts.isBlock(node.body)) return;
  const { statements } = node.body;
  const lists = statements.filter(ts.isVariableStatement).map(({ declarationList }) => declarationList);
  const [declaration] = lists[0]?.declarations ?? [];
  const last = statements.at(-1);
  const plain = statements.slice(0, -1).every((each) => ts.isVariableStatement(each) || ts.isExpressionStatement(each));
  if (
    lists.length !== 1 ||
    !(lists[0]!.flags & ts.NodeFlags.BlockScoped) ||
    lists[0]!.declarations.length !== 1 ||
    !declaration!.initializer ||
    !plain ||
    !last ||
    !ts.isReturnStatement(last) ||
    !last.expression
  )
    return;
  asParameters(node, [declaration!.name.getText(file)], file, edits);
  edits.update(node.body.getStart(file), statements[0]!.getStart(file), "(");
  statements.forEach((statement, i) => {
    const from = ts.isVariableStatement(statement)
      ? declaration!.getStart(file)
      : ts.isReturnStatement(statement)
        ? statement.expression!.getStart(file)
        : statement.getStart(file);
    if (from > statement.getStart(file)) edits.remove(statement.getStart(file), from);
    if (statement !== last) edits.update(statement.getEnd() - 1, statements[i + 1]!.getStart(file), ",");
  });
  edits.update(last.expression.getEnd(), node.body.getEnd(), ")");
}

/** Leaves out the members of objects that functions return which are undefined: to read them gives the same. */
export function leaveOutUndefined(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression && ts.isObjectLiteralExpression(node.expression)) {
      const list = node.expression.properties;
      list.forEach((each, i) => {
        const next = list[i + 1];
        if (next && ts.isPropertyAssignment(each) && ts.isVoidExpression(each.initializer))
          edits.remove(each.getStart(file), next.getStart(file));
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/**
 * Shortens minified functions: in methods `this` gets a variable where that takes fewer bytes, members that are set to the
 * same number one after the other are set by one expression, and a variable becomes a parameter where a function is an
 * expression then.
 * @param file the parsed code; @param edits is given the changes
 */
export function shortenFunctions(file: ts.SourceFile, edits: MagicString): void {
  const visit = (node: ts.Node): void => {
    if ((ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) && node.body)
      nameIn(node.body, file, edits);
    if (ts.isArrowFunction(node)) variableToParameter(node, file, edits);
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.CommaToken &&
      !(ts.isBinaryExpression(node.parent) && node.parent.operatorToken.kind === ts.SyntaxKind.CommaToken)
    )
      chain(sequence(node), file, edits);
    ts.forEachChild(node, visit);
  };
  visit(file);
}
