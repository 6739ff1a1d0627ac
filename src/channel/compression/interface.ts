import type { Json, Packet } from "../../packet/lob.ts";

/**
 * Compression of channel packets: telehash v3, e3x/compression.md. package.json's "imports" picks the file for "#compression";
 * test/variants holds all of them to this.
 */
export interface Compression {
  /** The highest z that this side can do; it can do all below too. */
  Z_MAX: number;
  /** The payload of a channel packet; `json` has "c", the channel's id. */
  pack(z: number, json: Json, body?: Uint8Array): Uint8Array;
  /** The channel packet of a payload, as if it had come as LOB: `json` is always there, its "c" an integer of 1 to 2^32 - 1. */
  unpack(z: number, payload: Uint8Array): Packet;
}
