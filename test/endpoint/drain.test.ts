// Two endpoints that are driven by `drain` and the times that it returns, and by nothing else: what is lost on the way is
// sent again, whatever it was, and neither is called for nothing.
import test from "ava";
import fc from "fast-check";
import { Endpoint, Pipe, generate } from "../../src/index.ts";
import { stream, streams } from "../../src/channel/stream.ts";
import type { Link, PipeOptions, Wake } from "../../src/index.ts";
import { randomOf } from "../../sim/random.ts";

interface Side {
  endpoint: Endpoint;
  pipe: Pipe;
  next: Wake | undefined;
  calls: number;
  whys: Set<string>;
}

/** Seconds that a frame is on its way. */
const AIR = 0.01;

/** Two endpoints that are driven by what `drain` returns alone, and an air that takes time and loses frames. */
class DrainedPair {
  now = 0;
  frames = 0;
  readonly sides: Side[];
  readonly #air: { at: number; to: Side; frame: Uint8Array }[] = [];
  readonly #lost: (frame: number) => boolean;

  constructor(options: PipeOptions, lost: (frame: number) => boolean, seed = 1) {
    this.#lost = lost;
    this.sides = ["device", "gateway"].map((name) => ({
      endpoint: new Endpoint({
        pairs: generate(randomOf(seed, name)),
        random: randomOf(seed, `${name}/random`),
        events: {},
        accept: () => true,
      }),
      pipe: new Pipe(options),
      next: undefined,
      calls: 0,
      whys: new Set(),
    }));
  }

  drain(side: Side): void {
    side.calls++;
    side.next = side.endpoint.drain(this.now, {
      write: (pipe, frame) => {
        if (pipe === side.pipe && !this.#lost(this.frames++))
          this.#air.push({ at: this.now + AIR, to: this.sides.find((other) => other !== side)!, frame });
      },
    });
    if (side.next) side.whys.add(side.next.why);
  }

  /** Goes from event to event; false where nothing would ever happen again, or too much time has gone. */
  until(done: () => boolean, most: number): boolean {
    while (!done()) {
      const due = this.sides.map(({ next }) => next?.at ?? Infinity);
      const at = Math.min(this.#air[0]?.at ?? Infinity, ...due);
      if (at > most) return false;
      this.now = Math.max(this.now, at);
      if (this.#air[0] && this.#air[0].at <= this.now) {
        const { to, frame } = this.#air.shift()!;
        to.endpoint.receive(to.pipe, frame, this.now);
        this.drain(to);
      } else this.drain(this.sides[due[0]! <= due[1]! ? 0 : 1]!);
    }
    return true;
  }
}

/** Has one side link and send a stream of so many bytes; what the other got of it in so many seconds. */
function transfer(pair: DrainedPair, bytes: number, most = 600): number {
  const [device, gateway] = pair.sides as [Side, Side];
  let got = 0;
  streams(gateway.endpoint, (one) => {
    one.on = (event, data) => {
      if (event === "data") got += (data as Uint8Array).length;
    };
  });
  const link: Link = device.endpoint.link(gateway.endpoint.identity.key);
  link.connect(device.pipe);
  pair.drain(device);
  if (!pair.until(() => !!link.up && gateway.endpoint.links[0]?.up === true, most)) return -1;
  const sending = stream(link);
  sending.write(new Uint8Array(bytes));
  pair.drain(device);
  pair.until(() => got >= bytes, most);
  return got;
}

test("a stream comes whole whichever one frame of it is lost", (t) => {
  const options = { mtu: 20, limit: 4096 };
  const whole = new DrainedPair(options, () => false);
  t.is(transfer(whole, 300), 300);
  for (let lost = 0; lost < whole.frames; lost++)
    t.is(transfer(new DrainedPair(options, (frame) => frame === lost), 300), 300, `frame ${lost}`);
});

test("a stream comes whole by a line with answers, which is waited for", (t) => {
  const pair = new DrainedPair({ mtu: 64, limit: 4096, stream: true, blocking: true }, () => false);
  t.is(transfer(pair, 3000), 3000);
  t.true(pair.sides.some(({ whys }) => whys.has("line")));
});

test("a stream comes whole where frames are lost at random, and no side is called for nothing", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 0.2, noNaN: true }), (seed, loss) => {
      const random = randomOf(seed, "loss");
      const pair = new DrainedPair({ mtu: 50, limit: 4096 }, () => random(1)[0]! < loss * 256, seed);
      if (transfer(pair, 1000, 3000) !== 1000) return false;
      // once for each frame that came, and for each time that something was to be sent again
      return pair.sides.every(({ calls }) => calls < pair.frames * 3 + 100);
    }),
    { numRuns: 40, seed: 7 },
  );
  t.pass();
});

test("it says what it waits for", (t) => {
  const pair = new DrainedPair({ mtu: 20, limit: 4096 }, (frame) => frame < 3);
  t.is(transfer(pair, 100), 100);
  t.true(pair.sides[0]!.whys.has("handshake") && pair.sides[0]!.whys.has("channel"), [...pair.sides[0]!.whys].join());
  const [{ endpoint, pipe }] = pair.sides as [Side];
  endpoint.discover([pipe]);
  const sent: Uint8Array[] = [];
  const outlet = {
    write: (_: Pipe, frame: Uint8Array) => {
      sent.push(frame);
    },
  };
  const wake = endpoint.drain(1000, outlet);
  t.true(sent.length > 0);
  t.deepEqual(wake, { at: 1010, why: "announcement" });
});

test("a pipe that is not ready keeps its packets, and they come when it is", (t) => {
  const { endpoint, pipe } = new DrainedPair({ mtu: 20, limit: 4096 }, () => false).sides[0]!;
  endpoint.link(generate(randomOf(2, "other"))["1a"].key).connect(pipe);
  let ready = 0;
  const sent: number[] = [];
  const outlet = {
    ready: () => ready > 0,
    write: (_: Pipe, frame: Uint8Array) => {
      ready--;
      sent.push(frame.length);
    },
  };
  endpoint.drain(0, outlet);
  t.deepEqual(sent, []);
  ready = 2;
  endpoint.drain(0.1, outlet);
  t.deepEqual(sent, [20, 20]);
  ready = 100;
  endpoint.drain(0.2, outlet);
  t.true(sent.length > 3 && ready > 0);
});

test("a pipe that is closed is not asked for frames any more", (t) => {
  const { endpoint } = new DrainedPair({ mtu: 20, limit: 4096 }, () => false).sides[0]!;
  const stranger = new Pipe({ mtu: 64, limit: 4096, stream: true, blocking: true });
  const asked: Pipe[] = [];
  const outlet = {
    ready: (pipe: Pipe) => {
      asked.push(pipe);
      return false;
    },
    write: () => t.fail(),
  };
  endpoint.receive(stranger, Uint8Array.of(1, 1, 0), 0);
  endpoint.drain(0, outlet);
  t.deepEqual(asked, [stranger]);
  endpoint.close(stranger);
  endpoint.drain(1, outlet);
  t.deepEqual(asked, [stranger]);
});

test("each call that has something sent wakes the owner, whatever went before", (t) => {
  let wakes = 0;
  const endpoint = new Endpoint({
    pairs: generate(randomOf(1, "a")),
    random: randomOf(2, "a"),
    events: {},
    wake: () => {
      wakes++;
    },
  });
  const link = endpoint.link(generate(randomOf(3, "b"))["1a"]!.key);
  for (let call = 0; call < 3; call++) {
    wakes = 0;
    link.connect(new Pipe({ mtu: 20, limit: 4096 }));
    t.true(wakes > 0, `connect ${call}`);
    wakes = 0;
    link.send("reading");
    t.true(wakes > 0, `send ${call}`);
  }
});
