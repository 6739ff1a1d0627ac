/** `require("e3x-mote/udp")`: datagrams to a gateway. The application connects to the Wi-Fi. */
import type { Radio } from "../../link/radio.ts";

// what it uses of Espruino
interface Socket {
  send(data: string, port: number, host: string): void;
  on(event: string, listener: (data: string) => void): void;
}
declare const E: { toString(data: Uint8Array): string };
declare function require(name: "dgram"): { createSocket(type: "udp4"): Socket };

export interface UdpOptions {
  /** The gateway's IP address: a name is looked up for every frame, and on an ESP8266 comes too late. */
  host: string;
  port: number;
  /** Bytes of a frame, at most 528 (ESP8266: 260), which is what the firmware can receive; 250 if not given. */
  mtu?: number;
}

/** One frame a datagram. "open" when there is a socket; "close" when it fails, with another try after 5 s. */
export function udp(options: UdpOptions): Radio {
  const listeners: { [event: string]: (data?: string) => void } = {};
  let socket: Socket;
  let waiting: unknown;
  const emit = (event: string, data?: string): void => {
    const listener = listeners[event];
    if (listener) listener(data);
  };
  const close = (): void => {
    if (waiting) return;
    waiting = setTimeout(open, 5000);
    emit("close");
  };
  const open = (): void => {
    waiting = undefined;
    socket = require("dgram").createSocket("udp4");
    socket.on("message", (data) => emit("data", data));
    socket.on("close", close);
    emit("open");
  };
  waiting = setTimeout(open, 1);
  return {
    mtu: options.mtu || 250,
    write: (frame) => {
      if (waiting) return false;
      try {
        socket.send(E.toString(frame), options.port, options.host);
      } catch (_) {
        close();
        return false;
      }
      return true;
    },
    on: (event, listener) => {
      listeners[event] = listener as never;
    },
  };
}
