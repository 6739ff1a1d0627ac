import { Linter } from "eslint";
import esx from "eslint-plugin-es-x";
import type { DialectFinding } from "./errors.ts";
import { boardGlobals, languageGlobals, missingGlobals, moduleGlobals } from "./espruino-names.ts";
import { rules as espruinoRules } from "./espruino-rules.ts";

const words = (text: string): string[] => text.trim().split(/\s+/);

// Of everything newer than ES5, what Espruino 2v29 runs right. All else is refused, also what comes next.
const runs = new Set(
  words(`
    no-arrow-functions no-binary-numeric-literals no-block-scoped-functions no-block-scoped-variables
    no-class-instance-fields no-class-static-fields no-classes no-for-of-loops no-global-this no-json-superset
    no-modules no-nullish-coalescing-operators no-numeric-separators no-octal-numeric-literals
    no-optional-catch-binding no-promise no-property-shorthands no-template-literals no-trailing-function-commas
    no-typed-arrays
    no-array-prototype-fill no-array-prototype-find no-array-prototype-findindex no-array-prototype-includes
    no-math-sign no-object-assign no-object-entries no-object-fromentries no-object-getownpropertydescriptors
    no-object-setprototypeof no-object-values no-string-prototype-endswith no-string-prototype-includes
    no-string-prototype-padstart-padend no-string-prototype-repeat no-string-prototype-replaceall
    no-string-prototype-startswith
  `),
);
// ES5 built-ins that are missing
const missingInEs5 = words(`
  no-array-prototype-lastindexof no-array-prototype-reduceright no-date-prototype-getyear-setyear
  no-date-prototype-togmtstring no-escape-unescape no-legacy-object-prototype-accessor-methods
  no-object-freeze no-object-isextensible no-object-isfrozen no-object-issealed no-object-preventextensions
  no-object-seal no-regexp-prototype-compile no-string-create-html-methods
`);
// Methods that own classes may well have under the same name: reported only where the receiver's type is seen.
const ambiguous =
  /-prototype-(at|keys|values|entries|with|lastindexof|filter|map|find|every|some|drop|take|foreach|reduce|flags|compile|union|difference|intersection)$|-string-prototype-at$|legacy-object|html-methods|prototype-transfer/;

const esxRules = Object.fromEntries(
  [
    ...Object.keys(esx.configs["flat/restrict-to-es5"].rules ?? {}).map((rule) => rule.replace("es-x/", "")),
    ...missingInEs5,
  ]
    .filter((rule) => !runs.has(rule))
    .map((rule) => {
      const aggressive = rule.includes("-prototype-") && !ambiguous.test(rule);
      return [`es-x/${rule}`, aggressive ? ["error", { aggressive }] : "error"];
    }),
);

const builtinClass =
  "/^(Array|ArrayBuffer|Boolean|DataView|Date|Function|Number|Object|Promise|RegExp|String|.*Error|.*[0-9](Clamped)?Array)$/";
const method = (name: string): object => ({ property: name, message: "Espruino lacks it." });

/** ESLint's plugin and rules for the language that Espruino runs, for any parser. */
export const deviceRules: { plugins: Record<string, object>; rules: Linter.RulesRecord } = {
  plugins: { "es-x": esx, espruino: { rules: espruinoRules } },
  rules: {
    ...esxRules,
    ...Object.fromEntries(Object.keys(espruinoRules).map((rule) => [`espruino/${rule}`, "error"])),
    "default-case-last": "error",
    // they are declared outside of the switch
    "no-case-declarations": "error",
    "no-debugger": "error",
    "no-labels": "error",
    "no-multi-str": "error",
    "no-shadow-restricted-names": "error",
    // it goes on as if there were none
    "no-unsafe-finally": "error",
    // nothing is hoisted; what a function uses may come later, if it is not itself a function declaration
    "no-use-before-define": ["error", { functions: true, classes: false, variables: false }],
    "no-restricted-properties": [
      "error",
      ...words(`
        BYTES_PER_ELEMENT isPrototypeOf localeCompare propertyIsEnumerable search toExponential toLocaleString
        toPrecision
      `).map(method),
    ] as Linter.RuleEntry,
    "no-restricted-syntax": [
      "error",
      ...Object.entries({
        [`:matches(ClassDeclaration,ClassExpression)[superClass.name=${builtinClass}]`]:
          "built-in classes cannot be extended",
        "ClassExpression[id]": "a class expression's own name is not visible in it",
        "TaggedTemplateExpression": "tagged templates are missing",
        "MemberExpression[object.type=Super]":
          "super.x looks from the class of this: it never ends in a class derived twice",
        "BinaryExpression[operator=instanceof][right.name=Error]":
          "a TypeError, and all errors of Espruino's own, are not instanceof Error: ask for what they have, such as message",
        "MethodDefinition[static=true][kind=/^[gs]et$/]":
          "a static getter is run once, when the class is made, and a static setter never",
        "AssignmentExpression[left.computed=false][left.property.name=length][left.object.type!=ThisExpression]":
          "the length of an array cannot be set",
        "CallExpression[callee.object.name=JSON][callee.property.name=parse][arguments.length>1]":
          "JSON.parse takes no reviver",
        "CallExpression[callee.object.name=JSON][callee.property.name=stringify] > :matches(ArrayExpression,ArrowFunctionExpression,FunctionExpression).arguments:nth-child(2)":
          "JSON.stringify takes no replacer",
        "VariableDeclaration[kind=/using/]": "using is missing",
        WithStatement: "with is missing",
      }).map(([selector, message]) => ({ selector, message })),
    ] as Linter.RuleEntry,
  },
};

const globals = (names: string[], value: "readonly" | "off"): object =>
  Object.fromEntries(names.map((name) => [name, value]));

const config: Linter.Config = {
  plugins: deviceRules.plugins as Linter.Config["plugins"],
  linterOptions: { noInlineConfig: true },
  languageOptions: {
    ecmaVersion: "latest",
    sourceType: "commonjs",
    globals: {
      ...globals(missingGlobals, "off"),
      ...globals([...languageGlobals, ...boardGlobals, ...moduleGlobals], "readonly"),
    } as Linter.Globals,
  },
  rules: { ...deviceRules.rules, "no-undef": "error" },
};

// a warning is ESLint's about its own comments in the code
const isError = ({ severity }: Linter.LintMessage): boolean => severity === 2;

/** Where `code` leaves what Espruino runs; empty if nowhere. `file` is the name used in findings. */
export function findDialectErrors(code: string, file: string): DialectFinding[] {
  const lines = code.split("\n");
  return new Linter({ configType: "flat" })
    .verify(code, config, { filename: "bundle.js" })
    .filter(isError)
    .map((message) => ({
      file,
      line: message.line,
      column: message.column,
      rule: message.ruleId ?? "syntax",
      message: message.message,
      excerpt: (lines[message.line - 1] ?? "").slice(Math.max(0, message.column - 31), message.column + 49).trim(),
    }));
}
