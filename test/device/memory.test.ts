/** Variables of a Puck.js's heap that the runtime takes, in the real interpreter: on an exact heap where there is one, else with larger variables (sim/hosts/interpreter.ts). */
import test from "ava";
import type { ExecutionContext } from "ava";
import { loadBoard } from "../../tools/build/index.ts";
import { Telemetry, findInterpreter } from "../../sim/index.ts";
import type { Output } from "../../sim/index.ts";
import type { Packet } from "../../src/index.ts";
import { skip } from "../helpers/hosts.ts";
import { WeighedInterpreter, bundleOf } from "./promises.ts";

const board = loadBoard("puckjs");

// nobody there: the identity is made, and then there is nothing to do
const ALONE = `{ radio: { oneWay: true, write: function () {}, on: function () {} }, gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" }`;

/** Variables of the application and of the runtime when there is nothing to do. */
async function idle(t: ExecutionContext, before: string): Promise<{ application: number; runtime: number }> {
  const host = new WeighedInterpreter();
  t.teardown(() => host.close());
  await host.boot({ board, bundle: `global.kept = ${ALONE};`, entropy: [1, 2, 3, 4], storage: {} });
  const application = (await host.collect(0)).memory!.usage;
  let output = await host.boot({
    board,
    bundle: await build(`${before}require("e3x-mote").create(${ALONE});`),
    entropy: [1, 2, 3, 4],
    storage: {},
  });
  for (let i = 0; i < 100 && output.next !== undefined; i++) output = await host.run(output.next);
  t.is(output.next, undefined);
  return { application, runtime: (await host.collect(output.now)).memory!.usage - application };
}

const build = (app: string): Promise<string> => bundleOf("puckjs", app);
const missing = "no espruino-linux found";

// `npm run test:long` has more
const long = process.env["LONG"] === "1";
const count = long ? 1000 : 250;
const bytesSent = long ? 40_000 : 12_000;

test("idle, the runtime takes 460 variables at most", async (t) => {
  if (findInterpreter() === undefined) return skip(t, missing);
  const { application, runtime } = await idle(t, "");
  t.log(`${runtime} variables, beside ${application} of the application`);
  t.true(runtime <= 460);
});

test("packets that are refused leave nothing behind", async (t) => {
  t.timeout(120_000);
  if (findInterpreter() === undefined) return skip(t, missing);
  for (const before of ["", 'require("e3x-mote/channels");']) {
    const host = new WeighedInterpreter();
    t.teardown(() => host.close());
    const app = `${before}
      const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji", mtu: 128 });
      let drops = 0;
      mote.on("drop", () => { drops++; });
      setInterval(() => print("drops", drops), 1e7);`;
    let time = 0;
    const rest = async (output: Output): Promise<void> => {
      let last = output;
      for (let i = 0; last.next !== undefined && last.next < 1e7; i++) {
        t.true(i < 1000);
        last = await host.run(Math.max(time, last.next));
        time = Math.max(time, last.now);
      }
    };
    await rest(await host.boot({ board, bundle: await build(app), entropy: [1, 2, 3, 4], storage: {} }));
    const wrong = ["00", "0000", "000100", "00011a02", `0000${"00".repeat(30)}`, `00011a02${"11".repeat(60)}`].map(
      (hex) => Buffer.from(hex, "hex"),
    );
    const round = async (): Promise<number> => {
      for (const packet of wrong) {
        time += 5000;
        await rest(await host.frame(time, Uint8Array.from([packet.length, ...packet, 0])));
      }
      return (await host.collect(time)).memory!.usage;
    };
    const first = await round();
    // a time that is kept takes a variable where it is no whole number; what stayed of a packet would take some of each
    for (let i = 0; i < 3; i++) t.true(Math.abs((await round()) - first) <= 2, before);
    const { logs } = await host.run(2e7);
    t.deepEqual(logs, [`drops ${4 * wrong.length}`]);
  }
});

test("with channels the runtime takes 600 variables at rest, and a Puck.js holds it while a reliable channel is full", async (t) => {
  t.timeout(240_000);
  if (findInterpreter() === undefined) return skip(t, missing);
  const { runtime } = await idle(t, 'require("e3x-mote/channels");');
  const bundle = await build(`
    require("e3x-mote/channels");
    const config = require("Storage").readJSON("config");
    const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
    let channel, left = ${bytesSent};
    const fill = () => {
      let size;
      do {
        size = Math.min(left, channel.quota());
        left -= size;
      } while (channel.send(left ? {} : { "end": true }, new Uint8Array(size)) && left);
    };
    mote.handle("go", (one) => { one.on = (event) => {
      if (event !== "packet") return;
      one.send({ "end": true });
      fill();
    }; });
    mote.on("up", () => {
      channel = mote.channel({ "type": "full", "seq": 1 }, undefined, (event) => {
        if (event === "drain") fill();
        // a channel that is over has the parts for as long as anybody has it
        if (event === "close") channel = undefined;
      });
    });
  `);
  const host = new WeighedInterpreter();
  t.teardown(() => host.close());
  const s = new Telemetry({
    board,
    bundle,
    host,
    seed: 1,
    messages: [],
    medium: { frameSize: 20, latency: 15, loss: 0.02, duplication: 0, reordering: 0 },
  });
  let bytes = 0;
  let ended = false;
  s.gateway.handle("full", (channel) => {
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const { body, json } = data as Packet;
      bytes += body.length;
      if (json!["end"]) ended = true;
      if (json!["end"]) channel.send({ end: true });
      // answered, so that it is open
      else if (!body.length) channel.send({});
    };
  });
  await s.start();
  t.true(await s.until(() => s.gateway.ups > 0, 60_000));
  await s.forMs(20_000);
  const collected = async (): Promise<number> => (await host.collect(s.simulator.time)).memory!.usage;
  const open = await collected();
  const before = host.peak;
  s.gateway.links[0]!.channel({ type: "go", end: true });
  await s.simulator.poke("gateway");
  t.true(await s.until(() => ended, 600_000));
  t.is(bytes, bytesSent);
  const most = host.peak;
  await s.forMs(60_000);
  const after = await collected();
  t.log(
    `${runtime} variables at rest, ${open} with an open channel (${before} at most until then), ${most} at most while ${bytesSent} bytes are sent, ${after} after it, of ${board.variables}`,
  );
  t.true(runtime <= 600 && open <= 1800 && most < board.variables && after <= 1100);
});

test(`a live exchange and 1,400 bytes under way take 1,250 variables at most, and ${count} messages leave nothing behind`, async (t) => {
  t.timeout(240_000);
  if (findInterpreter() === undefined) return skip(t, missing);
  const bundle = await build(`
    const config = require("Storage").readJSON("config");
    const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
    mote.on("message", (from, data) => { if (data.length < 100) mote.send(data); else print("whole"); });
  `);
  const host = new WeighedInterpreter();
  t.teardown(() => host.close());
  const s = new Telemetry({
    board,
    bundle,
    host,
    seed: 1,
    messages: [],
    medium: { frameSize: 250, latency: 5, loss: 0, duplication: 0, reordering: 0 },
  });
  await s.start();
  t.true(await s.until(() => s.gateway.ups > 0, 60_000));
  const messages = async (count: number): Promise<number> => {
    const before = s.gateway.messages.length;
    for (let i = 0; i < count; i++) {
      await s.say("x".repeat(1 + (i % 60)));
      t.true(await s.until(() => s.gateway.messages.length > before + i, 5000));
    }
    await s.forMs(20_000);
    return (await host.collect(s.simulator.time)).memory!.usage;
  };
  const first = await messages(50);
  t.log(`${first} variables with a live exchange`);
  t.is(await messages(count), first);
  let most = 0;
  await s.say("y".repeat(1400));
  // all but the last frame: put together so far, not decrypted yet
  await s.until(() => {
    if (s.logs.some(({ text }) => text === "whole")) return true;
    most = Math.max(most, host.memory!.usage);
    return false;
  }, 1000);
  t.log(`${most} variables with 1,400 bytes under way, ${host.peak} at most of ${board.variables}`);
  t.true(most > first && most <= 1250 && host.peak < board.variables);
});
