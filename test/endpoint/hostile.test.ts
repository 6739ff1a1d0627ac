import test from "ava";
import fc from "fast-check";
import { Pipe, lob, split, stamp } from "../../src/index.ts";
import { bytes, hex, seeded } from "../helpers/core.ts";
import { carry, frames, linked, packetsOf, side, tick } from "./sides.ts";
import type { Side, SideOptions } from "./sides.ts";

const data = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 17 + length) & 255);
const total = (of: Side): number => Object.values(of.endpoint.drops).reduce((sum, count) => sum + count, 0);

/** All of a side that hostile input must not change. */
const stateOf = (of: Side): string =>
  JSON.stringify([
    of.saved,
    of.endpoint.links.map((link) => [
      link.state,
      link.up,
      link.exchange.in,
      link.exchange.out,
      link.exchange.remote && hex(link.exchange.remote),
      link.exchange.stage(),
    ]),
  ]);

/** A side, its peer, packets and frames that are right for it, and a check that it is still as it was. */
function target(options: SideOptions = {}) {
  const { a, b, ab } = linked({}, options);
  ab.send(data(30));
  const seen = packetsOf(frames(a));
  for (const packet of seen) b.endpoint.packet(b.pipe, packet);
  ab.send(data(40));
  const waiting = packetsOf(frames(a));
  b.events.length = 0;
  const before = stateOf(b);
  return {
    a,
    b,
    ab,
    seen: seen[0]!,
    waiting: waiting[0]!,
    /** Nothing was delivered or changed, and what is right is still taken. */
    unharmed: (): string => {
      if (b.events.some((event) => !event.startsWith("drop ")))
        return `it had: ${b.events.find((event) => !event.startsWith("drop "))}`;
      if (stateOf(b) !== before) return `${stateOf(b)} was ${before}`;
      if (total(b) !== b.events.length) return "drops and events differ";
      b.pipe.receive(new Uint8Array(0), 1e9, () => {});
      b.endpoint.packet(b.pipe, waiting[0]!);
      return b.events.at(-1) === `message ${hex(data(40))}` ? "" : `then it had: ${b.events.at(-1)}`;
    },
  };
}

test("ten thousand random frames change nothing, throw nothing, and are counted", (t) => {
  for (const accept of [undefined, () => true]) {
    for (const stream of [false, true]) {
      const { b, unharmed } = target({ ...(accept && { accept }), pipe: { stream, limit: 300 } });
      const random = seeded(`frames ${stream} ${!!accept}`);
      for (let i = 0; i < 2500; i++) {
        const [length, kind] = random(2) as unknown as [number, number];
        const frame = random((length % 20) + 1);
        // half of them end where a chunk ends, so that packets come about
        if (kind & 1) frame[0] = Math.max(0, frame.length - 1 - (kind & 2) / 2);
        if (kind & 2) frame[frame.length - 1] = 0;
        t.notThrows(() => b.endpoint.receive(b.pipe, frame, i / 100));
      }
      t.true(total(b) > (stream ? 20 : 500), `${total(b)}`);
      t.is(unharmed(), "");
    }
  }
});

test("random packets with the form of a message", (t) => {
  for (const accept of [undefined, () => true]) {
    const { b, unharmed } = target(accept && { accept });
    const random = seeded("packets");
    for (let i = 0; i < 300; i++) {
      const packet = Uint8Array.of(0, 1, 0x1a, 2 + (i & 1), ...random(28 + (i % 60)));
      b.endpoint.packet(b.pipe, packet);
    }
    t.is(unharmed(), "");
    // off the curve, or not from who it says: with accept either is looked at
    t.true(
      accept ? (b.endpoint.drops.KEY_OFF_CURVE ?? 0) > 50 : b.endpoint.drops.UNKNOWN_SENDER === 300,
      JSON.stringify(b.endpoint.drops),
    );
  }
});

test("every bit of a message flipped", (t) => {
  for (const accept of [undefined, () => true]) {
    const { b, waiting, unharmed } = target(accept && { accept });
    for (let bit = 0; bit < waiting.length * 8; bit++) {
      const flipped = new Uint8Array(waiting);
      flipped[bit >> 3]! ^= 128 >> (bit & 7);
      b.endpoint.packet(b.pipe, flipped);
      t.is(b.events.length, bit + 1, `bit ${bit}`);
    }
    t.is(unharmed(), "");
  }
});

test("a message cut anywhere, or with more behind it", (t) => {
  const { b, waiting, unharmed } = target();
  for (let length = 0; length < waiting.length; length++) b.endpoint.packet(b.pipe, waiting.subarray(0, length));
  for (const more of [1, 2, 100, 70000]) b.endpoint.packet(b.pipe, Uint8Array.of(...waiting, ...new Uint8Array(more)));
  const { MAC, UNKNOWN_SENDER, PACKET_TOO_SHORT, PACKET_LENGTH } = b.endpoint.drops;
  t.is(PACKET_LENGTH, 1);
  t.is(PACKET_TOO_SHORT, 2 + 29);
  t.is((MAC ?? 0) + (UNKNOWN_SENDER ?? 0), waiting.length - 32 + 4);
  t.is(unharmed(), "");
});

test("packets that are none are counted by what is wrong with them", (t) => {
  const { b, unharmed, seen } = target();
  const cases: [string, string][] = [
    ["", "PACKET_TOO_SHORT"],
    ["00", "PACKET_TOO_SHORT"],
    ["0000", "PACKET_TOO_SHORT"],
    ["ffff00", "PACKET_TOO_SHORT"],
    ["00ff00", "PACKET_LENGTH"],
    ["00021a1a", "PACKET_HEAD"],
    ["00013a", "CSID"],
    ["00011b" + "00".repeat(40), "CSID"],
    ["00011a", "PACKET_TOO_SHORT"],
    ["00011a" + "02".repeat(28), "PACKET_TOO_SHORT"],
    ["00077b2261223a317d", "PACKET_HEAD"],
    ["0000" + "11".repeat(40), "TOKEN"],
    ["00011a" + "02".repeat(29), "UNKNOWN_SENDER"],
    [hex(seen), "STALE"],
  ];
  for (const [packet, code] of cases) {
    const before = { ...b.endpoint.drops } as Record<string, number>;
    b.endpoint.packet(b.pipe, bytes(packet));
    t.deepEqual(b.endpoint.drops, { ...before, [code]: (before[code] ?? 0) + 1 }, packet);
  }
  t.is(unharmed(), "");
});

test("a message in frames cut anywhere, with frames lost, doubled or mixed", (t) => {
  const { waiting } = target();
  const right = split(waiting, 20);
  for (const stream of [false, true]) {
    const plan = fc.array(fc.record({ frame: fc.nat(right.length - 1), from: fc.nat(20), length: fc.nat(20) }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(plan, (parts) => {
        const { b, unharmed } = target({ pipe: { stream } });
        let now = 2;
        for (const { frame, from, length } of parts)
          b.endpoint.receive(b.pipe, right[frame]!.subarray(from, from + length), (now += 0.01));
        // in some orders all of it may have come
        if (b.events.includes(`message ${hex(data(40))}`)) return;
        t.is(unharmed(), "");
      }),
      { seed: 14, numRuns: 60 },
    );
  }
});

test("a chunk stream that is cut is given up, and what comes 10 s later is taken", (t) => {
  for (const stream of [false, true]) {
    const { waiting } = target();
    const all = Uint8Array.from(split(waiting, 20).flatMap((frame) => [...frame]));
    for (let end = 0; end < all.length; end++) {
      const { a, b, ab } = target({ pipe: { stream } });
      b.endpoint.receive(b.pipe, all.subarray(0, end), 2);
      ab.send(data(12));
      for (const frame of frames(a)) b.endpoint.receive(b.pipe, frame, 13);
      t.is(b.events.at(-1), `message ${hex(data(12))}`, `${stream} ${end}`);
    }
  }
});

test("reassembly beyond the limit is counted and costs no more memory than the limit", (t) => {
  const { b, unharmed } = target({ pipe: { limit: 200 } });
  for (let i = 0; i < 2000; i++)
    b.endpoint.receive(b.pipe, Uint8Array.of(19, ...new Uint8Array(17).fill(7), 1 + (i >> 8), i & 255), 2);
  const buffers = Object.values((b.pipe as unknown as { _joiner: object })._joiner).filter((one) =>
    ArrayBuffer.isView(one),
  );
  t.true(buffers.length > 0 && buffers.every((one) => one.byteLength <= 256));
  b.endpoint.receive(b.pipe, Uint8Array.of(0), 2);
  t.deepEqual(b.endpoint.drops, { PACKET_TOO_LARGE: 1 });
  t.is(unharmed(), "");
});

test("INNER packets of the right sender that are none", (t) => {
  const { a, b, ab } = linked();
  const inners: [string, string][] = [
    ["", "PACKET_TOO_SHORT"],
    ["00", "PACKET_TOO_SHORT"],
    ["ffff", "PACKET_LENGTH"],
    ["0000", "STALE"],
    ["0007" + "7b".repeat(7), "STALE"],
    [hex(lob.encode({ type: "link" })), "AT"],
    [hex(lob.encode({ type: "link", at: -2 })), "AT"],
    [hex(lob.encode({ type: "link", at: 1e300 })), "AT"],
    [hex(lob.encode({ type: "link", at: "1" })), "AT"],
    [hex(lob.encode({ at: null })), "AT"],
    [hex(lob.encode({ type: ["link"], at: 3 })), ""],
  ];
  for (const [inner, code] of inners) {
    b.events.length = 0;
    ab.message(bytes(inner));
    const before = stateOf(b);
    carry(a, b, 1);
    if (!code) continue;
    t.deepEqual(b.events, [`drop ${code}`], inner);
    t.is(stateOf(b), before);
  }
  ab.send(data(5));
  carry(a, b, 2);
});

test("pieces that are none: nothing is left, nothing in them, more than were said, none to go with", (t) => {
  const { a, b, ab } = linked({}, { content: 1000 });
  const piece = (at: number, kind: number, text: string): void => ab.message(stamp(at, kind, bytes(text)));
  piece(1, 128, "07");
  piece(2, 130, "");
  piece(3, 1, "");
  piece(4, 129, "01");
  piece(5, 3, "ff");
  piece(6, 131, "02");
  piece(7, 2, "00");
  piece(8, 1, "03");
  piece(9, 1, "04");
  t.notThrows(() => carry(a, b, 1));
  t.deepEqual(
    b.events.filter((event) => event.startsWith("message")),
    ["message ", "message 01", "message 020003"],
  );
});

test("a stranger's or an unknown KEY's packet right after an exchange was renewed", (t) => {
  const { b, seen } = target();
  b.endpoint.links[0]!.renew();
  const stranger = side("stranger");
  const link = stranger.endpoint.link(b.key);
  link.connect(stranger.pipe);
  stranger.endpoint.poll(0);
  for (const packet of [...packetsOf(frames(stranger)), seen, Uint8Array.of(0, 1, 0x1a, 2, ...data(60))]) {
    t.notThrows(() => b.endpoint.packet(b.pipe, packet));
  }
});

test("a stranger's packet after the other did not answer", (t) => {
  const { a, b, ab } = linked();
  ab.connect(a.pipe);
  for (const now of [1, 2, 4, 8, 16, 31]) {
    a.endpoint.poll(now);
    frames(a);
  }
  t.deepEqual(a.events, ["down"]);
  t.notThrows(() => a.endpoint.packet(a.pipe, Uint8Array.of(0, 1, 0x1a, 2, ...data(60))));
  t.deepEqual(a.endpoint.drops, { UNKNOWN_SENDER: 1 });
  // who is known goes on
  ab.connect(a.pipe);
  tick(a, b, 33);
  t.true(ab.up);
});

test("the highest at that there is ends handshakes with a typed error, not messages", (t) => {
  const { a, b, ab } = linked();
  const odd = ab.exchange.order ? { from: ab, of: a, to: b } : { from: b.endpoint.links[0]!, of: b, to: a };
  odd.from.message(lob.encode({ type: "link", at: 9007199254740991 }, lob.encode({ "1a": true }, odd.of.key)));
  t.notThrows(() => carry(a, b, 1));
  const link = odd.to.endpoint.links[0]!;
  t.is(link.exchange.in, 9007199254740991);
  for (let now = 2; now < 40; now++) t.notThrows(() => tick(a, b, now));
  odd.to.events.length = 0;
  odd.from.send(data(6));
  t.notThrows(() => carry(a, b, 41));
  t.is(odd.to.events.at(-1), `message ${hex(data(6))}`);
  void odd.of;
});

test("a flood of strangers does not push known senders out", (t) => {
  const { a, b, ab } = linked({}, { accept: () => false, room: 4 });
  for (let i = 0; i < 30; i++) {
    const stranger = side(`stranger ${i}`);
    stranger.endpoint.link(b.key).connect(stranger.pipe);
    stranger.endpoint.poll(0);
    for (const packet of packetsOf(frames(stranger))) b.endpoint.packet(b.pipe, packet);
  }
  t.deepEqual(b.endpoint.drops, { UNKNOWN_SENDER: 30 });
  t.is(b.endpoint.links.length, 1);
  ab.send(data(5));
  carry(a, b, 2);
  t.is(b.events.at(-1), `message ${hex(data(5))}`);
  t.is(new Pipe({ mtu: 20, limit: 1 }).queue.length, 0);
});
