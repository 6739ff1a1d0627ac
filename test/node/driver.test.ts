// Two endpoints, each with a driver, in simulated time.
import test from "ava";
import { stream, streams } from "../../src/channel/stream.ts";
import { generate, toBase32 } from "../../src/index.ts";
import type { Link, State } from "../../src/index.ts";
import { Driver } from "../../src/node/index.ts";
import type { DriverOptions, DriverWhere } from "../../src/node/index.ts";
import { randomOf } from "../../sim/random.ts";
import { Air, MemoryRadio, SimulatedClock } from "./simulated.ts";
import type { AirOptions } from "./simulated.ts";

interface Side {
  driver: Driver;
  got: string[];
  errors: string[];
  saved: State;
  options: Partial<DriverOptions>;
}

function side(clock: SimulatedClock, name: string, options: Partial<DriverOptions> = {}): Side {
  const one = { got: [], errors: [], saved: { ...options.state }, options } as unknown as Side;
  one.driver = new Driver({
    pairs: generate(randomOf(1, name)),
    random: randomOf(1, `${name}/random`),
    clock,
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
  one.driver.on("error", (error, where) => one.errors.push(`${where}: ${error.message}`));
  return one;
}

interface DrivenPair {
  clock: SimulatedClock;
  air: Air;
  device: Side;
  gateway: Side;
  /** The device's link to the gateway. */
  link: Link;
}

function drivenPair(options: AirOptions = {}, gatewayOptions: Partial<DriverOptions> = {}): DrivenPair {
  const clock = new SimulatedClock();
  const air = new Air(clock, options);
  const device = side(clock, "device");
  const gateway = side(clock, "gateway", gatewayOptions);
  gateway.driver.attach(air.ends[1]);
  const link = device.driver.endpoint.link(gateway.driver.endpoint.identity.key);
  link.connect(device.driver.attach(air.ends[0]));
  return { clock, air, device, gateway, link };
}

const isUp =
  ({ link, gateway }: DrivenPair) =>
  (): boolean =>
    !!link.up && gateway.driver.endpoint.links[0]?.up === true;

test("what is sent by a link or a channel goes by itself, both ways", async (t) => {
  const w = drivenPair();
  t.true(await w.clock.until(isUp(w)));
  w.link.send("reading");
  w.gateway.driver.endpoint.links[0]!.send("command");
  t.true(await w.clock.until(() => w.gateway.got.length + w.device.got.length === 2, 5));
  t.deepEqual([w.gateway.got, w.device.got], [["reading"], ["command"]]);
});

for (const [name, options] of Object.entries({
  frames: { mtu: 20 },
  "a serial line": { mtu: 64, stream: true, blocking: true },
  "a stream of bytes": { mtu: 256, stream: true },
} satisfies { [name: string]: AirOptions })) {
  const isSerial = "blocking" in options;
  test(`a stream of channels comes whole over ${name}${isSerial ? "" : ", whatever is lost"}`, async (t) => {
    // of bytes without bounds nothing is lost by itself
    const w = drivenPair({ ...options, loss: "stream" in options ? 0 : 0.05 });
    const parts: Uint8Array[] = [];
    streams(w.gateway.driver.endpoint, (one) => {
      one.on = (event, data) => {
        if (event === "data") parts.push(data as Uint8Array);
      };
    });
    t.true(await w.clock.until(isUp(w)));
    const bytes = randomOf(3, "content")(3000);
    stream(w.link).write(bytes);
    t.true(await w.clock.until(() => parts.reduce((sum, { length }) => sum + length, 0) === 3000));
    t.deepEqual(Buffer.concat(parts), Buffer.from(bytes));
    t.deepEqual(w.gateway.errors, []);
  });
}

test("a radio that goes and comes back, in the middle of packets: all arrives", async (t) => {
  const w = drivenPair({ mtu: 20 });
  const parts: Uint8Array[] = [];
  streams(w.gateway.driver.endpoint, (one) => {
    one.on = (event, data) => {
      if (event === "data") parts.push(data as Uint8Array);
    };
  });
  t.true(await w.clock.until(isUp(w)));
  stream(w.link).write(randomOf(3, "content")(2000));
  const size = (): number => parts.reduce((sum, { length }) => sum + length, 0);
  for (const wanted of [300, 900, 1500]) {
    t.true(await w.clock.until(() => size() >= wanted));
    w.air.set(false);
    await w.clock.until(() => false, 5);
    w.air.set(true);
  }
  t.true(await w.clock.until(() => size() === 2000));
  t.deepEqual(Buffer.concat(parts), Buffer.from(randomOf(3, "content")(2000)));
});

test("a gateway that was restarted with its state goes on", async (t) => {
  const w = drivenPair();
  t.true(await w.clock.until(isUp(w)));
  w.link.send("before");
  t.true(await w.clock.until(() => w.gateway.got.length === 1));
  await w.gateway.driver.close();
  const again = side(w.clock, "gateway", { state: w.gateway.saved, accept: () => false });
  again.driver.attach(w.air.ends[1]);
  w.link.send("after");
  t.true(await w.clock.until(() => again.got.length === 1));
  t.deepEqual(again.got, ["after"]);
  again.driver.endpoint.links[0]!.send("command");
  t.true(await w.clock.until(() => w.device.got.length === 1));
  t.is(again.driver.endpoint.links.length, 1);
});

test("a frame that a radio does not take is offered again, and nothing else before", async (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radio = new MemoryRadio({ mtu: 20 });
  radio.ready = false;
  driver.endpoint.link(generate(randomOf(2, "other"))["1a"].key).connect(driver.attach(radio));
  clock.runTo(0.5);
  t.is(radio.written.length, 0);
  const offered: Uint8Array[] = [];
  radio.write = (frame) => offered.push(frame) > 1;
  radio.emit("drain");
  t.is(offered.length, 1);
  radio.emit("drain");
  clock.runTo(0.6);
  t.deepEqual(offered[0], offered[1]);
  t.true(offered.length > 4);
  t.not(offered[2]![1], offered[1]![1]);
});

test("a radio that is away is given nothing, and after it came back a packet from its beginning", async (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radio = new MemoryRadio({ mtu: 20 });
  const link = driver.endpoint.link(generate(randomOf(2, "other"))["1a"].key);
  link.connect(driver.attach(radio));
  radio.write = function (frame) {
    this.written.push(frame);
    // it goes with the third frame
    if (this.written.length === 3) this.emit("close");
    return true;
  };
  clock.runTo(0.5);
  t.is(radio.written.length, 3);
  radio.emit("open");
  clock.runTo(0.6);
  t.deepEqual(radio.written.slice(3, 6), radio.written.slice(0, 3));
});

test("a flood by one transport is bounded, and leaves the others their turn", (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radios = [new MemoryRadio({ mtu: 100 }), new MemoryRadio({ mtu: 100 })];
  const seen: string[] = [];
  const pipes = radios.map((radio) => driver.attach(radio));
  const { endpoint } = driver;
  const receive = endpoint.receive.bind(endpoint);
  endpoint.receive = (pipe, frame, now) => {
    seen.push(pipe === pipes[0] ? "flood" : "one");
    receive(pipe, frame, now);
  };
  const frame = Uint8Array.of(5, 0, 1, 0x1a, 1, 2, 0);
  for (let i = 0; i < 1000; i++) radios[0]!.emit("data", frame);
  radios[1]!.emit("data", frame);
  t.is(driver.counts.overruns, 1000 - 256);
  clock.runTo(1);
  t.deepEqual(seen.slice(0, 3), ["flood", "one", "flood"]);
  t.is(seen.length, 257);
});

test("a turn ends after its time, and I/O of others comes before the next", (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radio = new MemoryRadio();
  driver.attach(radio);
  const at: number[] = [];
  driver.endpoint.receive = () => {
    // as long as a handshake takes
    clock.time += 0.002;
    at.push(clock.time);
  };
  clock.runTo(0);
  const ios: number[] = [];
  for (let i = 0; i < 30; i++) radio.emit("data", new Uint8Array(20));
  const io = (): void => {
    ios.push(at.length);
    if (at.length < 30) clock.soon(io);
  };
  clock.soon(io);
  clock.runTo(1);
  t.is(at.length, 30);
  // three of 2 ms are the least that are 5 ms
  for (let i = 1; i < ios.length; i++) t.true(ios[i]! - ios[i - 1]! <= 3, ios.join());
});

test("of streams nothing is lost: they are paused, received by pieces, and go on", (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radio = Object.assign(new MemoryRadio({ mtu: 256, stream: true }), {
    pauses: 0,
    resumes: 0,
    pause() {
      this.pauses++;
    },
    resume() {
      this.resumes++;
    },
  });
  driver.attach(radio);
  let bytes = 0;
  let longest = 0;
  driver.endpoint.receive = (_pipe, given) => {
    const frame = given as Uint8Array;
    bytes += frame.length;
    longest = Math.max(longest, frame.length);
  };
  for (let i = 0; i < 20; i++) radio.emit("data", new Uint8Array(10_000));
  t.deepEqual([radio.pauses, radio.resumes], [1, 0]);
  clock.runTo(1);
  t.deepEqual([bytes, longest, radio.pauses, radio.resumes, driver.counts.overruns], [200_000, 1024, 1, 1, 0]);
});

test("data may be of any kind that radios have, and is the driver's own", (t) => {
  const clock = new SimulatedClock();
  const { driver } = side(clock, "one");
  const radio = new MemoryRadio();
  driver.attach(radio);
  const seen: string[] = [];
  driver.endpoint.receive = (_pipe, frame) => {
    seen.push(Buffer.from(frame as Uint8Array).toString("hex"));
  };
  const buffer = Uint8Array.of(9, 1, 2, 255, 9);
  radio.emit("data", buffer.subarray(1, 4));
  radio.emit("data", new DataView(buffer.buffer, 1, 3) as never);
  radio.emit("data", buffer.buffer.slice(1, 4) as never);
  radio.emit("data", "\x01\x02\xff" as never);
  buffer.fill(0);
  clock.runTo(0);
  t.deepEqual(seen, ["0102ff", "0102ff", "0102ff", "0102ff"]);
});

test("what the application throws is an error with where it came from; the driver goes on", async (t) => {
  const w = drivenPair(
    {},
    {
      events: {
        up: () => {
          throw new Error("up failed");
        },
        message: (_link, data) => {
          const text = new TextDecoder().decode(data);
          if (text === "bad") throw new Error("message failed");
          w.gateway.got.push(text);
        },
      },
    },
  );
  t.true(await w.clock.until(isUp(w)));
  w.link.send("bad");
  w.link.send("good");
  t.true(await w.clock.until(() => w.gateway.got.length === 1));
  t.deepEqual(w.gateway.errors, ["up: up failed", "message: message failed"]);
});

test("what an async handler is rejected with is an error, too, and what is said of a frame comes to the handler", async (t) => {
  const seen: unknown[] = [];
  const w = drivenPair(
    {},
    {
      events: {
        message: async (_link, _data, _packet, { metadata }) => {
          seen.push(metadata);
          await Promise.resolve();
          throw new Error("database away");
        },
      },
    },
  );
  const [, radio] = w.air.ends;
  const emit = radio.emit.bind(radio);
  radio.emit = (event, data) => emit(event, data, { rssi: -70 });
  t.true(await w.clock.until(isUp(w)));
  w.link.send("reading");
  t.true(await w.clock.until(() => w.gateway.errors.length === 1));
  t.deepEqual([seen, w.gateway.errors], [[{ rssi: -70 }], ["message: database away"]]);
});

test("an application that handles errors of the endpoint itself gets them", async (t) => {
  const errors: unknown[] = [];
  const w = drivenPair(
    {},
    {
      events: {
        up: () => {
          throw new Error("up failed");
        },
        error: (error, where) => {
          errors.push([(error as Error).message, where]);
        },
      },
    },
  );
  t.true(await w.clock.until(isUp(w)));
  t.deepEqual([errors, w.gateway.errors], [[["up failed", "up"]], []]);
});

test("a pipe that the application closes has its transport closed, and forgotten", async (t) => {
  const w = drivenPair();
  t.true(await w.clock.until(isUp(w)));
  const detached: unknown[] = [];
  w.gateway.driver.on("detach", (pipe) => detached.push(pipe));
  const link = w.gateway.driver.endpoint.links[0]!;
  const pipe = link.pipe!;
  pipe.close();
  t.deepEqual([w.air.ends[1].isClosed, detached, link.pipe], [true, [pipe], undefined]);
  w.link.send("late");
  await w.clock.until(() => false, 5);
  t.deepEqual([w.gateway.got, w.gateway.errors], [[], []]);
  // the same radio may be used again
  t.not(w.gateway.driver.attach(w.air.ends[1]), pipe);
  w.link.send("again");
  t.true(await w.clock.until(() => w.gateway.got.includes("again")));
});

test("nothing leaves before what was saved is durable", async (t) => {
  const commits: (() => void)[] = [];
  const w = drivenPair(
    {},
    {
      save: () => undefined,
      commit: () =>
        new Promise<void>((resolve) => {
          commits.push(resolve);
        }),
    },
  );
  const [, radio] = w.air.ends;
  t.true(await w.clock.until(() => commits.length === 1));
  await w.clock.until(() => false, 0.9);
  t.deepEqual([radio.written.length, commits.length], [0, 1]);
  for (let i = 0; i < 10 && !isUp(w)(); i++) {
    const before = radio.written.length;
    commits.splice(0).forEach((done) => done());
    // its promise
    await new Promise(setImmediate);
    if (i === 0) t.true(radio.written.length > before);
    await w.clock.until(() => commits.length > 0 || isUp(w)(), 1);
  }
  t.true(isUp(w)());
});

test("a commit that fails is an error, keeps all back, and is tried again", async (t) => {
  let failures = 2;
  const w = drivenPair(
    {},
    {
      save: () => undefined,
      commit: () => {
        if (failures-- > 0) throw new Error("disk full");
      },
    },
  );
  const [, radio] = w.air.ends;
  t.true(await w.clock.until(() => w.gateway.errors.length === 2));
  t.deepEqual([radio.written.length, w.gateway.errors], [0, ["commit: disk full", "commit: disk full"]]);
  t.true(await w.clock.until(isUp(w), 10));
});

test("close closes what was attached; nothing is received or written after it", async (t) => {
  const w = drivenPair();
  t.true(await w.clock.until(isUp(w)));
  const ends: unknown[] = [];
  w.gateway.driver.on("detach", (pipe) => ends.push(pipe));
  const { received } = w.gateway.driver.counts;
  w.link.send("late");
  await w.gateway.driver.close();
  t.true(w.air.ends[1].isClosed);
  t.is(ends.length, 1);
  await w.clock.until(() => false, 100);
  t.is(w.gateway.driver.counts.received, received);
  t.deepEqual(w.gateway.got, []);
  await w.gateway.driver.close();
});

test("an error without a listener is thrown, as of all emitters", (t) => {
  const clock = new SimulatedClock();
  const driver = new Driver({ pairs: generate(randomOf(1, "one")), clock, events: {} });
  const radio = new MemoryRadio();
  driver.attach(radio);
  driver.endpoint.receive = () => {
    throw new Error("fault");
  };
  radio.emit("data", new Uint8Array(2));
  t.throws(() => clock.runTo(1), { message: "fault" });
  // and it goes on
  const where: DriverWhere[] = [];
  driver.on("error", (_error, at) => where.push(at));
  radio.emit("data", new Uint8Array(2));
  clock.runTo(2);
  t.deepEqual(where, ["library"]);
  t.truthy(toBase32(driver.endpoint.identity.key));
});
