import test from "ava";
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { Endpoint, Pipe, generate } from "../../src/index.ts";
import type { Link } from "../../src/index.ts";
import { Bridge, RealTime, runRealTime } from "../../sim/bridge.ts";
import type { Outside } from "../../sim/bridge.ts";
import { StreamOutside, serialOutside } from "../../sim/bridges/stream.ts";
import { UdpOutside } from "../../sim/bridges/udp.ts";
import { Gateway } from "../../sim/gateway.ts";
import { NativeDevice } from "../../sim/hosts/native.ts";
import { randomOf } from "../../sim/random.ts";
import { Simulator } from "../../sim/simulator.ts";
import type { SimEvent } from "../../sim/simulator.ts";
import { emptyOutput } from "../../sim/types.ts";
import type { Scenario } from "../../sim/scenario.ts";
import { runBridged } from "../../cli/sim-bridge.ts";
import { Beacon } from "./helpers.ts";

const random = (name: string): ((n: number) => Uint8Array) => randomOf(7, name);
const pairOf = (name: string): { key: Uint8Array; secret: Uint8Array } => generate(random(`${name}/identity`))["1a"];
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const bytesOf = (content: string): Uint8Array => Uint8Array.from(Buffer.from(content, "utf8"));

/** An endpoint of the real world: frames of its pipes go out by `send`, and it polls when it is time. */
class Real {
  readonly endpoint: Endpoint;
  readonly got: string[] = [];
  readonly #pipes: [Pipe, (bytes: Uint8Array) => void][] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(name: string, up: (link: Link) => void = () => undefined) {
    this.endpoint = new Endpoint({
      pairs: { "1a": pairOf(name) },
      random: random(name),
      accept: () => true,
      events: {
        up,
        message: (_link, content) => {
          this.got.push(text(content));
        },
      },
    });
  }

  reach(pipe: Pipe, send: (bytes: Uint8Array) => void): Pipe {
    this.#pipes.push([pipe, send]);
    return pipe;
  }

  hear(pipe: Pipe, bytes: Uint8Array): void {
    this.endpoint.receive(pipe, Uint8Array.from(bytes), performance.now() / 1000);
    this.turn();
  }

  turn(): void {
    clearTimeout(this.#timer);
    const now = performance.now() / 1000;
    this.endpoint.poll(now);
    for (const [pipe, send] of this.#pipes)
      for (let frame = pipe.frame(now); frame; frame = pipe.frame(now)) send(frame);
    const next = Math.min(this.endpoint.poll(now) ?? Infinity, ...this.#pipes.map(([pipe]) => pipe.until ?? Infinity));
    if (next !== Infinity)
      this.#timer = setTimeout(
        () => {
          this.turn();
        },
        Math.max(1, next * 1000 - performance.now()),
      );
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function socketAt(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test("a device at a UDP socket pairs with a simulated gateway, sends a reading and gets an answer", async (t) => {
  const gateway = new Gateway({ pair: pairOf("gateway"), random: random("gateway"), mtu: 256, pairing: true });
  const simulator = new Simulator({ seed: 1, media: { net: { kind: "udp", latency: 20 } }, sink: null });
  const outside = new UdpOutside({ port: 0, address: "127.0.0.1" });
  const bridge = new Bridge({ outside, frameSize: simulator.medium().frameSize, to: "gateway" });
  await simulator.addNode("gateway", gateway);
  await simulator.addNode("device", bridge);

  const socket = await socketAt();
  const pipe = new Pipe({ mtu: 256, limit: 4096 });
  const device = new Real("device", (link) => {
    link.send("21.5 degrees");
  });
  device.reach(pipe, (frame) => {
    socket.send(frame, outside.port!, "127.0.0.1");
  });
  socket.on("message", (bytes) => {
    device.hear(pipe, bytes);
  });

  const end = new AbortController();
  const real = new RealTime(simulator, { factor: 10, bridges: { device: bridge }, signal: end.signal });
  const running = real.run();
  // the bridge listens once the run has begun
  await new Promise<void>((resolve) => {
    real.enter(resolve);
  });
  device.endpoint.link(gateway.key).connect(pipe);
  device.turn();
  await until(() => gateway.messages.length > 0);
  real.enter(() => {
    gateway.send("well received");
    return simulator.poke("gateway");
  });
  await until(() => device.got.length > 0);
  end.abort();
  await running;
  await bridge.close();
  device.end();
  socket.close();
  t.deepEqual(
    gateway.messages.map(({ content }) => text(content)),
    ["21.5 degrees"],
  );
  t.deepEqual(device.got, ["well received"]);
  t.true(bridge.in > 100 && bridge.out > 100);
  t.is(simulator.usage("device")["net"]!.received, simulator.usage("gateway")["net"]!.sent);
});

/** Waits until something is so: looked at whenever the event loop turns. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

test("simulated devices link with a gateway at a UDP socket, which tells them apart by their ports", async (t) => {
  const socket = await socketAt();
  const gateway = new Real("gateway");
  const pipes = new Map<number, Pipe>();
  socket.on("message", (bytes, { port }) => {
    let pipe = pipes.get(port);
    if (!pipe) {
      pipe = gateway.reach(new Pipe({ mtu: 256, limit: 4096 }), (frame) => {
        socket.send(frame, port, "127.0.0.1");
      });
      pipes.set(port, pipe);
    }
    gateway.hear(pipe, bytes);
  });
  const simulator = new Simulator({ seed: 1, media: { net: { kind: "udp" } }, sink: null });
  const bridge = new Bridge({
    outside: new UdpOutside({ host: "127.0.0.1", port: socket.address().port }),
    frameSize: 256,
  });
  await simulator.addNode("gateway", bridge);
  for (const name of ["one", "two"]) {
    let said = false;
    await simulator.addNode(
      name,
      new NativeDevice({
        pair: pairOf(name),
        random: random(name),
        gateway: pairOf("gateway").key,
        to: "gateway",
        mtu: 256,
        traffic: (time) => {
          if (time < 500) return { content: undefined, next: 500 };
          if (said) return { content: undefined, next: undefined };
          said = true;
          return { content: bytesOf(`reading of ${name}`), next: undefined };
        },
      }),
    );
  }
  const end = new AbortController();
  // no faster, or virtual seconds of silence pass while the real gateway thinks
  const running = runRealTime(simulator, { factor: 1, bridges: { gateway: bridge }, signal: end.signal });
  await until(() => gateway.got.length === 2);
  end.abort();
  await running;
  gateway.end();
  socket.close();
  t.deepEqual(gateway.got.sort(), ["reading of one", "reading of two"]);
  t.is(pipes.size, 2);
});

test("a device at a serial line pairs with a simulated gateway: bytes come as they come", async (t) => {
  const gateway = new Gateway({
    pair: pairOf("gateway"),
    random: random("gateway"),
    mtu: 64,
    stream: true,
    blocking: true,
    pairing: true,
  });
  const simulator = new Simulator({
    seed: 1,
    media: { wire: { kind: "serial", baud: 115200, frameSize: 64 } },
    sink: null,
  });
  const [inside, port] = duplexPair();
  const bridge = new Bridge({ outside: new StreamOutside(inside), frameSize: 64, to: "gateway" });
  await simulator.addNode("gateway", gateway);
  await simulator.addNode("device", bridge);
  const pipe = new Pipe({ mtu: 64, stream: true, blocking: true, limit: 4096 });
  const device = new Real("device", (link) => {
    link.send("x".repeat(300));
  });
  // a serial port hands over what it has: here everything in pieces of seven bytes, or all of several frames at once
  device.reach(pipe, (frame) => {
    for (let i = 0; i < frame.length; i += 7) port.write(frame.slice(i, i + 7));
  });
  port.on("data", (bytes: Uint8Array) => {
    device.hear(pipe, bytes);
  });
  const end = new AbortController();
  const running = runRealTime(simulator, { factor: 10, bridges: { device: bridge }, signal: end.signal });
  device.endpoint.link(gateway.key).connect(pipe);
  device.turn();
  await until(() => gateway.messages.length > 0);
  end.abort();
  await running;
  device.end();
  t.deepEqual(
    gateway.messages.map(({ content }) => content.length),
    [300],
  );
});

/** Something outside that a test plays. */
class Played implements Outside {
  readonly stream: boolean;
  readonly sent: [string, string][] = [];
  took!: (bytes: Uint8Array, to?: string) => void;
  failed!: (error: Error) => void;
  closed = false;

  constructor(stream = false) {
    this.stream = stream;
  }

  async open(took: Played["took"], failed: Played["failed"]): Promise<void> {
    this.took = took;
    this.failed = failed;
  }

  send(bytes: Uint8Array, from: string): void {
    this.sent.push([from, text(bytes)]);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A clock that goes on by itself only while somebody sleeps, and what is to happen in the meantime. */
class Clock {
  time = 1000;
  readonly slept: number[] = [];
  readonly #due: { time: number; work: () => void }[] = [];

  at(time: number, work: () => void): void {
    this.#due.push({ time, work });
    this.#due.sort((one, two) => one.time - two.time);
  }

  readonly clock = (): number => this.time;
  readonly sleep = async (ms: number, wake: AbortSignal): Promise<void> => {
    this.slept.push(ms);
    const end = this.time + ms;
    while (this.#due[0] && this.#due[0].time <= end) {
      const { time, work } = this.#due.shift()!;
      this.time = Math.max(this.time, time);
      work();
      if (wake.aborted) return;
    }
    this.time = end;
  };
}

test("virtual time follows the clock times the factor, and is never ahead", async (t) => {
  const clock = new Clock();
  const simulator = new Simulator({ seed: 1, media: { air: { kind: "ideal", frameSize: 20 } }, sink: null });
  const times: [number, number][] = [];
  await simulator.addNode("one", new Beacon(400, "tick"));
  await simulator.addNode("two", {
    run: emptyOutput,
    frame: (time) => {
      times.push([time, clock.time]);
      return emptyOutput(time);
    },
  });
  const worst = await runRealTime(simulator, { until: 2000, factor: 4, clock: clock.clock, sleep: clock.sleep });
  t.deepEqual(times, [
    [400, 1100],
    [800, 1200],
    [1200, 1300],
    [1600, 1400],
    [2000, 1500],
  ]);
  t.is(simulator.time, 2000);
  t.is(clock.time, 1500);
  t.is(worst, 0);
  t.deepEqual(clock.slept, [100, 100, 100, 100, 100]);
});

test("what comes from outside is on the air at the virtual time that corresponds to now", async (t) => {
  const clock = new Clock();
  const events: SimEvent[] = [];
  const simulator = new Simulator({
    seed: 1,
    media: { net: { kind: "udp", latency: 5 } },
    sink: null,
    observe: (event) => {
      events.push(event);
    },
  });
  const outside = new Played();
  const bridge = new Bridge({ outside, frameSize: 20, to: "two" });
  const two = new Beacon(1e9, "");
  const three = new Beacon(1e9, "");
  await simulator.addNode("bridge", bridge);
  await simulator.addNode("two", two);
  await simulator.addNode("three", three);
  clock.at(1033.3, () => {
    outside.took(bytesOf("hello"));
  });
  clock.at(1070, () => {
    outside.took(bytesOf("for three"), "three");
  });
  clock.at(1080, () => {
    outside.took(new Uint8Array(21));
  });
  await runRealTime(simulator, { until: 400, factor: 3, bridges: { bridge }, clock: clock.clock, sleep: clock.sleep });
  t.deepEqual(
    two.heard.map(({ time, from, text: said }) => [Math.round(time * 10) / 10, from, said]),
    [[104.9, "bridge", "hello"]],
  );
  t.deepEqual(
    three.heard.map(({ time, from, text: said }) => [Math.round(time * 10) / 10, from, said]),
    [[215, "bridge", "for three"]],
  );
  t.deepEqual(
    events.flatMap((event) => (event.kind === "log" ? [[event.at, event.text]] : [])),
    [["bridge", "too long 21 bytes"]],
  );
  t.true(outside.closed);
});

test("a stream is cut into frames, and what arrives at the station goes out", async (t) => {
  const clock = new Clock();
  const simulator = new Simulator({ seed: 1, media: { net: { kind: "udp" } }, sink: null });
  const outside = new Played(true);
  const bridge = new Bridge({ outside, frameSize: 8, to: "two" });
  const two = new Beacon(30, "tick");
  await simulator.addNode("bridge", bridge);
  await simulator.addNode("two", two);
  clock.at(1010, () => {
    outside.took(bytesOf("twenty bytes of data"));
  });
  await runRealTime(simulator, { until: 70, bridges: { bridge }, clock: clock.clock, sleep: clock.sleep });
  t.deepEqual(
    two.heard.map(({ text: said }) => said),
    ["twenty b", "ytes of ", "data"],
  );
  t.deepEqual(outside.sent, [
    ["two", "tick"],
    ["two", "tick"],
  ]);
  t.deepEqual([bridge.in, bridge.out], [20, 8]);
});

test("a run that cannot keep up says by how much, and not too often", async (t) => {
  const clock = new Clock();
  const simulator = new Simulator({ seed: 1, media: { air: { kind: "ideal", frameSize: 20 } }, sink: null });
  // an event each virtual 10 ms that takes 15 ms of the clock, for a while
  for (let i = 1; i <= 100; i++)
    simulator.schedule(i * 10, () => {
      clock.time += i <= 60 ? 15 : 0;
    });
  const late: number[] = [];
  const worst = await runRealTime(simulator, {
    until: 2000,
    clock: clock.clock,
    sleep: clock.sleep,
    tolerance: 50,
    late: (lag) => {
      late.push(lag);
    },
  });
  t.true(worst > 200 && worst <= 60 * 15, String(worst));
  t.true(late.length >= 2 && late.length <= 4, String(late));
  late.forEach((lag, i) => {
    t.true(lag > (i ? 2 * late[i - 1]! : 50));
  });
  // it has caught up
  t.is(clock.time, 3000);
});

test("what goes wrong outside ends the run", async (t) => {
  const clock = new Clock();
  const simulator = new Simulator({ seed: 1, media: { net: { kind: "udp" } }, sink: null });
  const outside = new Played();
  const bridge = new Bridge({ outside, frameSize: 20 });
  await simulator.addNode("bridge", bridge);
  clock.at(1010, () => {
    outside.failed(new Error("unplugged"));
  });
  await t.throwsAsync(runRealTime(simulator, { bridges: { bridge }, clock: clock.clock, sleep: clock.sleep }), {
    message: "unplugged",
  });
  t.true(outside.closed);
});

test("a port that is taken, one that is not there, and a stream that ends are typed errors", async (t) => {
  const socket = await socketAt();
  const taken = new UdpOutside({ port: socket.address().port, address: "127.0.0.1" });
  await t.throwsAsync(
    taken.open(
      () => undefined,
      () => undefined,
    ),
    { code: "bridge", message: /cannot listen at UDP port/ },
  );
  socket.close();
  await t.throwsAsync(
    serialOutside("/dev/there-is-none", 9600).open(
      () => undefined,
      () => undefined,
    ),
    { code: "bridge", message: /there-is-none|package serialport/ },
  );
  const [inside, other] = duplexPair();
  const failed = new Promise<Error>((resolve) => {
    void new StreamOutside(inside).open(() => undefined, resolve);
  });
  inside.resume();
  other.destroy();
  inside.destroy();
  t.like(await failed, { code: "bridge" });
  t.throws(() => new RealTime(new Simulator({ seed: 1, media: { net: { kind: "udp" } } }), { factor: 0 }), {
    code: "options",
  });
});

test("a scenario with a device outside: its messages count as sent and delivered, and the gateway's reach it", async (t) => {
  const scenario: Scenario = {
    duration: 600,
    media: { net: { kind: "udp", latency: 20 } },
    devices: [{ name: "real" }, { name: "native", count: 2, traffic: { every: 1, count: 1 } }],
    downlink: [{ every: 1, to: ["real"], text: "number {n}" }],
    expect: [{ what: "linked", atLeast: 1 }, { what: "delivered", atLeast: 1 }, { what: "forged" }],
  };
  const socket = await socketAt();
  const pipe = new Pipe({ mtu: 256, limit: 4096 });
  const device = new Real("device", (link) => {
    link.send("from outside");
  });
  let port: number | undefined;
  device.reach(pipe, (frame) => {
    socket.send(frame, port!, "127.0.0.1");
  });
  const end = new AbortController();
  socket.on("message", (bytes) => {
    device.hear(pipe, bytes);
    if (device.got.length === 3) end.abort();
  });
  // the gateway's key shows in the capture only: the device is told it beforehand, as it follows from the seed
  const gateway = generate(randomOf(1, "gateway/identity"))["1a"].key;
  let capture = "";
  const { outcome, worst, ...bytes } = await runBridged(
    scenario,
    ".",
    { udp: { port: 0 } },
    { as: "real", key: pairOf("device").key, factor: 5, address: "127.0.0.1" },
    {
      ready: (at) => {
        port = at;
        device.endpoint.link(gateway).connect(pipe);
        device.turn();
      },
      sink: (line) => {
        capture += line;
      },
      signal: end.signal,
    },
  );
  device.end();
  socket.close();
  t.true(outcome.held, JSON.stringify(outcome.verdicts));
  t.deepEqual(
    outcome.deliveries
      .filter(({ times }) => times)
      .map(({ device: name }) => name)
      .sort(),
    ["native-1", "native-2", "real"],
  );
  t.true(outcome.time < 600);
  t.regex(device.got[0]!, /^number \d$/);
  t.true(bytes.in > 0 && bytes.out > 0 && worst >= 0);
  t.true(capture.includes('"from":"real"'));
});

test("a scenario with a gateway outside: native devices link with it by its key", async (t) => {
  const socket = await socketAt();
  const gateway = new Real("gateway");
  const end = new AbortController();
  const pipes = new Map<number, Pipe>();
  socket.on("message", (bytes, { port }) => {
    const pipe =
      pipes.get(port) ??
      gateway.reach(new Pipe({ mtu: 256, limit: 4096 }), (frame) => {
        socket.send(frame, port, "127.0.0.1");
      });
    pipes.set(port, pipe);
    gateway.hear(pipe, bytes);
    if (gateway.got.length === 2) end.abort();
  });
  const scenario: Scenario = {
    duration: 600,
    media: { net: { kind: "udp" } },
    gateways: { hub: {} },
    devices: [{ name: "native", count: 2, traffic: { every: 1, count: 1, text: "hello" } }],
  };
  const logs: string[] = [];
  const { outcome } = await runBridged(
    scenario,
    ".",
    { udp: { host: "127.0.0.1", port: socket.address().port } },
    { as: "hub", key: pairOf("gateway").key, factor: 1 },
    {
      signal: end.signal,
      log: (_time, name, said) => {
        if (said === "up") logs.push(name);
      },
    },
  );
  gateway.end();
  socket.close();
  t.deepEqual(gateway.got, ["hello", "hello"]);
  t.deepEqual(logs.sort(), ["native-1", "native-2"]);
  t.true(outcome.time < 60);
  await t.throwsAsync(runBridged(scenario, ".", { udp: { port: 1 } }, { as: "hub", factor: 1 }), {
    code: "USAGE",
    message: /--key/,
  });
  await t.throwsAsync(runBridged(scenario, ".", { udp: { port: 1 } }, { as: "nobody", factor: 1 }), {
    code: "USAGE",
    message: /hub, native-1, native-2/,
  });
});
