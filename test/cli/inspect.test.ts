import test from "ava";
import { Self, fromHex, split } from "../../src/index.ts";
import { readFrames } from "../../cli/inspect/frames.ts";
import { explainPacket, nothingKnown } from "../../cli/inspect/packet.ts";
import { formatFrames, formatPart } from "../../cli/inspect/print.ts";
import type { Part } from "../../cli/inspect/part.ts";
import { areFrames } from "../../cli/inspect/recognise.ts";
import { cloak } from "../../src/packet/cloak.ts";

// shared/vectors/messages.json
const key = fromHex("0264fdb33f03127b7889a61d1f0646615a67c892cb");
const secret = fromHex("21b26a9b17fb93cbe3d09e3483e6ac13721074b0");
const outer = fromHex("00011a0345ef8780d3618d9949606d2bbfa081b0d4a2700c1f0b9e30dc665dc472b6");

function seeded(seed: number): (n: number) => Uint8Array {
  let state = seed;
  return (n) =>
    Uint8Array.from({ length: n }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    });
}

/** The fields of a part have all its bytes, in order. */
function covers(part: Part): boolean {
  let at = 0;
  for (const { offset, bytes } of part.fields) {
    if (offset === undefined) continue;
    if (offset !== at) return false;
    at += bytes.length;
  }
  return at === part.length && (!part.inside || covers(part.inside));
}

test("whatever bytes are, nothing throws and every byte is in a field", (t) => {
  const random = seeded(1);
  const self = new Self({ "1a": { key, secret } }, random);
  const inputs: Uint8Array[] = [];
  for (let i = 0; i < 1500; i++) {
    const bytes = random(1 + (random(1)[0]! % 90));
    // half of them begin as packets do
    if (i % 2) bytes.set([0, random(1)[0]! % 8, 0x1a].slice(0, bytes.length));
    inputs.push(bytes);
  }
  for (let i = 1; i <= outer.length; i++) inputs.push(outer.subarray(0, i));
  for (const bytes of inputs) {
    for (const known of [nothingKnown(), { ...nothingKnown(), self }]) {
      const part = explainPacket(bytes, known, "it");
      t.true(formatPart(part).length > 0);
      if (!covers(part)) t.fail(Buffer.from(bytes).toString("hex"));
    }
    t.true(formatFrames(readFrames([bytes])).length > 0);
  }
});

test("frames of any packet and size are recognised as frames, and packets, cloaked or not, as packets", (t) => {
  const random = seeded(2);
  for (const size of [2, 5, 20, 64, 120, 256]) {
    for (let i = 0; i < 40; i++) {
      const body = random(29 + i * 8);
      body[0] = 2;
      const packet = Uint8Array.from([0, 1, 0x1a, ...body]);
      t.true(areFrames(split(packet, size)));
      t.false(areFrames([packet]));
      t.false(areFrames([cloak(packet, random, 1 + (i % 4))]));
    }
  }
});
