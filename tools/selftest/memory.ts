import { SIZE } from "../../src/crypto/thumb/native-kept.ts";
import { ask, count, judge, skip, type Check } from "./check.ts";

/** Bytes of C stack that native code takes: 632 and what it calls, or 632 and the 256 below that it wipes (gcc -fstack-usage); with what calls it. */
export const NATIVE_STACK = 1024;

/** The same, and what the runtime's own calls take until then (2,408 bytes, Cortex-M4 in QEMU), at a line of the console. */
const STACK = 3500;

export const memoryChecks: Check[] = [
  {
    name: "variables",
    why: "all figures of memory are for so many, of that size",
    expected: ({ board }) => `${count(board.variables)} of ${board.variableBytes} bytes`,
    run: async ({ console, board }) => {
      const [total, size] = (await ask(console, "(m=>[m.total,m.blocksize])(process.memory())")) as number[];
      return judge(`${count(total)} of ${size} bytes`, total === board.variables && size === board.variableBytes);
    },
  },
  {
    name: "variables free after reset()",
    why: "what the firmware keeps for itself, with modules and settings that are loaded at every start, the application cannot have",
    expected: "90 % or more",
    run: async ({ console }) => {
      const [free, total] = (await ask(console, "(m=>[m.free,m.total])(process.memory())")) as [number, number];
      return judge(`${count(free)} (${((free / total) * 100).toFixed(0)} %)`, free >= 0.9 * total);
    },
  },
  {
    name: "C stack free",
    why: "native code and the interpreter's own calls take it; emulated boards may have more of it",
    expected: `${count(STACK)} bytes or more`,
    run: async ({ console }) => {
      const free = (await ask(console, "process.memory().stackFree||0")) as number;
      return free ? judge(`${count(free)} bytes`, free >= STACK) : skip("the firmware does not tell");
    },
  },
  {
    name: `${SIZE} bytes in one piece`,
    why: "native code has its memory there, made when the runtime is loaded",
    expected: "an address",
    run: async ({ console }) => {
      const address = await ask(console, `E.getAddressOf(new Uint8Array(${SIZE}),true)`);
      return judge(address ? "an address" : "none", !!address);
    },
  },
];
