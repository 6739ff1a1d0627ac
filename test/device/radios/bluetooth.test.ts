import test from "ava";
import { hosts } from "../../sim/helpers.ts";
import { BoardWithGateway, type BoardWithGatewayOptions } from "./board-with-gateway.ts";

const medium = { frameSize: 128, latency: 5 };
type Kind = Omit<BoardWithGatewayOptions, "host"> & { largest: number };
const puckjs = { board: "puckjs", native: true, medium, call: "" };

// a central writes one frame a connection interval; a build for the nRF52840 takes a larger MTU than that for the nRF52832
const kinds: { [what: string]: Kind } = {
  "ble, a central that knows its MTU": { ...puckjs, kind: "ble", mtu: 53, gateway: { mtu: 20, pace: 8 }, largest: 50 },
  "ble, a larger MTU": {
    ...puckjs,
    kind: "ble",
    mtu: 131,
    radioOptions: { mtu: 131 },
    gateway: { mtu: 20, pace: 8 },
    largest: 128,
  },
  "ble, a central that does not say": { ...puckjs, kind: "ble", gateway: { mtu: 20, pace: 8 }, largest: 20 },
  "nus": { ...puckjs, kind: "nus", gateway: { mtu: 20, stream: true, pace: 8 }, largest: 20 },
  "nus, a larger MTU": { ...puckjs, kind: "nus", mtu: 53, gateway: { mtu: 20, stream: true, pace: 8 }, largest: 50 },
};

const long = "0123456789".repeat(60);

for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  for (const [what, { largest, ...options }] of Object.entries(kinds)) {
    test(`${what}: a bundle and a gateway, and the link goes and comes: ${name}`, async (t) => {
      const both = new BoardWithGateway({
        host: make(),
        ...options,
        at: [
          [20_000, "reading"],
          [20_500, long],
          [60_000, "away"],
          [90_001, "back"],
          [120_000, long],
        ],
      });
      await both.start();
      t.true(await both.until(() => both.gateway.ups > 0, 20_000), "linked");
      t.true(await both.until(() => both.heard.length === 2, 30_000), "both messages came");
      t.deepEqual(both.heard, ["reading", long]);
      await both.say("question");
      await both.say(long);
      t.true(await both.until(() => both.heard.length === 4, 20_000), "the answers came");
      t.deepEqual(both.heard.slice(2), ["question", long]);
      await both.simulator.runUntil(50_000);
      await both.simulator.radio("device", false);
      await both.simulator.runUntil(80_000);
      t.is(both.heard.length, 4);
      await both.simulator.radio("device", true, options.mtu);
      t.true(await both.until(() => both.heard.includes("back"), 60_000), "heard again");
      t.true(both.heard.includes("away"), "what waited came");
      await both.say("again?");
      t.true(await both.until(() => both.heard.includes("again?"), 20_000), "hears again");
      // in the middle of a packet of many frames
      await both.simulator.runUntil(120_000);
      const before = both.frames.length;
      t.true(await both.until(() => both.frames.length === before + 3, 10_000));
      await both.simulator.radio("device", false);
      await both.simulator.runUntil(130_000);
      const heard = both.heard.length;
      await both.simulator.radio("device", true, options.mtu);
      t.true(await both.until(() => both.heard.length > heard, 20_000), "the packet that was cut comes whole");
      t.is(both.heard[heard], long);
      t.is(both.gateway.ups, 1, "in the same session");
      t.deepEqual(
        both.logs.filter((line) => !line.startsWith("drop")),
        ["up 1"],
      );
      t.is(Math.max(...both.frames), largest);
      await both.close();
    });
  }
}
