// The programs of the README run as they are printed there: the app on a simulated board; the gateway over a network that loses
// datagrams, and it goes on after the device has another address and after its own restart.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { AddressInfo } from "node:net";
import { generate, hashname, keysFromFile, keysToFile, toBase32 } from "../src/index.ts";
import type { State } from "../src/index.ts";
import { Driver, stateFile, udp } from "../src/node/index.ts";
import type { DriverOptions, Transport } from "../src/node/index.ts";
import { packageRoot } from "../tools/build/root.ts";
import { simulate } from "../sim/app.ts";
import type { SimulateOptions } from "../sim/app.ts";
import { randomOf } from "../sim/index.ts";
import { eventually } from "./node/eventually.ts";
import { fast } from "./node/simulated.ts";

const host = "127.0.0.1";
const readme = readFileSync(join(packageRoot, "README.md"), "utf8");
/** The one program that imports from a module. */
const programOf = (module: string): string => {
  const found = [...readme.matchAll(/```ts\n([^]*?)```/g)]
    .map(([, text]) => text!)
    .filter((text) => text.includes(`from "${module}";\n`));
  if (found.length !== 1) throw new Error(`the README has ${found.length} programs with ${module}`);
  return found[0]!;
};
const block = programOf("e3x-mote/node");

test("the README stays short", (t) => {
  t.true(readme.split("\n").length <= 215);
});

test("the app links, and sends its readings, in the program for testers", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "mote-readme-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const pairs = generate(randomOf(1, "gateway"));
  const app = programOf("e3x-mote/ble");
  const [gateway] = /(?<=gateway: ")\w+(?=")/.exec(app)!;
  writeFileSync(join(folder, "app.ts"), app.replace(gateway!, toBase32(pairs["1a"]!.key)));
  let log: string[] = [];
  const bindings = {
    readFileSync: () => keysToFile(pairs),
    simulate: async (options: SimulateOptions) => {
      const simulation = await simulate({ ...options, app: join(folder, options.app) });
      ({ log } = simulation);
      return simulation;
    },
  };
  const program = programOf("e3x-mote-tools/sim").replace(/^import .*\n/gm, "");
  await (
    new Function(...Object.keys(bindings), `return (async () => { ${program} })();`) as (
      ...all: unknown[]
    ) => Promise<void>
  )(...Object.values(bindings));
  t.true(log.includes("first boot: identity made, kept in Storage"));
  t.is(log.filter((line) => line === "the gateway answered our handshake").length, 2);
});

test("the gateway is at most 12 lines", (t) => {
  t.true(block.split("\n").filter((line) => line.trim()).length <= 12, block);
});

// time that passes 20 times as fast: what is lost is sent again after a second and more
const clock = fast(20);
class FastDriver extends Driver {
  constructor(options: DriverOptions) {
    super({ ...options, clock });
  }
}

for (const seed of [1, 2, 3]) {
  test(`it survives lost frames, a device with another address and its own restart, seed ${seed}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "mote-readme-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const got: string[] = [];
    const errors: unknown[] = [];
    const pairs = generate(randomOf(seed, "gateway"));
    const own = generate(randomOf(seed, "device"));
    const bindings = {
      readFileSync: () => keysToFile(pairs),
      hashname,
      keysFromFile,
      Driver: FastDriver,
      stateFile: (name: string) => stateFile(join(folder, name)),
      udp: () => udp({ host, port, clock }),
      known: new Set([hashname({ "1a": own["1a"]!.key })]),
      console: { log: (text: string) => got.push(text), error: (...all: unknown[]) => errors.push(all) },
    };
    let port = 0;
    const body = block
      .replace(/^import .*\n/gm, "")
      .replace("await gateway.listen", "const address = await gateway.listen");
    const run = new Function(
      ...Object.keys(bindings),
      `return (async () => { ${body}\nreturn { gateway, address }; })();`,
    ) as (...all: unknown[]) => Promise<{ gateway: Driver; address: AddressInfo }>;
    const start = (): ReturnType<typeof run> => run(...Object.values(bindings));

    const lose = randomOf(seed, "air");
    const saved: State = {};
    const device = async (): Promise<Driver> => {
      const driver = new FastDriver({
        pairs: own,
        events: {},
        state: { ...saved },
        save: (id, state) => {
          saved[id] = state!;
        },
      });
      const socket = udp({ host, clock });
      await driver.listen(socket);
      const way = socket.to(host, port);
      const write = way.write.bind(way);
      let frames = 0;
      // the first ones, of the handshake, and 5 % of the others
      const lossy: Transport = Object.assign(way, {
        write: (frame: Uint8Array) => frames++ < 2 || lose(1)[0]! < 13 || write(frame),
      });
      driver.endpoint.link(pairs["1a"]!.key).connect(driver.attach(lossy));
      return driver;
    };
    const reading = async (driver: Driver, text: string): Promise<void> => {
      await eventually(() => !!driver.endpoint.links[0]!.up);
      for (let n = 0; n < 20; n++) driver.endpoint.links[0]!.send(`${text} ${n}`);
      await eventually(() => got.filter((one) => one.startsWith(text)).length >= 10);
    };

    const before = await start();
    let { gateway } = before;
    ({ port } = before.address);
    t.teardown(() => gateway.close());
    let board = await device();
    await reading(board, "first");
    await board.close();
    board = await device();
    t.teardown(() => board.close());
    await reading(board, "moved");
    await gateway.close();
    ({ gateway } = await start());
    await reading(board, "restarted");
    t.is(new Set(got).size, got.length);
    t.deepEqual(errors, []);
  });
}
