// A flooder: handshakes of endpoints that it has made up, each well formed and under a KEY of its own, which cost a gateway
// curve work before it can refuse them. It has got what it is after where a gateway that lets nobody link links with one,
// answers it, or keeps more and more. Whether honest ones get through meanwhile is for other expectations.

import { Exchange, Self, generate, split, toHex } from "../../src/index.ts";
import type { Gateway } from "../gateway.ts";
import type { Transmission } from "../media/medium.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { Attacker } from "./attacker.ts";
import type { Shared } from "./view.ts";

/** Handshakes that are made; then the first ones come again, which a gateway has refused and does not remember. */
const MADE = 512;

/** Frames that wait for its own radio, beyond which it says no more. */
const WAITING = 64;

/** Entries that a gateway may have for each link, and each time that one came up, and so many besides. */
const ENTRIES = 4;
const SPARE = 64;

export class Flooder extends Attacker {
  readonly #every: number;
  readonly #made = new Map<string, Uint8Array[]>();
  readonly #keys = new Set<string>();
  readonly #targets: { medium: string; name: string }[];
  #next = 0;
  #sent = 0;
  #waiting = 0;

  constructor(options: AdversaryOf & { kind: "flooder" }, view: Shared, position: Position | undefined) {
    super(options, view, position);
    this.#every = 1000 / options.rate;
    const first = Object.keys(view.media).slice(0, 1);
    this.#targets = Object.entries(view.gateways).flatMap(([name, { media = first }]) =>
      this.media.filter((medium) => media.includes(medium)).map((medium) => ({ medium, name })),
    );
    this.stats["handshakes"] = 0;
    if (this.#targets.length)
      this.at(this.time + this.random() * this.#every, () => {
        this.#flood();
      });
  }

  override before(gateway: Gateway, frame: Uint8Array): () => void {
    const after = super.before(gateway, frame);
    const count = gateway.links.length;
    return () => {
      after();
      if (gateway.links.length > count) this.#linked(gateway);
    };
  }

  protected override noticed({ from, to, bytes, type = "data" }: Transmission): void {
    if (to !== this.name || type !== "data" || this.view.gateways[from]?.pairing !== "none") return;
    // zeros only acknowledge, or say how long frames may be
    if (bytes.some((byte) => byte > 0)) this.breach(this.time, `${from}, which lets nobody link, answers it`);
  }

  protected override spoke({ attempt }: Transmission): void {
    if (attempt === undefined || attempt < 2) this.#waiting = Math.max(0, this.#waiting - 1);
  }

  protected override finish(): void {
    super.finish();
    for (const [name, { gateway, pairing }] of Object.entries(this.view.gateways)) {
      this.#linked(gateway);
      const spare = entries(gateway.endpoint) - ENTRIES * (gateway.links.length + gateway.ups) - SPARE;
      if (pairing === "none" && spare > this.#sent / 2)
        this.breach(this.time, `${name} keeps ${spare} entries after ${this.#sent} handshakes that it has refused`);
    }
  }

  #linked(gateway: Gateway): void {
    const found = Object.entries(this.view.gateways).find((entry) => entry[1].gateway === gateway);
    if (found?.[1].pairing !== "none") return;
    const made = gateway.links.filter(({ exchange }) => this.#keys.has(toHex(exchange.key)));
    if (made.length) this.breach(this.time, `${found[0]}, which lets nobody link, has linked with it`);
  }

  #flood(): void {
    const { medium, name } = this.#targets[this.#next % this.#targets.length]!;
    if (this.#waiting < WAITING) {
      const { frameSize } = this.view.simulator.medium(medium);
      const frames = split(this.#handshake(name), Math.min(frameSize, 256));
      this.#waiting += frames.length;
      this.#sent++;
      this.stats["handshakes"]!++;
      for (const frame of frames) this.say(medium, frame, name);
    }
    this.#next++;
    this.at(this.time + this.#every, () => {
      this.#flood();
    });
  }

  #handshake(gateway: string): Uint8Array {
    let made = this.#made.get(gateway);
    if (!made) this.#made.set(gateway, (made = []));
    if (made.length < MADE) {
      const random = (n: number): Uint8Array => this.bytes(n);
      const self = new Self(generate(random), random);
      this.#keys.add(toHex(self.key));
      made.push(new Exchange(self, this.view.gateways[gateway]!.gateway.key).handshake());
      return made.at(-1)!;
    }
    return made[this.#next % MADE]!;
  }
}

/** How much an object holds in maps, sets and lists. */
function entries(object: object): number {
  let count = 0;
  for (const value of Object.values(object) as unknown[]) {
    if (value instanceof Map || value instanceof Set) count += value.size;
    else if (Array.isArray(value)) count += value.length;
  }
  return count;
}
