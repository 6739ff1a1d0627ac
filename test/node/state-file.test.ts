import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { generate } from "../../src/index.ts";
import { Driver, stateFile } from "../../src/node/index.ts";
import { randomOf } from "../../sim/random.ts";
import { eventually } from "./eventually.ts";
import { Air, SimulatedClock } from "./simulated.ts";

function pathOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), "state-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, "state.json");
}

const saved = (n: number): { handshakes: [number, number]; messages: [number, number] } => ({
  handshakes: [n, n],
  messages: [n, n],
});

test("what was saved is there at the next start, what was removed is not, and only its owner reads it", async (t) => {
  const path = pathOf(t);
  const file = stateFile(path);
  t.deepEqual(file.state, {});
  file.save("one", saved(1));
  file.save("two", saved(2));
  t.false(existsSync(path));
  await file.commit();
  t.deepEqual(stateFile(path).state, { one: saved(1), two: saved(2) });
  t.is(statSync(path).mode & 0o777, 0o600);
  const again = stateFile(path);
  again.save("one", undefined);
  again.save("two", saved(3));
  await again.commit();
  t.deepEqual(stateFile(path).state, { two: saved(3) });
  t.false(existsSync(`${path}.new`));
});

test("a commit without anything new writes nothing", async (t) => {
  const path = pathOf(t);
  const file = stateFile(path);
  file.save("one", saved(1));
  await file.commit();
  writeFileSync(path, "{}");
  await file.commit();
  t.is(readFileSync(path, "utf8"), "{}");
});

test("a commit that fails leaves the file as it was, and the next one writes all", async (t) => {
  const path = pathOf(t);
  const file = stateFile(path);
  file.save("one", saved(1));
  await file.commit();
  mkdirSync(`${path}.new`);
  file.save("one", saved(2));
  await t.throwsAsync(file.commit(), { code: "EISDIR" });
  t.deepEqual(stateFile(path).state, { one: saved(1) });
  rmdirSync(`${path}.new`);
  await file.commit();
  t.deepEqual(stateFile(path).state, { one: saved(2) });
});

test("a file that is damaged is an error that says what to do", (t) => {
  const path = pathOf(t);
  writeFileSync(path, '{"one":');
  t.throws(() => stateFile(path), { message: /state\.json is damaged\. Restore it from a copy/ });
});

test("a driver with it goes on after a restart, and nothing left before the state was on the disk", async (t) => {
  const path = pathOf(t);
  const clock = new SimulatedClock();
  const air = new Air(clock);
  const device = new Driver({
    pairs: generate(randomOf(1, "device")),
    random: randomOf(1, "device/random"),
    clock,
    events: {},
  });
  const got: string[] = [];
  const start = (): Driver =>
    new Driver({
      pairs: generate(randomOf(1, "gateway")),
      random: randomOf(1, "gateway/random"),
      clock,
      ...stateFile(path),
      accept: () => !existsSync(path),
      events: {
        message: (_link, data) => {
          got.push(new TextDecoder().decode(data));
        },
      },
    });
  let gateway = start();
  gateway.attach(air.ends[1]);
  const written = air.ends[1].write.bind(air.ends[1]);
  air.ends[1].write = (frame) => {
    t.true(existsSync(path));
    return written(frame);
  };
  const link = device.endpoint.link(gateway.endpoint.identity.key);
  link.connect(device.attach(air.ends[0]));
  // the disk takes as long as it takes: simulated time goes on slowly
  const until = (done: () => boolean): Promise<void> =>
    eventually(() => {
      clock.runTo(clock.time + 0.001);
      return done();
    });
  await until(() => !!link.up);
  link.send("before");
  await until(() => got.length === 1);
  await gateway.close();
  const [key] = Object.keys(stateFile(path).state);
  t.is(key?.length, 34);
  gateway = start();
  gateway.attach(air.ends[1]);
  t.is(gateway.endpoint.links.length, 1);
  link.send("after");
  await until(() => got.length === 2);
  t.deepEqual(got, ["before", "after"]);
  await gateway.close();
});
