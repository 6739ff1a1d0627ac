// Gateways on real sockets, as small as tests need them.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { Pipe, type Endpoint } from "../../../src/index.ts";

/** A gateway that listens on the loopback interface. */
export interface Listener {
  port: number;
  /** To be called after something was sent. */
  flush(): void;
  close(): void;
}

/** Who is reached by a pipe, and how. */
type Peers = Map<string, { pipe: Pipe; write(frame: Uint8Array): void }>;

/** Writes what waits, and has itself called when the endpoint wants to be. */
function flusher(endpoint: Endpoint, peers: Peers): { flush(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const now = (): number => performance.now() / 1000;
  const flush = (): void => {
    clearTimeout(timer);
    const next = endpoint.poll(now());
    for (const { pipe, write } of peers.values())
      for (let frame = pipe.frame(); frame; frame = pipe.frame()) write(frame);
    if (next !== undefined) timer = setTimeout(flush, Math.max(0, (next - now()) * 1000));
  };
  return { flush, stop: () => clearTimeout(timer) };
}

/** One frame a datagram; whom a datagram came from is answered there. */
export async function listenUdp(endpoint: Endpoint, mtu = 250): Promise<Listener> {
  const peers: Peers = new Map();
  const { flush, stop } = flusher(endpoint, peers);
  const socket = createSocket("udp4");
  socket.on("message", (frame, { address, port }) => {
    const name = `${address}:${port}`;
    const peer = peers.get(name) ?? {
      pipe: new Pipe({ mtu, limit: 70000 }),
      write: (reply) => socket.send(reply, port, address),
    };
    peers.set(name, peer);
    endpoint.receive(peer.pipe, frame, performance.now() / 1000);
    flush();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, flush, close: () => (stop(), socket.close()) };
}

/** A connection a device. */
export async function listenTcp(endpoint: Endpoint, mtu = 256): Promise<Listener> {
  const peers: Peers = new Map();
  const { flush, stop } = flusher(endpoint, peers);
  const server = createServer((socket) => {
    const name = `${socket.remotePort}`;
    const pipe = new Pipe({ mtu, stream: true, limit: 70000 });
    peers.set(name, { pipe, write: (frame) => socket.write(frame) });
    socket.on("data", (bytes) => {
      endpoint.receive(pipe, bytes, performance.now() / 1000);
      flush();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => peers.delete(name));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, flush, close: () => (stop(), server.close()) };
}
