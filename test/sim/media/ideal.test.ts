import test from "ava";
import { FrameSizeError, IdealMedium } from "../../../sim/index.ts";
import { uniform } from "../../../sim/random.ts";
import type { Fate, IdealOptions } from "../../../sim/index.ts";

const made = (options: IdealOptions, seed: number): IdealMedium => {
  const medium = new IdealMedium(options);
  const nothing = (): void => undefined;
  medium.begin({
    time: 0,
    at: () => nothing,
    random: (name) => uniform(seed, name),
    deliver: nothing,
    link: nothing,
    heard: nothing,
  });
  for (const name of ["a", "b"]) medium.join({ name });
  return medium;
};
const many = (options: Omit<IdealOptions, "frameSize">, seed: number, n = 20000): Fate[] => {
  const medium = made({ frameSize: 20, ...options }, seed);
  return Array.from({ length: n }, (_, i) => medium.fate(i, "a", "b"));
};
const share = (fates: Fate[], holds: (fate: Fate) => boolean): number => fates.filter(holds).length / fates.length;

test("a medium without options delivers each frame once, in order, after the latency", (t) => {
  for (const [i, fate] of many({ latency: 7 }, 1, 100).entries())
    t.deepEqual(fate, { lost: false, duplicated: false, reordered: false, arrivals: [i + 7] });
});

test("loss, duplication and reordering come near what was asked", (t) => {
  // 20,000 frames: four standard deviations are below 0.014 for each of these.
  const fates = many({ latency: 5, loss: 0.1, duplication: 0.05, reordering: 0.2 }, 2);
  const arrived = fates.filter((fate) => !fate.lost);
  t.true(Math.abs(share(fates, (f) => f.lost) - 0.1) < 0.014);
  t.true(Math.abs(share(arrived, (f) => f.duplicated) - 0.05) < 0.014);
  t.true(Math.abs(share(arrived, (f) => f.reordered) - 0.2) < 0.014);
  t.true(fates.every((f) => f.arrivals.length === (f.lost ? 0 : f.duplicated ? 2 : 1)));
  const overtaken = arrived.filter((f, i) => (f.arrivals[0] ?? 0) > (arrived[i + 1]?.arrivals[0] ?? Infinity));
  t.true(overtaken.length > 1000);
});

test("jitter keeps the order", (t) => {
  const arrivals = many({ latency: 5, jitter: 30 }, 3).map((f) => f.arrivals[0] ?? 0);
  t.true(arrivals.every((at, i) => i === 0 || at >= (arrivals[i - 1] ?? 0)));
  t.true(arrivals.every((at, i) => at >= i + 5 && at <= i + 35));
  const medium = made({ frameSize: 20, latency: 5, jitter: 3 }, 3);
  const apart = Array.from({ length: 200 }, (_, i) => (medium.fate(i * 100, "a", "b").arrivals[0] ?? 0) - i * 100);
  t.deepEqual([...new Set(apart)].sort(), [5, 6, 7, 8]);
});

test("the same seed gives the same fates, another seed others", (t) => {
  const options = { latency: 5, jitter: 9, loss: 0.3, duplication: 0.3, reordering: 0.3 };
  t.deepEqual(many(options, 4, 500), many(options, 4, 500));
  t.notDeepEqual(many(options, 4, 500), many(options, 5, 500));
});

test("links do not disturb each other, nor does one option another", (t) => {
  const alone = many({ loss: 0.5 }, 6, 500);
  const medium = made({ frameSize: 20, loss: 0.5 }, 6);
  const crowded = Array.from({ length: 500 }, (_, i) => {
    medium.fate(i, "b", "a");
    medium.fate(i, "a", "c");
    return medium.fate(i, "a", "b");
  });
  t.deepEqual(crowded, alone);
  t.deepEqual(
    many({ loss: 0.5, duplication: 0.5 }, 6, 500).map((f) => f.lost),
    alone.map((f) => f.lost),
  );
});

test("a frame too large or empty is an error", (t) => {
  const medium = made({ frameSize: 20 }, 1);
  t.notThrows(() => medium.send("a", new Uint8Array(20)));
  const error = t.throws(() => medium.send("a", new Uint8Array(21)), { instanceOf: FrameSizeError });
  t.is(error?.code, "frame-size");
  t.is(error?.size, 21);
  t.is(error?.limit, 20);
  t.throws(() => medium.send("a", new Uint8Array(0)), { instanceOf: FrameSizeError });
});
