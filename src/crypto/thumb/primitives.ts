// AES and SHA-256 of the native code.
import { native } from "./native.ts";

export const sha256 = (data: Uint8Array): Uint8Array => native(2, 0, 0, data);

export const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array => native(3, key, 0, data);

export const ctr = (key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array => native(4, key, iv, data);
