/**
 * Cloaking: packets that look random on a wire that may be filtered. A nonce of 8 bytes that does not begin with zero,
 * then ChaCha20 (the original, its counter from 0) of the packet under a key that everybody knows: it hides nothing
 * from who knows telehash. May be done several times over. telehash v3, e3x/cloaking.md. Host only.
 */
import { chacha20orig } from "@noble/ciphers/chacha.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fail } from "#platform/engine";
import type { Random } from "../types.ts";

const NONCE_LENGTH = 8;

/** The most rounds that are taken off: each costs as much as the packet is long. */
const ROUNDS_MAX = 64;

const KEY = sha256(new TextEncoder().encode("telehash"));

/** What was under the cloak. */
export interface Decloaked {
  /** First byte 0. */
  packet: Uint8Array;
  /** 8 bytes each, outermost first; none where the packet was not cloaked. */
  nonces: Uint8Array[];
}

/** Whether bytes from the network are a cloaked packet: all others begin with zero. */
export function isCloaked(packet: Uint8Array): boolean {
  return packet.length > 0 && packet[0] !== 0;
}

/** Cloaks a packet; it becomes 8 bytes longer with each round. */
export function cloak(packet: Uint8Array, random: Random, rounds: number): Uint8Array {
  for (; rounds > 0; rounds--) {
    let nonce = random(NONCE_LENGTH);
    while (!nonce[0]) nonce = random(NONCE_LENGTH);
    const cloaked = new Uint8Array(NONCE_LENGTH + packet.length);
    cloaked.set(nonce);
    cloaked.set(chacha20orig(KEY, nonce, packet), NONCE_LENGTH);
    packet = cloaked;
  }
  return packet;
}

/** How a pipe cloaks what it sends, with one to three rounds: its option `wrap`. @param random gives n random bytes */
export function cloaking(random: Random): (packet: Uint8Array) => Uint8Array {
  return (packet) => cloak(packet, random, 1 + (random(1)[0]! % 3));
}

/**
 * Takes all rounds off a packet; one that is not cloaked stays as it is.
 * @throws PACKET_TOO_SHORT where nothing is left under a nonce, PACKET_TOO_LARGE beyond 64 rounds
 */
export function decloak(packet: Uint8Array): Decloaked {
  const nonces: Uint8Array[] = [];
  while (isCloaked(packet)) {
    if (packet.length <= NONCE_LENGTH) fail("PACKET_TOO_SHORT");
    if (nonces.length >= ROUNDS_MAX) fail("PACKET_TOO_LARGE");
    const nonce = packet.subarray(0, NONCE_LENGTH);
    nonces.push(nonce);
    packet = chacha20orig(KEY, nonce, packet.subarray(NONCE_LENGTH));
  }
  return { packet, nonces };
}
