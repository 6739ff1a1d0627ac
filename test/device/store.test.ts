import { createHash, createHmac } from "node:crypto";
import { fileURLToPath } from "node:url";
import test from "ava";
import { InterpreterHost, VmHost, findInterpreter } from "../../sim/index.ts";
import type { Json, DeviceHost, Faults, StorageImage } from "../../sim/index.ts";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { errorNumber } from "../../src/errors.ts";
import { seedFile } from "../../tools/flash/seed.ts";

const board = loadBoard("linux");
const entry = fileURLToPath(new URL("./fixtures/store.ts", import.meta.url));
const program = (await measureBoard(board, { entry })).files["e3x-mote.js"]!;

const hosts: { name: string; make: () => DeviceHost }[] = [{ name: "vm", make: () => new VmHost() }];
if (findInterpreter() !== undefined)
  hosts.push({ name: "interpreter", make: () => new InterpreterHost({ heap: "free" }) });

type Call = [call: "read" | "identity" | "state" | "erase" | "random", argument?: number[]];

/** A board with the fixture: each `run` is a boot that does some calls and gives what they logged. */
class Board {
  readonly host: DeviceHost;
  cut = false;
  writes = 0;

  constructor(host: DeviceHost) {
    this.host = host;
  }

  async run(todo: Call[], faults?: Faults, storage?: StorageImage): Promise<string[]> {
    const output = await this.host.boot({
      board,
      bundle: program,
      entropy: [1, 2, 3, 4],
      globals: { todo: todo as unknown as Json },
      ...(faults && { faults }),
      ...(storage && { storage }),
    });
    this.cut = output.cut ?? false;
    this.writes = output.writes ?? 0;
    return output.logs;
  }
}

const base64 = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString("base64");
const identity = Array.from({ length: 41 }, (_, i) => (i * 7) % 256);
const other = identity.map((byte) => byte ^ 255);
const storageError = String(errorNumber("STORAGE"));
const steps = [0, 1, 2, 3, 4, 5];
const seed = (byte: number): StorageImage => {
  const { name, bytes } = seedFile((n) => new Uint8Array(n).fill(byte));
  return { [name]: bytes };
};
/** A file with some of its bytes changed, as a worn flash has it. */
const damaged = (image: StorageImage, name: string): StorageImage => ({
  ...image,
  [name]: image[name]!.map((byte, i) => (i === 12 ? byte ^ 4 : byte)),
});

for (const { name, make } of hosts) {
  test(`${name}: identity and state are kept, the newest state counts, and all can be erased`, async (t) => {
    const b = new Board(make());
    t.deepEqual(await b.run([["read"]]), ["none none"]);
    t.is(b.writes, 0);
    t.deepEqual(await b.run([["identity", identity], ["read"]]), [`${base64(identity)} [0,0,0,0]`]);
    t.is(b.writes, 2);
    const large = [2 ** 53 - 1, 2 ** 53 - 2, 2 ** 32 - 1, 1763942400123];
    for (const state of [[1, 0, 0, 0], [64, 63, 62, 61], [65, 65, 65, 65], large]) {
      await b.run([["read"], ["state", state]]);
      t.is(b.writes, 1);
      t.deepEqual(await b.run([["read"]]), [`${base64(identity)} ${JSON.stringify(state)}`]);
    }
    t.deepEqual(Object.keys(await b.host.storage()), ["mote.0", "mote.1", "mote.id"]);
    // several in one boot take turns
    await b.run([["read"], ["state", [100, 0, 0, 0]], ["state", [101, 0, 0, 0]], ["state", [102, 0, 0, 0]]]);
    t.deepEqual(await b.run([["read"]]), [`${base64(identity)} [102,0,0,0]`]);
    t.deepEqual(await b.run([["erase"], ["read"]]), ["none none"]);
    t.deepEqual(Object.keys(await b.host.storage()), []);
    await b.host.close();
  });

  test(`${name}: a power cut leaves the old state or the new one, and no part of an identity`, async (t) => {
    const b = new Board(make());
    await b.run([
      ["identity", identity],
      ["state", [1, 1, 1, 1]],
    ]);
    const image = await b.host.storage();
    for (const step of steps) {
      const logs = await b.run([["read"], ["state", [2, 2, 2, 2]], ["read"]], { cut: { write: 0, step } }, image);
      t.true(b.cut);
      t.is(logs.length, 1, "something was said without power");
      t.deepEqual(await b.run([["read"]]), [`${base64(identity)} [${step < 5 ? "1,1,1,1" : "2,2,2,2"}]`]);
      // and what comes next does not go over what counts
      await b.run([["read"], ["state", [3, 3, 3, 3]]]);
      t.deepEqual(await b.run([["read"]]), [`${base64(identity)} [3,3,3,3]`]);
    }
    for (const write of [0, 1]) {
      for (const step of steps) {
        await b.run([["identity", identity]], { cut: { write, step } }, {});
        const there = write === 1 && step === 5;
        t.deepEqual(await b.run([["read"]]), [
          there ? `${base64(identity)} [0,0,0,0]` : `none ${write === 1 || step === 5 ? "[0,0,0,0]" : "none"}`,
        ]);
        if (there) continue;
        // cut a second time, then made; zeros that are there are not written again
        await b.run([["read"], ["identity", other]], { cut: { write: write === 1 || step === 5 ? 0 : 1, step: 4 } });
        t.true(b.cut);
        t.is((await b.run([["read"]]))[0]!.slice(0, 4), "none");
        await b.run([["read"], ["identity", other]]);
        t.deepEqual(await b.run([["read"]]), [`${base64(other)} [0,0,0,0]`]);
      }
    }
    await b.host.close();
  });

  test(`${name}: an identity whose files are damaged is not replaced by another, unless it is erased`, async (t) => {
    const b = new Board(make());
    await b.run([
      ["identity", identity],
      ["state", [1, 0, 0, 0]],
    ]);
    const image = await b.host.storage();
    t.deepEqual(await b.run([["read"]], undefined, damaged(image, "mote.id")), [storageError]);
    t.deepEqual(await b.run([["read"]], undefined, { "mote.id": image["mote.id"]! }), [storageError]);
    t.deepEqual(await b.run([["read"]], undefined, damaged(damaged(image, "mote.0"), "mote.1")), [storageError]);
    t.deepEqual(await b.run([["erase"], ["read"]]), ["none none"]);
    // erasing goes on after a power cut
    for (const write of [0, 1, 2]) {
      for (const step of [0, 1]) {
        await b.run([["erase"]], { cut: { write, step } }, image);
        t.true(b.cut);
        t.regex((await b.run([["read"]]))[0]!, write === 0 && step === 0 ? /^AAcO/ : /^none /);
        await b.run([["erase"]]);
        t.deepEqual(await b.run([["identity", other], ["read"]]), [`${base64(other)} [0,0,0,0]`]);
      }
    }
    await b.host.close();
  });

  test(`${name}: where there is no room, STORAGE is thrown and what counts stays`, async (t) => {
    const b = new Board(make());
    await b.run([
      ["identity", identity],
      ["state", [1, 1, 1, 1]],
    ]);
    t.deepEqual(await b.run([["read"], ["state", [2, 2, 2, 2]], ["state", [3, 3, 3, 3]], ["read"]], { full: 0 }), [
      `${base64(identity)} [1,1,1,1]`,
      storageError,
      storageError,
      `${base64(identity)} [1,1,1,1]`,
    ]);
    await b.run([["read"], ["state", [4, 4, 4, 4]]]);
    t.deepEqual(await b.run([["read"]]), [`${base64(identity)} [4,4,4,4]`]);
    // nor is anything given of a seed whose successor has no room
    t.deepEqual(await b.run([["random", [20]]], { full: 0 }, seed(1)), [storageError]);
    await b.host.close();
  });

  test(`${name}: a seed gives another stream at each boot, and never again what it gave`, async (t) => {
    const b = new Board(make());
    t.deepEqual(await b.run([["random", [20]]], undefined, {}), [String(errorNumber("ENTROPY"))]);
    const streams = new Set<string>();
    const first = await b.run([["random", [20, 4, 40]]], undefined, seed(1));
    t.is(b.writes, 2);
    for (let boot = 1; boot < 5; boot++) {
      t.is(Object.keys(await b.host.storage()).join(), `mote.seed${boot % 2}`);
      streams.add(first.join());
      first.splice(0, 3, ...(await b.run([["random", [20, 4, 40]]])));
      t.deepEqual(
        first.map((text) => Buffer.from(text, "base64").length),
        [20, 4, 40],
      );
    }
    streams.add(first.join());
    t.is(streams.size, 5);
    // what it is, by other means
    const hmac = (key: Uint8Array, byte: number): Uint8Array =>
      createHmac("sha256", key).update(Uint8Array.of(byte)).digest();
    const start = hmac(new Uint8Array(32).fill(2), 1);
    t.deepEqual(
      await b.run([["random", [32, 32]]], undefined, seed(2)),
      [hmac(start, 0), hmac(hmac(start, 1), 0)].map(base64),
    );
    const next = hmac(new Uint8Array(32).fill(2), 0);
    t.deepEqual(
      Buffer.from((await b.host.storage())["mote.seed1"]!),
      Buffer.concat([createHash("sha256").update(next).digest().subarray(0, 8), next]),
    );
    // a damaged seed is none
    t.deepEqual(await b.run([["random", [20]]], undefined, damaged(seed(1), "mote.seed0")), [
      String(errorNumber("ENTROPY")),
    ]);
    await b.host.close();
  });

  test(`${name}: a power cut at any step of a boot does not bring a stream back`, async (t) => {
    const b = new Board(make());
    for (const boots of [0, 1]) {
      for (const write of [0, 1]) {
        for (const step of write ? [0, 1] : steps) {
          const seen = new Set<string>();
          const given = async (faults?: Faults, storage?: StorageImage): Promise<void> => {
            for (const text of await b.run([["random", [16]]], faults, storage)) {
              t.regex(text, /^.{22}==$/);
              t.false(seen.has(text), JSON.stringify([boots, write, step]));
              seen.add(text);
            }
          };
          await given(undefined, seed(3));
          if (boots) await given();
          await given({ cut: { write, step } });
          t.true(b.cut);
          const before = seen.size;
          t.is(before, 1 + boots);
          for (let i = 0; i < 3; i++) await given();
          t.is(seen.size, before + 3);
        }
      }
    }
    await b.host.close();
  });
}

test("a seed is 32 random bytes behind their check value, and another each time", (t) => {
  const [one, two] = [seedFile(), seedFile()];
  t.is(one.name, "mote.seed0");
  t.is(one.bytes.length, 40);
  t.notDeepEqual(one.bytes.subarray(8), two.bytes.subarray(8));
  t.deepEqual(
    Buffer.from(one.bytes.subarray(0, 8)),
    createHash("sha256").update(one.bytes.subarray(8)).digest().subarray(0, 8),
  );
});
