import { crc32 } from "../flash/index.ts";
import { ask, count, judge, ms, skip, type Check } from "./check.ts";
import { files } from "./files.ts";

const all = Uint8Array.from({ length: 256 }, (_, i) => i);

export const storageChecks: Check[] = [
  {
    name: "Storage, bytes in all",
    why: "runtime, application and state have to fit",
    expected: ({ board }) => `${count(board.flash)} or more`,
    run: async ({ console, board }) => {
      const bytes = await ask(console, "(s=>s.getStats?s.getStats().totalBytes:-1)(require('Storage'))");
      return bytes === -1 ? skip("the firmware does not tell") : judge(count(bytes), Number(bytes) >= board.flash);
    },
  },
  {
    name: "Storage: write, read back",
    why: "identity and state are kept there; what a write takes is not emulated",
    expected: "256 bytes, the same",
    run: async ({ console }) => {
      const [crc, took] = (await ask(
        console,
        `((s,n)=>{let d='',i,t;s.erase(n);for(i=0;i<256;i++)d+=String.fromCharCode(i);t=getTime();s.write(n,d);t=getTime()-t;return [E.CRC32(s.read(n)),t*1e3]})(require('Storage'),'${files.data}')`,
      )) as number[];
      const same = crc! >>> 0 === crc32(all);
      return judge(same ? `the same, written in ${ms(took)}` : "others", same);
    },
  },
  {
    name: "Storage: a file's address",
    why: "native code runs in place from a file, without memory",
    expected: "an address",
    run: async ({ console, board }) => {
      if (board.thumb === null) return skip("needed for native code only");
      const address = await ask(console, `(d=>E.getAddressOf(d,true))(require('Storage').read('${files.data}'))`);
      return judge(address ? "an address" : "none", !!address);
    },
  },
  {
    name: "Storage: erase",
    why: "an identity must be forgotten when it is to be",
    expected: "gone",
    run: async ({ console }) => {
      const gone = await ask(
        console,
        `(s=>{s.erase('${files.data}');return s.read('${files.data}')===undefined})(require('Storage'))`,
      );
      return judge(gone === true ? "gone" : "still there", gone === true);
    },
  },
  {
    name: "Storage: code from a file",
    why: "the runtime is a module in Storage",
    expected: "42",
    run: async ({ console }) => {
      const value = await ask(
        console,
        `(n=>{require('Storage').write(n,'exports.x=6*7;');return require(n).x})('${files.script}')`,
      );
      return judge(String(value), value === 42);
    },
  },
];
