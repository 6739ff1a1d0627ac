/**
 * How many instructions does the device bundle take in the real interpreter? Counted by callgrind on Espruino's Linux
 * build as it comes: the same number for the same bundle, whatever else the machine does. On a Cortex-M4 it is about
 * 0.43 of that.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreEntry, loadBoard, measureBoard } from "../tools/build/index.ts";
import { findInterpreter } from "../sim/index.ts";

/** Instructions of one operation. */
export interface Count {
  what: string;
  instructions: number;
}

const setUp = `
var M = require("e3x-mote"), n = 1;
function random(l) { var b = new Uint8Array(l); for (var i = 0; i < l; i++) b[i] = n = (n * 75 + 74) % 65537; return b; }
function finish(j) { while (j.step()); return j.result; }
`;
// key pairs of the vectors, and secrets out of the air: setting up takes no curve work
const pairs = `
function hex(t) { var b = new Uint8Array(t.length / 2); for (var i = 0; i < b.length; i++) b[i] = parseInt(t.substr(2 * i, 2), 16); return b; }
var a = { key: hex("027b23e35cf32c05b3e659a13246e00bd021e56265"), secret: hex("25bc25a2e760c84aa16babc82db2689e85649eb0"), random: random };
var b = { key: hex("0350649d6b2d70b9cb36d19ad7beab9cc315f6fa12"), secret: hex("2a955d65d5506b966500c6f8accd036738ebf269"), random: random };
`;
const exchange = (length: number): string => `
var x = new M.MessageExchange(a, b.key, 0, 0), y = new M.MessageExchange(b, a.key, 0, 0), s = random(20), t = random(20);
x.done(s); x.job(); x.done(a.key); x.done(t); y.done(s);
var p = random(${length}), o = x.encrypt(p), d = M.messageBody(o);
y.meet(d, t);
if (!y.sent(d) || y.open(d).join() != p.join()) throw "the message does not open";
`;
// the other's answer to a handshake. Its KEY is its public key, so that the one secret that it takes is known.
const answer = `
var s = hex("53bb8e6370ab24a5e03bc5a6c316cb18926e2097"), y = new M.MessageExchange(b, a.key, 0, 0);
y.done(s); y.job(); y.done(b.key); y.done(s);
var d = M.messageBody(y.handshake(new M.MessageExchange(a, b.key, 0, 0).order ? 1 : 2));
`;
const connect = `
var x = new M.MessageExchange(a, b.key, 0, 0);
while (x.stage() < 3) x.done(finish(x.job()));
x.handshake(0);
if (!x.sent(d)) throw "another sent it";
x.meet(d, finish(new M.CurveJob(a.secret, b.key)));
x.accept(M.decode(x.open(d)), b.key);
if (x.in != x.out) throw "not in sync";
`;
const chunks = `var p = random(1400), f = M.split(p, 20), j = new M.Joiner(1500);`;

interface Measure {
  what: string;
  prepare: string;
  run: string;
  times: number;
}

const measures: Measure[] = [
  { what: "key generation", prepare: "", run: "finish(new M.CurveJob(a.secret))", times: 1 },
  {
    what: "ECDH, with the check of the other key",
    prepare: "",
    run: "finish(new M.CurveJob(a.secret, b.key))",
    times: 1,
  },
  { what: "a handshake, from connect to up: key, 3 ECDH, send, receive", prepare: answer, run: connect, times: 1 },
  ...[16, 200].flatMap((length) => [
    {
      what: `message of ${length} bytes: encrypt, keys ready`,
      prepare: exchange(length),
      run: "x.encrypt(p)",
      times: 10,
    },
    {
      what: `message of ${length} bytes: verify and decrypt, KEY met before`,
      prepare: exchange(length),
      run: "y.sent(d);y.open(d)",
      times: 10,
    },
  ]),
  { what: "chunks: split 1,400 bytes into frames of 20", prepare: chunks, run: "M.split(p, 20)", times: 2 },
  {
    what: "chunks: join them",
    prepare: chunks,
    run: "f.forEach(function (e) { j.add(e, function () {}); })",
    times: 2,
  },
];

function count(interpreter: string, script: string): number {
  const folder = mkdtempSync(join(tmpdir(), "mote-bench-"));
  try {
    const file = join(folder, "bench.js");
    writeFileSync(file, script);
    const run = spawnSync("valgrind", ["--tool=callgrind", "--callgrind-out-file=/dev/null", interpreter, file], {
      encoding: "utf8",
    });
    const found = /Collected : (\d+)/.exec(run.stderr ?? "");
    if (!found || run.stdout.includes("Uncaught"))
      throw new Error(`the interpreter failed under callgrind: ${run.stdout}${run.stderr}`);
    return Number(found[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Counts, or why there are none. */
export async function benchDevice(progress: (what: string) => void): Promise<Count[] | string> {
  const interpreter = findInterpreter();
  if (!interpreter) return "no interpreter: set ESPRUINO_LINUX or put espruino-linux on PATH";
  if (spawnSync("valgrind", ["--version"]).error) return "no valgrind on PATH";
  const { files } = await measureBoard(loadBoard("linux"), { entry: coreEntry });
  const head = `Modules.addCached("e3x-mote",function(){${files["e3x-mote.js"]}});\n${setUp}${pairs}`;
  return measures.map(({ what, prepare, run, times }) => {
    progress(what);
    const once = `${head}${prepare}`;
    const before = count(interpreter, once);
    const after = count(interpreter, `${once}for (var i = 0; i < ${times}; i++) { ${run}; }`);
    return { what, instructions: Math.round((after - before) / times) };
  });
}
