import test from "ava";
import { DeviceError, SimError, Simulator, VmHost, emptyOutput, readCapture, replay } from "../../sim/index.ts";
import type { DeviceHost, LinkRecord, Node } from "../../sim/index.ts";
import { board, boot, hosts, logsOf } from "./helpers.ts";

const frame = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

// answers what comes, and is busy for 50 ms with it
const bundle = `
  NRF.on("connect", function () { print("connect"); });
  NRF.on("disconnect", function () { print("disconnect"); });
  NRF.setServices({ s: { rx: { maxLen: 20, writable: true, onWrite: function (event) {
    const text = E.toString(event.data);
    print("got " + text);
    const end = getTime() + 0.05;
    while (getTime() < end);
    NRF.updateServices({ s: { tx: { value: "<" + text, indicate: true } } });
  } }, tx: { maxLen: 40, indicate: true } } });
`;

/** Sends a numbered frame every 20 ms, and hears of links. */
class Talker implements Node {
  readonly heard: string[] = [];
  readonly links: string[] = [];
  #count = 0;

  frame(time: number, bytes: Uint8Array): ReturnType<Node["run"]> {
    this.heard.push(Buffer.from(bytes).toString());
    return this.run(time);
  }

  link(time: number, from: string, up: boolean, mtu?: number): ReturnType<Node["run"]> {
    this.links.push([time, from, up, mtu].join(" "));
    return this.run(time);
  }

  run(time: number): ReturnType<Node["run"]> {
    const output = emptyOutput(time);
    for (; this.#count * 20 <= time; this.#count++) {
      output.frames.push(frame(`${this.#count}`));
      output.times.push(time);
    }
    output.next = this.#count * 20;
    return output;
  }
}

const play = async (host: DeviceHost): Promise<{ capture: string; talker: Talker }> => {
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20, latency: 1 } });
  const talker = new Talker();
  await simulator.addDevice("device", host, { board: { ...board, curveStepMs: 5 }, bundle, radio: "ble", mtu: 53 });
  await simulator.addNode("talker", talker);
  await simulator.runUntil(305);
  await simulator.radio("device", false);
  await simulator.runUntil(605);
  await simulator.radio("device", true, 23);
  await simulator.runUntil(755);
  await simulator.restart("device");
  await simulator.runUntil(905);
  await simulator.close();
  return { capture: simulator.captureText(), talker };
};

test("a link comes with a boot, goes and comes: devices and nodes are told, and nothing gets through meanwhile, alike in every host", async (t) => {
  const { capture, talker } = await play(new VmHost());
  t.deepEqual(talker.links, ["0 device true 53", "305 device false ", "605 device true 23", "755 device true 23"]);
  const numbers = talker.heard.map((text) => Number(text.slice(1)));
  t.true(numbers.length > 5 && numbers.every((n, i) => i === 0 || n >= numbers[i - 1]!));
  t.deepEqual(
    numbers.filter((n) => n * 20 > 305 && n * 20 < 600),
    [],
  );
  const { records } = readCapture(capture);
  const air = records.filter((record) => record.k === "air" && record.t > 305 && record.t < 605);
  t.true(
    air.length > 10 && air.every((record) => record.k === "air" && record.rx.every(({ fate }) => fate === "lost")),
  );
  t.deepEqual(
    records.filter((record) => record.k === "frame" && record.t > 306 && record.t < 605),
    [],
  );
  for (const other of hosts.slice(1)) t.true((await play(other.make())).capture === capture, other.name);
});

test("a capture with links replays, and shows where one was changed", async (t) => {
  const capture = readCapture((await play(new VmHost())).capture);
  const again = (edited: typeof capture) => replay(edited, { host: () => new VmHost(), program: () => ({ bundle }) });
  t.deepEqual((await again(capture)).difference, undefined);
  const copy = structuredClone(capture);
  const index = copy.records.findIndex((record) => record.k === "link" && !record.up);
  (copy.records[index] as LinkRecord).up = true;
  const { difference } = await again(copy);
  // the device is busy then, and would have told later; the first frame after it gets through
  t.deepEqual([difference?.line, difference?.kind], [index + 3, "air"]);
});

test("what is wrong with a radio is said", async (t) => {
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20 } });
  await simulator.addNode("talker", new Talker());
  await t.throwsAsync(simulator.radio("nobody", false), { instanceOf: SimError });
  await simulator.close();
  for (const { make } of hosts) {
    const host = make();
    const error = await t.throwsAsync(host.boot(boot("", { radio: "smoke" as never })), { instanceOf: DeviceError });
    t.is((error as DeviceError | undefined)?.code, "device-radio");
    await host.close();
  }
});

for (const { name, make } of hosts) {
  test(`events wait in order while the program is busy, as many as the queue has room for: ${name}`, async (t) => {
    const host = make();
    // 25 bytes each: three of five have room behind the one that is being handled
    await host.boot(
      boot(bundle.replace('"got "', '"got " + text.length + " "'), {
        board: { ...board, curveStepMs: 5 },
        radio: "ble",
        radioOptions: { queue: 80 },
      }),
    );
    await host.link(0, true);
    const logs: string[] = [];
    const note = (output: { logs: string[] }): void => {
      logs.push(...output.logs);
    };
    const part = (n: number): Uint8Array => frame(`${n}`.repeat(20));
    note(await host.run(100));
    note(await host.frame(100, part(0)));
    for (let i = 1; i <= 5; i++) note(await host.frame(100 + i, part(i)));
    t.deepEqual(logs, [`got 20 ${"0".repeat(20)}`, "event queue full", "event queue full"]);
    let next: number | undefined = 155;
    while (next !== undefined) {
      const output: { logs: string[]; next: number | undefined } = await host.run(next);
      note(output);
      next = output.next;
    }
    t.deepEqual(
      logs.slice(3),
      [1, 2, 3].map((n) => `got 20 ${`${n}`.repeat(20)}`),
    );
    await host.close();
  });

  test(`NRF and the console without a connection: ${name}`, async (t) => {
    const text = `print(E.getConsole(), NRF.getSecurityStatus().connected, new Uint8Array(NRF.getAdvertisingData({0x180F:[95]})).length);
      print(new Uint8Array(NRF.getAdvertisingData({"f11d0001-72f6-4ea6-9678-d0c860a351e9":undefined},{showName:false})));
      E.setConsole("USB"); print(E.getConsole());
      try { NRF.updateServices({a:{b:{value:"1"}}}); } catch (e) { print(e.message); }`;
    t.deepEqual(await logsOf(make(), text, { radio: "ble" }), [
      "Serial1 false 22",
      "[2,1,6,17,7,233,81,163,96,200,208,120,150,166,78,246,114,1,0,29,241]",
      "USB",
      "Unable to find service with UUID b",
    ]);
  });
}
