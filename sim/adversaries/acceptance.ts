// What was accepted that should not have been: twice, or though nobody has sent it.

import type { AdversaryView, Shared } from "./view.ts";

interface Fault {
  /** Virtual ms. */
  time: number;
  text: string;
}

const nameOf = (content: Uint8Array): string =>
  Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");

export class Acceptance {
  static readonly #all = new WeakMap<AdversaryView, Acceptance>();
  readonly #view: Shared;
  readonly #faults: Fault[] = [];
  /** How often each content was sent, and what was looked at. */
  readonly #sent = new Map<string, number>();
  #known = 0;
  readonly #messages = new Map<string, number>();
  readonly #numbers = new Set<string>();
  #received = 0;
  readonly #came = new Map<string, number>();

  /** All adversaries of a simulation see the same. */
  static of(view: Shared): Acceptance {
    let one = this.#all.get(view);
    if (!one) this.#all.set(view, (one = new Acceptance(view)));
    return one;
  }

  constructor(view: Shared) {
    this.#view = view;
  }

  /** All so far; what was accepted is compared with what had been sent until it is asked. */
  faults(): readonly Fault[] {
    const { sent, gateways, received = [], adversaries } = this.#view;
    for (; this.#known < sent.length; this.#known++) {
      const name = nameOf(sent[this.#known]!);
      this.#sent.set(name, (this.#sent.get(name) ?? 0) + 1);
    }
    // what a clone says under its own session is not forged: it has the key
    const cloned = new Set([...adversaries.values()].flatMap(({ contents }) => contents.map(nameOf)));
    for (const [
      gateway,
      {
        gateway: { messages: all },
        accepted: messages = all,
      },
    ] of Object.entries(gateways)) {
      for (let i = this.#messages.get(gateway) ?? 0; i < messages.length; i++) {
        const { time, sender, at, content } = messages[i]!;
        const number = `${gateway}/${sender}/${at}`;
        const name = nameOf(content);
        if (this.#numbers.has(number))
          this.#faults.push({ time, text: `${gateway} has accepted message ${at} of ${sender.slice(0, 8)} twice` });
        else if (!this.#sent.has(name) && !cloned.has(name))
          this.#faults.push({
            time,
            text: `${gateway} has accepted a message of ${content.length} bytes that nobody has sent`,
          });
        this.#numbers.add(number);
      }
      this.#messages.set(gateway, messages.length);
    }
    for (; this.#received < received.length; this.#received++) {
      const { device, time, content } = received[this.#received]!;
      const name = nameOf(content);
      const count = (this.#came.get(`${device}/${name}`) ?? 0) + 1;
      this.#came.set(`${device}/${name}`, count);
      const sentSo = this.#sent.get(name) ?? 0;
      if (!sentSo)
        this.#faults.push({
          time: time * 1000,
          text: `${device} has accepted a message of ${content.length} bytes that nobody has sent`,
        });
      else if (count > sentSo) this.#faults.push({ time: time * 1000, text: `${device} has accepted a message twice` });
    }
    return this.#faults;
  }
}
