import test from "ava";
import { connects, peer } from "../../src/channel/peer.ts";
import { hex } from "../helpers/core.ts";
import { linked, tick } from "../endpoint/sides.ts";

test("a packet goes to the router with the other's hashname, and to the other with the sender's", (t) => {
  const { a, b, ab, ba } = linked();
  const requests: unknown[] = [];
  b.endpoint.handle("peer", (channel, { json, body }) => {
    channel.on = () => {};
    requests.push([json, hex(body)]);
  });
  const name = "a".repeat(52);
  peer(ab, name, new Uint8Array([0, 1, 0x1a, 5]));
  tick(a, b, 1);
  t.deepEqual(requests, [[{ c: a.endpoint.links[0]!.exchange.order || 2, type: "peer", peer: name }, "00011a05"]]);

  const got: unknown[] = [];
  connects(a.endpoint, (packet, hashname, router) => got.push([hex(packet), hashname, router]));
  for (const given of [{ peer: name }, { peer: 5 }, {}]) ba.channel({ ...given, type: "connect" }, new Uint8Array([7]));
  tick(a, b, 1);
  t.deepEqual(got, [
    ["07", name, ab],
    ["07", 5, ab],
    ["07", undefined, ab],
  ]);
  // nothing is answered
  b.events.length = 0;
  for (let now = 2; now < 60; now++) tick(a, b, now);
  t.deepEqual([ab.channels.list.length, ba.channels.list.length], [0, 0]);
  t.deepEqual(
    b.events.filter((event) => event !== "drop STALE"),
    [],
  );
});
