/** Discovery: announcements, off unless asked for. telehash v3, mesh.md. */
import test from "ava";
import { Endpoint, Pipe, generate, lob } from "../../src/index.ts";
import type { LinkInfo } from "../../src/index.ts";
import { seeded } from "../helpers/core.ts";
import { frames, packetsOf, side, tick } from "./sides.ts";

const listener = (seed: string) => {
  const found: LinkInfo[] = [];
  const drops: string[] = [];
  const endpoint = new Endpoint({
    pairs: generate(seeded(`${seed} identity`), ["1a", "1c"]),
    random: seeded(seed),
    events: { discovered: (info) => found.push(info), drop: (code) => drops.push(code) },
  });
  return { endpoint, found, drops, pipe: new Pipe({ mtu: 20, limit: 2000 }) };
};

test("an endpoint says nothing by itself; in discovery mode it is announced every 10 s, and who hears it may link", (t) => {
  const a = side("a", { accept: () => true });
  const b = listener("b");
  for (let now = 0; now < 30; now++) a.endpoint.poll(now);
  t.deepEqual(frames(a), []);
  a.endpoint.discover([a.pipe], [{ type: "udp4", ip: "192.168.0.7", port: 42424 }]);
  const heard: [number, number][] = [];
  let next: number | undefined = 30;
  for (let now = 30; now < 60; now++) {
    if (next === undefined || now < next) continue;
    next = a.endpoint.poll(now);
    const sent = frames(a);
    heard.push([now, packetsOf(sent).length]);
    for (const frame of sent) b.endpoint.receive(b.pipe, frame, now);
  }
  t.deepEqual(heard, [
    [30, 1],
    [40, 1],
    [50, 1],
  ]);
  t.is(b.found.length, 3);
  const [info] = b.found;
  t.is(info!.hashname, a.endpoint.hashname);
  t.deepEqual(info!.paths, [{ type: "udp4", ip: "192.168.0.7", port: 42424 }]);
  // it links, and what is proved is proved by the handshake
  b.endpoint.link(info!.keys, info!.hashname).connect(b.pipe);
  const other = { ...side("x"), endpoint: b.endpoint, pipe: b.pipe };
  a.endpoint.discover([]);
  tick(a, other, 61);
  t.true(b.endpoint.links[0]!.up);
  for (let now = 62; now < 200; now++) {
    a.endpoint.poll(now);
    for (const packet of packetsOf(frames(a))) t.is(lob.decode(packet).json, undefined);
  }
  t.deepEqual([a.events.filter((event) => event.startsWith("drop")), b.drops], [[], []]);
});

test("announcements that are none, or one's own, are refused or passed over; without a listener all are", (t) => {
  const b = listener("b");
  const own = new Pipe({ mtu: 20, limit: 2000 });
  b.endpoint.discover([own]);
  b.endpoint.poll(0);
  const [announcement] = packetsOf(frames({ ...side("x"), pipe: own }));
  b.endpoint.packet(b.pipe, announcement!);
  const { json } = lob.decode(announcement!);
  for (const head of [
    { ...json, hashname: "a".repeat(52) },
    { keys: {} },
    { keys: { "1a": "aa" } },
    { hashname: json!["hashname"] },
    { type: "link" },
  ]) {
    b.endpoint.packet(b.pipe, lob.encode(head as lob.Json));
  }
  b.endpoint.packet(b.pipe, Uint8Array.from([0, 9, ...new TextEncoder().encode('{"keys":1')]));
  t.deepEqual(b.found, []);
  t.is(b.drops.length, 6);
  const c = side("c");
  c.endpoint.packet(c.pipe, announcement!);
  t.deepEqual(c.events, ["drop PACKET_HEAD"]);
});
