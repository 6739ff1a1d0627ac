import test from "ava";
import { Simulator, VmHost, readCapture, replay, type Happening } from "../../sim/index.ts";
import { boot, hosts } from "./helpers.ts";

const happens: Happening[] = [
  { at: 3000, press: "BTN", ms: 200 },
  { at: 1000, press: "BTN" },
  { at: 1500, temperature: 30 },
  { at: 1600, battery: 20 },
  { at: 1700, analog: "D3", value: 0.25 },
  { at: 2000, light: 0.75 },
];
const app = `
  let presses = 0;
  setWatch(function () { presses++; print("pressed", presses); LED1.set(); }, BTN, { edge: "rising", repeat: true });
  setWatch(function () { LED1.reset(); }, BTN, { edge: "falling", repeat: true });
  setWatch(function () { print("once"); }, BTN, { edge: "both" });
  const gone = setWatch(function () { print("never"); }, BTN, { repeat: true });
  clearWatch(gone);
  print(E.getTemperature(), E.getBattery(), analogRead(D3), Puck.light(), digitalRead(BTN));
  setTimeout(function () { print(E.getTemperature(), E.getBattery(), analogRead(D3), Puck.light()); digitalPulse(LED3, 1, 100); }, 2500);
`;
const log = [
  "21.5 87 0.5 0.5 0",
  "pressed 1",
  "LED1 on",
  "once",
  "LED1 off",
  "30 20 0.25 0.75",
  "LED3 on",
  "LED3 off",
  "pressed 2",
  "LED1 on",
  "LED1 off",
];

for (const { name, make } of hosts) {
  test(`buttons, LEDs and sensors of a board, ${name}`, async (t) => {
    const host = make();
    t.teardown(() => host.close());
    let output = await host.boot(boot(app, { happens }));
    const logs = [...output.logs];
    const times: number[] = [];
    while (output.next !== undefined) {
      times.push(output.next);
      output = await host.run(output.next);
      logs.push(...output.logs);
    }
    t.deepEqual(logs, log);
    t.deepEqual(
      times.filter((time, i) => time !== times[i - 1]),
      [1000, 1100, 1500, 1600, 1700, 2000, 2500, 2600, 3000, 3200],
    );
  });
}

test("what happened to a board is in the capture, and happens again in a replay", async (t) => {
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20 } });
  const { board } = boot(app);
  const host = new VmHost();
  await simulator.addDevice("device", host, { board, bundle: app, happens });
  await simulator.runUntil(5000);
  await simulator.close();
  const capture = readCapture(simulator.captureText());
  const again = await replay(capture, { host: () => new VmHost(), program: () => ({ bundle: app }) });
  t.true(again.agreed);
  const without = capture.records.map((record) => (record.k === "boot" ? { ...record, happens: [] } : record));
  t.false(
    (await replay({ ...capture, records: without }, { host: () => new VmHost(), program: () => ({ bundle: app }) }))
      .agreed,
  );
});
