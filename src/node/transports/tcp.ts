/** TCP: chunks in a stream of bytes. A server with a transport for each connection, and a client that connects again. */
import { EventEmitter } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { realTime } from "../clock.ts";
import type { Clock } from "../clock.ts";
import { Backoff } from "./backoff.ts";
import { Heard } from "./heard.ts";
import { listenError } from "./transport.ts";
import type { Listener, ListenerOwner, Transport } from "./transport.ts";

/** Bytes of a frame. */
const MTU = 256;

/** Milliseconds without a byte after which the system asks whether the other is there. */
const KEEPALIVE = 30_000;

/**
 * A transport over a socket that may be put in the place of the one before. What waits to be sent is bounded by the socket's
 * own mark: `write` takes a frame, then none until all is sent.
 */
class SocketTransport extends EventEmitter implements Transport {
  readonly name: string;
  readonly mtu = MTU;
  readonly stream = true;
  private _socket: Socket | undefined;
  private _clock: Clock;
  private _stall: number;
  private _cancel: (() => void) | undefined;

  /** @param stall seconds that the other may leave unread what it was sent */
  constructor(name: string, clock: Clock, stall: number) {
    super();
    this.name = name;
    this._clock = clock;
    this._stall = stall;
  }

  /** Uses a connected socket from now on. */
  protected use(socket: Socket): void {
    this._socket = socket;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE);
    socket.on("data", (data: Uint8Array) => this.emit("data", data));
    socket.on("drain", () => {
      this._cancel?.();
      this._cancel = undefined;
      this.emit("drain");
    });
  }

  /** Its socket is gone. */
  protected lose(): void {
    this._cancel?.();
    this._cancel = this._socket = undefined;
  }

  write(frame: Uint8Array): boolean {
    const socket = this._socket;
    if (!socket?.writable) return false;
    if (!socket.writableNeedDrain) {
      socket.write(frame);
      return true;
    }
    // what the other does not read is kept here only for so long
    this._cancel ??= this._clock.after(this._stall, () => socket.destroy());
    return false;
  }

  pause(): void {
    this._socket?.pause();
  }

  resume(): void {
    this._socket?.resume();
  }

  close(): void {
    this._socket?.destroy();
  }
}

export interface TcpServerOptions {
  /** Default 0: any that is free. */
  port?: number;
  /** The own address to listen at; default: all. */
  host?: string;
  /** How many connections there may be; default 1,024. See Heard for the one that goes. */
  most?: number;
  /** Seconds without a byte after which a connection is closed that no link uses; default 60. */
  idle?: number;
  /** Seconds that the other may leave unread what it was sent, before its connection is closed; default 30. */
  stall?: number;
  clock?: Clock;
}

class Connection extends SocketTransport {
  constructor(socket: Socket, clock: Clock, stall: number) {
    super(`tcp ${socket.remoteAddress}:${socket.remotePort}`, clock, stall);
    this.use(socket);
    // the reason is of no use: "close" follows
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.lose();
      this.emit("end");
    });
  }
}

/** Listens at a TCP port. */
export class TcpServer implements Listener {
  private _options: TcpServerOptions;
  private _clock: Clock;
  private _server: Server | undefined;
  private _owner: ListenerOwner | undefined;
  private _connections: Heard<Connection>;
  private _count = 0;
  private _cancel: () => void = () => undefined;

  constructor(options: TcpServerOptions = {}) {
    this._options = options;
    this._clock = options.clock ?? realTime;
    this._connections = new Heard(options.most ?? 1024, (connection) => !!this._owner?.isUsed(connection));
  }

  /** How many connections there are. */
  get size(): number {
    return this._connections.size;
  }

  async listen(owner: ListenerOwner): Promise<AddressInfo> {
    const { port = 0, host } = this._options;
    const server = createServer((socket) => this._accept(socket));
    this._owner = owner;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(listenError("TCP", port, error)));
      server.listen({ port, ...(host !== undefined && { host }) }, resolve);
    });
    server.removeAllListeners("error");
    // of a connection that could not be accepted, for want of file descriptors mostly
    server.on("error", (error) => owner.error(error));
    this._server = server;
    this._sweep();
    return server.address() as AddressInfo;
  }

  async close(): Promise<void> {
    const server = this._server;
    this._server = undefined;
    this._cancel();
    if (!server) return;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    for (const connection of this._connections.values()) connection.close();
    await closed;
  }

  private _accept(socket: Socket): void {
    const key = String(this._count++);
    const connection = new Connection(socket, this._clock, this._options.stall ?? 30);
    connection.on("data", () => this._connections.get(key, this._clock.now()));
    connection.on("end", () => this._connections.delete(key));
    this._connections.add(key, connection, this._clock.now())?.close();
    this._owner!.accept(connection);
  }

  private _sweep(): void {
    const idle = this._options.idle ?? 60;
    this._cancel = this._clock.after(idle / 2, () => {
      for (const connection of this._connections.idle(this._clock.now() - idle)) connection.close();
      this._sweep();
    });
  }
}

/** Listens at a TCP port: see TcpServer. */
export const tcpServer = (options: TcpServerOptions = {}): TcpServer => new TcpServer(options);

export interface TcpOptions {
  host: string;
  port: number;
  /** Seconds after which a connection that is not made is given up; default 10. */
  patience?: number;
  /** Seconds that the other may leave unread what it was sent, before the connection is made anew; default 30. */
  stall?: number;
  /** Gives numbers from 0 to below 1, for the time between tries. */
  random?: () => number;
  clock?: Clock;
}

/**
 * A connection to a TCP server, made again whenever it is lost: at once in half a second to one, then after twice the time,
 * up to a minute.
 */
export class TcpClient extends SocketTransport {
  private _options: TcpOptions;
  private _time: Clock;
  private _backoff: Backoff;
  private _current: Socket | undefined;
  private _again: () => void = () => undefined;
  private _closed = false;

  constructor(options: TcpOptions) {
    const { host, port, stall = 30, clock = realTime, random } = options;
    super(`tcp ${host}:${port}`, clock, stall);
    this._options = options;
    this._time = clock;
    this._backoff = new Backoff(1, 60, random);
    this._connect();
  }

  override close(): void {
    if (this._closed) return;
    this._closed = true;
    this._again();
    this._current?.destroy();
    this.emit("end");
  }

  private _connect(): void {
    const { host, port, patience = 10 } = this._options;
    const socket = connect({ host, port });
    const late = this._time.after(patience, () => socket.destroy());
    this._current = socket;
    socket.on("connect", () => {
      late();
      this.use(socket);
      // who only accepts and closes is not asked at once again
      socket.once("data", () => this._backoff.reset());
      this.emit("open");
    });
    // the reason is of no use: "close" follows
    socket.on("error", () => undefined);
    socket.on("close", () => {
      late();
      this.lose();
      if (this._closed) return;
      this.emit("close");
      this._again = this._time.after(this._backoff.next(), () => this._connect());
    });
  }
}

/** Connects to a TCP server: see TcpClient. */
export const tcp = (options: TcpOptions): TcpClient => new TcpClient(options);
