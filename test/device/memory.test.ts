/** Variables of a Puck.js's heap that the runtime takes, in the real interpreter (its variables are larger: see sim/hosts/interpreter.ts). */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { loadBoard, measureBoard } from "../../src/build/index.ts";
import { InterpreterHost, Scenario, findInterpreter } from "../../sim/index.ts";
import type { BootOptions, MemoryReport, Output } from "../../sim/index.ts";

const board = loadBoard("puckjs");

/** A host that tells what the last command left in memory. */
class Weighed extends InterpreterHost {
  usage = 0;
  peak = 0;

  #weigh(output: Output): Output {
    const memory: MemoryReport = output.memory!;
    this.usage = memory.usage;
    this.peak = Math.max(this.peak, memory.peak);
    return output;
  }

  override async boot(options: BootOptions): Promise<Output> {
    return this.#weigh(await super.boot(options));
  }

  override async frame(time: number, bytes: Uint8Array): Promise<Output> {
    return this.#weigh(await super.frame(time, bytes));
  }

  override async run(time: number): Promise<Output> {
    return this.#weigh(await super.run(time));
  }
}

async function build(app: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mote-memory-"));
  try {
    writeFileSync(join(folder, "app.js"), app);
    return (await measureBoard(board, { app: join(folder, "app.js") })).files["bundle.js"]!;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const skip = (t: { log(text: string): void; pass(): void }): void => {
  t.log("skipped: no espruino-linux found");
  t.pass();
};

test("idle, the runtime takes 400 variables at most", async (t) => {
  if (findInterpreter() === undefined) return skip(t);
  const host = new Weighed();
  t.teardown(() => host.close());
  // nobody there: the identity is made, and then there is nothing to do
  const options = `{ radio: { oneWay: true, write: function () {}, on: function () {} }, gateway: "anizsfsjvof6xx3gf5nz2vatfvta5cw3ji" }`;
  await host.boot({ board, bundle: `global.kept = ${options};`, entropy: [1, 2, 3, 4], storage: {} });
  const application = host.usage;
  let output = await host.boot({ board, bundle: await build(`require("e3x-mote").create(${options});`), entropy: [1, 2, 3, 4], storage: {} });
  for (let i = 0; i < 100 && output.next !== undefined; i++) output = await host.run(output.next);
  t.is(output.next, undefined);
  // in the simulator a file that was read lies in the heap, on a board in flash: the native code, and what it takes to hold it
  const file = Math.ceil((await host.storage())["mote.thumb"]!.length / 21);
  const runtime = host.usage - file - application;
  t.log(`${runtime} variables, beside ${application} of the application`);
  t.true(runtime <= 400);
});

test("a live exchange and 1,400 bytes under way take 900 variables at most, and 1,000 messages leave nothing behind", async (t) => {
  t.timeout(240_000);
  if (findInterpreter() === undefined) return skip(t);
  const bundle = await build(`
    const config = require("Storage").readJSON("config");
    const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
    mote.on("message", (from, data) => { if (data.length < 100) mote.send(data); });
  `);
  const host = new Weighed();
  t.teardown(() => host.close());
  const s = new Scenario({
    board, bundle, host, seed: 1, messages: [], medium: { frameSize: 250, latency: 5, loss: 0, duplication: 0, reordering: 0 },
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
    return host.usage;
  };
  const first = await messages(50);
  t.log(`${first} variables with a live exchange`);
  t.is(await messages(1000), first);
  let most = 0;
  const before = host.peak;
  await s.say("y".repeat(1400));
  // all but the last frame: put together so far, not decrypted yet
  await s.until(() => {
    if (host.peak > before) return true;
    most = Math.max(most, host.usage);
    return false;
  }, 1000);
  t.log(`${most} variables with 1,400 bytes under way; peak of all, while they are decrypted, ${host.peak} of ${board.variables}`);
  t.true(most <= 900 && host.peak < board.variables);
});
