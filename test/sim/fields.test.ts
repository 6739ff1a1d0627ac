import test from "ava";
import { split } from "../../src/index.ts";
import { fieldOf } from "../../sim/fields.ts";

const bytes = (length: number, from: number): number[] => Array.from({ length }, (_, i) => (from + i) % 256);
/** A message with 30 bytes of ciphertext: 62 bytes; a channel packet with 10: 36. */
const message = Uint8Array.from([0, 1, 0x1a, ...bytes(21, 10), ...bytes(4, 40), ...bytes(30, 50), ...bytes(4, 90)]);
const channel = Uint8Array.from([0, 0, ...bytes(16, 10), ...bytes(4, 40), ...bytes(10, 50), ...bytes(4, 90)]);
const open = Uint8Array.from([0, 9, ...Buffer.from('{"at":12}'), 1, 2, 3]);

/** The field that is named where a byte of a packet is another, behind another packet, in frames of 20. */
function changed(packet: Uint8Array, at: number): string | undefined {
  const frames = split(packet, 20);
  const other = packet.slice();
  other[at]! ^= 0xff;
  const others = split(other, 20);
  const i = frames.findIndex((frame, n) => Buffer.compare(frame, others[n]!) !== 0);
  return fieldOf([...split(channel, 20), ...frames.slice(0, i)], frames[i]!, others[i]!, frames.slice(i + 1), false);
}

test("every byte of a packet has its field", (t) => {
  const cases: [Uint8Array, number, string][] = [
    [message, 0, "head length, byte 1 of 2"],
    [message, 2, "CSID"],
    [message, 3, "KEY of a message, byte 1 of 21"],
    [message, 23, "KEY of a message, byte 21 of 21"],
    [message, 24, "IV of a message, byte 1 of 4"],
    [message, 28, "ciphertext of a message, byte 1 of 30"],
    [message, 57, "ciphertext of a message, byte 30 of 30"],
    [message, 58, "MAC of a message, byte 1 of 4"],
    [message, 61, "MAC of a message, byte 4 of 4"],
    [channel, 2, "TOKEN of a channel packet, byte 1 of 16"],
    [channel, 18, "IV of a channel packet, byte 1 of 4"],
    [channel, 22, "ciphertext of a channel packet, byte 1 of 10"],
    [channel, 35, "MAC of a channel packet, byte 4 of 4"],
    [open, 2, "head, byte 1 of 9"],
    [open, 12, "body, byte 2"],
  ];
  for (const [packet, at, field] of cases) t.is(changed(packet, at), field, `${at}`);
});

test("chunks, ends, lengths, and a packet that was begun anew", (t) => {
  const [first, second] = split(message, 20) as [Uint8Array, Uint8Array];
  const all = split(message, 20);
  const edited = (frame: Uint8Array, at: number, value: number): Uint8Array =>
    Object.assign(frame.slice(), { [at]: value });
  t.is(fieldOf([], first, edited(first, 0, 18), all.slice(1), false), "chunk length");
  t.is(fieldOf([], first, first.slice(0, 12), all.slice(1), false), "length: 20 and 12 bytes");
  t.is(fieldOf([], first, first, [], false), undefined);
  const last = all.at(-1)!;
  t.is(fieldOf(all.slice(0, -1), last, edited(last, last.length - 1, 1), [], false), "end of the packet");
  t.is(fieldOf([], Uint8Array.of(0), Uint8Array.of(1), [], false), "acknowledgement");
  // what comes after it is not known: then there is no MAC
  t.is(fieldOf([first], second, edited(second, 5, 0), [], false), "KEY of a message, byte 21 of 21");
  t.is(
    fieldOf([first, second, first], second, edited(second, 5, 0), all.slice(2), false),
    "KEY of a message, byte 21 of 21",
  );
});

test("fragments of advertisements", (t) => {
  const fragment = (index: number): Uint8Array =>
    Uint8Array.from([30, 0xff, 0x90, 5, 0xe3, 7, index, 2, ...message.slice(index * 23, index * 23 + 23)]);
  const edited = (at: number): string | undefined =>
    fieldOf([fragment(0)], fragment(1), Object.assign(fragment(1), { [at]: 0x77 }), [], true);
  t.is(edited(5), "id of the packet");
  t.is(edited(6), "index of the fragment");
  t.is(fieldOf([], fragment(0), Object.assign(fragment(0), { 10: 0x77 }), [], true), "CSID");
  t.is(edited(8), "KEY of a message, byte 21 of 21");
  t.is(edited(9), "IV of a message, byte 1 of 4");
  t.is(
    fieldOf([], fragment(1), Object.assign(fragment(1), { 9: 0x77 }), [fragment(2), fragment(0)], true),
    "IV of a message, byte 1 of 4",
  );
  t.is(fieldOf([], fragment(1), Object.assign(fragment(1), { 9: 0x77 }), [], true), undefined);
  t.is(
    fieldOf([fragment(0), fragment(1)], fragment(2), Object.assign(fragment(2), { 20: 0x77 }), [], true),
    "MAC of a message, byte 1 of 4",
  );
});
