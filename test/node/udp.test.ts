// UDP on loopback: devices that send a chunk in each datagram, others with whole packets, strangers, floods.
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import { Endpoint, Pipe, cloaking, generate, split, toBase32 } from "../../src/index.ts";
import type { State } from "../../src/index.ts";
import { Driver, udp } from "../../src/node/index.ts";
import type { DriverOptions, Udp, UdpOptions } from "../../src/node/index.ts";
import { randomOf } from "../../sim/random.ts";
import { eventually } from "./eventually.ts";
import { TimerClock } from "./simulated.ts";

const host = "127.0.0.1";

interface Gateway {
  driver: Driver;
  port: Udp;
  address: AddressInfo;
  got: string[];
  saved: State;
}

async function gateway(
  t: ExecutionContext,
  options: UdpOptions = {},
  driverOptions: Partial<DriverOptions> = {},
): Promise<Gateway> {
  const one = { got: [], saved: {}, port: udp({ host, ...options }) } as unknown as Gateway;
  one.driver = new Driver({
    pairs: generate(randomOf(1, "gateway")),
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
    ...driverOptions,
  });
  t.teardown(() => one.driver.close());
  one.address = await one.driver.listen(one.port);
  return one;
}

/** A socket that sends to a gateway. */
async function socketTo(t: ExecutionContext): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, host);
  await once(socket, "listening");
  t.teardown(
    () =>
      new Promise<void>((resolve) => {
        socket.close(resolve);
      }),
  );
  return socket;
}

/** A device: an endpoint with frames in datagrams of a socket of its own, or whole packets. */
class Device {
  readonly endpoint: Endpoint;
  readonly pipe = new Pipe({ mtu: 250, limit: 4096 });
  readonly got: string[] = [];
  /** The first bytes of datagrams that came. */
  readonly came: number[] = [];
  private _socket: Socket;
  private _to: () => AddressInfo;
  private _packets: boolean;

  constructor(name: string, socket: Socket, to: () => AddressInfo, packets = false) {
    this._socket = socket;
    this._to = to;
    this._packets = packets;
    this.endpoint = new Endpoint({
      pairs: generate(randomOf(1, name)),
      random: randomOf(1, `${name}/random`),
      events: {
        message: (_link, data) => {
          this.got.push(new TextDecoder().decode(data));
        },
      },
    });
    socket.on("message", (datagram: Uint8Array) => {
      this.came.push(datagram[0]!);
      if (packets) this.endpoint.packet(this.pipe, datagram, performance.now() / 1000);
      else this.endpoint.receive(this.pipe, datagram, performance.now() / 1000);
      this.drain();
    });
  }

  link(key: Uint8Array): this {
    this.endpoint.link(key).connect(this.pipe);
    this.drain();
    return this;
  }

  get isUp(): boolean {
    return !!this.endpoint.links[0]?.up;
  }

  send(text: string): void {
    this.endpoint.links[0]!.send(text);
    this.drain();
  }

  drain(): void {
    const { port, address } = this._to();
    if (this._packets) {
      this.endpoint.poll(performance.now() / 1000);
      for (const packet of this.pipe.queue.splice(0)) this._socket.send(packet, port, address);
    } else
      this.endpoint.drain(performance.now() / 1000, {
        write: (_pipe, frame) => {
          this._socket.send(frame, port, address);
        },
      });
  }
}

test("devices by frames and others by whole packets are told apart, and answered as they send", async (t) => {
  const one = await gateway(t);
  const { key } = one.driver.endpoint.identity;
  const device = new Device("device", await socketTo(t), () => one.address).link(key);
  const plain = new Device("plain", await socketTo(t), () => one.address, true).link(key);
  const cloaked = new Device("cloaked", await socketTo(t), () => one.address, true);
  cloaked.pipe.wrap = cloaking(randomOf(1, "cloak"));
  cloaked.link(key);
  await eventually(() => device.isUp && plain.isUp && cloaked.isUp);
  t.is(one.port.size, 3);
  for (const [name, one] of Object.entries({ device, plain, cloaked })) one.send(`of ${name}`);
  await eventually(() => one.got.length === 3);
  t.deepEqual(one.got.sort(), ["of cloaked", "of device", "of plain"]);
  for (const link of one.driver.endpoint.links) link.send("command".repeat(50));
  await eventually(() => device.got.length + plain.got.length + cloaked.got.length === 3);
  t.true(device.came.length > 2 && device.came.every((first) => first > 0 && first < 250));
  t.true(plain.came.every((first) => first === 0));
  t.true(cloaked.came.every((first) => first > 0));
});

test("a device with another address, and a gateway that was restarted with its state, go on", async (t) => {
  let one = await gateway(t);
  const { key } = one.driver.endpoint.identity;
  const sockets = [await socketTo(t), await socketTo(t)];
  const device = new Device("device", sockets[0]!, () => one.address).link(key);
  await eventually(() => device.isUp);
  // its router has given it another one
  Object.assign(device, { _socket: sockets[1] });
  sockets[1]!.on("message", (datagram) => sockets[0]!.emit("message", datagram));
  device.send("moved");
  await eventually(() => one.got.length === 1);
  const [link] = one.driver.endpoint.links;
  link!.send("command");
  await eventually(() => device.got.length === 1);
  await one.driver.close();
  const before = one;
  one = await gateway(t, { port: before.address.port }, { state: before.saved, accept: () => false });
  t.is(one.address.port, before.address.port);
  device.send("after");
  await eventually(() => one.got.length === 1);
  t.deepEqual(one.got, ["after"]);
});

test("hostile datagrams are counted drops: malformed, empty, long, and every prefix of a handshake", async (t) => {
  const one = await gateway(t);
  const socket = await socketTo(t);
  const { port } = one.address;
  const random = randomOf(5, "hostile");
  const other = new Endpoint({ pairs: generate(random), random, events: {} });
  const pipe = new Pipe({ mtu: 256, limit: 4096 });
  other.link(one.driver.endpoint.identity.key).connect(pipe);
  other.poll(0);
  const [handshake] = pipe.queue as [Uint8Array];
  const datagrams: Uint8Array[] = [
    new Uint8Array(0),
    new Uint8Array(1),
    new Uint8Array(1000),
    new Uint8Array(60_000).fill(255),
    Uint8Array.of(0, 7, 0x7b),
  ];
  for (let length = 1; length < handshake.length; length += 7)
    datagrams.push(handshake.subarray(0, length), ...split(handshake.subarray(0, length), 250));
  for (let i = 0; i < 200; i++) datagrams.push(random(1 + random(1)[0]!));
  const errors: Error[] = [];
  one.driver.on("error", (error) => errors.push(error));
  const taken = (): number => one.driver.counts.received + one.port.counts.refused;
  for (const [i, datagram] of datagrams.entries()) {
    socket.send(datagram, port, host);
    // the system drops what does not fit into its buffer
    if (i % 16 === 15) await eventually(() => taken() === i + 1);
  }
  await eventually(() => taken() === datagrams.length);
  t.deepEqual(errors, []);
  t.is(one.port.counts.refused, 1);
  t.is(one.driver.endpoint.links.length, 0);
  // and it goes on for others
  const device = new Device("device", await socketTo(t), () => one.address).link(one.driver.endpoint.identity.key);
  await eventually(() => device.isUp);
});

test("a flood of addresses is bounded, and pushes out strangers, not those that are linked", async (t) => {
  const one = await gateway(t, { most: 8 });
  const { key } = one.driver.endpoint.identity;
  const devices: Device[] = [];
  for (const name of ["one", "two"]) devices.push(new Device(name, await socketTo(t), () => one.address).link(key));
  await eventually(() => devices.every(({ isUp }) => isUp));
  const pipes = one.driver.endpoint.links.map(({ pipe }) => pipe);
  const detached: unknown[] = [];
  one.driver.on("detach", (pipe) => detached.push(pipe));
  for (let i = 0; i < 60; i++) (await socketTo(t)).send(Uint8Array.of(3, 1, 2, 3), one.address.port, host);
  await eventually(() => detached.length === 54);
  t.is(one.port.size, 8);
  t.deepEqual(
    one.driver.endpoint.links.map(({ pipe }) => pipe),
    pipes,
  );
  t.false(pipes.some((pipe) => detached.includes(pipe)));
  for (const link of one.driver.endpoint.links) link.send("still there");
  await eventually(() => devices.every(({ got }) => got.length === 1));
});

test("an address that no link uses is forgotten when it is idle; one that a link uses is kept", async (t) => {
  const clock = new TimerClock();
  const one = await gateway(t, { idle: 60, clock });
  const device = new Device("device", await socketTo(t), () => one.address).link(one.driver.endpoint.identity.key);
  await eventually(() => device.isUp);
  (await socketTo(t)).send(Uint8Array.of(3, 1, 2, 3), one.address.port, host);
  await eventually(() => one.port.size === 2);
  clock.runTo(59);
  t.is(one.port.size, 2);
  clock.runTo(61);
  t.is(one.port.size, 1);
  clock.runTo(1000);
  one.driver.endpoint.links[0]!.send("still there");
  await eventually(() => device.got.length === 1);
});

test("an address may be given before it is heard; what it answers comes by the same transport", async (t) => {
  const one = await gateway(t);
  const socket = await socketTo(t);
  const { port } = socket.address();
  const pipe = one.driver.attach(one.port.to(host, port));
  const device = new Device("device", socket, () => one.address);
  device.endpoint.link(one.driver.endpoint.identity.key);
  const link = one.driver.endpoint.link(device.endpoint.identity.key);
  link.connect(pipe);
  await eventually(() => !!link.up);
  t.is(link.pipe, pipe);
  t.is(one.port.size, 1);
});

test("a port that is in use rejects, and says what to do", async (t) => {
  const one = await gateway(t);
  const { port } = one.address;
  const driver = new Driver({ pairs: generate(randomOf(1, "other")), events: {} });
  await t.throwsAsync(driver.listen(udp({ host, port })), {
    message: `cannot listen at UDP port ${port}: another program has it: stop that one, or take another port`,
    code: "EADDRINUSE",
  });
  await driver.close();
  t.is(toBase32(driver.endpoint.identity.key).length, 34);
});
