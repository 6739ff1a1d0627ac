// Rewrites a program so that a heap model (model.ts) can see what V8 hides: which calls are under way, what the
// variables of a scope hold, and which scope a function was made in. V8 keeps of a scope only what some function in it
// uses; Espruino keeps all of it. A record is made of each call, and of each block that has variables of its own; it
// holds a function that reads the variables, so that V8 keeps them, too.
//
// What a program can see of this: functions have no name of their own, and take a little longer.

import { parseAst } from "rollup/parseAst";

/** What is known of a function, or of a program, from its text. */
export interface FunctionFacts {
  /** Names of its parameters. */
  params: readonly string[];
  /** Names that its record can read: parameters, then the variables of its scope. */
  names: readonly string[];
  /** Characters of its code. */
  code: number;
  /** Its name, where it is a function expression that has one. */
  name?: string;
  /** Whether it is an arrow function that mentions `this`. */
  that: boolean;
  /** Whether it has code at all. */
  empty: boolean;
  /** Its text, as the program has it. */
  text: string;
  /** Of a class or an object: its methods' facts by name; "constructor" for a class's own. */
  methods?: ReadonlyMap<string, number>;
  /** Whether it is a block. */
  block: boolean;
  /** Whether it is the emulated firmware's: that is not interrupted. */
  firmware: boolean;
  /** Whether a variable of it is given a function that is made in it: references are not enough to free its scope. */
  cyclic: boolean;
}

/** A program as it is to be run. */
export interface Instrumented {
  text: string;
  globals: readonly string[];
  constructed: readonly string[];
  /** Whether it has accessors, and whether it mentions prototypes. */
  accessors: boolean;
  prototypes: boolean;
}

/** The name by which a rewritten program finds its model. */
export const MODEL = "__heap";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Node = any;

const isFunction = (node: Node): boolean =>
  /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type);

const children = (node: Node): Node[] => {
  const list: Node[] = [];
  for (const key of Object.keys(node)) {
    const value = node[key];
    if (value === null || typeof value !== "object") continue;
    if (Array.isArray(value)) for (const item of value) if (item && typeof item.type === "string") list.push(item);
    if (typeof value.type === "string") list.push(value);
  }
  return list;
};

const patternNames = (node: Node, into: string[]): void => {
  if (!node) return;
  if (node.type === "Identifier") into.push(node.name);
  else if (node.type === "ObjectPattern") for (const p of node.properties) patternNames(p.value ?? p.argument, into);
  else if (node.type === "ArrayPattern") for (const e of node.elements) patternNames(e, into);
  else if (node.type === "AssignmentPattern") patternNames(node.left, into);
  else if (node.type === "RestElement") patternNames(node.argument, into);
};

/** Names of `let`, `const` and classes of a list of statements. */
const lexical = (body: Node[]): string[] => {
  const names: string[] = [];
  for (const s of body) {
    if (s.type === "VariableDeclaration" && s.kind !== "var") for (const d of s.declarations) patternNames(d.id, names);
    if (s.type === "ClassDeclaration") names.push(s.id.name);
  }
  return names;
};

/** Names of `var` and of functions under a node, not of those in functions under it. */
const hoisted = (node: Node, into: string[]): void => {
  for (const child of children(node)) {
    if (child.type === "FunctionDeclaration") into.push(child.id.name);
    if (isFunction(child) || child.type === "ClassBody") continue;
    if (child.type === "VariableDeclaration" && child.kind === "var")
      for (const d of child.declarations) patternNames(d.id, into);
    hoisted(child, into);
  }
};

const some = (node: Node, is: (node: Node) => boolean): boolean =>
  is(node) || children(node).some((child) => some(child, is));

// A block whose variables nothing can look at while it runs needs no record.
const isBusy = (node: Node): boolean =>
  some(
    node,
    (n) => isFunction(n) || n.type === "CallExpression" || n.type === "NewExpression" || n.type === "ClassBody",
  );

// Whether a variable of a scope is given a function that is made in it, or something that has one.
const keepsFunction = (body: Node, names: readonly string[]): boolean =>
  children(body).some((node) => {
    if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") return true;
    if (isFunction(node)) return false;
    if (node.type === "VariableDeclarator" && node.init && isOrHasFunction(node.init)) return true;
    if (node.type === "AssignmentExpression" && isOrHasFunction(node.right) && names.includes(baseOf(node.left)))
      return true;
    return keepsFunction(node, names);
  });

const isOrHasFunction = (node: Node): boolean => {
  if (isFunction(node) || node.type === "ClassExpression") return true;
  if (/^(ObjectExpression|ArrayExpression|Property|ConditionalExpression|LogicalExpression)$/.test(node.type))
    return children(node).some(isOrHasFunction);
  if (node.type === "SequenceExpression") return isOrHasFunction(node.expressions.at(-1));
  return node.type === "AssignmentExpression" && isOrHasFunction(node.right);
};

const baseOf = (node: Node): string => (node.type === "MemberExpression" ? baseOf(node.object) : node.name);

const reader = (names: readonly string[]): string =>
  `$i=>{switch($i){${names.map((name, i) => `case ${i}:return ${name}`).join(";")}}}`;

/** What a text is: a program, the text of a module (a function of exports and module), or that of the emulated firmware. */
export type Kind = "program" | "module" | "firmware";

/**
 * Rewrites a program and appends the facts of its functions. `globals` are the names that it may take from outside, `constructed` those that stand after `new`. Throws what the parser throws.
 */
export function instrument(source: string, facts: FunctionFacts[], kind: Kind): Instrumented {
  const module = kind === "module";
  const firmware = kind === "firmware";
  const program = parseAst(source, { allowReturnOutsideFunction: true }) as Node;
  const globals = new Set<string>();
  const constructed = new Set<string>();
  let accessors = false;
  let prototypes = false;
  const add = (fact: Partial<FunctionFacts>): number =>
    facts.push({
      params: [],
      names: [],
      code: 0,
      that: false,
      empty: false,
      text: "",
      block: false,
      firmware,
      cyclic: false,
      ...fact,
    }) - 1;

  // The text of a range in which nodes are printed anew. `scope` is the expression of the record that functions keep.
  const range = (from: number, to: number, nodes: Node[], scope: string, parent: Node): string => {
    let text = "";
    let at = from;
    for (const node of nodes) {
      if (node.start < at) continue;
      text += source.slice(at, node.start) + print(node, scope, parent);
      at = node.end;
    }
    return text + source.slice(at, to);
  };
  const inOrder = (node: Node): Node[] => children(node).sort((a, b) => a.start - b.start);
  const whole = (node: Node, scope: string): string => range(node.start, node.end, inOrder(node), scope, node);

  const print = (node: Node, scope: string, parent: Node): string => {
    switch (node.type) {
      case "FunctionDeclaration":
        return printFunction(node, scope, false);
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const text = printFunction(node, scope, false);
        // with a space before it: in "return()=>1" it follows a word; what is not a value of its own cannot be wrapped
        const bare =
          node.fact === undefined ||
          parent.type === "MethodDefinition" ||
          (parent.type === "Property" && (parent.method || parent.kind !== "init"));
        return bare ? text : ` ${MODEL}.f(${node.fact},${scope},${text})`;
      }
      case "ClassDeclaration":
      case "ClassExpression":
        return printClass(node, scope);
      case "BlockStatement":
        return printBlock(node, scope);
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        return printFor(node, scope, parent);
      case "CatchClause": {
        // running out of memory is not for a program to catch
        const text = whole(node, scope);
        const at = node.body.start + 1 - node.start;
        const body = text.indexOf("{", node.param ? text.indexOf(")") : 0) + 1 || at;
        return !firmware && node.param?.type === "Identifier"
          ? `${text.slice(0, body)}${MODEL}.k(${node.param.name});${text.slice(body)}`
          : text;
      }
      case "Identifier":
        globals.add(node.name);
        return node.name;
      case "NewExpression":
        if (node.callee.type === "Identifier") constructed.add(node.callee.name);
        return whole(node, scope);
      case "MemberExpression":
        if ((node.property.name ?? node.property.value) === "prototype") prototypes = true;
        if (/^definePropert(y|ies)$/.test(node.property.name)) accessors = true;
        return range(node.start, node.end, node.computed ? [node.object, node.property] : [node.object], scope, node);
      case "Property":
        if (node.kind !== "init") accessors = true;
        if (node.shorthand) return source.slice(node.start, node.end);
        return range(node.start, node.end, node.computed ? [node.key, node.value] : [node.value], scope, node);
      case "MethodDefinition":
      case "PropertyDefinition":
        return range(
          node.start,
          node.end,
          [...(node.computed ? [node.key] : []), ...(node.value ? [node.value] : [])],
          scope,
          node,
        );
      case "ObjectExpression":
        return printObject(node, scope);
      case "LabeledStatement":
        return range(node.start, node.end, [node.body], scope, node);
      default:
        return whole(node, scope);
    }
  };

  /** Statements of a body, and what registers the functions that are declared among them. */
  const statements = (
    body: Node[],
    from: number,
    to: number,
    scope: string,
    parent: Node,
  ): { before: string; declared: string; text: string } => {
    let at = from;
    for (const s of body) {
      if (s.type !== "ExpressionStatement" || s.directive === undefined) break;
      at = s.end;
    }
    const text = range(
      at,
      to,
      body.filter((s) => s.start >= at),
      scope,
      parent,
    );
    const declared = body
      .filter((s) => s.type === "FunctionDeclaration" && s.fact !== undefined)
      .map((s) => `${MODEL}.f(${s.fact},${scope},${s.id.name});`)
      .join("");
    return { before: source.slice(from, at), declared, text };
  };

  const printFunction = (node: Node, outer: string, sub: boolean): string => {
    if (node.async || node.generator) return whole(node, outer);
    const arrow = node.type === "ArrowFunctionExpression";
    const block = node.body.type === "BlockStatement";
    const params: string[] = [];
    for (const p of node.params) patternNames(p, params);
    const names = [...params];
    if (block) {
      names.push(...lexical(node.body.body));
      hoisted(node.body, names);
    }
    const unique = [...new Set(names)];
    const id = add({
      params,
      names: unique,
      code: node.body.end - node.body.start - (block ? 2 : 0),
      text: source.slice(node.start, node.end),
      empty: block && !node.body.body.length,
      cyclic: !!unique.length && keepsFunction(node.body, unique),
      that: arrow && some(node.body, (n) => n.type === "ThisExpression"),
      ...(node.type === "FunctionExpression" && node.id && { name: node.id.name }),
    });
    node.fact = id;
    const own = `$h${id}`;
    const that = arrow || sub ? "void 0" : "this";
    const open = `const ${own}=${MODEL}.e(${id},${outer},${that});try{${own}.read=${reader(unique)};`;
    const close = `\n}finally{${MODEL}.x(${own})}`;
    if (block) {
      const { before, declared, text } = statements(
        node.body.body,
        node.body.start + 1,
        node.body.end - 1,
        own,
        node.body,
      );
      // the reader is within the block, where it sees what is declared in it
      return `${range(node.start, node.body.start, node.params, outer, node)}{${before};${open}${declared}${text}${close}}`;
    }
    const arrowAt = source.lastIndexOf("=>", node.body.start) + 2;
    return `${range(node.start, arrowAt, node.params, outer, node)}{${open}return ${range(arrowAt, node.end, [node.body], own, node)}${close}}`;
  };

  const printClass = (node: Node, scope: string): string => {
    const methods = new Map<string, number>();
    const members = node.body.body.map((member: Node) => {
      if (member.type !== "MethodDefinition") return print(member, scope, node.body);
      const key = member.computed ? print(member.key, scope, member) : source.slice(member.key.start, member.key.end);
      const text = printFunction(member.value, scope, member.kind === "constructor" && !!node.superClass);
      const name = `${member.static ? "static " : ""}${member.kind === "get" || member.kind === "set" ? `${member.kind} ` : ""}${member.key.name ?? member.key.value}`;
      if (member.kind === "get" || member.kind === "set") accessors = true;
      if (member.value.fact !== undefined) methods.set(name, member.value.fact);
      return (
        source.slice(member.start, member.key.start) + key + source.slice(member.key.end, member.value.start) + text
      );
    });
    const head = range(node.start, node.body.start, node.superClass ? [node.superClass] : [], scope, node);
    const text = `${head}{${members.join(";")}}`;
    const id = add({
      methods,
      text: source.slice(node.start, node.end),
      ...(node.type === "ClassExpression" && node.id && { name: node.id.name }),
    });
    return node.type === "ClassDeclaration"
      ? `${text};${MODEL}.c(${id},${scope},${node.id.name});`
      : ` ${MODEL}.c(${id},${scope},${text})`;
  };

  // methods and accessors of an object are no values that could be wrapped
  const printObject = (node: Node, scope: string): string => {
    const text = whole(node, scope);
    const methods = new Map<string, number>();
    for (const p of node.properties) {
      if (p.type !== "Property" || p.computed || p.value.fact === undefined || (!p.method && p.kind === "init"))
        continue;
      methods.set(`${p.kind === "init" ? "" : `${p.kind} `}${p.key.name ?? p.key.value}`, p.value.fact);
    }
    return methods.size ? ` ${MODEL}.o(${add({ methods })},${scope},${text})` : text;
  };

  const printBlock = (node: Node, outer: string, before = ""): string => {
    const names = lexical(node.body);
    if (!names.length || !isBusy(node)) {
      const { declared, text } = statements(node.body, node.start + 1, node.end - 1, outer, node);
      return `{${before}${declared}${text}}`;
    }
    const id = add({ names, block: true });
    const scope = `$h${id}`;
    const { declared, text } = statements(node.body, node.start + 1, node.end - 1, scope, node);
    return `{${before}const ${scope}=${MODEL}.b(${id},${outer},${reader(names)});${declared}${text}\n;${MODEL}.y(${scope})}`;
  };

  const printFor = (node: Node, outer: string, parent: Node): string => {
    const names: string[] = [];
    const init = node.init ?? node.left;
    if (init?.type === "VariableDeclaration" && init.kind !== "var")
      for (const d of init.declarations) patternNames(d.id, names);
    const parts = [node.init, node.test, node.update, node.left, node.right]
      .filter((part) => part)
      .sort((a, b) => a.start - b.start);
    // a label cannot be taken away from its loop
    const own = names.length > 0 && isBusy(node) && parent.type !== "LabeledStatement";
    const id = own ? add({ names, block: true }) : -1;
    const scope = own ? `$h${id}` : outer;
    // Espruino has the variables of the head once, not once for each pass
    const before = own ? `${scope}.read=${reader(names)};` : "";
    const body =
      node.body.type === "BlockStatement"
        ? printBlock(node.body, scope, before)
        : `{${before}${print(node.body, scope, node)}}`;
    const text = range(node.start, node.body.start, parts, scope, node) + body;
    return own ? `{const ${scope}=${MODEL}.b(${id},${outer},void 0);${text}\n${MODEL}.y(${scope})}` : text;
  };

  const names = lexical(program.body);
  if (module) hoisted(program, names);
  const all = module ? [...new Set(["exports", "module", ...names])] : names;
  const id = add({ names: all });
  const scope = module ? `$h${id}` : "void 0";
  const { before, declared, text } = statements(program.body, 0, source.length, scope, program);
  return {
    text: module
      ? `${before};const ${scope}=${MODEL}.e(${id},void 0,this);try{${scope}.read=${reader(all)};${declared}${text}\n}finally{${MODEL}.x(${scope})}`
      : `${before};${MODEL}.p(${id},${reader(all)});${declared}${text}`,
    globals: [...globals],
    constructed: [...constructed],
    accessors,
    prototypes,
  };
}
