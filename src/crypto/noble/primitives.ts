import { ctr as aesCtr } from "@noble/ciphers/aes.js";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

export const sha256 = (data: Uint8Array): Uint8Array => nobleSha256(data);

export const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array => nobleHmac(nobleSha256, key, data);

export const ctr = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array => {
  const counter = new Uint8Array(16);
  counter.set(iv);
  data.set(aesCtr(key, counter).encrypt(data));
  return data;
};
