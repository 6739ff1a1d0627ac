import fc from "fast-check";
import test from "ava";
import { Advertisements } from "../../src/index.ts";

/** The advertisements of a packet as a board makes them: at most 23 bytes in each. */
const fragments = (packet: Uint8Array, id: number): Uint8Array[] => {
  const count = Math.ceil(packet.length / 23);
  return Array.from({ length: count }, (_, i) => {
    const data = packet.subarray(23 * i, 23 * (i + 1));
    return Uint8Array.from([data.length + 7, 0xff, 0x90, 0x05, 0xe3, id, i, count - 1, ...data]);
  });
};
const packet = (length: number, salt = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + salt) & 255);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const listener = (options?: ConstructorParameters<typeof Advertisements>[0]) => {
  const heard: string[] = [];
  const advertisements = new Advertisements(options);
  return {
    heard,
    hear: (payload: Uint8Array, now = 0, address = "a") =>
      advertisements.receive(address, payload, now, (one) => heard.push(hex(one))),
  };
};

test("any order, any number of times: each packet comes once, whole", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      (lengths, random) => {
        const { heard, hear } = listener();
        const packets = lengths.map((length, i) => packet(length, i));
        const air = packets.flatMap((one, i) => [...fragments(one, i), ...fragments(one, i), ...fragments(one, i)]);
        const shuffled = air.map((fragment) => [random.next().value, fragment] as const).sort((a, b) => a[0] - b[0]);
        for (const [, fragment] of shuffled) hear(fragment);
        t.deepEqual(heard.sort(), packets.map(hex).sort());
      },
    ),
    { numRuns: 50 },
  );
});

test("addresses are kept apart, and ids come again", (t) => {
  const { heard, hear } = listener();
  const one = fragments(packet(60, 1), 5);
  const two = fragments(packet(60, 2), 5);
  hear(one[0]!, 0, "a");
  hear(two[1]!, 0, "b");
  hear(one[1]!, 0, "a");
  hear(two[0]!, 0, "b");
  hear(two[2]!, 0, "b");
  hear(one[2]!, 0, "a");
  t.deepEqual(heard, [hex(packet(60, 2)), hex(packet(60, 1))]);
  // a board that started anew uses the id of a packet that came: of another length, and of the same
  for (const fragment of fragments(packet(30, 3), 5)) hear(fragment);
  for (const fragment of fragments(packet(30, 4), 5)) hear(fragment);
  t.deepEqual(heard.slice(2), [hex(packet(30, 3)), hex(packet(30, 4))]);
});

test("what is old, and what is too much, is forgotten", (t) => {
  const { heard, hear } = listener({ patience: 10, room: 3 });
  const one = fragments(packet(40), 1);
  hear(one[0]!, 0);
  hear(one[1]!, 10);
  t.deepEqual(heard, [], "its beginning was forgotten");
  hear(one[0]!, 19);
  t.is(heard.length, 1);
  hear(one[0]!, 20);
  hear(one[1]!, 28);
  t.is(heard.length, 1, "the carousel goes on");
  hear(one[0]!, 38);
  hear(one[1]!, 39);
  t.is(heard.length, 2, "it may come again later");
  hear(one[0]!, 100, "b");
  for (const address of ["c", "d", "e"]) hear(one[0]!, 100, address);
  hear(one[1]!, 100, "b");
  t.is(heard.length, 2, "three were heard since");
  hear(one[1]!, 100, "e");
  t.is(heard.length, 3);
});

test("other advertisements are left alone, and fragments are found among other structures", (t) => {
  const { heard, hear } = listener();
  const [whole] = fragments(packet(10), 9) as [Uint8Array];
  const others = [
    [],
    [0],
    [2, 1, 6],
    [2, 1],
    [31, 0xff, 0x90, 0x05, 0xe3],
    [5, 0xff, 0x90, 0x05, 0x7b, 0x7d],
    [8, 0xff, 0x90, 0x05, 0xe3, 1, 0, 0, 0].slice(0, 8),
    [7, 0xff, 0x90, 0x05, 0xe3, 1, 0, 0],
    [8, 0xff, 0x91, 0x05, 0xe3, 1, 0, 0, 1],
    [8, 0xff, 0x90, 0x05, 0xe3, 1, 2, 1, 1],
    [0, ...whole],
  ];
  for (const payload of others) hear(Uint8Array.from(payload));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 31 }), (payload) => hear(payload)));
  t.deepEqual(heard, []);
  hear(Uint8Array.from([2, 1, 6, ...whole]));
  t.deepEqual(heard, [hex(packet(10))]);
});
