import { Linter, type Rule, type Scope } from "eslint";
import MagicString from "magic-string";
import { reservedIdentifiers, reservedWords } from "./espruino-names.ts";

/** A variable, or a member: where it is, and of variables the scopes in which its name must not be another's. */
interface Named {
  places: { start: number; end: number; shorthand?: boolean }[];
  scopes: Set<Scope.Scope>;
  home?: Scope.Scope;
  name?: string;
}

type Node = { type: string; range: [number, number]; name?: string; parent?: Node; shorthand?: boolean; computed?: boolean };

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_"];
const SHORT = [...LETTERS, ...LETTERS.flatMap((first) => [...LETTERS, ..."0123456789"].map((second) => first + second))];

/** A scope with so many variables comes first: there are enough letters for what is in it. */
const MANY = 20;

/** ESLint's view of code: its tree and scopes. */
function analyse(code: string, visitor: (context: Rule.RuleContext) => Rule.RuleListener): void {
  const rule: Rule.RuleModule = { create: visitor };
  const messages = new Linter({ configType: "flat" }).verify(code, {
    plugins: { own: { rules: { rule } } },
    rules: { "own/rule": "error" },
    languageOptions: { ecmaVersion: "latest", sourceType: "commonjs" },
  });
  if (messages.length) throw new Error(messages[0]!.message);
}

function variablesOf(manager: Scope.ScopeManager): { variables: Named[]; globals: Named[] } {
  const byNode = new Map<unknown, Named>();
  const globals = new Map<string, Named>();
  const variables: Named[] = [];
  const use = (named: Named, { range, parent, type }: Node, from: Scope.Scope): void => {
    if (!named.places.some(({ start }) => start === range[0])) {
      named.places.push({ start: range[0], end: range[1], ...(type === "Identifier" && parent?.type === "Property" && parent.shorthand && { shorthand: true }) });
    }
    for (let scope: Scope.Scope | null = from; scope; scope = scope === named.home ? null : scope.upper) named.scopes.add(scope);
  };
  for (const scope of manager.scopes) {
    if (scope.type === "global") continue;
    for (const variable of scope.variables) {
      const [first] = variable.identifiers;
      if (!first) continue;
      // a class has its name outside, and once more inside
      const named: Named = byNode.get(first) ?? { places: [], scopes: new Set(), home: scope };
      if (!byNode.has(first)) variables.push(named);
      byNode.set(first, named);
      for (const node of variable.identifiers) use(named, node as unknown as Node, scope);
      for (const { identifier, from } of variable.references) use(named, identifier as unknown as Node, from);
    }
  }
  for (const scope of manager.scopes) {
    for (const { identifier, resolved, from } of scope.references) {
      if (resolved?.identifiers.length) continue;
      const { name } = identifier as { name: string };
      const named = globals.get(name) ?? { places: [], scopes: new Set(), name };
      globals.set(name, named);
      use(named, identifier as unknown as Node, from);
    }
  }
  return { variables, globals: [...globals.values()] };
}

/** Whether two would be taken for each other, were they called the same. */
const meet = (one: Named, other: Named): boolean => (!!one.home && other.scopes.has(one.home)) || (!!other.home && one.scopes.has(other.home));

/** Calls variables as shortly as can be, those that are said most first. */
function nameVariables({ variables, globals }: ReturnType<typeof variablesOf>): void {
  const done = [...globals];
  const order = ({ home, places }: Named): number => places.length + (home!.variables.length > MANY ? 1e6 : 0);
  for (const variable of variables.sort((one, other) => order(other) - order(one))) {
    const taken = new Set(done.filter((other) => meet(variable, other)).map(({ name }) => name));
    variable.name = SHORT.find((name) => !taken.has(name) && !reservedWords.has(name) && !reservedIdentifiers.includes(name))!;
    done.push(variable);
  }
}

/**
 * Gives variables and members short names, the shortest to those that are said most. Terser gives them as they come.
 * @param stays the names of members that stay
 */
export function shortNames(code: string, stays: Set<string>): MagicString {
  const edits = new MagicString(code);
  const members = new Map<string, Named>();
  const member = (node: Node): void => {
    if (node.type !== "Identifier" || stays.has(node.name!)) return;
    const named = members.get(node.name!) ?? { places: [], scopes: new Set() };
    members.set(node.name!, named);
    named.places.push({ start: node.range[0], end: node.range[1] });
  };
  const key = (node: unknown): void => {
    const property = node as Node & { key: Node };
    if (property.computed) return;
    if (!property.shorthand) return member(property.key);
    // {a} as {a:a}
    const { name, range } = property.key;
    if (stays.has(name!)) edits.appendLeft(range[0], `${name}:`);
    else {
      throw 1;
    }
  };
  analyse(code, (context) => ({
    MemberExpression: (node) => { if (!node.computed) member(node.property as unknown as Node); },
    Property: key,
    MethodDefinition: key,
    PropertyDefinition: key,
    "Program:exit": () => {
      const found = variablesOf(context.sourceCode.scopeManager);
      nameVariables(found);
      for (const { places, name } of found.variables) for (const { start, end } of places) edits.update(start, end, name!);
    },
  }));
  const names = SHORT.filter((name) => !stays.has(name) && !reservedWords.has(name));
  [...members.values()].sort((one, other) => other.places.length - one.places.length).forEach(({ places }, i) => {
    for (const { start, end } of places) edits.update(start, end, names[i]!);
  });
  return edits;
}
