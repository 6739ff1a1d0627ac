// A jammer: noise, every so often or as soon as it knows that somebody has sent, which then hits what follows: an
// acknowledgement, the packet's next frame. It is after nothing but the noise: what can be expected is that all goes on when
// it is over.
//
// Where a medium knows noise, that is what it makes; elsewhere it says frames of bytes at random, one after the other. On a
// BLE connection, in a network and on a medium without physics that takes nobody's time: it is frames without a meaning.

import { ContentionMedium } from "../media/contention.ts";
import { loraAirtime } from "../media/lora.ts";
import type { Transmission } from "../media/medium.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { Actor } from "./actor.ts";
import type { Shared } from "./view.ts";

export class Jammer extends Actor {
  readonly #ms: number;
  readonly #every: number | undefined;
  readonly #reactive: boolean;
  /** Until when there is noise, by medium. */
  readonly #until = new Map<string, number>();

  constructor(options: AdversaryOf & { kind: "jammer" }, view: Shared, position: Position | undefined) {
    super(options, view, position, "voice", {
      dutyCycle: 1,
      ...(options.power !== undefined && { power: options.power }),
    });
    const { ms, reactive = false, every = reactive ? undefined : ms * 10 } = options;
    this.#ms = ms;
    this.#every = every;
    this.#reactive = reactive;
    this.stats["bursts"] = 0;
    if (every !== undefined)
      this.at(this.time + this.random() * every, () => {
        this.#beat();
      });
  }

  protected override noticed({ start, air }: Transmission, medium: string): void {
    if (this.#reactive)
      this.at(start + air, () => {
        this.#burst(medium);
      });
  }

  protected override spoke(_transmission: Transmission, medium: string): void {
    if (this.time < (this.#until.get(medium) ?? 0))
      this.at(this.time, () => {
        this.#junk(medium);
      });
  }

  #beat(): void {
    for (const medium of this.media) this.#burst(medium);
    this.at(this.time + this.#every!, () => {
      this.#beat();
    });
  }

  #burst(medium: string): void {
    if (this.time < (this.#until.get(medium) ?? 0)) return;
    this.#until.set(medium, this.time + this.#ms);
    this.stats["bursts"]!++;
    this.since = Math.min(this.since, this.time);
    const there = this.view.simulator.medium(medium);
    if (there instanceof ContentionMedium) {
      for (const channel of this.#channels(medium)) there.jam(this.name, this.#ms, channel);
    } else {
      const { kind } = there;
      // one only, where nothing takes time
      if (kind === "ideal" || kind === "udp" || kind === "ble") this.#until.set(medium, this.time);
      this.#junk(medium);
    }
  }

  #channels(medium: string): readonly number[] {
    const options = this.view.media[medium]!;
    return options.kind === "802.15.4" ? [options.channel ?? 15] : [37, 38, 39];
  }

  #junk(medium: string): void {
    const frame = this.bytes(this.#length(medium));
    const options = this.view.media[medium]!;
    this.say(medium, frame, options.kind === "ble" ? options.central : undefined);
  }

  /** Bytes of a frame: as many as there may be, or for LoRa as take the time. */
  #length(medium: string): number {
    const options = this.view.media[medium]!;
    const { frameSize } = this.view.simulator.medium(medium);
    if (options.kind !== "lora") return Math.min(frameSize, 256);
    const { spreading = 7, bandwidth = 125, coding = 5, preamble = 8, crc = true, implicit = false } = options;
    const own = this.station!.radio?.["spreading"];
    const modulation = {
      spreading: typeof own === "number" ? own : spreading,
      bandwidth,
      coding,
      preamble,
      crc,
      implicit,
    };
    let length = 1;
    while (length < frameSize && loraAirtime(modulation, length + 1) <= this.#ms) length++;
    return length;
  }
}
