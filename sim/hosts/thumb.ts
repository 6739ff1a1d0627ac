// The native code of a board (src/device/native) as the simulator serves it: the host's own core does the operation,
// and the device's clock goes on by what it takes there.

import { createCipheriv, createHash, createHmac } from "node:crypto";
import { fold } from "../../src/cipher/fold.ts";
import { code as m0 } from "../../src/device/native/blob-m0.ts";
import { code as m4 } from "../../src/device/native/blob-m4.ts";
import { errorNumber } from "../../src/errors-texts.ts";
import { CurveJob, finish } from "../../src/index.ts";
import type { SimBoard } from "../types.ts";

const blobs = { m0, m4 };

/**
 * Instructions: of the curve's operations; of the others for any data, for each block (64 bytes of SHA-256, 16 of AES)
 * and each byte of AES. Counted under rp2040js and qemu-arm, where test/native compares them. `clocks` of an
 * instruction: of the M0 as rp2040js counts them, of the M4 an estimate (loads 2, taken branches 3, the rest 1).
 */
export const costs = {
  m0: { publicKey: 4922287, shared: 4518476, hash: [3400, 6445], hmac: [3870, 6445], aes: [14260, 4970, 16], clocks: 1.39 },
  m4: { publicKey: 849208, shared: 797293, hash: [2010, 3794], hmac: [2430, 3794], aes: [8770, 3566, 11], clocks: 1.3 },
} as const;

/** Instructions that an operation takes, refused or not, with n bytes of data. */
export function instructions(core: "m0" | "m4", operation: number, n: number): number {
  const cost = costs[core];
  const blocks = (n + 72) >> 6;
  if (operation === 0) return cost.publicKey;
  if (operation === 1) return cost.shared;
  if (operation === 2) return cost.hash[0] + cost.hash[1] * blocks;
  if (operation === 3) return cost.hmac[0] + cost.hmac[1] * (blocks + 3);
  return cost.aes[0] + cost.aes[1] * Math.ceil(n / 16) + cost.aes[2] * n;
}

function operate(operation: number, memory: Uint8Array): number {
  const data = memory.subarray(64);
  if (operation < 2) {
    try {
      const key = operation ? memory.slice(32, 53) : undefined;
      data.set(finish(new CurveJob(memory.slice(0, 21), key)));
    } catch (error) {
      return errorNumber((error as { code: string }).code);
    } finally {
      memory.fill(0, 0, 64);
    }
  } else if (operation < 4) {
    const hash = operation === 2 ? createHash("sha256") : createHmac("sha256", memory.subarray(0, 64));
    const digest = hash.update(data).digest();
    memory.fill(0, 0, 64);
    memory.set(digest);
    memory.set(fold(Uint8Array.from(digest), 16), 32);
    memory.set(fold(Uint8Array.from(digest), 4), 48);
  } else {
    const counter = new Uint8Array(16);
    counter.set(memory.subarray(32, 36));
    data.set(createCipheriv("aes-128-ctr", memory.subarray(0, 16), counter).update(data));
    memory.fill(0, 0, 64);
  }
  return 0;
}

/**
 * Serves a call: the memory is changed in place. Returns the operation's result and the microseconds that it takes on
 * the board, parted by a space; for operation -1 whether the bytes are not the native code for the board (0 or 1).
 */
export function serveThumb(board: SimBoard, operation: number, memory: Uint8Array): string {
  const core = board.thumb!;
  if (operation < 0) return Buffer.from(memory).toString("base64") === blobs[core]() ? "0" : "1";
  const clocks = instructions(core, operation, memory.length - 64) * costs[core].clocks;
  return `${operate(operation, memory)} ${Math.round(clocks / board.clockMHz!)}`;
}
