/** Bytes as text: base32 (RFC 4648, lower case, no padding: keys and hashnames; telehash v3, base32.md) and hex. */
import { fail } from "#platform/engine";

/** Bytes that are turned into text at once: letters one by one make ropes, which take 30 times as much memory. */
const PART = 1000;

function write(bytes: Uint8Array, alphabet: string, bits: number): string {
  if (bytes.length > PART)
    return write(bytes.subarray(0, PART), alphabet, bits) + write(bytes.subarray(PART), alphabet, bits);
  const letters: number[] = [];
  let value = 0;
  let have = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    have += 8;
    while (have >= bits) {
      have -= bits;
      letters.push(alphabet.charCodeAt((value >> have) & ((1 << bits) - 1)));
    }
    value &= 255;
  }
  if (have) letters.push(alphabet.charCodeAt((value << (bits - have)) & ((1 << bits) - 1)));
  return String.fromCharCode.apply(null, letters);
}

/** Bytes of digits of so many bits. What is left over must be zero bits, less than a digit's: no two texts mean the same. */
function read(text: string, alphabet: string, bits: number): Uint8Array {
  const bytes = new Uint8Array((text.length * bits) >> 3);
  let value = 0;
  let have = 0;
  let at = 0;
  for (const letter of text) {
    const digit = alphabet.indexOf(letter);
    if (digit < 0) fail("BASE32");
    value = (value << bits) | digit;
    have += bits;
    if (have > 7) {
      have -= 8;
      bytes[at++] = value >> have;
      value &= (1 << have) - 1;
    }
  }
  if (value || have >= bits) fail("BASE32");
  return bytes;
}

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";
const HEX = "0123456789abcdef";

export function toBase32(bytes: Uint8Array): string {
  return write(bytes, BASE32, 5);
}

/** @throws BASE32 where the text has another character or a length that no bytes give */
export function fromBase32(text: string): Uint8Array {
  return read(text, BASE32, 5);
}

export function toHex(bytes: Uint8Array): string {
  return write(bytes, HEX, 4);
}

/** @throws BASE32 where the text is not lower-case hex of whole bytes */
export function fromHex(text: string): Uint8Array {
  return read(text, HEX, 4);
}
