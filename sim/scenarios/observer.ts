// What is seen of a run while it goes on: frames on the air are counted, logs kept, and messages of applications read.

import type { Transmission } from "../media/medium.ts";
import type { MediumOutcome } from "../outcome.ts";
import type { SimEvent } from "../simulator.ts";
import type { Network } from "./network.ts";

export class Observer {
  /** By name. */
  readonly media: ReadonlyMap<string, MediumOutcome>;
  transmissions = 0;
  /** Receptions that failed. */
  lost = 0;
  readonly #network: Network;

  constructor(network: Network) {
    this.#network = network;
    this.media = new Map(
      Object.entries(network.scenario.media).map(([name, { kind }]) => [
        name,
        { name, kind, transmissions: 0, bytes: 0, air: 0, receptions: 0, lost: {} },
      ]),
    );
  }

  saw(event: SimEvent): void {
    const { adversaries, devices } = this.#network;
    adversaries?.observe(event);
    if (event.kind === "air") {
      this.#count(this.media.get(event.medium)!, event.transmission);
      devices.get(event.transmission.from)?.reader?.read(event.transmission);
    } else if (event.kind === "log") {
      const { outcome } = devices.get(event.at) ?? {};
      if (!outcome) return;
      const { text } = event;
      outcome.log.push({ time: event.time / 1000, text });
      if (text.startsWith("Uncaught ")) outcome.exceptions.push(text);
    }
  }

  #count(medium: MediumOutcome, { bytes, air, rx }: Transmission): void {
    this.transmissions++;
    medium.transmissions++;
    medium.bytes += bytes.length;
    medium.air += air;
    for (const { fate, why = "loss" } of rx) {
      medium.receptions++;
      if (fate === "delivered") continue;
      this.lost++;
      medium.lost[why] = (medium.lost[why] ?? 0) + 1;
    }
  }
}
