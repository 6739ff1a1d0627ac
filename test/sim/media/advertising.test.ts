import test from "ava";
import { AdvertisingMedium } from "../../../sim/media/advertising.ts";
import type { AdvertisingOptions } from "../../../sim/media/advertising.ts";
import type { Transmission } from "../../../sim/media/medium.ts";
import { golden, table } from "./golden.ts";
import { TestAir } from "./test-air.ts";

const made = (options: AdvertisingOptions = {}, seed = 1, keep = true): TestAir =>
  new TestAir(new AdvertisingMedium(options), seed, keep);

test("an event is three PDUs, to the microsecond", async (t) => {
  const air = made({ delay: 0, gap: 0.2 });
  air.crowd(1);
  air.medium.join({ name: "scanner", radio: { channel: 38 } });
  // 16 bytes and 31, or 1, at 8 us
  air.send(5, "s0", 31).send(5, "s0", 1);
  await air.run(20);
  t.deepEqual(
    air.heard.map(({ start, air: ms, channel, attempt }) => [start, ms, channel, attempt]),
    [
      [5, 0.376, 37, 1],
      [5.576, 0.376, 38, 2],
      [6.152, 0.376, 39, 3],
      [6.528, 0.136, 37, 1],
      [6.864, 0.136, 38, 2],
      [7.2, 0.136, 39, 3],
    ],
  );
  t.deepEqual(
    air.arrived.map(({ time }) => time),
    [5.952, 7],
  );
  t.deepEqual(air.fates(), { delivered: 2, deaf: 4 });
  const { tx, sent, listening } = air.medium.usage("s0");
  t.deepEqual([Math.round(tx * 1000), sent, listening], [3 * 512, 6, 0]);
  const scanner = air.medium.usage("scanner");
  t.deepEqual([scanner.rx, scanner.received, scanner.listening], [0.512, 2, 20 - 0.512]);
});

test("advDelay is even between 0 and 10 ms, each station its own", async (t) => {
  const air = made();
  const names = air.crowd(200);
  for (const name of names) for (let i = 0; i < 10; i++) air.send(i * 100, name, 31);
  await air.run(1100);
  const delays = air.heard.filter(({ attempt }) => attempt === 1).map(({ start }) => start % 100);
  t.is(delays.length, 2000);
  t.true(delays.every((ms) => ms >= 0 && ms <= 10));
  // standard deviation of the mean: 0.065
  t.true(Math.abs(delays.reduce((sum, ms) => sum + ms) / 2000 - 5) < 0.26);
  t.true(new Set(delays).size > 1500);
});

test("a scanner takes the channels in turn, and hears what is within its window", async (t) => {
  const air = made({ delay: 0, interval: 30, window: 15 });
  air.crowd(1);
  air.medium.join({ name: "scanner" });
  for (let i = 0; i < 6000; i++) air.send(i * 2.003, "s0", 31);
  await air.run(12_100);
  const got = air.heard.filter(({ rx }) => rx[0]!.fate === "delivered");
  // a PDU of 0.376 ms must begin in the first 14.624 of 30 ms; each channel has a third of that
  for (const channel of [37, 38, 39])
    t.true(Math.abs(got.filter((one) => one.channel === channel).length - (2000 * 14.624) / 30) < 20);
  // in one interval one channel; the next one in the next
  const turns = got.map(({ start, channel }) => [Math.floor((start - got[0]!.start + 5) / 30), channel!] as const);
  t.true(turns.every(([turn, channel]) => channel === 37 + ((turns[0]![1] - 37 + turn) % 3)));
  t.true(Math.abs(air.medium.usage("scanner").listening + air.medium.usage("scanner").rx - 6050) < 0.001);
});

test("what is heard on two channels is delivered once", async (t) => {
  // the scanner's channel changes every 0.6 ms
  const air = made({ delay: 0, gap: 0.2, interval: 0.6 });
  air.crowd(1);
  air.medium.join({ name: "scanner" });
  for (let i = 0; i < 3000; i++) air.send(i * 7.001, "s0", 31);
  await air.run(3000 * 7.001 + 10);
  const double = air.heard.filter(({ rx }) => rx[0]!.duplicated);
  t.true(double.length > 100);
  t.true(double.every(({ rx }) => rx[0]!.fate === "delivered" && !rx[0]!.arrivals.length));
  t.is(air.arrived.length, air.fates().delivered - double.length);
});

test("a station that advertises does not scan meanwhile; one whose radio is off is not heard", async (t) => {
  const air = made({ delay: 0 });
  for (const name of ["one", "two"]) air.medium.join({ name, radio: { channel: 37 } });
  air.send(0, "one", 31).send(0.2, "two", 31);
  await air.run(10);
  t.deepEqual(air.fates(), { delivered: 0, deaf: 6 });
  air.medium.reach("one", false);
  air.send(20, "one", 31).send(30, "two", 31);
  await air.run(50);
  t.is(air.arrived.length, 0);
  t.is(air.heard.filter(({ from, attempt }) => from === "one" && attempt === 0).length, 1);
});

test("N advertisers collide as often as the closed form says", async (t) => {
  for (const count of [10, 50, 150]) {
    const air = made({ delay: 0 }, count, false);
    air.medium.join({ name: "scanner", radio: { channel: 37 } });
    const names = air.crowd(count);
    const events = 30_000 / count;
    const fates = { delivered: 0, collision: 0 };
    air.onHeard = ({ channel, rx }) => {
      if (channel === 37) fates[rx[0]!.why === "collision" ? "collision" : "delivered"]++;
    };
    for (const name of names) {
      const random = air.engine.random(`phase/${name}`);
      // advInterval of 100 ms, and what the standard adds to it
      let time = random() * 105;
      const next = (): void => {
        air.medium.send(name, new Uint8Array(31));
        time += 100 + 10 * random();
        air.engine.at(time, next);
      };
      air.engine.at(time, next);
    }
    await air.run(events * 105);
    const lost = fates.collision / (fates.collision + fates.delivered);
    // the others' PDUs on the channel are a Poisson process of (N - 1) / 105 ms; one may not begin 376 us before or after
    const share = 1 - Math.exp((-2 * 0.376 * (count - 1)) / 105);
    t.true(
      Math.abs(lost - share) <= 0.05 * share + 4 * Math.sqrt(share / 30_000) * (count < 50 ? 1 : 0),
      `${count}: ${lost}, not ${share}`,
    );
  }
});

test("the stronger one survives by 8 dB", async (t) => {
  const air = made({ delay: 0 });
  air.medium.join({ name: "scanner", position: [0, 0], radio: { channel: 37 } });
  for (const [name, x] of [
    ["near", 10],
    ["far", 19],
    ["farther", 18],
  ] as const)
    air.medium.join({ name, position: [x, 0], listens: false });
  air.send(0, "near", 31).send(0.1, "far", 31);
  air.send(10, "near", 31).send(10.1, "farther", 31);
  air.send(20, "far", 31).send(20.1, "near", 31);
  await air.run(30);
  t.deepEqual(
    air.heard.filter(({ channel }) => channel === 37).map(({ from, rx }) => [from, rx[0]!.why]),
    [
      ["near", undefined],
      ["far", "collision"],
      ["near", "collision"],
      ["farther", "collision"],
      ["far", "collision"],
      ["near", "collision"],
    ],
  );
  t.is(air.heard[0]!.rx[0]!.rssi, -70);
});

test("the same seed, the same air; another seed, another", async (t) => {
  const run = async (seed: number): Promise<Transmission[]> => {
    const air = made({ loss: 0.2 }, seed);
    air.medium.join({ name: "scanner" });
    air.poisson(air.crowd(30), 100, 31, 2000);
    return (await air.run(2100)).heard;
  };
  const one = await run(1);
  t.true(one.length > 1000);
  t.deepEqual(await run(1), one);
  t.notDeepEqual(await run(2), one);
});

test("loss by frame size", async (t) => {
  const rows: (string | number)[][] = [];
  for (const size of [1, 8, 16, 24, 31]) {
    const air = made({ loss: 0.05 });
    air.medium.join({ name: "scanner" });
    air.poisson(air.crowd(100), 100, size, 20_000);
    await air.run(21_000);
    const events = air.heard.filter(({ attempt }) => attempt === 1).length;
    const fates = air.fates();
    rows.push([
      size,
      events,
      (100 * (1 - air.arrived.length / events)).toFixed(2),
      fates.loss ?? 0,
      fates.collision ?? 0,
      fates.deaf ?? 0,
    ]);
  }
  golden(
    t,
    "advertising.txt",
    table(
      "BLE advertising: 100 stations, an event each 100 ms on average, one scanner, 5 % loss on each link, 20 s",
      ["bytes", "events", "lost %", "by loss", "collision", "deaf"],
      rows,
    ),
  );
});
