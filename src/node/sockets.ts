/** The sockets that others have by "sock" channels: TCP and UDP of this machine. telehash v3, channels/sock.md. */
import { createSocket } from "node:dgram";
import { SocketAddress, connect, createServer, isIP, isIPv4 } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { Taker } from "../channel/channel.ts";
import { sock as open, socks } from "../channel/sock.ts";
import type { Address, Sock, SockOpen } from "../channel/sock.ts";
import type { Packet } from "../packet/lob.ts";
import { duplex } from "./duplex.ts";
import type { GatewayLink } from "../endpoint/link.ts";

/** What is asked for: to send to an address, or to listen at one. */
export interface Wanted {
  kind: "connect" | "bind";
  protocol: "tcp" | "udp";
  /** As it will be used: `ip` is no name, and in its one short form; IPv4 in IPv6 is IPv4. */
  address: Address;
  link: GatewayLink;
}

export interface SocketsOptions {
  /** Whether it may be had: "bind" is asked for once, "connect" for each address, by UDP for each datagram. Without it nothing may. */
  allow?(wanted: Wanted): boolean;
  /** Takes what another asks to be taken ("accept"), by an `on`: connections where this side asked for a "bind". */
  accept?(sock: Sock, open: Packet, link: GatewayLink): void;
  /** The IP address where "bind" listens; 127.0.0.1 if not given. */
  host?: string;
  /** The IP address that is told to others for it, if it is another one. */
  told?: string;
  /** The most sockets, and the most of one link; 256 and 16 if not given. */
  most?: number;
  each?: number;
  /** Seconds after which a connection that is not made is given up; 10 if not given. */
  patience?: number;
  /** Seconds after which a UDP socket is closed that is not used, or a connection of which one way has ended; 300 if not given. */
  idle?: number;
}

const NONE = new Uint8Array(0);

/** The longest datagram, in bytes: with any HEAD it goes into a packet. Longer ones are dropped. */
const DATAGRAM = 1300;

/** An address as it will be used; undefined for what is none. Names are none: who looked them up would know another one next time. */
function addressOf(value: unknown, least = 1): Address | undefined {
  const { ip, port } = (value ?? {}) as Partial<Address>;
  const family = typeof ip === "string" ? isIP(ip) : 0;
  if (!family || !Number.isInteger(port) || port! < least || port! > 65535) return undefined;
  // with a zone it is this machine's own business
  if (ip!.includes("%")) return undefined;
  const { address } = new SocketAddress({ address: ip!, family: family === 4 ? "ipv4" : "ipv6" });
  const inner = address.replace(/^::ffff:/, "");
  return { ip: isIPv4(inner) ? inner : address, port: port! };
}

const of = ({ address, port }: AddressInfo): Address => addressOf({ ip: address, port })!;

/** Has what comes from either go to the other, until both have ended or either fails; `idle` is seconds that one may rest when the other has ended. */
function join(sock: Sock, socket: Socket, idle: number, leave: () => void): void {
  const far = duplex(sock);
  far.on("end", () => {
    sock.channel.timeout = idle;
  });
  // a connection that is not whole must not look as if it were
  far.on("error", () => (socket.connecting ? socket.destroy() : socket.resetAndDestroy()));
  socket.on("error", ({ code }: NodeJS.ErrnoException) => far.destroy(new Error(code)));
  socket.on("close", () => {
    leave();
    if (!socket.readableEnded) far.destroy(new Error("closed"));
  });
  socket.pipe(far).pipe(socket);
}

export class Sockets {
  private _options: SocketsOptions;
  private _idle: number;
  // what is open, how it is closed, and whose it is
  private _open = new Map<() => void, GatewayLink>();
  private _closed = false;

  /** Handles the "sock" channels of an endpoint. */
  constructor(endpoint: Taker<GatewayLink>, options: SocketsOptions = {}) {
    this._options = options;
    this._idle = options.idle ?? 300;
    socks(endpoint, (sock, packet, link) => this._take(sock, packet, link));
  }

  /** How many sockets there are. */
  get count(): number {
    return this._open.size;
  }

  /** Closes all sockets; no others are opened. */
  close(): void {
    this._closed = true;
    for (const close of [...this._open.keys()]) close();
  }

  private _take(sock: Sock, packet: Packet, link: GatewayLink): void {
    const { channel } = sock;
    const { sock: kind, dst, src } = packet.json as Partial<SockOpen>;
    if (kind === "accept") return this._options.accept?.(sock, packet, link);
    // it is answered, with a reason of ours
    sock.on = () => {};
    const binds = kind === "bind";
    const address = binds
      ? addressOf({ ip: this._options.host ?? "127.0.0.1", port: src?.port ?? 0 }, 0)
      : addressOf(dst);
    if (!address || (!binds && kind !== "connect")) return channel.fail("invalid");
    const protocol = channel.reliable ? "tcp" : "udp";
    if (this._closed || !this._options.allow?.({ kind, protocol, address, link })) return channel.fail("refused");
    if (protocol === "udp") this._udp(sock, link, address, binds);
    else if (binds) this._listen(sock, link, address);
    else this._connect(sock, link, address);
  }

  /** Notes what is open, and how it is closed. Gives what says that it is not any more; undefined where there is too much. */
  private _enter(link: GatewayLink, close: () => void): (() => void) | undefined {
    const { most = 256, each = 16 } = this._options;
    const own = [...this._open.values()].filter((other) => other === link).length;
    if (this._closed || this.count >= most || own >= each) return undefined;
    this._open.set(close, link);
    return () => this._open.delete(close);
  }

  private _connect(sock: Sock, link: GatewayLink, { ip, port }: Address): void {
    const { channel } = sock;
    const leave = this._enter(link, () => socket.destroy());
    if (!leave) return channel.fail("too many");
    const socket = connect({ host: ip, port, allowHalfOpen: true });
    // what comes waits for the connection
    channel.pause();
    socket.setTimeout((this._options.patience ?? 10) * 1000, () => channel.fail("timeout"));
    socket.once("connect", () => {
      socket.setTimeout(0);
      sock.write(NONE);
      channel.resume();
    });
    join(sock, socket, this._idle, leave);
  }

  private _listen(sock: Sock, link: GatewayLink, { ip, port }: Address): void {
    const { channel } = sock;
    const leave = this._enter(link, () => channel.fail("closed"));
    if (!leave) return channel.fail("too many");
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      const src = addressOf({ ip: socket.remoteAddress, port: socket.remotePort });
      const leave = src && this._enter(link, () => socket.destroy());
      if (!leave) {
        socket.destroy();
        return;
      }
      try {
        join(
          open(link, { sock: "accept", dst: this._told(server.address() as AddressInfo), src }),
          socket,
          this._idle,
          leave,
        );
      } catch {
        // the link is down
        leave();
        socket.destroy();
      }
    });
    sock.on = (event) => {
      if (event === "end") sock.end();
      else if (event === "close") {
        leave();
        server.close();
      }
    };
    server.on("error", ({ code }: NodeJS.ErrnoException) => channel.fail(code ?? "closed"));
    server.listen(port, ip, () => sock.write(NONE, { dst: this._told(server.address() as AddressInfo) }));
  }

  private _told(bound: AddressInfo): Address {
    const { ip, port } = of(bound);
    return { ip: this._options.told ?? ip, port };
  }

  private _udp(sock: Sock, link: GatewayLink, address: Address, binds: boolean): void {
    const { channel } = sock;
    const leave = this._enter(link, () => channel.fail("closed"));
    if (!leave) return channel.fail("too many");
    const socket = createSocket(isIPv4(address.ip) ? "udp4" : "udp6");
    const idle = setTimeout(() => channel.fail("timeout"), this._idle * 1000).unref();
    // what has no room is lost, as datagrams are
    const say = (data: Uint8Array, json?: { dst?: Address; src?: Address }): void => {
      try {
        sock.write(data, { ...json });
      } catch {
        return;
      }
    };
    socket.on("message", (data, from) => {
      const src = addressOf({ ip: from.address, port: from.port });
      if (!src || data.length > DATAGRAM || (!binds && (src.ip !== address.ip || src.port !== address.port))) return;
      idle.refresh();
      say(data, binds ? { src } : {});
    });
    socket.on("error", ({ code }: NodeJS.ErrnoException) => channel.fail(code ?? "closed"));
    sock.on = (event, data, _, json) => {
      if (event === "end") sock.end();
      else if (event === "close") {
        clearTimeout(idle);
        leave();
        socket.close();
      } else if (event === "data") {
        const to = binds ? addressOf(json!["dst"]) : address;
        if (!to || (binds && !this._options.allow?.({ kind: "connect", protocol: "udp", address: to, link }))) return;
        idle.refresh();
        socket.send(data as Uint8Array, to.port, to.ip, () => {});
      }
    };
    const bound = (): void => say(NONE, binds ? { dst: this._told(socket.address()) } : {});
    if (binds) socket.bind(address.port, address.ip, bound);
    else socket.bind(0, undefined, bound);
  }
}
