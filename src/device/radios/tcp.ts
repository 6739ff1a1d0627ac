/** `require("e3x-mote/tcp")`: a connection to a gateway. The application connects to the Wi-Fi. */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
interface Socket {
  write(data: string): void;
  on(event: string, listener: (data: string) => void): void;
}
declare const E: { toString(data: Uint8Array): string };
declare function require(name: "net"): {
  connect(options: { host: string; port: number }, connected: () => void): Socket;
};

export interface TcpOptions {
  /** The gateway's name or IP address. */
  host: string;
  port: number;
  /** Bytes of a frame; 256 if not given. */
  mtu?: number;
}

/**
 * "open" when connected. After "close" it connects again: at once in a second, then after twice the time, up to about a
 * minute. Whether the socket is still there is looked at every 30 s: the firmware drops it without a word when the Wi-Fi goes.
 */
export function tcp(options: TcpOptions): Radio {
  const listeners: { [event: string]: (data?: string) => void } = {};
  let socket: Socket;
  let busy = true;
  let delay = 1000;
  let waiting: unknown;
  const emit = (event: string, data?: string): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  const close = (): void => {
    if (waiting) return;
    busy = true;
    waiting = setTimeout(connect, delay);
    if (delay < 60000) delay *= 2;
    emit("close");
  };
  const write = (data: string): boolean => {
    try {
      socket.write(data);
    } catch (_) {
      close();
      return false;
    }
    return true;
  };
  const connect = (): void => {
    waiting = undefined;
    try {
      socket = require("net").connect(options, () => {
        delay = 1000;
        busy = false;
        emit("open");
      });
      socket.on("data", (data) => emit("data", data));
      socket.on("drain", () => {
        busy = false;
        emit("drain");
      });
      socket.on("close", close);
    } catch (_) {
      close();
    }
  };
  connect();
  setInterval(write, 30000, "");
  return {
    mtu: options.mtu || 256,
    stream: true,
    write: (frame) => {
      if (busy) return false;
      busy = true;
      return write(E.toString(frame));
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
}
