/**
 * What the cipher sets have in common: AES-128-CTR, HMAC-SHA256 cut to 32 bits, and the layout of OUTER packets. They
 * differ in their curve and its keys. telehash v3, e3x/cs/1a.md.
 */
import { concat, own } from "#platform/engine";
import { fold } from "#crypto/fold";
import { ctr, hmac, sha256 } from "#crypto/primitives";

const IV_LENGTH = 4;
const MAC_LENGTH = 4;
/** Bytes of a message's BODY beside KEY and INNER: IV, MAC. */
export const SEAL_LENGTH = IV_LENGTH + MAC_LENGTH;
/** Bytes of a routing token. */
export const TOKEN_LENGTH = 16;
/** Bytes of a channel packet's BODY beside INNER: TOKEN, IV, MAC. */
export const CHANNEL_OVERHEAD = TOKEN_LENGTH + SEAL_LENGTH;

/** AES-128 key of a message: from ECDH of the ephemeral key and the recipient's identity (20 bytes, 32 in CS1c). */
export function messageKey(shared: Uint8Array): Uint8Array {
  return new Uint8Array(fold(sha256(shared), 16));
}

/** AES-128 key of one direction of a channel: from ECDH of both ephemeral keys, and the keys in order of direction. */
export function channelKey(shared: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  return messageKey(concat([shared, from, to]));
}

/** Routing token of the exchange whose message BODY starts with these 16 bytes or more. */
export function token(prefix: Uint8Array): Uint8Array {
  return new Uint8Array(sha256(prefix.subarray(0, 16)).subarray(0, TOKEN_LENGTH));
}

/** MAC of a BODY whose MAC begins at `end`; in a message all before it is under the MAC, not so a channel packet's TOKEN and IV. */
function mac(secret: Uint8Array, body: Uint8Array, prefix: number, end: number): Uint8Array {
  const start = prefix + IV_LENGTH;
  const data = body.subarray(prefix === TOKEN_LENGTH ? start : 0, end);
  return fold(hmac(concat([secret, body.subarray(prefix, start)]), data), MAC_LENGTH);
}

/**
 * Makes a whole OUTER packet: head, prefix, IV, ciphertext, MAC.
 * @param head LENGTH and HEAD of the packet: 00 01 CSID for a message, 00 00 for a channel packet
 * @param prefix KEY of a message, TOKEN of a channel packet; only the former is under the MAC, with the IV
 * @param secret what the MAC is keyed with: ECDH of the identities, or the AES key of the channel
 */
export function seal(
  head: Uint8Array,
  prefix: Uint8Array,
  key: Uint8Array,
  secret: Uint8Array,
  iv: Uint8Array,
  inner: Uint8Array,
): Uint8Array {
  // the MAC comes where something as long is
  const packet = concat([head, prefix, iv, inner, iv]);
  const body = packet.subarray(head.length);
  const end = body.length - MAC_LENGTH;
  ctr(key, iv, body.subarray(prefix.length + IV_LENGTH, end));
  body.set(mac(secret, body, prefix.length, end), end);
  return packet;
}

/**
 * Whether the MAC of a BODY is right. The BODY must be as long as a prefix, an IV and a MAC.
 * @param prefix length of what stands before the IV: of a KEY (more than 16), or TOKEN_LENGTH
 */
export function authentic(body: Uint8Array, prefix: number, secret: Uint8Array): boolean {
  const end = body.length - MAC_LENGTH;
  const wanted = mac(secret, body, prefix, end);
  let difference = 0;
  for (let i = 0; i < MAC_LENGTH; i++) difference |= wanted[i]! ^ body[end + i]!;
  return !difference;
}

/** INNER of a BODY as long as a prefix, an IV and a MAC. A device decrypts it where it is: the BODY can not be opened again. */
export function open(body: Uint8Array, prefix: number, key: Uint8Array): Uint8Array {
  const start = prefix + IV_LENGTH;
  return ctr(key, body.subarray(prefix, start), own(body.subarray(start, body.length - MAC_LENGTH)));
}
