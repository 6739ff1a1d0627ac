/**
 * Keys files, the form that telehash v3 has for an identity, here in two Cipher Sets:
 *
 *     {
 *       "hashname": "52 characters of base32",
 *       "keys": { "1a": "public key, 34 characters of base32", "1c": "53 characters" },
 *       "secrets": { "1a": "secret, 32 or 34 characters of base32", "1c": "52 characters" }
 *     }
 *
 * Hashname and public keys may be given to anybody; who has the secrets is this endpoint. Hex is read, too. `mote keys new`
 * writes such files.
 */
import { finish } from "../crypto/shared/curve.ts";
import { sets } from "../cipher/sets.ts";
import { E3XError } from "../e3x-error.ts";
import type { Csid, KeyPairs } from "./e3x.ts";
import { hashname } from "../identity/hashname.ts";
import { fromBase32, fromHex, toBase32 } from "../packet/text.ts";

/** Public keys by CSID, of the cipher sets that are known. */
export type PublicKeys = { [csid in Csid]?: Uint8Array };

const csids = Object.keys(sets) as Csid[];

/** Bytes of a key or secret as text, in hex or base32, by its length; undefined for what is none of such a length. */
function read(text: unknown, lengths: number[]): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const lower = text.trim().toLowerCase();
  for (const length of lengths) {
    if (lower.length === 2 * length && /^[0-9a-f]+$/.test(lower)) return fromHex(lower);
    if (lower.length === Math.ceil((8 * length) / 5) && /^[a-z2-7]+$/.test(lower)) return fromBase32(lower);
  }
  return undefined;
}

/** A public key as text, in hex or base32: its length tells the cipher set. Whether it is one is not checked; undefined for another length. */
export function keyFromText(text: string): PublicKeys | undefined {
  for (const csid of csids) {
    const key = read(text, [sets[csid]!.length]);
    if (key) return { [csid]: key };
  }
  return undefined;
}

function entries(text: string, field: "keys" | "secrets"): { [csid: string]: unknown } {
  try {
    // what an editor of Windows begins a file with
    const file = JSON.parse(text.replace(/^\uFEFF/, "")) as Record<string, unknown> | null;
    return { ...(file?.[field] as object) };
  } catch {
    return {};
  }
}

/** The public keys of a keys file by its text; none where it has none. They are not checked. */
export function publicKeysFromFile(text: string): PublicKeys {
  const keys: PublicKeys = {};
  const given = entries(text, "keys");
  for (const csid of csids) {
    const key = read(given[csid], [sets[csid]!.length]);
    if (key) keys[csid] = key;
  }
  return keys;
}

// Nothing of the file is ever quoted: it holds secrets.
const bad = (detail: string): E3XError =>
  new E3XError("KEYS_FILE", { detail: `${detail}. Restore the file, or make a new one with mote keys new.` });

/**
 * The key pairs of a keys file by its text, in all cipher sets that are known: `pairs` of an endpoint.
 * @throws KEYS_FILE where it is none, has no secret, or a public key is not that of its secret
 */
export function keysFromFile(text: string): KeyPairs {
  const pairs: KeyPairs = {};
  const secrets = entries(text, "secrets");
  const named = publicKeysFromFile(text);
  for (const csid of csids) {
    const set = sets[csid]!;
    // a secret of CS1a may have one byte more
    const secret = read(secrets[csid], csid === "1a" ? [set.secretLength, set.secretLength + 1] : [set.secretLength]);
    if (!secret || !named[csid]) continue;
    try {
      set.checkSecret(secret);
    } catch {
      throw bad(`Its secret in Cipher Set ${csid} is none`);
    }
    const key = finish(new set.Job(secret));
    if (toBase32(key) !== toBase32(named[csid]))
      throw bad(`Its public key in Cipher Set ${csid} is not that of its secret`);
    pairs[csid] = { key, secret };
  }
  if (!Object.keys(pairs).length) throw bad("It is not a keys file with a secret");
  return pairs;
}

/** The text of a keys file. It holds the secrets: for a file that only its owner can read (mode 600). */
export function keysToFile(pairs: KeyPairs): string {
  const all = Object.entries(pairs)
    .filter(([, pair]) => pair)
    .sort();
  const texts = (part: "key" | "secret"): object =>
    Object.fromEntries(all.map(([csid, pair]) => [csid, toBase32(pair[part])]));
  const name = hashname(Object.fromEntries(all.map(([csid, { key }]) => [csid, key])));
  return `${JSON.stringify({ hashname: name, keys: texts("key"), secrets: texts("secret") }, null, 2)}\n`;
}
