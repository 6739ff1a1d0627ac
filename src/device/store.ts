/**
 * What a board keeps in its Storage: identity and state. Each file ends with a check value, for this is what
 * Storage.write does (Espruino 2v29, src/jsflash.c: jsfWriteFile), in this order:
 *   1. nothing, where the file has this very content already
 *   2. the old file is marked as erased: the first word of its name becomes zero, its bytes stay until a compaction
 *   3. the header is written behind the last file: the size, then the name (32 bytes)
 *   4. the content is written, in words (pages of an SPI flash)
 * So the old file is gone before the new one is there, and a power cut in 4 leaves a file of the right length that ends
 * in bytes of 0xff. Whatever must survive has two files, of which the older is replaced. A write without room throws.
 * Room is made by compaction: pages are erased and written again from RAM, and a cut there can lose any file of such a
 * page. That is the firmware's; a state that was lost, but not its identity, is found out here (STORAGE).
 */
import { PEERS } from "#features";
import { fail, toBytes } from "#platform/engine";
import { sha256 } from "#crypto/primitives";
import { toText } from "#platform/text";
import type { LinkState } from "../link/link.ts";

declare function require(name: "Storage"): {
  read(name: string): string | undefined;
  write(name: string, data: string): boolean;
  erase(name: string): void;
};

/** The board's Storage. Files are byte strings there. */
export const storage = require("Storage");

/** Eight bytes of a SHA-256: they tell what was cut, not what was forged. */
function check(data: string): string {
  return toText(sha256(toBytes(data))).substr(0, 8);
}

/** What `put` kept in the file mote.<name>; nothing where there is no file, or a power cut left a part of one. */
export function get(name: string | number): string | false | undefined {
  const file = storage.read("mote." + name);
  const data = file && file.substr(8);
  return data && check(data) + data === file && data;
}

/** Keeps bytes, one at least, in the file mote.<name>. Throws STORAGE where they could not be written. */
export function put(name: string | number, data: string): void {
  let done;
  try {
    done = storage.write("mote." + name, check(data) + data);
  } catch (error) {
    // no room: Espruino throws, but without a code
  }
  if (!done) fail("STORAGE");
}

/**
 * Keeps a state in place of the one before the last; its fifth number says how often that was done. Throws STORAGE: then
 * nothing that relies on it may be sent, and the state before it is to be used again.
 */
export function writeState(state: LinkState, name?: string): void {
  const slot = ++state[4]! & 1;
  put(PEERS && name ? name + slot : slot, JSON.stringify(state));
}

/** The state that was kept last; nothing where there is none. */
export function readState(name?: string): LinkState | undefined {
  let last: LinkState | undefined;
  for (const slot of "01") {
    const state = JSON.parse(get(PEERS && name ? name + slot : slot) || "0");
    if (state && (!last || state[4] > last[4]!)) last = state;
  }
  return last;
}

/**
 * The identity, 21 bytes of key and 20 of secret; nothing where one has to be made: there is no file, or its write was
 * cut, and then it was never used. Throws STORAGE where one that was used is damaged, or its state is.
 */
export function readIdentity(state: LinkState | undefined): Uint8Array | undefined {
  const bytes = get("id");
  // the state is zeros until the identity is there, and others when it is used
  if (bytes ? !state : state && state[0] + state[2] && storage.read("mote.id")) fail("STORAGE");
  if (bytes) return toBytes(bytes);
  return undefined;
}

/** Keeps a new identity, and before it a state of zeros, which it returns. Throws STORAGE. */
export function writeIdentity(bytes: Uint8Array): LinkState {
  const state: LinkState = [0, 0, 0, 0, 0];
  writeState(state);
  put("id", toText(bytes));
  return state;
}

/**
 * Erases identity and state; at its next start the board makes a new identity. The seed of a board without entropy of
 * its own stays, as does native code. What was erased can be read from the flash until Espruino compacts its Storage.
 */
export function erase(): void {
  // the identity first: whatever is left after a power cut, there is none
  for (const name of ["id", "0", "1"]) storage.erase("mote." + name);
}
