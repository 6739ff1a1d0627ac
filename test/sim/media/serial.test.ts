import test from "ava";
import fc from "fast-check";
import { SerialMedium } from "../../../sim/media/serial.ts";
import type { SerialOptions } from "../../../sim/media/serial.ts";
import { SimError } from "../../../sim/errors.ts";
import { TestAir } from "./test-air.ts";

const made = (options: SerialOptions = {}): TestAir => {
  const air = new TestAir(new SerialMedium(options));
  air.crowd(2, "s", () => ({}));
  return air;
};
const numbers = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => i);

test("ten bits a byte, both directions at once, writes one after the other", async (t) => {
  const air = made();
  air.send(0, "s0", 96).send(0, "s0", 48).send(0, "s1", 96);
  await air.run(1000);
  // 9,600 bit/s: 100 ms for 96 bytes
  t.deepEqual(
    air.arrived.map(({ time, to, bytes }) => [time, to, bytes.length]),
    [
      [100, "s1", 96],
      [100, "s0", 96],
      [150, "s1", 48],
    ],
  );
  t.deepEqual(
    air.heard.map(({ start, air: ms }) => [start, ms]),
    [
      [0, 100],
      [100, 50],
      [0, 100],
    ],
  );
  t.is(air.medium.frameSize, 256);
  const fast = made({ baud: 115_200, bits: 11, piece: 8 });
  fast.send(0, "s0", numbers(20));
  await fast.run(10);
  // 11 bits of 8.68 us
  t.deepEqual(
    fast.arrived.map(({ time, bytes }) => [time, bytes[0], bytes.length]),
    [
      [0.764, 0, 8],
      [1.528, 8, 8],
      [1.91, 16, 4],
    ],
  );
});

test("a line has two ends", (t) => {
  const air = made();
  t.is(
    t.throws(
      () => {
        air.medium.join({ name: "third" });
      },
      { instanceOf: SimError },
    )?.code,
    "endpoint",
  );
});

test("a receiver that reads slowly: what fits into its buffer arrives, the rest is lost", async (t) => {
  // 960 bytes a second come, 480 are read: one of two stays, so that the buffer of 16 is full after about 32
  const air = made({ buffer: 16, reads: 480 });
  air.send(0, "s0", numbers(20)).send(1000, "s0", numbers(132));
  await air.run(3000);
  t.deepEqual([...air.arrived[0]!.bytes], [...numbers(20)]);
  // 10.5 bytes are in the buffer when the last one comes, itself included
  t.is(air.arrived[0]!.time, 20 / 0.96 + 10.5 / 0.48 === 42.708333333333336 ? 42.708 : -1);
  const { bytes } = air.arrived[1]!;
  t.deepEqual([...bytes.subarray(0, 31)], [...numbers(31)]);
  t.true(Math.abs(bytes.length - (32 + 50)) <= 2, `${bytes.length}`);
  t.is(air.heard[1]!.detail!["lost"], 132 - bytes.length);
  t.deepEqual(air.heard[1]!.rx, [{ to: "s1", fate: "lost", arrivals: [], why: "full" }]);
});

test("property: no byte is lost while the reader is as fast as the line, whatever is written", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 1, max: 256 })), {
        minLength: 1,
        maxLength: 8,
      }),
      async (writes) => {
        const air = made({ buffer: 2, reads: 961 });
        for (const [time, size] of writes) air.send(time, "s0", numbers(size));
        await air.run(5000);
        t.is(
          air.arrived.reduce((sum, { bytes }) => sum + bytes.length, 0),
          writes.reduce((sum, [, size]) => sum + size, 0),
        );
      },
    ),
    { numRuns: 30 },
  );
});

test("noise changes a share of the bytes, and never into themselves", async (t) => {
  const air = made({ errors: 0.1, baud: 1_000_000 });
  for (let i = 0; i < 100; i++) air.send(i * 10, "s0", numbers(200));
  await air.run(2000);
  const changed = air.arrived.reduce((sum, { bytes }) => sum + bytes.filter((byte, i) => byte !== i).length, 0);
  t.is(
    changed,
    air.heard.reduce((sum, { detail }) => sum + (detail?.["damaged"] ?? 0), 0),
  );
  // 20,000 bytes: four standard deviations
  t.true(Math.abs(changed - 2000) < 170, `${changed}`);
});

test("a plug that is pulled", async (t) => {
  const air = made();
  air.medium.reach("s1", false);
  air.send(0, "s0", 10);
  await air.run(50);
  t.deepEqual([air.arrived, air.fates()], [[], { delivered: 0, away: 1 }]);
});
