import { createSocket } from "node:dgram";
import type { Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import { sock } from "../../src/channel/sock.ts";
import type { Address, Sock, SockOn } from "../../src/channel/sock.ts";
import { duplex } from "../../src/node/duplex.ts";
import { Sockets } from "../../src/node/sockets.ts";
import type { SocketsOptions, Wanted } from "../../src/node/sockets.ts";
import type { Packet } from "../../src/packet/lob.ts";
import { alive, data, log, text } from "../channel/pair.ts";
import { hex } from "../helpers/core.ts";
import { loopback } from "../endpoint/loopback.ts";
import type { Loopback } from "../endpoint/loopback.ts";

const host = "127.0.0.1";

/** a asks, b has the sockets. */
function begin(t: ExecutionContext, options: SocketsOptions = { allow: () => true }): Loopback & { sockets: Sockets } {
  const world = loopback();
  const sockets = new Sockets(world.b.endpoint, options);
  t.teardown(() => sockets.close());
  return Object.assign(world, { sockets });
}

/** A TCP server of this machine; half-open connections stay open. */
async function serving(t: ExecutionContext, on: (socket: Socket) => void): Promise<{ server: Server; dst: Address }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket.on("error", () => {}));
    on(socket);
  }).listen(0, host);
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  return { server, dst: { ip: host, port: (server.address() as AddressInfo).port } };
}

async function udp(t: ExecutionContext): Promise<{ socket: UdpSocket; dst: Address; got: [string, number][] }> {
  const socket = createSocket("udp4");
  t.teardown(() => socket.close());
  const got: [string, number][] = [];
  socket.on("message", (message, from) => got.push([hex(message), from.port]));
  socket.bind(0, host);
  await once(socket, "listening");
  return { socket, dst: { ip: host, port: socket.address().port }, got };
}

/** When a socket is closed, and whether the other side broke it off. */
const over = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    let broken = false;
    socket.on("error", ({ code }: NodeJS.ErrnoException) => {
      broken = code === "ECONNRESET";
    });
    socket.on("close", () => resolve(broken));
  });

/** Notes events as "open", "data", "close WHY". */
function ears(): { events: string[]; bytes: number[]; jsons: unknown[]; on: SockOn } {
  const made = {
    events: [] as string[],
    bytes: [] as number[],
    jsons: [] as unknown[],
    on: ((event, what, _sock, json) => {
      if (event === "data") made.bytes.push(...(what as Uint8Array));
      if (json) made.jsons.push(json["src"] ?? json["dst"]);
      if (event !== "data" && event !== "drain")
        made.events.push(what === undefined ? event : `${event} ${what as string}`);
    }) as SockOn,
  };
  return made;
}

/** A port where nobody listens. */
async function closed(t: ExecutionContext): Promise<Address> {
  const { server, dst } = await serving(t, () => {});
  server.close();
  await once(server, "close");
  return dst;
}

test("connect: a TCP connection, bytes both ways, each way ends by itself", async (t) => {
  const wanted: Wanted[] = [];
  const world = begin(t, { allow: (one) => wanted.push(one) > 0 });
  const { dst } = await serving(t, (socket) => {
    socket.on("data", (bytes) => socket.write(bytes.map((byte) => byte ^ 255)));
    socket.on("end", () => socket.end("bye"));
  });
  const mine = ears();
  const from = sock(world.ab, { sock: "connect", dst }, mine.on);
  await world.when(() => mine.events.length > 0);
  t.deepEqual(mine.events, ["open"]);
  t.deepEqual(wanted, [{ kind: "connect", protocol: "tcp", address: dst, link: world.ba }]);
  t.is(world.sockets.count, 1);
  from.write(data(5000));
  await world.when(() => mine.bytes.length === 5000);
  t.deepEqual(
    mine.bytes,
    [...data(5000)].map((byte) => byte ^ 255),
  );
  from.end();
  await world.when(() => mine.events.length === 3);
  t.deepEqual(mine.events, ["open", "end", "close"]);
  t.is(text(Uint8Array.from(mine.bytes.slice(5000))), "bye");
  await world.when(() => world.sockets.count === 0);
});

test("what is written before there is a connection arrives, with the opening packet's bytes before it", async (t) => {
  const world = begin(t);
  const got: number[] = [];
  const { dst } = await serving(t, (socket) => {
    socket.on("data", (bytes) => got.push(...bytes));
    socket.on("end", () => socket.end());
  });
  const channel = world.ab.channel({ type: "sock", seq: 1, sock: "connect", dst }, data(5), () => {});
  channel.send({}, data(6));
  channel.send({ end: true }, data(7));
  await world.when(() => got.length === 18 && world.sockets.count === 0);
  t.deepEqual(got, [...data(5), ...data(6), ...data(7)]);
});

test("a connection of which one way has ended may rest", async (t) => {
  const world = begin(t);
  let socket: Socket | undefined;
  const { dst } = await serving(t, (one) => {
    socket = one.resume();
  });
  const mine = ears();
  const from = sock(world.ab, { sock: "connect", dst }, mine.on);
  from.end();
  await world.when(() => mine.events.length === 1 && socket?.readableEnded === true);
  world.pass(100);
  socket!.end("late");
  await world.when(() => mine.events.length === 3);
  t.deepEqual([mine.events, text(Uint8Array.from(mine.bytes))], [["open", "end", "close"], "late"]);
});

test("nothing may be had without a rule, nor against it", async (t) => {
  const seen: string[] = [];
  const rule = ({ kind, protocol, address }: Wanted): boolean => {
    seen.push(`${kind} ${protocol} ${address.ip}:${address.port}`);
    return false;
  };
  for (const options of [{}, { allow: rule }] as SocketsOptions[]) {
    const world = begin(t, options);
    const mine = ears();
    for (const isUdp of [false, true]) {
      sock(world.ab, { sock: "connect", dst: { ip: "::ffff:127.0.0.1", port: 9 } }, mine.on, isUdp);
      sock(world.ab, { sock: "connect", dst: { ip: "0:0:0:0:0:0:0:1", port: 9 } }, mine.on, isUdp);
      sock(world.ab, { sock: "bind", src: { port: 7 } }, mine.on, isUdp);
    }
    await world.when(() => mine.events.length === 6);
    t.deepEqual(
      mine.events,
      Array.from({ length: 6 }, () => "close refused"),
    );
    t.is(world.sockets.count, 0);
  }
  t.deepEqual(
    seen.sort(),
    ["tcp", "udp"]
      .flatMap((kind) => [`bind ${kind} 127.0.0.1:7`, `connect ${kind} 127.0.0.1:9`, `connect ${kind} ::1:9`])
      .sort(),
  );
});

test("what is no address, and no kind, is refused without asking the rule", async (t) => {
  const world = begin(t, { allow: () => t.fail() as never });
  const events: string[] = [];
  const opens: unknown[] = [
    undefined,
    null,
    5,
    "127.0.0.1:80",
    {},
    { ip: host },
    { port: 80 },
    { ip: "localhost", port: 80 },
    { ip: "127.1", port: 80 },
    { ip: "0x7f000001", port: 80 },
    { ip: host, port: 0 },
    { ip: host, port: -1 },
    { ip: host, port: 65536 },
    { ip: host, port: 1.5 },
    { ip: host, port: "80" },
    { ip: [host], port: 80 },
    { ip: "fe80::1%lo", port: 80 },
  ];
  for (const dst of opens) {
    const count = events.length + 2;
    for (const seq of [0, 1])
      world.ab.channel(
        { type: "sock", sock: "connect", ...(seq && { seq }), ...(dst !== undefined && { dst }) },
        undefined,
        log(events),
      );
    await world.when(() => events.length === count);
  }
  for (const head of [
    { sock: "listen", dst: { ip: host, port: 1 } },
    {},
    { sock: null },
    { sock: "bind", src: { port: 65536 } },
    { sock: "bind", src: { port: "x" } },
  ]) {
    world.ab.channel({ type: "sock", seq: 1, ...head }, undefined, log(events));
  }
  await world.when(() => events.length === opens.length * 2 + 5);
  t.deepEqual([...new Set(events)], ["close invalid"]);
});

test("a connection that is refused, or not made in time, says so", async (t) => {
  const world = begin(t);
  const mine = ears();
  sock(world.ab, { sock: "connect", dst: await closed(t) }, mine.on);
  await world.when(() => mine.events.length > 0);
  t.deepEqual(mine.events, ["close ECONNREFUSED"]);
  await world.when(() => world.sockets.count === 0);
});

test("either side that goes away is told the other", async (t) => {
  const world = begin(t);
  const sockets: Socket[] = [];
  const { dst } = await serving(t, (socket) => sockets.push(socket));
  const [one, two, three] = [ears(), ears(), ears()];
  sock(world.ab, { sock: "connect", dst }, one.on);
  await world.when(() => sockets.length === 1 && one.events.length === 1);
  sockets[0]!.resetAndDestroy();
  await world.when(() => one.events.length === 2);
  t.deepEqual(one.events, ["open", "close ECONNRESET"]);

  const from = sock(world.ab, { sock: "connect", dst }, two.on);
  await world.when(() => sockets.length === 2 && two.events.length === 1);
  const gone = over(sockets[1]!);
  from.channel.fail("enough");
  t.true(await world.when(gone), "not as if all had come");

  sock(world.ab, { sock: "connect", dst }, three.on);
  await world.when(() => sockets.length === 3 && three.events.length === 1);
  const lost = over(sockets[2]!);
  world.ba.renew();
  t.true(await world.when(lost));
  t.is(world.sockets.count, 0);
});

test("who reads slowly holds the writer: channel and socket, both ways", async (t) => {
  const world = begin(t);
  const much = 4 << 20;
  let written = 0;
  let server: Socket | undefined;
  const { dst } = await serving(t, (socket) => {
    server = socket;
    const piece = new Uint8Array(65536);
    const write = (): void => {
      while (written < much && (written += piece.length) && socket.write(piece));
    };
    socket.on("drain", write);
    write();
  });
  const mine = ears();
  const from = sock(world.ab, { sock: "connect", dst }, mine.on);
  await world.when(() => mine.events.length > 0);
  from.channel.pause();
  let before = -1;
  while (before !== server!.bytesWritten) {
    before = server!.bytesWritten;
    for (let i = 0; i < 50; i++) await world.when(Promise.resolve());
  }
  const held = world.ba.channels.list[0] as unknown as { _out: unknown[] };
  t.true(held._out.length <= 64, "no more than a window");
  t.is(world.sockets.count, 1);
  t.true(mine.bytes.length < 200_000);
  from.channel.resume();
  await world.when(() => mine.bytes.length > 400_000);
  from.channel.fail("enough");

  // the other way: the server does not read
  let reader: Socket | undefined;
  const slow = await serving(t, (one) => {
    reader = one.pause();
  });
  const to = sock(world.ab, { sock: "connect", dst: slow.dst }, mine.on);
  await world.when(() => reader !== undefined && mine.events.filter((event) => event === "open").length === 2);
  let sent = 0;
  const far = duplex(to);
  far.on("error", () => {});
  const push = (): void => {
    while (sent < much) {
      sent += 16384;
      if (!far.write(data(16384, sent / 16384))) return;
    }
  };
  far.on("drain", push);
  push();
  let last = -1;
  while (last !== sent) {
    last = sent;
    for (let i = 0; i < 200; i++) await world.when(Promise.resolve());
  }
  // what the machine's own buffers take is not ours
  const taken = reader!.readableLength;
  t.true(sent < much || taken < much, `${sent} bytes were taken`);
  let read = 0;
  reader!.on("data", (bytes) => {
    read += bytes.length;
  });
  reader!.resume();
  await world.when(() => read > sent / 2);
  far.destroy();
  await world.when(() => world.sockets.count === 0);
});

test("bind: connections to the port come as accept, each a channel; it ends with its channel", async (t) => {
  const world = loopback();
  const sockets = new Sockets(world.b.endpoint, { allow: ({ kind }) => kind === "bind", told: "192.0.2.9" });
  t.teardown(() => sockets.close());
  const accepted: Sock[] = [];
  const opens: { dst?: Address; src?: Address }[] = [];
  const got = ears();
  new Sockets(world.a.endpoint, {
    accept: (one, open) => {
      accepted.push(one);
      opens.push(open.json as never);
      one.on = got.on;
    },
  });
  const mine = ears();
  const bound = sock(world.ab, { sock: "bind", src: { port: 0 } }, mine.on);
  await world.when(() => mine.events.length > 0);
  const { ip, port } = mine.jsons[0] as Address;
  t.is(ip, "192.0.2.9");
  const clients = [connect(port, host), connect(port, host)];
  const heard: string[] = [];
  for (const client of clients) client.on("data", (bytes) => heard.push(text(bytes)));
  await world.when(() => accepted.length === 2);
  t.deepEqual(
    opens.map(({ dst }) => dst),
    [
      { ip, port },
      { ip, port },
    ],
  );
  t.deepEqual(opens.map(({ src }) => src!.port).sort(), clients.map((client) => client.localPort!).sort());
  clients[0]!.write("hello");
  await world.when(() => got.bytes.length === 5);
  t.is(text(Uint8Array.from(got.bytes)), "hello");
  for (const one of accepted) one.write(Buffer.from("hi"));
  await world.when(() => heard.length === 2);
  t.is(sockets.count, 3);
  bound.end();
  await world.when(() => mine.events.includes("close"));
  t.is(sockets.count, 2);
  await world.when(t.throwsAsync(once(connect(port, host), "connect"), { code: "ECONNREFUSED" }));
  for (const client of clients) client.end();
  await world.when(() => got.events.filter((event) => event === "end").length === 2);
  for (const one of accepted) one.end();
  await world.when(() => sockets.count === 0);
});

test("a port that is given up before it is open is closed", async (t) => {
  const world = begin(t);
  const { port } = await closed(t);
  const mine = ears();
  // all in one turn of the event loop
  const from = sock(world.ab, { sock: "bind", src: { port } }, mine.on);
  world.pass(1);
  t.is(world.sockets.count, 1);
  from.channel.fail("never mind");
  world.pass(1);
  t.is(world.sockets.count, 0);
  const again = ears();
  await world.when(() => alive(world.ba) === 0);
  for (let i = 0; i < 20; i++) await world.when(Promise.resolve());
  sock(world.ab, { sock: "bind", src: { port } }, again.on);
  await world.when(() => again.events.length > 0);
  t.deepEqual(again.events, ["open"]);
});

test("a port that is taken is told", async (t) => {
  const world = begin(t);
  const { dst } = await serving(t, () => {});
  const { dst: taken } = await udp(t);
  const mine = ears();
  sock(world.ab, { sock: "bind", src: { port: dst.port } }, mine.on);
  sock(world.ab, { sock: "bind", src: { port: taken.port } }, mine.on, true);
  await world.when(() => mine.events.length === 2);
  t.deepEqual(mine.events, ["close EADDRINUSE", "close EADDRINUSE"]);
  t.is(world.sockets.count, 0);
});

test("UDP connect: datagrams to and from one address only", async (t) => {
  const world = begin(t);
  const { socket, dst, got } = await udp(t);
  const other = await udp(t);
  const mine = ears();
  // the opening packet may bring the first
  const channel = world.ab.channel({ type: "sock", sock: "connect", dst }, data(4), (event, what) => {
    if (event === "packet") mine.bytes.push(...(what as Packet).body);
  });
  await world.when(() => got.length === 1);
  channel.send({}, data(1200));
  await world.when(() => got.length === 2);
  t.deepEqual(
    got.map(([bytes]) => bytes),
    [hex(data(4)), hex(data(1200))],
  );
  const port = got[0]![1];
  other.socket.send(data(50), port, host);
  socket.send(data(1301), port, host);
  socket.send(data(7), port, host);
  await world.when(() => mine.bytes.length >= 7);
  t.deepEqual(mine.bytes, [...data(7)], "not from elsewhere, nor too long");
  channel.send({ end: true });
  await world.when(() => world.sockets.count === 0);
});

test("UDP bind: datagrams from anywhere, and to where the rule lets them", async (t) => {
  const { dst, got } = await udp(t);
  const forbidden = await udp(t);
  const world = begin(t, { allow: ({ kind, address }) => kind === "bind" || address.port === dst.port });
  const mine = ears();
  const from = sock(world.ab, { sock: "bind" }, mine.on, true);
  await world.when(() => mine.events.length > 0);
  const bound = mine.jsons[0] as Address;
  t.is(bound.ip, host);
  forbidden.socket.send(data(3), bound.port, host);
  await world.when(() => mine.bytes.length === 3);
  t.deepEqual(mine.jsons[1], forbidden.dst);
  for (const to of [forbidden.dst, { ip: "x", port: 1 }, undefined, { ip: host, port: 0 }])
    from.write(data(8), { dst: to });
  from.write(data(9), { dst });
  await world.when(() => got.length === 1);
  t.deepEqual([got, forbidden.got], [[[hex(data(9)), bound.port]], []]);
  from.channel.fail("enough");
  await world.when(() => world.sockets.count === 0);
});

test("there are no more sockets than may be, of one link and of all", async (t) => {
  for (const limits of [{ each: 2 }, { most: 2 }]) {
    const world = begin(t, { allow: () => true, ...limits });
    const { dst } = await serving(t, () => {});
    const mine = ears();
    sock(world.ab, { sock: "connect", dst }, mine.on);
    sock(world.ab, { sock: "bind" }, mine.on, true);
    await world.when(() => mine.events.length === 2);
    for (const isUdp of [false, true]) {
      sock(world.ab, { sock: "connect", dst }, mine.on, isUdp);
      sock(world.ab, { sock: "bind" }, mine.on, isUdp);
    }
    await world.when(() => mine.events.length === 6);
    t.deepEqual(mine.events.sort(), [...Array.from({ length: 4 }, () => "close too many"), "open", "open"]);
    t.is(world.sockets.count, 2);
    world.sockets.close();
    await world.when(() => mine.events.length === 8);
    t.deepEqual(mine.events.filter((event) => event === "close closed").length, 2);
    await world.when(() => world.sockets.count === 0);
    sock(world.ab, { sock: "connect", dst }, mine.on);
    await world.when(() => mine.events.length === 9);
    t.true(mine.events.includes("close refused"));
  }
});

test("accept is refused where nobody takes it; a connection to a bind whose link is down is closed", async (t) => {
  const world = begin(t);
  const events: string[] = [];
  world.ab.channel(
    { type: "sock", seq: 1, sock: "accept", dst: { ip: host, port: 1 }, src: { ip: host, port: 2 } },
    undefined,
    log(events),
  );
  await world.when(() => events.length > 0);
  t.deepEqual(events, ["close unknown type"]);
});
