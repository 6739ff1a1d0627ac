/**
 * Native Thumb code of the cipher set (thumb/blob.c), for boards that can call it. It is kept in Storage and run in place,
 * without RAM; where Storage can not be run from, from RAM.
 */
import { fail } from "#platform/engine";
import { code } from "#crypto/blob";
import type { ErrorCode } from "../../errors.ts";
import { ROOM, SIZE, kept } from "./native-kept.ts";

type Operation = (operation: number, address: number, length: number) => ErrorCode | 0;

declare const E: {
  getAddressOf(data: unknown, flat: boolean): number;
  nativeCall(address: number, signature: string, code?: string): Operation;
};
declare function require(name: "Storage"): {
  read(name: string): string | undefined;
  write(name: string, data: string): boolean;
};

const FILE = "mote.thumb";

if (!kept.code) {
  const storage = require("Storage");
  const text = atob(code());
  try {
    // nothing is written where the file is the same
    storage.write(FILE, text);
  } catch (error) {
    // no room; Espruino does not survive what is thrown before a class is defined
  }
  // what is not the same, whatever it is, is never run
  const file = storage.read(FILE);
  kept.code = file === text ? file : text;
}

/**
 * Does an operation, in memory that is kept and in pieces of ROOM bytes: `first` goes to 0 or `at` of it, `second` to 32,
 * data to 64. Gives a view of 32 bytes of that memory, good until the next operation:
 *   0  public key (21 bytes): of the secret (21 bytes)
 *   1  shared secret (20 bytes): secret (21 bytes), the other's key
 *   2  SHA-256 of data; behind it what the digest is folded to, 16 bytes and 4 (fold.ts)
 *   3  HMAC-SHA256 of data: key (up to 64 bytes); folded as well
 *   4  AES-128-CTR of data, in its place, which is given: key, first four bytes of the counter
 * Nothing of `first` and `second` is left in the memory. Throws KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE, SECRET_RANGE; MEMORY
 * where what was kept is gone, and there is no other in one piece.
 */
export function native(
  operation: number,
  first: ArrayLike<number> | 0,
  second: ArrayLike<number> | 0,
  data: Uint8Array,
  at?: number,
): Uint8Array {
  // asked anew: Espruino moves files when it makes room, and memory in E.defrag
  const place = E.getAddressOf(kept.code, true);
  const call = E.nativeCall(place | 1, "int(int,int,int)", place ? undefined : kept.code);
  const memory = kept.memory ?? new Uint8Array(SIZE);
  const address = E.getAddressOf(memory, true);
  const length = data.length;
  let error: ErrorCode | 0;
  let done = 0;
  let n: number;
  let piece: Uint8Array;
  // where Espruino cuts this off, another key must not meet what is left
  kept.memory = undefined;
  if (!address) fail("MEMORY");
  if (first) memory.set(first, at);
  if (second) memory.set(second, 32);
  do {
    n = Math.min(length - done, ROOM);
    // no view where there is one piece, as of most packets: that would take longer than the native code
    piece = n < length ? data.subarray(done, done + n) : data;
    memory.set(piece, 64);
    error = call(operation + done * 8, address, n);
    if (operation & 4) piece.set(memory.subarray(64, 64 + n));
    // a full piece is followed by another, if it is of nothing
    done += ROOM;
  } while (done <= length);
  kept.memory = memory;
  // a number, as the codes of a device are
  if (error) fail(error);
  return operation & 4 ? data : memory.subarray(64, 96);
}
