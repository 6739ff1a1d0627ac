/**
 * Keys files, the form that telehash v3 has for an identity, here in two Cipher Sets:
 *
 *     {
 *       "hashname": "52 characters of base32",
 *       "keys": { "1a": "public key, 34 characters of base32", "1c": "53 characters" },
 *       "secrets": { "1a": "secret, 32 or 34 characters of base32", "1c": "52 characters" }
 *     }
 *
 * Hashname and public keys may be given to anybody; who has the secrets is this endpoint. Hex is accepted too.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { finish, fromBase32, fromHex, generate, hashname, sets, toBase32 } from "../src/index.ts";
import type { Csid, HostCipherSet, KeyPair, KeyPairs, Random } from "../src/index.ts";
import { Failure } from "./failure.ts";
import { fileFailure, readFile } from "./input.ts";

export const random: Random = (n) => new Uint8Array(randomBytes(n));

/** Public keys by CSID. */
export type Keys = { [csid in Csid]?: Uint8Array };

export const csids = Object.keys(sets) as Csid[];

/** Throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE unless it is a point of the set's curve. */
export function checkPoint(set: HostCipherSet, key: Uint8Array): void {
  set.checkKey(key);
  const one = new Uint8Array(set.secretLength);
  one[one.length - 1] = 1;
  finish(new set.Job(one, key));
}

export const newPairs = (csids: Csid[]): KeyPairs => generate(random, csids);

export const keysOf = (pairs: KeyPairs): Keys => Object.fromEntries(Object.entries(pairs).map(([csid, { key }]) => [csid, key]));

const inBase32 = (bytes: { [csid: string]: Uint8Array }): object =>
  Object.fromEntries(Object.entries(bytes).sort().map(([csid, each]) => [csid, toBase32(each)]));

/** Writes a new keys file that only its owner can read. Refuses to replace one unless `force` is set. */
export function writeKeys(file: string, pairs: KeyPairs, force: boolean): void {
  const secrets = Object.fromEntries(Object.entries(pairs).map(([csid, { secret }]) => [csid, secret]));
  const text = JSON.stringify({ hashname: hashname(keysOf(pairs)), keys: inBase32(keysOf(pairs)), secrets: inBase32(secrets) }, null, 2);
  // a file that is replaced may be open to others: never write into it
  const path = force ? `${file}.${process.pid}.new` : file;
  try {
    const handle = openSync(path, "wx", 0o600);
    try {
      writeSync(handle, `${text}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (force) renameSync(path, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new Failure(code, `${file} exists and may hold the only copy of a secret; choose another file with --out, or replace it with --force`);
    }
    if (force) rmSync(path, { force: true });
    throw fileFailure(file, error);
  }
}

function parse(text: string, lengths: number[]): Uint8Array | undefined {
  const lower = text.trim().toLowerCase();
  for (const length of lengths) {
    if (lower.length === 2 * length && /^[0-9a-f]+$/.test(lower)) return fromHex(lower);
    if (lower.length === Math.ceil((8 * length) / 5) && /^[a-z2-7]+$/.test(lower)) return fromBase32(lower);
  }
  return undefined;
}

/** An entry of a keys file. Nothing of the file is ever quoted: it holds secrets. */
function entry(text: string, field: "keys" | "secrets", csid: Csid): Uint8Array | undefined {
  const { length, secretLength } = sets[csid]!;
  try {
    const value = (JSON.parse(text) as Record<string, Record<string, unknown> | undefined>)?.[field]?.[csid];
    // a secret of CS1a may have one byte more
    return typeof value === "string" ? parse(value, field === "keys" ? [length] : csid === "1a" ? [secretLength, secretLength + 1] : [secretLength]) : undefined;
  } catch {
    return undefined;
  }
}

/** The key pairs of a keys file ("-": standard input), in all Cipher Sets that are known. */
export async function readPairs(file: string): Promise<KeyPairs> {
  const text = new TextDecoder().decode(await readFile(file, "keys"));
  const pairs: KeyPairs = {};
  for (const csid of csids) {
    const secret = entry(text, "secrets", csid);
    const named = entry(text, "keys", csid);
    if (!secret || !named) continue;
    const key = finish(new sets[csid]!.Job(secret));
    if (toBase32(key) !== toBase32(named)) {
      throw new Failure("KEYS_FILE", `${file}: its public key is not that of its secret; restore the file, or make a new one with mote keys new`);
    }
    pairs[csid] = { key, secret };
  }
  if (!Object.keys(pairs).length) throw new Failure("KEYS_FILE", `${file} is not a keys file with a secret; make one with mote keys new`);
  return pairs;
}

/** The key pair of a keys file in CS1a. */
export async function readPair(file: string): Promise<KeyPair> {
  return (await readPairs(file))["1a"] ?? (() => { throw new Failure("KEYS_FILE", `${file} has no keys of CSID 1a; make some with mote keys new`); })();
}

/** A public key by its text: the length tells the Cipher Set. */
function parseKey(text: string): Keys | undefined {
  for (const csid of csids) {
    const key = parse(text, [sets[csid]!.length]);
    if (key) return { [csid]: key };
  }
  return undefined;
}

const FORMS = "42 characters of hex or 34 of base32 (in CS1c 66 or 53)";

/** Public keys: hex or base32 of one, or a file with one or of `mote keys new` ("-": standard input). One at least. */
export async function readKeys(text: string, name: string): Promise<Keys> {
  let keys = parseKey(text);
  if (!keys) {
    // a bare word of such length is no file but a wrong key, perhaps even a secret: it is not quoted
    if (/^[0-9a-z]{24,}$/i.test(text)) {
      throw new Failure("KEY", `${name} is not a public key, by its ${text.length} characters; give ${FORMS}, or a file of mote keys new`);
    }
    const content = new TextDecoder().decode(await readFile(text, "a key"));
    const named = csids.flatMap((csid): [Csid, Uint8Array][] => {
      const key = entry(content, "keys", csid);
      return key ? [[csid, key]] : [];
    });
    keys = named.length ? Object.fromEntries(named) as Keys : parseKey(content);
    if (!keys) throw new Failure("KEY", `${text} holds no public key; give ${FORMS}, or a file of mote keys new`);
  }
  for (const [csid, key] of Object.entries(keys)) checkPoint(sets[csid]!, key);
  return keys;
}
