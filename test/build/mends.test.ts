import MagicString from "magic-string";
import test from "ava";
import ts from "typescript";
import { mends } from "../../tools/build/passes/mends/index.ts";
import { minify } from "../../tools/build/minify.ts";
import { espruino, run, runLines } from "./interpreter.ts";

const map = { version: 3, sources: [], names: [], mappings: "" };

const mended = (code: string): string =>
  mends.reduce((text, mend) => {
    const edits = new MagicString(text);
    mend(ts.createSourceFile("x.js", text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS), edits);
    return edits.toString();
  }, code);

/** [what, code of a function of a and b, what it is called with, whether only applications have it]; it is wrong in the interpreter as it stands. */
const broken: [string, string, [unknown, unknown], boolean?][] = [
  ["two if statements", 'let s = 0; if (a) { s = 1 } "open" === b && (s += 2); return s', [0, "open"]],
  ["a template behind an if", "let s = 0; if (a) { s = 1 } `open${1}` === b && (s += 2); return s", [0, "open1"]],
  [
    "a template without an expression behind an if",
    "let s = 0; if (a) { s = 1 } `open` === b && (s += 2); return s",
    [0, "open"],
  ],
  [
    "a regular expression behind an if",
    "let s = 0; if (a) { s = 1 } /open/.test(b) && (s += 2); return s",
    [0, "shut"],
  ],
  [
    "a string behind an else",
    'let s = 0; if (a) { s = 1 } else { s = 4 } "open" === b && (s += 2); return s',
    [1, "open"],
  ],
  [
    "a template behind an else",
    "let s = 0; if (a) { s = 1 } else { s = 4 } `open${1}` === b && (s += 2); return s",
    [1, "open1"],
  ],
  [
    "a string behind an else if",
    'let s = 0; if (a) { s = 1 } else if (b === 5) { s = 4 } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a string behind a catch",
    'let s = 0; try { s = 1 } catch (e) { s = 4 } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a template behind a catch",
    "let s = 0; try { s = 1 } catch { s = 4 } `open${1}` === b && (s += 2); return s",
    [0, "open1"],
  ],
  [
    "a string behind a loop without a body, in an if",
    'let s = 0; if (a) for (s in b); "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a string behind a loop in an if",
    'let s = 0; if (a) for (const c of b) { s += c } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a string first in a case",
    'let s = 0; switch (a) { case 7: s = 1; case 0: "open" === b && (s += 2) } return s',
    [0, "open"],
  ],
  [
    "a string behind an if in a case",
    'let s = 0; switch (a) { case 0: if (a) { s = 1 } "open" === b && (s += 2) } return s',
    [0, "open"],
  ],
  [
    "a string behind an if in a loop",
    'let s = 0; while (a < 3) { a++; if (s > 9) { s = 1 } "open" === b && (s += 2) } return s',
    [0, "open"],
  ],
  [
    "a string behind an if in an arrow function",
    'let s = 0; [1, 2].forEach((c) => { if (a) { s = 1 } "open" === b && (s += c) }); return s',
    [0, "open"],
  ],
  [
    "a line's end in the place of a semicolon",
    'let s = 0; if (a) s = 1\n"open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a regular expression behind the head of an if",
    "let s = 0; if (a < 9) /[/]n/.test(b) || (s += 2); return s",
    [0, "open"],
  ],
  ["a division behind ++", "return a++ / 2 + a / 2", [4, 0]],
  [
    "a division behind this",
    "const o = { v: a, valueOf() { return this.v }, m() { return this / 2 } }; return o.m()",
    [4, 0],
  ],
  ["a division behind an object", "return { valueOf() { return a } } / 2", [4, 0]],
  ["a division behind a member that is called as a keyword", "const o = { in: a }; o.in /= 2; return o.in / 2", [4, 0]],
  [
    "a sum with what its right side sets",
    "let n = a; const f = () => { n = 9; return 1 }; n += f(); n -= n++; return n",
    [4, 0],
  ],
  [
    "a member that its right side sets",
    "const o = { n: a }; const f = () => { o.n = 9; return 1 }; o.n += f(); return o.n",
    [4, 0],
  ],
  [
    "a class in a block with another's name",
    "const s = [a]; { class s { m() { return 1 } } new s() } return s.join()",
    [4, 0],
  ],
  [
    "a var behind its block",
    "if (a > 9) { var n = 1, m = 2 } for (var i = 0; i < 2; i++); for (var k in {}) ; return String(n) + i + k + m",
    [4, 0],
  ],
  [
    "a class that extends what has no name",
    "const s = { A: class { m() { return a } } }; class B extends s.A { } class C extends class extends s.A { } { } return new B().m() + new C().m()",
    [4, 0],
  ],
  [
    "a class declared behind what throws",
    "const f = () => { const n = b(), A = class { m() { return 1 } }; return new A().m() + n }; try { return f() } catch (e) { return 'caught' }",
    [4, 0],
  ],
  [
    "a class that extends what is set before it in an expression",
    "let A = class { m() { return 1 } }, B = class { m() { return 2 } }; const f = () => { if (a) { B = A; B = class extends B { } } }; f(); return new B().m()",
    [4, 0],
  ],
  [
    "a base of this in an arrow function",
    "const o = { A: class { m() { return a } }, m() { const f = (B) => { return class extends this.A { } }; return new (f(b))().m() } }; return o.m()",
    [4, 0],
  ],
  [
    "a class of a base that is set anew",
    "let A = class { constructor() { this.n = a } }; const B = class extends A { }; A = class { constructor() { this.n = 9 } }; class C extends A { } A = 5; return new B().n + new C().n",
    [4, 0],
  ],
  [
    "a class of a base in a loop",
    "const s = []; for (const A of [class { constructor() { this.n = a } }, class { constructor() { this.n = 9 } }]) { class B extends A { } s.push(B) } return new s[0]().n",
    [4, 0],
  ],
  [
    "a new class where it is skipped",
    "const f = (c) => c && new class { constructor(n) { this.n = n } m() { return this.n } }(a).m() + new (class { m() { return 1 } })().m(); return f(b) + f(1)",
    [4, 0],
  ],
  [
    "an object behind what throws in it",
    "let s = 0; const f = () => { throw 3 }; try { s = { x: f(), y: b, z: b }; s = 5 } catch (e) { s = e + a } return s",
    [4, 0],
  ],
  [
    "an object that a function gets that throws",
    "let s = 0; const f = () => { throw 3 }, o = { n: a, m(l) { try { return l.concat({ x: this.n.x(), y: [this.n, b], z: b }) } catch (e) { return l.length + this.n } } }; return o.m([1]) + o.m([])",
    [4, 0],
  ],
  [
    "an object that a native function gets behind what throws",
    "let s = 0; const f = () => { throw 3 }; try { s = Math.max(f(), { x: 1 }.x, () => { return 5 }) } catch (e) { s = e + a } finally { s++ } return s",
    [4, 0],
  ],
  [
    "arguments in an object in what throws",
    "const g = (n) => { if (n > 3) throw n; return n }, f = function () { try { return { x: g(arguments[0]), y: arguments.length, z: b }.y } catch (e) { return arguments[0] + e } }; return f(a, b) + f(2, 1, 2)",
    [4, 0],
  ],
  [
    "a switch of what its first case changes",
    "let n = a, s = 0; switch (n) { case n++: s = 1; break; case 5: s = 2 } return s",
    [4, 0],
  ],
  [
    "a switch of what a getter in its first case changes",
    "let n = a, s = 0; const o = { get x() { return n++ } }; switch (n) { case o.x + 0: s = 1; break; case 5: s = 2 } return s",
    [4, 0],
    true,
  ],
  [
    "what a getter on the right side changes",
    "let n = a; const o = { get x() { n = 1; return 3 } }; n += o.x; n ^= o['x']; return n",
    [4, 0],
    true,
  ],
  [
    "what a setter on the right side changes",
    "let n = a; const o = { set x(v) { n = v } }; n -= (o.x = 2, 2); return n",
    [4, 0],
    true,
  ],
  [
    "a class that an arrow function begins with",
    "const f = () => class { static m() { return a } }.m(); return f()",
    [4, 0],
  ],
  ["a do loop without braces", "let n = 0; do try { n++ } catch { n = 9 } while (n < a); return n", [4, 0]],
  [
    "a getter in a switch without cases",
    "let n = 0; const o = { get x() { n++; return 1 } }; switch (o.x) { } switch (o.x) { default: n += 5 } return n",
    [4, 0],
    true,
  ],
  [
    "a getter in a switch of two cases",
    "let n = 0; const o = { get x() { n++; return 1 } }; switch (o.x) { case 2: case 3: } switch (o['x']) { case 2: case 1: n += 5 } return n",
    [4, 0],
    true,
  ],
  [
    "a getter that a switch of two cases may come to",
    "let n = 0; const o = { get x() { n++; return 1 } }; switch (a ? o.x : o) { case 2: case 1: n += 5 } switch (b || o.x) { case 2: case 3: } return n",
    [4, 0],
    true,
  ],
  [
    "a switch of undefined that its first case changes",
    "let u, s = 0; switch (u) { case u = a: s = 1; break; case undefined: s = 2 } return s",
    [4, 0],
  ],
  [
    "a getter that is only mentioned",
    "let n = 0; const o = { get x() { n++; return 1 } }; o.x; a && o.x; return (o.x, n)",
    [4, 0],
    true,
  ],
  ["delete of what a call gives", "const f = () => b; delete f().x; return JSON.stringify(b)", [4, { x: 1, y: 2 }]],
  [
    "numbers",
    "return [0.6 === 6 / 10, 1e-7 * 1e7 === 1, 9223372036854775808 > 0, 0.30000000000000004 === 0.1 + 0.2, 3.14159e-30 > 0].join()",
    [0, 0],
  ],
  [
    "this in an arrow function that is left out",
    "const o = { v: a, m() { return b && [1].map(() => this.v) } }; return String(o.m())",
    [4, 0],
  ],
  [
    "this before another function in an arrow function",
    "const o = { v: a, m() { const f = (n) => this.v + [1, n].map((v) => v + 1)[1]; return f(1) + [2].map((v) => v + this.v + (() => v)())[0] } }; return String(o.m())",
    [4, 0],
  ],
  [
    "this of a class in an arrow function that is left out",
    "const f = b ? () => { class A { constructor() { this.v = 1 } } return new A().v } : 7; return f",
    [4, 0],
  ],
];

/** The same, of what is right without a mend, so that none is made. */
const right: typeof broken = [
  [
    "a string behind a loop",
    'let s = 0; while (a) { a = 0 } "open" === b && (s += 2); for (;a;) { s++ } "open" === b && (s += 2); return s',
    [1, "open"],
  ],
  [
    "a string behind a loop with an if",
    'let s = 0; for (const c in { a }) if (a) { s = 1 } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a string behind a switch",
    'let s = 0; switch (a) { case 1: s = 1 } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  [
    "a string first behind default",
    'let s = 0; switch (a) { case 1: default: "open" === b && (s += 2) } return s',
    [0, "open"],
  ],
  [
    "a string behind finally",
    'let s = 0; try { s = 1 } catch (e) { s = 5 } finally { s = 3 } "open" === b && (s += 2); return s',
    [0, "open"],
  ],
  ["a string first in else", 'let s = 0; if (a) { s = 1 } else "open" === b && (s += 2); return s', [0, "open"]],
  [
    "a string behind a block and a function",
    'let s = 0; { s = 1 } "open" === b && (s += 2); function f() { return a } "open" === b && (s += f()); return s',
    [1, "open"],
  ],
];

const call = (code: string, given: [unknown, unknown]): string =>
  `(function(a, b) {${code}})(${given.map((value) => JSON.stringify(value)).join()})`;
const inInterpreter = (expression: string): string | undefined =>
  run(`try{print("@@"+${expression})}catch(e){print("@@threw "+e)}`);

for (const [what, code, given, onlyApp] of [...broken, ...right]) {
  test(`mended where it must be: ${what}`, async (t) => {
    const expected = String(new Function("a", "b", code)(...given));
    const source = mended(`x = ${call(code, given)}`).slice("x = ".length);
    t.is(String(new Function(`return ${source}`)()), expected);
    t.is(
      source !== call(code, given),
      broken.some(([name]) => name === what),
      source,
    );
    // an application and the runtime, each once with what it is called with as it is, so that nothing is computed beforehand
    const bundles = await Promise.all(
      (["app", ...(onlyApp ? [] : ["runtime" as const])] as const).map(
        async (role) =>
          (await minify({ code: `exports.f=function(a,b){${code}};`, maps: [map] }, "x.js", role, ["f"])).code,
      ),
    );
    const bundled = bundles.map(
      (text) =>
        `(function(){const exports={};${text};return exports.f(${given.map((value) => JSON.stringify(value)).join()})})()`,
    );
    for (const text of bundled) t.is(String(new Function(`return ${text}`)()), expected);
    if (!espruino) {
      t.log("skipped: no espruino-linux");
      return;
    }
    for (const text of [source, ...bundled]) t.is(inInterpreter(text), expected, text);
    // should this not be so any more, the mend may go
    if (source !== call(code, given)) t.not(inInterpreter(call(code, given)), expected);
  });
}

// statements that end in others, skipped or not, each followed by what begins with a text
const nested: string[][] = [["b+=1;", "{b+=1}", "{b+=1;}"]];
const least: string[] = ["b+=1;"];
for (let depth = 1; depth < 3; depth++) {
  const inner = depth === 1 ? nested[0]! : [...least];
  const next: string[] = [];
  for (const condition of [0, 1])
    for (const one of inner) {
      next.push(`if(${condition})${one}`);
      // an else belongs to the innermost if
      for (const other of ["b+=1;", "{b+=1}", ...inner])
        next.push(`if(${condition}){${one}}else ${other}`, `if(${condition})b+=1;else ${other}`);
    }
  for (const one of inner)
    next.push(
      `for(let i=0;i<1;i++)${one}`,
      `while(0)${one}`,
      `for(let k in {a:1})${one}`,
      `try{${one}}catch(e){${one}}`,
    );
  nested.push(next);
  // each if without else reads a `;` of its own
  least.push(...next.filter((one, i) => i % 3 === 0 || (one.startsWith("if") && !one.includes("else"))));
}
const ends = [...new Set(nested.flat())];
const texts = ['"a"==="a"||(b+=8);', '`a${1}`==="a1"||(b+=8);', '/c/.test("a")||(b+=8);'];

test(`a text behind each of ${ends.length * texts.length} statements that end in others is read`, (t) => {
  if (!espruino) {
    t.log("skipped: no espruino-linux");
    return;
  }
  const programs = ends.flatMap((end) => texts.map((text) => `${end}${text}`));
  const all = (prepare: (code: string) => string): string =>
    `print("@@");\n${programs.map((code, i) => `(function(){let b=0;\n${prepare(code)}\nprint("${i} "+b)})();`).join("\n")}`;
  const expected: string[] = [];
  new Function(
    "print",
    all((code) => code),
  )((line: string) => {
    if (line !== "@@") expected.push(line);
  });
  const wrong = (lines: string[]): string[] => programs.filter((_, i) => lines[i] !== expected[i]);
  t.deepEqual(wrong(runLines(all(mended))), []);
  // should none be wrong without the mends any more, they may go
  t.true(wrong(runLines(all((code) => code))).length > 100);
});

test("a class that extends another, where terser has both in one expression", async (t) => {
  const code = `exports.f = (a) => ((p) => {
    const C = class { };
    class D extends C { constructor(q) { super(q); } }
    const d = new D(0.6);
    return [0].indexOf(0 / (p || 1)) + a;
  })();`;
  const { code: made } = await minify({ code, maps: [map] }, "x.js", "runtime", ["f"]);
  const text = `(function(){const exports={};${made};return exports.f(3)})()`;
  t.is(String(new Function(`return ${text}`)()), "3", made);
  if (espruino) t.is(inInterpreter(text), "3", made);
  else t.log("skipped: no espruino-linux");
});

test("two if statements that terser makes one of are mended in an application", async (t) => {
  const code =
    'exports.f = (a, b, log) => { if (a) { const c = b.length; log.push(c + c) } if (b === "open") log.push(2) };';
  const { code: plain } = await minify({ code, maps: [map] }, "x.js", "app", [], []);
  const { code: made } = await minify({ code, maps: [map] }, "x.js", "app");
  t.regex(plain, /\}"open"===/);
  t.regex(made, /\};"open"===/);
  t.is(made.length, plain.length + 1);
  if (!espruino) {
    t.log("skipped: no espruino-linux");
    return;
  }
  const ran = (text: string): string | undefined =>
    inInterpreter(`(function(){const exports={},log=[0];${text};exports.f(0,"open",log);return log.join()})()`);
  t.is(ran(plain), "0");
  t.is(ran(made), "0,2");
});

test("terser does not add up numbers that are added to a text one by one", async (t) => {
  for (const code of [
    '"a" + (b | 0) + 1',
    "`a${b}` + (b | 0) + (1 | 0)",
    '"a" + -b + (1 + ("c" + b))',
    '("a" + b * 2) + (2 + "c")',
    '"a" + (b - 1) + n',
    '"a" + (b - 1) + one()',
    '"a" + (b - 1) + (b * 2) + "c"',
  ]) {
    const source = `const n = 5, one = () => 1; exports.f = (b) => ${code};`;
    const result = (text: string): unknown => {
      const exports: { f?: (b: number) => string } = {};
      new Function("exports", text)(exports);
      return exports.f!(3);
    };
    for (const role of ["app", "runtime"] as const)
      t.is(result((await minify({ code: source, maps: [map] }, "x.js", role, ["f"])).code), result(source), code);
  }
});
