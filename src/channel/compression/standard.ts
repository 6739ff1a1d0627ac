/** Compression of channel packets, for hosts: z = 0 is LOB, 1 CBOR, 2 DEFLATE. */
import { Inflate, deflateSync } from "fflate";
import { concat, fail } from "#platform/engine";
import { UINT32_MAX, isAt } from "../../exchange/exchange.ts";
import * as lob from "../../packet/lob.ts";
import type { Json, Packet } from "../../packet/lob.ts";
import { compress, decompress, headOf } from "./cbor.ts";

export const Z_MAX = 2;

/** The longest packet that is deflated or inflated, in bytes: 64 KiB of BODY and one of HEAD. */
const DEFLATE_MAX = 66_560;

/** Bytes that are inflated at a time: before their length is looked at, they may give 1,032 times as many. */
const PIECE = 4096;

function inflate(payload: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((part) => {
    length += part.length;
    parts.push(part);
  });
  for (let at = 0; at < payload.length; at += PIECE) {
    try {
      stream.push(payload.subarray(at, at + PIECE), at + PIECE >= payload.length);
    } catch {
      fail("INNER");
    }
    if (length > DEFLATE_MAX) fail("PACKET_TOO_LARGE");
  }
  return concat(parts);
}

/**
 * @throws JSON, PACKET_HEAD, CBOR as `compress` does, PACKET_TOO_LARGE for what is too long to be deflated, INNER for a z
 * above Z_MAX
 */
export function pack(z: number, json: Json, body?: Uint8Array): Uint8Array {
  if (z === 1) return compress(json, body);
  const packet = lob.encode(headOf(json), body);
  if (!z) return packet;
  if (z !== 2) fail("INNER");
  if (packet.length > DEFLATE_MAX) fail("PACKET_TOO_LARGE");
  return deflateSync(packet);
}

/**
 * @throws INNER for what is no such packet, not DEFLATE, or of a z above Z_MAX; PACKET_TOO_LARGE for more than 66,560 bytes
 * inflated; PACKET_TOO_SHORT, PACKET_LENGTH for what is not LOB; for z = 1 all that `decompress` throws
 */
export function unpack(z: number, payload: Uint8Array): Packet {
  if (z > Z_MAX) fail("INNER");
  const packet = z === 1 ? decompress(payload) : lob.decode(z ? inflate(payload) : payload);
  if (!isAt(packet.json?.["c"], UINT32_MAX)) fail("INNER");
  return packet;
}
