// What a run of a scenario is told, and what it tells while it goes on.

import type { BoardBuild } from "../../tools/build/index.ts";
import type { Keylog } from "../keylog.ts";
import type { SimEvent, Simulator } from "../simulator.ts";
import type { Node } from "../types.ts";

export interface RunOptions {
  /** The folder that files of the scenario are beside. Default: the current one. */
  folder?: string;
  /** In place of the scenario's. */
  seed?: number;
  /** Hosts of "vm" groups, in place of theirs: to run all in the interpreter. */
  host?: "vm" | "interpreter";
  /** Gets the capture, line by line. Left out: there is none. */
  sink?: (line: string) => void;
  observe?: (event: SimEvent) => void;
  /** Gets the gateways' secrets: to make the side file that decrypts the capture. */
  keylog?: Keylog;
  /** Told ten times a virtual second at most. */
  progress?: (state: RunProgress) => void;
  /** What repeats the run, in a shell. */
  command?: string;
  /** Builds an application for a board. Default: `measureBoard`. */
  build?: (board: string, app: string) => Promise<BoardBuild>;
  /** The device or gateway that is not simulated: its bridge in its place, and its public key. */
  outside?: { name: string; node: Node; key?: Uint8Array };
  /** Lets virtual time pass up to so many ms; false ends the run. Default: as fast as can be. With a bridge: RealTime.run. */
  pass?: (simulator: Simulator, until: number) => Promise<boolean>;
}

/** How far a run is. */
export interface RunProgress {
  /** Virtual seconds. */
  time: number;
  duration: number;
  devices: number;
  linked: number;
  /** Messages. */
  sent: number;
  delivered: number;
  transmissions: number;
  /** Receptions that failed. */
  lost: number;
  events: number;
}
