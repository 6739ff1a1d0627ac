// Which messages were sent, and which were delivered: by the sender's key and the content.

import type { Delivery } from "../outcome.ts";

export class Messages {
  readonly deliveries: Delivery[] = [];
  /** Accepted, though nobody had sent it. */
  forged = 0;
  /** How many were sent, and delivered at least once. */
  delivered = 0;
  readonly #sent = new Map<string, Delivery[]>();

  /** @param time seconds */
  sent(who: Pick<Delivery, "device" | "gateway" | "way">, content: Uint8Array, time: number): void {
    const delivery: Delivery = { ...who, bytes: content.length, sent: time, times: 0 };
    this.deliveries.push(delivery);
    const name = key(who, content);
    const known = this.#sent.get(name);
    if (known) known.push(delivery);
    else this.#sent.set(name, [delivery]);
  }

  /** Of the same content several times the first that has not come counts. */
  came(who: Pick<Delivery, "device" | "gateway" | "way">, content: Uint8Array, time: number): void {
    const all = this.#sent.get(key(who, content));
    if (!all) {
      this.forged++;
      return;
    }
    const first = all.find(({ times }) => !times) ?? all[0]!;
    if (!first.times++) {
      first.delivered = time;
      this.delivered++;
    }
  }
}

const key = ({ device, gateway, way }: Pick<Delivery, "device" | "gateway" | "way">, content: Uint8Array): string =>
  `${way} ${device} ${gateway} ${Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1")}`;
