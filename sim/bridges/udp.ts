// UDP outside: one frame a datagram.

import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Outside } from "../bridge.ts";
import { SimError } from "../errors.ts";

export interface UdpOutsideOptions {
  port: number;
  /** Where what is outside takes datagrams. Left out: it begins, and is answered where it last sent from. */
  host?: string;
  /** The own address to listen at, without `host`. Default: all of IPv4. */
  address?: string;
}

/**
 * With a host: of each simulated station datagrams come from a port of its own, by which a real gateway tells them apart,
 * and answers to it are for that station. Without: one port, at which a real device sends to the simulated gateway.
 */
export class UdpOutside implements Outside {
  readonly stream = false;
  readonly #options: UdpOutsideOptions;
  readonly #sockets = new Map<string, Socket>();
  #peer: { address: string; port: number } | undefined;
  #took: (bytes: Uint8Array, to?: string) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  constructor(options: UdpOutsideOptions) {
    this.#options = options;
  }

  /** The port that it listens at; undefined where it does not. */
  get port(): number | undefined {
    return this.#sockets.get("")?.address().port;
  }

  async open(took: (bytes: Uint8Array, to?: string) => void, failed: (error: Error) => void): Promise<void> {
    this.#took = took;
    this.#failed = failed;
    const { host, port, address } = this.#options;
    if (host !== undefined) return;
    const socket = createSocket(address !== undefined && isIPv6(address) ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => {
        reject(new SimError("bridge", `cannot listen at UDP port ${port}: ${error.message}`));
      });
      socket.bind({ port, ...(address !== undefined && { address }) }, resolve);
    });
    socket.removeAllListeners("error");
    socket.on("error", (error) => {
      this.#failed(new SimError("bridge", `UDP port ${port}: ${error.message}`));
    });
    socket.on("message", (bytes, from) => {
      this.#peer = from;
      this.#took(Uint8Array.from(bytes));
    });
    this.#sockets.set("", socket);
  }

  send(bytes: Uint8Array, from: string): void {
    const { host, port } = this.#options;
    // what cannot be sent now is lost, as datagrams are
    if (host !== undefined) this.#of(from, host).send(bytes, port, host, () => undefined);
    else if (this.#peer) this.#sockets.get("")?.send(bytes, this.#peer.port, this.#peer.address, () => undefined);
  }

  async close(): Promise<void> {
    const all = [...this.#sockets.values()];
    this.#sockets.clear();
    await Promise.all(
      all.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.close(resolve);
          }),
      ),
    );
  }

  #of(station: string, host: string): Socket {
    const known = this.#sockets.get(station);
    if (known) return known;
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    socket.on("error", (error) => {
      this.#failed(new SimError("bridge", `UDP to ${host}: ${error.message}`));
    });
    socket.on("message", (bytes) => {
      this.#took(Uint8Array.from(bytes), station);
    });
    this.#sockets.set(station, socket);
    return socket;
  }
}
