import test from "ava";
import { imageOf, patchedRom } from "../../sim/emulated/rp2040.ts";

test("firmware as .bin is taken as it is, as .uf2 block by block", (t) => {
  const bin = Uint8Array.of(0, 1, 2, 3, 4);
  t.deepEqual(imageOf(bin), bin);
  // two blocks of 256 bytes, the later one first
  const uf2 = new Uint8Array(1024);
  const view = new DataView(uf2.buffer);
  [
    [0x10000100, 7],
    [0x10000000, 9],
  ].forEach(([to, byte], i) => {
    [0x0a324655, 0x9e5d5157, 0x2000, to!, 256].forEach((word, n) => {
      view.setUint32(i * 512 + n * 4, word, true);
    });
    uf2.fill(byte!, i * 512 + 32, i * 512 + 288);
  });
  t.deepEqual(
    imageOf(uf2),
    Uint8Array.from({ length: 512 }, (_, i) => (i < 256 ? 9 : 7)),
  );
});

test("functions of the boot ROM stop at a breakpoint of their number and return; others stay", (t) => {
  const rom = new Uint8Array(0x100).fill(0xaa);
  const view = new DataView(rom.buffer);
  view.setUint16(0x14, 0x40, true);
  // a table: RE at 0x81 (Thumb), MS at 0x91, end
  [
    ["RE", 0x81],
    ["MS", 0x91],
  ].forEach(([code, at], i) => {
    rom.set(Buffer.from(code as string), 0x40 + i * 4);
    view.setUint16(0x42 + i * 4, at as number, true);
  });
  view.setUint16(0x48, 0, true);
  const patched = new Uint8Array(patchedRom(rom, { RE: 5 }).buffer);
  t.deepEqual([...patched.subarray(0x80, 0x84)], [0x05, 0xbe, 0x70, 0x47]);
  patched.set(rom.subarray(0x80, 0x84), 0x80);
  t.deepEqual(patched, rom);
});
