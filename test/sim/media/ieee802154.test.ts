import test from "ava";
import fc from "fast-check";
import { Ieee802154Medium } from "../../../sim/media/ieee802154.ts";
import type { Ieee802154Options } from "../../../sim/media/ieee802154.ts";
import type { Transmission } from "../../../sim/media/medium.ts";
import { SimError } from "../../../sim/errors.ts";
import { golden, table } from "./golden.ts";
import { TestAir } from "./test-air.ts";

const near = (one: number, two: number, share: number): boolean => Math.abs(one - two) <= share * two;

test("a frame and its acknowledgement, to the microsecond", async (t) => {
  // minBE 0: the first backoff is none
  const air = new TestAir(new Ieee802154Medium({ minBE: 0 }));
  air.crowd(2, "s", () => ({}));
  air.send(10, "s0", 100, "s1").send(10, "s0", 5, "s1");
  await air.run(100);
  const [first, ack, second] = air.heard as [Transmission, Transmission, Transmission];
  // CCA of 8 symbols and turnaround of 12; 6 + 11 + 100 bytes of 32 us
  t.is(first.start, 10.32);
  t.is(first.air, 3.744);
  t.deepEqual(first.rx, [{ to: "s1", fate: "delivered", arrivals: [14.064] }]);
  // aTurnaroundTime later, 11 bytes
  t.is(ack.type, "ack");
  t.is(ack.start, 14.256);
  t.is(ack.air, 0.352);
  t.is(ack.detail!["seq"], first.detail!["seq"]);
  // macLifsPeriod of 40 symbols, CCA, turnaround
  t.is(second.start, 15.568);
  t.is(second.air, 0.704);
  t.is(second.detail!["seq"], (first.detail!["seq"]! + 1) & 255);
  t.deepEqual(
    air.arrived.map(({ time, to, bytes }) => [time, to, bytes.length]),
    [
      [14.064, "s1", 100],
      [16.272, "s1", 5],
    ],
  );
  t.is(air.medium.frameSize, 116);
  const { tx, rx, listening, sent, received } = air.medium.usage("s0");
  t.deepEqual(
    [tx, rx, listening, sent, received].map((n) => Math.round(n * 1000)),
    [4448, 704, 100_000 - 4448 - 704, 2000, 2000],
  );
});

test("an acknowledgement that does not come: it tries again, three times", async (t) => {
  const air = new TestAir(new Ieee802154Medium({ minBE: 0, links: { "s0>s1": 1 } }));
  air.crowd(2, "s", () => ({}));
  air.send(0, "s0", 10, "s1");
  await air.run(100);
  // macAckWaitDuration of 54 symbols after each, then CCA and turnaround; three retries
  const each = 0.864 + 0.864 + 0.32;
  t.deepEqual(
    air.heard.map(({ start, attempt }) => [Math.round(start * 1000), attempt]),
    [0, 1, 2, 3].map((i) => [Math.round((0.32 + i * each) * 1000), i + 1]),
  );
  t.deepEqual(air.fates(), { delivered: 0, loss: 4 });
  t.deepEqual(air.arrived, []);
});

test("what comes again as its acknowledgement was lost is delivered once", async (t) => {
  const air = new TestAir(new Ieee802154Medium({ links: { "s1>s0": { trace: "001" } } }));
  air.crowd(2, "s", () => ({}));
  air.send(0, "s0", 10, "s1").send(0, "s0", 11, "s1");
  await air.run(100);
  t.deepEqual(
    air.arrived.map(({ bytes }) => bytes.length),
    [10, 11],
  );
  t.deepEqual(
    air.heard
      .map(({ type = "data", rx }) => [type, rx[0]!.fate, rx[0]!.arrivals.length, rx[0]!.duplicated ?? false])
      .slice(0, 6),
    [
      ["data", "delivered", 1, false],
      ["ack", "lost", 0, false],
      ["data", "delivered", 0, true],
      ["ack", "lost", 0, false],
      ["data", "delivered", 0, true],
      ["ack", "delivered", 1, false],
    ],
  );
});

test("a broadcast goes to all that listen, and nobody answers; a busy channel is told", async (t) => {
  const air = new TestAir(new Ieee802154Medium({ maxBackoffs: 0, minBE: 0 }));
  air.crowd(3, "s", () => ({}));
  air.crowd(1, "beacon");
  air.send(0, "beacon0", 50).send(1, "s0", 9);
  await air.run(50);
  t.deepEqual(
    air.arrived.map(({ to }) => to),
    ["s0", "s1", "s2"],
  );
  const dropped = air.heard.find(({ from }) => from === "s0")!;
  t.deepEqual([dropped.air, dropped.attempt, dropped.start], [0, 0, 1.128]);
  t.deepEqual(
    dropped.rx.map(({ to, why }) => [to, why]),
    [
      ["s1", "full"],
      ["s2", "full"],
    ],
  );
  t.is(air.heard.length, 2);
  // 8 symbols of CCA
  t.is(air.medium.usage("beacon0").listening, 0.128);
});

test("a radio that goes forgets its frames; parts of the network do not hear each other", async (t) => {
  const air = new TestAir(new Ieee802154Medium());
  air.crowd(4, "s", () => ({}));
  air.engine.at(5, () => {
    air.medium.send("s0", new Uint8Array(10), "s1");
    air.medium.send("s0", new Uint8Array(10), "s1");
    air.medium.reach("s0", false);
  });
  air.send(6, "s0", 10, "s1");
  await air.run(20);
  t.deepEqual(air.fates(), { delivered: 0, away: 3 });
  air.medium.reach("s0", true);
  air.medium.part([
    ["s0", "s1"],
    ["s2", "s3"],
  ]);
  air.send(30, "s0", 100).send(30, "s2", 100);
  await air.run(60);
  t.deepEqual(air.arrived.map(({ from, to }) => from + to).sort(), ["s0s1", "s2s3"]);
  t.is(Math.round(air.medium.usage("s0").listening + air.medium.usage("s0").tx), 45);
});

test("options that are none", (t) => {
  t.is(t.throws(() => new Ieee802154Medium({ channel: 27 }), { instanceOf: SimError })?.code, "options");
  const air = new TestAir(new Ieee802154Medium());
  air.crowd(1);
  t.throws(
    () => {
      air.medium.send("s0", new Uint8Array(117));
    },
    { message: /117 bytes/ },
  );
  t.throws(
    () => {
      air.medium.send("s0", new Uint8Array(1), "nobody");
    },
    { instanceOf: SimError },
  );
});

/** Share of time with frames that arrive, and frames offered in a frame's time, of many stations that send as a Poisson process. */
async function throughput(
  options: Ieee802154Options,
  size: number,
  load: number,
  frames: number,
): Promise<{ offered: number; carried: number }> {
  const air = new TestAir(new Ieee802154Medium(options), 3, false);
  air.medium.join({ name: "sink" });
  const names = air.crowd(200);
  const each = (17 + size) * 0.032;
  let delivered = 0;
  let tried = 0;
  air.onHeard = ({ type, rx }) => {
    if (type === "ack") return;
    tried++;
    if (rx[0]!.fate === "delivered") delivered++;
  };
  const until = (frames * each) / load;
  air.poisson(names, (names.length * each) / load, size, until, "sink");
  await air.run(until + 1000);
  return { offered: (tried * each) / until, carried: (delivered * each) / until };
}

test("non-persistent CSMA carries what Kleinrock and Tobagi say", async (t) => {
  // L. Kleinrock, F. A. Tobagi, IEEE Trans. Communications 23(12), 1975, formula (8). What their propagation delay is here is
  // the turnaround: between sensing a free channel and being sensed. Sensing takes no time, and who finds the channel busy
  // does not try again: that its frames come again later is part of the Poisson process G.
  const size = 116;
  const options = { cca: 0, minBE: 0, maxBackoffs: 0, retries: 0, acks: false };
  const a = 0.192 / ((17 + size) * 0.032);
  for (const load of [0.2, 0.5, 1, 2, 4, 8]) {
    const { offered: g, carried } = await throughput(options, size, load, 20_000);
    const s = (g * Math.exp(-a * g)) / (g * (1 + 2 * a) + Math.exp(-a * g));
    t.true(near(g, load, 0.03), `G ${g} ${load}`);
    t.true(near(carried, s, 0.03), `G ${g}: S ${carried}, not ${s}`);
  }
});

test("without sensing it is pure ALOHA", async (t) => {
  for (const load of [0.1, 0.5, 1]) {
    const { offered: g, carried } = await throughput(
      { sensing: Infinity, minBE: 0, retries: 0, acks: false },
      50,
      load,
      20_000,
    );
    // N. Abramson 1970
    t.true(near(carried, g * Math.exp(-2 * g), 0.05), `G ${g}: S ${carried}`);
  }
});

test("two stations with a frame at the same time: as many arrive as all courses of both backoffs say", async (t) => {
  const size = 116;
  const frame = (17 + size) * 32;
  // Who draws the smaller number sends; the other one, in us: whether it gets to send after it senses at `at`.
  const sends = (at: number, busy: readonly [from: number, to: number], backoffs: number, exponent: number): number => {
    if (at + 128 <= busy[0] || at >= busy[1]) return 1;
    if (backoffs === 4) return 0;
    const next = Math.min(exponent + 1, 5);
    let sum = 0;
    for (let i = 0; i < 2 ** next; i++) sum += sends(at + 128 + i * 320, busy, backoffs + 1, next);
    return sum / 2 ** next;
  };
  let share = 0;
  for (let one = 0; one < 8; one++) {
    // equal numbers: both are lost
    for (let two = one + 1; two < 8; two++)
      share += (1 + sends(two * 320, [one * 320 + 320, one * 320 + 320 + frame], 0, 3)) / 64;
  }
  const air = new TestAir(new Ieee802154Medium({ acks: false }), 5);
  air.medium.join({ name: "sink" });
  const names = air.crowd(2);
  const pairs = 4000;
  for (let i = 0; i < pairs; i++) for (const name of names) air.send(i * 100, name, size, "sink");
  await air.run(pairs * 100);
  const delivered = air.arrived.length / pairs / 2;
  // four standard deviations of pairs
  t.true(Math.abs(delivered - share) < (4 * 0.5) / Math.sqrt(pairs), `${delivered}, not ${share}`);
  t.true(share > 0.8 && share < 0.875, `${share}`);
});

test("property: who does not hear the other sends into its frame; who does, waits", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: 2, max: 130, noNaN: true }),
      fc.double({ min: 0.4, max: 4, noNaN: true }),
      async (metres, later) => {
        const air = new TestAir(new Ieee802154Medium({ minBE: 0, maxBackoffs: 0, acks: false }));
        air.medium.join({ name: "sink", position: [0, 0] });
        air.medium.join({ name: "left", position: [-metres / 2, 0] });
        air.medium.join({ name: "right", position: [metres / 2, 0] });
        air.send(0, "left", 116, "sink").send(later, "right", 116, "sink");
        await air.run(20);
        // 40 dB over the first metre, then 30 a decade: -85 dBm at 31.6 m
        if (Math.abs(40 + 30 * Math.log10(metres) - 85) > 0.02)
          t.deepEqual(
            air.fates(),
            metres < 31.6 ? { delivered: 1, full: 1 } : { delivered: 0, collision: 2 },
            `${metres} m`,
          );
      },
    ),
    { numRuns: 60 },
  );
});

test("two hidden terminals lose what the formula says", async (t) => {
  const air = new TestAir(new Ieee802154Medium({ minBE: 0, maxBackoffs: 0, acks: false }), 8, false);
  air.medium.join({ name: "sink", position: [0, 0] });
  // a hundred on each side, who hear one another, so that nobody's frames wait
  for (let i = 0; i < 100; i++)
    for (const x of [-40, 40]) air.medium.join({ name: `s${x}/${i}`, position: [x, 0], listens: false });
  const names = Array.from({ length: 100 }, (_, i) => [`s-40/${i}`, `s40/${i}`]).flat();
  const frame = 133 * 0.032;
  const count = { sent: 0, delivered: 0 };
  air.onHeard = ({ attempt, rx }) => {
    if (!attempt) return;
    count.sent++;
    if (rx[0]!.fate === "delivered") count.delivered++;
  };
  const load = 0.3;
  const a = 0.32 / frame;
  air.poisson(names, (100 * frame) / load, 116, (40_000 * frame) / load, "sink");
  await air.run((40_000 * frame) / load);
  // A side's channel is in use for a frame, then free for 1 / load of a frame on average. A frame of the other arrives if this
  // side is not in one (renewal), does not begin one, and if its own side does not collide in the turnaround.
  const share = (Math.exp(-load) / (1 + load)) * Math.exp(-load * a);
  t.true(near(count.delivered / count.sent, share, 0.05), `${count.delivered / count.sent}, not ${share}`);
});

test("the stronger one survives by the capture ratio, if it was first", async (t) => {
  const run = async (near: number, far: number, first: "near" | "far"): Promise<(string | undefined)[]> => {
    const air = new TestAir(new Ieee802154Medium({ minBE: 0, acks: false, sensing: Infinity }));
    air.medium.join({ name: "sink", position: [0, 0] });
    air.medium.join({ name: "near", position: [near, 0] });
    air.medium.join({ name: "far", position: [far, 0] });
    air.send(first === "near" ? 0 : 1, "near", 100, "sink").send(first === "far" ? 0 : 1, "far", 100, "sink");
    await air.run(20);
    return ["near", "far"].map((name) => air.heard.find(({ from }) => from === name)!.rx[0]!.why);
  };
  t.deepEqual(await run(10, 13, "near"), [undefined, "collision"], "3.4 dB");
  t.deepEqual(await run(10, 12, "near"), ["collision", "collision"], "2.4 dB");
  t.deepEqual(await run(10, 13, "far"), ["collision", "collision"]);
  t.deepEqual(await run(10, 100, "near"), [undefined, "weak"]);
  t.deepEqual(await run(10, 100, "far"), [undefined, "weak"]);
});

test("a jammer: who hears it does not send, and what it hits is damaged", async (t) => {
  const air = new TestAir(new Ieee802154Medium({ minBE: 0 }));
  air.crowd(3, "s", () => ({}));
  air.send(0, "s0", 100, "s1").send(3, "s2", 100, "s1");
  air.engine.at(2, () => {
    (air.medium as Ieee802154Medium).jam("s2", 50, 15);
  });
  await air.run(100);
  t.deepEqual(
    air.heard.filter(({ from, type }) => from === "s0" && type !== "noise").map(({ rx }) => rx[0]!.why),
    ["damaged", "full"],
  );
  t.is(air.heard.find(({ type }) => type === "noise")!.air, 50);
});

test("the same seed, the same air; another seed, another", async (t) => {
  const run = async (seed: number): Promise<Transmission[]> => {
    const air = new TestAir(new Ieee802154Medium({ loss: 0.2 }), seed);
    air.poisson(
      air.crowd(8, "s", () => ({})),
      100,
      60,
      3000,
      "s0",
    );
    return (await air.run(4000)).heard;
  };
  const one = await run(1);
  t.true(one.length > 300);
  t.deepEqual(await run(1), one);
  t.notDeepEqual(await run(2), one);
});

test("loss by frame size", async (t) => {
  const rows: (string | number)[][] = [];
  for (const size of [1, 20, 40, 60, 80, 100, 116]) {
    const air = new TestAir(new Ieee802154Medium({ loss: 0.05 }), 1);
    air.medium.join({ name: "sink" });
    let frames = 0;
    const { medium } = air;
    const send = medium.send.bind(medium);
    medium.send = (...args) => {
      frames++;
      send(...args);
    };
    air.poisson(air.crowd(20), 200, size, 60_000, "sink");
    await air.run(61_000);
    const { delivered: _all, ...fates } = air.fates("sink");
    const data = air.heard.filter(({ type, attempt }) => type !== "ack" && attempt).length;
    rows.push([
      size,
      frames,
      (data / frames).toFixed(3),
      (100 * (1 - air.arrived.length / frames)).toFixed(2),
      fates.loss ?? 0,
      fates.collision ?? 0,
      fates.full ?? 0,
    ]);
  }
  golden(
    t,
    "ieee802154.txt",
    table(
      "802.15.4: 20 stations, a frame each 200 ms on average to one, 5 % loss on each link, 60 s",
      ["bytes", "frames", "sent/frame", "lost %", "by loss", "collision", "no channel"],
      rows,
    ),
  );
});
