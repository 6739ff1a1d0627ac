// Numbers of a report: histograms, bins of time. Nothing in here knows the page or Node.js.

import { quantile } from "../quantile.ts";

export interface Histogram {
  /** Bounds of bins, one more than there are bins; each bin takes its lower bound, the last one both. */
  edges: number[];
  counts: number[];
  /** Whether bins grow by a factor. */
  logarithmic: boolean;
}

/**
 * Counts of values in rising order, none below 0. Where the 99th percentile is beyond 100 times the 1st, bins grow by a
 * factor; what is below the first then counts in it.
 */
export function histogram(sorted: ArrayLike<number>, bins: number): Histogram {
  if (!sorted.length) return { edges: [], counts: [], logarithmic: false };
  const low = quantile(sorted, 0.01)!;
  const most = sorted[sorted.length - 1]!;
  const logarithmic = low > most * 1e-9 && quantile(sorted, 0.99)! > 100 * low;
  const top = most || 1;
  const ratio = top / low;
  const edges = Array.from({ length: bins + 1 }, (_, i) =>
    logarithmic ? low * ratio ** (i / bins) : (top * i) / bins,
  );
  const counts = Array.from({ length: bins }, () => 0);
  for (let i = 0; i < sorted.length; i++) {
    const at = logarithmic ? (Math.log(sorted[i]! / low) / Math.log(ratio)) * bins : (sorted[i]! / top) * bins;
    counts[Math.min(bins - 1, Math.max(0, Math.floor(at)))]!++;
  }
  return { edges, counts, logarithmic };
}

/** A step of 1, 2 or 5 times a power of ten, at least as large as given. */
export function niceStep(least: number): number {
  if (!(least > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  // 1e-12: 0.3 / 3 is a little more than 0.1
  return [1, 2, 5, 10].find((n) => n * power >= least * (1 - 1e-12))! * power;
}

/** A step in ms that clocks have, at least as large as given: below a second as of numbers, then 1, 2, 5, 10, 15 or 30 s or min, or hours. */
export function clockStep(least: number): number {
  const s = 1000;
  const min = 60 * s;
  return least <= s
    ? niceStep(least)
    : ([s, 2 * s, 5 * s, 10 * s, 15 * s, 30 * s, min, 2 * min, 5 * min, 10 * min, 15 * min, 30 * min].find(
        (step) => step >= least,
      ) ?? niceStep(least / 60 / min) * 60 * min);
}

/** Multiples of a step from one number to another; the step is round, so that there are `count` of them or fewer. */
export function ticks(from: number, to: number, count: number, round = niceStep): number[] {
  if (!(to > from)) return [from];
  const step = round((to - from) / count);
  // + 0: no -0
  const result: number[] = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++) result.push(n * step + 0);
  return result;
}

/** Equal bins of time that fill a span. */
export interface TimeBins {
  from: number;
  /** ms of a bin. */
  width: number;
  count: number;
}

/** Bins for a span in ms: at most so many, of a round number of ms; the last one may go beyond the span. */
export function timeBins(from: number, to: number, most: number): TimeBins {
  const span = Math.max(to - from, 1e-3);
  const width = niceStep(span / most);
  return { from, width, count: Math.max(1, Math.ceil(span / width - 1e-9)) };
}

/** The bin that a time falls into; -1 outside of all. */
export function binOf({ from, width, count }: TimeBins, time: number): number {
  const at = Math.floor((time - from) / width);
  return at >= 0 && at < count ? at : -1;
}

/** Adds a span of time to the bins that it covers, in ms each. */
export function spread(bins: TimeBins, into: Float64Array, start: number, ms: number): void {
  const { from, width, count } = bins;
  const end = start + ms;
  for (let i = Math.max(0, Math.floor((start - from) / width)); i < count && from + i * width < end; i++) {
    into[i]! += Math.max(0, Math.min(end, from + (i + 1) * width) - Math.max(start, from + i * width));
  }
}
