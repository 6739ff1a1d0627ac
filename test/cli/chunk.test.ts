import test from "ava";
import { mote } from "./mote.ts";

// chunking.md: 19 bytes a frame of 20, the end in the last one where there is room
const packet = Array.from({ length: 40 }, (_, i) => i.toString(16).padStart(2, "0")).join("");
const frames = [`13${packet.slice(0, 38)}`, `13${packet.slice(38, 76)}`, `02${packet.slice(76)}00`];

test("split and join, by arguments and by lines", (t) => {
  const split = mote(["chunk", "split", "--size", "20", packet]);
  t.is(split.code, 0, split.err);
  t.deepEqual(split.out.trim().split("\n"), frames);
  t.is(mote(["chunk", "join"], { input: split.out }).out, `${packet}\n`);
  t.is(mote(["chunk", "split", "-s", "20"], { input: packet.toUpperCase().replace(/..(?=.)/g, "$& ") }).out, split.out);
  t.deepEqual(JSON.parse(mote(["chunk", "split", "--size", "20", "--json", packet]).out), { size: 20, frames });
});

test("several packets, with acks in between", (t) => {
  const run = mote(["chunk", "join", "--json", "00", "02aabb00", "00", "01cc", "00"]);
  t.deepEqual(JSON.parse(run.out), { packets: ["aabb", "cc"] });
});

test("a packet that is not ended", (t) => {
  const run = mote(["chunk", "join", "02aabb00", "01cc"]);
  t.is(run.code, 1);
  t.is(run.out, "aabb\n");
  t.regex(run.err, /^mote: the last packet is not ended; [^\n]+\n$/);
  t.is(JSON.parse(mote(["chunk", "join", "--json", "01cc"]).out).error.code, "PACKET_TOO_SHORT");
});

test("sizes that a chunk can not have", (t) => {
  for (const size of ["1", "257", "-1", "2.5", "abc", ""]) {
    const run = mote(["chunk", "split", "--size", size, packet]);
    t.is(run.code, 2, size);
    t.regex(run.err, /^mote: [^\n]+; [^\n]+\n$/);
  }
});
