/**
 * `require("e3x-mote/ble")`: a GATT service of its own, so that the console on Nordic UART stays free.
 *
 *     service         f11d0001-72f6-4ea6-9678-d0c860a351e9, advertised
 *     to the board    f11d0002-...  write, write without response
 *     from the board  f11d0003-...  indicate
 *
 * Indications, as they alone have flow control: of notifications that come faster than the link takes them, Espruino
 * loses those for which the stack has no room, without a word; an indication before the one before it is confirmed is an
 * exception.
 *
 * Espruino does not tell the MTU that a central has asked for. The longest write of a connection shows it: a gateway
 * whose radio library knows the MTU subscribes and then writes as many zeros as one write takes (MTU - 3, at most 128).
 * Zeros between packets mean nothing; frames of the board are as long from then on. Without that they have 20 bytes.
 */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
interface Write {
  data: ArrayBuffer;
}
interface Characteristic {
  value?: Uint8Array;
  maxLen?: number;
  writable?: boolean;
  indicate?: boolean;
  onWrite?: (event: Write) => void;
  onWriteDesc?: (event: Write) => void;
}
interface Services {
  [service: string]: { [characteristic: string]: Characteristic };
}
declare const NRF: {
  setServices(services: Services): void;
  updateServices(services: Services): void;
  setAdvertising(services: { [service: string]: undefined }, options: { manufacturer: number }): void;
  on(event: string, listener: () => void): void;
};

/** Bytes of a frame with the smallest MTU, 23, and with the largest that a build of Espruino for the nRF52 takes, 131. */
const SMALL = 20;
const LARGE = 128;

/** Milliseconds from one indication to the next, or to the next try: two of the shortest connection intervals, 7.5 ms, and a little. */
const PACE = 16;

const uuid = (n: number): string => "f11d000" + n + "-72f6-4ea6-9678-d0c860a351e9";

/** "open" when the central subscribes, or writes where the firmware does not tell (ESP32); "close" when it is gone. */
export function ble(): Radio {
  const listeners: { [event: string]: (data?: ArrayBuffer) => void } = {};
  const services: Services = {};
  const update: Services = {};
  const changed: Services[string] = (update[uuid(1)] = {});
  let ready = false;
  let waiting = false;
  const emit = (event: string, data?: ArrayBuffer): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  const radio: Radio = {
    mtu: SMALL,
    write: (value) => {
      if (!ready || waiting) return false;
      waiting = true;
      setTimeout(() => {
        waiting = false;
        emit("drain");
      }, PACE);
      try {
        changed[uuid(3)] = { value, indicate: true };
        NRF.updateServices(update);
      } catch (_) {
        // not confirmed yet
        return false;
      }
      return true;
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
  const reach = (reached: boolean): void => {
    ready = reached;
    emit(reached ? "open" : "close");
  };
  const ours: Services[string] = (services[uuid(1)] = {});
  ours[uuid(2)] = {
    maxLen: LARGE,
    writable: true,
    onWrite: (event) => {
      const data = event.data;
      radio.mtu = Math.max(radio.mtu!, data.byteLength);
      if (!ready) reach(true);
      emit("data", data);
    },
  };
  ours[uuid(3)] = {
    maxLen: LARGE,
    indicate: true,
    // subscribed to indications, or not any more
    onWriteDesc: (event) => reach(new Uint8Array(event.data)[0] === 2),
  };
  NRF.setServices(services);
  // without Espruino's manufacturer data, to leave room for a part of the name
  const advertised: { [service: string]: undefined } = {};
  advertised[uuid(1)] = undefined;
  NRF.setAdvertising(advertised, { manufacturer: 0 });
  NRF.on("disconnect", () => {
    radio.mtu = SMALL;
    reach(false);
  });
  return radio;
}
