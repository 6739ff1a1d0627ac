import { Linter, type Rule, type Scope } from "eslint";
import MagicString from "magic-string";
import { reservedIdentifiers, reservedWords } from "../espruino-names.ts";

/** Where a name is in code; in `{a}` it is a member's and a variable's. */
interface Place {
  start: number;
  end: number;
  shorthand?: boolean;
}

interface Variable {
  places: Place[];
  /** Where it is declared; a global is nowhere. */
  home?: Scope.Scope;
  /** The scopes from there to where it is said: in none of them may another have its name. */
  scopes: Set<Scope.Scope>;
  name?: string;
}

type Node = {
  type: string;
  range: [number, number];
  name?: string;
  parent?: Node;
  shorthand?: boolean;
  computed?: boolean;
  key?: Node;
};

const LETTERS = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_"];
const names = [
  ...LETTERS,
  ...LETTERS.flatMap((first) => [...LETTERS, ..."0123456789"].map((second) => first + second)),
].filter((name) => !reservedWords.has(name) && !reservedIdentifiers.includes(name));

/** A scope with so many variables comes first: there are letters enough for all others. */
const MANY = 20;

/** Has ESLint go through code. */
function walk(code: string, create: Rule.RuleModule["create"]): void {
  const [problem] = new Linter({ configType: "flat" }).verify(code, {
    plugins: { own: { rules: { names: { create } } } },
    rules: { "own/names": "error" },
    languageOptions: { ecmaVersion: "latest", sourceType: "commonjs" },
  });
  if (problem) throw new Error(problem.message);
}

/** All variables, and the globals that are said. */
function variablesOf({ scopes }: Scope.ScopeManager): { variables: Variable[]; globals: Variable[] } {
  const byNode = new Map<unknown, Variable>();
  const globals = new Map<string, Variable>();
  const say = (variable: Variable, { range: [start, end], parent }: Node, from: Scope.Scope): void => {
    if (!variable.places.some((place) => place.start === start))
      variable.places.push({ start, end, shorthand: parent!.type === "Property" && !!parent!.shorthand });
    for (let scope: Scope.Scope | null = from; scope; scope = scope === variable.home ? null : scope.upper)
      variable.scopes.add(scope);
  };
  for (const scope of scopes) {
    for (const { identifiers, references } of scope.variables) {
      const [first] = identifiers;
      if (!first) continue;
      // a class has its name outside, and once more inside
      const variable = byNode.get(first) ?? { places: [], scopes: new Set(), home: scope };
      byNode.set(first, variable);
      for (const node of identifiers) say(variable, node as unknown as Node, scope);
      for (const { identifier, from } of references) say(variable, identifier as unknown as Node, from);
    }
  }
  for (const scope of scopes) {
    for (const { identifier, resolved, from } of scope.references) {
      if (resolved?.identifiers.length) continue;
      const { name } = identifier as unknown as { name: string };
      const known = globals.get(name) ?? { places: [], scopes: new Set(), name };
      globals.set(name, known);
      say(known, identifier as unknown as Node, from);
    }
  }
  return { variables: [...new Set(byNode.values())], globals: [...globals.values()] };
}

/** Whether one would be taken for the other, were they called the same. */
const meet = (one: Variable, other: Variable): boolean =>
  (!!one.home && other.scopes.has(one.home)) || (!!other.home && one.scopes.has(other.home));

function nameVariables({ variables, globals }: ReturnType<typeof variablesOf>): void {
  const done = [...globals];
  const rank = ({ home, places }: Variable): number => places.length + (home!.variables.length > MANY ? 1e6 : 0);
  for (const variable of variables.sort((one, other) => rank(other) - rank(one))) {
    const taken = new Set(done.filter((other) => meet(variable, other)).map(({ name }) => name));
    variable.name = names.find((name) => !taken.has(name))!;
    done.push(variable);
  }
}

/**
 * Gives variables and members names of one letter, then of two: the shortest to those that are said most.
 * @param stays the names of members that stay
 */
export function shortNames(code: string, stays: Set<string>): MagicString {
  const edits = new MagicString(code);
  const members = new Map<string, Place[]>();
  const member = ({ type, name, range: [start, end] }: Node, shorthand = false): void => {
    if (type === "Identifier") members.set(name!, [...(members.get(name!) ?? []), { start, end, shorthand }]);
  };
  const property = (node: unknown): void => {
    const { computed, shorthand, key } = node as Node;
    if (!computed) member(key!, shorthand);
  };
  walk(code, ({ sourceCode }) => ({
    MemberExpression: (node) => {
      if (!node.computed) member(node.property as unknown as Node);
    },
    Property: property,
    MethodDefinition: property,
    PropertyDefinition: property,
    "Program:exit": () => {
      const found = variablesOf(sourceCode.scopeManager);
      nameVariables(found);
      for (const { places, name } of found.variables)
        for (const { start, end } of places) edits.update(start, end, name!);
    },
  }));
  const short = names.filter((name) => !stays.has(name));
  let next = 0;
  for (const [name, places] of [...members].sort((one, other) => other[1].length - one[1].length)) {
    const called = stays.has(name) ? name : short[next++]!;
    for (const { start, end, shorthand } of places) {
      if (shorthand) edits.appendLeft(start, `${called}:`);
      else if (called !== name) edits.update(start, end, called);
    }
  }
  return edits;
}

/** Whether a function or a class is declared at a place. */
const isFunctionAt = (code: string, { start, end }: Place): boolean =>
  /(?:class|function)\s$/.test(code.slice(start - 9, start)) ||
  /^=(?:\(|[\w$]+=>|class\b|function\b)/.test(code.slice(end, end + 40));

/** Gives each variable a name of its own, but functions and classes whose names stay; globals keep theirs. */
export function uniqueNames(code: string, stays: string[]): MagicString {
  const edits = new MagicString(code);
  walk(code, ({ sourceCode }) => ({
    "Program:exit": () => {
      const { variables, globals } = variablesOf(sourceCode.scopeManager);
      const taken = new Set([...stays, ...globals.map(({ name }) => name!)]);
      let next = 0;
      for (const { places } of variables) {
        const [first] = places;
        if (stays.includes(code.slice(first!.start, first!.end)) && isFunctionAt(code, first!)) continue;
        let name;
        do name = `v${next++}`;
        while (taken.has(name));
        for (const { start, end, shorthand } of places) {
          if (shorthand) edits.appendLeft(end, `:${name}`);
          else edits.update(start, end, name);
        }
      }
    },
  }));
  return edits;
}
