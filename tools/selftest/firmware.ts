// What the firmware is, and the faults of it that the build and the runtime go round.

import { boardIds } from "../flash/index.ts";
import { ask, judge, skip, type Bench, type Check, type Outcome } from "./check.ts";

/** The release that the emulated boards have, and the oldest that is flashed. */
const EMULATED = "2v29";
const OLDEST = 19;

/** The number behind "2v"; 0 where it is none. */
const minor = (version: string): number => Number(/^2v(\d+)/.exec(version)?.[1] ?? 0);

/** A fault that 2v29 has: later releases may not have it any more. */
const mayBeMended = ({ facts }: Bench): boolean => minor(facts.version) > minor(EMULATED);

const fault =
  (name: string) =>
  (bench: Bench): string =>
    mayBeMended(bench) ? `${name}, or mended` : name;

const judgeFault = (bench: Bench, name: string, there: boolean, mended: boolean): Outcome =>
  judge(there ? name : mended ? "mended" : "neither", there || (mended && mayBeMended(bench)));

export const firmwareChecks: Check[] = [
  {
    name: "process.env.BOARD",
    why: "mote flash takes a board by this name",
    expected: ({ board }) => boardIds(board).join(" or "),
    run: async ({ facts, named }) => judge(facts.board, named),
  },
  {
    name: "process.env.VERSION",
    why: `the emulated boards have ${EMULATED}; before 2v${OLDEST} there are other faults`,
    expected: `2v${OLDEST} or later`,
    run: async ({ facts }) => judge(facts.version, minor(facts.version) >= OLDEST),
  },
  {
    name: "lexer: string after a skipped block",
    why: "the build puts a semicolon there: without it the string is read as empty (2v29)",
    expected: fault("empty"),
    run: async (bench) => {
      const value = await ask(bench.console, `(r=>{let n=0;if(r==1){n=1}"end"===r&&(n=2);return n})("end")`);
      return judgeFault(bench, "empty", value === 0, value === 2);
    },
  },
  {
    name: "AES, mode CTR: the iv",
    why: "the runtime never uses this mode, as the iv is ignored (2v29): all would be encrypted with the same key stream",
    expected: fault("ignored"),
    run: async (bench) => {
      if (!bench.board.firmware.includes("AES")) return skip("the firmware has no AES");
      const encrypt = (iv: string): string => `c.encrypt(k,k,{mode:'CTR',iv:${iv}})`;
      const same = await ask(
        bench.console,
        `((c,k)=>''+new Uint8Array(${encrypt("k")})==''+new Uint8Array(${encrypt("new Uint8Array(16).fill(9)")}))(require('crypto').AES,new Uint8Array(16))`,
      );
      return judgeFault(bench, "ignored", same === true, same === false);
    },
  },
];
