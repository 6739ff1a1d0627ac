// The kinds of code that there are in the language: a node's type, with what makes a difference, such as an operator.
import { Linter, type Rule } from "eslint";

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Node = any;

function kindOf(node: Node): string {
  const said: unknown[] = [node.type];
  if (typeof node.operator === "string") said.push(node.operator);
  if (typeof node.kind === "string") said.push(node.kind);
  if (typeof node.prefix === "boolean" && node.type === "UpdateExpression")
    said.push(node.prefix ? "before" : "behind");
  if (node.static) said.push("static");
  if (node.computed && node.type !== "MemberExpression") said.push("computed");
  if (node.type === "MemberExpression") said.push(node.computed ? "in brackets" : "by name");
  if (node.shorthand) said.push("shorthand");
  if (node.type === "Property" && node.method) said.push("method");
  if (node.type === "Literal")
    said.push(
      node.regex ? "regular expression" : node.bigint ? "bigint" : node.value === null ? "null" : typeof node.value,
    );
  if (node.type === "ArrowFunctionExpression") said.push(node.expression ? "expression" : "block");
  if (node.async) said.push("async");
  if (node.generator) said.push("generator");
  if (node.type === "IfStatement" && node.alternate) said.push("else");
  if (node.type === "TryStatement") said.push(node.handler ? "catch" : "", node.finalizer ? "finally" : "");
  if (node.type === "CatchClause" && node.param) said.push("binding");
  if (node.type === "SwitchCase" && !node.test) said.push("default");
  if (node.type === "ClassDeclaration" && node.superClass) said.push("extends");
  if (node.type === "ReturnStatement" && !node.argument) said.push("nothing");
  return said.filter((one) => one !== "").join(" ");
}

/** The kinds of code in a script, and all types of nodes that ESLint's parser knows. */
export function kindsOf(code: string): { kinds: Set<string>; types: string[] } {
  const kinds = new Set<string>();
  let types: string[] = [];
  const create: Rule.RuleModule["create"] = ({ sourceCode }) => {
    types = Object.keys(sourceCode.visitorKeys);
    return {
      "*": (node: Node) => {
        kinds.add(kindOf(node));
      },
    };
  };
  const [problem] = new Linter({ configType: "flat" }).verify(code, {
    plugins: { own: { rules: { kinds: { create } } } },
    rules: { "own/kinds": "error" },
    languageOptions: { ecmaVersion: "latest", sourceType: "commonjs" },
  });
  if (problem) throw new Error(`${problem.message}: ${code}`);
  return { kinds, types };
}

/** All that a script may consist of, each in a function's code. */
export const language: string[] = [
  ...[
    "+",
    "-",
    "*",
    "/",
    "%",
    "**",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    ">>>",
    "==",
    "!=",
    "===",
    "!==",
    "<",
    ">",
    "<=",
    ">=",
  ].map((operator) => `let a = 1; return a ${operator} 2`),
  ...["=", "+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=", ">>>=", "&&=", "||=", "??="].map(
    (operator) => `let a = 1; a ${operator} 2; return a`,
  ),
  ...["&&", "||", "??"].map((operator) => `let a = 1; return a ${operator} 2`),
  ...["-", "+", "~", "!", "typeof ", "void "].map((operator) => `let a = 1; return ${operator}a`),
  "const a = { b: 1 }; delete a.b; return 'b' in a",
  "class A {} return new A() instanceof A",
  "let a = 1; a++; a--; ++a; --a; return a",
  "var a; let b; const c = 1; return c",
  "return",
  ";",
  "debugger",
  "{ }",
  "'use strict'; return null",
  "return [1, 'a', /a/, true, null, `a${1}b`]",
  "return 1n",
  "return f`a`; function f() { return 1 }",
  "return [...[1]]",
  "return { ...{ a: 1 } }",
  "const [a] = [1]; return a",
  "const { a } = { a: 1 }; return a",
  "const f = (a = 1) => a; return f()",
  "const f = (...a) => a; return f()",
  "const a = 1; return { a, b: 2, 'c': 3, d() { return 1 }, get e() { return 1 }, set e(v) {} }",
  "const a = 'b'; return { [a]: 1 }",
  "const a = 'b'; return { [a]() { return 1 } }",
  "const o = { a: 1 }; return o.a + o['a']",
  "const o = { a: 1 }; return o?.a",
  "let a = 1; return a ? 2 : 3",
  "let a = 1; return (a++, a)",
  "const f = (a) => a, g = (a) => { return a }, h = function () { return arguments.length }; return f(1) + g(1) + h(1)",
  "function f() { return 1 } return f()",
  "return new.target",
  "const f = async () => { await 1 }; return f()",
  "async function f() { for await (const a of []) ; } return f()",
  "function* f() { yield 1; yield* [] } return f()",
  "return import('a')",
  "return import.meta",
  "let a = 1; if (a) a = 2; else a = 3; if (a) { a = 4 } return a",
  "let a = 1; switch (a) { case 1: break; default: a = 2 } return a",
  "for (let i = 0; i < 2; i++) { if (i) continue; break } return 1",
  "for (const a in { b: 1 }) ; for (const a of [1]) ; return 1",
  "let a = 1; while (a--) ; do { a = 0 } while (a); return a",
  "try { throw new Error('a') } catch (e) { } try { } catch { } finally { } try { } finally { } return 1",
  "a: for (;;) break a; return 1",
  "with ({}) { } return 1",
  "class A { constructor() { this.a = 1 } m() { return 1 } get g() { return 1 } set g(v) { } static s() { return 1 } f = 1; static t = 1 } class B extends A { constructor() { super() } } const C = class { }; return new B()",
  "class A { static get g() { return 1 } static set g(v) { } } return A",
  "class A { m() { return 1 } } class B extends A { m() { return super.m() } } return B",
  "class A { #a = 1; #m() { return this.#a } m() { return this.#m() } } return A",
  "class A { static { } } return A",
  "const k = 'a'; class A { [k]() { } [k] = 1; static [k] = 1 } return A",
  "using a = null; return a",
];

/** Types of nodes that are not a script's: of modules, which the build joins before, of JSX, and names that the language had not. */
export const notOfScripts = /^(Import|Export|JSX|Experimental)|^Program$/;
