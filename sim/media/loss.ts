// What is lost on a link, whatever the radio: a share by chance, bursts (Gilbert-Elliott), or what a trace recorded.

/**
 * A share from 0 to 1; bursts; or a trace: one character for each transmission, "1" arrives and "0" is lost, and after its
 * end it begins anew, or a list of [from ms, share] as it was measured over time.
 */
export type LossOptions = number | BurstOptions | TraceOptions;

/** Two states; the chance to go from one to the other at each transmission, and the share that is lost in each. E. N. Gilbert 1960, E. O. Elliott 1963. */
export interface BurstOptions {
  /** From good to bad, and from bad to good. */
  p: number;
  r: number;
  /** Lost in the good state (default 0) and in the bad one (default 1). */
  good?: number;
  bad?: number;
}

export type TraceOptions = { trace: string } | { shares: readonly (readonly [ms: number, share: number])[] };

/** Whether a transmission at a virtual time in ms is lost; one call for each. */
export type LinkLoss = (time: number) => boolean;

export function lossOf(options: LossOptions, random: () => number): LinkLoss {
  if (typeof options === "number") return () => random() < options;
  if ("trace" in options) {
    let at = 0;
    return () => options.trace[at++ % options.trace.length] === "0";
  }
  if ("shares" in options) {
    let at = -1;
    return (time) => {
      while (at + 1 < options.shares.length && options.shares[at + 1]![0] <= time) at++;
      return random() < (options.shares[at]?.[1] ?? 0);
    };
  }
  const { p, r, good = 0, bad = 1 } = options;
  let inBad = random() < p / (p + r || 1);
  return () => {
    if (random() < (inBad ? r : p)) inBad = !inBad;
    return random() < (inBad ? bad : good);
  };
}
