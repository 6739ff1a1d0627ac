// The memory that the runtime takes, where it is on the board. It is started without a radio, and with a Storage that has no
// identity, state or seed and takes none: what the board has stays as it is, and is not even read.

import type { Console } from "../flash/index.ts";
import { ask, count, judge, reset, skip, type Check } from "./check.ts";
import { NATIVE_STACK } from "./memory.ts";

/** Any gateway: nothing is sent. */
const GATEWAY = "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji";

/** Milliseconds until the runtime has started. */
const START = 2000;

const shadow = [
  "(global.mst=require('Storage'),1)",
  "(Modules.addCached('Storage',function(){exports.read=(n,o,l)=>n.substr(0,5)=='mote.'&&n!='mote.thumb'?undefined:mst.read(n,o,l);exports.write=()=>true;exports.erase=()=>0}),1)",
];

/** On the board: mstk is the least of the C stack that was free where native code was about to be called; 0 where none was, a text where the firmware does not tell (null is no answer). */
const watch =
  "(global.mstf=global.mstf||E.nativeCall,global.mstk=0,E.nativeCall=(a,s,c)=>{let f=mstf(a,s,c);return (x,y,z)=>{let k=process.memory(false).stackFree||'';if(!mstk||k<mstk)mstk=k;return f(x,y,z)}},1)";

const load = "(global.mstm=require('e3x-mote'),1)";

const create = `(global.mstc=global.mstc||mstm.create({radio:{mtu:20,write:()=>true,on:()=>0},gateway:'${GATEWAY}',random:n=>new Uint8Array(n).map(()=>E.hwRand())}),1)`;

const ABSENT = "no e3x-mote in Storage: run mote flash first";

const isThere = async (console: Console): Promise<boolean> =>
  (await ask(console, "require('Storage').read('e3x-mote',0,1)!==undefined")) === true;

export const runtimeChecks: Check[] = [
  {
    name: "variables free with the runtime",
    why: "messages need a third of the variables beside the application",
    expected: "30 % or more",
    run: async ({ console }) => {
      if (!(await isThere(console))) return skip(ABSENT);
      await reset(console);
      for (const line of shadow) await ask(console, line);
      const free = async (): Promise<number> => (await ask(console, "process.memory().free")) as number;
      const total = (await ask(console, "process.memory().total")) as number;
      await ask(console, load);
      const required = await free();
      await ask(console, create);
      await console.pause(START);
      const created = await free();
      await reset(console);
      return judge(
        `${count(required)} after require, ${count(created)} after create (${((created / total) * 100).toFixed(0)} %)`,
        created >= 0.3 * total,
      );
    },
  },
  {
    name: "C stack free at a native call",
    why: "native code does not look whether there is enough; what is below is the firmware's",
    expected: `${count(NATIVE_STACK)} bytes or more`,
    run: async ({ console, board, named }) => {
      if (board.thumb === null || !named) return skip("no native code is run");
      if (!(await isThere(console))) return skip(ABSENT);
      await reset(console);
      for (const line of [...shadow, watch, load, create]) await ask(console, line);
      await console.pause(START);
      const free = await ask(console, "mstk");
      await reset(console);
      return typeof free === "number"
        ? judge(free ? `${count(free)} bytes` : "no call", free >= NATIVE_STACK)
        : skip("the firmware does not tell");
    },
  },
];
