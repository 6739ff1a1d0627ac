import { ROOM, SIZE } from "../../src/crypto/thumb/native-kept.ts";

/** A machine that runs the native code. */
export interface Machine {
  name: string;
  core: "m0" | "m4";
  /** Makes a call as E.nativeCall would, with n bytes of data: what it returns, and the memory after it (see blob.c). */
  run(what: number, memory: Uint8Array, n: number): { result: number; memory: Uint8Array };
  /** Instructions that the call takes. */
  count(what: number, memory: Uint8Array, n: number): number;
}

/** What is asked for: an operation, and how many bytes of its data went before. */
export const asked = (operation: number, at = 0): number => operation + at * 8;

/** Memory for a call: what is put at 0 and 32, and data at 64; nothing is in the rest, or where it is `dirty` anything. */
export function memoryOf(
  data: Uint8Array | number,
  first: Uint8Array = new Uint8Array(0),
  second: Uint8Array = new Uint8Array(0),
  dirty = 0,
): Uint8Array {
  const memory = new Uint8Array(SIZE).fill(dirty, 64);
  memory.set(first);
  memory.set(second, 32);
  if (typeof data !== "number") memory.set(data, 64);
  return memory;
}

/** Does an operation in pieces, as native.ts does. Gives what was returned last, the memory after it, and the data, changed where it was. */
export function operate(
  machine: Machine,
  operation: number,
  data: Uint8Array,
  first?: Uint8Array,
  second?: Uint8Array,
): { result: number; memory: Uint8Array; data: Uint8Array } {
  const out = data.slice();
  let memory = memoryOf(0, first, second, 0xa5);
  let result: number;
  let at = 0;
  let piece: Uint8Array;
  do {
    piece = out.subarray(at, at + ROOM);
    memory.set(piece, 64);
    ({ result, memory } = machine.run(asked(operation, at), memory, piece.length));
    piece.set(memory.subarray(64, 64 + piece.length));
    at += ROOM;
  } while (piece.length === ROOM);
  return { result, memory, data: out };
}
