/** IDs of boxes and of the messages in them. telehash v3, channels/box.md. */
import { hashnameBytes } from "../../identity/hashname.ts";
import { sipHash } from "../../packet/siphash.ts";

/**
 * The ID of the box with one sender's messages to one recipient: 8 bytes, the same for whoever keeps it.
 * @param sender, recipient hashnames
 * @throws HASHNAME
 */
export function boxId(sender: string, recipient: string): Uint8Array {
  return sipHash(hashnameBytes(sender).subarray(0, 16), hashnameBytes(recipient));
}

/**
 * The ID of a message within its box: 8 bytes.
 * @param box the box's ID
 * @param message the whole message, an OUTER packet
 */
export function messageId(box: Uint8Array, message: Uint8Array): Uint8Array {
  const key = new Uint8Array(16);
  key.set(box);
  key.set(box, 8);
  return sipHash(key, message);
}
