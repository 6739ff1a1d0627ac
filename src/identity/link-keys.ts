/** Public keys of an endpoint by CSID, as link JSON, JWK and URIs have them: in base32. telehash v3, link.md, JSON. */
import { fail } from "#platform/engine";
import { sets } from "../cipher/sets.ts";
import { fromBase32, toBase32 } from "../packet/text.ts";
import { isCsid } from "./hashname.ts";

/** By CSID ("1a"): public keys. */
export type Keys = { [csid: string]: Uint8Array };

const KEYS_MAX = 16;
/** Characters of a key: enough for RSA with 4,096 bits. */
const LENGTH_MAX = 1024;

/** Bytes of base32 text, in either case. Throws BASE32. */
export function fromAnyBase32(text: string): Uint8Array {
  // checked first: other letters have lower-case forms in ASCII, too
  if (!/^[a-zA-Z2-7]*$/.test(text)) fail("BASE32");
  return fromBase32(text.toLowerCase());
}

/**
 * Keys from CSIDs with base32 texts. Those of Cipher Sets that are here are checked as far as no curve work is needed; others
 * are taken as they are.
 * @throws LINK_INFO where it is not a CSID once with a text, or too much; BASE32, KEY_LENGTH, KEY_PREFIX, KEY_RANGE
 */
export function readKeys(entries: [csid: string, text: unknown][]): Keys {
  const keys: Keys = {};
  if (entries.length > KEYS_MAX) fail("LINK_INFO");
  for (const [csid, text] of entries) {
    if (!isCsid(csid) || csid in keys || typeof text !== "string" || !text || text.length > LENGTH_MAX)
      fail("LINK_INFO");
    const key = fromAnyBase32(text);
    if (Object.hasOwn(sets, csid)) sets[csid]!.checkKey(key);
    keys[csid] = key;
  }
  return keys;
}

/** Keys as base32 texts, the lowest CSID first; names as `name` makes them of CSIDs. */
export function writeKeys(keys: Keys, name: (csid: string) => string = (csid) => csid): Record<string, string> {
  return Object.fromEntries(
    Object.keys(keys)
      .sort()
      .map((csid) => [name(csid), toBase32(keys[csid]!)]),
  );
}
