import test from "ava";
import fc from "fast-check";
import { SimError } from "../../../sim/errors.ts";
import { LoRaMedium, eu868, eu868Bands, loraAirtime, loraSensitivity } from "../../../sim/media/lora.ts";
import type { LoRaOptions } from "../../../sim/media/lora.ts";
import type { Station } from "../../../sim/media/medium.ts";
import { Bench } from "../../device/radios/helpers.ts";
import { hosts } from "../helpers.ts";
import { golden, table } from "./golden.ts";
import { TestAir } from "./test-air.ts";

// Worked out by hand from 4.1.1.7 of the datasheet: symbols of the payload, header and all, then ms. The rows of 23 bytes are
// those of LoRaWAN calculators for 10 bytes of application data: 61.7, 113.2, 205.8, 370.7, 823.3 and 1482.8 ms.
const airtimes: [
  spreading: number,
  bandwidth: number,
  coding: number,
  bytes: number,
  symbols: number,
  ms: number,
  other?: object,
][] = [
  [7, 125, 5, 10, 28, 41.216],
  [7, 125, 5, 23, 48, 61.696],
  [8, 125, 5, 23, 43, 113.152],
  [9, 125, 5, 23, 38, 205.824],
  [10, 125, 5, 23, 33, 370.688],
  [11, 125, 5, 23, 38, 823.296],
  [12, 125, 5, 23, 33, 1482.752],
  [7, 125, 5, 64, 103, 118.016],
  [12, 125, 5, 64, 73, 2793.472],
  [12, 125, 5, 10, 18, 991.232],
  [7, 125, 5, 1, 13, 25.856],
  [7, 125, 5, 255, 378, 399.616],
  [12, 125, 8, 255, 416, 14032.896],
  [12, 125, 8, 51, 96, 3547.136],
  [7, 250, 5, 20, 43, 28.288],
  [7, 500, 5, 20, 43, 14.144],
  [8, 500, 6, 50, 86, 50.304],
  [9, 250, 5, 52, 68, 164.352],
  [10, 250, 7, 100, 155, 685.056],
  [11, 250, 5, 23, 33, 370.688],
  [12, 250, 5, 23, 33, 741.376],
  [12, 500, 8, 32, 56, 559.104],
  [11, 500, 5, 10, 18, 123.904],
  [7, 125, 5, 10, 28, 39.168, { preamble: 6 }],
  [7, 125, 5, 10, 28, 49.408, { preamble: 16 }],
  [7, 125, 5, 10, 23, 36.096, { crc: false }],
  [10, 125, 5, 12, 18, 247.808, { implicit: true }],
  [12, 125, 5, 1, 8, 663.552, { implicit: true, crc: false }],
  [12, 125, 5, 23, 28, 1318.912, { lowDataRate: false }],
];

test("airtimes are those of the datasheet's formula", (t) => {
  for (const [spreading, bandwidth, coding, bytes, symbols, ms, other = {}] of airtimes) {
    const modulation = { spreading, bandwidth, coding, preamble: 8, crc: true, implicit: false, ...other };
    t.is(loraAirtime(modulation, bytes), ms, `SF${spreading} ${bandwidth} kHz 4/${coding} ${bytes} bytes`);
    t.is(
      Math.round(ms / ((1 << spreading) / bandwidth) - modulation.preamble - 4.25),
      symbols,
      "the table agrees with itself",
    );
  }
});

test("airtime grows with length, in blocks; a step of spreading factor doubles the symbol", (t) => {
  const modulations = fc.record({
    spreading: fc.integer({ min: 7, max: 12 }),
    bandwidth: fc.constantFrom(125, 250, 500),
    coding: fc.integer({ min: 5, max: 8 }),
    preamble: fc.integer({ min: 6, max: 100 }),
    crc: fc.boolean(),
    implicit: fc.boolean(),
  });
  fc.assert(
    fc.property(modulations, fc.integer({ min: 1, max: 254 }), (m, bytes) => {
      const symbol = (1 << m.spreading) / m.bandwidth;
      const one = loraAirtime(m, bytes);
      const step = (loraAirtime(m, bytes + 1) - one) / symbol / m.coding;
      t.true(
        Math.abs(step - Math.round(step)) < 1e-6 && step > -1e-6 && step < 1 + 1e-6,
        "a byte takes a block more, or none",
      );
      t.is(one, Math.round(one * 1000) / 1000, "whole microseconds");
      const longer = loraAirtime({ ...m, preamble: m.preamble + 1 }, bytes);
      t.true(Math.abs(longer - one - symbol) < 1e-6);
      t.true(loraAirtime({ ...m, crc: true }, bytes) >= loraAirtime({ ...m, crc: false }, bytes));
      t.true(
        loraAirtime({ ...m, bandwidth: m.bandwidth * 2, lowDataRate: false }, bytes) * 2 -
          loraAirtime({ ...m, lowDataRate: false }, bytes) <
          0.0011,
      );
    }),
  );
});

const open: LoRaOptions = { dutyCycle: 1 };
const airOf = (options: LoRaOptions, ...stations: (Station | string)[]): TestAir =>
  new TestAir(new LoRaMedium(options)).join(...stations);
/** What became of each transmission, in order of their ends: who sent, and what each receiver got. */
const fates = (air: TestAir): string[] =>
  air.heard.map(({ from, rx }) => `${from}: ${rx.map(({ to, fate, why }) => `${to} ${why ?? fate}`).join(", ")}`);

test("a frame arrives after its airtime, at all that listen", async (t) => {
  const air = await airOf(open, "a", "b", "c", { name: "beacon", listens: false })
    .send(5, "a", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10))
    .run(1000);
  t.deepEqual(
    air.arrived.map(({ time, to, from }) => [time, to, from]),
    [
      [46.216, "b", "a"],
      [46.216, "c", "a"],
    ],
  );
  t.deepEqual([...air.arrived[0]!.bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.deepEqual(air.heard, [
    {
      start: 5,
      from: "a",
      bytes: air.arrived[0]!.bytes,
      air: 41.216,
      channel: 0,
      detail: { frequency: 868.1, spreading: 7, bandwidth: 125, coding: 5, power: 14 },
      rx: [
        { to: "b", fate: "delivered", arrivals: [46.216] },
        { to: "c", fate: "delivered", arrivals: [46.216] },
      ],
    },
  ]);
  const only = await airOf(open, "a", "b", "c").send(5, "a", 10, "c").run(1000);
  t.deepEqual(fates(only), ["a: c delivered"]);
  t.is(only.heard[0]!.to, "c");
});

test("frames have 1 to 255 bytes; stations are known", (t) => {
  const { medium } = airOf({}, "a");
  t.throws(() => medium.send("a", new Uint8Array(256)), { instanceOf: SimError, code: "frame-size" });
  t.throws(() => medium.send("a", new Uint8Array(0)), { code: "frame-size" });
  t.throws(() => medium.send("nobody", new Uint8Array(1)), { code: "endpoint" });
  t.throws(() => medium.send("a", new Uint8Array(1), "nobody"), { code: "endpoint" });
  for (const options of [
    { spreading: 6 },
    { spreading: 7.5 },
    { bandwidth: 100 },
    { coding: 9 },
    { channels: [] },
    { dutyCycle: 0 },
    { channels: [870.5], dutyCycle: eu868Bands },
  ]) {
    t.throws(() => new LoRaMedium(options), { instanceOf: SimError, code: "options" }, JSON.stringify(options));
  }
  t.throws(
    () => {
      medium.join({ name: "b", radio: { channel: 1 } });
    },
    { code: "options" },
  );
  t.throws(
    () => {
      medium.join({ name: "c", radio: { spreading: "7" } });
    },
    { code: "options" },
  );
});

for (const load of [0.1, 0.25, 0.5, 1]) {
  test(`pure ALOHA at a load of ${load}`, async (t) => {
    const count = 500;
    const sent = { 0.1: 40_000, 0.25: 40_000, 0.5: 50_000, 1: 80_000 }[load]!;
    const air = new TestAir(new LoRaMedium({ dutyCycle: 1, queue: 1000 }), 3, false);
    air.join("gateway");
    const names = air.crowd(count);
    let arrived = 0;
    let heard = 0;
    air.onArrival = () => {
      arrived++;
    };
    air.onHeard = () => {
      heard++;
    };
    const until = (sent / load) * 41.216;
    await air.poisson(names, (41.216 * count) / load, 10, until).run(until + 1000);
    t.true(Math.abs(heard / sent - 1) < 0.02, `${heard} frames`);
    const throughput = (arrived * 41.216) / until;
    t.true(
      Math.abs(throughput / (load * Math.exp(-2 * load)) - 1) < 0.05,
      `${throughput} for ${load * Math.exp(-2 * load)}`,
    );
  });
}

test("without positions, what overlaps on a channel with one spreading factor is lost", async (t) => {
  const stations = ["r", ...["a", "b", "c"].map((name) => ({ name, listens: false }))];
  t.deepEqual(
    fates(
      await airOf(open, ...stations)
        .send(0, "a", 10)
        .send(41.215, "b", 10)
        .run(200),
    ),
    ["a: r collision", "b: r collision"],
  );
  t.deepEqual(
    fates(
      await airOf(open, ...stations)
        .send(0, "a", 10)
        .send(41.216, "b", 10)
        .run(200),
    ),
    ["a: r delivered", "b: r delivered"],
  );
  t.deepEqual(
    fates(
      await airOf(open, ...stations)
        .send(0, "a", 10)
        .send(40, "b", 10)
        .send(80, "c", 10)
        .run(200),
    ),
    ["a: r collision", "b: r collision", "c: r collision"],
    "a chain",
  );
  const gateway = { name: "r", radio: { gateway: true } };
  const slow = { name: "s", listens: false, radio: { spreading: 9 } };
  t.deepEqual(
    fates(await airOf(open, gateway, "a", slow).send(0, "a", 10).send(1, "s", 10).run(400)),
    ["a: r delivered", "s: r delivered"],
    "spreading factors",
  );
  const beside = [
    { name: "a", listens: false, radio: { channel: 0 } },
    { name: "b", listens: false, radio: { channel: 1 } },
  ];
  t.deepEqual(
    fates(
      await airOf({ ...open, channels: eu868 }, gateway, ...beside)
        .send(0, "a", 10)
        .send(1, "b", 10)
        .run(400),
    ),
    ["a: r delivered", "b: r delivered"],
    "channels",
  );
});

/** A gateway, and senders to be heard with so many dBm, at one spreading factor each. */
const powers = (options: LoRaOptions, senders: { [name: string]: [dBm: number, spreading?: number] }): TestAir =>
  airOf(
    { ...options, dutyCycle: 1, propagation: { reference: 0 } },
    { name: "r", position: [0, 0], radio: { gateway: true } },
    ...Object.entries(senders).map(([name, [power, spreading = 7]]): Station => ({
      name,
      listens: false,
      position: [0, 0],
      radio: { power, spreading },
    })),
  );

test("the stronger of two survives if it is 6 dB above", async (t) => {
  const both = async (options: LoRaOptions, a: number, b: number): Promise<string[]> =>
    fates(
      await powers(options, { a: [a], b: [b] })
        .send(0, "a", 10)
        .send(10, "b", 10)
        .run(200),
    );
  t.deepEqual(await both({}, -100, -106), ["a: r delivered", "b: r collision"]);
  t.deepEqual(await both({}, -106, -100), ["a: r collision", "b: r delivered"], "also if it is the later");
  t.deepEqual(await both({}, -100, -105.99), ["a: r collision", "b: r collision"]);
  t.deepEqual(await both({ capture: 1 }, -100, -101), ["a: r delivered", "b: r collision"]);
  t.deepEqual(await both({ capture: false }, -60, -110), ["a: r collision", "b: r collision"]);
  // each of several, not their sum
  const three = powers({}, { a: [-100], b: [-106], c: [-106] })
    .send(0, "a", 10)
    .send(1, "b", 10)
    .send(2, "c", 10);
  t.deepEqual(fates(await three.run(200)), ["a: r delivered", "b: r collision", "c: r collision"]);
});

test("spreading factors are nearly orthogonal", async (t) => {
  // Croce et al.: SF7 stands 8 dB of SF8, SF12 stands 25 dB of SF7
  const pair = async (options: LoRaOptions, a: [number, number], b: [number, number]): Promise<string | undefined> => {
    const air = await powers(options, { a, b }).send(0, "a", 10).send(0, "b", 10).run(3000);
    return air.heard.find(({ from }) => from === "a")!.rx[0]!.why;
  };
  t.is(await pair({}, [-100, 7], [-92, 8]), undefined);
  t.is(await pair({}, [-100, 7], [-91.99, 8]), "collision");
  t.is(await pair({}, [-100, 12], [-75, 7]), undefined);
  t.is(await pair({}, [-100, 12], [-74.99, 7]), "collision");
  t.is(await pair({ orthogonal: true }, [-100, 12], [-20, 7]), undefined);
});

test("sensitivity is that of the datasheet", async (t) => {
  for (const [bandwidth, figures] of Object.entries(loraSensitivity)) {
    for (const [i, dBm] of figures.entries()) {
      const air = powers({ bandwidth: Number(bandwidth) }, { a: [dBm, i + 7], b: [dBm - 0.01, i + 7] })
        .send(0, "a", 10)
        .send(2000, "b", 10);
      t.deepEqual(fates(await air.run(10_000)), ["a: r delivered", "b: r weak"], `SF${i + 7} ${bandwidth} kHz`);
      t.is(air.heard[0]!.rx[0]!.rssi, dBm);
    }
  }
  // noise of a place that has more of it: SF7 needs -7.5 dB
  t.deepEqual(
    fates(
      await powers({ noise: -100 }, { a: [-107.5], b: [-107.6] })
        .send(0, "a", 10)
        .send(2000, "b", 10)
        .run(10_000),
    ),
    ["a: r delivered", "b: r weak"],
  );
});

test("duty cycle: after a frame of T a station is silent for 99 T", async (t) => {
  const air = await airOf({}, "r", "a", "b")
    .send(0, "a", 10)
    .send(0, "a", 10)
    .send(100, "a", 10)
    .send(500, "b", 10)
    .run(60_000);
  t.deepEqual(
    air.heard.map(({ start, from }) => [start, from]),
    [
      [0, "a"],
      [500, "b"],
      [4121.6, "a"],
      [8243.2, "a"],
    ],
  );
  t.deepEqual(
    (await airOf({ dutyCycle: 0.1 }, "r", "a").send(0, "a", 10).send(0, "a", 10).run(60_000)).heard.map(
      ({ start }) => start,
    ),
    [0, 412.16],
  );
  // over an hour not more than 36 s and a frame
  const busy = airOf({ spreading: 9, queue: 4 }, "r", "a");
  for (let i = 0; i < 3600; i++) busy.send(i * 1000, "a", 100);
  await busy.run(3_600_000);
  const used = busy.medium.usage("a").tx;
  t.true(used > 35_000 && used < 36_000 + busy.heard[0]!.air, `${used}`);
});

test("each band has a duty cycle, a station may have one of its own", async (t) => {
  const channels = [...eu868, 869.525];
  const send = async (
    radio: { [name: string]: number },
    options: LoRaOptions = { dutyCycle: eu868Bands },
  ): Promise<number[]> => {
    const air = await airOf(
      { channels, ...options },
      { name: "r", radio: { gateway: true } },
      { name: "a", listens: false, radio },
    )
      .send(0, "a", 10)
      .send(0, "a", 10)
      .run(60_000);
    return air.heard.map(({ start }) => start);
  };
  t.deepEqual(await send({ channel: 0 }), [0, 4121.6]);
  t.deepEqual(await send({ channel: 3 }), [0, 412.16]);
  t.deepEqual(await send({ channel: 3, dutyCycle: 1 }), [0, 41.216]);
  t.deepEqual(await send({}, {}), [0, 4121.6], "all channels are one band");
  t.deepEqual(await send({}), [0, 41.216], "the other band is free");
});

test("a queue is bounded", async (t) => {
  const air = airOf({ queue: 2 }, "r", "a");
  for (let i = 1; i < 6; i++) air.send(0, "a", Uint8Array.of(i));
  await air.run(60_000);
  t.deepEqual(
    air.arrived.map(({ bytes }) => bytes[0]),
    [1, 2, 3],
  );
  t.deepEqual(
    air.heard.filter(({ air: ms }) => !ms).map(({ bytes, rx }) => [bytes[0], rx[0]!.why]),
    [
      [4, "full"],
      [5, "full"],
    ],
  );
  t.is(air.medium.usage("a").sent, 3, "what was dropped was not sent");
  t.deepEqual((await airOf({ queue: 0 }, "r", "a").send(0, "a", 1).send(1, "a", 1).run(9000)).fates(), {
    delivered: 1,
    full: 1,
  });
});

test("a station that sends is deaf", async (t) => {
  t.deepEqual(fates(await airOf(open, "a", "b", "c").send(0, "a", 10).send(10, "b", 10).run(200)), [
    "a: b deaf, c collision",
    "b: a deaf, c collision",
  ]);
  // three of eight symbols of preamble may be missed: 3.072 ms
  const after = async (gap: number): Promise<string[]> =>
    fates(
      await airOf(open, "a", "b")
        .send(0, "a", 10)
        .send(41.216 - gap, "b", 200)
        .run(1000),
    );
  t.deepEqual(await after(3.072), ["a: b deaf", "b: a delivered"]);
  t.deepEqual(await after(3.073), ["a: b deaf", "b: a deaf"]);
  // what it sends itself at the end of a frame does no harm to that
  t.deepEqual(fates(await airOf(open, "a", "b").send(0, "a", 10).send(41.216, "b", 10).run(1000)), [
    "a: b delivered",
    "b: a delivered",
  ]);
  // a short one in the middle of a long one
  t.deepEqual(fates(await airOf(open, "a", "b").send(0, "a", 250).send(100, "b", 1).send(200, "b", 1).run(1000)), [
    "b: a deaf",
    "b: a deaf",
    "a: b deaf",
  ]);
});

test("a station can wait until it has received", async (t) => {
  const air = await airOf({ ...open, waits: true }, "a", "b")
    .send(0, "a", 10)
    .send(20, "b", 10)
    .run(1000);
  t.deepEqual(
    air.heard.map(({ from, start }) => [from, start]),
    [
      ["a", 0],
      ["b", 41.216],
    ],
  );
  t.deepEqual(air.fates(), { delivered: 2 });
  // a preamble of which it has not heard enough is none
  t.deepEqual(
    fates(
      await airOf({ ...open, waits: true }, "a", "b")
        .send(0, "a", 10)
        .send(3, "b", 10)
        .run(1000),
    ),
    ["a: b deaf", "b: a deaf"],
  );
  // another channel
  const beside = airOf(
    { ...open, waits: true, channels: eu868 },
    { name: "a", radio: { channel: 0 } },
    { name: "b", radio: { channel: 1 } },
  );
  t.deepEqual(
    (await beside.send(0, "a", 10).send(20, "b", 10).run(1000)).heard.map(({ start }) => start),
    [0, 20],
  );
});

test("a station listens to one channel and spreading factor, a gateway to all, eight at a time", async (t) => {
  const options = { ...open, channels: eu868 };
  const air = airOf(
    options,
    { name: "g", radio: { gateway: true } },
    { name: "r", radio: { channel: 1 } },
    { name: "s", radio: { channel: 1, spreading: 8 } },
  );
  const names = air.crowd(10, "n", (i) => ({
    listens: false,
    radio: { channel: i % 3, spreading: 7 + Math.floor(i / 3) },
  }));
  for (const name of names) air.send(0, name, 200, "g");
  await air.send(60_000, "n1", 10).run(100_000);
  t.deepEqual(
    air.fates("g"),
    { delivered: 9, full: 2 },
    "nine of ten, of which the last two had no demodulator, and one alone",
  );
  t.deepEqual(fates(air).at(-1), "n1: g delivered, r delivered");
  t.deepEqual(
    fates(
      await airOf(
        options,
        { name: "g", radio: { gateway: true, demodulators: 1 } },
        { name: "a", radio: { channel: 0 } },
        { name: "b", radio: { channel: 1 } },
      )
        .send(0, "a", 10, "g")
        .send(1, "b", 10, "g")
        .run(100),
    ),
    ["a: g delivered", "b: g full"],
  );
  // for one that listens to something else, and as that listens
  const two = airOf(
    options,
    { name: "g", radio: { gateway: true } },
    { name: "r", radio: { channel: 1, spreading: 9 } },
    { name: "s", radio: { channel: 2 } },
  );
  t.deepEqual(fates(await two.send(0, "g", 10, "r").send(1000, "s", 10).run(2000)), [
    "g: r delivered",
    "s: g delivered",
  ]);
  t.like(two.heard[0], { channel: 1, detail: { frequency: 868.3, spreading: 9 } });
});

test("channels are drawn evenly, from the station's own stream", async (t) => {
  const counts = [0, 0, 0];
  const air = airOf(
    { ...open, channels: eu868 },
    { name: "g", radio: { gateway: true } },
    { name: "a", listens: false },
  );
  for (let i = 0; i < 3000; i++) air.send(i * 100, "a", 10);
  await air.run(400_000);
  for (const { channel } of air.heard) counts[channel!]!++;
  t.true(
    counts.every((count) => Math.abs(count - 1000) < 110),
    counts.join(),
  );
});

test("with inverted IQ, gateways hear stations, and stations gateways", async (t) => {
  const stations = [{ name: "g", radio: { gateway: true } }, { name: "h", radio: { gateway: true } }, "a", "b"];
  const air = airOf({ ...open, inverted: true }, ...stations)
    .send(0, "a", 10)
    .send(100, "g", 10)
    .send(200, "a", 10, "b")
    .send(300, "a", 10)
    .send(310, "g", 10);
  t.deepEqual(fates(await air.run(1000)), [
    "a: g delivered, h delivered",
    "g: a delivered, b delivered",
    "a: b deaf",
    "a: g deaf, h delivered",
    "g: a deaf, b delivered",
  ]);
});

test("radios that are off, and partitions", async (t) => {
  const air = airOf(open, "a", "b", "c");
  air.engine.at(10, () => {
    air.medium.reach("b", false);
  });
  air.engine.at(30, () => {
    air.medium.reach("b", true);
  });
  // b is back too late for the rest of the first frame
  air.send(0, "a", 10).send(50, "a", 10);
  air.engine.at(100, () => {
    air.medium.part([["a"], ["b"]]);
  });
  air.send(110, "a", 10);
  air.engine.at(200, () => {
    air.medium.part(undefined);
  });
  // a goes off while it sends, with something in its queue
  air.send(210, "a", 10).send(211, "a", 10);
  air.engine.at(220, () => {
    air.medium.reach("a", false);
  });
  air.send(300, "a", 10).send(400, "b", 10);
  air.engine.at(500, () => {
    air.medium.reach("a", true);
  });
  air.send(510, "a", 10);
  await air.run(1000);
  t.deepEqual(fates(air), [
    "a: b away, c delivered",
    "a: b delivered, c delivered",
    "a: b away, c delivered",
    "a: b away, c away",
    "a: b away, c away",
    "a: b away, c away",
    "b: a away, c delivered",
    "a: b delivered, c delivered",
  ]);
  t.deepEqual(
    air.heard.map(({ air: ms }) => ms > 0),
    [true, true, true, false, true, false, true, true],
  );
  // 280 ms off
  t.is(Math.round(air.medium.usage("a").listening), Math.round(1000 - 280 - 5 * 41.216));
});

test("a sender that is off and back has not sent the rest of its frame", async (t) => {
  const air = airOf(open, "a", "b").send(0, "a", 10).send(100, "a", 10);
  air.engine.at(10, () => {
    air.medium.reach("a", false);
  });
  air.engine.at(20, () => {
    air.medium.reach("a", true);
  });
  t.deepEqual(fates(await air.run(1000)), ["a: b away", "a: b delivered"]);
});

test("losses of a link are drawn once for each frame", async (t) => {
  const air = airOf({ ...open, links: { "a>b": { trace: "101" } } }, "a", "b", "c");
  for (let i = 0; i < 6; i++) air.send(i * 100, "a", 10);
  await air.run(1000);
  t.deepEqual(
    fates(air).map((line) => line.slice(3)),
    [0, 1, 2, 0, 1, 2].map((i) => `b ${i === 1 ? "loss" : "delivered"}, c delivered`),
  );
});

test("usage adds up", async (t) => {
  const air = await airOf(open, "a", "b").send(0, "a", 10).send(100, "a", 10).send(120, "b", 10).run(1000);
  t.like(air.medium.usage("a"), { tx: 82.432, rx: 0, sent: 2, received: 0 });
  t.like(air.medium.usage("b"), { tx: 41.216, rx: 41.216, sent: 1, received: 1 });
  t.is(Math.round(air.medium.usage("a").listening * 1000), 917568);
  t.is(Math.round(air.medium.usage("b").listening * 1000), 917568);
  await air.run(2000);
  t.is(Math.round(air.medium.usage("b").listening * 1000), 1917568);
});

test("the same seed gives the same, another seed something else", async (t) => {
  const run = async (seed: number): Promise<string> => {
    const air = new TestAir(
      new LoRaMedium({ channels: eu868, dutyCycle: 0.1, loss: 0.1, propagation: { shadowing: 4 } }),
      seed,
    );
    air.join({ name: "g", position: [0, 0], radio: { gateway: true } });
    const names = air.crowd(40, "n", (i) => ({ position: [i * 40, 10], radio: { spreading: 7 + (i % 6) } }));
    await air.poisson(names, 20_000, 30, 600_000).run(700_000);
    return JSON.stringify(air.heard);
  };
  const first = await run(1);
  t.true(first.length > 100_000);
  t.is(await run(1), first);
  t.not(await run(2), first);
});

test("share delivered by frame size in a cell of 50", async (t) => {
  const rows: (string | number)[][] = [];
  for (const spreading of [7, 9, 12]) {
    for (const size of [10, 20, 50, 100, 150, 200, 250]) {
      const air = new TestAir(
        new LoRaMedium({ spreading, channels: eu868, dutyCycle: 1, propagation: { exponent: 3.5 } }),
        1,
      );
      air.join({ name: "gateway", position: [0, 0, 15], radio: { gateway: true } });
      // a sunflower of 2 km
      const names = air.crowd(50, "s", (i) => {
        const radius = 2000 * Math.sqrt((i + 0.5) / 50);
        return {
          listens: false,
          position: [Math.round(radius * Math.cos(i * 2.39996)), Math.round(radius * Math.sin(i * 2.39996))],
        };
      });
      await air.poisson(names, 120_000, size, 3_600_000).run(3_800_000);
      const { delivered, weak = 0, collision = 0, full = 0, deaf = 0 } = air.fates("gateway");
      const share = (count: number): string => (count / air.heard.length).toFixed(3);
      rows.push([
        `SF${spreading}`,
        size,
        loraAirtime({ spreading, bandwidth: 125, coding: 5, preamble: 8, crc: true, implicit: false }, size).toFixed(3),
        air.heard.length,
        share(delivered),
        share(weak),
        share(collision),
        share(full + deaf),
      ]);
    }
  }
  golden(
    t,
    "loss-by-frame-size.lora.txt",
    table(
      "LoRa, 3 channels of 125 kHz: 50 stations within 2 km of a gateway, a frame every 2 minutes (Poisson) for an hour, seed 1",
      ["SF", "bytes", "ms", "frames", "delivered", "weak", "collision", "other"],
      rows,
    ),
  );
});

for (const { name, make } of hosts) {
  test(`a module on the air hands frames over when they begin, and takes them when they end: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot(
      "sx127x",
      "{spi:SPI1,cs:D4,dio0:D5,rst:D6}",
      "send('one');send('two');setTimeout(function(){print('busy',radio.write(new Uint8Array(1)))},30)",
      { onAir: true },
    );
    await bench.to(30);
    t.deepEqual(bench.log(), ["open", "busy false"], "TxDone comes after the airtime of 30.976 ms");
    // deaf while it sends
    await bench.frame(45, "deaf");
    await bench.to(200);
    t.deepEqual(bench.log(), ["drain", "drain"]);
    t.deepEqual(bench.sent, ["one", "two"]);
    t.true(bench.frames[0]!.time >= 20 && bench.frames[0]!.time < 22, `${bench.frames[0]!.time}`);
    t.true(Math.abs(bench.frames[1]!.time - bench.frames[0]!.time - 31) <= 1.5, `${bench.frames[1]!.time}`);
    await bench.frame(200, "now");
    await bench.to(200);
    t.deepEqual(bench.log(), ["data now", "drain"]);
    await bench.close();
  });
}

test("a module on the air must have listened from the preamble on", async (t) => {
  // it sends from 20 to 50.976; "late" takes 30.976 too, and of its preamble 3.072 ms may be missed
  for (const [end, heard] of [
    [78.8, false],
    [79, true],
  ] as const) {
    const bench = new Bench(hosts[0]!.make());
    await bench.boot("sx127x", "{spi:SPI1,cs:D4,dio0:D5,rst:D6}", "send('one')", { onAir: true });
    await bench.frame(end, "late");
    await bench.to(200);
    t.deepEqual(
      bench.log().filter((line) => line.startsWith("data")),
      heard ? ["data late"] : [],
      `${end}`,
    );
    await bench.close();
  }
});
