/**
 * Cipher Set 1a: secp160r1, AES-128-CTR, HMAC-SHA256 cut to 32 bits. telehash v3, e3x/cs/1a.md.
 */
import { ctr, hmac, sha256 } from "#primitives";
import { fail } from "../errors.ts";
import { concat, slice } from "../packet/bytes.ts";
import { KEY_LENGTH } from "./keys.ts";

export const CSID = 0x1a;

const IV_LENGTH = 4;
const MAC_LENGTH = 4;
/** Bytes of a message's BODY beside INNER: KEY, IV, MAC. */
export const MESSAGE_OVERHEAD = KEY_LENGTH + IV_LENGTH + MAC_LENGTH;
/** Bytes of a routing token. */
export const TOKEN_LENGTH = 16;
/** Bytes of a channel packet's BODY beside INNER: TOKEN, IV, MAC. */
export const CHANNEL_OVERHEAD = TOKEN_LENGTH + IV_LENGTH + MAC_LENGTH;

/** The upper half of the bytes XORed into the lower, until `length` are left; in place. */
function fold(bytes: Uint8Array, length: number): Uint8Array {
  for (let half = bytes.length >> 1; half >= length; half >>= 1) {
    for (let i = 0; i < half; i++) bytes[i]! ^= bytes[i + half]!;
  }
  return slice(bytes, 0, length);
}

/** AES-128 key of a message: from ECDH of the ephemeral key and the recipient's identity (20 bytes). */
export function messageKey(shared: Uint8Array): Uint8Array {
  return fold(sha256(shared), 16);
}

/** AES-128 key of one direction of a channel: from ECDH of both ephemeral keys, and the keys in order of direction. */
export function channelKey(shared: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  return fold(sha256(concat([shared, from, to])), 16);
}

/** Routing token of the exchange whose message BODY starts with these 16 bytes or more. */
export function token(prefix: Uint8Array): Uint8Array {
  return slice(sha256(slice(prefix, 0, 16)), 0, TOKEN_LENGTH);
}

function mac(secret: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  return fold(hmac(concat([secret, iv]), data), MAC_LENGTH);
}

/** What of a BODY without its MAC is under the MAC. */
function macced(sealed: Uint8Array, prefix: number): Uint8Array {
  return prefix === KEY_LENGTH ? sealed : slice(sealed, prefix + IV_LENGTH, sealed.length);
}

/**
 * Makes a whole OUTER packet: head, prefix, IV, ciphertext, MAC.
 * @param head LENGTH and HEAD of the packet: 00 01 1a for a message, 00 00 for a channel packet
 * @param prefix KEY of a message, TOKEN of a channel packet; only the former is under the MAC, with the IV
 * @param secret what the MAC is keyed with: ECDH of the identities (20 bytes), or the AES key of the channel
 */
export function seal(
  head: Uint8Array, prefix: Uint8Array, key: Uint8Array, secret: Uint8Array, iv: Uint8Array, inner: Uint8Array,
): Uint8Array {
  const packet = concat([head, prefix, iv, ctr(key, iv, inner), new Uint8Array(MAC_LENGTH)]);
  const end = packet.length - MAC_LENGTH;
  packet.set(mac(secret, iv, macced(slice(packet, head.length, end), prefix.length)), end);
  return packet;
}

/**
 * Whether the MAC of a BODY is right. False too where the BODY is too short to have one.
 * @param prefix length of what stands before the IV: KEY_LENGTH or TOKEN_LENGTH
 */
export function authentic(body: Uint8Array, prefix: number, secret: Uint8Array): boolean {
  const end = body.length - MAC_LENGTH;
  if (end < prefix + IV_LENGTH) return false;
  const wanted = mac(secret, slice(body, prefix, prefix + IV_LENGTH), macced(slice(body, 0, end), prefix));
  let difference = 0;
  for (let i = 0; i < MAC_LENGTH; i++) difference |= wanted[i]! ^ body[end + i]!;
  return !difference;
}

/**
 * INNER of a BODY whose MAC is right, or is checked next.
 * @throws PACKET_TOO_SHORT
 */
export function open(body: Uint8Array, prefix: number, key: Uint8Array): Uint8Array {
  const start = prefix + IV_LENGTH;
  const end = body.length - MAC_LENGTH;
  if (end < start) fail("PACKET_TOO_SHORT");
  return ctr(key, slice(body, prefix, start), slice(body, start, end));
}
