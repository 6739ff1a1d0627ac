import test from "ava";
import { UdpMedium } from "../../../sim/media/udp.ts";
import type { UdpOptions } from "../../../sim/media/udp.ts";
import { TestAir } from "./test-air.ts";

const made = (options: UdpOptions = {}): TestAir => {
  const air = new TestAir(new UdpMedium(options));
  air.crowd(3, "s", () => ({}));
  return air;
};

test("datagrams of up to 1472 bytes arrive after the latency", async (t) => {
  const air = made({ latency: 7, rate: 1e6 });
  air.send(1, "s0", 97, "s1").send(1, "s0", 1472);
  await air.run(100);
  // 28 bytes of headers; 8 us a byte
  t.deepEqual(
    air.arrived.map(({ time, to, bytes }) => [time, to, bytes.length]),
    [
      [9, "s1", 97],
      [21, "s1", 1472],
      [21, "s2", 1472],
    ],
  );
  t.deepEqual(
    air.heard.map(({ start, air: ms }) => [start, ms]),
    [
      [1, 1],
      [2, 12],
    ],
  );
  t.throws(
    () => {
      air.medium.send("s0", new Uint8Array(1473));
    },
    { message: /1 to 1472/ },
  );
  t.is(new UdpMedium({ mtu: 576 }).frameSize, 548);
});

test("loss, duplication and reordering come near what was asked; jitter alone keeps the order", async (t) => {
  const run = async (options: UdpOptions): Promise<TestAir> => {
    const air = made(options);
    for (let i = 0; i < 5000; i++) air.send(i, "s0", Uint8Array.of(i & 255, i >> 8), "s1");
    return air.run(6000);
  };
  const order = (air: TestAir): number => {
    const numbers = air.arrived.map(({ bytes }) => bytes[0]! + 256 * bytes[1]!);
    return numbers.filter((n, i) => n < (numbers[i - 1] ?? 0)).length;
  };
  const jitter = await run({ jitter: 30 });
  t.is(order(jitter), 0);
  t.true(jitter.heard.every(({ start, rx }) => rx[0]!.arrivals[0]! >= start + 5));
  t.true(jitter.heard.some(({ start, rx }) => rx[0]!.arrivals[0]! > start + 30));
  const all = await run({ loss: 0.1, duplication: 0.05, reordering: 0.2 });
  // four standard deviations of 5,000
  const share = (count: number, of: number, p: number): boolean =>
    Math.abs(count / of - p) < 4 * Math.sqrt((p * (1 - p)) / of);
  t.true(share(all.fates().loss!, 5000, 0.1));
  const { delivered } = all.fates();
  t.true(share(all.heard.filter(({ rx }) => rx[0]!.duplicated).length, delivered, 0.05));
  t.true(share(all.heard.filter(({ rx }) => rx[0]!.reordered).length, delivered, 0.2));
  t.true(order(all) > 500);
  t.is(all.arrived.length, delivered + all.heard.filter(({ rx }) => rx[0]!.duplicated).length);
});

test("who is away, or parted, gets nothing", async (t) => {
  const air = made();
  air.medium.part([["s0"], ["s1"]]);
  air.send(0, "s0", 5);
  await air.run(50);
  t.deepEqual(
    air.arrived.map(({ to }) => to),
    ["s2"],
  );
  air.send(60, "s0", 5, "s2");
  await air.run(62);
  air.medium.reach("s2", false);
  await air.run(100);
  t.is(air.arrived.length, 1, "it went while the datagram was on its way");
  t.deepEqual(air.fates(), { delivered: 2, away: 1 });
});
