/** Keys files on disk: what is in them is in gateway/keys-file.ts. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import {
  E3XError,
  finish,
  generate,
  keyFromText,
  keysFromFile,
  keysToFile,
  publicKeysFromFile,
  sets,
} from "../src/index.ts";
import type { Csid, HostCipherSet, KeyPairs, PublicKeys, Random } from "../src/index.ts";
import { Failure, oneLine } from "./failure.ts";
import { fileFailure, readFile } from "./input.ts";

export const random: Random = (n) => new Uint8Array(randomBytes(n));

/** Public keys by CSID. */
export type Keys = PublicKeys;

export const csids = Object.keys(sets) as Csid[];

/** Throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE unless it is a point of the set's curve. */
export function checkPoint(set: HostCipherSet, key: Uint8Array): void {
  set.checkKey(key);
  const one = new Uint8Array(set.secretLength);
  one[one.length - 1] = 1;
  finish(new set.Job(one, key));
}

export const newPairs = (csids: Csid[]): KeyPairs => generate(random, csids);

export const keysOf = (pairs: KeyPairs): Keys =>
  Object.fromEntries(Object.entries(pairs).map(([csid, { key }]) => [csid, key]));

/** Writes a new keys file that only its owner can read. Refuses to replace one unless `force` is set. */
export function writeKeys(file: string, pairs: KeyPairs, force: boolean): void {
  const text = keysToFile(pairs);
  // a file that is replaced may be open to others: never write into it
  const path = force ? `${file}.${process.pid}.new` : file;
  try {
    const handle = openSync(path, "wx", 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (force) renameSync(path, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new Failure(
        code,
        `${file} exists and may hold the only copy of a secret; choose another file with --out, or replace it with --force`,
      );
    }
    if (force) rmSync(path, { force: true });
    throw fileFailure(file, error);
  }
}

/** The key pairs of a keys file ("-": standard input), in all Cipher Sets that are known. */
export async function readPairs(file: string): Promise<KeyPairs> {
  const text = new TextDecoder().decode(await readFile(file, "keys"));
  try {
    return keysFromFile(text);
  } catch (error) {
    if (!(error instanceof E3XError)) throw error;
    throw new Failure(error.code, `${file}: ${oneLine(error.message)}`);
  }
}

const FORMS = "42 characters of hex or 34 of base32 (in CS1c 66 or 53)";

/** Public keys: hex or base32 of one, or a file with one or of `mote keys new` ("-": standard input). One at least. */
export async function readKeys(text: string, name: string): Promise<Keys> {
  let keys = keyFromText(text);
  if (!keys) {
    // a bare word of such length is no file but a wrong key, perhaps even a secret: it is not quoted
    if (/^[0-9a-z]{24,}$/i.test(text)) {
      throw new Failure(
        "KEY",
        `${name} is not a public key, by its ${text.length} characters; give ${FORMS}, or a file of mote keys new`,
      );
    }
    const content = new TextDecoder().decode(await readFile(text, "a key"));
    const named = publicKeysFromFile(content);
    keys = Object.keys(named).length ? named : keyFromText(content);
    if (!keys) throw new Failure("KEY", `${text} holds no public key; give ${FORMS}, or a file of mote keys new`);
  }
  for (const [csid, key] of Object.entries(keys)) checkPoint(sets[csid]!, key);
  return keys;
}
