import { createCipheriv, createHash } from "node:crypto";
import { crc32 } from "../flash/index.ts";
import { ask, judge, reset, skip, type Bench, type Check } from "./check.ts";

/** A module of the firmware, or nothing. */
const crypto = "(()=>{try{return require('crypto')}catch(e){return {}}})()";

const numbers = "(a=>{for(let i=0;i<8;i++)a.push(E.hwRand());return a})([])";

async function draw({ console }: Bench): Promise<number[]> {
  return (await ask(console, numbers)) as number[];
}

const different = (values: number[]): boolean => new Set(values).size === values.length;

const named = (has: readonly string[]): string => has.filter(Boolean).join(", ") || "neither SHA256 nor AES";

export const cryptoChecks: Check[] = [
  {
    name: 'require("crypto")',
    why: "a build without native code relies on it",
    expected: ({ board }) => named(board.firmware),
    run: async ({ console, board }) => {
      const has = (await ask(
        console,
        `(c=>[c.SHA256?'SHA256':'',c.AES&&c.AES.encrypt?'AES':''])(${crypto})`,
      )) as string[];
      return judge(named(has), named(board.firmware) === named(has));
    },
  },
  {
    name: "SHA-256 and AES-ECB of the firmware",
    why: "one wrong bit, and no gateway understands the board",
    expected: "right",
    run: async ({ console, board: { firmware } }) => {
      if (!firmware.includes("SHA256")) return skip("the firmware has neither");
      const hash = await ask(console, "''+new Uint8Array(require('crypto').SHA256('abc'))");
      const wrong = hash === String(Uint8Array.from(createHash("sha256").update("abc").digest())) ? [] : ["SHA-256"];
      if (firmware.includes("AES")) {
        const block = await ask(
          console,
          "(k=>''+new Uint8Array(require('crypto').AES.encrypt(k,k,{mode:'ECB'})))(new Uint8Array(16).fill(1))",
        );
        const ones = new Uint8Array(16).fill(1);
        if (block !== String(Uint8Array.from(createCipheriv("aes-128-ecb", ones, null).update(ones))))
          wrong.push("AES-ECB");
      }
      return judge(wrong.length ? `wrong: ${wrong.join(", ")}` : "right", !wrong.length);
    },
  },
  {
    name: "E.hwRand",
    why: "keys are made of it where it is hardware; the fingerprint must be another after each start there",
    expected: "8 different",
    run: async (bench) => {
      const values = await draw(bench);
      // what is drawn is used for nothing, and yet not told
      const fingerprint = crc32(Buffer.from(String(values)))
        .toString(16)
        .padStart(8, "0");
      return judge(different(values) ? `8 different, fingerprint ${fingerprint}` : "some are equal", different(values));
    },
  },
  {
    name: "E.hwRand after reset()",
    why: "a generator that starts again makes the same keys again",
    expected: "others",
    run: async (bench) => {
      if (!bench.board.entropy.hardware) return skip("not hardware: keys come from the seed of mote flash");
      const before = await draw(bench);
      await reset(bench.console);
      const all = [...before, ...(await draw(bench))];
      return judge(different(all) ? "others" : "the same", different(all));
    },
  },
];
