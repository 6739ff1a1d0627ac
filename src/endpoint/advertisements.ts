/**
 * The listening end of the board's radio "advertising" (src/device/radios/advertising.ts, which has the layout of a
 * fragment): puts fragments together again, whatever is lost, doubled or out of order on the way.
 *
 *     const heard = new Advertisements();
 *     scanner.on("advertisement", (address, payload) => heard.receive(address, payload, now(), (outer) => gateway.packet(pipe, outer)));
 *
 * The endpoint must know the board's key beforehand (`Endpoint.link(key)`): there is no handshake.
 */
import { concat } from "#platform/engine";
import { same } from "#platform/text";

/** AD type of manufacturer specific data; company Pur3 Ltd (Espruino), and the mark of a fragment. */
const MANUFACTURER = 0xff;
const HEAD = Uint8Array.of(0x90, 0x05, 0xe3);
/** Bytes before a fragment's data: company, mark, id, index, last. */
const BEFORE = 6;

export interface AdvertisementsOptions {
  /** Seconds after which a packet of which nothing more comes is forgotten, and may come again; 60 if not given. */
  patience?: number;
  /** How many packets are kept in memory at most, the least recently heard going first; 1,000 if not given. */
  room?: number;
}

interface Heard {
  /** Data of each fragment; undefined: it has not come. */
  parts: (Uint8Array | undefined)[];
  missing: number;
  /** Seconds when its last fragment came. */
  time: number;
}

/** The manufacturer specific data in the payload of an advertisement: company, then data. Undefined where there is none, or no AD structures. */
function manufacturerData(payload: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + 1 < payload.length;) {
    const length = payload[at]!;
    const end = at + 1 + length;
    if (length === 0 || end > payload.length) return undefined;
    if (payload[at + 1] === MANUFACTURER) return payload.subarray(at + 2, end);
    at = end;
  }
  return undefined;
}

/** Packets of any number of boards, from what a scanner hears. */
export class Advertisements {
  readonly #heard = new Map<string, Heard>();
  readonly #patience: number;
  readonly #room: number;

  constructor(options: AdvertisementsOptions = {}) {
    this.#patience = options.patience ?? 60;
    this.#room = options.room ?? 1000;
  }

  /**
   * Takes the payload of an advertisement, all AD structures of it, heard from an address at a time in seconds; calls
   * `done` with the packet that it completes, once. What is none of ours is left alone.
   */
  receive(address: string, payload: Uint8Array, now: number, done: (packet: Uint8Array) => void): void {
    const data = manufacturerData(payload);
    if (data) this.manufacturer(address, data, now, done);
  }

  /** Whether a payload has a fragment of ours. */
  static is(payload: Uint8Array): boolean {
    const data = manufacturerData(payload);
    return !!data && data.length > BEFORE && same(data.subarray(0, HEAD.length), HEAD);
  }

  /** The same for a radio library that gives manufacturer specific data alone, company first. */
  manufacturer(address: string, data: Uint8Array, now: number, done: (packet: Uint8Array) => void): void {
    if (data.length <= BEFORE || !same(data.subarray(0, HEAD.length), HEAD)) return;
    const [id, index, last] = data.subarray(HEAD.length, BEFORE) as unknown as [number, number, number];
    if (index > last) return;
    this.#forget(now);
    const name = `${id} ${address}`;
    const part = Uint8Array.from(data.subarray(BEFORE));
    let heard = this.#heard.get(name);
    const known = heard?.parts[index];
    // a board that has started anew may come upon an id that it used not long ago
    if (!heard || heard.parts.length !== last + 1 || (known && !same(known, part))) {
      heard = { parts: Array.from({ length: last + 1 }), missing: last + 1, time: now };
    }
    heard.time = now;
    this.#heard.delete(name);
    this.#heard.set(name, heard);
    if (heard.parts[index]) return;
    heard.parts[index] = part;
    if (--heard.missing === 0) done(concat(heard.parts as Uint8Array[]));
  }

  #forget(now: number): void {
    for (const [name, { time }] of this.#heard) {
      if (this.#heard.size < this.#room && now - time < this.#patience) return;
      this.#heard.delete(name);
    }
  }
}
