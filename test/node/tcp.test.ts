// TCP on loopback: servers and clients with a driver each, hostile connections, readers that do not read.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import { stream, streams } from "../../src/channel/stream.ts";
import { generate } from "../../src/index.ts";
import type { Link, Pipe, State } from "../../src/index.ts";
import { Driver, realTime, tcp, tcpServer } from "../../src/node/index.ts";
import type { Clock, DriverOptions, TcpServer, TcpServerOptions } from "../../src/node/index.ts";
import { randomOf } from "../../sim/random.ts";
import { eventually } from "./eventually.ts";
import { fast } from "./simulated.ts";
import { TimerClock } from "./simulated.ts";

const host = "127.0.0.1";

interface Side {
  driver: Driver;
  got: string[];
  saved: State;
  errors: Error[];
}

function side(t: ExecutionContext, name: string, options: Partial<DriverOptions> = {}): Side {
  const one = { got: [], saved: {}, errors: [] } as unknown as Side;
  one.driver = new Driver({
    pairs: generate(randomOf(1, name)),
    accept: () => true,
    save: (id, state) => {
      if (state) one.saved[id] = structuredClone(state);
      else delete one.saved[id];
    },
    events: {
      message: (_link, data) => {
        one.got.push(new TextDecoder().decode(data));
      },
    },
    ...options,
  });
  one.driver.on("error", (error) => one.errors.push(error));
  t.teardown(() => one.driver.close());
  return one;
}

interface Gateway extends Side {
  server: TcpServer;
  address: AddressInfo;
}

async function gateway(
  t: ExecutionContext,
  options: TcpServerOptions = {},
  driverOptions: Partial<DriverOptions> = {},
): Promise<Gateway> {
  const server = tcpServer({ host, ...options });
  const one = side(t, "gateway", driverOptions);
  return Object.assign(one, { server, address: await one.driver.listen(server) });
}

/** An endpoint with a connection to a port. */
function device(
  t: ExecutionContext,
  name: string,
  key: Uint8Array,
  port: number,
  clock: Clock = realTime,
): Side & { link: Link; pipe: Pipe } {
  const one = side(t, name);
  const pipe = one.driver.attach(tcp({ host, port, clock, random: () => 0 }));
  const link = one.driver.endpoint.link(key);
  link.connect(pipe);
  return Object.assign(one, { link, pipe });
}

async function rawTo(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on("error", () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

test("messages and streams both ways, and a server that was restarted with its state", async (t) => {
  let one = await gateway(t);
  const { key } = one.driver.endpoint.identity;
  const parts: Uint8Array[] = [];
  streams(one.driver.endpoint, (far) => {
    far.on = (event, data) => {
      if (event === "data") parts.push(data as Uint8Array);
    };
  });
  const two = device(t, "device", key, one.address.port, fast(20));
  await eventually(() => !!two.link.up && one.driver.endpoint.links[0]?.up === true);
  two.link.send("reading");
  one.driver.endpoint.links[0]!.send("command");
  const content = randomOf(1, "content")(50_000);
  stream(two.link).write(content);
  await eventually(
    () =>
      one.got.length === 1 &&
      two.got.length === 1 &&
      parts.reduce((sum, { length }) => sum + length, 0) === content.length,
  );
  t.deepEqual(Buffer.concat(parts), Buffer.from(content));
  await one.driver.close();
  const {
    saved,
    address: { port },
  } = one;
  one = await gateway(t, { port }, { state: saved, accept: () => false });
  await eventually(() => one.server.size === 1);
  two.link.send("after");
  await eventually(() => one.got.length === 1);
  one.driver.endpoint.links[0]!.send("again");
  await eventually(() => two.got.length === 2);
  t.deepEqual([one.got, two.got], [["after"], ["command", "again"]]);
});

test("a connection that breaks in the middle of a packet is made again, and all arrives", async (t) => {
  const one = await gateway(t);
  const { port } = one.address;
  const through = new Set<Socket>();
  let broken = 0;
  // breaks each connection after so many bytes: never at the end of a packet
  const relay = createServer((near) => {
    const far = connect({ host, port });
    for (const socket of [near, far]) {
      through.add(socket);
      socket.on("error", () => undefined);
    }
    let bytes = 0;
    near.on("data", (data: Buffer) => {
      bytes += data.length;
      if (bytes > 1500 && broken < 3) {
        broken++;
        far.write(data.subarray(0, data.length >> 1), () => {
          far.destroy();
          near.destroy();
        });
      } else far.write(data);
    });
    far.pipe(near);
    far.on("close", () => near.destroy());
    near.on("close", () => far.destroy());
  }).listen(0, host);
  await once(relay, "listening");
  t.teardown(() => {
    relay.close();
    for (const socket of through) socket.destroy();
  });
  const parts: Uint8Array[] = [];
  streams(one.driver.endpoint, (far) => {
    far.on = (event, data) => {
      if (event === "data") parts.push(data as Uint8Array);
    };
  });
  const two = device(t, "device", one.driver.endpoint.identity.key, (relay.address() as AddressInfo).port, fast(100));
  await eventually(() => !!two.link.up);
  const content = randomOf(1, "content")(8000);
  stream(two.link).write(content);
  await eventually(() => parts.reduce((sum, { length }) => sum + length, 0) === content.length);
  t.is(broken, 3);
  t.deepEqual(Buffer.concat(parts), Buffer.from(content));
  t.deepEqual([one.errors, two.errors], [[], []]);
  // the pipes of broken connections are gone
  await eventually(() => one.server.size === 1);
});

test("a client waits longer from try to try, and as at first once it was answered", async (t) => {
  const waits: number[] = [];
  const clock: Clock = {
    ...realTime,
    after: (seconds, run) => {
      if (seconds < 10) waits.push(seconds);
      return realTime.after(seconds < 10 ? 0 : seconds, run);
    },
  };
  let accepted = 0;
  let answers = false;
  const server = createServer((socket) => {
    accepted++;
    socket.on("error", () => undefined);
    if (answers) socket.end(Uint8Array.of(0));
    else socket.destroy();
  }).listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = tcp({ host, port, clock, random: () => 1 - Number.EPSILON });
  t.teardown(() => {
    client.close();
    server.close();
  });
  const opens: string[] = [];
  client.on("open", () => opens.push("open"));
  client.on("close", () => opens.push("close"));
  await eventually(() => waits.length >= 4);
  t.deepEqual(waits.slice(0, 4).map(Math.round), [1, 2, 4, 8]);
  answers = true;
  const from = waits.length;
  await eventually(() => waits.length >= from + 2);
  t.true(
    waits.slice(from).some((seconds) => Math.round(seconds) === 1),
    waits.join(),
  );
  t.true(accepted >= 5);
  t.deepEqual(opens.slice(0, 2), ["open", "close"]);
});

test("hostile bytes are counted drops, by one connection or many, whole or a byte at a time", async (t) => {
  const one = await gateway(t);
  const { port } = one.address;
  const random = randomOf(7, "hostile");
  const sockets = [await rawTo(t, port), await rawTo(t, port), await rawTo(t, port)];
  sockets[0]!.write(random(50_000));
  sockets[1]!.write(new Uint8Array(100_000).fill(255));
  for (const byte of random(300)) sockets[2]!.write(Uint8Array.of(byte));
  const half = await rawTo(t, port);
  half.write(Uint8Array.of(20, 0, 1, 0x1a));
  half.resetAndDestroy();
  const two = device(t, "device", one.driver.endpoint.identity.key, port);
  await eventually(() => !!two.link.up);
  t.deepEqual(one.errors, []);
  t.true(Object.keys(one.driver.endpoint.drops).length > 0);
  t.is(one.driver.endpoint.links.length, 1);
});

test("a flood of connections is bounded, and pushes out strangers, not those that are linked", async (t) => {
  const one = await gateway(t, { most: 4 });
  const { port } = one.address;
  const two = device(t, "device", one.driver.endpoint.identity.key, port);
  await eventually(() => !!two.link.up && one.driver.endpoint.links[0]?.up === true);
  const sockets: Socket[] = [];
  for (let i = 0; i < 20; i++) sockets.push(await rawTo(t, port));
  await eventually(() => sockets.filter(({ destroyed }) => destroyed).length === 17);
  t.is(one.server.size, 4);
  one.driver.endpoint.links[0]!.send("still there");
  await eventually(() => two.got.length === 1);
});

test("connections that say nothing are closed; one that a link uses is kept", async (t) => {
  const clock = new TimerClock();
  const one = await gateway(t, { idle: 60, clock });
  const { port } = one.address;
  const two = device(t, "device", one.driver.endpoint.identity.key, port);
  await eventually(() => !!two.link.up && one.driver.endpoint.links[0]?.up === true);
  const socket = await rawTo(t, port);
  await eventually(() => one.server.size === 2);
  clock.runTo(59);
  t.is(one.server.size, 2);
  clock.runTo(61);
  await eventually(() => socket.destroyed);
  await eventually(() => one.server.size === 1);
  one.driver.endpoint.links[0]!.send("still there");
  await eventually(() => two.got.length === 1);
  t.is(one.server.size, 1);
});

test("what a reader does not read is bounded, and in the end it is dropped; others go on", async (t) => {
  const one = await gateway(t, { stall: 30, clock: fast(100) });
  const { port } = one.address;
  const pipes: Pipe[] = [];
  one.driver.on("attach", (pipe) => pipes.push(pipe));
  const slow = await rawTo(t, port);
  slow.pause();
  slow.write(Uint8Array.of(3, 1, 2, 3));
  await eventually(() => one.server.size === 1 && one.driver.counts.received === 1);
  // a relay may pass on packets to anybody: of a link its window is the bound
  const [pipe] = pipes as [Pipe];
  one.driver.endpoint.receive(pipe, new Uint8Array(1), realTime.now());
  // more than the buffers of the system hold
  let most = 0;
  for (let i = 0; i < 4000 && one.server.size; i++) {
    most = Math.max(most, pipe.waiting);
    if (pipe.full) {
      one.driver.wake();
      await eventually(() => !pipe.full || one.server.size === 0);
    }
    if (pipe.closed) break;
    if (!pipe.full) pipe.send(new Uint8Array(4000).fill(1));
  }
  await eventually(() => one.server.size === 0);
  t.true(one.driver.counts.written * 256 < 12_000_000, `${one.driver.counts.written} frames`);
  // what was not read filled the pipe up to its bound, and one packet more at most
  t.true(most >= 65_536 && most < 65_536 + 4000, `${most} bytes waited`);
  const two = device(t, "device", one.driver.endpoint.identity.key, port);
  await eventually(() => !!two.link.up);
  t.deepEqual(one.errors, []);
});

test("a port that is in use rejects, and says what to do", async (t) => {
  const one = await gateway(t);
  const { port } = one.address;
  await t.throwsAsync(side(t, "other").driver.listen(tcpServer({ host, port })), {
    message: `cannot listen at TCP port ${port}: another program has it: stop that one, or take another port`,
    code: "EADDRINUSE",
  });
});
