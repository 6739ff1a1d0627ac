import test from "ava";
import { loadBoard } from "../../../tools/build/index.ts";
import { portOf } from "../../../sim/firmware/index.ts";
import { hosts } from "../../sim/helpers.ts";
import { errorNumber } from "../../../src/errors.ts";
import { BoardWithGateway, type BoardWithGatewayOptions } from "./board-with-gateway.ts";

type Kind = Omit<BoardWithGatewayOptions, "host"> & { loses?: boolean };

const medium = { frameSize: 256, latency: 2 };
const kinds: Kind[] = [
  {
    kind: "serial",
    call: "{port:Serial1,baud:115200}",
    radioOptions: { baud: 115200 },
    gateway: { mtu: 64, stream: true, blocking: true },
    medium,
  },
  {
    kind: "sx127x",
    call: "{spi:SPI1,cs:D4,dio0:D5,rst:D6,spreading:8}",
    radioOptions: { spreading: 8 },
    gateway: { mtu: 250 },
    medium,
    loses: true,
  },
  {
    kind: "nrf24",
    call: "{spi:SPI1,cs:D4,ce:D5,irq:D6,rx:'mote1',tx:'gate1'}",
    radioOptions: { lossy: 7 },
    gateway: { mtu: 32 },
    medium,
    loses: true,
  },
  { kind: "udp", call: "{host:'10.0.0.1',port:42424}", gateway: { mtu: 250 }, medium },
  {
    kind: "tcp",
    call: "{host:'10.0.0.1',port:42424}",
    radioOptions: { segment: 100 },
    gateway: { mtu: 256, stream: true },
    medium,
  },
];

const long = "0123456789".repeat(60);

const ignored = ["STALE", "AT_PARITY"].map((code) => `drop ${errorNumber(code)}`);

// the interpreter with the board's own heap is the one that counts
for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  for (const { loses, ...options } of kinds) {
    test(`${options.kind}: a bundle and a gateway, and the radio goes and comes: ${name}`, async (t) => {
      const both = new BoardWithGateway({
        host: make(),
        native: true,
        ...options,
        at: [
          [20_000, "reading"],
          [20_001, long],
          [60_000, "away"],
          [220_000, "back"],
        ],
      });
      t.teardown(() => both.close());
      await both.start();
      t.true(await both.until(() => both.gateway.ups > 0, 20_000), "linked");
      const linked = both.simulator.time;
      t.true(await both.until(() => both.heard.length === 2, 30_000), "both messages came");
      t.deepEqual(both.heard, ["reading", long]);
      await both.say("question");
      t.true(await both.until(() => both.heard.length === 3, 10_000), "the answer came");
      t.is(both.heard[2], "question");
      // 150 s without it, in which the device sends
      await both.simulator.runUntil(50_000);
      await both.simulator.radio("device", false);
      await both.simulator.runUntil(200_000);
      t.is(both.heard.length, 3);
      await both.simulator.radio("device", true);
      t.true(await both.until(() => both.heard.includes("back"), 100_000), "heard again");
      t.is(both.heard.includes("away"), !loses);
      await both.say("again?");
      t.true(await both.until(() => both.heard.includes("again?"), 10_000), "hears again");
      t.is(both.gateway.ups, 1, "in the same session");
      // a handshake is answered more than once
      t.deepEqual(
        both.logs.filter((line) => !ignored.includes(line)),
        ["up 1"],
      );
      t.true(Math.max(...both.frames) <= options.gateway.mtu);
      t.log(`${both.frames.length} frames of up to ${Math.max(...both.frames)} bytes; linked after ${linked / 1000} s`);
    });
  }

  const rp2040 = loadBoard("rp2040");
  const polled = {
    kind: "serial",
    board: "rp2040",
    native: true,
    radioOptions: { baud: 115200, ...portOf(rp2040, "serial") },
    medium,
  } as const;
  const { frameSize, fifo } = rp2040.radios.find(({ kind }) => kind === "serial")!;

  test(`a port that is polled: frames of half its buffer carry all, both ways at once: ${name}`, async (t) => {
    const at = Array.from({ length: 30 }, (_, i): [number, string] => [5000 + i * 470, `${i} ${"r".repeat(i * 7)}`]);
    const both = new BoardWithGateway({
      host: make(),
      ...polled,
      call: "{port:Serial1,baud:115200}",
      gateway: { mtu: fifo! / 2, stream: true, blocking: true },
      at,
    });
    t.teardown(() => both.close());
    await both.start();
    t.true(await both.until(() => both.gateway.ups > 0, 5000), "linked");
    for (let i = 0; i < 30; i++) {
      await both.simulator.runUntil(5000 + i * 490);
      await both.say(`question ${i} ${"q".repeat(i * 5)}`);
    }
    t.true(await both.until(() => both.heard.length === 60, 60_000), `${both.heard.length} of 60: ${both.logs.join()}`);
    t.deepEqual(
      both.logs.filter((line) => !ignored.includes(line)),
      ["up 1"],
    );
    t.is(Math.max(...both.frames), frameSize);
  });

  test(`a port that is polled: frames of 64 bytes to it run over: ${name}`, async (t) => {
    const both = new BoardWithGateway({
      host: make(),
      ...polled,
      call: "{port:Serial1,baud:115200}",
      gateway: { mtu: 64, stream: true, blocking: true },
    });
    t.teardown(() => both.close());
    await both.start();
    t.false(await both.until(() => both.logs.includes("up 1"), 60_000), "never linked");
    t.regex(both.logs[0]!, /^serial: \d+ bytes lost, the port's buffer is full$/);
  });
}
