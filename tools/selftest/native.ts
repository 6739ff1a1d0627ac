// The project's native code (src/crypto/thumb) on the board's own core, called as src/crypto/thumb/native.ts does.

import { createCipheriv, createHash } from "node:crypto";
import { SIZE } from "../../src/crypto/thumb/native-kept.ts";
import { code as m0 } from "../../src/crypto/thumb/blob-m0.ts";
import { code as m4 } from "../../src/crypto/thumb/blob-m4.ts";
import { upload } from "../flash/index.ts";
import { CurveJob, finish } from "../../src/index.ts";
import { ask, judge, ms, skip, type Bench, type Check, type Outcome } from "./check.ts";
import { files } from "./files.ts";

const blobs = { m0, m4 };

/** Any secret; everybody knows it. */
const secret = Uint8Array.from({ length: 21 }, (_, i) => i);
const key = Uint8Array.from({ length: 16 }, (_, i) => 16 + i);
const counter = [1, 2, 3, 4];

const array = (bytes: ArrayLike<number>): string => `[${Array.from(bytes).join()}]`;

/** On the board: mst(operation, first, second, data) gives result, milliseconds, and what is in the memory where data was. */
const define =
  `(global.mst=(w,f,s,d)=>{let c=E.getAddressOf(require('Storage').read('${files.code}'),true),m=new Uint8Array(${SIZE}),a=E.getAddressOf(m,true),t,r;` +
  "if(!c||!a)return [-1];m.set(f);m.set(s,32);m.set(d,64);t=getTime();r=E.nativeCall(c|1,'int(int,int,int)')(w,a,d.length);return [r,(getTime()-t)*1e3,m.subarray(64,96).join()]},1)";

/** Why no native code is run; undefined: it is. */
function refusal({ board, named }: Bench): string | undefined {
  if (board.thumb === null) return "the board runs none";
  // on another core it would do whatever
  return named ? undefined : "not run: the board is another";
}

async function operate(bench: Bench, call: string, result: ArrayLike<number>): Promise<Outcome> {
  const { console } = bench;
  const reason = refusal(bench);
  if (reason !== undefined) return skip(reason);
  await ask(console, define);
  const [error, took, memory = ""] = (await ask(console, `mst(${call})`)) as [number, number?, string?];
  if (error === -1) return judge("no address: not run", false);
  const right = error === 0 && memory.split(",").slice(0, result.length).join() === Array.from(result).join();
  return judge(right ? `right, ${ms(took)}` : error ? `error ${error}` : "wrong", right);
}

export const nativeChecks: Check[] = [
  {
    name: "native code in Storage",
    why: "it is run there",
    expected: "written",
    run: async (bench) => {
      const reason = refusal(bench);
      if (reason !== undefined) return skip(reason);
      const bytes = Buffer.from(blobs[bench.board.thumb!](), "base64");
      // throws where what is read back is something else
      await upload(bench.console, { name: files.code, bytes }, () => undefined);
      return judge(`${bytes.length} bytes`, true);
    },
  },
  {
    name: "native code: SHA-256",
    why: "messages and handshakes are wrong without it; its time on a chip is only estimated",
    expected: "right",
    run: (bench) => operate(bench, "2,[],[],[97,98,99]", createHash("sha256").update("abc").digest()),
  },
  {
    name: "native code: AES-CTR",
    why: "as above",
    expected: "right",
    run: (bench) =>
      operate(
        bench,
        `4,${array(key)},${array(counter)},${array(new Uint8Array(16))}`,
        createCipheriv("aes-128-ctr", key, Uint8Array.from([...counter, ...new Uint8Array(12)])).update(
          new Uint8Array(16),
        ),
      ),
  },
  {
    name: "native code: public key",
    why: "as above; it takes the most time and stack",
    expected: "right",
    run: (bench) => operate(bench, `0,${array(secret)},[],[]`, finish(new CurveJob(secret))),
  },
];
