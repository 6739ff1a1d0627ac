/** One operation of one implementation: a name and what is repeated. */
export interface Candidate {
  name: string;
  run(): void;
}

/** Operations a second of several candidates, in turns so that all meet the same machine; medians of `rounds`. */
export function rates(candidates: Candidate[], rounds = 5, milliseconds = 200): Map<string, number> {
  const found = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
  // the first round warms up
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of candidates) {
      const start = process.hrtime.bigint();
      const end = start + BigInt(milliseconds) * 1_000_000n;
      let count = 0;
      let now = start;
      for (; now < end; now = process.hrtime.bigint()) {
        run();
        count++;
      }
      if (round > 0) found.get(name)!.push((count * 1e9) / Number(now - start));
    }
  }
  return new Map([...found].map(([name, all]) => [name, all.sort((a, b) => a - b)[rounds >> 1]!]));
}

/** A row of the report: ours a second, and how many times as fast as each peer in the same run. */
export interface Row {
  what: string;
  perSecond: number;
  ratios: Record<string, number>;
}

/** The first candidate is ours. */
export function compare(what: string, candidates: Candidate[]): Row {
  const [ours, ...peers] = [...rates(candidates)];
  return {
    what,
    perSecond: ours![1],
    ratios: Object.fromEntries(peers.map(([name, rate]) => [name, ours![1] / rate])),
  };
}
