// Programs of what the build lets pass, for the differential test. An arbitrary gives a function that prints: names are
// chosen while printing, of what is in scope there, so that what is left of a program while it shrinks is one, too.
import fc from "fast-check";
import type { Role } from "../../../tools/build/minify.ts";

/** What an expression's value is: so that programs seldom fail, and never by what engines are known to differ in. */
type Kind = "number" | "text" | "truth" | "list" | "object" | "function" | "class" | "instance" | "bytes" | "maybe";

interface Variable {
  name: string;
  kind: Kind;
  constant?: boolean;
  /** A loop's, which closures may not use. */
  loop?: boolean;
  /** Methods and fields of a class, or of an instance's. */
  members?: Members;
}

interface Members {
  derived: boolean;
  methods: string[];
  fields: string[];
  getters: string[];
  setters: string[];
  statics: string[];
}

interface Scope {
  variables: Variable[];
  inFunction: boolean;
  /** The kind that the function returns. */
  returns: Kind;
  inLoop: boolean;
  inSwitch: boolean;
  /** What `this` is, in a method. */
  self?: Members;
  /** In an arrow function whose body is an expression: none within it may say `this`. */
  inExpression: boolean;
  /** In a try statement of the function: what throws there is caught, in the midst of an expression. */
  tried: boolean;
  /** In a function that has its own `arguments`. */
  hasArguments: boolean;
  /** A function around it may have said `arguments`. */
  argumentsAbove: boolean;
  /** The variables of the block itself begin here, and it has statements already. */
  start: number;
  begun: boolean;
  shared: { count: number };
}

/** An expression's text, and how strongly it binds. */
interface Text {
  text: string;
  binds: number;
}

type Expression = (scope: Scope) => Text;
type Statement = (scope: Scope) => string;

const PRIMARY = 18;
const CALL = 17;
const UNARY = 14;
const ASSIGNMENT = 1;

const primary = (text: string): Text => ({ text, binds: PRIMARY });
const within = ({ text, binds }: Text, least: number): string => (binds < least ? `(${text})` : text);
/** As the beginning of a statement. */
const first = ({ text, binds }: Text, least = 0): string =>
  /^(\{|function\b|class\b|let\b)/.test(text) ? `(${text})` : within({ text, binds }, least);
const asArgument = (one: Text): string => within(one, ASSIGNMENT);

const nested = (scope: Scope, changes: Partial<Scope> = {}): Scope => ({
  ...scope,
  variables: [...scope.variables],
  start: scope.variables.length,
  begun: false,
  ...changes,
});
const closed = (scope: Scope, changes: Partial<Scope> = {}): Scope => {
  const argumentsAbove = scope.hasArguments || scope.argumentsAbove;
  return nested(
    { ...scope, variables: scope.variables.filter(({ loop }) => !loop) },
    {
      inFunction: true,
      inLoop: false,
      inSwitch: false,
      tried: false,
      ...changes,
      argumentsAbove,
      hasArguments: !!changes.hasArguments && !argumentsAbove,
    },
  );
};

const fresh = (scope: Scope, prefix: string): string => `${prefix}${scope.shared.count++}`;

function choose(scope: Scope, kind: Kind, which: number, assigned = false): Variable | undefined {
  const found = scope.variables.filter(
    (variable) => variable.kind === kind && !(assigned && (variable.constant || variable.loop)),
  );
  return found[found.length - 1 - (which % (found.length || 1))];
}

/** Declares a variable; now and then it has the name of one outside of the block, which `text`, its value, does not say. */
function declare(scope: Scope, variable: Omit<Variable, "name">, prefix: string, shadow: number, text: string): string {
  const outer = scope.variables
    .slice(0, scope.start)
    .filter(({ name, loop }) => !loop && !new RegExp(`\\b${name}\\b`).test(text));
  let name = fresh(scope, prefix);
  if (shadow === 0 && !scope.begun && scope.variables.length === scope.start && outer.length) {
    ({ name } = outer[outer.length - 1]!);
    scope.variables = scope.variables.filter((other) => other.name !== name);
    scope.start = scope.variables.length;
  }
  scope.variables.push({ ...variable, name });
  return name;
}

const index = fc.nat({ max: 5 });
const few = <T>(one: fc.Arbitrary<T>, max = 3): fc.Arbitrary<T[]> => fc.array(one, { maxLength: max });

const numbers = fc.oneof(
  fc.integer({ min: 0, max: 9 }).map(String),
  fc.integer({ min: 10, max: 70000 }).map(String),
  fc.constantFrom(
    "0.6",
    "3.14159",
    "1e-7",
    "0xff",
    "0b101",
    "0o17",
    "1_000",
    "1e3",
    ".5",
    "1.25",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "0",
    "1",
  ),
);

const plainText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("", "a", "b", "open", "shut", "a1", "x y", "key") },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(..."abAB01 {}$'\"`\\/\n\t;:,()[]"), maxLength: 5 }) },
);
const quoted = fc.tuple(plainText, fc.boolean()).map(([text, single]) => {
  const inside = text.replace(/[\\\n\t]/g, (letter) => ({ "\\": "\\\\", "\n": "\\n", "\t": "\\t" })[letter]!);
  return single ? `'${inside.replaceAll("'", "\\'")}'` : `"${inside.replaceAll('"', '\\"')}"`;
});
const templateText = fc.string({ unit: fc.constantFrom(..."ab01 ;'\"/\n"), maxLength: 4 });
// Espruino finds the beginning of a longer text at the end of another
const letter: fc.Arbitrary<Expression> = fc.constantFrom('"a"', '"b"', "' '").map((text) => () => primary(text));
const patterns = fc.constantFrom("/a/", "/^a/", "/[ab]+/", "/o.e/i", "/[^a-c]$/", "/\\d/", "/a|b/", "/\\//", "/[/]/");

const literal: Record<Kind, (which: number) => string> = {
  number: String,
  text: (which) => JSON.stringify("ab".slice(0, which % 3)),
  truth: (which) => String(which % 2 === 0),
  list: (which) => `[${which}]`,
  object: (which) => `{ x: ${which}, t: "t" }`,
  function: () => "(n, m) => n",
  bytes: (which) => `new Uint8Array([${which}, 2])`,
  maybe: (which) => ["undefined", "null"][which % 2]!,
  class: () => "class {}",
  instance: () => "{}",
};

const variable = (kind: Kind): fc.Arbitrary<Expression> =>
  index.map((which) => (scope) => {
    const found = choose(scope, kind, which);
    if (found) return primary(found.name);
    const text = literal[kind](which);
    return { text, binds: kind === "function" ? ASSIGNMENT : kind === "bytes" ? CALL : PRIMARY };
  });

const binary = (operators: [string, number][], one: fc.Arbitrary<Expression>, other = one): fc.Arbitrary<Expression> =>
  fc.tuple(fc.constantFrom(...operators), one, other).map(([[operator, binds], left, right]) => (scope) => {
    const a = within(left(scope), binds);
    // what is `??` may not stand beside || and && without brackets, nor these beside it
    return {
      text: `${a} ${operator} ${within(right(scope), operator === "??" ? 5 : binds + 1)}`,
      binds: operator === "??" ? 2.5 : binds,
    };
  });
const nullish = (left: fc.Arbitrary<Expression>, right: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  fc
    .tuple(left, right)
    .map(([one, other]) => (scope) => ({ text: `${within(one(scope), 5)} ?? ${within(other(scope), 5)}`, binds: 2.5 }));

const method = (
  object: fc.Arbitrary<Expression>,
  name: string,
  ...parameters: fc.Arbitrary<Expression>[]
): fc.Arbitrary<Expression> =>
  fc.tuple(object, ...parameters).map(([on, ...given]) => (scope) => ({
    text: `${within(on!(scope), CALL)}.${name}(${given.map((one) => asArgument(one!(scope))).join(", ")})`,
    binds: CALL,
  }));
const called = (name: string, ...parameters: fc.Arbitrary<Expression>[]): fc.Arbitrary<Expression> =>
  fc.tuple(...parameters).map((given) => (scope) => ({
    text: `${name}(${given.map((one) => asArgument(one(scope))).join(", ")})`,
    binds: CALL,
  }));

const conditional = (truth: fc.Arbitrary<Expression>, one: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  fc.tuple(truth, one, one).map(([asked, yes, no]) => (scope) => ({
    text: `${within(asked(scope), 3)} ? ${asArgument(yes(scope))} : ${asArgument(no(scope))}`,
    binds: 2,
  }));

const sequence = (any: fc.Arbitrary<Expression>, one: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  fc.tuple(any, one).map(([before, value]) => (scope) => ({
    text: `${asArgument(before(scope))}, ${asArgument(value(scope))}`,
    binds: 0,
  }));

const assignment = (kind: Kind, operators: string[], value: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  fc.tuple(index, fc.constantFrom(...operators), value).map(([which, operator, given]) => (scope) => {
    const target = choose(scope, kind, which, true);
    const text = asArgument(given(scope));
    return target ? { text: `${target.name} ${operator} ${text}`, binds: ASSIGNMENT } : { text, binds: ASSIGNMENT };
  });

const integer = (one: fc.Arbitrary<Expression>): fc.Arbitrary<Expression> =>
  one.map((value) => (scope) => ({ text: `${within(value(scope), 5)} | 0`, binds: 5 }));

const members: Kind[] = ["number", "text", "truth", "list", "object", "function", "bytes"];

/** What programs consist of. */
type Parts = {
  number: Expression;
  text: Expression;
  truth: Expression;
  list: Expression;
  object: Expression;
  function: Expression;
  class: Expression;
  instance: Expression;
  bytes: Expression;
  maybe: Expression;
  any: Expression;
  simple: Statement;
  statement: Statement;
  statements: Statement[];
  block: Statement;
  body: Statement;
  loopBody: Statement;
  classBody: (scope: Scope) => [string, Members];
};

/** Statements in braces, or in a function. */
const inBraces = (scope: Scope, statements: Statement[], last = ""): string =>
  `{ ${statements.map((one) => one(scope)).join("\n")}\n${last} }`;

/** Statements of a case: in braces where they declare something. */
const inCase = (lines: string[]): string =>
  lines.some((line) => /^(let|const|var|class|function)\b/.test(line)) ? `{ ${lines.join("\n")} }` : lines.join("\n");

/** What TypeScript makes of a static field of a class that has no name of its own asks for what is missing. */
const withoutStatic = (text: string): string => text.replace(/static k\d+ = [^;]*;/g, "");

/** @param role the runtime's sources have nothing that TypeScript would bring down, and no getters (pure_getters in tools/build/minify.ts) */
function grammar(role: Role): fc.Arbitrary<Statement[]> {
  const newer = role === "app";
  const getters = role === "app";
  const small = fc.createDepthIdentifier();
  const large = fc.createDepthIdentifier();
  const { statements } = fc.letrec<Parts>((tie) => {
    type Weighted = fc.Arbitrary<Expression> | [number, fc.Arbitrary<Expression>];
    const weigh = (ones: Weighted[]): fc.WeightedArbitrary<Expression>[] =>
      ones.map((one) => (Array.isArray(one) ? { weight: one[0], arbitrary: one[1] } : { weight: 1, arbitrary: one }));
    const expression = (leaf: fc.Arbitrary<Expression>, ...others: Weighted[]): fc.Arbitrary<Expression> =>
      fc.oneof(
        { depthIdentifier: small, maxDepth: 4, depthSize: "small" },
        { weight: 4, arbitrary: leaf },
        ...weigh(others),
      );
    const when = (...ones: Weighted[]): Weighted[] => (newer ? ones : []);
    const { number, text, truth, list, object, bytes, maybe, any } = {
      number: tie("number"),
      text: tie("text"),
      truth: tie("truth"),
      list: tie("list"),
      object: tie("object"),
      bytes: tie("bytes"),
      maybe: tie("maybe"),
      any: tie("any"),
    };
    const statement = tie("statement");
    const common = (kind: Kind, one: fc.Arbitrary<Expression>): Weighted[] => [
      conditional(truth, one),
      sequence(any, one),
      assignment(kind, ["="], one),
    ];

    /** A member of an object in a variable, with what is done to it; where there is none, a value of the kind. */
    const member = (kind: "number" | "text", make: (name: string) => Text): fc.Arbitrary<Expression> =>
      fc.tuple(index, fc.boolean()).map(([which, bracket]) => (scope) => {
        const name = kind === "number" ? "x" : "t";
        const found = choose(scope, "object", which);
        return found
          ? make(bracket ? `${found.name}["${name}"]` : `${found.name}.${name}`)
          : primary(literal[kind](which));
      });
    /** A member of an instance or a class, called with what is given, if it is a method. */
    const ofInstance = (
      part: Exclude<keyof Members, "derived">,
      from: "instance" | "class",
      given?: fc.Arbitrary<Expression>,
    ): fc.Arbitrary<Expression> =>
      fc
        .tuple(index, index, fc.boolean(), given ?? fc.constant(undefined))
        .map(([which, what, own, value]) => (scope) => {
          const found = choose(scope, from, which);
          const [on, members] =
            own && scope.self && from === "instance" ? ["this", scope.self] : [found?.name, found?.members];
          const names = members?.[part] ?? [];
          if (!on || !names.length) return primary(String(which));
          return {
            text: `${on}.${names[what % names.length]}${value ? `(${asArgument(value(scope))})` : ""}`,
            binds: CALL,
          };
        });

    /** An arrow function of one or two numbers, or a function expression. */
    const makeFunction = (
      result: fc.Arbitrary<Expression>,
      returns: Kind,
      parameters: number,
      kind: Kind = "number",
    ): fc.Arbitrary<Expression> =>
      fc
        .tuple(fc.constantFrom("expression", "block", "function", "named"), result, tie("statements"), fc.boolean())
        .map(([form, value, body, bare]) => (scope) => {
          const arrow = form === "expression" || form === "block";
          const inside = closed(scope, {
            returns,
            hasArguments: !arrow,
            self: arrow && !scope.inExpression ? scope.self : undefined,
            inExpression: arrow && (scope.inExpression || form === "expression"),
          });
          const names = Array.from({ length: parameters }, () => declare(inside, { kind }, "p", 1, ""));
          if (form === "expression") {
            const made = value(inside);
            const head = bare && names.length === 1 ? names[0] : `(${names.join(", ")})`;
            return {
              text: `${head} => ${made.text.startsWith("{") ? `(${made.text})` : asArgument(made)}`,
              binds: ASSIGNMENT,
            };
          }
          const block = ((): string => {
            const before = body.map((one) => one(inside)).join("\n");
            return `{ ${before}\nreturn ${value(inside).text}; }`;
          })();
          if (arrow) return { text: `(${names.join(", ")}) => ${block}`, binds: ASSIGNMENT };
          return {
            text: `function ${form === "named" ? fresh(scope, "own") : ""}(${names.join(", ")}) ${block}`,
            binds: PRIMARY,
          };
        });
    // methods go over a copy: Espruino also visits elements that a callback pushes to the list
    const copied = method(list, "slice");
    const callee = (one: Text): string => (/^[\w$]+$/.test(one.text) ? one.text : `(${one.text})`);

    return {
      number: expression(
        fc.oneof(
          variable("number"),
          numbers.map((raw) => () => primary(raw)),
        ),
        [4, variable("number")],
        [
          3,
          binary(
            [
              ["+", 11],
              ["-", 11],
              ["&", 7],
              ["|", 5],
              ["^", 6],
            ],
            number,
          ),
        ],
        // of numbers from 2^63 on Espruino has other bits
        fc.tuple(number, number).map(([one, other]) => (scope) => ({
          text: `(${within(one(scope), 7)} & 4095) * (${within(other(scope), 7)} & 255)`,
          binds: 12,
        })),
        [
          2,
          binary(
            [
              ["<<", 10],
              [">>", 10],
              [">>>", 10],
            ],
            number,
            fc.nat({ max: 7 }).map((by) => () => primary(String(by))),
          ),
        ],
        // never by zero: which zero it was Espruino does not know
        [
          2,
          binary(
            [
              ["/", 12],
              ["%", 12],
            ],
            number,
            number.map((by) => (scope) => ({ text: `(${within(by(scope), 4)} || 1)`, binds: PRIMARY })),
          ),
        ],
        fc.tuple(fc.constantFrom("-", "+", "~"), number).map(([operator, of]) => (scope) => {
          const one = within(of(scope), UNARY);
          return { text: `${operator}${/^[-+]/.test(one) ? `(${one})` : one}`, binds: UNARY };
        }),
        [
          2,
          fc.tuple(index, fc.constantFrom("++", "--"), fc.boolean()).map(([which, operator, before]) => (scope) => {
            const target = choose(scope, "number", which, true)?.name;
            if (!target) return primary(String(which));
            return before
              ? { text: `${operator}${target}`, binds: UNARY }
              : { text: `${target}${operator}`, binds: 15 };
          }),
        ],
        ...common("number", number),
        assignment("number", ["+=", "-=", "&=", "|=", "^=", "<<=", ">>=", ">>>="], number),
        assignment(
          "number",
          ["*=", "/=", "%="],
          fc.integer({ min: 1, max: 9 }).map((by) => () => primary(String(by))),
        ),
        member("number", (name) => ({ text: name, binds: CALL })),
        fc
          .tuple(member("number", primary), fc.constantFrom("=", "+=", "-="), number)
          .map(([target, operator, value]) => (scope) => {
            const { text: name } = target(scope);
            return /\w/.test(name[0]!) && !/^\d/.test(name)
              ? { text: `${name} ${operator} ${asArgument(value(scope))}`, binds: ASSIGNMENT }
              : value(scope);
          }),
        binary(
          [
            ["||", 3],
            ["&&", 4],
          ],
          number,
        ),
        nullish(maybe, number),
        [
          2,
          fc.tuple(tie("function"), number, number).map(([on, one, other]) => (scope) => ({
            text: `${callee(on(scope))}(${asArgument(one(scope))}, ${asArgument(other(scope))})`,
            binds: CALL,
          })),
        ],
        fc
          .tuple(makeFunction(number, "number", 1), number)
          .map(([on, one]) => (scope) => ({ text: `(${on(scope).text})(${asArgument(one(scope))})`, binds: CALL })),
        [2, ofInstance("fields", "instance")],
        [2, ofInstance("getters", "instance")],
        [3, ofInstance("methods", "instance", number)],
        [2, ofInstance("statics", "class", number)],
        [3, called("out", number)],
        [
          2,
          fc.tuple(fc.nat({ max: 9 }), number).map(([least, given]) => (scope) => {
            const text = asArgument(given(scope));
            return scope.tried
              ? { text: `((v) => { if (v > ${least}) throw new Error("!much"); return v; })(${text})`, binds: CALL }
              : { text, binds: ASSIGNMENT };
          }),
        ],
        fc
          .tuple(list, number)
          .map(([on, at]) => (scope: Scope) => ({
            text: `${within(on(scope), CALL)}[${within(at(scope), 8)} & 1]`,
            binds: CALL,
          }))
          .map((at) => (scope: Scope) => ({ text: `${within(at(scope), 5)} | 0`, binds: 5 })),
        fc.tuple(bytes, number).map(([on, at]) => (scope) => ({
          text: `${within(on(scope), CALL)}[${within(at(scope), 8)} & 1]`,
          binds: CALL,
        })),
        fc
          .tuple(fc.oneof(list, text, bytes))
          .map(([on]) => (scope) => ({ text: `${within(on(scope), CALL)}.length`, binds: CALL })),
        method(text, "indexOf", letter),
        integer(
          method(
            text,
            "charCodeAt",
            fc.constantFrom("0", "1").map((at) => () => primary(at)),
          ),
        ),
        method(list, "indexOf", number),
        method(list, "push", number),
        method(copied, "reduce", makeFunction(number, "number", 2), integer(number)),
        called("Math.floor", number),
        called("Math.ceil", number),
        called("Math.abs", number),
        called("Math.sign", integer(number)),
        called("Math.round", called("Math.abs", number)),
        called("Math.min", number, number),
        called("Math.max", number, number),
        fc.constant((scope: Scope) => (scope.hasArguments ? { text: "arguments.length", binds: CALL } : primary("1"))),
        fc.tuple(number).map(
          ([given]) =>
            (scope) =>
              scope.hasArguments || scope.argumentsAbove
                ? given(scope)
                : {
                    text: `(function () { return arguments[0] + arguments.length; })(${asArgument(given(scope))})`,
                    binds: CALL,
                  },
        ),
        ...when(
          fc
            .tuple(number, fc.nat({ max: 3 }))
            .map(([base, power]) => (scope) => ({ text: `(${within(base(scope), 7)} & 255) ** ${power}`, binds: 13 })),
          assignment("number", ["??=", "||=", "&&="], number),
          fc
            .tuple(fc.oneof(object, maybe))
            .map(([on]) => (scope) => ({ text: `(${on(scope).text})?.x ?? 3`, binds: 2.5 })),
        ),
      ),

      text: expression(
        fc.oneof(
          variable("text"),
          quoted.map((raw) => () => primary(raw)),
        ),
        [3, variable("text")],
        [2, binary([["+", 11]], text)],
        [
          2,
          fc.tuple(text, integer(number)).map(([one, other]) => (scope) => ({
            text: `${within(one(scope), 11)} + (${other(scope).text})`,
            binds: 11,
          })),
        ],
        // a brace within its text ends an expression there
        [
          3,
          fc
            .tuple(templateText, few(fc.tuple(fc.oneof(text, truth, integer(number)), templateText), 2))
            .map(([begin, parts]) => (scope) => {
              const rest = parts.map(([value, after]) => {
                const { text: inside } = value(scope);
                return `\${${/["'`{}\\/]/.test(inside) ? (scope.variables.find(({ kind }) => kind === "text")?.name ?? 1) : inside}}${after}`;
              });
              return primary(`\`${begin}${rest.join("")}\``);
            }),
        ],
        ...common("text", text),
        member("text", (name) => ({ text: name, binds: CALL })),
        binary(
          [
            ["||", 3],
            ["&&", 4],
          ],
          text,
        ),
        method(
          text,
          "slice",
          fc.integer({ min: -3, max: 3 }).map((at) => () => primary(String(at))),
        ),
        method(
          text,
          "substring",
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
          fc.nat({ max: 4 }).map((at) => () => primary(String(at))),
        ),
        method(
          text,
          "substr",
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
          fc.nat({ max: 4 }).map((at) => () => primary(String(at))),
        ),
        method(
          text,
          "charAt",
          fc.nat({ max: 4 }).map((at) => () => primary(String(at))),
        ),
        method(
          text,
          "repeat",
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
        ),
        method(
          text,
          "padStart",
          fc.nat({ max: 6 }).map((at) => () => primary(String(at))),
          fc.constant(() => primary('"0"')),
        ),
        method(text, "toUpperCase"),
        method(text, "toLowerCase"),
        method(text, "trim"),
        method(
          text,
          "replace",
          fc.constantFrom('"a"', '"open"', "/a/", "/[ab]/g").map((what) => () => primary(what)),
          fc.constantFrom('"b"', '""').map((by) => () => primary(by)),
        ),
        method(
          list.map((of) => (scope: Scope) => ({ text: `${within(of(scope), CALL)}.map((v) => v | 0)`, binds: CALL })),
          "join",
          fc.constantFrom('""', '","').map((by) => () => primary(by)),
        ),
        called("String", truth),
        called("String", integer(number)),
        fc.tuple(any).map(([of]) => (scope) => ({ text: `typeof ${within(of(scope), UNARY)}`, binds: UNARY })),
        fc
          .tuple(text, fc.nat({ max: 3 }))
          .map(([of, at]) => (scope) => ({ text: `${within(of(scope), CALL)}[${at}] || ""`, binds: 3 })),
        fc
          .tuple(makeFunction(text, "text", 0))
          .map(([on]) => (scope) => ({ text: `(${on(scope).text})()`, binds: CALL })),
        fc.tuple(object).map(([on]) => (scope) => ({ text: `${within(on(scope), CALL)}.t`, binds: CALL })),
        method(
          fc.constant(() => primary("JSON")),
          "stringify",
          fc.oneof(
            list.map((of) => (scope: Scope) => ({ text: `${within(of(scope), CALL)}.map((v) => v | 0)`, binds: CALL })),
            truth,
          ),
        ),
        method(
          method(
            fc.constant(() => primary("Object")),
            "keys",
            object,
          ),
          "join",
          fc.constant(() => primary('","')),
        ),
      ),

      truth: expression(
        fc.oneof(
          variable("truth"),
          fc.constantFrom("true", "false").map((raw) => () => primary(raw)),
        ),
        [2, variable("truth")],
        [
          3,
          binary(
            [
              ["<", 9],
              [">", 9],
              ["<=", 9],
              [">=", 9],
              ["===", 8],
              ["!==", 8],
              ["==", 8],
              ["!=", 8],
            ],
            number,
          ),
        ],
        [
          3,
          binary(
            [
              ["===", 8],
              ["!==", 8],
              ["==", 8],
              ["!=", 8],
            ],
            text,
          ),
        ],
        [
          2,
          binary(
            [
              ["<", 9],
              [">", 9],
              ["<=", 9],
              [">=", 9],
            ],
            text,
          ),
        ],
        [2, fc.tuple(any).map(([of]) => (scope) => ({ text: `!${within(of(scope), UNARY)}`, binds: UNARY }))],
        [
          2,
          binary(
            [
              ["||", 3],
              ["&&", 4],
            ],
            truth,
          ),
        ],
        ...common("truth", truth),
        fc
          .tuple(maybe, fc.constantFrom("=== undefined", "== null", "!= null", "!== null", "=== null"))
          .map(([one, how]) => (scope) => ({ text: `${within(one(scope), 8)} ${how}`, binds: 8 })),
        fc
          .tuple(fc.constantFrom('"x"', '"z"', '"t"'), object)
          .map(([name, of]) => (scope) => ({ text: `${name} in ${within(of(scope), 10)}`, binds: 9 })),
        fc.tuple(tie("instance"), index).map(([one, which]) => (scope) => {
          const of = choose(scope, "class", which);
          return of ? { text: `${within(one(scope), 9)} instanceof ${of.name}`, binds: 9 } : primary("true");
        }),
        fc
          .tuple(fc.oneof(list, object))
          .map(([one]) => (scope) => ({ text: `${within(one(scope), 9)} instanceof Array`, binds: 9 })),
        fc
          .tuple(patterns, text)
          .map(([pattern, one]) => (scope) => ({ text: `${pattern}.test(${asArgument(one(scope))})`, binds: CALL })),
        method(list, "includes", number),
        method(text, "includes", letter),
        method(text, "startsWith", text),
        method(text, "endsWith", text),
        method(copied, "some", makeFunction(truth, "truth", 1)),
        method(copied, "every", makeFunction(truth, "truth", 1)),
        called("isNaN", number),
        called("isFinite", number),
        called("Array.isArray", any),
        called("Boolean", any),
        fc.tuple(index).map(([which]) => (scope) => {
          const of = choose(scope, "object", which);
          return of ? { text: `(delete ${of.name}.z, true)`, binds: PRIMARY } : primary("true");
        }),
        fc.tuple(index, fc.constantFrom("x", "z")).map(([which, name]) => (scope) => {
          const of = choose(scope, "object", which);
          return of ? { text: `${of.name}.hasOwnProperty("${name}")`, binds: CALL } : primary("true");
        }),
      ),

      list: expression(
        fc.oneof(
          variable("list"),
          few(numbers).map((ones) => () => primary(`[${ones.join(", ")}]`)),
        ),
        [2, variable("list")],
        few(number).map((ones) => (scope) => primary(`[${ones.map((one) => asArgument(one(scope))).join(", ")}]`)),
        ...common("list", list),
        method(copied, "map", makeFunction(number, "number", 1)),
        method(copied, "filter", makeFunction(truth, "truth", 1)),
        method(
          list,
          "slice",
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
        ),
        method(list, "concat", fc.oneof(list, number)),
        method(method(list, "slice"), "reverse"),
        method(
          method(list, "slice"),
          "sort",
          fc
            .constantFrom("(l, r) => l - r", "function (l, r) { return r - l; }")
            .map((by) => () => ({ text: by, binds: ASSIGNMENT })),
        ),
        method(
          list,
          "splice",
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
          fc.nat({ max: 2 }).map((at) => () => primary(String(at))),
        ),
        fc.tuple(number, fc.nat({ max: 3 })).map(([value, size]) => (scope) => ({
          text: `new Array(${size}).fill(${asArgument(value(scope))})`,
          binds: CALL,
        })),
        fc.tuple(text).map(([one]) => (scope) => ({
          text: `${within(one(scope), CALL)}.split("").map((c) => c.charCodeAt(0))`,
          binds: CALL,
        })),
      ),

      object: expression(
        fc.oneof(
          variable("object"),
          fc.tuple(numbers, quoted).map(
            ([x, t]) =>
              () =>
                primary(`{ x: ${x}, t: ${t} }`),
          ),
        ),
        [2, variable("object")],
        fc.tuple(number, text, any).map(
          ([x, t, z]) =>
            (scope) =>
              primary(`{ "x": ${asArgument(x(scope))}, t: ${asArgument(t(scope))}, z: ${asArgument(z(scope))} }`),
        ),
        fc.tuple(number, text).map(([x, t]) => (scope) => {
          // in shorthand: of parameters, which have to be called so
          return { text: `((x, t) => ({ x, t }))(${asArgument(x(scope))}, ${asArgument(t(scope))})`, binds: CALL };
        }),
        fc.tuple(number, text, number).map(([x, t, y]) => (scope) => {
          const inside = closed(scope, {
            returns: "number",
            self: undefined,
            inExpression: false,
            hasArguments: false,
          });
          return primary(
            `{ x: ${asArgument(x(scope))}, ${getters ? `get y() { return ${y(inside).text}; }` : `y: ${asArgument(y(scope))}`}, t: ${asArgument(t(scope))} }`,
          );
        }),
        ...common("object", object),
        fc.tuple(object, number).map(([of, x]) => (scope) => ({
          text: `Object.assign({ z: 1 }, ${asArgument(of(scope))}, { x: ${asArgument(x(scope))} })`,
          binds: CALL,
        })),
        ...when(
          fc.tuple(object, number).map(
            ([of, x]) =>
              (scope) =>
                primary(`{ ...${asArgument(of(scope))}, x: ${asArgument(x(scope))} }`),
          ),
        ),
      ),

      function: expression(
        variable("function"),
        [3, makeFunction(number, "number", 2)],
        conditional(truth, tie("function")),
        fc.tuple(tie("function"), number).map(([on, given]) => (scope) => ({
          text: `${callee(on(scope))}.bind(null, ${asArgument(given(scope))})`,
          binds: CALL,
        })),
      ),

      class: expression(
        variable("class"),
        tie("classBody").map((body) => (scope) => primary(`class ${withoutStatic(body(scope)[0])}`)),
      ),

      instance: expression(
        fc.tuple(index, number).map(([which, given]) => (scope) => {
          const of = choose(scope, "class", which);
          return of ? { text: `new ${of.name}(${asArgument(given(scope))})`, binds: CALL } : primary(`{ x: ${which} }`);
        }),
        variable("instance"),
      ),

      bytes: expression(
        fc.oneof(
          variable("bytes"),
          few(numbers, 4).map((ones) => () => ({ text: `new Uint8Array([1, 2, ${ones.join(", ")}])`, binds: CALL })),
        ),
        fc.tuple(list).map(([of]) => (scope) => ({
          text: `new Uint16Array([3, 4].concat(${asArgument(of(scope))}))`,
          binds: CALL,
        })),
        conditional(truth, bytes),
      ),

      maybe: expression(
        fc.oneof(
          variable("maybe"),
          fc.constantFrom("undefined", "null").map((raw) => () => primary(raw)),
        ),
        number,
        fc.tuple(any).map(([of]) => (scope) => ({ text: `void ${within(of(scope), UNARY)}`, binds: UNARY })),
        conditional(truth, maybe),
        assignment("maybe", ["="], maybe),
        method(copied, "find", makeFunction(truth, "truth", 1)),
        method(list, "pop"),
        method(list, "shift"),
        fc.tuple(object).map(([of]) => (scope) => ({ text: `${within(of(scope), CALL)}.y`, binds: CALL })),
        fc
          .tuple(makeFunction(number, "number", 1))
          .map(([on]) => (scope) => ({ text: `(${on(scope).text})(3)`, binds: CALL })),
        ...when(fc.tuple(maybe).map(([of]) => (scope) => ({ text: `(${of(scope).text})?.y`, binds: CALL }))),
      ),

      any: fc.oneof(
        { depthIdentifier: small, maxDepth: 4 },
        number,
        text,
        truth,
        list,
        object,
        maybe,
        tie("function"),
        bytes,
      ),

      classBody: fc
        .tuple(
          index,
          fc.boolean(),
          fc.boolean(),
          few(number),
          few(
            fc.record({
              form: fc.constantFrom(
                "method",
                "method",
                ...(getters ? ["getter"] : []),
                "setter",
                "static",
                "field",
                ...(getters ? ["static field"] : []),
              ),
              value: number,
              body: tie("statements"),
              which: index,
              plain: numbers,
            }),
            4,
          ),
        )
        .map(([which, extend, construct, fields, own]) => (scope) => {
          const base = extend ? choose(scope, "class", which) : undefined;
          const members: Members = {
            methods: [...(base?.members?.methods ?? [])],
            fields: [...(base?.members?.fields ?? [])],
            getters: [...(base?.members?.getters ?? [])],
            setters: [...(base?.members?.setters ?? [])],
            statics: [],
            derived: base !== undefined,
          };
          const inherited = [...members.methods];
          const inside = (self?: Members): Scope =>
            closed(scope, {
              returns: "number",
              self: self && { ...self, methods: [...self.methods] },
              inExpression: false,
              hasArguments: true,
            });
          const lines: string[] = [];
          if (construct || base?.members?.derived) {
            const scoped = inside(members);
            const parameter = declare(scoped, { kind: "number" }, "p", 1, "");
            const head = base ? [`super(${parameter});`] : [];
            const set = fields.map((value) => {
              const text = asArgument(value(scoped));
              const name = fresh(scope, "v");
              members.fields.push(name);
              scoped.self!.fields.push(name);
              return `this.${name} = ${text};`;
            });
            lines.push(`constructor(${parameter}) { ${[...head, ...set].join(" ")} }`);
          }
          for (const { form, value, body, which: what, plain } of own) {
            const isStatic = form.startsWith("static");
            const kind = form.replace("static ", "");
            if (kind === "field") {
              // TypeScript gives a class without a constructor one that spreads its arguments
              if (!isStatic && base && !construct && !base.members?.derived) continue;
              const name = fresh(scope, "k");
              if (!isStatic) members.fields.push(name);
              lines.push(`${isStatic ? "static " : ""}${name} = ${plain};`);
              continue;
            }
            const over = kind === "method" && inherited.length > 0 && what === 0;
            const scoped = inside(isStatic || over ? undefined : members);
            if (kind === "setter") scoped.returns = "maybe";
            const parameters = kind === "getter" ? "" : declare(scoped, { kind: "number" }, "p", 1, "");
            const code = inBraces(scoped, body, kind === "setter" ? "" : `return ${"\0"};`).replace(
              "\0",
              () => value(scoped).text,
            );
            const name = over ? inherited[0]! : fresh(scope, "m");
            const head = kind === "getter" ? "get " : kind === "setter" ? "set " : "";
            lines.push(`${isStatic ? "static " : ""}${head}${name}(${parameters}) ${code}`);
            if (over) continue;
            if (form === "getter") members.getters.push(name);
            else if (form === "setter") members.setters.push(name);
            else if (form === "static") members.statics.push(name);
            else if (form === "method") members.methods.push(name);
          }
          return [`${base ? `extends ${base.name} ` : ""}{ ${lines.join("\n")} }`, members];
        }),

      block: tie("statements").map((body) => (scope) => inBraces(nested(scope), body)),

      /** In braces, or one statement that declares nothing. */
      body: fc.oneof(
        { depthIdentifier: large, maxDepth: 9, depthSize: "medium" },
        { weight: 2, arbitrary: tie("block") },
        { weight: 1, arbitrary: tie("simple") },
      ),

      /** A loop's, which may be left or begun again. */
      loopBody: fc.tuple(tie("body"), fc.option(fc.tuple(fc.constantFrom("break", "continue"), truth))).map(
        ([body, leave]) =>
          (scope) =>
            leave ? `{ if (${leave[1](scope).text}) ${leave[0]};\n${body(scope)} }` : body(scope),
      ),

      /** What declares nothing. */
      simple: fc.oneof(
        { depthIdentifier: large, maxDepth: 9, depthSize: "medium" },
        {
          weight: 4,
          arbitrary: fc
            .oneof(any, number, text, list)
            .map((value) => (scope: Scope) => `out(${asArgument(value(scope))});`),
        },
        {
          weight: 2,
          arbitrary: fc.tuple(truth, any).map(
            ([asked, value]) =>
              (scope: Scope) =>
                `${first(asked(scope), 4)} && out(${asArgument(value(scope))});`,
          ),
        },
        {
          weight: 2,
          arbitrary: fc
            .oneof(number, text, truth, list, maybe)
            .map((value) => (scope: Scope) => `${first(value(scope))};`),
        },
        {
          weight: 1,
          arbitrary: fc.tuple(templateText, variable("text"), text, any).map(
            ([begin, said, value, told]) =>
              (scope: Scope) =>
                `\`${begin}\${${said(scope).text}}\` === ${within(value(scope), 9)} && out(${asArgument(told(scope))});`,
          ),
        },
        {
          weight: 1,
          arbitrary: fc.tuple(patterns, text, any).map(
            ([pattern, of, told]) =>
              (scope: Scope) =>
                `${pattern}.test(${asArgument(of(scope))}) && out(${asArgument(told(scope))});`,
          ),
        },
        {
          weight: 4,
          arbitrary: fc.tuple(truth, tie("body"), fc.option(tie("body"))).map(
            ([asked, yes, no]) =>
              (scope: Scope) =>
                `if (${asked(scope).text}) ${yes(nested(scope))}${no ? ` else ${no(nested(scope))}` : ""}`,
          ),
        },
        {
          weight: 4,
          arbitrary: fc
            .tuple(
              fc.constantFrom("for", "bare", "comma", "while", "do"),
              fc.integer({ min: 1, max: 3 }),
              truth,
              tie("loopBody"),
              fc.boolean(),
            )
            .map(([form, times, asked, body, ask]) => (scope: Scope) => {
              const inside = nested(scope, { inLoop: true, inSwitch: false });
              const name = fresh(scope, "i");
              inside.variables.push({ name, kind: "number", constant: true, loop: true });
              inside.start = inside.variables.length;
              const and = ask
                ? ` && ${form === "do" ? (choose(inside, "truth", times)?.name ?? "true") : within(asked(inside), 4)}`
                : "";
              if (form === "for") return `for (let ${name} = 0; ${name} < ${times}${and}; ${name}++) ${body(inside)}`;
              if (form === "comma")
                return `for (let ${name} = 0, ${name}e = ${times}; ${name} < ${name}e${and}; ${name} += 1) ${body(inside)}`;
              if (form === "bare")
                return `{ let ${name} = 0; for (;;) { if (${name}++ >= ${times}) break; ${body(inside)} } }`;
              if (form === "while") return `{ let ${name} = ${times}; while (${name}-- > 0${and}) ${body(inside)} }`;
              // its condition is looked at once more after a break
              return `{ let ${name} = ${times}; do { ${name}--; ${body(inside)} } while (${name} > 0${and}); }`;
            }),
        },
        {
          weight: 2,
          arbitrary: fc
            .tuple(
              fc.constantFrom("const", "let", "var", ""),
              fc.oneof(
                list.map((of) => ["number", "of", of] as const),
                text.map((of) => ["text", "of", of] as const),
                bytes.map((of) => ["number", "of", of] as const),
                list.map((of) => ["text", "in", of] as const),
                object.map((of) => ["text", "in", of] as const),
                text.map((of) => ["text", "in", of] as const),
              ),
              tie("loopBody"),
            )
            .map(([keyword, [kind, how, of], body]) => (scope: Scope) => {
              const over = of(scope).text;
              const inside = nested(scope, { inLoop: true, inSwitch: false });
              const name = fresh(scope, "e");
              inside.variables.push({ name, kind, constant: true, loop: true });
              inside.start = inside.variables.length;
              const loop = `for (${keyword}${keyword ? " " : ""}${name} ${how} ${how === "of" ? asArgument({ text: over, binds: over.includes(",") ? 0 : 1 }) : over}) ${body(inside)}`;
              return keyword ? loop : `{ let ${name}; ${loop} }`;
            }),
        },
        {
          weight: 3,
          arbitrary: fc
            .tuple(
              fc.oneof(
                number.map((on) => ["number", on] as const),
                text.map((on) => ["text", on] as const),
              ),
              few(fc.tuple(fc.tuple(numbers, quoted), fc.option(variable("number")), tie("statements"), fc.boolean())),
              fc.option(tie("statements")),
            )
            .map(([[kind, on], cases, otherwise]) => (scope: Scope) => {
              const lines = cases.map(([[asNumber, asText], computed, body, leave]) => {
                const inside = nested(scope, { inSwitch: true });
                const test = kind === "text" ? asText : computed ? asArgument(computed(scope)) : asNumber;
                return `case ${test}: ${inCase(body.map((one) => one(inside)))}${leave ? " break;" : ""}`;
              });
              if (otherwise) {
                const inside = nested(scope, { inSwitch: true });
                lines.push(`default: ${inCase(otherwise.map((one) => one(inside)))}`);
              }
              return `switch (${on(scope).text}) { ${lines.join("\n")} }`;
            }),
        },
        {
          weight: 2,
          arbitrary: fc
            .tuple(
              tie("block"),
              fc.option(fc.tuple(fc.boolean(), tie("statements"))),
              fc.option(fc.tuple(fc.oneof(variable("number"), variable("text")), index)),
              fc.option(fc.tuple(text, fc.constantFrom("Error", "TypeError", ""))),
            )
            .map(([body, caught, last, thrown]) => (scope: Scope) => {
              let code = `try ${body(nested(scope, { tried: true }))}`;
              // it ends in an error, now and then
              if (thrown)
                code = `${code.slice(0, -1)}throw ${thrown[1] ? `new ${thrown[1]}("!" + ${within(thrown[0](scope), 12)})` : asArgument(thrown[0](scope))}; }`;
              if (caught || !last) {
                const inside = nested(scope);
                const [binding, handler] = caught ?? [false, []];
                const name = fresh(scope, "c");
                code += ` catch ${binding ? `(${name}) ` : ""}${inBraces(inside, handler).replace("{", binding ? `{ out(tell(${name}));` : "{")}`;
              }
              if (!last) return code;
              // neither may anything there throw, nor may a function be called that has a try
              const set = choose(scope, "number", last[1], true);
              return `${code} finally { out(${last[0](scope).text}); ${set ? `${set.name}++;` : ""} }`;
            }),
        },
        {
          weight: 2,
          arbitrary: fc
            .tuple(fc.constantFrom("return", "break", "continue", "throw"), truth, fc.boolean(), number)
            .map(([how, asked, always, value]) => (scope: Scope) => {
              const text =
                how === "throw"
                  ? `throw new Error("!" + (${within(value(scope), 5)} | 0));`
                  : how === "return" && scope.inFunction && scope.returns === "number"
                    ? `return ${value(scope).text};`
                    : how === "return" && scope.inFunction && scope.returns === "maybe"
                      ? "return;"
                      : how === "continue" && scope.inLoop
                        ? "continue;"
                        : how === "break" && (scope.inLoop || scope.inSwitch)
                          ? "break;"
                          : ";";
              return text === ";" || (always && how !== "throw") ? text : `if (${asked(scope).text}) ${text}`;
            }),
        },
        // a comparison with a text behind a block that may be left out, which terser cannot compute
        {
          weight: 1,
          arbitrary: fc
            .tuple(number, fc.nat({ max: 9 }), list, fc.constantFrom("if", "else", "catch"), any)
            .map(([asked, least, over, how, told]) => (scope: Scope) => {
              const loop = `{ for (const e of ${asArgument(over(scope))}) out(e); }`;
              const before =
                how === "catch"
                  ? `try { out(${asArgument(asked(scope))}); } catch ${loop}`
                  : `if (out(${asArgument(asked(scope))}) > ${least}) ${how === "if" ? loop : `{ out("much"); } else ${loop}`}`;
              return `{ ${before}\n"number" === typeof out(${least}) && out(${asArgument(told(scope))}); }`;
            }),
        },
        // within an expression the text grows that it has taken already
        {
          weight: 1,
          arbitrary: assignment("text", ["+="], text).map((value) => (scope: Scope) => `${first(value(scope))};`),
        },
        // what it comes to is what the getter says, in Espruino
        {
          weight: 1,
          arbitrary: fc.tuple(index, index, number).map(([which, what, value]) => (scope: Scope) => {
            const found = choose(scope, "instance", which);
            const names = found?.members?.setters ?? [];
            return names.length ? `${found!.name}.${names[what % names.length]} = ${asArgument(value(scope))};` : ";";
          }),
        },
        { weight: 1, arbitrary: fc.constantFrom(";", 'out("\\xe9\\x00\\u00ff");').map((text) => () => text) },
        { weight: 1, arbitrary: tie("block") },
        // what fails in any engine
        {
          weight: 1,
          arbitrary: fc
            .constantFrom(
              ...(getters ? ["undefined.x"] : []),
              "null.x()",
              "(void 0)()",
              "nowhere()",
              "({}).x()",
              "null.x = 1",
            )
            .map(
              (what) => () =>
                `try { ${what.replace("nowhere", "[].nowhere")}; out("went on"); } catch { out("failed"); }`,
            ),
        },
      ),

      statement: fc.oneof(
        { depthIdentifier: large, maxDepth: 9, depthSize: "medium" },
        { weight: 12, arbitrary: tie("simple") },
        ...members.map((kind) => ({
          weight: 1,
          arbitrary: fc
            .tuple(
              fc.constantFrom("let", "let", "const", "var"),
              index,
              tie(kind) as fc.Arbitrary<Expression>,
              fc.option(number),
            )
            .map(([keyword, shadow, value, more]) => (scope: Scope) => {
              const text = asArgument(value(scope));
              const constant = keyword === "const" || kind === "function";
              const other = more ? asArgument(more(scope)) : undefined;
              const name = declare(
                scope,
                { kind, constant },
                kind[0]!,
                keyword === "var" ? 1 : shadow,
                `${text} ${other}`,
              );
              return `${keyword} ${name} = ${text}${other === undefined ? "" : `, ${declare(scope, { kind: "number", constant }, "n", 1, "")} = ${other}`};`;
            }),
        })),
        {
          weight: 1,
          arbitrary: fc.tuple(fc.constantFrom("let", "var"), index).map(
            ([keyword, shadow]) =>
              (scope: Scope) =>
                `${keyword} ${declare(scope, { kind: "maybe" }, "u", keyword === "var" ? 1 : shadow, "")};`,
          ),
        },
        {
          weight: 1,
          arbitrary: fc.tuple(truth, number).map(([asked, value]) => (scope: Scope) => {
            const text = `if (${asked(scope).text}) { var NAME = ${asArgument(value(scope))}; }`;
            return text.replace("NAME", declare(scope, { kind: "maybe" }, "u", 1, ""));
          }),
        },
        {
          weight: 2,
          arbitrary: fc
            .tuple(tie("classBody"), fc.constantFrom("declaration", "expression"), fc.option(number))
            .map(([body, form, made]) => (scope: Scope) => {
              const [text, ofClass] = body(scope);
              const name = fresh(scope, "C");
              scope.variables.push({ name, kind: "class", constant: true, members: ofClass });
              const declared =
                form === "declaration" ? `class ${name} ${text}` : `const ${name} = class ${withoutStatic(text)};`;
              if (!made) return declared;
              const given = asArgument(made(scope));
              const instance = fresh(scope, "q");
              scope.variables.push({ name: instance, kind: "instance", constant: true, members: ofClass });
              return `${declared}\nconst ${instance} = new ${name}(${given});`;
            }),
        },
        {
          weight: 1,
          arbitrary: fc
            .tuple(number, tie("statements"), number, number)
            .map(([value, body, other, third]) => (scope: Scope) => {
              const [name, made, read, called, set] = [
                fresh(scope, "q"),
                fresh(scope, "v"),
                fresh(scope, "m"),
                fresh(scope, "m"),
                fresh(scope, "m"),
              ];
              const inside = (): Scope =>
                closed(scope, { returns: "number", self: undefined, inExpression: false, hasArguments: true });
              const scoped = inside();
              const parameter = declare(scoped, { kind: "number" }, "p", 1, "");
              const text = `const ${name} = { ${made}: ${asArgument(value(scope))}, ${getters ? `get ${read}() { return ${other(inside()).text}; }` : `${read}: ${asArgument(other(scope))}`}, ${called}(${parameter}) ${inBraces(scoped, body, "return \0;").replace("\0", () => third(scoped).text)}, set ${set}(v) { out(v); } };`;
              scope.variables.push({
                name,
                kind: "instance",
                constant: true,
                members: {
                  methods: [called],
                  fields: [made],
                  getters: [read],
                  setters: [set],
                  statics: [],
                  derived: false,
                },
              });
              return text;
            }),
        },
        {
          weight: 2,
          arbitrary: fc.tuple(tie("statements"), number, fc.boolean()).map(([body, value, use]) => (scope: Scope) => {
            const inside = closed(scope, {
              returns: "number",
              self: undefined,
              inExpression: false,
              hasArguments: use,
            });
            const parameters = ["p", "p"].map((prefix) => declare(inside, { kind: "number" }, prefix, 1, ""));
            const code = inBraces(inside, body, "return \0;").replace("\0", () => value(inside).text);
            const name = fresh(scope, "f");
            scope.variables.push({ name, kind: "function", constant: true });
            return `function ${name}(${parameters.join(", ")}) ${code}`;
          }),
        },
      ),
      statements: few(
        statement.map((one) => (scope: Scope) => {
          const text = one(scope);
          scope.begun = true;
          return text;
        }),
      ),
    };
  });
  return fc.array(statements, { minLength: 1, maxLength: 5 }).map((parts) => parts.flat());
}

const outermost = (): Scope => ({
  variables: [],
  inFunction: false,
  returns: "number",
  inLoop: false,
  inSwitch: false,
  inExpression: false,
  tried: false,
  hasArguments: false,
  argumentsAbove: false,
  start: 0,
  begun: false,
  shared: { count: 0 },
});

/** The text of a program: statements that call `out` to tell what they come to, and `tell` for what an error is. */
export const programs = (role: Role): fc.Arbitrary<string> =>
  grammar(role).map((statements) => {
    const scope = outermost();
    const lines = statements.map((one) => one(scope));
    for (const { name, kind, members } of scope.variables) {
      if (kind === "function") lines.push(`out(${name}(1, 2));`);
      else if (kind === "class") lines.push(...members!.statics.map((one) => `out(${name}.${one}(1));`));
      else if (kind === "instance")
        lines.push(
          ...[...members!.fields, ...members!.getters, ...members!.methods.map((one) => `${one}(2)`)].map(
            (one) => `out(${name}.${one});`,
          ),
        );
      else lines.push(`out(${name});`);
    }
    return lines.join("\n");
  });
