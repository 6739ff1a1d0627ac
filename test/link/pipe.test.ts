import test from "ava";
import fc from "fast-check";
import { Pipe } from "../../src/index.ts";
import { Pipe as Framing } from "../../src/link/pipe.ts";
import { codeOf, hex, seeded } from "../helpers/core.ts";

const packet = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 11 + seed * 31) & 255);

interface End {
  pipe: Pipe;
  got: string[];
  drops: number;
  /** All that it wrote. */
  written: number[];
}

const end = (mtu: number, options: { blocking?: boolean; stream?: boolean; limit?: number } = {}): End => ({
  pipe: new Pipe({ mtu, limit: 2000, ...options }),
  got: [],
  drops: 0,
  written: [],
});
const take = (to: End, data: Uint8Array, now = 0): void => {
  to.drops += to.pipe.receive(data, now, (one) => to.got.push(hex(one)));
};

/** The chunks in a stream of bytes: lengths, zeros are acks or ends. */
function chunksOf(written: number[]): number[] {
  const lengths: number[] = [];
  for (let at = 0; at < written.length; at += 1 + written[at]!) lengths.push(written[at]!);
  return lengths;
}

/** Packets that a reader by chunking.md sees, zeros where nothing has begun aside. */
function packetsIn(written: number[]): string[] {
  const packets: string[] = [];
  let buffer: number[] = [];
  for (let at = 0; at < written.length; at += 1 + written[at]!) {
    if (written[at]) buffer.push(...written.slice(at + 1, at + 1 + written[at]!));
    else if (buffer.length) {
      packets.push(hex(Uint8Array.from(buffer)));
      buffer = [];
    }
  }
  if (buffer.length) packets.push(`unended ${hex(Uint8Array.from(buffer))}`);
  return packets;
}

/** Runs both ends until nothing is written; the line cuts bytes where `cut` says. Returns false where it does not end. */
function run(a: End, b: End, cut: (length: number) => number[], inspect: () => void = () => {}): boolean {
  for (let round = 0; round < 20000; round++) {
    let idle = true;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const frame = from.pipe.frame();
      if (!frame) continue;
      idle = false;
      from.written.push(...frame);
      let at = 0;
      for (const length of [...cut(frame.length), frame.length]) {
        const stop = Math.min(frame.length, at + length);
        if (stop > at) take(to, frame.subarray(at, stop));
        at = stop;
      }
      inspect();
    }
    if (idle) return true;
  }
  return false;
}

test("blocking: all packets both ways arrive, and no ack stands inside a packet", (t) => {
  const lists = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 });
  fc.assert(
    fc.property(lists, lists, fc.constantFrom(2, 5, 20, 64, 256), (left, right, mtu) => {
      const a = end(mtu, { blocking: true, stream: true });
      const b = end(mtu, { blocking: true, stream: true });
      const forth = left.map((length, i) => packet(length, i));
      const back = right.map((length, i) => packet(length, i + 100));
      for (const one of forth) a.pipe.send(one);
      for (const one of back) b.pipe.send(one);
      t.true(
        run(a, b, () => []),
        "neither ends nor waits for ever",
      );
      t.deepEqual(b.got, forth.map(hex));
      t.deepEqual(a.got, back.map(hex));
      t.deepEqual(packetsIn(a.written), forth.map(hex));
      t.deepEqual(packetsIn(b.written), back.map(hex));
      t.deepEqual([a.drops, b.drops], [0, 0]);
    }),
    { seed: 10, numRuns: 150 },
  );
});

test("blocking: one chunk is written, and nothing more before an answer", (t) => {
  const a = end(20, { blocking: true, stream: true });
  a.pipe.send(packet(60));
  t.is(hex(a.pipe.frame()!.subarray(0, 1)), "13");
  t.is(a.pipe.frame(), undefined);
  t.is(a.pipe.frame(), undefined);
  // an ack
  take(a, new Uint8Array(1));
  t.is(a.pipe.frame()!.length, 20);
  t.is(a.pipe.frame(), undefined);
  // a chunk says the same, and is answered by the next chunk and not by an ack besides
  take(a, Uint8Array.of(3, 1, 2, 3));
  t.is(a.pipe.frame()!.length, 20);
  t.is(a.pipe.frame(), undefined);
});

test("blocking: every chunk is answered, an ack is not", (t) => {
  const b = end(20, { blocking: true, stream: true });
  take(b, new Uint8Array(1));
  t.is(b.pipe.frame(), undefined);
  take(b, Uint8Array.of(2, 0, 0));
  t.deepEqual(b.pipe.frame(), new Uint8Array(1));
  t.is(b.pipe.frame(), undefined);
  // the zero that ends a packet is a chunk of its own here
  take(b, new Uint8Array(1));
  t.deepEqual(b.got, ["0000"]);
  t.deepEqual(b.pipe.frame(), new Uint8Array(1));
  t.is(b.pipe.frame(), undefined);
});

test("blocking: bytes cut anywhere arrive, acks stay outside of packets", (t) => {
  const lists = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      lists,
      lists,
      fc.constantFrom(3, 20, 64),
      fc.array(fc.nat(8), { minLength: 20, maxLength: 20 }),
      (left, right, mtu, cuts) => {
        const a = end(mtu, { blocking: true, stream: true });
        const b = end(mtu, { blocking: true, stream: true });
        const forth = left.map((length, i) => packet(length, i));
        const back = right.map((length, i) => packet(length, i + 50));
        for (const one of forth) a.pipe.send(one);
        for (const one of back) b.pipe.send(one);
        let next = 0;
        t.true(run(a, b, () => [cuts[next++ % 20]!, cuts[next++ % 20]!]));
        t.deepEqual([b.got, a.got], [forth.map(hex), back.map(hex)]);
        t.deepEqual([packetsIn(a.written), packetsIn(b.written)], [forth.map(hex), back.map(hex)]);
      },
    ),
    { seed: 11, numRuns: 150 },
  );
});

test("blocking: a line that hands over bytes whenever it likes delivers all, and never holds more than two chunks", (t) => {
  const lists = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 });
  const moves = fc.array(fc.nat(15), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(lists, lists, fc.constantFrom(3, 20, 64), moves, (left, right, mtu, order) => {
      const ends = [end(mtu, { blocking: true, stream: true }), end(mtu, { blocking: true, stream: true })] as const;
      const wanted = [left, right].map((list, i) => list.map((length, n) => packet(length, i * 50 + n)));
      wanted.forEach((list, i) => list.forEach((one) => ends[i]!.pipe.send(one)));
      // bytes on their way from each end
      const lines: number[][] = [[], []];
      for (let round = 0, idle = 0; idle < 60; round++) {
        const move = order[round % order.length]!;
        const i = (move & 1) as 0 | 1;
        const from = ends[i];
        const line = lines[i]!;
        idle++;
        if (round > 20000) return t.fail("does not end");
        if (move & 2) {
          const frame = from.pipe.frame();
          if (!frame) continue;
          idle = 0;
          from.written.push(...frame);
          line.push(...frame);
          // chunks that cross on the line count as answers: two and acks, but not a packet
          t.true(line.length <= 2 * mtu + 4, `${mtu}: ${line.length}`);
        } else if (line.length) {
          idle = 0;
          take(ends[1 - i]!, Uint8Array.from(line.splice(0, move & 8 ? line.length : 1 + (move & 4))));
        }
      }
      t.deepEqual(
        [ends[1].got, ends[0].got],
        wanted.map((list) => list.map(hex)),
      );
      t.deepEqual(
        ends.map((one) => packetsIn(one.written)),
        wanted.map((list) => list.map(hex)),
      );
    }),
    { seed: 13, numRuns: 300 },
  );
});

/**
 * Two ends over a line that takes `late` ms, for some seconds: packets are begun at any time, each end takes what has come
 * whole or in pieces, and is busy now and then. Returns the most bytes that were under way to an end, and what arrived.
 */
function talk(seed: number, mtu: number, late: number): { most: number; sent: number; got: number; packets: boolean } {
  const random = seeded(`talk ${seed}`);
  const share = (): number => new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
  const sides = ["device", "gateway"].map((name) => ({
    ...end(mtu, { blocking: true, stream: true }),
    name,
    line: [] as { byte: number; at: number }[],
    free: 0,
  }));
  let most = 0;
  let sent = 0;
  for (let time = 0; time < 30_000; time++) {
    for (const [i, me] of sides.entries()) {
      const other = sides[1 - i]!;
      // the last ten seconds are for what waits
      if (time < 20_000 && share() < 0.01) {
        me.pipe.send(packet(1 + Math.floor(share() * 14)));
        sent++;
      }
      if (time < me.free) continue;
      if (share() < 0.02) me.free = time + Math.floor(share() * 50);
      const come = me.line.filter(({ at }) => at <= time).length;
      if (come)
        take(
          me,
          Uint8Array.from(me.line.splice(0, share() < 0.5 ? come : 1 + Math.floor(share() * come)), ({ byte }) => byte),
          time / 1000,
        );
      for (let frame = me.pipe.frame(time / 1000); frame; frame = me.pipe.frame(time / 1000)) {
        me.written.push(...frame);
        other.line.push(...Array.from(frame, (byte) => ({ byte, at: time + late })));
      }
      most = Math.max(most, other.line.length);
    }
  }
  return {
    most,
    sent,
    got: sides[0]!.got.length + sides[1]!.got.length,
    packets: sides.every((me) => !packetsIn(me.written).at(-1)?.startsWith("unended")),
  };
}

test("blocking: no more than two chunks are ever under way, whenever packets begin and however their bytes come", (t) => {
  for (const [seed, late] of [
    [1, 0],
    [2, 5],
    [3, 20],
    [4, 20],
    [5, 30],
  ] as const) {
    const { most, sent, got, packets } = talk(seed, 16, late);
    t.true(most <= 32, `${most} bytes, line ${late} ms late`);
    t.is(got, sent);
    t.true(packets);
  }
});

test("blocking: after an answer a packet waits for what is said to it, 0.1 s at most", (t) => {
  const a = end(20, { blocking: true, stream: true });
  take(a, Uint8Array.of(2, 1, 1), 5);
  t.deepEqual(a.pipe.frame(5), new Uint8Array(1));
  a.pipe.send(packet(5));
  t.is(a.pipe.frame(5.05), undefined);
  t.is(a.pipe.until, 5.1);
  // the next chunk is answered by the packet
  take(a, Uint8Array.of(2, 1, 1), 5.06);
  t.is(a.pipe.frame(5.06)?.length, 6);
  t.is(a.pipe.until, undefined);
  const b = end(20, { blocking: true, stream: true });
  take(b, Uint8Array.of(2, 1, 1), 5);
  b.pipe.frame(5);
  b.pipe.send(packet(5));
  t.is(b.pipe.frame(5.1)?.length, 6);
});

test("blocking: an ack and a chunk that come together are answered once", (t) => {
  const b = end(20, { blocking: true, stream: true });
  take(b, Uint8Array.of(0, 2, 0, 0, 0));
  t.deepEqual(b.got, ["0000"]);
  t.deepEqual(b.pipe.frame(), new Uint8Array(1));
  t.is(b.pipe.frame(), undefined);
});

test("blocking: a chunk that comes in parts is answered once, and lets one chunk be written", (t) => {
  const a = end(20, { blocking: true, stream: true });
  a.pipe.send(packet(100));
  const frame = (): number | undefined => a.pipe.frame()?.length;
  t.is(frame(), 20);
  const answers: (number | undefined)[] = [];
  // the other's chunk of five bytes, byte for byte
  for (const byte of [5, 1, 2, 3, 4, 5]) {
    take(a, Uint8Array.of(byte));
    answers.push(frame());
  }
  t.is(answers.filter((one) => one === 20).length, 1, JSON.stringify(answers));
});

test("frames without blocking need no answer, and none is given", (t) => {
  const a = end(20);
  const b = end(20);
  a.pipe.send(packet(100));
  t.true(run(a, b, () => []));
  t.deepEqual(b.got, [hex(packet(100))]);
  t.deepEqual(b.written, []);
  t.deepEqual(chunksOf(a.written), [19, 19, 19, 19, 19, 5, 0]);
});

test("bytes on air of a message with an INNER of 16 bytes: 48, and one for each chunk", (t) => {
  for (const mtu of [20, 64, 120, 256]) {
    const a = end(mtu);
    a.pipe.send(packet(48));
    const frames: Uint8Array[] = [];
    for (let frame = a.pipe.frame(); frame; frame = a.pipe.frame()) frames.push(frame);
    const chunks = Math.ceil(48 / (mtu - 1));
    // and the zero that ends it, in the last frame
    t.is(frames.length, chunks);
    t.is(
      frames.reduce((sum, frame) => sum + frame.length, 0),
      48 + chunks + 1,
    );
    t.true(frames.every((frame) => frame.length <= mtu));
  }
});

test("a frame that is cut off is given up at once, and the next packet comes whole", (t) => {
  const b = end(20);
  take(b, Uint8Array.of(9, 1, 2, 3));
  t.is(b.drops, 1);
  take(b, Uint8Array.of(2, 0, 0, 0));
  t.deepEqual(b.got, ["0000"]);
});

test("a packet that has begun is given up after 10 s, not before", (t) => {
  for (const [now, got] of [
    [10, [`${"13".repeat(0)}${hex(packet(19))}0000`]],
    [10.001, ["0000"]],
  ] as const) {
    const b = end(20);
    take(b, Uint8Array.of(19, ...packet(19)), 0);
    take(b, Uint8Array.of(2, 0, 0, 0), now);
    t.deepEqual(b.got, [...got]);
    t.is(b.drops, now > 10 ? 1 : 0);
  }
});

test("a packet beyond the limit is counted, and what follows is delivered", (t) => {
  const b = end(20, { limit: 100 });
  const a = end(20);
  for (const length of [100, 101, 5000, 3]) a.pipe.send(packet(length));
  t.true(run(a, b, () => []));
  t.deepEqual(b.got, [hex(packet(100)), hex(packet(3))]);
  t.is(b.drops, 2);
});

test("no bytes do harm", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 30 }),
      fc.boolean(),
      fc.boolean(),
      (frames, blocking, stream) => {
        const b = end(20, { blocking, stream, limit: 300 });
        frames.forEach((frame, i) => {
          take(b, frame, i);
          for (let n = 0; b.pipe.frame(); n++) t.true(n < 2);
        });
        take(b, Uint8Array.of(0), 1000);
        take(b, Uint8Array.of(2, 7, 7, 0), 2000);
        t.is(b.got.at(-1), "0707");
      },
    ),
    { seed: 12, numRuns: 300 },
  );
});

test("a packet that can not be cut is refused", (t) => {
  // of a device, whose radio the build chooses; a host refuses such a size at once (test/gateway/transports.test.ts)
  const pipe = new Framing({ mtu: 1, limit: 2000 });
  pipe.send(packet(3));
  t.is(
    codeOf(() => pipe.frame()),
    "CHUNK_SIZE",
  );
  t.is(
    codeOf(() => end(20).pipe.send(new Uint8Array(0))),
    "PACKET_TOO_SHORT",
  );
});
