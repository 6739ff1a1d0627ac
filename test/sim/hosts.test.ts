import test from "ava";
import { DeviceError, InterpreterHost, VmHost, findInterpreter, sfc32 } from "../../sim/index.ts";
import type { BootOptions, DeviceHost, Output } from "../../sim/index.ts";
import { board, boot, common, fixture, hosts, logsOf } from "./helpers.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

async function scenario(host: DeviceHost): Promise<Output[]> {
  const options: Partial<BootOptions> = { modules: { pack: fixture("pack") }, globals: { gateway: "abc" } };
  const outputs: Output[] = [];
  try {
    outputs.push(await host.boot(boot(fixture("sensor"), options)));
    outputs.push(await host.run(1000));
    outputs.push(await host.frame(1500, bytes('\x00\x7f\x80\xff"\\')));
    outputs.push(await host.run(2000));
    outputs.push(await host.run(3000));
    outputs.push(await host.boot(boot(fixture("echo"), { storage: { count: bytes("41") }, time: 5000 })));
    outputs.push(await host.frame(5001, bytes("hello")));
    outputs.push(await host.boot(boot(fixture("echo"), { time: 6000 })));
    outputs.push(await host.frame(6001, bytes("again")));
    return outputs.map(common);
  } finally {
    await host.close();
  }
}

test("both hosts give the same output for the same scenario", async (t) => {
  const [first, ...others] = hosts;
  if (first === undefined) return t.fail();
  const expected = await scenario(first.make());
  t.is(expected[1]?.frames.length, 3);
  t.deepEqual(
    expected[1]?.frames.map((f) => f.length),
    [20, 12, 2],
  );
  t.deepEqual(expected[2]?.logs, ['heard 6 "\\u0000\\u007F\\u0080\\u00FF\\"\\\\" 28']);
  t.is(expected[3]?.next, 3000);
  t.deepEqual(expected[6]?.frames, [bytes("olleh")]);
  t.deepEqual(expected[7]?.logs, ["start 42"]);
  t.deepEqual(expected[8]?.logs, ["answered 43"]);
  if (others.length === 0) t.log("skipped: no espruino-linux found, only the vm host ran");
  for (const other of others) t.deepEqual(await scenario(other.make()), expected, other.name);
});

const random = sfc32([1, 2, 3, 4]);
const words = [random() | 0, random() | 0];

// Programs that log the same in both hosts: what the vm host imitates.
const imitated: Record<string, [text: string, logs: string[]]> = {
  "typed array slice is a plain Array": [
    "print(new Uint8Array([1,2,3]).slice(1) instanceof Uint8Array, new Uint8Array([1,2,3]).slice(1))",
    ["false [2,3]"],
  ],
  "set drops what does not fit": ["const a=new Uint8Array(3);a.set([1,2,3,4],1);print(a)", ["[0,1,2]"]],
  "set takes a string": ['const a=new Uint8Array(3);a.set("ab",1);print(a)', ["[0,97,98]"]],
  "a view of length 0 takes the rest": ["print(new Uint8Array(new Uint8Array([1,2,3]).buffer,1,0).length)", ["2"]],
  "no typed array from a string": ['let r=0;try{new Uint8Array("ab")}catch(e){r=1}print(r)', ["1"]],
  "subarray shares memory": [
    "const a=new Uint8Array([1,2,3]);a.subarray(1)[0]=9;print(a,a.subarray(-1),a.subarray(2,1))",
    ["[1,9,3] [3] []"],
  ],
  "prototypes hide their methods": [
    'print(typeof Array.prototype.slice,typeof [].slice,typeof Uint8Array.prototype.set,typeof new Uint8Array(1).set,typeof "".charCodeAt,typeof String.prototype.charCodeAt)',
    ["undefined function undefined function function undefined"],
  ],
  "JSON escapes bytes": [
    'print(JSON.stringify({a:"\\xc3\\xa9\\x01\\x7f\\n",b:undefined,c:new Uint8Array(2),d:[undefined,null]}))',
    ['{"a":"\\u00C3\\u00A9\\u0001\\u007F\\n","c":[0,0],"d":[null,null]}'],
  ],
  "JSON writes numbers": [
    "print(JSON.stringify([0.1+0.2,1/3,1e21,1e-7,-2.5,123456789.123,3000000000,1e15,0.05,100]))",
    ["[0.3,0.33333333333,10e+20,1e-7,-2.5,123456789.12299999594,3000000000,1000000000000000,0.05,100]"],
  ],
  "JSON.parse is lax": [
    "print(JSON.parse('{\"a\":1,\"a\":2}').a,JSON.parse('[1,2,]x'),JSON.parse(\"{'a':0x10}\").a,JSON.parse('{\"a\":-5} tail').a)",
    ["1 [1,2] 16 -5"],
  ],
  "JSON.parse refuses": [
    "let n=0;['{\"a\":12','abc','{a:1}','[1','{\"a\" 1}',''].forEach(function(s){try{JSON.parse(s)}catch(e){n++}});print(n)",
    ["6"],
  ],
  "AES CTR ignores the IV": [
    'const f=function(iv){return require("crypto").AES.encrypt(new Uint8Array(20),new Uint8Array(16),{mode:"CTR",iv:iv})};print(f(new Uint8Array(16)));print(f(new Uint8Array([1,2,3,4])))',
    [
      "[102,233,75,212,239,138,44,59,136,76,250,89,202,52,43,46,88,226,252,206]",
      "[102,233,75,212,239,138,44,59,136,76,250,89,202,52,43,46,88,226,252,206]",
    ],
  ],
  "AES ECB leaves a short block": [
    'print(new Uint8Array(require("crypto").AES.encrypt(new Uint8Array(18),new Uint8Array(16),{mode:"ECB"})).subarray(14))',
    ["[43,46,0,0]"],
  ],
  "AES CBC uses the IV": [
    'print(require("crypto").AES.decrypt(require("crypto").AES.encrypt("0123456789abcdef",new Uint8Array(16),{iv:new Uint8Array([7])}),new Uint8Array(16),{mode:"CBC",iv:new Uint8Array([7])}))',
    ["[48,49,50,51,52,53,54,55,56,57,97,98,99,100,101,102]"],
  ],
  "SHA256": ['print(btoa(require("crypto").SHA256("abc")))', ["ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="]],
  "E.convolve by E.mapInPlace": [
    "const o=new Float64Array(3);E.mapInPlace(new Uint8Array([0,1,2]),o,E.convolve.bind(E,[1,2,3],[1,10,100]));print(o,E.convolve([1,2],[1,2,3],-1))",
    ["[321,213,132] 5"],
  ],
  "E.mapInPlace with bits": [
    "const o=new Uint16Array(4);E.mapInPlace(new Uint8Array([0x12,0x34,0x56,0x78]),o,undefined,12);print(o);E.mapInPlace(new Uint8Array([0x12,0x34,0x56,0x78]),o,undefined,-12);print(o);E.mapInPlace(new Uint8Array([1,2]),o,[7,8,9]);print(o)",
    ["[291,1110,1920,0]", "[1042,1379,120,0]", "[8,9,120,0]"],
  ],
  "E.toString and E.toUint8Array": [
    'print(E.toUint8Array("\\xff",[1,[2]],{data:3,count:2},new Uint16Array([258])),E.toString(65,"b",[67]),E.sum("ab"))',
    ["[255,1,2,3,3,2] AbC 195"],
  ],
  "atob and btoa": ['print(btoa("\\xff\\x00a"),atob("/wBh").length)', ["/wBh 3"]],
  "Storage": [
    'const s=require("Storage");s.write("a","hello");s.write("b",new Uint8Array([1,200]));s.writeJSON("c",{x:1});print(s.read("a",1,2),s.readArrayBuffer("b"),s.readJSON("c").x,s.list(),s.read("d"),s.readJSON("d",true));s.erase("a");print(s.read("a"),s.list());s.write("f","ab",0,4);s.write("f","c",2);print(JSON.stringify(s.read("f")));let r=0;try{s.write("f","z",1)}catch(e){r=1}print(r)',
    ['el [1,200] 1 ["a","b","c"] undefined undefined', 'undefined ["b","c"]', '"abc\\u00FF"', "1"],
  ],
  "E.hwRand and Math.random": ["print(E.hwRand(),E.hwRand(),Math.random()<1)", [`${words.join(" ")} true`]],
};

for (const { name, make } of hosts) {
  test(`imitated natives: ${name}`, async (t) => {
    for (const [what, [text, logs]] of Object.entries(imitated)) t.deepEqual(await logsOf(make(), text), logs, what);
  });

  test(`timers fire by due time, then by age: ${name}`, async (t) => {
    const host = make();
    const out = await host.boot(
      boot(`
      const say = function (x) { console.log(x); };
      setTimeout(say, 20, "c"); setTimeout(say, 10, "a"); setTimeout(say, 10, "b");
      const gone = setTimeout(say, 5, "no"); clearTimeout(gone); clearTimeout(undefined);
      let n = 0;
      const every = setInterval(function () { n++; say("i" + n); if (n === 3) clearInterval(every); }, 8);
      setTimeout(function () { setTimeout(say, 0, "late"); throw new Error("oops"); }, 12);
    `),
    );
    t.is(out.next, 8);
    const first = await host.run(16);
    t.deepEqual(first.logs, ["i1", "a", "b", "Uncaught Error: oops", "i2"]);
    t.is(first.next, 17);
    t.deepEqual((await host.run(100)).logs, ["late", "c", "i3"]);
    t.is((await host.run(200)).next, undefined);
    await host.close();
  });

  test(`getTime runs on within a task: ${name}`, async (t) => {
    const host = make();
    await host.boot(
      boot(
        "setTimeout(function () { let n = 0; const end = getTime() + 0.020; while (getTime() < end) n++; console.log(n); Bluetooth.write('x'); }, 100)",
      ),
    );
    const out = await host.run(100);
    t.deepEqual(out.logs, ["13"]);
    t.deepEqual(out.times, [122]);
    t.is(out.now, 122);
    await host.close();
  });

  test(`promise reactions belong to the command that caused them: ${name}`, async (t) => {
    const host = make();
    await host.boot(
      boot(
        "Bluetooth.on('data', function (d) { let p = Promise.resolve(1); for (let i = 0; i < 5; i++) p = p.then(function (x) { return x * 2; }); p.then(function (x) { Bluetooth.write([x]); }); })",
      ),
    );
    t.deepEqual((await host.frame(1, bytes("?"))).frames, [Uint8Array.of(32)]);
    await host.close();
  });

  test(`a board's crypto has what its firmware has: ${name}`, async (t) => {
    const text = "print(typeof require('crypto').SHA256, require('crypto').AES !== undefined)";
    t.deepEqual(await logsOf(make(), text), ["function true"]);
    t.deepEqual(await logsOf(make(), text, { board: { ...board, firmware: [] } }), ["undefined false"]);
    t.deepEqual(await logsOf(make(), text, { board: { ...board, firmware: ["SHA256"] } }), ["function false"]);
  });

  test(`a bundle that does not start is an error: ${name}`, async (t) => {
    const host = make();
    const error = await t.throwsAsync(host.boot(boot("throw new Error('not today')")), { instanceOf: DeviceError });
    t.is((error as DeviceError | undefined)?.code, "device-boot");
    t.regex(error?.message ?? "", /not today/);
    await t.throwsAsync(host.run(1), { message: /not running/ });
    await host.close();
  });
}

test("built-ins that Espruino lacks are absent in the vm host", async (t) => {
  const absent = [
    "Symbol",
    "Map",
    "Set",
    "WeakMap",
    "BigInt",
    "Proxy",
    "Reflect",
    "TextEncoder",
    "Intl",
    "queueMicrotask",
    "structuredClone",
    "Math.imul",
    "Math.clz32",
    "Math.fround",
    "Math.trunc",
    "Math.hypot",
    "Array.from",
    "Array.of",
    "Uint8Array.from",
    "Number.isInteger",
    "[].flat",
    "[].lastIndexOf",
    "[].reduceRight",
    "[].at",
    "[].keys",
    '"".at',
    '"".codePointAt',
    '"".trimEnd',
    "new Uint8Array(1).copyWithin",
    "Object.is",
    "Object.freeze",
    "Promise.race",
    "Promise.prototype.then",
  ];
  const logs = await logsOf(
    new VmHost(),
    absent
      .map(
        (name) =>
          `print(typeof (typeof ${name.split(".")[0]} === "undefined" ? undefined : ${name}) === "undefined" ? "" : ${JSON.stringify(name)});`,
      )
      .join("\n"),
  );
  t.deepEqual(
    logs,
    absent.map(() => ""),
  );
});

const real = findInterpreter() === undefined ? test.skip : test;

real("the interpreter runs out of a board's variables, and says how near it came", async (t) => {
  const fill = (n: number): string =>
    `setTimeout(function () { let a = []; for (let i = 0; i < ${n}; i++) a.push(1); getTime(); }, 1)`;
  const host = new InterpreterHost();
  t.teardown(() => host.close());
  const start = await host.boot(boot(fill(2000)));
  t.is(start.memory?.variables, 2630);
  const fits = await host.run(1);
  const peak = fits.memory?.peak ?? 0;
  t.true(peak > 2000 && peak < 2630, `peak ${peak}`);
  t.true((fits.memory?.usage ?? 0) < 300);
  t.log(`2,000 elements: peak ${peak}, at rest ${fits.memory?.usage}`);
  // What is left after boot is exact, but for what the simulator takes while the program calls it: one more array of that size does not fit.
  const left = 2630 - (start.memory?.usage ?? 0);
  await host.boot(boot(fill(left - 120)));
  const near = await host.run(1);
  t.falsy(near.memory?.exhausted);
  await host.boot(boot(`setTimeout(function () { print("on"); }, 2); ${fill(left + 1)}`));
  if (start.memory?.exact) {
    // as on a board: what ran is interrupted, and what comes later runs
    const out = await host.run(1);
    t.true(out.memory?.exhausted);
    t.deepEqual(out.logs, ["Uncaught out of memory"]);
    const later = await host.run(2);
    t.falsy(later.memory?.exhausted);
    t.deepEqual(later.logs, ["on"]);
  } else {
    const error = await t.throwsAsync(host.run(1), { instanceOf: DeviceError });
    t.is((error as DeviceError | undefined)?.code, "device-memory");
  }
});

real("a board with more variables than the Linux build starts with", async (t) => {
  const host = new InterpreterHost();
  const out = await host.boot(
    boot("let a = []; for (let i = 0; i < 9000; i++) a.push(i);", { board: { ...board, variables: 12000 } }),
  );
  t.true((out.memory?.peak ?? 0) > 9000);
  await host.close();
});

real("the interpreter's end and its silence are errors", async (t) => {
  const dying = new InterpreterHost();
  await dying.boot(boot("setTimeout(function () { quit(); const f = function () { f(); }; f(); }, 1)"));
  const ended = await t.throwsAsync(dying.run(1), { instanceOf: DeviceError });
  t.is((ended as DeviceError | undefined)?.code, "device-ended");
  await dying.close();
  const hanging = new InterpreterHost({ timeout: 3000 });
  await hanging.boot(boot("setTimeout(function () { while (true); }, 1)"));
  const silent = await t.throwsAsync(hanging.run(1), { instanceOf: DeviceError });
  t.is((silent as DeviceError | undefined)?.code, "device-timeout");
  await hanging.close();
});

if (findInterpreter() === undefined)
  test("without the interpreter its host says so", (t) => {
    t.throws(() => new InterpreterHost(), { instanceOf: DeviceError });
    t.log("skipped: no espruino-linux found");
  });
