import test from "ava";
import { SimError } from "../../../sim/errors.ts";
import type { Station } from "../../../sim/media/medium.ts";
import { Nrf24Medium, nrf24Airtime, nrf24Figures, nrf24Turn } from "../../../sim/media/nrf24.ts";
import type { Nrf24Options, Nrf24Rate } from "../../../sim/media/nrf24.ts";
import { Bench } from "../../device/radios/helpers.ts";
import { hosts } from "../helpers.ts";
import { golden, table } from "./golden.ts";
import { TestAir } from "./test-air.ts";

const airOf = (options: Nrf24Options, ...stations: (Station | string)[]): TestAir =>
  new TestAir(new Nrf24Medium(options)).join(...stations);
/** What was on the air, in order of ends: from when to when in us, what, and what became of it. */
const lines = (air: TestAir): string[] =>
  air.heard.map(
    ({ start, air: ms, from, type = "data", attempt, rx }) =>
      `${Math.round(start * 1000)} ${Math.round((start + ms) * 1000)} ${from} ${type}${attempt ? ` ${attempt}` : ""}: ${rx.map(({ to, fate, why, duplicated }) => `${to} ${why ?? (duplicated ? "again" : fate)}`).join(", ")}`,
  );

test("airtimes are those of the packet format", (t) => {
  // 8 bits of preamble, 40 of address, 9 of control, payload, 16 of CRC: 73 us and 8 for each byte at 1 Mbit/s
  // 40.5 and 164.5 us at 2 Mbit/s: to whole ones
  for (const [rate, bytes, ms] of [
    [1000, 0, 0.073],
    [1000, 1, 0.081],
    [1000, 32, 0.329],
    [250, 0, 0.292],
    [250, 32, 1.316],
    [2000, 1, 0.041],
    [2000, 32, 0.165],
  ] as const) {
    t.is(nrf24Airtime(rate, bytes), ms, `${rate} ${bytes}`);
  }
});

test("a frame is acknowledged after the turnaround", async (t) => {
  const air = await airOf({}, "a", "b", "c")
    .send(1, "a", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "b")
    .send(1, "a", 10, "b")
    .run(10);
  t.deepEqual(lines(air), [
    "1130 1283 a data 1: b delivered",
    "1413 1486 b ack: a delivered",
    "1616 1769 a data 1: b delivered",
    "1899 1972 b ack: a delivered",
  ]);
  t.deepEqual(
    air.arrived.map(({ time, to, from }) => [time, to, from]),
    [
      [1.283, "b", "a"],
      [1.769, "b", "a"],
    ],
  );
  t.deepEqual([...air.arrived[0]!.bytes], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.deepEqual(air.heard[0], {
    start: 1.13,
    from: "a",
    to: "b",
    bytes: air.arrived[0]!.bytes,
    air: 0.153,
    attempt: 1,
    channel: 76,
    detail: { rate: 1000, pid: 0, power: 0 },
    rx: [{ to: "b", fate: "delivered", arrivals: [1.283] }],
  });
  t.like(air.heard[1], { from: "b", to: "a", type: "ack", detail: { pid: 0 }, rx: [{ fate: "delivered" }] });
  t.like(air.heard[2], { detail: { pid: 1 } });
});

test("an Enhanced ShockBurst cycle takes what the specification says", async (t) => {
  // 7.9: T_ESB = 2 T_stby2a + T_OA + T_ACK, with nothing for upload and interrupt
  for (const rate of [250, 1000, 2000] as const) {
    const air = airOf({ rate }, "a", "b");
    for (let i = 0; i < 10; i++) air.send(0, "a", 32, "b");
    await air.run(100);
    const cycle = 2 * nrf24Turn + nrf24Airtime(rate, 32) + nrf24Airtime(rate, 0);
    t.is(air.arrived.length, 10);
    t.true(Math.abs(air.arrived[9]!.time - air.arrived[0]!.time - 9 * cycle) < 1e-6, `${rate}`);
  }
});

test("without a receiver that is meant, all hear it once", async (t) => {
  const air = await airOf({}, "a", "b", "c", { name: "d", radio: { channel: 3 } }, { name: "e", listens: false })
    .send(0, "a", 10)
    .run(100);
  t.deepEqual(lines(air), ["130 283 a data 1: b delivered, c delivered"]);
  // but a station can have one that its frames are for
  t.deepEqual(
    lines(
      await airOf({}, { name: "a", radio: { peer: "c" } }, "b", "c")
        .send(0, "a", 10)
        .run(100),
    ),
    ["130 283 a data 1: c delivered", "413 486 c ack: a delivered"],
  );
});

test("settings that there are not", (t) => {
  for (const options of [
    { rate: 500 as Nrf24Rate },
    { channel: 126 },
    { retryDelay: 300 },
    { retryDelay: 4250 },
    { retries: 16 },
    { rate: 250, retryDelay: 250 } as const,
  ]) {
    t.throws(() => new Nrf24Medium(options), { instanceOf: SimError, code: "options" }, JSON.stringify(options));
  }
  const { medium } = airOf({}, "a");
  t.throws(
    () => {
      medium.join({ name: "b", radio: { channel: 200 } });
    },
    { code: "options" },
  );
  t.throws(
    () => {
      medium.join({ name: "b", radio: { peer: 3 } });
    },
    { code: "options" },
  );
  t.throws(
    () => {
      medium.send("a", new Uint8Array(33));
    },
    { code: "frame-size" },
  );
  t.throws(
    () => {
      medium.send("a", new Uint8Array(1), "nobody");
    },
    { code: "endpoint" },
  );
});

test("what was not acknowledged is sent again after ARD, at most ARC times", async (t) => {
  const lost = { "a>b": { trace: "0" } };
  t.deepEqual(
    lines(
      await airOf({ links: lost, retries: 2, retryDelay: 500 }, "a", "b")
        .send(0, "a", 10, "b")
        .send(0, "a", 10, "b")
        .run(4),
    ),
    [
      "130 283 a data 1: b loss",
      "783 936 a data 2: b loss",
      "1436 1589 a data 3: b loss",
      // given up 500 us later
      "2219 2372 a data 1: b loss",
      "2872 3025 a data 2: b loss",
      "3525 3678 a data 3: b loss",
    ],
  );
  const air = await airOf({ links: { "a>b": { trace: "001" } } }, "a", "b")
    .send(0, "a", 10, "b")
    .run(100);
  t.deepEqual(
    air.heard.map(({ attempt, rx }) => [attempt, rx[0]!.fate]),
    [
      [1, "lost"],
      [2, "lost"],
      [3, "delivered"],
      [undefined, "delivered"],
    ],
  );
  t.is((await airOf({ links: lost }, "a", "b").send(0, "a", 10, "b").run(100)).heard.length, 16);
});

test("a frame whose acknowledgement was lost comes once", async (t) => {
  const air = await airOf({ links: { "b>a": { trace: "001" } } }, "a", "b")
    .send(0, "a", 10, "b")
    .send(50, "a", 10, "b")
    .run(100);
  t.deepEqual(
    lines(air).map((line) => line.split(" ").slice(2).join(" ")),
    [
      "a data 1: b delivered",
      "b ack: a loss",
      "a data 2: b again",
      "b ack: a loss",
      "a data 3: b again",
      "b ack: a delivered",
      "a data 1: b delivered",
      "b ack: a loss",
      "a data 2: b again",
      "b ack: a loss",
      "a data 3: b again",
      "b ack: a delivered",
    ],
  );
  t.is(air.arrived.length, 2, "the same content with another packet identity is new");
  // 7.3.3.2: only the last one is known. c's frame between both makes a's second one new
  const two = await airOf({ links: { "b>a": { trace: "01" } } }, "a", "b", "c")
    .send(0, "a", 10, "b")
    .send(0.6, "c", 11, "b")
    .run(100);
  t.deepEqual(
    two.arrived.map(({ from }) => from),
    ["a", "c", "a"],
  );
});

test("attempts are as many as the loss of both directions asks for", async (t) => {
  const air = airOf({ links: { "a>b": 0.3, "b>a": 0.2 }, retries: 4 }, "a", "b");
  const count = 20_000;
  for (let i = 0; i < count; i++) air.send(i * 20, "a", Uint8Array.of(i, i >> 8), "b");
  await air.run(count * 20 + 100);
  const data = air.heard.filter(({ type }) => type !== "ack");
  // an attempt fails with f = 1 - 0.7 * 0.8; sum of f^k, k from 0 to 4
  const f = 1 - 0.7 * 0.8;
  const mean = (1 - f ** 5) / (1 - f);
  t.true(Math.abs(data.length / count / mean - 1) < 0.02, `${data.length / count} for ${mean}`);
  // five data transmissions in a row are lost, whatever acknowledgements do: 0.3^5
  const missing = 1 - air.arrived.length / count;
  t.true(missing > 0.0012 && missing < 0.0037, `${missing}`);
});

for (const load of [0.1, 0.5, 1]) {
  test(`pure ALOHA at a load of ${load}`, async (t) => {
    const ms = nrf24Airtime(1000, 32);
    const sent = { 0.1: 40_000, 0.5: 50_000, 1: 80_000 }[load]!;
    const air = new TestAir(new Nrf24Medium({ queue: 1000 }), 3, false).join("gateway");
    const names = air.crowd(500);
    let arrived = 0;
    air.onArrival = () => {
      arrived++;
    };
    const until = (sent / load) * ms;
    await air.poisson(names, (ms * 500) / load, 32, until).run(until + 100);
    const throughput = (arrived * ms) / until;
    t.true(
      Math.abs(throughput / (load * Math.exp(-2 * load)) - 1) < 0.05,
      `${throughput} for ${load * Math.exp(-2 * load)}`,
    );
  });
}

test("what overlaps on a channel is lost, on another not", async (t) => {
  const senders = (one: number, two: number, options: Nrf24Options = {}): TestAir =>
    airOf(
      options,
      { name: "r", radio: { channel: one } },
      { name: "s", radio: { channel: two } },
      { name: "a", listens: false, radio: { channel: one } },
      { name: "b", listens: false, radio: { channel: two } },
    );
  const fates = async (air: TestAir, at = 0.1): Promise<string[]> => {
    await air.send(0, "a", 10).send(at, "b", 10).run(1);
    return air.heard.flatMap(({ rx }) => rx.map(({ to, why, fate }) => `${to} ${why ?? fate}`));
  };
  t.deepEqual(await fates(senders(76, 76)), ["r collision", "s collision", "r collision", "s collision"]);
  t.deepEqual(await fates(senders(76, 76), 0.153), ["r delivered", "s delivered", "r delivered", "s delivered"]);
  t.deepEqual(await fates(senders(76, 77)), ["r delivered", "s delivered"]);
  // 2 Mbit/s is 2 MHz wide
  t.deepEqual(await fates(senders(76, 77, { rate: 2000 }), 0.02), ["r collision", "s collision"]);
  t.deepEqual(await fates(senders(76, 78, { rate: 2000 }), 0.02), ["r delivered", "s delivered"]);
});

test("two that send at once try again at once, and are lost; at different delays they are not", async (t) => {
  const air = await airOf({ retries: 5 }, "r", "a", "b").send(0, "a", 10, "r").send(0.05, "b", 10, "r").run(100);
  t.is(air.arrived.length, 0);
  t.deepEqual(air.fates("r"), { delivered: 0, collision: 12 });
  // a longer frame shifts it
  t.is(
    (await airOf({ retries: 5 }, "r", "a", "b").send(0, "a", 10, "r").send(0.05, "b", 32, "r").run(100)).arrived.length,
    2,
  );
});

test("powers: carrier to interference ratios and sensitivity of table 5", async (t) => {
  const pair = async (rate: Nrf24Rate, a: number, b: number, apart = 0): Promise<string | undefined> => {
    const at = (name: string, power: number, channel = 50): Station => ({
      name,
      listens: false,
      position: [0, 0],
      radio: { power, channel },
    });
    const air = airOf(
      { rate, propagation: { reference: 0 } },
      { name: "r", position: [0, 0], radio: { channel: 50 } },
      at("a", a),
      at("b", b, 50 + apart),
    );
    await air.send(0, "a", 10).send(0, "b", 10).run(10);
    return air.heard.find(({ from }) => from === "a")!.rx[0]!.why;
  };
  for (const rate of [250, 1000, 2000] as const) {
    const { sensitivity, step, ratios } = nrf24Figures[rate];
    for (const [i, ratio] of ratios.entries()) {
      t.is(await pair(rate, -60, -60 - ratio, i * step), undefined, `${rate} ${i}`);
      t.is(await pair(rate, -60, -60 - ratio + 0.01, i * step), "collision", `${rate} ${i}`);
    }
    t.is(await pair(rate, -60, 60, 4 * step), undefined);
    t.is(await pair(rate, sensitivity, -200), undefined);
    t.is(await pair(rate, sensitivity - 0.01, -200), "weak");
  }
});

test("who sends, waits for an acknowledgement, or acknowledges, hears nothing else", async (t) => {
  // b has its own to send when a's comes
  t.deepEqual(lines(await airOf({ retries: 0 }, "a", "b", "c").send(0, "b", 10, "c").send(0.4, "a", 10, "b").run(10)), [
    "130 283 b data 1: c delivered",
    "413 486 c ack: b delivered",
    "530 683 a data 1: b deaf",
  ]);
  // b has just acknowledged, and needs 130 us until it receives again
  const next = async (at: number): Promise<string | undefined> =>
    (await airOf({}, "a", "b", { name: "c", listens: false }).send(0, "a", 10, "b").send(at, "c", 10).run(10)).heard
      .find(({ from }) => from === "c")!
      .rx.find(({ to }) => to === "b")!.why;
  t.is(await next(0.486), undefined);
  t.is(await next(0.485), "deaf");
  // an answer at once waits until the acknowledgement is out
  const air = airOf({}, "a", "b");
  air.onArrival = ({ to }) => {
    if (to === "b") air.medium.send("b", new Uint8Array(5), "a");
  };
  await air.send(0, "a", 10, "b").run(10);
  t.deepEqual(lines(air), [
    "130 283 a data 1: b delivered",
    "413 486 b ack: a delivered",
    "616 729 b data 1: a delivered",
    "859 932 a ack: b delivered",
  ]);
});

test("a queue is bounded; radios that are off, and partitions", async (t) => {
  const air = airOf({ queue: 2, retries: 1 }, "a", "b");
  for (let i = 0; i < 5; i++) air.send(0, "a", Uint8Array.of(i), "b");
  await air.run(10);
  t.deepEqual(
    air.arrived.map(({ bytes }) => bytes[0]),
    [0, 1, 2],
  );
  t.deepEqual(air.fates("b"), { delivered: 3, full: 2 });
  t.deepEqual(
    air.heard.filter(({ type, air: ms }) => ms && type !== "ack").map(({ detail }) => detail!["pid"]),
    [0, 1, 2],
  );
  const off = airOf({ retries: 1 }, "a", "b");
  off.engine.at(0.2, () => {
    off.medium.reach("b", false);
  });
  off.engine.at(0.25, () => {
    off.medium.reach("b", true);
  });
  off.send(0, "a", 10, "b");
  off.engine.at(10, () => {
    off.medium.part([["a"], ["b"]]);
  });
  off.send(10, "a", 10, "b");
  off.engine.at(20, () => {
    off.medium.part(undefined);
  });
  off.send(20, "a", 10, "b").send(20, "a", 10, "b");
  off.engine.at(20.2, () => {
    off.medium.reach("a", false);
  });
  off.send(21, "a", 10, "b").send(21, "b", 10, "a");
  off.engine.at(30, () => {
    off.medium.reach("a", true);
  });
  off.send(30, "a", 11, "b");
  await off.run(40);
  t.deepEqual(
    lines(off).map((line) => line.split(" ").slice(2).join(" ")),
    [
      "a data 1: b away",
      "a data 2: b delivered",
      "b ack: a delivered",
      "a data 1: b away",
      "a data 2: b away",
      "a data: b away",
      "a data 1: b away",
      "a data: b away",
      "b data 1: a away",
      "b data 2: a away",
      "a data 1: b delivered",
      "b ack: a delivered",
    ],
  );
});

test("power cuts: before a frame is on the air, while it is, and of a receiver that then knows nothing of it", async (t) => {
  const cut = async (
    name: string,
    from: number,
    to: number,
    options: Nrf24Options = { retries: 1 },
  ): Promise<string[]> => {
    const air = airOf(options, "a", "b").send(0, "a", 10, "b").send(5, "a", 10, "b");
    air.engine.at(from, () => {
      air.medium.reach(name, false);
    });
    air.engine.at(to, () => {
      air.medium.reach(name, true);
    });
    await air.run(100);
    return [...lines(air).map((line) => line.split(" ").slice(2).join(" ")), `${air.arrived.length}`];
  };
  const second = ["a data 1: b delivered", "b ack: a delivered"];
  t.deepEqual(await cut("a", 0.1, 0.12), ["a data: b away", ...second, "1"]);
  t.deepEqual(await cut("a", 0.2, 0.25), ["a data 1: b away", ...second, "1"]);
  t.deepEqual(await cut("b", 0.3, 0.32), [
    "a data 1: b delivered",
    "a data 2: b delivered",
    "b ack: a delivered",
    ...second,
    "3",
  ]);
  t.deepEqual(await cut("b", 0.42, 0.45), [
    "a data 1: b delivered",
    "b ack: a away",
    "a data 2: b delivered",
    "b ack: a delivered",
    ...second,
    "3",
  ]);
});

test("usage adds up", async (t) => {
  const air = await airOf({}, "a", "b").send(0, "a", 10, "b").run(100);
  t.like(air.medium.usage("a"), { tx: 0.153, rx: 0.073, sent: 1, received: 1 });
  t.like(air.medium.usage("b"), { tx: 0.073, rx: 0.153, sent: 1, received: 1 });
  t.is(Math.round(air.medium.usage("b").listening * 1000), 99774);
});

test("share delivered by frame size in a cell of 50", async (t) => {
  const rows: (string | number)[][] = [];
  for (const rate of [250, 1000, 2000] as const) {
    for (const size of [1, 8, 16, 24, 32]) {
      const air = new TestAir(new Nrf24Medium({ rate, retries: 3, propagation: { exponent: 2.5 } }), 1);
      air.join({ name: "gateway", position: [0, 0] });
      // a sunflower of 70 m
      const names = air.crowd(50, "s", (i) => {
        const radius = 70 * Math.sqrt((i + 0.5) / 50);
        return { position: [Math.round(radius * Math.cos(i * 2.39996)), Math.round(radius * Math.sin(i * 2.39996))] };
      });
      await air.poisson(names, 200, size, 20_000, "gateway").run(21_000);
      const frames = air.heard.filter(({ attempt, air: ms }) => attempt === 1 || !ms).length;
      const { delivered: _, weak = 0, collision = 0, deaf = 0, full = 0 } = air.fates("gateway");
      const data = air.heard.filter(({ type }) => type !== "ack").length;
      rows.push([
        rate,
        size,
        nrf24Airtime(rate, size).toFixed(3),
        frames,
        (air.arrived.length / frames).toFixed(3),
        (data / frames).toFixed(3),
        ...[weak, collision, deaf, full].map((count) => (count / data).toFixed(3)),
      ]);
    }
  }
  golden(
    t,
    "loss-by-frame-size.nrf24.txt",
    table(
      "nRF24L01+: 50 stations within 70 m of a gateway, a frame every 200 ms (Poisson) for 20 s, up to 3 repetitions, seed 1; fates are of transmissions",
      ["kbit/s", "bytes", "ms", "frames", "delivered", "attempts", "weak", "collision", "deaf", "full"],
      rows,
    ),
  );
});

for (const { name, make } of hosts) {
  test(`a module on the air hands frames over when they begin, and takes them when they end: ${name}`, async (t) => {
    const bench = new Bench(make());
    await bench.boot("nrf24", "{spi:SPI1,cs:D4,ce:D5,irq:D6,rx:'mote1',tx:'gate1'}", "setTimeout(send,300,'one')", {
      onAir: true,
      trace: true,
    });
    await bench.link(0, true);
    await bench.to(1000);
    t.deepEqual(bench.sent, ["one"], "once");
    t.deepEqual(
      bench.log().filter((line) => line.startsWith("nrf24")),
      ["nrf24 sent 3 bytes, 1"],
    );
    t.true(bench.frames[0]!.time >= 300 && bench.frames[0]!.time < 302, `${bench.frames[0]!.time}`);
    await bench.frame(1000, "now");
    await bench.to(1000);
    t.deepEqual(
      bench.log().filter((line) => line.startsWith("data")),
      ["data now"],
    );
    await bench.link(1000, false);
    await bench.to(2000);
    await bench.frame(2000, "gone");
    await bench.to(3000);
    t.deepEqual(
      bench.log().filter((line) => line.startsWith("data")),
      [],
    );
    await bench.close();
  });
}
