import test from "ava";
import fc from "fast-check";
import { Joiner, split } from "../../src/index.ts";
import { codeOf, hex } from "../helpers/core.ts";

const packet = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
const joinedOf = (pieces: Iterable<Uint8Array>, limit = 65536): { packets: string[]; drops: number } => {
  const joiner = new Joiner(limit);
  const packets: string[] = [];
  let drops = 0;
  for (const piece of pieces) drops += joiner.add(piece, (one) => packets.push(hex(one)));
  return { packets, drops };
};
const streamOf = (packets: Uint8Array[], size: number): Uint8Array =>
  Uint8Array.from(packets.flatMap((one) => split(one, size).flatMap((frame) => [...frame])));

/** Chunks by the text of chunking.md: every fragment behind its length, then a zero. */
function reference(data: Uint8Array, size: number): string {
  let stream = "";
  for (let at = 0; at < data.length; at += size - 1) {
    const part = data.subarray(at, at + size - 1);
    stream += hex(Uint8Array.of(part.length)) + hex(part);
  }
  return `${stream}00`;
}

test("every size: frames are as chunking.md has them and none is too long", (t) => {
  for (let size = 2; size <= 256; size++) {
    for (const length of new Set([1, 2, size - 2, size - 1, size, 2 * size - 3, 2 * size - 2, 2 * size - 1, 300])) {
      if (length < 1) continue;
      const data = packet(length);
      const frames = split(data, size);
      t.is(frames.map(hex).join(""), reference(data, size));
      t.true(frames.every((frame) => frame.length <= size));
      // the zero rides in the last frame where there is room
      t.is(frames.length, Math.ceil(length / (size - 1)) + (length % (size - 1) ? 0 : 1));
      t.deepEqual(joinedOf(frames).packets, [hex(data)]);
    }
  }
});

test("size 0 is 256, and what is no size is refused", (t) => {
  t.deepEqual(split(packet(600), 0), split(packet(600), 256));
  for (const size of [1, 257, 1000, -1, NaN])
    if (size === size)
      t.is(
        codeOf(() => split(packet(9), size)),
        "CHUNK_SIZE",
        String(size),
      );
  t.is(
    codeOf(() => split(new Uint8Array(0), 20)),
    "PACKET_TOO_SHORT",
  );
});

test("every cut of a stream gives the same packets", (t) => {
  const packets = [packet(40), packet(1), packet(19), packet(38)];
  const stream = streamOf(packets, 20);
  const wanted = packets.map(hex);
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second += 7) {
      t.deepEqual(
        joinedOf([stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]).packets,
        wanted,
      );
    }
  }
  t.deepEqual(joinedOf([...stream].map((byte) => Uint8Array.of(byte))).packets, wanted);
});

test("a stream that ends anywhere gives what was complete, and no more", (t) => {
  const packets = [packet(25), packet(25), packet(25)];
  const stream = streamOf(packets, 20);
  for (let end = 0; end < stream.length; end++) {
    const complete = Math.floor(end / (stream.length / 3));
    t.deepEqual(joinedOf([stream.subarray(0, end)]), { packets: packets.slice(0, complete).map(hex), drops: 0 });
  }
});

test("packets, sizes and cuts as they come", (t) => {
  const packets = fc.array(fc.uint8Array({ minLength: 1, maxLength: 700, size: "max" }), {
    minLength: 1,
    maxLength: 5,
  });
  const sizes = fc.integer({ min: 2, max: 256 });
  fc.assert(
    fc.property(packets, sizes, fc.array(fc.nat(4000), { maxLength: 10 }), fc.nat(3), (list, size, at, acks) => {
      const zeros = new Uint8Array(acks);
      const parts = list.flatMap((one) => [zeros, streamOf([one], size)]);
      const stream = Uint8Array.from(parts.flatMap((part) => [...part]));
      const cuts = [0, ...at.map((one) => one % (stream.length + 1)).sort((one, other) => one - other), stream.length];
      const pieces = cuts.slice(1).map((end, i) => stream.subarray(cuts[i]!, end));
      t.deepEqual(joinedOf(pieces), { packets: list.map(hex), drops: 0 });
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("a packet up to the limit is put together, a longer one is dropped and what follows is not", (t) => {
  for (const limit of [1, 2, 31, 32, 33, 64, 100, 1500]) {
    const stream = streamOf([packet(limit), packet(limit + 1), packet(limit), packet(limit * 3 + 300), packet(1)], 20);
    const wanted = { packets: [hex(packet(limit)), hex(packet(limit)), hex(packet(1))], drops: 2 };
    t.deepEqual(joinedOf([stream], limit), wanted);
    t.deepEqual(
      joinedOf(
        [...stream].map((byte) => Uint8Array.of(byte)),
        limit,
      ),
      wanted,
    );
  }
});

test("any bytes are taken, and the joiner is as new after reset", (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300, size: "max" }), { maxLength: 10 }), (pieces) => {
      const joiner = new Joiner(500);
      for (const piece of pieces) joiner.add(piece, (one) => t.true(one.length > 0 && one.length <= 500));
      joiner.reset();
      t.is(joiner.size + joiner.left, 0);
      const packets: string[] = [];
      for (const frame of split(packet(100), 20)) joiner.add(frame, (one) => packets.push(hex(one)));
      t.deepEqual(packets, [hex(packet(100))]);
    }),
    { seed: 4, numRuns: 300 },
  );
});

test("a packet that was given is not changed by what comes after it", (t) => {
  const joiner = new Joiner(100);
  const given: Uint8Array[] = [];
  for (const one of [packet(40), packet(60)])
    for (const frame of split(one, 20)) joiner.add(frame, (data) => given.push(data));
  t.deepEqual(given.map(hex), [hex(packet(40)), hex(packet(60))]);
});
