import test from "ava";
import fc from "fast-check";
import { BleMedium, dataAir } from "../../../sim/media/ble.ts";
import type { BleOptions } from "../../../sim/media/ble.ts";
import type { Transmission } from "../../../sim/media/medium.ts";
import { SimError } from "../../../sim/errors.ts";
import { golden, table } from "./golden.ts";
import { TestAir } from "./test-air.ts";

/** A central and peripherals s0, s1, ..., connected by 400 ms. */
async function made(options: Omit<BleOptions, "central"> = {}, count = 1, seed = 1): Promise<TestAir> {
  const air = new TestAir(new BleMedium({ central: "hub", ...options }), seed);
  air.medium.join({ name: "hub" });
  air.crowd(count, "s", () => ({}));
  return air.run(400);
}
const us = (ms: number): number => Math.round(ms * 1000);
const data = (air: TestAir): Transmission[] => air.heard.filter(({ type }) => type !== "ack");

test("PDUs take as long as the standard says", (t) => {
  // Vol 6 Part B 2.1 and 2.2: empty, 27, 251 bytes
  t.deepEqual(
    [0, 27, 251].map((n) => us(dataAir("1M", n))),
    [80, 296, 2088],
  );
  t.deepEqual(
    [0, 27, 251].map((n) => us(dataAir("2M", n))),
    [44, 152, 1048],
  );
  t.deepEqual(
    [0, 27, 251].map((n) => us(dataAir("coded", n))),
    [720, 2448, 16784],
  );
  t.deepEqual(
    [0, 27, 251].map((n) => us(dataAir("coded-s2", n))),
    [462, 894, 4478],
  );
});

test("a frame goes at the next anchor and is answered, to the microsecond", async (t) => {
  const air = await made({ interval: 50 });
  t.deepEqual(
    air.linked.map(({ station, up, mtu }) => [station, up, mtu]),
    [["s0", true, 23]],
  );
  t.true(air.linked[0]!.time <= 385);
  air.send(450, "s0", 20, "hub").send(520, "hub", 20, "s0");
  await air.run(700);
  const [poll, up, down, answer] = air.heard as [Transmission, Transmission, Transmission, Transmission];
  t.deepEqual([poll.from, poll.type, poll.air], ["hub", "ack", 0.08]);
  t.true(poll.start >= 450 && poll.start < 500);
  t.is(us(up.start - poll.start), 80 + 150);
  t.is(up.air, 0.296);
  t.deepEqual(up.detail, {
    event: poll.detail!["event"]!,
    sn: 0,
    nesn: 1,
    md: 0,
    part: 0,
    parts: 1,
    offset: 0,
    length: 27,
  });
  t.is(us(down.start - poll.start) % 50_000, 0);
  t.is(us(answer.start - down.start), 296 + 150);
  t.deepEqual([answer.type, answer.detail!["nesn"]], ["ack", 0]);
  t.deepEqual(
    air.arrived.map(({ time, to }) => [us(time), to]),
    [
      [us(up.start + 0.296), "hub"],
      [us(down.start + 0.296), "s0"],
    ],
  );
  t.is(air.medium.frameSize, 20);
  t.throws(
    () => {
      air.medium.send("s0", new Uint8Array(21));
    },
    { message: /1 to 20/ },
  );
});

test("connections hop over the data channels, each by a step of its own from 5 to 16", async (t) => {
  const air = await made({ interval: 10 }, 3);
  for (let i = 0; i < 100; i++) air.send(500 + i * 10, "hub", 5);
  await air.run(2000);
  for (const name of ["s0", "s1", "s2"]) {
    const events = air.heard
      .filter(({ from }) => from === name)
      .map(({ channel, detail }) => [detail!["event"]!, channel!] as const);
    const steps = Array.from({ length: 12 }, (_, i) => i + 5).filter((step) =>
      events.every(([event, channel]) => (step * (event + 1)) % 37 === channel),
    );
    t.is(steps.length, 1);
    t.is(new Set(events.map(([, channel]) => channel)).size, 37);
  }
});

test("a long frame is cut into PDUs, of one event as far as its time goes", async (t) => {
  const air = await made({ interval: 100, mtu: 247, eventLength: 4 });
  air.send(500, "s0", 244, "hub");
  await air.run(1000);
  // 251 bytes: nine of 27, and 8; poll, 150 us, PDU, 150 us: 676 us an exchange, so 5 fit into 4 ms, without the last pause
  const parts = data(air);
  t.deepEqual(
    parts.map(({ detail }) => detail!["length"]),
    [27, 27, 27, 27, 27, 27, 27, 27, 27, 8],
  );
  t.deepEqual(
    parts.map(({ detail }) => detail!["offset"]),
    [0, 20, 47, 74, 101, 128, 155, 182, 209, 236],
  );
  t.deepEqual(
    parts.map(({ detail }) => detail!["event"]! - parts[0]!.detail!["event"]!),
    [0, 0, 0, 0, 0, 0, 1, 1, 1, 1],
  );
  t.is(us(parts[1]!.start - parts[0]!.start), 676);
  t.deepEqual(
    air.arrived.map(({ time, bytes }) => [us(time), bytes.length]),
    [[us(parts[9]!.start + parts[9]!.air), 244]],
  );
  t.deepEqual(
    parts.map(({ rx }) => rx[0]!.arrivals.length),
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  );
  const long = await made({ interval: 100, mtu: 247, dataLength: 251, phy: "2M" });
  long.send(500, "s0", 244, "hub");
  await long.run(1000);
  t.deepEqual(
    data(long).map(({ air: ms }) => ms),
    [1.048],
  );
});

test("property: whatever is lost, every frame arrives once and in order, both ways", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 1e6 }),
        loss: fc.double({ min: 0, max: 0.6, noNaN: true }),
        latency: fc.integer({ min: 0, max: 4 }),
        count: fc.integer({ min: 1, max: 4 }),
        sizes: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 }),
      }),
      async ({ seed, loss, latency, count, sizes }) => {
        const air = new TestAir(
          new BleMedium({ central: "hub", interval: 15, mtu: 103, latency, loss, supervision: 32000 }),
          seed,
        );
        air.medium.join({ name: "hub" });
        air.crowd(count, "s", () => ({}));
        await air.run(8000);
        if (air.linked.length < count) return;
        sizes.forEach((size, i) => {
          for (let s = 0; s < count; s++) {
            air.send(8000 + i * 20, `s${s}`, size, "hub");
            air.send(8000 + i * 20, "hub", size, `s${s}`);
          }
        });
        await air.run(30_000);
        for (let s = 0; s < count; s++) {
          t.deepEqual(
            air.arrived.filter(({ from }) => from === `s${s}`).map(({ bytes }) => bytes.length),
            sizes,
          );
          t.deepEqual(
            air.arrived.filter(({ to }) => to === `s${s}`).map(({ bytes }) => bytes.length),
            sizes,
          );
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("peripheral latency: what goes down waits until the peripheral listens, what goes up does not", async (t) => {
  const air = await made({ interval: 20, latency: 9 });
  for (let i = 0; i < 50; i++) air.send(1000 + i * 210, "hub", 5, "s0").send(1105 + i * 210, "s0", 5, "hub");
  await air.run(12_000);
  const waits = (from: string): number[] =>
    data(air)
      .filter((one) => one.from === from)
      .map(({ start }, i) => start - (from === "hub" ? 1000 : 1105) - i * 210);
  t.true(waits("s0").every((ms) => ms >= 0 && ms < 20.3));
  t.true(waits("hub").every((ms) => ms >= 0 && ms < 200));
  t.true(Math.max(...waits("hub")) > 100);
  // or goes along where it does anyway
  const awake = new Set(
    data(air)
      .filter(({ from }) => from === "s0")
      .map(({ detail }) => detail!["event"]!),
  );
  const down = data(air)
    .filter(({ from }) => from === "hub")
    .map(({ detail }) => detail!["event"]!);
  t.true(down.every((event) => event % 10 === 0 || awake.has(event)));
  t.true(down.some((event) => event % 10));
});

test("idle connections cost no events, and their radio time is counted", async (t) => {
  const air = await made({ interval: 100, latency: 4 }, 100);
  const before = air.engine.events;
  await air.run(3_600_400);
  t.is(air.engine.events, before);
  const { tx, rx, listening } = air.medium.usage("s0");
  // an event each 500 ms: an empty PDU of 80 us each way; 100 millionths of 500 ms and 16 us before and after
  t.true(Math.abs(tx - 7200 * 0.08) < 0.2, `${tx}`);
  t.is(rx, tx);
  t.true(Math.abs(listening - 7200 * 2 * (0.05 + 0.016)) < 0.3, `${listening}`);
  const hub = air.medium.usage("hub");
  t.true(Math.abs(hub.tx - 100 * 36_000 * 0.08) < 100);
  t.true(Math.abs(hub.rx - 100 * 7200 * 0.08) < 20);
});

test("a partition longer than the supervision timeout ends a connection; afterwards it comes again", async (t) => {
  const air = await made({ interval: 50, supervision: 1000 }, 2);
  t.is(air.linked.length, 2);
  air.engine.at(1000, () => {
    air.medium.part([["s0"], ["hub"]]);
  });
  air.send(1500, "s0", 5, "hub").send(1500, "s0", 6, "hub").send(1500, "s1", 7, "hub").send(2500, "s0", 8, "hub");
  air.engine.at(5000, () => {
    air.medium.part(undefined);
  });
  air.send(6000, "s0", 9, "hub");
  await air.run(7000);
  const [down, up] = air.linked.slice(2);
  t.deepEqual([down!.station, down!.up, up!.station, up!.up], ["s0", false, "s0", true]);
  t.true(down!.time >= 2000 && down!.time < 2060, `${down!.time}`);
  t.true(up!.time > 5000 && up!.time <= 5385);
  t.deepEqual(
    air.arrived.map(({ bytes }) => bytes.length),
    [7, 9],
  );
  t.deepEqual(
    air.heard.filter(({ attempt }) => attempt === 0).map(({ bytes, rx }) => [bytes.length, rx[0]!.why]),
    [
      [5, "away"],
      [6, "away"],
      [8, "away"],
    ],
  );
});

test("a short one only delays; an idle connection notices a long one as well", async (t) => {
  const air = await made({ interval: 50, supervision: 1000 });
  air.engine.at(1000, () => {
    air.medium.part([["s0"], ["hub"]]);
  });
  air.send(1010, "s0", 5, "hub");
  air.engine.at(1900, () => {
    air.medium.part(undefined);
  });
  await air.run(2500);
  t.is(air.linked.length, 1);
  t.true(air.arrived.length === 1 && air.arrived[0]!.time > 1900 && air.arrived[0]!.time < 1951);
  air.engine.at(3000, () => {
    air.medium.part([["s0"], ["hub"]]);
  });
  await air.run(10_000);
  t.deepEqual(air.linked.slice(1), [{ time: 4000, station: "s0", up: false }]);
});

test("a link that loses all of a busy connection ends it", async (t) => {
  const shares = [
    [0, 0],
    [1000, 1],
    [4000, 0],
  ] as const;
  const air = await made({ interval: 50, supervision: 1000, links: { "s0>hub": { shares } } });
  air.send(1000, "s0", 5, "hub");
  await air.run(6000);
  const [, down, up] = air.linked;
  t.true(!down!.up && down!.time >= 2000 && down!.time <= 2100);
  t.true(up!.up && up!.time >= 4000 && up!.time <= 4400);
  t.is(air.linked.length, 3);
});

test("a radio that goes and comes: the other side finds out later, then it connects anew", async (t) => {
  const air = await made({ interval: 50, supervision: 1000 });
  air.send(1000, "s0", 5, "hub");
  air.engine.at(1000, () => {
    air.medium.reach("s0", false);
    air.medium.reach("s0", true);
  });
  air.send(2500, "s0", 6, "hub");
  await air.run(3000);
  const [, down, up] = air.linked;
  t.deepEqual([down!.time, down!.up], [2000, false]);
  t.true(up!.up && up!.time >= 2000 && up!.time <= 2385);
  t.deepEqual(
    air.arrived.map(({ bytes }) => bytes.length),
    [6],
  );
  // the central's, and off for good
  air.medium.reach("hub", false);
  await air.run(5000);
  t.deepEqual(air.linked.slice(3), [{ time: 4000, station: "s0", up: false }]);
  air.medium.reach("hub", true);
  await air.run(5400);
  t.is(air.linked.length, 5);
});

test("too far away: no connection", async (t) => {
  const air = new TestAir(new BleMedium({ central: "hub" }));
  air.medium.join({ name: "near", position: [60, 0] });
  air.medium.join({ name: "far", position: [80, 0] });
  air.medium.join({ name: "hub", position: [0, 0] });
  await air.run(10_000);
  t.deepEqual(
    air.linked.map(({ station }) => station),
    ["near"],
  );
  air.send(10_000, "near", 5);
  await air.run(10_100);
  // 40 + 30 log10(60)
  t.is(data(air)[0]!.rx[0]!.rssi, -93.34);
});

test("the central has one radio: of events that overlap the later one is skipped, and then has its turn", async (t) => {
  // 10 stations that keep the whole of their 3.75 ms busy, in an interval of 15
  const run = async (exclusive: boolean): Promise<TestAir> => {
    const air = await made({ interval: 15, mtu: 247, exclusive }, 10);
    for (let s = 0; s < 10; s++) for (let i = 0; i < 20; i++) air.send(500, `s${s}`, 244, "hub");
    return air.run(1200);
  };
  const one = await run(true);
  const sorted = [...one.heard].sort((a, b) => a.start - b.start);
  t.true(
    sorted.every(({ start }, i) => i === 0 || start >= sorted[i - 1]!.start + sorted[i - 1]!.air),
    "nothing of it overlaps",
  );
  const each = Array.from({ length: 10 }, (_, s) => one.arrived.filter(({ from }) => from === `s${s}`).length);
  t.true(Math.min(...each) >= 2, each.join());
  const all = await run(false);
  t.true(all.arrived.length > 1.3 * one.arrived.length, `${all.arrived.length} ${one.arrived.length}`);
});

test("packed anchors do not overlap", async (t) => {
  const air = await made({ interval: 15, mtu: 247, anchors: "packed" }, 4);
  for (let s = 0; s < 4; s++) for (let i = 0; i < 10; i++) air.send(500, `s${s}`, 244, "hub");
  await air.run(2000);
  t.is(air.arrived.length, 40);
  const events = new Map<string, number[]>();
  for (const { from, detail } of data(air)) events.set(from, [...(events.get(from) ?? []), detail!["event"]!]);
  for (const of of events.values()) t.true(of.at(-1)! - of[0]! === new Set(of).size - 1, "no event is skipped");
});

test("a frame to another peripheral, and options that are none", async (t) => {
  const air = await made({}, 2);
  air.send(500, "s0", 5, "s1").send(500, "hub", 6);
  await air.run(600);
  t.deepEqual(air.arrived.map(({ to, bytes }) => [to, bytes.length]).sort(), [
    ["s0", 6],
    ["s1", 6],
  ]);
  t.is(air.fates().deaf, 1);
  const wrong: Omit<BleOptions, "central">[] = [
    { interval: 7 },
    { interval: 8 },
    { latency: -1 },
    { supervision: 50 },
    { interval: 4000 },
    { dataLength: 26 },
    { mtu: 20 },
  ];
  for (const options of wrong)
    t.is(t.throws(() => new BleMedium({ central: "hub", ...options }), { instanceOf: SimError })?.code, "options");
});

test("the same seed, the same air; another seed, another", async (t) => {
  const run = async (seed: number): Promise<Transmission[]> => {
    const air = await made({ loss: 0.2, interval: 15 }, 5, seed);
    air.poisson(["s0", "s1", "s2", "s3", "s4"], 50, 20, 2000, "hub");
    return (await air.run(3000)).heard;
  };
  const one = await run(1);
  t.true(one.length > 300);
  t.deepEqual(await run(1), one);
  t.notDeepEqual(await run(2), one);
});

test("delay by frame size", async (t) => {
  const rows: (string | number)[][] = [];
  for (const size of [1, 20, 60, 100, 180, 244]) {
    const air = new TestAir(new BleMedium({ central: "hub", interval: 30, mtu: 247, loss: 0.1 }), 1);
    air.medium.join({ name: "hub" });
    const names = air.crowd(10, "s", () => ({}));
    await air.run(2000);
    const sent = new Map<Uint8Array, number>();
    const { medium } = air;
    const send = medium.send.bind(medium);
    medium.send = (from, bytes, to) => {
      sent.set(bytes, air.engine.time);
      send(from, bytes, to);
    };
    air.poisson(names, 500, size, 30_000, "hub");
    await air.run(40_000);
    const delays = air.arrived.map(({ time, bytes }) => time - sent.get(bytes)!).sort((a, b) => a - b);
    const at = (share: number): string => delays[Math.floor(share * delays.length)]!.toFixed(1);
    rows.push([size, sent.size, delays.length, (data(air).length / sent.size).toFixed(3), at(0.5), at(0.9), at(0.99)]);
  }
  golden(
    t,
    "ble.txt",
    table(
      "BLE connections: 10 peripherals, interval 30 ms, PDUs of 27 bytes, a frame each 500 ms on average to the central, 10 % loss on each link, 30 s",
      ["bytes", "frames", "arrived", "PDUs/frame", "ms: 50 %", "90 %", "99 %"],
      rows,
    ),
  );
});
