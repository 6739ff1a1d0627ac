// The native code of a board (src/crypto/thumb) as the simulator serves it: the host's own core does the operation,
// and the device's clock goes on by what it takes there.

import { createCipheriv } from "node:crypto";
import { _SHA256, sha256 } from "@noble/hashes/sha2.js";
import { ROOM } from "../../src/crypto/thumb/native-kept.ts";
import { fold } from "../../src/crypto/shared/fold.ts";
import { code as m0 } from "../../src/crypto/thumb/blob-m0.ts";
import { code as m4 } from "../../src/crypto/thumb/blob-m4.ts";
import { errorNumber } from "../../src/errors.ts";
import { CurveJob, finish } from "../../src/index.ts";
import type { SimBoard } from "../types.ts";

const blobs = { m0, m4 };

/**
 * Instructions: of the curve's operations; of the others for any data, for each block (64 bytes of SHA-256, 16 of AES)
 * and each byte of AES. Counted under rp2040js and qemu-arm, where test/native compares them. `clocks` of an
 * instruction: of the M0 as rp2040js counts them, of the M4 an estimate (loads 2, taken branches 3, the rest 1).
 */
export const costs = {
  m0: { publicKey: 4921718, shared: 4517914, hash: [3050, 6730], aes: [11840, 4740, 11], clocks: 1.39 },
  m4: { publicKey: 856396, shared: 804444, hash: [2130, 3870], aes: [7910, 3617, 12], clocks: 1.3 },
} as const;

/** What native code is asked for, taken apart: see operation_of in blob.c. `at`: bytes of data that went before, `last`: none follow. */
const parse = (what: number, n: number): { operation: number; last: boolean; at: number } => ({
  operation: what & 7,
  last: n < ROOM,
  at: what >> 3,
});

/** Instructions that a call takes, refused or not, with n bytes of data. */
export function instructions(core: "m0" | "m4", what: number, n: number): number {
  const { operation, last, at } = parse(what, n);
  const cost = costs[core];
  const blocks = last ? (n + 72) >> 6 : n / 64;
  if (operation === 0) return cost.publicKey;
  if (operation === 1) return cost.shared;
  if (operation === 2) return cost.hash[0] + cost.hash[1] * blocks;
  if (operation === 3) return cost.hash[0] + cost.hash[1] * (blocks + (at ? 0 : 1) + (last ? 2 : 0));
  return cost.aes[0] + cost.aes[1] * Math.ceil(n / 16) + cost.aes[2] * n;
}

// what the library has of a hash that can be gone on with
interface Hash {
  get(): number[];
  set(...words: number[]): void;
  length: number;
  update(data: Uint8Array): void;
  digest(): Uint8Array;
}

/** SHA-256 goes on: `state` are its words after `at` bytes. Gives the digest where the data ends. */
function hash(state: Uint8Array, at: number, data: Uint8Array, last: boolean): Uint8Array | undefined {
  const sha = new _SHA256() as unknown as Hash;
  const words = new Int32Array(8);
  const bytes = new Uint8Array(words.buffer);
  bytes.set(state);
  if (at) sha.set(...words);
  sha.length = at;
  sha.update(data);
  if (last) return sha.digest();
  words.set(sha.get());
  state.set(bytes);
  return undefined;
}

/** @param memory 64 bytes, data, of which n bytes are there, and 32 bytes of the operation's own */
function operate(what: number, memory: Uint8Array, n: number): number {
  const { operation, last, at } = parse(what, n);
  const data = memory.subarray(64, 64 + n);
  const head = memory.subarray(0, 64);
  let result = 0;
  if (operation < 2) {
    try {
      memory.set(finish(new CurveJob(memory.slice(0, 21), operation ? memory.slice(32, 53) : undefined)), 64);
    } catch (error) {
      result = errorNumber((error as { code: string }).code);
    }
  } else if (operation < 4) {
    const keyed = operation === 3;
    const pad = (value: number): void =>
      head.forEach((byte, i) => {
        head[i] = byte ^ value;
      });
    if (keyed && !at) pad(0x36);
    let digest = hash(
      memory.subarray(-32),
      keyed && at ? at + 64 : at,
      keyed && !at ? memory.subarray(0, 64 + n) : data,
      last,
    );
    if (digest) {
      memory.set(digest, 64);
      if (keyed) {
        pad(0x36 ^ 0x5c);
        digest = sha256(memory.subarray(0, 96));
        memory.set(digest, 64);
      }
      memory.set(fold(digest.slice(), 16), 96);
      memory.set(fold(digest, 4), 120);
    }
  } else {
    const counter = new Uint8Array(16);
    counter.set(memory.subarray(32, 36));
    new DataView(counter.buffer).setUint32(12, at >> 4);
    data.set(createCipheriv("aes-128-ctr", memory.subarray(0, 16), counter).update(data));
  }
  if (last) head.fill(0);
  return result;
}

/**
 * Serves a call: the memory is changed in place. Returns the operation's result and the microseconds that it takes on
 * the board, parted by a space; for operation -1 whether the bytes are not the native code for the board (0 or 1).
 */
export function serveThumb(board: SimBoard, what: number, memory: Uint8Array, n: number): string {
  const core = board.thumb!;
  if (what < 0) return Buffer.from(memory).toString("base64") === blobs[core]() ? "0" : "1";
  const clocks = instructions(core, what, n) * costs[core].clocks;
  return `${operate(what, memory, n)} ${Math.round(clocks / board.clockMHz!)}`;
}
