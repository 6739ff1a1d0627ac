// Reads what an application sends off the air, with its gateway's key: its program tells nobody.

import { Advertisements, Joiner, isHandshake, lob, pieceOf, toHex } from "../../src/index.ts";
import type { Self } from "../../src/index.ts";
import type { Transmission } from "../media/medium.ts";

/** The messages of one device. */
export class AirReader {
  readonly #gateway: Self;
  readonly #sent: (content: Uint8Array, time: number) => void;
  readonly #joiner = new Joiner(70000);
  readonly #fragments = new Advertisements();
  // when the packet that is open began, in ms
  #began: number | undefined;
  // of a content that comes in several messages
  #pieces: Uint8Array[] = [];
  // packets that were read, in hex: some are sent again
  readonly #seen = new Set<string>();

  /** @param sent is told of each content, and when its first frame began, in seconds */
  constructor(gateway: Self, sent: (content: Uint8Array, time: number) => void) {
    this.#gateway = gateway;
    this.#sent = sent;
  }

  read({ bytes, start, attempt = 1, type = "data", detail }: Transmission): void {
    // each PDU of a BLE connection has the whole frame
    if (type !== "data" || attempt > 1 || detail?.["part"]) return;
    this.#began ??= start;
    const done = (outer: Uint8Array): void => {
      const began = this.#began!;
      this.#began = undefined;
      this.#packet(outer, began / 1000);
    };
    if (Advertisements.is(bytes)) this.#fragments.receive("", bytes, start / 1000, done);
    else this.#joiner.add(bytes, done);
    if (!(this.#joiner.size + this.#joiner.left)) this.#began = undefined;
  }

  #packet(outer: Uint8Array, began: number): void {
    const whole = toHex(outer);
    if (outer[1] === 0 || this.#seen.has(whole)) return;
    try {
      const inner = lob.decode(this.#gateway.decrypt(outer));
      if (isHandshake(inner) || inner.json?.["type"] !== undefined) return;
      this.#seen.add(whole);
      const piece = pieceOf(inner);
      if (piece > 128) this.#pieces = [];
      this.#pieces.push(Uint8Array.from(inner.body));
      if (piece % 128 > 1) return;
      const content = Uint8Array.from(Buffer.concat(this.#pieces));
      this.#pieces = [];
      this.#sent(content, began);
    } catch {
      // not for the gateway, or cut
    }
  }
}
