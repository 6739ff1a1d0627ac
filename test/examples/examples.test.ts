// The examples on good radios: each application as it is built, on its simulated board, next to the gateway of the examples.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { start as startGateway } from "../../examples/gateway.ts";
import { askText, start as startAsking } from "../../examples/requests/gateway.ts";
import { httpHandler } from "../../src/node/index.ts";
import { findInterpreter, simulate } from "../../sim/app.ts";
import type { Simulation } from "../../sim/app.ts";
import { FOREVER, answered, gateway, path, readings, storage, uncaught } from "./examples.ts";
import type { Board } from "./examples.ts";
import { endure, lossy } from "./lossy.ts";

const hosts: ("vm" | "interpreter")[] = findInterpreter() === undefined ? ["vm"] : ["vm", "interpreter"];
if (hosts.length === 1)
  test("the examples in the real interpreter", (t) => {
    t.pass();
    t.log("skipped: no espruino-linux");
  });

const long = process.env["LONG"] === "1";
// tests of a file take turns: each lasts as long as all of them
const patience = long ? 3600_000 : 240_000;

const startOf = (name: string): typeof startGateway => (name === "requests" ? startAsking : startGateway);

/** What the device answers to a request of the gateway. */
async function answer(s: Simulation, method: string, path: string, body?: string): Promise<string> {
  const said = await answered(
    s,
    askText(s.gateway.driver, { method, path, ...(body !== undefined && { body }) }, { timeout: FOREVER }),
  );
  // for so long a channel answers what comes again, and takes the device's memory
  await s.forSeconds(35);
  return [said.status, said.reason, said.body].filter((part) => part !== undefined).join(" ");
}

interface Example extends Board {
  /** Whether it sends messages by itself. */
  silent?: boolean;
  /** What is seen, after the link is up. */
  seen(simulation: Simulation): Promise<unknown>;
  expected: unknown;
}

const HOUR = 3600_000;
const last = (s: Simulation): unknown => JSON.parse(s.messages.at(-1)!);

const examples: Record<string, Example> = {
  button: {
    board: "puckjs",
    // the hour is after the link: the keys take minutes where they are made in JavaScript
    happens: [
      { at: HOUR, temperature: 23.25 },
      { at: HOUR + 1000, press: "BTN" },
      { at: HOUR + 2000, press: "BTN" },
    ],
    seen: async (s) => {
      const first = JSON.parse(s.messages[0]!) as object;
      await s.until(() => (last(s) as { presses: number }).presses === 2, 4000);
      const pressed = last(s);
      await s.send("green");
      await s.until(() => s.log.includes("LED2 off"));
      return [first, pressed, s.log.slice(-2)];
    },
    expected: [
      { presses: 0, temperature: 21.5, battery: 87 },
      { presses: 2, temperature: 23.25, battery: 87 },
      ["LED2 on", "LED2 off"],
    ],
  },
  watch: {
    board: "banglejs2",
    happens: [
      { at: 100, steps: 10 },
      { at: HOUR, steps: 4321 },
      ...Array.from({ length: 40 }, (_, i) => ({ at: HOUR + i * 10_000, bpm: 72, confidence: 90 })),
    ],
    seen: async (s) => {
      const first = last(s);
      await s.until(() => s.time > HOUR / 1000 + 390, 5000);
      const later = last(s);
      await s.send("Gate 4, boarding");
      await s.until(() => s.log.includes("buzz"));
      return [first, later, s.log.slice(-3)];
    },
    expected: [
      { steps: 10, bpm: 0, battery: 87 },
      { steps: 4321, bpm: 72, battery: 87 },
      ["screen: Gate 4, boardi", "screen: ng", "buzz"],
    ],
  },
  field: {
    board: "mdbt42q",
    happens: [{ at: HOUR, analog: "D31", value: 0.31 }],
    radioOptions: { cs: "D4", dio0: "D5", rst: "D6" },
    seen: async (s) => {
      const first = last(s);
      await s.until(() => s.time > HOUR / 1000 + 600, 5000);
      const later = last(s);
      const before = s.messages.length;
      // in the seconds after a report, when the module has power
      await s.until(() => s.messages.length > before);
      await s.send("2");
      await s.until(() => s.log.includes("every 2 minutes"));
      const now = s.messages.length;
      await s.forSeconds(610);
      return [first, later, s.messages.length - now];
    },
    expected: [{ moisture: 50, temperature: 21.5, battery: 87 }, { moisture: 31, temperature: 21.5, battery: 87 }, 5],
  },
  requests: {
    board: "puckjs",
    silent: true,
    happens: [{ at: HOUR, temperature: 23.25 }],
    seen: async (s) => {
      const answers = [
        await answer(s, "GET", "/temperature"),
        await answer(s, "GET", "/battery"),
        await answer(s, "GET", "/light"),
        await answer(s, "PUT", "/light", "on"),
        await answer(s, "PUT", "/light", "x".repeat(300)),
        await answer(s, "GET", "/light"),
        await answer(s, "GET", "/constructor"),
        await answer(s, "constructor", ""),
      ];
      await s.forSeconds(HOUR / 1000);
      return [...answers, await answer(s, "GET", "/temperature")];
    },
    expected: [
      "200 21.5",
      '200 {"percent":87}',
      "200 off",
      "204 ",
      "400 on or off ",
      "200 on",
      "404 ",
      "404 ",
      "200 23.3",
    ],
  },
  bridge: {
    board: "pico",
    // the first before the link, the second in two parts
    happens: [
      { at: 1000, serial2: "21.5 C\r\n" },
      { at: HOUR, serial2: "22.0" },
      { at: HOUR + 50, serial2: " C\r\n" },
    ],
    radioOptions: { baud: 115200 },
    seen: async (s) => {
      await s.until(() => s.messages.length === 2, 4000);
      await s.send("zero");
      await s.until(() => s.log.some((line) => line.startsWith("Serial2")));
      return [s.messages, s.log.at(-1)];
    },
    expected: [["21.5 C", "22.0 C"], "Serial2: zero\r\n"],
  },
  telemetry: {
    board: "puckjs",
    storage: storage(readings),
    seen: async (s) => {
      await s.until(() => s.messages.length === readings.length);
      await s.send("thanks");
      await s.until(() => s.log.length === 3);
      return [s.messages, s.log];
    },
    expected: [readings, ["identity made", "linked", "gateway says thanks"]],
  },
};

for (const host of hosts) {
  for (const [name, { silent, seen, expected, ...board }] of Object.entries(examples)) {
    test(`${name} on a ${board.board}, ${host}: links, does what it is for, and hears the gateway`, async (t) => {
      t.timeout(patience);
      const simulation = await simulate({ ...board, app: path(`${name}/app.ts`), gateway, start: startOf(name), host });
      t.teardown(() => simulation.close());
      await simulation.until(() => (silent ? simulation.log.includes("linked") : simulation.messages.length > 0));
      t.deepEqual(await seen(simulation), expected);
      t.deepEqual(uncaught(simulation), []);
      t.deepEqual(simulation.gateway.drops, {});
      t.deepEqual(simulation.gateway.errors, []);
      if (!silent)
        t.log(
          `first report after ${simulation.gateway.messages[0]!.time / 1000} s, ${simulation.messages.length} in ${Math.round(simulation.time)} s`,
        );
    });
  }
}

test("the gateway of requests answers HTTP for its device, and has no answer without one", async (t) => {
  const simulation = await simulate({ board: "puckjs", app: path("requests/app.ts"), gateway, start: startAsking });
  t.teardown(() => simulation.close());
  const { driver } = simulation.gateway;
  await t.throwsAsync(askText(driver, { method: "GET", path: "/" }), { message: "no device is linked" });
  await simulation.until(() => driver.endpoint.links[0]?.up === true);
  const server = createServer(httpHandler(driver.endpoint, { timeout: FOREVER })).listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${driver.endpoint.links[0]!.hashname}`;
  const response = await answered(simulation, fetch(`${url}/battery`));
  t.deepEqual(
    [response.status, response.headers.get("content-type"), await response.json()],
    [200, "application/json", { percent: 87 }],
  );
  t.is((await answered(simulation, fetch(`${url}/nothing`))).status, 404);
});

for (const host of hosts) {
  const seeds = long ? 10 : 1;
  for (const [name, make] of Object.entries(lossy))
    for (let seed = 1; seed <= seeds; seed++) {
      test(`${name}, ${host}: 5 % of the frames get lost, the link goes and comes, both sides restart, seed ${seed}`, async (t) => {
        t.timeout(patience);
        const example = make();
        const { use: _use, check: _check, ...board } = example;
        const simulation = await simulate({
          ...board,
          app: path(`${name}/app.ts`),
          gateway,
          start: startOf(name),
          host,
          seed,
          medium: { loss: 0.05 },
        });
        t.teardown(() => simulation.close());
        await endure(t, simulation, example);
      });
    }
}
