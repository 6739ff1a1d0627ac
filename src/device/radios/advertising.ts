/**
 * `require("e3x-mote/advertising")`: messages in advertisements, for gateways that only listen. Nobody can answer, so
 * there is no handshake: the gateway knows the board's key beforehand, and needs one whole message, whatever it missed before.
 *
 * A packet is cut into fragments, one an advertisement (non-connectable, not scannable), as manufacturer specific data:
 *
 *     length, 0xff    1 + 1 bytes   of the AD structure
 *     0x90 0x05       2             company: Pur3 Ltd (Espruino)
 *     0xe3            1             tells a fragment from Espruino's JSON
 *     id              1             of the packet: begins anywhere at a start, then counts
 *     index           1             of the fragment, from 0
 *     last            1             index of the last fragment
 *     data            1 to 23       of the packet
 *
 * All fragments go round in a carousel, `repeat` times, so that a gateway that misses some still gets all, in any order.
 * The firmware turns it, an advertisement an interval; meanwhile the board cannot be connected to.
 * The receiver is src/endpoint/advertisements.ts.
 */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
interface AdvertisingParameters {
  interval: number;
  connectable: boolean;
  scannable: boolean;
  whenConnected: boolean;
}
declare const E: { hwRand(): number };
declare const NRF: {
  setAdvertising(data: Uint8Array[] | ArrayBuffer, options: AdvertisingParameters): void;
  getAdvertisingData(services: object): ArrayBuffer;
};

export interface AdvertisingOptions {
  /** Milliseconds between two advertisements, 100 or more; 100 if not given. */
  interval?: number;
  /** How often each fragment is sent; 10 if not given: where 30 % are lost, one in 170,000 fragments is missed. */
  repeat?: number;
}

/** The stack adds 0 to 10 ms to every interval. */
const DELAY = 5;

/** One way only. "drain" when a packet has gone round often enough. */
export function advertising(options?: AdvertisingOptions): Radio {
  const interval = (options && options.interval) || 100;
  const repeat = (options && options.repeat) || 10;
  let drain: (() => void) | undefined;
  let busy = false;
  let id = E.hwRand();
  let fragments: Uint8Array[] = [];
  const advertise = (data: Uint8Array[] | ArrayBuffer, idle: boolean): void => {
    NRF.setAdvertising(data, {
      interval: idle ? 375 : interval,
      connectable: idle,
      scannable: idle,
      whenConnected: !idle,
    });
  };
  const done = (): void => {
    busy = false;
    fragments = [];
    id++;
    // not an object: with that Espruino would go on turning what is no list
    advertise(NRF.getAdvertisingData({}), true);
    if (drain) drain();
  };
  return {
    // a chunk has one byte of length before its data
    mtu: 24,
    oneWay: true,
    write: (frame) => {
      if (busy) return false;
      const length = frame[0]!;
      if (length) {
        const fragment = new Uint8Array(length + 8);
        fragment.set([length + 7, 255, 0x90, 5, 0xe3, id, fragments.length]);
        fragment.set(frame.subarray(1, length + 1), 8);
        fragments.push(fragment);
        // the zero that ends a packet is in a frame of its own where the last chunk is full
        if (frame.length === length + 1) return true;
      }
      busy = true;
      fragments.forEach((fragment) => {
        fragment[7] = fragments.length - 1;
      });
      advertise(fragments, false);
      setTimeout(done, fragments.length * repeat * (interval + DELAY));
      return true;
    },
    on: (event, listener) => {
      if (event === "drain") drain = listener as () => void;
    },
  };
}
