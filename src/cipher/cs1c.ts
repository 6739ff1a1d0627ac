/**
 * Cipher Set 1c, as telehash-c has it: NIST P-256; AES-128-CTR, HMAC-SHA256 and all of the packets as in CS1a, but for
 * KEY's 33 bytes and ECDH's 32. (The draft in telehash v3, e3x/cs/1c.md, says secp256k1 and AES-256: nobody sends that.)
 * Only the host has it. Public keys are 33 bytes, 02 or 03 (parity of y) and x; secrets 32 bytes, big-endian.
 */
import { p256 } from "@noble/curves/nist.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { fail } from "#platform/engine";
import type { CipherSet, Job } from "./set.ts";

const { Point, getPublicKey, utils } = p256;

const KEY_LENGTH = 33;

/** Bytes of a secret. */
export const SECRET_LENGTH = 32;

/** Throws SECRET_LENGTH or SECRET_RANGE where a secret is not 1 to n - 1 in 32 bytes. */
export function checkSecret(secret: Uint8Array): void {
  if (secret.length !== SECRET_LENGTH) fail("SECRET_LENGTH");
  if (!utils.isValidSecretKey(secret)) fail("SECRET_RANGE");
}

/**
 * Checks of a public key what needs no curve work; whether it is on the curve, a job finds.
 * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE
 */
export function checkKey(key: Uint8Array): void {
  if (key.length !== KEY_LENGTH) fail("KEY_LENGTH");
  if (key[0] !== 2 && key[0] !== 3) fail("KEY_PREFIX");
  if (bytesToNumberBE(key.subarray(1)) >= Point.Fp.ORDER) fail("KEY_RANGE");
}

/** The point of a key whose form was checked. */
function pointOf(key: Uint8Array): InstanceType<typeof Point> {
  try {
    return Point.fromBytes(key);
  } catch (_error) {
    // what the library says may hold the key
    return fail("KEY_OFF_CURVE");
  }
}

/**
 * Done at once, when it is made: 3 ms for ECDH. The result is x of the product (32 bytes), or the public key (33 bytes).
 * Throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE.
 */
class P256Job implements Job {
  result?: Uint8Array;

  constructor(secret: Uint8Array, key?: Uint8Array) {
    checkSecret(secret);
    if (key) {
      checkKey(key);
      this.result = pointOf(key).multiply(Point.Fn.fromBytes(secret)).toBytes().slice(1);
    } else this.result = getPublicKey(secret);
  }

  /** There is nothing left to do. */
  step(): boolean {
    return false;
  }
}

export const cs1c: CipherSet = { csid: 0x1c, length: KEY_LENGTH, Job: P256Job };
