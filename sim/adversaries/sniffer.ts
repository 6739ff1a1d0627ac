// A sniffer: hears all, says nothing. It has got what it is after where a message, or a secret key, stands in a frame, in
// some that follow one another, or in a packet that was put together; of a message of fewer than 6 bytes it is not told.

import { toBase32, toHex } from "../../src/index.ts";
import type { Position } from "../media/propagation.ts";
import type { AdversaryOf } from "../scenario.ts";
import { Actor, plain } from "./actor.ts";
import type { Heard } from "./actor.ts";
import { Search } from "./search.ts";
import type { Shared } from "./view.ts";

/** Frames and packets that wait to be searched: what was sent may become known after it was on the air. */
const WAITING = 20000;

export class Sniffer extends Actor {
  readonly #search = new Search();
  #sent = 0;
  #waiting: { time: number; from: string; bytes: Uint8Array }[] = [];
  readonly #tails = new Map<string, Uint8Array>();

  constructor(options: AdversaryOf, view: Shared, position: Position | undefined) {
    super(options, view, position, "ear");
  }

  protected override frame({ medium, from, to = "", bytes, end }: Heard): void {
    const name = `${medium}/${from}/${to}`;
    const all = Buffer.concat([this.#tails.get(name) ?? new Uint8Array(0), bytes]);
    this.#tails.set(name, all.subarray(-Search.overlap));
    this.#wait(end, from, all);
  }

  protected override packet(outer: Uint8Array, _frames: readonly Uint8Array[], { from, end }: Heard): void {
    this.#wait(end, from, outer);
    const opened = plain(outer);
    if (opened !== outer) this.#wait(end, from, opened);
  }

  protected override finish(): void {
    const { sent, secrets } = this.view;
    for (; this.#sent < sent.length; this.#sent++) this.#search.add(sent[this.#sent]!, "a message");
    for (const secret of secrets?.() ?? []) {
      for (const form of [secret, Buffer.from(toHex(secret)), Buffer.from(toBase32(secret))])
        this.#search.add(form, "a secret key");
    }
    for (const { time, from, bytes } of this.#waiting) {
      const found = this.#search.find(bytes);
      if (found !== undefined) this.breach(time, `${from} says ${found} in clear`);
    }
    this.#waiting = [];
  }

  #wait(time: number, from: string, bytes: Uint8Array): void {
    this.#waiting.push({ time, from, bytes });
    if (this.#waiting.length >= WAITING) this.finish();
  }
}
