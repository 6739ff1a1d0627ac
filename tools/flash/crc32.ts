const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/**
 * CRC-32 (IEEE 802.3), as E.CRC32 computes it. It is the one hash that every board's firmware has and that takes a
 * file from flash piece by piece: crypto.SHA256 is not on all, and copies what it hashes to the stack.
 */
export function crc32(data: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of data) c = (c >>> 8) ^ table[(c ^ byte) & 255]!;
  return ~c >>> 0;
}
