/**
 * Keys files, the form that telehash v3 has for an identity:
 *
 *     {
 *       "hashname": "52 characters of base32",
 *       "keys": { "1a": "public key, 34 characters of base32" },
 *       "secrets": { "1a": "secret, 32 or 34 characters of base32" }
 *     }
 *
 * Hashname and public key may be given to anybody; who has the secret is this endpoint. Hex is accepted too.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { CurveJob, checkKey, finish, fromBase32, fromHex, generate, hashname, toBase32 } from "../index.ts";
import type { KeyPair, Random } from "../index.ts";
import { Failure } from "./failure.ts";
import { fileFailure, readFile } from "./input.ts";

export const random: Random = (n) => new Uint8Array(randomBytes(n));

/** Throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE unless it is a point of the curve. */
export function checkPoint(key: Uint8Array): void {
  checkKey(key);
  const one = new Uint8Array(20);
  one[19] = 1;
  finish(new CurveJob(one, key));
}

export function newPair(): KeyPair {
  return generate(random)["1a"];
}

/** Writes a new keys file that only its owner can read. Refuses to replace one unless `force` is set. */
export function writeKeys(file: string, pair: KeyPair, force: boolean): void {
  const text = JSON.stringify(
    {
      hashname: hashname({ "1a": pair.key }),
      keys: { "1a": toBase32(pair.key) },
      secrets: { "1a": toBase32(pair.secret) },
    },
    null,
    2,
  );
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

/** An entry of a keys file. Nothing of the file is ever quoted: it holds a secret. */
function entry(text: string, field: "keys" | "secrets", lengths: number[]): Uint8Array | undefined {
  try {
    const value = (JSON.parse(text) as Record<string, Record<string, unknown> | undefined>)?.[field]?.["1a"];
    return typeof value === "string" ? parse(value, lengths) : undefined;
  } catch {
    return undefined;
  }
}

/** The key pair of a keys file ("-": standard input). */
export async function readPair(file: string): Promise<KeyPair> {
  const text = new TextDecoder().decode(await readFile(file, "keys"));
  const secret = entry(text, "secrets", [20, 21]);
  const named = entry(text, "keys", [21]);
  if (!secret || !named) throw new Failure("KEYS_FILE", `${file} is not a keys file with a secret; make one with mote keys new`);
  const key = finish(new CurveJob(secret));
  if (toBase32(key) !== toBase32(named)) {
    throw new Failure("KEYS_FILE", `${file}: its public key is not that of its secret; restore the file, or make a new one with mote keys new`);
  }
  return { key, secret };
}

/** A public key: 42 characters of hex, 34 of base32, or a file with either or of `mote keys new` ("-": standard input). */
export async function readKey(text: string, name: string): Promise<Uint8Array> {
  let key = parse(text, [21]);
  if (!key) {
    // a bare word of such length is no file but a wrong key, perhaps even a secret: it is not quoted
    if (/^[0-9a-z]{24,}$/i.test(text)) {
      throw new Failure("KEY", `${name} is not a public key, by its ${text.length} characters; give 42 of hex or 34 of base32, or a file of mote keys new`);
    }
    const content = new TextDecoder().decode(await readFile(text, "a key"));
    key = entry(content, "keys", [21]) ?? parse(content, [21]);
    if (!key) throw new Failure("KEY", `${text} holds no public key; give 42 characters of hex or 34 of base32, or a file of mote keys new`);
  }
  checkPoint(key);
  return key;
}
