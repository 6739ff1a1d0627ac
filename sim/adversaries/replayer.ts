// A replayer: says again what it has heard, frames in the name of who said them, and packets in its own, so that answers
// would go to it. It has got what it is after where something is accepted twice, or where a gateway answers to it for
// nothing new. A packet that did not get through the first time is not stale: to bring it is what a relay does.

import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { Attacker } from "./attacker.ts";
import type { Heard } from "./actor.ts";
import type { Shared } from "./view.ts";

export class Replayer extends Attacker {
  readonly #after: number;
  readonly #share: number;

  constructor(options: AdversaryOf & { kind: "replayer" }, view: Shared, position: Position | undefined) {
    super(options, view, position);
    this.#after = options.after * 1000;
    this.#share = options.share ?? 1;
  }

  protected override frame({ medium, from, to, bytes, end }: Heard): void {
    if (this.random() >= this.#share || !this.claims(medium)) return;
    this.at(end + this.#after, () => {
      this.say(medium, bytes, to, { claim: from });
    });
  }

  protected override packet(outer: Uint8Array, frames: readonly Uint8Array[], { medium, to, end }: Heard): void {
    if (this.random() >= this.#share || !this.reaches(medium, to)) return;
    const channel = !(outer[0]! + outer[1]!);
    this.at(end + this.#after, () => {
      for (const frame of frames) this.say(medium, frame, to, { channel });
    });
  }
}
