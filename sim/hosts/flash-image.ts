// The file espruino.flash, in which Espruino's Linux build keeps its Storage. Espruino 2v29, src/jsflash.c: files stand one
// behind the other from the start, each behind a header of 32 bytes, a word of size (flags in its top byte) and 28 bytes of
// name; the first word of a name is zero where the file was erased. What is free is 0xff.

import type { StorageImage } from "../types.ts";

/** Bytes of the flash of the Linux build. boards/LINUX.py */
const SIZE = 256 * 1024;
const HEADER = 32;
const PAGE = 1024;

const aligned = (size: number): number => (size + 3) & ~3;

/** A flash with these files, in this order. Throws RangeError where they do not fit. */
export function writeFlash(files: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array {
  const flash = Buffer.alloc(SIZE, 0xff);
  let at = 0;
  for (const [name, content] of files) {
    flash.writeUInt32LE(content.length, at);
    flash.fill(0, at + 4, at + HEADER);
    flash.write(name.slice(0, 28), at + 4, "latin1");
    flash.set(content, at + HEADER);
    at = aligned(at + HEADER + content.length);
  }
  return flash;
}

/** The files of a flash. */
export function readFlash(flash: Uint8Array): StorageImage {
  const bytes = Buffer.from(flash.buffer, flash.byteOffset, flash.length);
  const image: StorageImage = {};
  for (let at = 0; at + HEADER <= bytes.length;) {
    const word = bytes.readUInt32LE(at);
    // nothing more in this page; the next one may begin with a file
    if (word === 0xffffffff) {
      if (at % PAGE === 0) break;
      at = Math.ceil(at / PAGE) * PAGE;
      continue;
    }
    const size = word & 0xffffff;
    const name = bytes.toString("latin1", at + 4, at + HEADER).replace(/\0.*$/s, "");
    if (bytes.readUInt32LE(at + 4)) image[name] = Uint8Array.from(bytes.subarray(at + HEADER, at + HEADER + size));
    at = aligned(at + HEADER + size);
  }
  return image;
}
