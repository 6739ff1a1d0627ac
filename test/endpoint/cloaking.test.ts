/** Cloaked packets between endpoints. telehash v3, e3x/cloaking.md. */
import test from "ava";
import { cloak, cloaking } from "../../src/index.ts";
import { hex, seeded } from "../helpers/core.ts";
import { frames, linked, packetsOf, side, tick } from "./sides.ts";

test("who asks for it sends nothing that is not cloaked, and is answered so", (t) => {
  const a = side("a");
  a.pipe.wrap = cloaking(seeded("cloak"));
  const b = side("b", { accept: () => true });
  const heard = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  const radio = (frame: Uint8Array, from: "a" | "b"): Uint8Array[] => {
    heard[from].push(frame);
    return [frame];
  };
  const link = a.endpoint.link(b.key);
  link.connect(a.pipe);
  tick(a, b, 0, radio);
  link.send("private");
  const channel: string[] = [];
  b.endpoint.handle("echo", (it) => {
    it.on = (event, data) => {
      if (event === "packet") it.send({ end: true }, (data as { body: Uint8Array }).body);
    };
  });
  link.channel({ type: "echo", seq: 1, end: true }, new Uint8Array([7]), (event, data) => {
    channel.push(event === "packet" ? hex((data as { body: Uint8Array }).body) : event);
  });
  for (let now = 0; now < 3; now++) tick(a, b, now, radio);
  t.true(link.up);
  t.deepEqual(b.events, ["up", `message ${hex(new TextEncoder().encode("private"))}`]);
  t.deepEqual(channel, ["07", "close"]);
  for (const from of ["a", "b"] as const) {
    const packets = packetsOf(heard[from]);
    t.true(packets.length > 1);
    for (const packet of packets) t.not(packet[0], 0);
  }
});

test("both forms are taken; a pipe by which nothing cloaked came, or nothing that was taken, stays as it is", (t) => {
  const { a, b, ab } = linked();
  ab.send("open");
  const [plain] = packetsOf(frames(a));
  ab.send("cloaked");
  const [other] = packetsOf(frames(a));
  b.endpoint.packet(b.pipe, plain!);
  t.is(b.pipe.wrap, undefined);
  b.endpoint.packet(b.pipe, cloak(Uint8Array.from([0, 1, 0x3a, 5, 5, 5]), seeded("x"), 2));
  b.endpoint.packet(b.pipe, Uint8Array.from([9, 9, 9]));
  t.deepEqual(b.events.slice(1), ["drop CSID", "drop PACKET_TOO_SHORT"]);
  t.is(b.pipe.wrap, undefined);
  b.endpoint.packet(b.pipe, cloak(other!, seeded("y"), 3));
  t.is(b.events.length, 4);
  t.not(b.pipe.wrap, undefined);
});
