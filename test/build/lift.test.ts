import test from "ava";
import { minify } from "../../tools/build/minify.ts";
import { espruino, run } from "./interpreter.ts";

// what the runtime is like: functions that are made when they are needed, and may throw; each is called twice, so that it stays one
const program = `
let fail = (what) => { throw new Error(what); };
let log = [];
let say = (what) => { log.push(what); return what; };
let parts = () => {
  let check = (value) => { if (value > 2) fail("large"); return value; };
  let half = (value) => check(value) / 2;
  let both = (one, other) => { log.push(one + "+" + other); return one + other; };
  class Sum {
    constructor(value) { this.value = check(value); }
    add(value) { this.value += value; return this; }
    text() { return "sum " + this.value; }
  }
  let deep = (value) => both(check(both(value, half(value))), 1);
  let twice = (value) => { for (let i = 0; i < 2; i++) if (both(i, check(value)) > 2) return "much"; return "little"; };
  return {
    order: (value) => both(say("first") && 1, check(value)) + both(say("then") && check(value), say("last") && 0),
    sum: (value) => new Sum(half(value)).add(check(value)).add(half(value)).text(),
    deep,
    twice: (value) => twice(half(value)) + deep(value),
    called: (value) => ((one) => one + both(one, check(one)))(half(value)),
  };
};
let made;
exports.tell = () => {
  log = [];
  let told = [];
  for (let name of ["order", "sum", "deep", "twice", "called"]) for (let value of [0, 1, 2, 3, 5]) {
    made = parts();
    try { told.push(made[name](value)); } catch (error) { told.push(error.message); }
    made = undefined;
  }
  return told.join() + ";" + log.join();
};
exports.once = (name) => {
  log = [];
  made = parts();
  try { made[name](5); } catch (error) {}
  made = undefined;
};
`;

const names = ["tell", "once", "order", "sum", "deep", "twice", "called"];
const built = minify(
  { code: program, maps: [{ version: 3, sources: [], names: [], mappings: "" }] },
  "x.js",
  "runtime",
  names,
);

const before: { tell?: () => string } = {};
new Function("exports", program)(before);

test("arguments that may throw are put into variables, in their order, and all is as before", async (t) => {
  const { code } = await built;
  const after: { tell?: () => string } = {};
  new Function("exports", code)(after);
  t.is(after.tell!(), before.tell!());
  t.true(before.tell!().includes("large"));
  if (espruino) t.is(run(`const exports={};(function(){${code}})();print("@@"+exports.tell())`), before.tell!());
  else t.log("skipped: no espruino-linux");
});

test("what threw leaves nothing in Espruino's memory", async (t) => {
  if (!espruino) {
    t.log("skipped: no espruino-linux");
    t.pass();
    return;
  }
  const { code } = await built;
  const left = (text: string, name: string): number =>
    Number(
      run(`
    const exports={};(function(){${text}})();
    const round=(times)=>{for(let i=0;i<times;i++)exports.once("${name}");return process.memory().usage};
    let first=0;round(1);first=round(1);print("@@"+(round(50)-first))
  `),
    );
  for (const name of ["order", "sum", "deep", "twice", "called"]) {
    // of the measure itself
    t.true(left(code, name) < 10, name);
    // as Espruino has it; should it not be so any more, tools/build/passes/lift.ts may go
    t.true(left(program, name) > 500, name);
  }
});
