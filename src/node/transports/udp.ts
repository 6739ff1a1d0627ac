/** UDP: a transport for each address that is heard, with a chunk or a whole packet in each datagram. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { EventEmitter } from "node:events";
import { isIPv6 } from "node:net";
import type { AddressInfo } from "node:net";
import { realTime } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { Heard } from "./heard.ts";
import { listenError } from "./transport.ts";
import type { Listener, ListenerOwner, Transport } from "./transport.ts";

export interface UdpOptions {
  /** Default 0: any that is free. */
  port?: number;
  /** The own address to listen at, with which IPv4 or IPv6 is chosen. Default: all of IPv4. */
  host?: string;
  /** Bytes of a frame to devices, at most 256; default 250, which every board with Wi-Fi can receive. */
  mtu?: number;
  /** How many addresses there may be; default 1,024. See Heard for the one that goes. */
  most?: number;
  /** Seconds without a datagram after which an address is forgotten that no link uses; default 300. */
  idle?: number;
  clock?: Clock;
}

/** The most bytes of a packet in one datagram: with three rounds of cloaking it goes through Ethernet and IPv4. */
const PACKET = 1448;

/** The most bytes that wait in the socket; `write` takes no more until half of them are sent. */
const UNSENT = 262_144;

/** Bytes that are asked of the system for datagrams that wait to be taken: many devices may send at once. */
const RECEIVE = 1_048_576;

/** The way to one address, in one of both forms. */
class UdpTransport extends EventEmitter implements Transport {
  readonly name: string;
  readonly mtu: number;
  readonly packets: boolean;
  readonly write: (frame: Uint8Array) => boolean;
  readonly close: () => void;

  constructor(name: string, mtu: number, packets: boolean, write: (frame: Uint8Array) => boolean, close: () => void) {
    super();
    this.name = name;
    this.mtu = mtu;
    this.packets = packets;
    this.write = write;
    this.close = close;
  }
}

/** What was heard from one address: most send in one form only. */
interface Remote {
  frames?: UdpTransport;
  packets?: UdpTransport;
  /** Its owner asked for it: it is kept as one that a link uses. */
  kept: boolean;
}

const transportsOf = ({ frames, packets }: Remote): UdpTransport[] =>
  [frames, packets].filter((one) => one !== undefined);

/**
 * Whether a datagram is a frame as devices send them: one chunk, with the zero that ends its packet or without. Whole
 * packets begin with zero, or with a random byte where they are cloaked: of those that are so short one in 256 passes for
 * a frame, and is lost.
 */
function isFrame(datagram: Uint8Array): boolean {
  const length = datagram[0]!;
  if (!length) return datagram.every((byte) => byte === 0);
  return datagram.length === length + 1 || (datagram.length === length + 2 && datagram[length + 1] === 0);
}

/**
 * Listens at a UDP port. Devices are answered with a chunk in each datagram, others (transports/udp.md of telehash v3) with a
 * packet in each, as they send. A datagram that cannot be sent is lost, as datagrams are.
 */
export class Udp implements Listener {
  /** Datagrams that were not taken (empty, or from port 0), and that could not be sent. */
  readonly counts = { refused: 0, unsent: 0 };
  private _options: UdpOptions;
  private _clock: Clock;
  private _socket: Socket | undefined;
  private _owner: ListenerOwner | undefined;
  private _remotes: Heard<Remote>;
  private _unsent = 0;
  private _waiting = new Set<UdpTransport>();
  private _cancel: () => void = () => undefined;

  constructor(options: UdpOptions = {}) {
    this._options = options;
    this._clock = options.clock ?? realTime;
    this._remotes = new Heard(
      options.most ?? 1024,
      (remote) => remote.kept || transportsOf(remote).some((transport) => this._owner?.isUsed(transport)),
    );
  }

  /** How many addresses there are. */
  get size(): number {
    return this._remotes.size;
  }

  async listen(owner: ListenerOwner): Promise<AddressInfo> {
    const { port = 0, host } = this._options;
    const socket = createSocket(host !== undefined && isIPv6(host) ? "udp6" : "udp4");
    this._owner = owner;
    await new Promise<void>((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(listenError("UDP", port, error));
      });
      socket.bind({ port, ...(host !== undefined && { address: host }) }, resolve);
    });
    socket.removeAllListeners("error");
    // anybody may cause some of them by ICMP: the socket goes on
    socket.on("error", (error) => owner.error(error));
    socket.on("message", (datagram, from) => this._take(datagram, from.address, from.port));
    try {
      socket.setRecvBufferSize(RECEIVE);
    } catch {
      // the system's default
    }
    this._socket = socket;
    this._sweep();
    return socket.address();
  }

  /**
   * The transport to an address that was not heard yet, to be attached by its owner.
   * @param packets whether it takes whole packets
   */
  to(address: string, port: number, packets = false): Transport {
    const key = `${address} ${port}`;
    const remote = this._remote(key);
    remote.kept = true;
    return this._transport(remote, key, address, port, packets).transport;
  }

  async close(): Promise<void> {
    const socket = this._socket;
    this._socket = undefined;
    this._cancel();
    for (const remote of this._remotes.values()) this._end(remote);
    if (socket)
      await new Promise<void>((resolve) => {
        socket.close(resolve);
      });
  }

  private _remote(key: string): Remote {
    const now = this._clock.now();
    const known = this._remotes.get(key, now);
    if (known) return known;
    const remote: Remote = { kept: false };
    const gone = this._remotes.add(key, remote, now);
    if (gone) this._end(gone);
    return remote;
  }

  private _transport(
    remote: Remote,
    key: string,
    address: string,
    port: number,
    packets: boolean,
  ): { transport: UdpTransport; isNew: boolean } {
    const form = packets ? "packets" : "frames";
    const known = remote[form];
    if (known) return { transport: known, isNew: false };
    const mtu = packets ? PACKET : (this._options.mtu ?? 250);
    const transport: UdpTransport = new UdpTransport(
      `udp ${address}:${port}`,
      mtu,
      packets,
      (frame) => this._send(transport, frame, address, port),
      () => {
        this._remotes.delete(key);
        this._end(remote);
      },
    );
    remote[form] = transport;
    return { transport, isNew: true };
  }

  private _take(datagram: Uint8Array, address: string, port: number): void {
    // to port 0 there is no answer
    if (!port || !datagram.length) {
      this.counts.refused++;
      return;
    }
    const key = `${address} ${port}`;
    const { transport, isNew } = this._transport(this._remote(key), key, address, port, !isFrame(datagram));
    if (isNew) this._owner!.accept(transport);
    transport.emit("data", datagram);
  }

  private _send(transport: UdpTransport, frame: Uint8Array, address: string, port: number): boolean {
    const socket = this._socket;
    if (!socket || this._unsent >= UNSENT) {
      this._waiting.add(transport);
      return false;
    }
    this._unsent += frame.length;
    socket.send(frame, port, address, (error) => {
      if (error) this.counts.unsent++;
      this._unsent -= frame.length;
      if (!this._waiting.size || this._unsent > UNSENT / 2) return;
      const waiting = [...this._waiting];
      this._waiting.clear();
      for (const one of waiting) one.emit("drain");
    });
    return true;
  }

  private _sweep(): void {
    const idle = this._options.idle ?? 300;
    this._cancel = this._clock.after(idle / 2, () => {
      for (const remote of this._remotes.idle(this._clock.now() - idle)) this._end(remote);
      this._sweep();
    });
  }

  private _end(remote: Remote): void {
    for (const transport of transportsOf(remote)) {
      this._waiting.delete(transport);
      transport.emit("end");
    }
  }
}

/** Listens at a UDP port: see Udp. */
export const udp = (options: UdpOptions = {}): Udp => new Udp(options);
