// Reliable channels of a Puck.js's bundle and a gateway, over Bluetooth frames of 20 bytes that get lost, come twice and late.
// Each byte is checked by its position where it arrives. All is in simulated time: what is asserted of it is exact.
import test from "ava";
import type { ExecutionContext } from "ava";
import { BAD, CAPACITY, LOSSES, transfer } from "../../bench/reliable.ts";
import type { Transfer, TransferOptions } from "../../bench/reliable.ts";
import { InterpreterHost, findInterpreter } from "../../sim/index.ts";
import { Pair } from "./pair.ts";

const figures = ({ goodput, ofLink, ofRest, seconds, frames }: Transfer): string =>
  `${Math.round(goodput)} bytes/s of ${CAPACITY}, ${Math.round(ofLink * 100)} %; ${Math.round(ofRest * 100)} % of what headers leave; ${Math.round(seconds)} s; ${frames.device} and ${frames.gateway} frames`;

/** That all of it came, once, in order, and that both know. */
async function whole(t: ExecutionContext, options: TransferOptions): Promise<Transfer> {
  const done = await transfer(options);
  const { got, wrong, closed } = done;
  const name = JSON.stringify({ ...options, host: undefined });
  t.deepEqual(
    { got, wrong, closed },
    { got: options.bytes, wrong: 0, closed: { device: "well", gateway: "well" } },
    name,
  );
  t.log(
    `${options.bytes} bytes from the ${options.from ?? "device"}, ${Math.round((options.loss ?? 0) * 100)} % lost${options.duplication ? ", some twice and late" : ""}${options.window ? `, window ${options.window}` : ""}: ${figures(done)}`,
  );
  return done;
}

const long = process.env["LONG"] === "1";

for (const [from, bytes] of [
  ["device", long ? 1_000_000 : 250_000],
  ["gateway", long ? 250_000 : 100_000],
] as const) {
  test.serial(
    `${bytes / 1000} kB from the ${from} through a good link take little more than their headers`,
    async (t) => {
      const done = await whole(t, { bytes, from });
      t.true(done.ofRest >= 0.85, `${done.ofRest}`);
      t.deepEqual(done.drops, { device: {}, gateway: {} });
      // 16 frames of 20 bytes, of which 38 bytes are headers and one of each frame is its chunk's
      const [most] = [...done.sizes].sort((one, other) => other[1] - one[1]);
      t.deepEqual(most![0], 16 * 19 - 1 - 38);
    },
  );
}

// so many kilobytes as take a second each; `npm run test:long` has more, `npx tsx bench/reliable.ts` a megabyte of all
const sizes: Record<number, [device: number, gateway: number]> = long
  ? { 0: [1000, 100], 0.05: [250, 60], 0.1: [150, 40], 0.2: [60, 20], 0.3: [30, 10] }
  : { 0: [100, 30], 0.05: [60, 20], 0.1: [40, 15], 0.2: [20, 10], 0.3: [10, 5] };

for (const loss of LOSSES) {
  test.serial(
    `all comes once and in order where ${loss * 100} % of frames are lost, 5 % come twice and 5 % late`,
    async (t) => {
      const [device, gateway] = sizes[loss]!;
      const done = await whole(t, { bytes: device * 1000, loss, ...BAD });
      await whole(t, { bytes: gateway * 1000, loss, ...BAD, from: "gateway" });
      const alone = await whole(t, { bytes: 3000, loss, ...BAD, window: 1 });
      t.true(done.goodput > alone.goodput * 1.5, "more than one packet at a time pays");
      // the worse the radio, the smaller the packets
      const average =
        [...done.sizes].reduce((sum, [size, count]) => sum + size * count, 0) /
        [...done.sizes.values()].reduce((sum, count) => sum + count);
      t.true(loss < 0.2 ? average > 50 : average < 50, `${average} bytes in a packet`);
    },
  );
}

test.serial("the same seed gives the same transfer, another another", async (t) => {
  const options = { bytes: 5000, loss: 0.1, ...BAD };
  const one = await transfer(options);
  t.deepEqual(await transfer(options), one);
  t.notDeepEqual(await transfer({ ...options, seed: 2 }), one);
});

test.serial("other seeds, with three of ten frames lost", async (t) => {
  for (let seed = 2; seed < 6; seed++) await whole(t, { bytes: 3000, loss: 0.3, ...BAD, seed });
});

test.serial("in the real interpreter, in a Puck.js's memory", async (t) => {
  if (findInterpreter() === undefined) return t.log("skipped: no espruino-linux found");
  t.timeout(240_000);
  await whole(t, { bytes: long ? 8000 : 3000, host: new InterpreterHost() });
  await whole(t, { bytes: long ? 3000 : 1500, loss: 0.2, ...BAD, host: new InterpreterHost() });
  return undefined;
});

/** A gateway and a device that only takes what comes. */
const quiet = (options: object = {}): Pair => new Pair({ app: "bulk", config: { bytes: 0, timeout: 600 }, ...options });

test.serial("a channel to a device that is gone without a word closes in time", async (t) => {
  const pair = quiet();
  await pair.start();
  await pair.pass(5);
  let closed: unknown;
  let at = 0;
  pair.gateway.links[0]!.channel({ type: "bulk", seq: 1 }, Uint8Array.of(0), (event, data) => {
    if (event !== "close") return;
    closed = data;
    at = pair.simulator.time;
  });
  const start = pair.simulator.time;
  pair.simulator.ideal.reach("device", false);
  await pair.simulator.poke("gateway");
  await pair.pass(100);
  t.is(closed, "timeout");
  // what the packets take to be sent is none of the 30 s
  t.true(at - start > 30_000 && at - start < 40_000, `after ${at - start} ms`);
  await pair.close();
});

test.serial("what is lost of one channel is sent again while another keeps the radio busy", async (t) => {
  const pair = quiet({ medium: { loss: 0.05 } });
  await pair.start();
  const link = pair.gateway.links[0]!;
  const large = link.channel({ type: "bulk", seq: 1 }, undefined, (event) => {
    if (event === "drain") fill();
  });
  large.timeout = 600;
  let at = 0;
  const byte = (i: number): number => (i * 13 + (i >> 8) * 5 + (i >> 16) * 3) & 255;
  const fill = (): void => {
    for (let room = true; room;) {
      const start = at;
      const part = Uint8Array.from({ length: large.quota() }, (_, i) => byte(start + i));
      at += part.length;
      room = large.send(undefined, part);
    }
  };
  fill();
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    const start = pair.simulator.time;
    let closed: unknown = "";
    const small = link.channel(
      { type: "bulk", seq: 1 },
      Uint8Array.from({ length: 40 }, (_, i) => byte(i)),
      (event, data) => {
        if (event === "close") closed = data;
      },
    );
    small.send({ end: true });
    await pair.simulator.poke("gateway");
    t.true(await pair.until(() => closed !== "", 60), `${i}`);
    t.is(closed, undefined, `${i}`);
    times.push((pair.simulator.time - start) / 1000);
  }
  t.log(
    `small ones took ${Math.min(...times)} to ${Math.max(...times)} s while ${at} bytes of the large one were sent`,
  );
  t.true(Math.max(...times) < 30 && at > 10_000);
  t.deepEqual([...new Set(pair.logs)].sort(), ["closed well", "got 40", "up"]);
  await pair.close();
});

test.serial("channels are opened on the air in the order of their ids", async (t) => {
  const pair = quiet();
  await pair.start();
  const link = pair.gateway.links[0]!;
  // unreliable ones do not overtake: there are peers that take rising ids only
  for (let i = 0; i < 3; i++) {
    link.channel({ type: "bulk", seq: 1 }, undefined, () => undefined);
    link.channel({ type: "nobody", end: true }, undefined, () => undefined);
  }
  await pair.simulator.poke("gateway");
  await pair.pass(3);
  const opened = pair.observer.seen
    .filter(({ json }) => json["type"] !== undefined)
    .map(({ json }) => json["c"] as number);
  t.is(opened.length, 6);
  t.deepEqual(
    opened,
    [...opened].sort((one, other) => one - other),
  );
  t.deepEqual(pair.observer.faults, []);
  await pair.close();
});
