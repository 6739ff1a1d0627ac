/**
 * What carries frames in Node.js. One way to one other side is a `Transport`, with the interface of a device's radio;
 * where others come by themselves, a `Listener` makes a transport for each.
 */
import type { AddressInfo } from "node:net";
import type { Metadata } from "../../endpoint/events.ts";
import type { Radio } from "../../link/radio.ts";

export interface Transport extends Omit<Radio, "on"> {
  /** Where it leads, for logs. */
  readonly name: string;
  /** Whether `write` and "data" have whole packets, of at most `mtu` bytes, in place of frames. */
  readonly packets?: boolean;
  /** Takes a frame. False: not now; the same frame is offered again after "drain" or "open". */
  write(frame: Uint8Array): boolean;
  /** `metadata` is what the radio tells of a frame: signal strength, which receiver heard it. */
  on(event: "data", listener: (data: Uint8Array | ArrayBuffer | string, metadata?: Metadata) => void): void;
  /** As of `Radio`; and "end": it never comes back, what it was for is over. */
  on(event: "open" | "close" | "drain" | "end", listener: () => void): void;
  /** It cannot work as it was set up: the Error says what to do. */
  on(event: "error", listener: (error: Error) => void): void;
  /** Stops "data" until `resume`, where bytes come without bounds: none of them may be lost. */
  pause?(): void;
  resume?(): void;
  /** Closes it for good. */
  close(): void;
}

/** What a listener tells its owner, and asks it. */
export interface ListenerOwner {
  /** Takes the transport to somebody who was not heard before, until its "end". */
  accept(transport: Transport): void;
  /** Whether a link uses the transport: others are closed before it. */
  isUsed(transport: Transport): boolean;
  /** Takes what went wrong after `listen`; the listener goes on. */
  error(error: Error): void;
}

/** Makes a transport for each that it hears from. */
export interface Listener {
  /** Begins. Resolves with its own address. Rejects where it cannot be had, with an Error that says what to do. */
  listen(owner: ListenerOwner): Promise<AddressInfo>;
  /** Closes it and its transports. */
  close(): Promise<void>;
}

/** An Error for a port that cannot be listened at. */
export function listenError(kind: string, port: number, { code, message }: NodeJS.ErrnoException): Error {
  const advice =
    code === "EADDRINUSE"
      ? "another program has it: stop that one, or take another port"
      : code === "EACCES"
        ? "this user may not have it: take a port from 1024 on"
        : code === "EADDRNOTAVAIL"
          ? "this machine has no such address: check the host"
          : message;
  return Object.assign(new Error(`cannot listen at ${kind} port ${port}: ${advice}`), { code });
}
