// What those have in common who say something and hope that it is accepted.

import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import type { StationOptions } from "../simulator.ts";
import { Acceptance } from "./acceptance.ts";
import { Actor } from "./actor.ts";
import type { Shared } from "./view.ts";

export abstract class Attacker extends Actor {
  constructor(options: AdversaryOf, view: Shared, position: Position | undefined, radio: StationOptions["radio"] = {}) {
    // who breaks the law does not keep to duty cycles either
    super(options, view, position, "voice", { dutyCycle: 1, ...radio });
  }

  protected override finish(): void {
    for (const { time, text } of Acceptance.of(this.view).faults()) if (time >= this.since) this.breach(time, text);
  }
}
