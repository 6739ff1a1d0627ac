// A bit-flipper: says at once what it has heard, changed: frames in the name of who said them, packets in its own. It has
// got what it is after where something is accepted that was not sent. On its way a frame cannot be changed here.

import { split } from "../../src/index.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { Attacker } from "./attacker.ts";
import type { Heard } from "./actor.ts";
import type { Shared } from "./view.ts";

export class Flipper extends Attacker {
  readonly #share: number;
  readonly #bits: number;

  constructor(options: AdversaryOf & { kind: "bit-flipper" }, view: Shared, position: Position | undefined) {
    super(options, view, position);
    // a changed frame among those of a packet spoils that packet
    this.#share = options.share ?? 0.1;
    this.#bits = options.bits ?? 1;
  }

  protected override frame({ medium, from, to, bytes, end }: Heard): void {
    if (this.random() >= this.#share || !this.claims(medium)) return;
    this.at(end, () => {
      this.say(medium, this.#flip(bytes), to, { claim: from });
    });
  }

  protected override packet(outer: Uint8Array, frames: readonly Uint8Array[], { medium, to, end }: Heard): void {
    if (this.random() >= this.#share || !this.reaches(medium, to)) return;
    const changed = split(this.#flip(outer), Math.max(2, Math.min(frames[0]!.length, 256)));
    this.at(end, () => {
      for (const frame of changed) this.say(medium, frame, to);
    });
  }

  #flip(bytes: Uint8Array): Uint8Array {
    const changed = Uint8Array.from(bytes);
    const places = new Set<number>();
    while (places.size < Math.min(this.#bits, bytes.length * 8))
      places.add(Math.floor(this.random() * bytes.length * 8));
    for (const place of places) changed[place >> 3]! ^= 1 << (place & 7);
    return changed;
  }
}
