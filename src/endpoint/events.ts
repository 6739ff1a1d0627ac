/** What an endpoint tells its owner. */
import type { ErrorCode } from "../errors.ts";
import type { LinkInfo } from "../identity/link-info.ts";
import type { Packet } from "../packet/lob.ts";
import type { GatewayLink } from "./link.ts";
import type { Pipe } from "./pipe.ts";

/** What a radio told of a frame, as the owner gives it to `receive`. Nothing of it is believed, or used, by the endpoint. */
export interface Metadata {
  /** Signal strength in dBm. */
  rssi?: number;
  /** Signal-to-noise ratio in dB. */
  snr?: number;
  /** Which of several receivers heard it. */
  receiver?: string;
  [more: string]: unknown;
}

/** How a packet came. */
export interface Arrival {
  pipe: Pipe;
  /** Seconds, as `receive` was told. */
  time: number;
  /** How many frames it came in, or reads of a stream; 0 for one that was given as a whole (`packet`). */
  frames: number;
  /** What was told of its last frame. */
  metadata?: Metadata;
}

/** Who is not linked, and sent something. */
export interface Knock {
  /**
   * "unknown": a message by somebody whom this endpoint does not know, or has forgotten: it says not by whom. "refused": a
   * handshake that proves who sent it, of somebody who may not link. "blocked": something of a link that is blocked.
   */
  reason: "unknown" | "refused" | "blocked";
  /** Who it is, where that is proved: its public key and its hashname. */
  key?: Uint8Array;
  hashname?: string;
  pipe: Pipe;
}

/** What of the application threw: an event's handler by its name, an option by its name, a channel's handler, the outlet's functions. */
export type Where =
  | Exclude<keyof Events, "error">
  | "save"
  | "accept"
  | "judge"
  | "recent"
  | "epoch"
  | "random"
  | "wake"
  | "channel"
  | "write"
  | "ready"
  /** A fault of this library. */
  | "library";

/** What happens. Packets of nobody known are dropped without a link. */
export interface Events {
  /** The link is in sync, or its session was renewed. */
  up?(link: GatewayLink, arrival: Arrival): void;
  /** The other did not answer a handshake for `patience` seconds. */
  down?(link: GatewayLink): void;
  /**
   * Content of the other has come: bytes, and the INNER packet that brought it (the last of several). It counts as received
   * when the handler returns; where it throws, or `save` does, it does not, and is delivered if it comes again.
   */
  message?(link: GatewayLink, data: Uint8Array, packet: Packet, arrival: Arrival): void;
  /** A message has left: all of its frames are written, and the radio takes more. `at` is what `Link.send` returned. */
  sent?(link: GatewayLink, at: number, departure: { pipe: Pipe; time: number }): void;
  /** Something was refused, and counted in `drops`; `arrival` where it came by a pipe just now. */
  drop?(code: ErrorCode, link: GatewayLink | undefined, arrival: Arrival | undefined): void;
  /**
   * Somebody who is not linked sent something: to ask a person whether it may, say, and `link` its key. With it a stranger's
   * handshake takes curve work (2 ECDH) where there is no `accept`, too.
   */
  knock?(knock: Knock, arrival: Arrival): void;
  /**
   * Somebody announces itself by a pipe, to whoever hears it: nothing of it is proved. To link: `endpoint.link(info.keys,
   * info.hashname).connect(pipe)`. mesh.md, Discovery
   */
  discovered?(info: LinkInfo, pipe: Pipe, arrival: Arrival): void;
  /**
   * A function of the application threw: never a drop, and nothing else is lost by it. Of an async handler of an event it is told
   * what its promise is rejected with; but a message counts as received then. Without this handler the call in which it happened
   * (`receive`, `packet`, `poll`, `drain`) throws it when all else is done, several as an AggregateError; it is to be called again.
   */
  error?(error: unknown, where: Where, link: GatewayLink | undefined, arrival: Arrival | undefined): void;
}
