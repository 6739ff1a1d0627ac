/** Two linked endpoints in one process, for tests with sockets of this machine: time goes on by as little as turns of the event loop. */
import { setImmediate as turn } from "node:timers/promises";
import { pair } from "../channel/pair.ts";
import type { Pair } from "../channel/pair.ts";
import { tick } from "./sides.ts";
import type { Radio, SideOptions } from "./sides.ts";

export interface Loopback extends Pair {
  /** Carries what waits, turn by turn, until a promise is settled or something is so. */
  when<Value>(what: Promise<Value> | (() => boolean)): Promise<Value | undefined>;
}

/** Turns of the event loop after which something will not happen any more. */
const TURNS = 20000;

export function loopback(options: SideOptions = { pipe: { mtu: 256 } }, radio?: Radio): Loopback {
  const world = pair(options, radio);
  const when: Loopback["when"] = async (what) => {
    let done = false;
    if (typeof what !== "function")
      void what.then(
        () => {
          done = true;
        },
        () => {
          done = true;
        },
      );
    for (let i = 0; !done && !(typeof what === "function" && what()); i++) {
      if (i > TURNS) throw new Error("it did not happen");
      world.now += 0.001;
      tick(world.a, world.b, world.now, radio);
      await turn();
    }
    return typeof what === "function" ? undefined : what;
  };
  return Object.assign(world, { when });
}
