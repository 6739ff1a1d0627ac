// AES and SHA-256 of the firmware. The work around them is done 32 bits at a time or by native calls:
// byte loops would cost more than the ciphers. Espruino allows typed arrays on any offset and takes a
// buffer's whole words only, so three spare bytes serve as padding.

// What this file uses of Espruino's globals; @types/node has `require` already.
declare const E: { toUint8Array(...parts: unknown[]): Uint8Array };

const bytes = E.toUint8Array;
const crypto = require("crypto");
const hash = crypto.SHA256;
const encrypt = crypto.AES.encrypt;
const ecb = { mode: "ECB" };
const block = new Uint8Array(16);

export const sha256 = (data: Uint8Array): Uint8Array => new Uint8Array(hash(data));

export const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array => {
  let at = 0;
  let word = 0;
  const inner = bytes({ data: 0x36, count: 64 }, data);
  const outer = bytes({ data: 0x5c, count: 64 });
  const i = new Int32Array(inner.buffer);
  const o = new Int32Array(outer.buffer);
  for (word of new Int32Array(bytes(key, 0, 0, 0).buffer)) {
    i[at] ^= word;
    o[at++] ^= word;
  }
  // Nested arrays are flattened on the stack: fine for 96 bytes, not for a message.
  return new Uint8Array(hash([outer, hash(inner)]));
};

// The firmware's own CTR mode ignores the iv, so counter blocks are made here and go through ECB, at
// most sixteen at a time to keep the extra memory at three times 256 bytes. Up to 65,536 blocks, a megabyte.
export const ctr = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array => {
  let at = 0;
  let word = 0;
  let words;
  let left = data.length;
  let part = data;
  let first = 0;
  let n = 0;
  let counters;
  block.set(iv);
  while (left > 0) {
    n = left > 256 ? 16 : (left + 15) >> 4;
    if (left > 256) part = data.subarray(first * 16, first * 16 + 256);
    else if (first) part = data.subarray(first * 16);
    block[14] = first >> 8;
    counters = bytes({ data: block, count: n });
    while (n) counters[n * 16 - 1] = first + --n;
    words = new Int32Array(bytes(part, 0, 0, 0).buffer);
    at = 0;
    // Words beyond the end are not stored.
    for (word of new Int32Array(encrypt(counters, key, ecb))) words[at++] ^= word;
    part.set(new Uint8Array(words.buffer, 0, left > 256 ? 256 : left));
    left -= 256;
    first += 16;
  }
  return data;
};
