// A reliable channel of a gateway that acknowledges when the application says so: after its commit, and not before.
import test from "ava";
import fc from "fast-check";
import * as stream from "../../src/channel/stream.ts";
import type { Channel, Packet } from "../../src/index.ts";
import { HostChannel } from "../../src/channel/host-channel.ts";
import { lossy, pair } from "./pair.ts";
import type { Pair } from "./pair.ts";

interface Taken {
  channel?: Channel;
  /** seq of what was delivered. */
  got: number[];
}

/** Takes channels of type "log" at b, which acknowledges by hand. */
function taking({ b }: Pair, on: (seq: number, channel: Channel) => void = () => undefined): Taken {
  const taken: Taken = { got: [] };
  b.endpoint.handle("log", (channel) => {
    taken.channel = channel;
    channel.manualAck = true;
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const seq = (data as Packet).json!["seq"] as number;
      taken.got.push(seq);
      on(seq, channel);
    };
  });
  return taken;
}
const waits = (channel: Channel): number => (channel as unknown as { _out: unknown[] })._out.length;

test("what is not acknowledged is kept by the sender, sent again, and delivered once", (t) => {
  const p = pair();
  const taken = taking(p);
  const channel = p.ab.channel({ type: "log", seq: 1 }, new Uint8Array(5));
  channel.send({}, new Uint8Array(5));
  let frames = 0;
  p.pass(10);
  t.deepEqual([taken.got, waits(channel), channel.over], [[1, 2], 2, undefined]);
  const { length } = taken.got;
  // the first is stored
  taken.channel!.acknowledge(1);
  p.pass(10);
  t.deepEqual([waits(channel), taken.got.length], [1, length]);
  taken.channel!.acknowledge(2);
  p.pass(1);
  t.is(waits(channel), 0);
  // then there is nothing to be sent
  p.a.endpoint.drain(p.now, {
    write: () => {
      frames++;
    },
  });
  p.pass(30);
  t.is(frames, 0);
});

test("acknowledge is sent at once, and takes no more than what was delivered", (t) => {
  const p = pair();
  const taken = taking(p, (_seq, channel) => {
    channel.acknowledge(1000);
  });
  const channel = p.ab.channel({ type: "log", seq: 1 });
  p.until(() => waits(channel) === 0, 1);
  for (let i = 0; i < 5; i++) channel.send({}, new Uint8Array(5));
  p.until(() => waits(channel) === 0, 3);
  t.deepEqual(taken.got, [1, 2, 3, 4, 5, 6]);
  for (const bad of [0, -5, NaN, 3]) taken.channel!.acknowledge(bad);
  channel.send({});
  p.until(() => waits(channel) === 0, 3);
});

test("no more than a window is taken beyond what is acknowledged, whatever the sender does", (t) => {
  const p = pair({ window: 8 });
  const taken = taking(p);
  const channel = p.ab.channel({ type: "log", seq: 1 });
  let sent = 1;
  const fill = (): void => {
    try {
      for (; ; sent++) channel.send({}, new Uint8Array(3));
    } catch {
      // BUSY
    }
  };
  for (let i = 0; i < 20; i++) {
    fill();
    p.pass(2);
  }
  t.deepEqual(taken.got, [1, 2, 3, 4, 5, 6, 7, 8]);
  // one that sends more than it may
  const link = p.ab.channels;
  for (let seq = 9; seq < 60; seq++) link.put(p.a.pipe, channel, { seq });
  p.pass(1);
  t.deepEqual(taken.got.length, 8);
  taken.channel!.acknowledge(4);
  p.until(() => {
    fill();
    return taken.got.length > 8;
  }, 10);
  t.true(taken.got.length <= 12, `${taken.got.length}`);
});

test("all arrive once and in order over any radio, acknowledged late and in any portions", (t) => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.constantFrom(0, 0.05, 0.15),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 12 }),
      (seed, loss, count, portion) => {
        const p = pair({ window: 8 }, lossy(seed, loss, 0.05));
        const taken = taking(p, (seq, channel) => {
          if (seq % portion === 0) channel.acknowledge(seq - (seed % portion));
        });
        const channel = p.ab.channel({ type: "log", seq: 1 });
        let sent = 1;
        p.until(() => {
          // a commit each few seconds takes what is left over
          if (p.now % 3 === 0) taken.channel?.acknowledge();
          while (sent < count) {
            try {
              channel.send({}, new Uint8Array(7));
            } catch {
              break;
            }
            sent++;
          }
          return sent === count && waits(channel) === 0;
        }, 900);
        t.deepEqual(
          taken.got,
          Array.from({ length: count }, (_, i) => i + 1),
        );
      },
    ),
    { seed: 4, numRuns: 25 },
  );
});

test("a channel of one packet, acknowledged after the commit and ended then, is over on both sides", (t) => {
  const p = pair();
  const taken = taking(p);
  const closed: unknown[] = [];
  const channel = p.ab.channel({ type: "log", seq: 1, end: true }, new Uint8Array(16), (event, reason) => {
    if (event === "close") closed.push(reason);
  });
  p.pass(3);
  t.deepEqual([taken.got, closed, waits(channel)], [[1], [], 1]);
  taken.channel!.send({ end: true });
  p.pass(3);
  t.deepEqual([closed, waits(channel)], [[], 1], "an end is no acknowledgement");
  taken.channel!.acknowledge();
  p.until(() => closed.length > 0, 3);
  t.deepEqual(closed, [undefined]);
  t.notThrows(() => {
    taken.channel!.acknowledge(5);
  });
});

test("nothing that is acknowledged is known of what came after the last commit: a crash loses none of it", (t) => {
  const p = pair();
  const stored: number[] = [];
  let got: number[] = [];
  stream.streams(p.b.endpoint, (one) => {
    one.channel.manualAck = true;
    one.on = (event, data) => {
      if (event === "data") got.push(...(data as Uint8Array));
    };
    commit = () => {
      stored.push(...got);
      got = [];
      one.channel.acknowledge();
    };
  });
  let commit = (): void => undefined;
  const out = stream.stream(p.ab);
  out.write(Uint8Array.of(1, 2, 3));
  p.pass(2);
  commit();
  p.pass(2);
  out.write(Uint8Array.of(4, 5, 6));
  p.pass(2);
  t.deepEqual(
    [stored, got],
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  );
  // the power cut here: the sender still has what was not stored
  t.is(waits(out.channel), 1);
});

test("without manualAck all is as ever: acknowledged when it is delivered, and acknowledge does nothing", (t) => {
  const p = pair();
  let channel: Channel | undefined;
  p.b.endpoint.handle("log", (one) => {
    channel = one;
    one.on = () => undefined;
  });
  const own = p.ab.channel({ type: "log", seq: 1 });
  p.until(() => waits(own) === 0, 3);
  channel!.acknowledge(7);
  own.send({});
  p.until(() => waits(own) === 0, 3);
  t.pass();
});

test("what it says is from what is acknowledged on: missing packets, and where the window ends; and nothing where there is no news", (t) => {
  const keeper = {
    capacity: 8,
    once: () => undefined,
    wake: () => undefined,
    quota: () => 100,
    learn: () => undefined,
    probe: () => undefined,
  };
  const channel = new HostChannel(keeper, 2, "log", true, true);
  channel.manualAck = true;
  channel.on = () => undefined;
  const come = (seq: number, now: number): void => {
    channel.receive({ head: new Uint8Array(0), json: { seq }, body: new Uint8Array(1) }, now);
  };
  const said = (now: number): unknown => channel.next(now)?.[0];
  come(1, 1);
  come(2, 1);
  t.is(said(10), undefined, "nothing is acknowledged yet");
  // 3 and 5 are missing
  come(4, 11);
  come(6, 11);
  t.deepEqual(said(12), { ack: 0, miss: [3, 2, 3] });
  channel.acknowledge(1);
  t.deepEqual(said(13), { ack: 1, miss: [2, 2, 4] });
  come(3, 14);
  come(5, 14);
  channel.acknowledge();
  t.deepEqual(said(15), { ack: 6, miss: [8] });
  come(7, 16);
  t.is(said(20), undefined);
  // one that comes again is answered, with what is acknowledged
  come(7, 21);
  t.deepEqual(said(22), { ack: 6, miss: [8] });
});
