/**
 * Sockets of another endpoint over channels of type "sock": reliable ones carry TCP, unreliable ones UDP. Only what goes
 * over the channel; who has sockets connects them with it (src/node/sockets.ts). telehash v3, channels/sock.md.
 */
import type { Json, Packet } from "../packet/lob.ts";
import type { Channel, Opener, Taker } from "./channel.ts";
import { pour } from "./pour.ts";

export interface Address {
  ip: string;
  port: number;
}

/**
 * What is asked for. "connect": a socket to `dst`; "bind": one that listens, at the port of `src`, any if not given;
 * "accept", by the one that listens: to take the connection, or the datagrams, from `src` to `dst`, where it listens.
 */
export interface SockOpen {
  sock: "connect" | "bind" | "accept";
  dst?: Address;
  src?: { ip?: string; port: number };
}

/**
 * What happens. "open": it was taken; `json` of a "bind" has its address as `dst`. "data": bytes, or a datagram; `json` of
 * one that a "bind" got has `src`, of one to be sent from it `dst`. "drain", "end" and "close" as of a stream (stream.ts).
 */
export type SockOn = (
  event: "open" | "data" | "drain" | "end" | "close",
  data: unknown,
  sock: Sock,
  json?: Json,
) => void;

export interface Sock {
  /** Its channel: may `pause` and `resume` what comes, where it is reliable, and `fail`. */
  channel: Channel;
  on?: SockOn;
  /**
   * Sends bytes, or a datagram (1,300 bytes at most go with any HEAD); keys of JSON as far as the kind has them. The first
   * one of who was asked says that it is taken: it may be without bytes.
   * @returns whether there is room for more; if not, all is kept until there is, which "drain" tells
   * @throws BUSY (a datagram, where too much waits), CHANNEL_ENDED
   */
  write(data: Uint8Array, json?: Json): boolean;
  /** Ends this way; the other goes on. */
  end(): void;
}

const NONE = new Uint8Array(0);

/** @param open whether it is open already: the other asked for it */
function wire(channel: Channel, open: boolean): Sock {
  const pouring = pour(channel);
  const write = (data: Uint8Array, json?: Json): boolean =>
    channel.reliable ? pouring(data, json) : channel.send(json, data);
  // all objects of Espruino have an `on` that is another
  const sock: Sock = {
    channel,
    on: undefined!,
    write,
    end: () => {
      write(NONE, { "end": true });
    },
  };
  const emit = (event: "open" | "data" | "drain" | "end" | "close", data?: unknown, json?: Json): void => {
    if (sock.on) sock.on(event, data, sock, json);
  };
  channel.on = (event, data) => {
    if (event === "close") emit(event, data);
    else if (event === "drain") {
      if (pouring()) emit(event);
    } else {
      const json = (data as Packet).json!;
      const body = (data as Packet).body;
      if (!open) {
        open = true;
        emit("open", undefined, json);
      }
      if (body.length) emit("data", body, json);
      if (json["end"]) emit("end");
    }
  };
  return sock;
}

/**
 * Asks another endpoint for a socket.
 * @param udp whether it is for datagrams
 * @throws as `Opener.channel`
 */
export function sock(opener: Opener, open: SockOpen, on?: SockOn, udp?: boolean): Sock {
  const json: Json = Object.assign({ "type": "sock" } as Json, open);
  if (!udp) json["seq"] = 1;
  const made = wire(opener.channel(json), false);
  made.on = on!;
  return made;
}

/**
 * Takes what others ask for: `accept` is told of each, with the opening packet (see SockOpen; nothing in it was checked), and
 * takes it by giving it an `on`. "data" may come before it is connected: `pause` holds it back.
 */
export function socks<From>(taker: Taker<From>, accept: (sock: Sock, open: Packet, from: From) => void): void {
  taker.handle("sock", (channel, open, from) => {
    const made = wire(channel, true);
    accept(made, open, from);
    if (!made.on) channel.on = undefined!;
  });
}
