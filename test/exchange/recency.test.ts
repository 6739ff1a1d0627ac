import test from "ava";
import fc from "fast-check";
import { lob, pieceOf, stamp, stampOf } from "../../src/index.ts";
import { bytes, hex } from "../helpers/core.ts";

test("what is stamped is read as it was stamped", (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4294967295 }),
      fc.constantFrom(0, 1, 2),
      fc.uint8Array({ maxLength: 50 }),
      (at, piece, body) => {
        const inner = stamp(at, piece, body);
        t.is(inner.length, 2 + (piece ? 5 : 4) + body.length);
        const packet = lob.decode(inner);
        t.deepEqual([stampOf(packet), pieceOf(packet), hex(packet.body)], [at, piece, hex(body)]);
      },
    ),
    { seed: 15, numRuns: 300 },
  );
  for (const at of [1, 127, 128, 65535, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1])
    t.is(stampOf(lob.decode(stamp(at, 0, bytes("")))), at);
});

test("a HEAD of four bytes, big-endian", (t) => {
  t.is(hex(stamp(0x01020304, 0, bytes("aa"))), "000401020304aa");
  t.is(hex(stamp(0xfffefdfc, 1, bytes("aa"))), "0005fffefdfc01aa");
});

test("a JSON HEAD may have the number instead; all that is no number is 0", (t) => {
  const read = (json: object): number => stampOf(lob.decode(lob.encode(json as never)));
  t.is(read({ at: 7, type: "x" }), 7);
  t.is(read({ at: 4294967295 }), 4294967295);
  for (const at of [0, -1, 0.5, "7", null, true, [7], {}, 4294967296, 1e300])
    t.is(read({ at, type: "x" }), 0, JSON.stringify(at));
  for (const packet of ["0000", "000101", "0003010203", "0006010203040506", `0007${"00".repeat(7)}`, "000400000000"])
    t.is(stampOf(lob.decode(bytes(packet))), 0, packet);
});
