// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- what else imports this file finds the types, too
/// <reference path="./siphash-library.d.ts" />
/** SipHash-2-4, a short digest with a key: Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
import siphash from "siphash";

/**
 * The digest, 8 bytes, the lowest first as in the reference implementation.
 *
 * (The `hashname` package of telehash-js reads the key and writes the digest the other way round. No peer sends such
 * digests where telehash v3 has them: uri.md, channels/box.md.)
 * @param key 16 bytes
 */
export function sipHash(key: Uint8Array, data: Uint8Array): Uint8Array {
  const view = new DataView(key.buffer, key.byteOffset, 16);
  const { h, l } = siphash.hash(
    Uint32Array.from([0, 4, 8, 12], (at) => view.getUint32(at, true)),
    data,
  );
  const digest = new DataView(new ArrayBuffer(8));
  digest.setUint32(0, l, true);
  digest.setUint32(4, h, true);
  return new Uint8Array(digest.buffer);
}
