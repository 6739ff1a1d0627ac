// A power cut at every step of every write of a scenario: boot, pair, send and receive, reboot, send and receive. What is
// on the air is taken apart with the gateway's key.
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import {
  DeviceError,
  Gateway,
  InterpreterHost,
  Simulator,
  VmHost,
  findInterpreter,
  randomOf,
  sfc32,
} from "../../sim/index.ts";
import type { DeviceHost, DeviceOptions, Faults, Output, SimBoard } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { errorNumber } from "../../src/errors.ts";
import { seedFile } from "../../tools/flash/seed.ts";
import { Joiner, Self, generate, isHandshake, lob, messageBody, stampOf, toBase32, toHex } from "../../src/index.ts";

const storageError = `e3x-mote ${errorNumber("STORAGE")}`;
const app = fileURLToPath(new URL("./fixtures/app.ts", import.meta.url));

interface Kind {
  name: string;
  board: SimBoard & { entropy: { hardware: boolean } };
  bundle: string;
}

const kind = async (name: string, native: boolean): Promise<Kind> => {
  const board = loadBoard(name);
  const { files } = await measureBoard(board, { app, native });
  return {
    name: `${name}${native ? "" : " without native code"}`,
    board: { ...board, curveStepMs: 0.01 },
    bundle: files["bundle.js"]!,
  };
};
// entropy of the hardware, and by a seed; the curve in native code, which the simulator has fast
const hardware = await kind("puckjs", true);
const seeded = await kind("pico", true);

/** A device beside a gateway. All that the device may never do twice is checked while it is on the air. */
class CheckedDevice {
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  readonly logs: string[] = [];
  /** Writes to the flash in this boot. */
  writes = 0;
  cut = false;
  boot = -1;
  identity: string | undefined;
  readonly faults: string[] = [];
  readonly #reader: Self;
  readonly #host: DeviceHost;
  readonly #options: DeviceOptions;
  // packets, key and IV of each, key to boot, and the highest `at` of handshakes and messages before this boot and in it
  readonly #packets = new Set<string>();
  readonly #ivs = new Set<string>();
  readonly #keys = new Map<string, number>();
  readonly #at = { handshake: { before: 0, now: 0 }, message: { before: 0, now: 0 } };
  readonly #joiner = new Joiner(70000);

  constructor(kind: Kind, host: DeviceHost = new VmHost({ memory: false }), pause = 0) {
    const random = randomOf(1, "gateway");
    const pair = generate(random)["1a"];
    this.gateway = new Gateway({ pair, random, mtu: 20, pairing: true });
    this.#reader = new Self({ "1a": pair }, random);
    const watch = async (command: Promise<Output>): Promise<Output> => {
      const output = await command;
      this.writes = Math.max(this.writes, output.writes ?? 0);
      this.cut ||= output.cut ?? false;
      return output;
    };
    this.#host = {
      boot: (options) => watch(host.boot(options)),
      frame: (time, bytes) => watch(host.frame(time, bytes)),
      link: (time, up, mtu) => watch(host.link(time, up, mtu)),
      run: (time) => watch(host.run(time)),
      storage: () => host.storage(),
      close: () => host.close(),
    };
    const storage = {
      config: Uint8Array.from(Buffer.from(JSON.stringify({ gateway: toBase32(pair.key), mtu: 20, pause }))),
    };
    const { name, bytes } = seedFile(randomOf(1, "seed"));
    this.#options = {
      board: kind.board,
      bundle: kind.bundle,
      hardwareEntropy: kind.board.entropy.hardware,
      storage: kind.board.entropy.hardware ? storage : { ...storage, [name]: bytes },
    };
    this.simulator = new Simulator({
      seed: 1,
      medium: { frameSize: 20, latency: 1 },
      sink: () => undefined,
      observe: (event) => {
        if (event.kind === "log" && event.at === "device") this.logs.push(event.text);
        if (event.kind === "sent" && event.from === "device")
          this.#joiner.add(event.bytes, (outer) => {
            this.#packet(outer);
          });
      },
    });
  }

  /** Starts the device, at first with a gateway that pairs with it. */
  async start(faults?: Faults): Promise<void> {
    this.boot++;
    this.writes = 0;
    this.cut = false;
    this.#joiner.reset();
    for (const at of Object.values(this.#at)) at.before = Math.max(at.before, at.now);
    if (this.boot > 0) {
      await this.simulator.restart("device", faults && { faults });
      return;
    }
    await this.simulator.addNode("gateway", this.gateway);
    await this.simulator.addDevice("device", this.#host, { ...this.#options, ...(faults && { faults }) });
  }

  /** Has both sides say what they have to say. Whether it all arrived, within some virtual seconds. */
  async talk(seconds = 400): Promise<boolean> {
    const heard = this.logs.length;
    const before = this.gateway.messages.length;
    const end = this.simulator.time + seconds * 1000;
    const until = (done: () => boolean): Promise<boolean> => this.simulator.runWhile(() => this.cut || done(), end);
    if (!(await until(() => this.gateway.messages.length >= before + 3)) || this.cut) return false;
    this.gateway.send("four");
    await this.simulator.poke("gateway");
    return (await until(() => this.logs.slice(heard).includes("heard four"))) && !this.cut;
  }

  async identityKept(): Promise<string | undefined> {
    const file = (await this.#host.storage())["mote.id"];
    return file && toHex(file);
  }

  close(): Promise<void> {
    return this.simulator.close();
  }

  #packet(outer: Uint8Array): void {
    const body = messageBody(outer);
    const key = toHex(body.subarray(0, 21));
    const iv = toHex(body.subarray(0, 25));
    // what is sent again as it was tells nothing new
    const whole = toHex(outer);
    const again = this.#packets.has(whole);
    this.#packets.add(whole);
    const boot = this.#keys.get(key) ?? this.boot;
    this.#keys.set(key, boot);
    if (boot !== this.boot) this.faults.push(`KEY of boot ${boot} in boot ${this.boot}`);
    if (again) return;
    if (this.#ivs.has(iv)) this.faults.push("IV used twice");
    this.#ivs.add(iv);
    const inner = lob.decode(this.#reader.decrypt(outer));
    const type = isHandshake(inner) ? "handshake" : "message";
    const at = stampOf(inner);
    const last = this.#at[type];
    if (at <= (type === "message" ? Math.max(last.now, last.before) : last.before))
      this.faults.push(`${type} ${at} in boot ${this.boot} after ${last.before}, ${last.now}`);
    last.now = Math.max(last.now, at);
    if (type === "handshake") {
      const identity = toHex(lob.decode(inner.body).body);
      this.identity ??= identity;
      if (identity !== this.identity) this.faults.push("another identity");
    }
  }
}

/** Plays with a fault in one boot, and then until all has been said once more, twice. */
async function play(t: ExecutionContext, kind: Kind, at: number, faults: Faults, host?: DeviceHost): Promise<void> {
  const name = `${kind.name}, boot ${at}: ${JSON.stringify(faults)}`;
  const w = new CheckedDevice(kind, host);
  for (let boot = 0; boot < at; boot++) {
    await w.start();
    t.true(await w.talk(), name);
  }
  let said = false;
  try {
    await w.start(faults);
    said = await w.talk(60);
  } catch (error) {
    // a board without room may refuse to start
    t.true(error instanceof DeviceError && faults.full !== undefined, `${name}: ${String(error)}`);
  }
  if (faults.cut) t.true(w.cut && !said, name);
  for (const _again of [1, 2]) {
    await w.start();
    t.true(await w.talk(), `${name}, then ${w.logs.slice(-5).join("; ")}`);
  }
  t.deepEqual(w.faults, [], name);
  t.deepEqual(
    w.logs.filter((text) => text.startsWith("Uncaught") && !(faults.full !== undefined && text.includes(storageError))),
    [],
    name,
  );
  t.false("UNKNOWN_SENDER" in w.gateway.drops, name);
  await w.close();
}

for (const one of [hardware, seeded]) {
  /** How many writes the first boot has and the second. */
  const count = async (t: ExecutionContext): Promise<number[]> => {
    const w = new CheckedDevice(one);
    const writes: number[] = [];
    for (let boot = 0; boot < 3; boot++) {
      await w.start();
      t.true(await w.talk(), w.logs.join("; "));
      writes.push(w.writes);
    }
    t.deepEqual(w.faults, []);
    t.deepEqual(w.gateway.drops, {});
    await w.close();
    return writes;
  };

  test(`${one.name}: a power cut at any step of any write changes nothing that must stay`, async (t) => {
    const writes = await count(t);
    t.log(`writes of the first boots: ${writes.join(", ")}`);
    t.true(writes[0]! >= 6 && writes[1]! >= 3);
    for (const boot of [0, 1]) {
      for (let write = 0; write < writes[boot]!; write++) {
        for (let step = 0; step < 6; step++) await play(t, one, boot, { cut: { write, step } });
      }
    }
  });

  test(`${one.name}: nothing is sent that could not be written`, async (t) => {
    const writes = await count(t);
    for (const boot of [0, 1]) {
      for (let full = 0; full < writes[boot]!; full++) await play(t, one, boot, { full });
    }
  });
}

test("two power cuts, one after the other, are no worse than one", async (t) => {
  const next = sfc32([1, 2, 3, 4]);
  const any = (n: number): number => (next() >>> 0) % n;
  for (let i = 0; i < 60; i++) {
    const w = new CheckedDevice(i % 2 ? hardware : seeded);
    const cuts = [0, 1].map(() => ({ write: any(9), step: any(6) }));
    for (const cut of cuts) {
      await w.start({ cut });
      await w.talk(30);
    }
    await w.start();
    t.true(await w.talk(), JSON.stringify(cuts));
    t.deepEqual(w.faults, [], JSON.stringify(cuts));
    await w.close();
  }
});

test("a thousand messages each way take few writes to the flash", async (t) => {
  const w = new CheckedDevice(seeded, new VmHost({ memory: false }), 120);
  await w.start();
  t.true(await w.talk());
  for (let i = 0; i < 1000; i++) {
    w.gateway.send(`number ${i}`);
    await w.simulator.poke("gateway");
    await w.simulator.runUntil(w.simulator.time + 40);
  }
  t.true(w.gateway.messages.length >= 1000, `${w.gateway.messages.length} messages`);
  t.is(w.logs.filter((text) => text.startsWith("heard number")).length, 1000);
  t.log(`${w.writes} writes for ${w.gateway.messages.length + 1000} messages`);
  // 16 blocks of 64 each way, and what a boot takes
  t.true(w.writes <= 2 * 17 + 10, `${w.writes} writes`);
  t.deepEqual(w.faults, []);
  await w.close();
});

test("the real interpreter is cut alike", async (t) => {
  if (findInterpreter() === undefined) return t.log("skipped: no espruino-linux found");
  t.timeout(240_000);
  for (const cut of [
    { write: 1, step: 4 },
    { write: 4, step: 3 },
    { write: 5, step: 5 },
  ]) {
    const w = new CheckedDevice(seeded, new InterpreterHost({ heap: "free" }));
    await w.start({ cut });
    t.false(await w.talk(60));
    t.true(w.cut);
    t.is(w.logs.length, 0);
    await w.start();
    t.true(await w.talk(), w.logs.join("; "));
    t.deepEqual(w.faults, []);
    t.deepEqual(w.logs, ["up", "heard four"]);
    await w.close();
  }
  return undefined;
});

test("an identity that was made stays, wherever the power is cut afterwards", async (t) => {
  const w = new CheckedDevice(seeded);
  await w.start();
  await w.talk();
  const identity = await w.identityKept();
  for (let write = 0; write < 4; write++) {
    for (let step = 0; step < 6; step++) {
      await w.start({ cut: { write, step } });
      await w.talk(60);
      t.true(w.cut);
      t.is(await w.identityKept(), identity);
    }
  }
  await w.start();
  t.true(await w.talk());
  t.deepEqual(w.faults, []);
  await w.close();
});

test("a board that has neither entropy nor a seed refuses to start, and makes nothing", async (t) => {
  const w = new CheckedDevice({ ...seeded, board: { ...seeded.board, entropy: { hardware: true } } });
  await t.throwsAsync(w.start(), { message: new RegExp(`e3x-mote ${errorNumber("ENTROPY")}$`) });
  t.is(await w.identityKept(), undefined);
  await w.close();
});
