/** The heap model of the node:vm host, against interpreters whose variables are as large as a board's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { InterpreterHost, Telemetry, VmHost } from "../../sim/index.ts";
import { findFixedInterpreter } from "../../sim/hosts/executables.ts";
import type { MemoryReport, SimBoard } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";

type Host = InterpreterHost | VmHost;

const heap = (variables: number): SimBoard => ({ name: "test", variables, curveStepMs: 1, thumb: null });

/** Programs that keep what they make, in `kept`. */
const programs: Record<string, string> = {
  "numbers": "var kept=[];for(var i=0;i<60;i++)kept.push(i,i*0.5,i*10000,true,null,undefined);",
  "objects": "var kept=[];for(var i=0;i<40;i++)kept.push({a:i,name:i,averylongname:true,x:i/3});",
  "arrays": "var kept=[];for(var i=0;i<40;i++)kept.push([i,i+1,[i]]);",
  "strings of 1 to 60": "var kept=[];for(var i=1;i<=60;i++)kept.push('x'.repeat(i)+i);",
  "texts of arrays":
    "var kept=[];for(var i=1;i<30;i++)kept.push(E.toString(new Uint8Array(i*4)),btoa(new Uint8Array(i)));",
  "typed arrays":
    "var kept=[];for(var i=0;i<30;i++)kept.push(new Uint8Array(i*5),new Uint16Array(3),new Float64Array(i));",
  "views":
    "var kept=[new Uint8Array(100)];for(var i=1;i<60;i++)kept.push(kept[0].subarray(i),new Uint8Array(kept[0].buffer,i,2));",
  "functions":
    "var kept=[];for(var i=0;i<40;i++)kept.push(function(a,long,c){return a+long+c;},()=>1,function(){},x=>{print(x);});",
  "closures":
    "var kept=[];function make(n,o){let count=n;const list=[n];return {add:function(){return ++count;},get:()=>list,none:()=>o};}for(var i=0;i<25;i++)kept.push(make(i,{i:i}));",
  "closures in closures":
    "var kept=[];function make(a){return function(b){let s=a+b;return function(c){return a+b+c+s;};};}for(var i=0;i<30;i++)kept.push(make(i)('text'+i));",
  "blocks":
    "var kept=[];function make(n){for(let i=0;i<n;i++){const twice=i*2;kept.push(()=>twice);}if(n){let m=n;kept.push(()=>m);}}for(var i=1;i<8;i++)make(i);",
  "classes":
    "class A{constructor(x){this.x=x;this.list=[];}add(v){this.list.push(v);return this;}size(){return this.list.length;}static make(x){return new A(x);}}class B extends A{constructor(x){super(x);this.more=x;}size(){return 2;}}var kept=[];for(var i=0;i<20;i++)kept.push(A.make(i).add(i),new B(i));",
  "prototypes":
    "function P(x){this.x=x;}P.prototype.get=function(){return this.x;};P.prototype.two=function(){return 2;};var kept=[];for(var i=0;i<30;i++)kept.push(new P(i));",
  "bound functions":
    "function f(a,b,c){return a+b+c;}var kept=[];for(var i=0;i<40;i++)kept.push(f.bind({i:i},i),f.bind(null,1,2,3,4),Math.max.bind(Math,i));",
  "accessors": "var kept=[];for(var i=0;i<30;i++)kept.push({get a(){return 1;},set a(v){this.v=v;},b:i});",
  "timers and listeners":
    "for(var i=0;i<20;i++){setTimeout(function(a,b){print(a);},1e6+i,i,'x');setInterval(()=>1,1e6);Bluetooth.on('data',function(d){print(d);});}",
  "JSON":
    'var kept=[];for(var i=0;i<20;i++)kept.push(JSON.parse(\'{"a":[1,2,{"b":"text"}],"n":\'+i+\'}\'),JSON.stringify({i:i,list:[i,i,i]}));',
  "what is dropped":
    "var kept=[];for(var i=0;i<30;i++)kept.push({a:[i,i,i],b:'some longer text'+i});kept=kept.filter(o=>o.a[0]%2);for(var i=0;i<3;i++)kept.shift();",
};

/** Variables that a program holds, after garbage has been collected. */
async function held(host: Host, variables: number, bundle: string): Promise<MemoryReport> {
  try {
    await host.boot({ board: heap(variables), bundle, entropy: [1, 2, 3, 4], storage: {} });
    return (await host.collect(0)).memory!;
  } finally {
    await host.close();
  }
}

const skip = (t: ExecutionContext, variables: number): void => {
  t.log(`skipped: no espruino-linux-N found whose variables are those of a heap of ${variables}`);
  t.pass();
};

// 12, 13 and 14 bytes a variable
for (const variables of [1600, 2630, 12000]) {
  test(`what a program holds is what it holds on an exact heap, of ${variables} variables`, async (t) => {
    t.timeout(240_000);
    if (findFixedInterpreter(variables) === undefined) return skip(t, variables);
    const empty = [
      await held(new InterpreterHost(), variables, "1"),
      await held(new VmHost(), variables, "1"),
    ] as const;
    t.true(empty[0].exact);
    t.log(`empty: ${empty[0].usage} exact, ${empty[1].usage} in the model`);
    t.true(Math.abs(empty[0].usage - empty[1].usage) <= 10);
    for (const [name, bundle] of Object.entries(programs)) {
      const exact = (await held(new InterpreterHost(), variables, bundle)).usage - empty[0].usage;
      const model = (await held(new VmHost(), variables, bundle)).usage - empty[1].usage;
      t.log(`${name}: ${exact} exact, ${model} in the model, ${(100 * (model / exact - 1)).toFixed(1)} %`);
      t.true(Math.abs(model - exact) <= exact / 10, name);
    }
  });
}

async function build(board: ReturnType<typeof loadBoard>, app: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mote-heap-"));
  try {
    writeFileSync(join(folder, "app.js"), app);
    return (await measureBoard(board, { app: join(folder, "app.js") })).files["bundle.js"]!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the runtime takes, by what it is about: after garbage has been collected, and at most. */
async function figures(
  host: Host,
  board: ReturnType<typeof loadBoard>,
  bundle: string,
): Promise<Record<string, number>> {
  const s = new Telemetry({
    board,
    bundle,
    host,
    seed: 1,
    messages: [],
    medium: { frameSize: 20, latency: 5, loss: 0, duplication: 0, reordering: 0 },
  });
  const all: Record<string, number> = {};
  let peak = 0;
  const { boot, frame, run } = host;
  const watched =
    <A extends unknown[]>(command: (...args: A) => ReturnType<Host["run"]>) =>
    async (...args: A) => {
      const output = await command.apply(host, args);
      peak = Math.max(peak, output.memory!.peak);
      return output;
    };
  Object.assign(host, { boot: watched(boot), frame: watched(frame), run: watched(run) });
  const note = async (what: string): Promise<void> => {
    all[`${what}, at most`] = peak;
    all[what] = (await host.collect(s.simulator.time)).memory!.usage;
    peak = 0;
  };
  try {
    await s.start();
    await note("created");
    await s.until(() => s.gateway.ups > 0, 60_000);
    await note("linked");
    for (let i = 0; i < 20; i++) {
      await s.say("x".repeat(1 + i * 3));
      await s.until(() => s.gateway.messages.length > i, 5000);
    }
    await note("20 messages back and forth");
    await s.forMs(20_000);
    await note("idle");
    await s.say("y".repeat(600));
    await s.forMs(200);
    await note("600 bytes under way");
    return all;
  } finally {
    await host.close();
  }
}

for (const name of ["puckjs", "banglejs2"]) {
  for (const channels of [false, true]) {
    test(`what the runtime ${channels ? "with channels " : ""}takes of a ${name} is what it takes of an exact heap`, async (t) => {
      t.timeout(240_000);
      const board = loadBoard(name);
      if (findFixedInterpreter(board.variables) === undefined) return skip(t, board.variables);
      const bundle = await build(
        board,
        `${channels ? 'require("e3x-mote/channels");' : ""}
        const config = require("Storage").readJSON("config");
        const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
        mote.on("message", (from, data) => { if (data.length < 100) mote.send(data); });`,
      );
      const exact = await figures(new InterpreterHost(), board, bundle);
      const model = await figures(new VmHost(), board, bundle);
      for (const [what, variables] of Object.entries(exact)) {
        t.log(
          `${what}: ${variables} exact, ${model[what]} in the model, ${(100 * (model[what]! / variables - 1)).toFixed(1)} %`,
        );
        t.true(Math.abs(model[what]! - variables) <= variables / 10, what);
      }
    });
  }
}

/** Programs that leave holes, and log how large an array can be in one piece. */
const holes: Record<string, string> = {
  "every other thing is dropped":
    "var kept=[];for(var i=0;i<60;i++){kept.push(new Uint8Array(100));kept.push({a:i,b:'text'+i});}kept=kept.filter(function(x,i){return i%2;});print(largest());",
  "every fourth thing is dropped":
    "var kept=[];for(var i=0;i<60;i++){kept.push(new Uint8Array(100));kept.push({a:i,b:'text'+i});}print(largest());kept=kept.filter(function(x,i){return i%4;});print(largest());",
  "things are made in deep calls":
    "var kept=[];function deep(n){var u=new Uint8Array(60);if(n)return deep(n-1);for(var i=0;i<10;i++)kept.push({a:i});}deep(15);print(largest());",
  "texts":
    "var kept=[];for(var i=0;i<20;i++){kept.push(E.toString(new Uint8Array(50+i),1));kept.push('x'.repeat(60));}kept=kept.filter(function(x,i){return i%2;});print(largest());",
  "cycles":
    "var kept=[];function make(n){var me={n:n};me.f=function(){return me;};var big=new Uint8Array(50);return n;}for(var i=0;i<30;i++){make(i);kept.push({a:i});}print(largest());",
};
// what does not fit in one piece takes more variables than are there from 9 bytes a variable on
const LARGEST =
  "var largest=function(){var lo=0,hi=process.memory().free*8;while(hi-lo>12){var m=(lo+hi)>>1;if(E.getAddressOf(new Uint8Array(m),true))lo=m;else hi=m;}return lo;};";

test("what is in one piece is so on an exact heap, within 10 % above and 25 % below", async (t) => {
  t.timeout(240_000);
  const variables = 1600;
  if (findFixedInterpreter(variables) === undefined) return skip(t, variables);
  for (const [name, text] of Object.entries(holes)) {
    const logs: number[][] = [];
    for (const host of [new InterpreterHost(), new VmHost()]) {
      logs.push(
        (
          await host.boot({ board: heap(variables), bundle: LARGEST + text, entropy: [1, 2, 3, 4], storage: {} })
        ).logs.map(Number),
      );
      await host.close();
    }
    const [exact, model] = logs as [number[], number[]];
    t.log(`${name}: ${exact.join(", ")} bytes exact, ${model.join(", ")} in the model`);
    t.is(model.length, exact.length);
    exact.forEach((bytes, i) => {
      t.true(model[i]! <= bytes * 1.1 && model[i]! >= bytes * 0.75, name);
    });
  }
});

test("a program that takes more and more is interrupted in node:vm when the memory of a Puck.js is full", async (t) => {
  const board = loadBoard("puckjs");
  const host = new VmHost();
  t.teardown(() => host.close());
  const bundle = `
    var kept = [], ticks = 0;
    var keep = function (n) { try { kept.push({ n: n, text: "a line of some length " + n }); } catch (e) { print("caught"); } };
    setInterval(function () { ticks++; for (var i = 0; i < 10; i++) keep(i); }, 1000);
    setInterval(function () { print("ticks", ticks, process.memory().free > 0); }, 10000);`;
  let output = await host.boot({ board, bundle, entropy: [1, 2, 3, 4], storage: {} });
  let exhausted: number | undefined;
  const logs: string[] = [];
  for (let time = 1000; time <= 60_000; time += 1000) {
    output = await host.run(time);
    logs.push(...output.logs);
    t.true(output.memory!.usage <= board.variables + 50);
    if (output.memory!.exhausted) exhausted ??= time;
  }
  t.true(exhausted! >= 30_000 && exhausted! <= 42_000, `${exhausted}`);
  t.true(logs.includes("ticks 10 true"));
  t.true(logs.includes("Uncaught out of memory"));
  t.false(logs.includes("caught"));
});

test("what does not fit is not there in one piece, and too much at once is the end of a callback", async (t) => {
  const host = new VmHost();
  t.teardown(() => host.close());
  const bundle = `
    print(E.getAddressOf(new Uint8Array(20000), true) > 0, E.getAddressOf(new Uint8Array(100), true) > 0);
    var one = new Uint8Array(15000);
    print(E.getAddressOf(one, true) > 0, E.getAddressOf("a" + process.memory().total + " is no string in one piece", true));
    setTimeout(function () { var two = new Uint8Array(20000); print("not reached"); }, 10);
    setTimeout(function () { print("reached", process.memory().blocksize); }, 20);`;
  const first = await host.boot({ board: loadBoard("puckjs"), bundle, entropy: [1, 2, 3, 4], storage: {} });
  t.deepEqual(first.logs, ["true true", "true 0"]);
  t.falsy(first.memory!.exhausted);
  const second = await host.run(15);
  t.deepEqual(second.logs, ["Uncaught out of memory"]);
  t.true(second.memory!.exhausted);
  const third = await host.run(30);
  t.deepEqual(third.logs, ["reached 13"]);
  t.falsy(third.memory!.exhausted);
});

test("the runtime on too small a board is found out in node:vm", async (t) => {
  const board = loadBoard("puckjs");
  const bundle = await build(
    board,
    `require("e3x-mote/channels");
    require("e3x-mote").create({ radio: Bluetooth, gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" });`,
  );
  for (const [variables, enough] of [
    [1100, false],
    [2630, true],
  ] as const) {
    const host = new VmHost();
    t.teardown(() => host.close());
    // the runtime may see it coming, and refuse to begin
    const started = await host
      .boot({ board: { ...board, variables }, bundle, entropy: [1, 2, 3, 4], storage: {} })
      .then(
        ({ memory }) => !memory!.exhausted,
        () => false,
      );
    t.is(started, enough, `${variables}`);
  }
});

/** Programs that log the same whether they are watched or not. */
const unchanged = [
  "var f=function(){return()=>7};print(f()());",
  "var f=()=>({a:1,get b(){return 2},c(){return 3}});print(f().a,f().b,f().c());",
  "out:for(let i=0;i<3;i++){for(let j=0;j<3;j++){if(j==1)continue out;if(i==2)break out;print(i,j,[1].map(x=>x+i));}}",
  "for(const k in {a:1,b:2})print([k].map(x=>x+k)[0]);for(const v of [1,2])print([v].map(x=>x*v)[0]);for(let i=0;i<2;i++)print([i].map(x=>x+i)[0]);",
  "'use strict';class A{constructor(a){this.a=a;}get twice(){return this.a*2;}static of(a){return new A(a);}}class B extends A{constructor(){super(3);this.b=this.a;}twist(){return ()=>this.b;}}print(A.of(4).twice,new B().twist()(),new B().twice);",
  "var f=function(a,b){if(a>1){let c=a;const d=()=>c;return d()+b;}else{let c=1;return (()=>c)();}};print(f(2,3),f(0));",
  "try{(function(){throw new Error('x');})();}catch(e){print(e.message);}finally{print('end');}",
  "var n=0;var f=function g(k){n++;return k?g(k-1):n;};print(f(5));switch(n){case 6:{let z=1;print((()=>z)());}break;default:print('no');}",
  "var o={f:function(){return this.x;},x:5};print(o.f(),o.f.call({x:6}),o.f.bind({x:7})());print(''+function(a){return a;});",
  "var a=1,b=2;if(a)for(let i=0;i<2;i++)b+=[i].map(x=>x+1)[0];else b=0;print(b);do{a++;}while([a].some(x=>x<3));print(a);",
];

test("a program that is watched does what it does unwatched", async (t) => {
  for (const bundle of unchanged) {
    const logs: string[][] = [];
    for (const memory of [false, true]) {
      const host = new VmHost({ memory });
      logs.push((await host.boot({ board: heap(2630), bundle, entropy: [1, 2, 3, 4], storage: {} })).logs);
      await host.close();
    }
    t.true(logs[0]!.length > 0);
    t.deepEqual(logs[1], logs[0], bundle);
  }
});
