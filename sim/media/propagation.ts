// How power falls on the way: log-distance path loss with shadowing that stays on a link.

/** Metres: x, y, and height. */
export type Position = readonly [x: number, y: number, z?: number];

export interface PropagationOptions {
  /** dB lost over the reference distance; default 40 (2.4 GHz over 1 m in free space). */
  reference?: number;
  /** Metres of that distance. Default 1. */
  distance?: number;
  /** How fast it falls: 2 in free space, 2.7 to 3.5 in towns. Default 3. */
  exponent?: number;
  /** Standard deviation of shadowing, in dB, drawn once for both directions of a link. Default 0. */
  shadowing?: number;
}

export class Propagation {
  readonly #options: Required<PropagationOptions>;
  readonly #random: (name: string) => () => number;
  readonly #links = new Map<string, number>();

  constructor(options: PropagationOptions, random: (name: string) => () => number) {
    this.#options = { reference: 40, distance: 1, exponent: 3, shadowing: 0, ...options };
    this.#random = random;
  }

  /** dBm at one of what the other sends with so many: in hundredths, so that it is the same on every machine. */
  received(from: string, at: Position, to: string, there: Position, dBm: number): number {
    const name = from < to ? `${from}>${to}` : `${to}>${from}`;
    let loss = this.#links.get(name);
    if (loss === undefined) {
      const { reference, distance, exponent, shadowing } = this.#options;
      const metres = Math.hypot(at[0] - there[0], at[1] - there[1], (at[2] ?? 0) - (there[2] ?? 0));
      loss = reference + 10 * exponent * Math.log10(Math.max(metres, distance) / distance);
      if (shadowing) {
        const next = this.#random(`shadowing/${name}`);
        loss += shadowing * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      }
      this.#links.set(name, (loss = Math.round(loss * 100) / 100));
    }
    return Math.round((dBm - loss) * 100) / 100;
  }
}
