/**
 * LOB packets: LENGTH (uint16, big-endian), HEAD (LENGTH bytes), BODY (the rest). telehash v3, lob.md.
 */
import { fail, toBytes } from "#platform/engine";
import { toText } from "#platform/text";

/** A JSON object, as in the HEAD of a packet. */
export type Json = { [name: string]: unknown };

/** A decoded packet. */
export interface Packet {
  /** HEAD as it came, 0 to 65,535 bytes; a view into the packet. */
  head: Uint8Array;
  /** HEAD as an object where it has 7 bytes or more and is a JSON object. */
  json?: Json;
  /** Set where HEAD has 7 bytes or more and is not a JSON object: HEAD and BODY are valid all the same. */
  error?: "JSON";
  /** BODY, 0 bytes or more; a view into the packet. */
  body: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/**
 * Makes a packet.
 * @param head a JSON object, or bytes (6 at most, unless they are JSON text), or undefined for no HEAD
 * @throws PACKET_HEAD where HEAD is longer than 65,535 bytes
 */
export function encode(head?: Json | Uint8Array, body?: Uint8Array): Uint8Array {
  const bytes = head ? (head instanceof Uint8Array ? head : toBytes(JSON.stringify(head))) : EMPTY;
  const rest = body ?? EMPTY;
  const length = bytes.length;
  if (length > 65535) fail("PACKET_HEAD");
  const packet = new Uint8Array(2 + length + rest.length);
  packet[0] = length >> 8;
  packet[1] = length;
  packet.set(bytes, 2);
  packet.set(rest, 2 + length);
  return packet;
}

/**
 * Reads a packet. A HEAD that should be JSON and is not sets `error` and is no reason to throw.
 * @throws PACKET_TOO_SHORT below 2 bytes, PACKET_LENGTH where LENGTH goes beyond the end
 */
export function decode(packet: Uint8Array): Packet {
  if (packet.length < 2) fail("PACKET_TOO_SHORT");
  const end = 2 + ((packet[0]! << 8) | packet[1]!);
  if (end > packet.length) fail("PACKET_LENGTH");
  const head = packet.subarray(2, end);
  const decoded: Packet = { head, body: packet.subarray(end) };
  if (end > 8) {
    // "{" and "}" first: parsers differ in what else they let through
    try {
      if (head[0] === 123 && head[end - 3] === 125) decoded.json = JSON.parse(toText(head)) as Json;
    } catch (_error) {
      // said in `error`
    }
    if (!decoded.json) decoded.error = "JSON";
  }
  return decoded;
}
