import test from "ava";
import fc from "fast-check";
import { lossOf } from "../../../sim/media/loss.ts";
import { Propagation } from "../../../sim/media/propagation.ts";
import { uniform } from "../../../sim/random.ts";

const draws = (options: Parameters<typeof lossOf>[0], count: number, name = "loss"): boolean[] => {
  const lost = lossOf(options, uniform(7, name));
  return Array.from({ length: count }, (_, i) => lost(i));
};
const share = (lost: readonly boolean[]): number => lost.filter(Boolean).length / lost.length;

/** Lengths of runs of one value. */
const runs = (values: readonly boolean[], of: boolean): number[] => {
  const lengths: number[] = [];
  values.forEach((value, i) => {
    if (value !== of) return;
    if (i && values[i - 1] === of) lengths[lengths.length - 1]!++;
    else lengths.push(1);
  });
  return lengths;
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test("a share is lost, and nothing else", (t) => {
  for (const p of [0.01, 0.1, 0.5, 0.9]) {
    const lost = draws(p, 100_000, `share ${p}`);
    t.true(Math.abs(share(lost) - p) < 4 * Math.sqrt((p * (1 - p)) / 100_000), `${p}`);
    // without memory: a run of losses has 1 / (1 - p)
    t.true(Math.abs(mean(runs(lost, true)) * (1 - p) - 1) < 0.05, `${p}`);
  }
  t.is(share(draws(0, 1000)), 0);
  t.is(share(draws(1, 1000)), 1);
});

test("bursts have the mean loss and the lengths of the closed form", (t) => {
  // Gilbert: lost is the bad state alone: p / (p + r), bursts of 1 / r, gaps of 1 / p
  for (const [p, r] of [
    [0.01, 0.2],
    [0.05, 0.5],
    [0.02, 0.05],
    [0.3, 0.6],
  ] as const) {
    const lost = draws({ p, r }, 400_000, `gilbert ${p} ${r}`);
    t.true(Math.abs(share(lost) / (p / (p + r)) - 1) < 0.05, `${p} ${r}: ${share(lost)}`);
    t.true(Math.abs(mean(runs(lost, true)) * r - 1) < 0.04, `${p} ${r}: bursts of ${mean(runs(lost, true))}`);
    t.true(Math.abs(mean(runs(lost, false)) * p - 1) < 0.05, `${p} ${r}: gaps of ${mean(runs(lost, false))}`);
    // bursts are geometric: as many of length 1 as r says
    const lengths = runs(lost, true);
    t.true(Math.abs(lengths.filter((length) => length === 1).length / lengths.length / r - 1) < 0.05, `${p} ${r}`);
  }
  // Elliott: each state loses a share of its own
  for (const [p, r, good, bad] of [
    [0.02, 0.1, 0.01, 0.6],
    [0.1, 0.1, 0.2, 0.9],
  ] as const) {
    const lost = draws({ p, r, good, bad }, 400_000, `elliott ${p} ${r}`);
    const inBad = p / (p + r);
    t.true(Math.abs(share(lost) / ((1 - inBad) * good + inBad * bad) - 1) < 0.05, `${p} ${r}: ${share(lost)}`);
    // correlation of neighbours: var of the states' shares times (1 - p - r)
    const m = share(lost);
    const both = lost.filter((value, i) => i && value && lost[i - 1]!).length / (lost.length - 1);
    const expected = inBad * (1 - inBad) * (bad - good) ** 2 * (1 - p - r);
    t.true(Math.abs((both - m * m) / expected - 1) < 0.08, `${p} ${r}: ${both - m * m} for ${expected}`);
  }
});

test("bursts begin as they go on: the first transmission is lost as often as any", (t) => {
  let first = 0;
  for (let i = 0; i < 20_000; i++) if (draws({ p: 0.1, r: 0.3 }, 1, `link ${i}`)[0]) first++;
  t.true(Math.abs(first / 20_000 - 0.25) < 0.0125, `${first}`);
  t.is(share(draws({ p: 0, r: 0 }, 100)), 0, "it never becomes bad");
});

test("a trace is followed, and begins anew", (t) => {
  t.deepEqual(draws({ trace: "1101" }, 10), [false, false, true, false, false, false, true, false, false, false]);
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (lost) => {
      const seen = draws({ trace: lost.map((value) => (value ? "0" : "1")).join("") }, lost.length * 3);
      return JSON.stringify(seen) === JSON.stringify([...lost, ...lost, ...lost]);
    }),
  );
});

test("shares over time hold from their times on", (t) => {
  const lost = lossOf(
    {
      shares: [
        [100, 1],
        [200, 0],
        [300, 0.5],
      ],
    },
    uniform(7, "shares"),
  );
  const during = (from: number): number => share(Array.from({ length: 1000 }, (_, i) => lost(from + i / 11)));
  t.is(during(0), 0);
  t.true(lost(100));
  t.is(during(100), 1);
  t.is(during(200), 0);
  t.true(Math.abs(during(300) - 0.5) < 0.06);
  // a link that is quiet for long
  const skipped = lossOf(
    {
      shares: [
        [100, 1],
        [200, 0],
        [300, 1],
      ],
    },
    uniform(7, "shares"),
  );
  t.true(skipped(1000));
});

test("power falls by log distance", (t) => {
  const at = (options: object, metres: number, dBm = 14): number =>
    new Propagation(options, () => () => 0).received("a", [0, 0], "b", [metres, 0], dBm);
  t.is(at({}, 1), 14 - 40);
  t.is(at({}, 10), 14 - 70);
  t.is(at({}, 1000), 14 - 130);
  t.is(at({ exponent: 2 }, 100, 0), -80);
  t.is(at({ exponent: 2 }, 200, 0), -86.02, "6.02 dB for each doubling in free space");
  // LoRaSim: 127.41 dB at 40 m, exponent 2.08
  t.is(at({ reference: 127.41, distance: 40, exponent: 2.08 }, 400), 14 - 127.41 - 20.8);
  t.is(at({ reference: 127.41, distance: 40, exponent: 2.08 }, 4), 14 - 127.41, "not nearer than the reference");
  // 3, 4 and 12 m
  t.is(new Propagation({}, () => () => 0).received("a", [1, 1, 0], "b", [4, 5, 12], 0), -73.42);
});

test("shadowing is normal, one figure for both directions of a link, for good", (t) => {
  const propagation = new Propagation({ shadowing: 6 }, (name) => uniform(7, name));
  const plain = -100;
  const deviations = Array.from(
    { length: 20_000 },
    (_, i) => propagation.received("gateway", [0, 0], `s${i}`, [100, 0], 0) - plain,
  );
  const sigma = Math.sqrt(mean(deviations.map((x) => x * x)));
  t.true(Math.abs(mean(deviations)) < 0.15, `${mean(deviations)}`);
  t.true(Math.abs(sigma / 6 - 1) < 0.03, `${sigma}`);
  t.true(Math.abs(deviations.filter((x) => Math.abs(x) < 6).length / 20_000 - 0.6827) < 0.01);
  t.is(propagation.received("s3", [100, 0], "gateway", [0, 0], 0) - plain, deviations[3]!);
  t.is(propagation.received("gateway", [0, 0], "s3", [100, 0], 0) - plain, deviations[3]!);
  // whoever else is there
  t.is(
    new Propagation({ shadowing: 6 }, (name) => uniform(7, name)).received("s3", [100, 0], "gateway", [0, 0], 0) -
      plain,
    deviations[3]!,
  );
});
