// Which part of a packet it is in which two frames differ: chunks by telehash v3, chunking.md; packets by lob.md and
// e3x/cs/1a.md; fragments of advertisements as src/device/radios/advertising.ts has them.

import { KEY_LENGTH } from "../src/index.ts";
import { SEAL_LENGTH, TOKEN_LENGTH } from "../src/cipher/seal.ts";

// IV and MAC are as long
const IV_LENGTH = SEAL_LENGTH / 2;
const MAC_LENGTH = SEAL_LENGTH / 2;

/** Bytes in front of a fragment's data in an advertisement, and of data at most. */
const BEFORE = 8;
const DATA = 23;
const advertised = [
  "AD length",
  "AD type",
  "company",
  "company",
  "mark of a fragment",
  "id of the packet",
  "index of the fragment",
  "index of the last fragment",
];

const part = (name: string, at: number, length: number): string =>
  length > 1 ? `${name}, byte ${at + 1} of ${length}` : name;

/** The field at a place of a packet of which as much is known as `packet` has; `whole` where that is all of it. */
function ofPacket(packet: Uint8Array, at: number, whole: boolean): string {
  if (at < 2) return part("head length", at, 2);
  const head = packet[0]! * 256 + packet[1]!;
  if (head > 1) return at < 2 + head ? part("head", at - 2, head) : `body, byte ${at - 1 - head}`;
  if (head === 1 && at === 2) return "CSID";
  const form = head ? "message" : "channel packet";
  const [name, length] = head ? (["KEY", KEY_LENGTH] as const) : (["TOKEN", TOKEN_LENGTH] as const);
  let from = 2 + head;
  if (at < from + length) return part(`${name} of a ${form}`, at - from, length);
  from += length;
  if (at < from + IV_LENGTH) return part(`IV of a ${form}`, at - from, IV_LENGTH);
  from += IV_LENGTH;
  const end = packet.length - MAC_LENGTH;
  if (whole && at >= end) return part(`MAC of a ${form}`, at - end, MAC_LENGTH);
  return `ciphertext of a ${form}, byte ${at - from + 1}${whole ? ` of ${end - from}` : ""}`;
}

/** The field at a place of a fragment's data; the packet's other fragments are among what the sender said. */
function ofFragment(fragment: Uint8Array, said: readonly Uint8Array[], at: number): string | undefined {
  const [id, index, last] = fragment.subarray(5, BEFORE) as unknown as [number, number, number];
  const parts: (Uint8Array | undefined)[] = Array.from({ length: last + 1 });
  for (const frame of [...said, fragment]) {
    if (frame.length > BEFORE && frame[1] === 0xff && frame[5] === id && frame[7] === last && frame[6]! <= last)
      parts[frame[6]!] = frame.subarray(BEFORE);
  }
  if (!parts[0]) return undefined;
  const packet = Uint8Array.from(Buffer.concat(parts.map((one) => one ?? new Uint8Array(DATA))));
  return ofPacket(
    packet,
    index * DATA + at - BEFORE,
    parts.every((one) => one),
  );
}

/**
 * The first field in which a frame is not as expected, in words; "length" where one ends before they differ.
 * @param before what the same sender wrote before, since it started; and after, as expected
 */
export function fieldOf(
  before: readonly Uint8Array[],
  expected: Uint8Array,
  got: Uint8Array,
  after: readonly Uint8Array[],
  advertising: boolean,
): string | undefined {
  let at = 0;
  while (at < expected.length && at < got.length && expected[at] === got[at]) at++;
  if (at === expected.length && at === got.length) return undefined;
  if (at === expected.length || at === got.length) return `length: ${expected.length} and ${got.length} bytes`;
  if (advertising) return at < BEFORE ? advertised[at]! : ofFragment(expected, [...before, ...after], at);
  let packet: number[] = [];
  let left = 0;
  let place: number | string | undefined;
  for (const [i, frame] of [...before, expected, ...after].entries()) {
    // one that was given up is begun anew
    if (packet.length && frame[1] === 0 && frame[2] === 1 && frame[3] === 0x1a) {
      if (typeof place === "number") break;
      packet = [];
      left = 0;
    }
    for (const [j, byte] of frame.entries()) {
      const here = i === before.length && j === at;
      if (left) {
        if (here) place = packet.length;
        packet.push(byte);
        left--;
        continue;
      }
      if (here) return byte ? "chunk length" : packet.length ? "end of the packet" : "acknowledgement";
      left = byte;
      if (byte) continue;
      if (typeof place === "number") return ofPacket(Uint8Array.from(packet), place, true);
      packet = [];
    }
  }
  return typeof place === "number" ? ofPacket(Uint8Array.from(packet), place, false) : undefined;
}
