/**
 * secp160r1 in native code: as shared/curve.ts, but done at once, when a job is made.
 */
import { fail } from "#platform/engine";
import { native } from "./native.ts";
import { KEY_LENGTH } from "../shared/keys.ts";

/** Key pairs need not be made ahead. */
export const SLOW: boolean = false;

/** As that of shared/curve.ts; it throws all that it throws when it is made. */
export class CurveJob {
  result?: Uint8Array;

  /** @param secret 20 or 21 bytes, big-endian; @param key the other's public key, 21 bytes, or undefined */
  constructor(secret: Uint8Array, key?: Uint8Array) {
    if (key && key.length !== KEY_LENGTH) fail("KEY_LENGTH");
    // throws where the secret is longer; shorter ones are numbers all the same
    const at = KEY_LENGTH - secret.length;
    this.result = new Uint8Array(
      native(key ? 1 : 0, secret, key ?? 0, [] as never, at).subarray(0, key ? 20 : KEY_LENGTH),
    );
  }

  /** There is nothing left to do. */
  step(): boolean {
    return false;
  }
}
