// Adversaries of a simulation. Whoever runs one:
//
//     const adversaries = new Adversaries(view)
//     adversaries.observe(event)                                   for all that the simulator tells
//     simulator.addNode(name, adversaries.expose(gateway, gateway), station)     for each gateway
//     const one = adversaries.add(options, position)
//     if (one.station) await simulator.addNode(one.name, one.node, one.station)
//     adversaries.breaches()                                       at the end

import type { Gateway } from "../gateway.ts";
import type { Position } from "../media/propagation.ts";
import type { Breach } from "../outcome.ts";
import type { AdversaryOf } from "../scenario.ts";
import type { SimEvent } from "../simulator.ts";
import type { Node, Output } from "../types.ts";
import { Actor } from "./actor.ts";
import { Clone } from "./clone.ts";
import { Flipper } from "./flipper.ts";
import { Flooder } from "./flooder.ts";
import { Jammer } from "./jammer.ts";
import { Replayer } from "./replayer.ts";
import { Sniffer } from "./sniffer.ts";
import type { Adversary, AdversaryView, Shared } from "./view.ts";

export type { Adversary, AdversaryView, Stolen, Target } from "./view.ts";

/** Makes an adversary. Throws SimError "options" for media that there are not, or where it cannot be. */
function adversaryOf(options: AdversaryOf, view: Shared, position?: Position): Adversary {
  switch (options.kind) {
    case "sniffer":
      return new Sniffer(options, view, position);
    case "replayer":
      return new Replayer(options, view, position);
    case "bit-flipper":
      return new Flipper(options, view, position);
    case "flooder":
      return new Flooder(options, view, position);
    case "jammer":
      return new Jammer(options, view, position);
    case "clone":
      return new Clone(options, view, position);
  }
}

export class Adversaries {
  readonly #view: Shared;
  readonly #all = new Map<string, Adversary>();

  constructor(view: AdversaryView) {
    // what the view shows may be told by getters
    this.#view = Object.assign(Object.create(view) as AdversaryView, {
      adversaries: this.#all,
      claims: new WeakMap<Uint8Array, string>(),
    });
  }

  /** All, by name. */
  get all(): ReadonlyMap<string, Adversary> {
    return this.#all;
  }

  /** Makes one; it acts from now on, and must join the simulator where it has a station. */
  add(options: AdversaryOf, position?: Position): Adversary {
    const one = adversaryOf(options, this.#view, position);
    this.#all.set(one.name, one);
    return one;
  }

  /** A node that takes frames as from whom they say that they are from; what adversaries do to it is looked at where it is a gateway. */
  expose(node: Node, gateway?: Gateway): Node {
    const { claims } = this.#view;
    return {
      run: (time) => node.run(time),
      ...(node.link && {
        link: (time: number, from: string, up: boolean, mtu?: number) => node.link!(time, from, up, mtu),
      }),
      frame: (time, bytes, from): Output | Promise<Output> => {
        const actor = this.#all.get(from);
        if (!(actor instanceof Actor)) return node.frame(time, bytes, from);
        const after = gateway && actor.before(gateway, bytes);
        const output = node.frame(time, bytes, claims.get(bytes) ?? from);
        if (!(output instanceof Promise)) {
          after?.();
          return output;
        }
        return output.then((done) => {
          after?.();
          return done;
        });
      },
    };
  }

  observe(event: SimEvent): void {
    for (const one of this.#all.values()) one.observe(event);
  }

  /** Whether one of them has said so in the name of another, with the key for it: it is not forged then. */
  cloned(content: Uint8Array): boolean {
    for (const { contents } of this.#all.values()) {
      if (contents.some((one) => Buffer.compare(one, content) === 0)) return true;
    }
    return false;
  }

  /** What all have got, in order of time. */
  breaches(): Breach[] {
    return [...this.#all.values()].flatMap((one) => one.breaches()).sort((a, b) => a.time - b.time);
  }
}
