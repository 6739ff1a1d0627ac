import test from "ava";
import { loadBoard } from "../../../tools/build/index.ts";
import { portOf } from "../../../sim/firmware/index.ts";
import { hosts } from "../../sim/helpers.ts";
import { errorNumber } from "../../../src/errors.ts";
import { World, type WorldOptions } from "./world.ts";

type Kind = Omit<WorldOptions, "host"> & { loses?: boolean };

const medium = { frameSize: 256, latency: 2 };
const kinds: Kind[] = [
  { kind: "serial", call: "{port:Serial1,baud:115200}", radioOptions: { baud: 115200 }, gateway: { mtu: 64, stream: true, blocking: true }, medium },
  { kind: "sx127x", call: "{spi:SPI1,cs:D4,dio0:D5,rst:D6,spreading:8}", radioOptions: { spreading: 8 }, gateway: { mtu: 250 }, medium, loses: true },
  { kind: "nrf24", call: "{spi:SPI1,cs:D4,ce:D5,irq:D6,rx:'mote1',tx:'gate1'}", radioOptions: { lossy: 7 }, gateway: { mtu: 32 }, medium, loses: true },
  { kind: "udp", call: "{host:'10.0.0.1',port:42424}", gateway: { mtu: 250 }, medium },
  { kind: "tcp", call: "{host:'10.0.0.1',port:42424}", radioOptions: { segment: 100 }, gateway: { mtu: 256, stream: true }, medium },
];

const long = "0123456789".repeat(60);

const ignored = ["STALE", "AT_PARITY"].map((code) => `drop ${errorNumber(code)}`);

// the interpreter with the board's own heap is the one that counts
for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  for (const { loses, ...options } of kinds) {
    test(`${options.kind}: a bundle and a gateway, and the radio goes and comes: ${name}`, async (t) => {
      const world = new World({ host: make(), native: true, ...options, at: [[20_000, "reading"], [20_001, long], [60_000, "away"], [220_000, "back"]] });
      t.teardown(() => world.close());
      await world.start();
      t.true(await world.until(() => world.gateway.ups > 0, 20_000), "linked");
      const linked = world.simulator.time;
      t.true(await world.until(() => world.heard.length === 2, 30_000), "both messages came");
      t.deepEqual(world.heard, ["reading", long]);
      await world.say("question");
      t.true(await world.until(() => world.heard.length === 3, 10_000), "the answer came");
      t.is(world.heard[2], "question");
      // 150 s without it, in which the device sends
      await world.simulator.runUntil(50_000);
      await world.simulator.radio("device", false);
      await world.simulator.runUntil(200_000);
      t.is(world.heard.length, 3);
      await world.simulator.radio("device", true);
      t.true(await world.until(() => world.heard.includes("back"), 100_000), "heard again");
      t.is(world.heard.includes("away"), !loses);
      await world.say("again?");
      t.true(await world.until(() => world.heard.includes("again?"), 10_000), "hears again");
      t.is(world.gateway.ups, 1, "in the same session");
      // a handshake is answered more than once
      t.deepEqual(world.logs.filter((line) => !ignored.includes(line)), ["up 1"]);
      t.true(Math.max(...world.frames) <= options.gateway.mtu);
      t.log(`${world.frames.length} frames of up to ${Math.max(...world.frames)} bytes; linked after ${linked / 1000} s`);
    });
  }

  const rp2040 = loadBoard("rp2040");
  const polled = { kind: "serial", board: "rp2040", native: true, radioOptions: { baud: 115200, ...portOf(rp2040, "serial") }, medium } as const;
  const { frameSize, fifo } = rp2040.radios.find(({ kind }) => kind === "serial")!;

  test(`a port that is polled: frames of half its buffer carry all, both ways at once: ${name}`, async (t) => {
    const at = Array.from({ length: 30 }, (_, i): [number, string] => [5000 + i * 470, `${i} ${"r".repeat(i * 7)}`]);
    const world = new World({ host: make(), ...polled, call: "{port:Serial1,baud:115200}", gateway: { mtu: fifo! / 2, stream: true, blocking: true }, at });
    t.teardown(() => world.close());
    await world.start();
    t.true(await world.until(() => world.gateway.ups > 0, 5000), "linked");
    for (let i = 0; i < 30; i++) {
      await world.simulator.runUntil(5000 + i * 490);
      await world.say(`question ${i} ${"q".repeat(i * 5)}`);
    }
    t.true(await world.until(() => world.heard.length === 60, 60_000), `${world.heard.length} of 60: ${world.logs.join()}`);
    t.deepEqual(world.logs.filter((line) => !ignored.includes(line)), ["up 1"]);
    t.is(Math.max(...world.frames), frameSize);
  });

  test(`a port that is polled: frames of 64 bytes to it run over: ${name}`, async (t) => {
    const world = new World({ host: make(), ...polled, call: "{port:Serial1,baud:115200}", gateway: { mtu: 64, stream: true, blocking: true } });
    t.teardown(() => world.close());
    await world.start();
    t.false(await world.until(() => world.logs.includes("up 1"), 60_000), "never linked");
    t.regex(world.logs[0]!, /^serial: \d+ bytes lost, the port's buffer is full$/);
  });
}
