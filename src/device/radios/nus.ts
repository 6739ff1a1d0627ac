/**
 * `require("e3x-mote/nus")`: the Nordic UART service. The console leaves it for good, to Serial1.
 *
 * It is a stream: Espruino puts what is written together into notifications of the MTU's size or 20 bytes, whatever the
 * frames were, and splits long writes of the central where its queue does (64 bytes). So frames here need not fit
 * the MTU, and a gateway's Pipe has `stream: true`, too.
 */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
declare const E: { setConsole(device: string, options: { force: boolean }): void };
declare const Bluetooth: {
  write(data: Uint8Array): void;
  unsetup(): void;
  on(event: string, listener: (data: string) => void): void;
};
declare const NRF: { on(event: string, listener: () => void): void };

/** Bytes of a frame: half of Espruino's transmit buffer on the nRF52832, 128 bytes; a write that does not fit stops the program until it does. */
const MTU = 64;

/** Milliseconds from one frame to the next: four notifications of 20 bytes at the shortest connection interval, 7.5 ms. */
const PACE = 30;

/** Milliseconds that a central has to subscribe in; what is written before goes nowhere. */
const PATIENCE = 1000;

/** "open" when the central first writes, or has had a second to subscribe; "close" when it is gone. */
export function nus(): Radio {
  const listeners: { [event: string]: (data?: string) => void } = {};
  let ready = false;
  let waiting = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const emit = (event: string, data?: string): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  const open = (): void => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    ready = true;
    emit("open");
  };
  // forced, or it would come back when somebody connects
  E.setConsole("Serial1", { force: true });
  // ends the flow control by XOFF and XON, which Espruino would put between the frames' bytes
  Bluetooth.unsetup();
  NRF.on("connect", () => {
    timer = setTimeout(open, PATIENCE);
  });
  NRF.on("disconnect", () => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    ready = false;
    emit("close");
  });
  Bluetooth.on("data", (data) => {
    if (!ready) open();
    emit("data", data);
  });
  return {
    mtu: MTU,
    stream: true,
    write: (frame) => {
      if (!ready || waiting) return false;
      waiting = true;
      setTimeout(() => {
        waiting = false;
        emit("drain");
      }, PACE);
      Bluetooth.write(frame);
      return true;
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
}
