/** Hashnames: the name of an endpoint, a digest over its public keys. telehash v3, hashname.md. */
import { fail } from "#platform/engine";
import { sha256 } from "#crypto/primitives";
import type { Json, Packet } from "../packet/lob.ts";
import { fromBase32, fromHex, toBase32 } from "../packet/text.ts";

/** By CSID ("1a"): a public key as bytes, or the base32 text of its intermediate digest. */
export type KeyParts = { [csid: string]: Uint8Array | string };

/** Whether a name is a CSID as JSON has it: two lower-case hex digits. */
export function isCsid(name: string): boolean {
  return /^[0-9a-f][0-9a-f]$/.test(name);
}

/** SHA-256 of a public key: stands for the key where only the hashname has to be computed. 32 bytes. */
export function intermediate(key: Uint8Array): Uint8Array {
  return sha256(key);
}

/** Whether it is a hashname as it goes on the wire: 52 characters of lower-case base32 that stand for 32 bytes. */
export function isHashname(value: unknown): value is string {
  // the last character has one bit of the 32 bytes
  return typeof value === "string" && value.length === 52 && /^[a-z2-7]+[aq]$/.test(value);
}

/**
 * The 32 bytes of a hashname, or of an intermediate digest as text; capital letters are taken too.
 * @throws HASHNAME
 */
export function hashnameBytes(text: unknown): Uint8Array {
  // checked first: other letters have lower-case forms in ASCII, too
  const lower = typeof text === "string" && /^[a-zA-Z2-7]+$/.test(text) ? text.toLowerCase() : "";
  if (!isHashname(lower)) fail("HASHNAME");
  return fromBase32(lower);
}

/**
 * The hashname of keys or intermediate digests, of at least one CSID.
 * @returns 52 characters of base32
 * @throws HASHNAME
 */
export function hashname(keys: KeyParts): string {
  let rolled = new Uint8Array(0);
  const csids = Object.keys(keys).sort();
  if (!csids.length) fail("HASHNAME");
  for (const csid of csids) {
    const key = keys[csid]!;
    if (!isCsid(csid) || !key || !key.length) fail("HASHNAME");
    for (const part of [fromHex(csid), typeof key === "string" ? hashnameBytes(key) : intermediate(key)]) {
      const both = new Uint8Array(rolled.length + part.length);
      both.set(rolled);
      both.set(part, rolled.length);
      rolled = sha256(both) as Uint8Array<ArrayBuffer>;
    }
  }
  return toBase32(rolled);
}

/** The highest CSID that both have: the one of their link; undefined for none. link.md, Terminology */
export function linkCsid(ours: string[], theirs: string[]): string | undefined {
  let best: string | undefined;
  for (const csid of ours) if (isCsid(csid) && theirs.indexOf(csid) >= 0 && (!best || csid > best)) best = csid;
  return best;
}

/**
 * HEAD of the packet that is attached to a link handshake of this CSID; its BODY is the key. The other CSIDs are there
 * with their intermediate digests, the own one with `true`: telehash-c wants to find it. link.md, Handshake
 */
export function attachedHead(csid: string, keys: KeyParts): Json {
  const head: Json = {};
  for (const id of Object.keys(keys)) {
    const key = keys[id]!;
    if (id !== csid) head[id] = typeof key === "string" ? key : toBase32(intermediate(key));
  }
  head[csid] = true;
  return head;
}

/**
 * What a packet attached to a link handshake of this CSID makes the sender's hashname of: its key, and intermediate
 * digests. In HEAD the own CSID may be missing, null, true (telehash-c) or its digest; names that are no CSID are ignored.
 * @throws HASHNAME where BODY is empty, a CSID has something else, or the digest is not that of the key
 */
export function attachedKeys(csid: string, packet: Packet): KeyParts {
  const parts: KeyParts = {};
  const head = packet.json || {};
  for (const id of Object.keys(head)) {
    if (!isCsid(id)) continue;
    const value = head[id];
    const digest = id === csid && (value === true || value === null) ? "" : toBase32(hashnameBytes(value));
    if (id !== csid) parts[id] = digest;
    else if (digest && digest !== toBase32(intermediate(packet.body))) fail("HASHNAME");
  }
  if (!packet.body.length) fail("HASHNAME");
  parts[csid] = packet.body;
  return parts;
}
