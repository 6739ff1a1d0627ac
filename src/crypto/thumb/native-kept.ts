/** What outlives the parts that the runtime lets go of (device/parts.ts). */

/** Bytes of data that the native code is given at once: a multiple of 64, as blob.c has it. */
export const ROOM = 256;

/** Bytes of the native code's memory: 64 for what it is given beside data, the data, 32 that are its own. */
export const SIZE = 96 + ROOM;

export const kept: {
  /** The native code, as long as the board is on: found to be this build's, so that it need not be compared again. */
  code?: string;
  /** Its memory: made at the start, when it is sure to be in one piece. Undefined while it is used, or where that was cut off. */
  memory?: Uint8Array;
} = { memory: new Uint8Array(SIZE) };
