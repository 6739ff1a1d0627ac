// The addresses that a capture gives stations: the simulator has names, frames of real radios have numbers. Who is called
// the same has the same in every capture, unless another was first to have it.

import { createHash } from "node:crypto";
import { be16, be32 } from "./bytes.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/** Who is on the air of a capture. */
export class Stations {
  readonly #numbers = new Map<string, number>();
  readonly #nodes = new Set<string>();
  readonly #devices = new Map<string, Uint8Array>();
  readonly #short = new Map<string, Uint8Array>();
  readonly #taken = new Set<number>();

  /** Takes note that a station is a native node: a gateway. */
  node(name: string): void {
    this.#nodes.add(name);
  }

  isNode(name: string): boolean {
    return this.#nodes.has(name);
  }

  /** The first it was asked for has 1, and so on. */
  number(name: string): number {
    const known = this.#numbers.get(name) ?? this.#numbers.size + 1;
    this.#numbers.set(name, known);
    return known;
  }

  /** IPv4 address, 10.0.0.1 and on. */
  ipv4(name: string): Uint8Array {
    return be32(0x0a000000 + this.number(name));
  }

  /** Static random device address of Bluetooth: its two highest bits are set. The highest octet is the last. Core 5.4, Vol 6, Part B, 1.3.2.1 */
  device(name: string): Uint8Array {
    const known = this.#devices.get(name) ?? Uint8Array.from(digest(`bluetooth/${name}`).subarray(0, 6));
    known[5]! |= 0xc0;
    this.#devices.set(name, known);
    return known;
  }

  /** Short address of IEEE 802.15.4, 1 to 0xfffd (0xfffe and 0xffff mean something else); little-endian, as in a frame. */
  short(name: string): Uint8Array {
    const known = this.#short.get(name);
    if (known) return known;
    let address = digest(`802.15.4/${name}`).readUInt16LE();
    while (!address || address > 0xfffd || this.#taken.has(address)) address = (address + 1) & 0xffff;
    this.#taken.add(address);
    const bytes = be16(address).reverse();
    this.#short.set(name, bytes);
    return bytes;
  }

  /** Some 32 bits of two names, always the same; `salt` gives others. */
  pair(one: string, two: string, salt: number): number {
    return digest(JSON.stringify([one, two, salt])).readUInt32LE();
  }
}
