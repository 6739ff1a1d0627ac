/**
 * Native Thumb code of the cipher set (device/native/blob.c), for boards that can call it. It is kept in Storage and run in place,
 * without RAM; where Storage can not be run from, from RAM.
 */
import { code } from "#thumb";
import { fail } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { kept } from "./native-kept.ts";

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
 * Does an operation, on one piece of memory: `first` at 0 or `at`, `second` at 32, `data` at 64, word-aligned. Gives a view:
 *   0  public key (21 bytes): of the secret (21 bytes); data: 21 bytes, no matter which
 *   1  shared secret (20 bytes): secret (21 bytes), the other's key; data: 20 bytes, no matter which
 *   2  SHA-256 of data; at 32 and 48 of its buffer what the digest is folded to, 16 bytes and 4 (fold-thumb.ts)
 *   3  HMAC-SHA256 of data: key (up to 64 bytes); folded as well
 *   4  AES-128-CTR of data: key, first four bytes of the counter
 * Nothing of `first` and `second` is left in the memory. Throws KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE, SECRET_RANGE; MEMORY where none is left in one piece.
 */
export function native(operation: number, first: ArrayLike<number>, second: ArrayLike<number>, data: Uint8Array, at?: number): Uint8Array {
  // asked anew: Espruino moves files when it makes room
  const place = E.getAddressOf(kept.code, true);
  const memory = new Uint8Array(64 + data.length);
  memory.set(first, at);
  memory.set(second, 32);
  memory.set(data, 64);
  const address = E.getAddressOf(memory, true);
  if (!address) fail("MEMORY");
  const error = E.nativeCall(place | 1, "int(int,int,int)", place ? undefined : kept.code)(operation, address, data.length);
  // a number, as the codes of a device are
  if (error) fail(error);
  return operation & 2 ? memory.subarray(0, 32) : memory.subarray(64);
}
