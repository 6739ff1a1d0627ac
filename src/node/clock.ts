/** Time as the driver and the transports use it, so that tests can let it pass as they like. */
export interface Clock {
  /** Seconds of a clock that never goes back. */
  now(): number;
  /** Runs something once, after so many seconds or a little before; returns what cancels it. */
  after(seconds: number, run: () => void): () => void;
  /** Runs something once, when the I/O that waits now had its turn; returns what cancels it. */
  soon(run: () => void): () => void;
}

/** The most milliseconds that a timer of Node.js takes. */
const LONGEST = 2 ** 31 - 1;

/** Time of this machine. */
export const realTime: Clock = {
  now: () => performance.now() / 1000,
  after: (seconds, run) => {
    const timer = setTimeout(run, Math.min(Math.ceil(seconds * 1000), LONGEST));
    return () => clearTimeout(timer);
  },
  soon: (run) => {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};
