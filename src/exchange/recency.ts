/**
 * What this project's applications put in INNER: a rising `at`, so that a recipient can refuse what is replayed or
 * stale, and content, whole or a piece. messages.md leaves INNER to the application but asks for recency.
 *
 * INNER is a LOB packet. HEAD is `at` (uint32, big-endian), and for a piece one byte more that says which: how many
 * pieces of the content are left with this one (1 to 127), and 128 on top for the first of them. BODY is the content or
 * the piece; `at` of a piece is one above the piece before. Other applications may have "at" in a JSON HEAD instead.
 */
import { encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { UINT32_MAX, isAt } from "./exchange.ts";

/** What is on top in the first piece. */
export const FIRST = 128;

/** The most pieces that a content can have. */
export const PIECES_MAX = 127;

/** INNER of content (`piece` 0) or of a piece of it. */
export function stamp(at: number, piece: number, body: Uint8Array): Uint8Array {
  const head = [at / 16777216, at >> 16, at >> 8, at];
  if (piece) head.push(piece);
  return encode(new Uint8Array(head), body);
}

/** `at` of an INNER packet; 0 where it has none that is a positive integer. */
export function stampOf(packet: Packet): number {
  const head = packet.head;
  const at = (
    head.length >> 1 === 2
      ? head[0]! * 16777216 + ((head[1]! << 16) | (head[2]! << 8) | head[3]!)
      : packet.json && packet.json["at"]
  ) as number;
  return isAt(at, UINT32_MAX) ? at : 0;
}

/** Which piece of a content an INNER packet has; 0 for all of it. */
export function pieceOf(packet: Packet): number {
  return (packet.head.length === 5 && packet.head[4]) || 0;
}
