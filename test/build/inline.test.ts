// What inlineCalls makes of generated programs does what they did: effects in the same order, and the same result.
import test from "ava";
import fc from "fast-check";
import { minify } from "terser";
import ts from "typescript";
import { inlineCalls } from "../../tools/build/passes/inline.ts";
import { uniqueNames } from "../../tools/build/passes/rename.ts";

const parse = (code: string): ts.SourceFile =>
  ts.createSourceFile("code.js", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);

const inlined = (code: string): string => inlineCalls(uniqueNames(code, []).toString(), [], parse).code;

/** What a program logs, and what its function `f` returns; a program reads and writes through `o`, and logs by `t`. */
function run(code: string): string {
  const log: unknown[] = [];
  const t = (value: unknown): unknown => {
    log.push(value);
    if (log.length > 500) throw new Error("too long");
    return value;
  };
  const o = { a: 1, b: 2, c: [3, 4], f: undefined as unknown };
  let result: unknown;
  try {
    result = new Function("t", "o", `${code}\nreturn o.f(1,2);`)(t, o);
  } catch (error) {
    result = `threw ${(error as Error).name}`;
  }
  return JSON.stringify([log, result, o]);
}

/** Generates programs of functions that are called where they stand, of locals that are set, and of effects. */
const program: fc.Arbitrary<string> = fc.array(fc.nat(1000), { minLength: 60, maxLength: 400 }).map((numbers) => {
  let at = 0;
  let names = 0;
  const pick = (n: number): number => numbers[at++ % numbers.length]! % n;
  const one = <T>(...list: T[]): T => list[pick(list.length)]!;
  const expression = (scope: string[], depth: number): string => {
    const name = (): string => one(...scope);
    if (depth <= 0 || at > 300) return one(name(), `${pick(9)}`, "o.a", "void 0");
    const next = (): string => expression(scope, depth - 1);
    switch (pick(13)) {
      case 0:
        return name();
      case 1:
        return `t(${next()})`;
      case 2:
        return `(${next()},${next()})`;
      case 3:
        return `(${next()}&&${next()})`;
      case 4:
        return `(${next()}?${next()}:${next()})`;
      case 5:
        return `(${name()}=${next()})`;
      case 6:
        return `(o.b=${next()})`;
      case 7:
        return `[${next()},${next()}]`;
      case 8:
        return `!${next()}`;
      case 9:
        return `o.${one("a", "b", "c")}`;
      case 10:
        return `(o.a+=1)`;
      default:
        return call(scope, depth - 1);
    }
  };
  const call = (scope: string[], depth: number): string => {
    // the same names again and again: what is inlined must not take one for another
    const parameters = [...new Set(Array.from({ length: pick(4) }, () => one("a", "b", "c", "d")))];
    const inside = [...scope, ...parameters, ...parameters];
    const args = Array.from({ length: Math.max(0, parameters.length + one(0, 0, 0, 1, -1)) }, () =>
      expression(scope, depth - 1),
    ).join();
    const body = pick(3) ? `{${statements(inside, depth, pick(4) > 0)}}` : expression(inside, depth);
    return `((${parameters.join()})=>${body.startsWith("{") ? body : `(${body})`})(${args})`;
  };
  const statements = (scope: string[], depth: number, result: boolean): string => {
    const known = [...scope];
    const list: string[] = [];
    for (let n = pick(3) + (result ? 0 : 1); n > 0; n--) {
      const next = (): string => expression(known, depth);
      switch (pick(9)) {
        case 0:
        case 1: {
          const name = one("a", "b", "e", "g") + names++;
          list.push(`let ${name}=${next()}${pick(2) ? "" : `,${name}x=${next()}`};`);
          known.push(name);
          break;
        }
        case 2:
          list.push(`if(${next()}){${next()};}`);
          break;
        case 3:
          list.push(`for(let i=0;i<2;i++){${next()};}`);
          break;
        case 4:
          list.push(`if(${next()})return ${next()};`);
          break;
        case 5:
          list.push(`${next()},${next()};`);
          break;
        case 6: {
          const name = `k${names++}`;
          list.push(
            `let ${name}=(a,b)=>{${statements([...known, "a", "b"], depth - 1, true)}};${one(`t(${name}(${next()},${next()}));`, `t(${name}(${next()}));t(${name}(1));`)}`,
          );
          break;
        }
        default:
          list.push(`${next()};`);
      }
    }
    if (result) list.push(`return ${expression(known, depth)};`);
    return list.join("");
  };
  return `let m=1,n=2;o.f=(x,y)=>{${statements(["x", "y", "m", "n"], 4, true)}};`;
});

const seeds = process.env["LONG"] ? [1, 2, 3, 4, 5, 6, 7, 8] : [1, 2, 3];

test("what is inlined does what it did: effects in their order, and the result", (t) => {
  let changed = 0;
  for (const seed of seeds) {
    fc.assert(
      fc.property(program, (code) => {
        const after = inlined(code);
        if (after.length < uniqueNames(code, []).toString().length) changed++;
        if (run(code) !== run(after)) throw new Error(`${code}\n became ${after}`);
      }),
      { numRuns: process.env["LONG"] ? 5000 : 400, seed },
    );
  }
  t.true(changed > 100, `${changed} programs changed`);
});

// as the build has it: terser leaves no parentheses and no blanks that are not needed, and makes calls of its own
test("so does what terser made before, and makes of it afterwards", async (t) => {
  const squeeze = async (code: string): Promise<string> =>
    (
      await minify(code, {
        ecma: 2020,
        toplevel: true,
        compress: { passes: 2, inline: 3, reduce_funcs: true },
        mangle: false,
      })
    ).code!;
  let changed = 0;
  for (const seed of seeds) {
    await fc.assert(
      fc.asyncProperty(program, async (code) => {
        const squeezed = await squeeze(code);
        const after = await squeeze(inlined(squeezed));
        if (after.length < squeezed.length) changed++;
        if (run(squeezed) !== run(after)) throw new Error(`${squeezed}\n became ${after}`);
      }),
      { numRuns: process.env["LONG"] ? 2000 : 200, seed },
    );
  }
  t.true(changed > 20, `${changed} programs changed`);
});

const cases: [string, string, RegExp][] = [
  [
    "a call of a function with its own parameters becomes that function",
    "o.f=x=>(y=>{let z=o.a;return y+z})(x)",
    /^o\.f=v\d+=>\{ let/,
  ],
  ["arguments that do something stay in their order", "o.f=x=>((a,b)=>t(a,0,b))(t(1),x)", /t\(\(t\(1\)\),0/],
  [
    "statements come before what uses their result",
    "o.f=(x,y)=>{t(0);let a=t(1),b=(c=>{let d=t(c);return d+1})(y);return a+b}",
    /let v\d+=t\(v\d+\);;let/,
  ],
  [
    "a variable by var that one may not come to stays",
    "o.f=(x,y)=>{if(x>y)var z=x;t(0);t(z);if(x>y)var k=a=>t(a+1);return k?k(x):y}",
    /if\(v\d+>v\d+\)var v\d+=v\d+/,
  ],
  [
    "a function that is called in one place goes there",
    "let k=(a,b)=>{let c=t(a);return c+b};o.f=(x,y)=>{let z=k(x,y);return z}",
    /^o\.f=\S+\{let/,
  ],
];
for (const [title, code, expected] of cases)
  test(title, (t) => {
    const after = inlined(code);
    t.regex(after, expected);
    t.notRegex(after, /=>[^=]*\}\)\(/);
    t.is(run(after), run(code));
  });

test("a variable that may be set meanwhile is not read later instead", (t) => {
  const code = "let m=1,g=()=>{m=t(9)};o.f=x=>(a=>(g(),a))(m)";
  t.is(run(inlined(code)), run(code));
});

test("a keyword and what comes behind it stay apart", (t) => {
  const code = "o.f=x=>{return(y=>{if(y>5)throw y;t(y)})(x),o.b}";
  t.is(run(inlined(code)), run(code));
});
