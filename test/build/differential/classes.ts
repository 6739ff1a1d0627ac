// Programs of classes that extend each other, and what is a variable's at the time: a small grammar of its own, since those of
// grammar.ts seldom have several. Terser makes conditions, sequences and bases of them.
import fc from "fast-check";

interface Scope {
  /** Names of classes that may be extended, and of those that may be set. */
  classes: string[];
  variables: string[];
  inFunction: boolean;
  /** Whether a class that extends another has a constructor: mixed, one would run twice (known-differences.ts). */
  constructors: boolean;
  shared: { count: number };
}

type Part = (scope: Scope) => string;
type Parts = { value: Part; statement: Part };

const nested = (scope: Scope, changes: Partial<Scope> = {}): Scope => ({
  ...scope,
  classes: [...scope.classes],
  ...changes,
});
const choose = (names: string[], which: number): string => names[names.length - 1 - (which % names.length)]!;

const index = fc.nat({ max: 7 });
const methods = ["x", "t", "z"];

/** What a class is, behind its base. */
const body = (scope: Scope, which: number, base?: string): string => {
  const own = scope.shared.count++;
  const constructor =
    base === undefined
      ? `constructor(n) { this.n = n + ${own}; }`
      : scope.constructors
        ? `constructor(n) { super(n + ${own}); this.v = ${own}; }`
        : "";
  const said = base === undefined ? methods : [choose(methods, which)];
  return `{ ${constructor} ${said.map((name) => `${name}() { return ${own}; }`).join(" ")} }`;
};

const made = (which: fc.Arbitrary<Part>): fc.Arbitrary<Part> =>
  fc
    .tuple(index, index, fc.constantFrom("none", "name", "name", "name", "member", "value"), which)
    .map(([of, method, how, value]) => (scope) => {
      const base =
        how === "none"
          ? undefined
          : how === "name"
            ? choose(scope.classes, of)
            : how === "member"
              ? `held.${["x", "t"][of % 2]}`
              : `pick(${value(scope)})`;
      return `class ${base === undefined ? "" : `extends ${base} `}${body(scope, method, base)}`;
    });

const { statement } = fc.letrec<Parts>((tie) => {
  const depth = fc.createDepthIdentifier();
  const name: fc.Arbitrary<Part> = index.map((which) => (scope) => choose(scope.classes, which));
  const value: fc.Arbitrary<Part> = fc.oneof(
    { depthIdentifier: depth, maxDepth: 3, depthSize: "small" },
    { weight: 2, arbitrary: name },
    { weight: 4, arbitrary: made(tie("value")) },
    {
      weight: 2,
      arbitrary: fc.tuple(index, tie("value")).map(
        ([which, one]) =>
          (scope: Scope) =>
            `(${choose(scope.variables, which)} = ${one(scope)})`,
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(tie("value"), tie("value")).map(
        ([one, other]) =>
          (scope: Scope) =>
            `(${one(scope)}, ${other(scope)})`,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("value"), tie("value"), fc.nat({ max: 1 })).map(
        ([one, other, at]) =>
          (scope: Scope) =>
            `[${one(scope)}, ${other(scope)}][${at}]`,
      ),
    },
    { weight: 2, arbitrary: tie("value").map((one) => (scope: Scope) => `pick(${one(scope)})`) },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("value"), index).map(
        ([one, which]) =>
          (scope: Scope) =>
            `{ x: pick(${choose(scope.classes, which)}), t: ${one(scope)} }.t`,
      ),
    },
    { weight: 1, arbitrary: index.map((which) => () => `change(${which % 3})`) },
  );
  const block = fc.array(tie("statement"), { minLength: 1, maxLength: 3 }).map(
    (ones) =>
      (scope: Scope): string =>
        ones.map((one) => one(scope)).join(" "),
  );
  const given = fc.nat({ max: 3 }).map((n) => `given(${n})`);
  return {
    value,
    statement: fc.oneof(
      { depthIdentifier: depth, maxDepth: 4, depthSize: "small" },
      {
        weight: 4,
        arbitrary: fc.tuple(index, value).map(
          ([which, one]) =>
            (scope: Scope) =>
              `${choose(scope.variables, which)} = ${one(scope)};`,
        ),
      },
      {
        weight: 4,
        arbitrary: fc.tuple(fc.constantFrom("const", "let"), value).map(([keyword, one]) => (scope: Scope) => {
          const text = one(scope);
          const own = `K${scope.shared.count++}`;
          scope.classes.push(own);
          return `${keyword} ${own} = ${text};`;
        }),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(index, index).map(([of, method]) => (scope: Scope) => {
          const base = choose(scope.classes, of);
          const own = `D${scope.shared.count++}`;
          const text = body(scope, method, base);
          scope.classes.push(own);
          return `class ${own} extends ${base} ${text}`;
        }),
      },
      { weight: 4, arbitrary: name.map((one) => (scope: Scope) => `see(${one(scope)});`) },
      { weight: 2, arbitrary: value.map((one) => (scope: Scope) => `see(${one(scope)});`) },
      {
        weight: 1,
        arbitrary: fc.tuple(name, name).map(
          ([one, other]) =>
            (scope: Scope) =>
              `out(new ${one(scope)}(2) instanceof ${other(scope)});`,
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.constantFrom("x", "t"), value).map(
          ([member, one]) =>
            (scope: Scope) =>
              `held.${member} = ${one(scope)};`,
        ),
      },
      {
        weight: 3,
        arbitrary: fc.tuple(given, block, fc.option(block)).map(
          ([asked, yes, no]) =>
            (scope: Scope) =>
              `if (${asked}) { ${yes(nested(scope))} }${no ? ` else { ${no(nested(scope))} }` : ""}`,
        ),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(
            fc.constantFrom(
              "for (let i = 0; i < 2; i++)",
              "for (const i of [1, 2])",
              "for (const i in { x: 1, t: 2 })",
            ),
            block,
          )
          .map(
            ([head, inside]) =>
              (scope: Scope) =>
                `${head} { ${inside(nested(scope))} }`,
          ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(name, name, block).map(([one, other, inside]) => (scope: Scope) => {
          const own = `E${scope.shared.count++}`;
          return `for (const ${own} of [${one(scope)}, ${other(scope)}]) { ${inside(nested(scope, { classes: [...scope.classes, own] }))} }`;
        }),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(block, block).map(
          ([inside, handler]) =>
            (scope: Scope) =>
              `try { ${inside(nested(scope))} if (given(1)) throw 1; } catch { ${handler(nested(scope))} }`,
        ),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(given, block, block).map(
          ([on, one, other]) =>
            (scope: Scope) =>
              `switch (${on}) { case true: { ${one(nested(scope))} }\ndefault: { ${other(nested(scope))} } }`,
        ),
      },
      {
        weight: 2,
        arbitrary: fc.tuple(block, given, value, value).map(([inside, asked, one, other]) => (scope: Scope) => {
          const own = `f${scope.shared.count++}`;
          const within = nested(scope, { inFunction: true });
          const text = `const ${own} = () => { ${inside(within)} if (${asked}) { return ${one(within)}; } return ${other(within)}; };`;
          const result = `K${scope.shared.count++}`;
          scope.classes.push(result);
          return `${text} const ${result} = ${own}(); see(${own}());`;
        }),
      },
    ),
  };
});

/** The text of a program: classes that it tells of by making instances. */
export const classPrograms: fc.Arbitrary<string> = fc
  .tuple(fc.array(statement, { minLength: 2, maxLength: 6 }), fc.boolean())
  .map(([statements, constructors]) => {
    const scope: Scope = {
      classes: ["A", "B", "C"],
      variables: ["A", "B", "C"],
      inFunction: false,
      constructors,
      shared: { count: 10 },
    };
    const lines = statements.map((one) => one(scope));
    return [
      "const given = (n) => out(n) > 1, pick = (one) => (out(0), one);",
      "const see = (made) => { const one = new made(5); out([one.n, one.x(), one.t(), one.z()]); return made; };",
      ...["A", "B", "C"].map(
        (name, i) =>
          `let ${name} = class { constructor(n) { this.n = n + ${i}; } x() { return ${i}; } t() { return ${i}; } z() { return ${i}; } };`,
      ),
      "const held = { x: A, t: B }, change = (n) => { if (n > 1) A = B; else { C = n ? A : held.x; } return C; };",
      ...lines,
      "see(A); see(B); see(C); see(held.x); see(held.t);",
    ].join("\n");
  });
