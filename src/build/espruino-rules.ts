// ESLint rules for what Espruino runs differently and no published rule knows. Each was seen in the real
// interpreter (2v29); test/build/dialect-cases.ts has the code that shows it.
import type { Rule, Scope } from "eslint";
import { reservedIdentifiers, reservedWords, statics } from "./espruino-names.ts";

// Both parsers (espree, typescript-eslint) give ESTree nodes; only what is used here is named.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Node = any;

const define = (messages: Record<string, string>, create: Rule.RuleModule["create"]): Rule.RuleModule => ({
  meta: { type: "problem", schema: [], messages },
  create,
});

const typedArray = /^(Big)?(Ui|I)nt(8|16|24|32|64)(Clamped)?Array$|^Float(16|32|64)Array$/;
const isLoop = /^For(In|Of)?Statement$/;

/** A getter, setter, method or field whose name or value Espruino's classes do not take. */
const classMember = define(
  {
    name: "a class member cannot be called {{name}}",
    noValue: "a class field needs an initial value",
    shared: "a class field's value is shared by all instances: set it in the constructor",
  },
  (context) => {
    const checkName = (node: Node): void => {
      const { key, computed } = node;
      if (computed || key.type === "PrivateIdentifier") return;
      const name = key.type === "Identifier" ? key.name : key.raw;
      if (key.type !== "Identifier" || reservedWords.has(name)) context.report({ node: key, messageId: "name", data: { name } });
    };
    return {
      MethodDefinition: checkName,
      "Property[kind=/^(get|set)$/]": checkName,
      PropertyDefinition(node: Node) {
        checkName(node);
        if (!node.value) context.report({ node, messageId: "noValue" });
        else if (!node.static && !/^(Literal|UnaryExpression|TemplateLiteral)$/.test(node.value.type)) {
          context.report({ node, messageId: "shared" });
        }
      },
    };
  },
);

/** A closure over the variable of a for loop: all passes of the loop share it. */
const loopClosure = define({ closure: "all passes of the loop share {{name}}: copy it to a const in the body" }, (context) => {
  const check = (node: Node): void => {
    const declaration = node.type === "ForStatement" ? node.init : node.left;
    if (declaration?.type !== "VariableDeclaration") return;
    for (const variable of context.sourceCode.getDeclaredVariables(declaration)) {
      for (const reference of variable.references) {
        if (reference.from.variableScope !== variable.scope.variableScope) {
          context.report({ node: reference.identifier as Rule.Node, messageId: "closure", data: { name: variable.name } });
        }
      }
    }
  };
  return { ForStatement: check, ForInStatement: check, ForOfStatement: check };
});

/** The double that Espruino makes of a number's text (src/jsutils.c: stringToIntWithRadix, stringToFloatWithRadix). */
function asEspruino(raw: string): number {
  const text = raw.toLowerCase().replaceAll("_", "");
  if (/^0[xbo]/.test(text) || /^\d+$/.test(text)) return Number(BigInt.asIntN(64, BigInt(text)));
  const [mantissa, exponent] = text.split("e") as [string, string?];
  const [whole, fraction] = mantissa.split(".") as [string, string?];
  let value = 0;
  for (const digit of whole) value = value * 10 + Number(digit);
  let unit = 0.1;
  for (const digit of fraction ?? "") {
    value += unit * Number(digit);
    unit /= 10;
  }
  let power = Number(exponent ?? 0);
  for (; power > 0; power--) value *= 10;
  for (; power < 0; power++) value /= 10;
  return value;
}

const exactNumber = define({ inexact: "Espruino reads {{raw}} as {{value}}: write it as a quotient" }, (context) => ({
  Literal(node: Node) {
    if (typeof node.value !== "number") return;
    const value = asEspruino(node.raw);
    if (value !== node.value) context.report({ node, messageId: "inexact", data: { raw: node.raw, value: String(value) } });
  },
}));

/** `()=>()=>this`: Espruino loses `this`, or stops, where the outer arrow's body is an expression. */
const nestedThis = define({ lost: "this is lost in an arrow function inside an arrow's expression body: keep it in a const" }, (context) => ({
  ThisExpression(node: Node) {
    let inner = false;
    for (let at = node; at && at.type !== "FunctionExpression" && at.type !== "FunctionDeclaration"; at = at.parent) {
      if (at.type !== "ArrowFunctionExpression") continue;
      if (inner && at.body.type !== "BlockStatement") return context.report({ node, messageId: "lost" });
      inner = true;
    }
  },
}));

const regexp = define(
  {
    paren: "a regular expression cannot stand right after )",
    syntax: "groups with (?, lazy and counted repeats and back references are missing in regular expressions",
  },
  (context) => ({
    "Literal[regex]"(node: Node) {
      if (context.sourceCode.getTokenBefore(node)?.value === ")") context.report({ node, messageId: "paren" });
      const pattern = node.regex.pattern.replace(/\\[^1-9]/g, "");
      if (/\(\?|[*+?}]\?|\{\d|\\[1-9]/.test(pattern)) context.report({ node, messageId: "syntax" });
    },
  }),
);

/** Members of built-in objects, by the list of what is there. */
const missingStatic = define({ missing: "{{object}}.{{name}} is missing" }, (context) => ({
  MemberExpression(node: Node) {
    const { object, property, computed } = node;
    const name = computed ? property.value : property.name;
    if (object.type !== "Identifier" || typeof name !== "string" || !Object.hasOwn(statics, object.name)) return;
    if (["prototype", "name", "length", "call", "apply", "bind"].includes(name) && object.name !== "JSON") return;
    if (statics[object.name]!.includes(name)) return;
    let scope: Scope.Scope | null = context.sourceCode.getScope(node);
    for (; scope; scope = scope.upper) if (scope.set.get(object.name)?.defs.length) return;
    context.report({ node, messageId: "missing", data: { object: object.name, name } });
  },
}));

const reservedName = define({ reserved: "{{name}} cannot be the name of a variable" }, (context) => ({
  "Program:exit"() {
    for (const scope of context.sourceCode.scopeManager.scopes) {
      for (const variable of scope.variables) {
        const node = variable.identifiers[0];
        if (node && reservedIdentifiers.includes(variable.name)) {
          context.report({ node: node as Rule.Node, messageId: "reserved", data: { name: variable.name } });
        }
      }
    }
  },
}));

/** Espruino scans a template's expressions for braces only, and does not know `\${`. */
const template = define(
  { escape: "\\${ in a template ends the program", brace: "a brace in a string inside a template's expression ends it" },
  (context) => ({
    TemplateElement(node: Node) {
      if (node.value.raw.includes("\\${")) context.report({ node, messageId: "escape" });
    },
    "TemplateLiteral Literal"(node: Node) {
      if (typeof node.value === "string" && /[{}]/.test(node.raw)) context.report({ node, messageId: "brace" });
    },
  }),
);

/** `slice` of a typed array gives a plain Array. Seen by its type in TypeScript, else where the array is made. */
const typedSlice = define({ slice: "slice() of a typed array gives a plain Array: use subarray, or a new array and set" }, (context) => {
  const services = context.sourceCode.parserServices as Node;
  const isTyped = (node: Node): boolean => {
    if (services?.program) {
      const type = services.program.getTypeChecker().getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(node));
      return typedArray.test(type.symbol?.name ?? "");
    }
    if (node.type === "NewExpression") return typedArray.test(node.callee.name ?? "");
    if (node.type === "CallExpression") return node.callee.property?.name === "subarray";
    if (node.type !== "Identifier") return false;
    let scope: Scope.Scope | null = context.sourceCode.getScope(node);
    while (scope && !scope.set.has(node.name)) scope = scope.upper;
    const definition: Node = scope?.set.get(node.name)?.defs[0];
    const value = definition?.type === "Variable" ? definition.node.init : undefined;
    return value !== undefined && value !== null && value.type !== "Identifier" && isTyped(value);
  };
  return {
    'CallExpression[callee.property.name="slice"]'(node: Node) {
      if (isTyped(node.callee.object)) context.report({ node, messageId: "slice" });
    },
  };
});

/** `in` inside the head of a for loop: Espruino takes it for a for-in. */
const forIn = define({ head: "in cannot stand in the first part of a for loop" }, (context) => ({
  'BinaryExpression[operator="in"]'(node: Node) {
    for (let at = node; at.parent; at = at.parent) {
      if (isLoop.test(at.parent.type) && at.parent.init === at) return context.report({ node, messageId: "head" });
    }
  },
}));

/** ESLint rules for Espruino, by name. */
export const rules: Record<string, Rule.RuleModule> = {
  "class-member": classMember,
  "exact-number": exactNumber,
  "for-in": forIn,
  "loop-closure": loopClosure,
  "missing-static": missingStatic,
  "nested-this": nestedThis,
  regexp,
  "reserved-name": reservedName,
  template,
  "typed-slice": typedSlice,
};
