// What an emulated board is to those that flash it, link it and cut its power.

/** Time as it passes for a board: a real clock, or the emulator's. */
export interface Clock {
  /** Seconds since some moment. */
  now(): number;
  /** Runs something in so many seconds; returns what forgets it. */
  after(seconds: number, run: () => void): () => void;
}

export const realClock: Clock = {
  now: () => performance.now() / 1000,
  after: (seconds, run) => {
    const timer = setTimeout(run, seconds * 1000);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** What is done with a board. */
export const steps = ["flash", "link", "send", "receive", "stream", "reboot", "power cut"] as const;
export type Step = (typeof steps)[number];

/** One emulated board with Espruino's firmware in it. */
export interface Rig {
  /** What it is, to people. */
  readonly title: string;
  /** The board that it is flashed as (boards/*.json). */
  readonly board: string;
  /** The path of its console. */
  readonly console: string;
  /** The serial port of its radio: expressions of Espruino: it, and options for its setup. */
  readonly port: { name: string; setup?: string };
  /** The other end of that port. */
  readonly radio: { write(bytes: Uint8Array): void; listen(heard: (bytes: Uint8Array) => void): void };
  readonly clock: Clock;
  /** Steps that it does not show, with the reason. */
  readonly not: { [step in Step]?: string };
  /** All that its console has said since it was on. */
  readonly said: string;
  /** Power on. What Storage holds is as it was when it went. */
  start(): Promise<void>;
  /** Power off, at once, whatever it is doing. */
  powerCut(): Promise<void>;
  /** Instructions in so many seconds of the board's getTime(), without a pause between; undefined where its clock does not count them. */
  instructions(seconds: number): number | undefined;
  /** Power off for good; frees what it uses. */
  stop(): Promise<void>;
}

/** A rig that this machine may have. */
export interface RigKind {
  /** As told on the command line. */
  name: string;
  /** The board's variables; undefined: its firmware's. */
  variables?: number;
  /** What of it is not there; undefined: all is. */
  missing(): string | undefined;
  /** @param folder its own, for what it keeps */
  make(folder: string): Promise<Rig>;
}
