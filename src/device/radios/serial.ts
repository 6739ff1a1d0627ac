/** `require("e3x-mote/serial")`: a serial port, with an answer to every chunk, so that no buffer runs over. */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
interface Port {
  setup(baud: number, options?: object): void;
  write(data: Uint8Array): void;
  on(event: string, listener: (data: string) => void): void;
  emit(event: string): void;
}
declare const E: { setConsole(port: Port | null, options: { force: boolean }): void };
declare const global: { Bluetooth?: Port; Serial1?: Port; USB?: Port };

export interface SerialOptions {
  /** Serial1, USB, or a software port. */
  port: Port;
  /** Bits a second. Not given: the application has set the port up. */
  baud?: number;
  /** What `port.setup` takes besides: pins, parity, flow control. */
  setup?: object;
  /** Bytes of a frame that is written; 64 if not given. A gateway writes 64 too, but 16 to an RP2040, whose port holds 32 and may get two. */
  mtu?: number;
}

/** Milliseconds without an answer after which a packet begins again: by then the other side has given up its pieces. */
const PATIENCE = 12000;

/**
 * A serial port as a radio. "open" when the other side has not answered for 12 s, so that a line that was cut goes on.
 *
 * Where the console could be on the port, it is moved for good: to Bluetooth, else to USB, else nowhere (then the board
 * is programmed again after a reset that does not run its saved code).
 */
export function serial(options: SerialOptions): Radio {
  const port = options.port;
  const usb = global.USB;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = (): void => {
    if (timer) clearTimeout(timer);
    timer = undefined;
  };
  // forced, as it would return when Bluetooth or USB goes
  if (port === usb || port === global.Serial1)
    E.setConsole(global.Bluetooth || (port !== usb && usb) || null, { force: true });
  if (options.baud) port.setup(options.baud, options.setup);
  port.on("data", clear);
  return {
    mtu: options.mtu || 64,
    blocking: true,
    stream: true,
    write: (frame) => {
      clear();
      port.write(frame);
      // a lone zero, too: one that ends a packet is answered. After an answer, which gets none, "open" finds nothing to begin again
      timer = setTimeout(() => port.emit("open"), PATIENCE);
    },
    on: (event, listener) => port.on(event, listener),
  };
}
