import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import test from "ava";
import { serve } from "../examples/requests/gateway.ts";
import { loadBoard, measureBoard } from "../tools/build/index.ts";
import { fromBase32, thtp } from "../src/index.ts";
import { Simulator, VmHost, emptyOutput, findInterpreter, simulate, type Happening, type Json, type Output, type Simulation } from "../sim/app.ts";

const path = (file: string): string => fileURLToPath(new URL(`../examples/${file}`, import.meta.url));
const gateway = JSON.parse(readFileSync(path("gateway.json"), "utf8")) as { keys: Record<string, string>; secrets: Record<string, string> };

const hosts: ("vm" | "interpreter")[] = findInterpreter() === undefined ? ["vm"] : ["vm", "interpreter"];
if (hosts.length === 1) test("the examples in the real interpreter", (t) => { t.pass(); t.log("skipped: no espruino-linux"); });

/** What the device answers to a request of the gateway. */
async function answer(s: Simulation, method: string, path: string, body?: string): Promise<unknown> {
  let said: unknown;
  thtp.request(s.gateway.links[0]!, { method, path, ...(body !== undefined && { body }) }, (error, response) => {
    said = error ?? [response!.status, response!.reason, new TextDecoder().decode(response!.body)].filter((part) => part !== undefined).join(" ");
  });
  await s.simulator.poke("gateway");
  await s.until(() => said !== undefined, 60);
  // for so long a channel answers what comes again, and takes the device's memory
  await s.forSeconds(35);
  return said;
}

interface Example {
  board: string;
  happens?: Happening[];
  radioOptions?: { [name: string]: Json };
  /** Whether it sends messages by itself. */
  silent?: boolean;
  /** What is seen, after the link is up. */
  seen(simulation: Simulation): Promise<unknown>;
  expected: unknown;
}

const HOUR = 3600_000;
const last = (s: Simulation): unknown => JSON.parse(s.messages.at(-1)!);
const uncaught = (s: Simulation): string[] => s.log.filter((line) => line.startsWith("Uncaught"));

const examples: Record<string, Example> = {
  button: {
    board: "puckjs",
    // the hour is after the link: the keys take minutes where they are made in JavaScript
    happens: [{ at: HOUR, temperature: 23.25 }, { at: HOUR + 1000, press: "BTN" }, { at: HOUR + 2000, press: "BTN" }],
    seen: async (s) => {
      const first = JSON.parse(s.messages[0]!) as object;
      await s.until(() => (last(s) as { presses: number }).presses === 2, 4000);
      const pressed = last(s);
      await s.send("green");
      await s.until(() => s.log.includes("LED2 off"));
      return [first, pressed, s.log.slice(-2)];
    },
    expected: [{ presses: 0, temperature: 21.5, battery: 87 }, { presses: 2, temperature: 23.25, battery: 87 }, ["LED2 on", "LED2 off"]],
  },
  watch: {
    board: "banglejs2",
    happens: [{ at: 100, steps: 10 }, { at: HOUR, steps: 4321 }, ...Array.from({ length: 40 }, (_, i) => ({ at: HOUR + i * 10_000, bpm: 72, confidence: 90 }))],
    seen: async (s) => {
      const first = last(s);
      await s.until(() => s.time > HOUR / 1000 + 390, 5000);
      const later = last(s);
      await s.send("Gate 4, boarding");
      await s.until(() => s.log.includes("buzz"));
      return [first, later, s.log.slice(-3)];
    },
    expected: [{ steps: 10, bpm: 0, battery: 87 }, { steps: 4321, bpm: 72, battery: 87 }, ["screen: Gate 4, boardi", "screen: ng", "buzz"]],
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
        await answer(s, "GET", "/temperature"), await answer(s, "GET", "/battery"), await answer(s, "GET", "/light"),
        await answer(s, "PUT", "/light", "on"), await answer(s, "PUT", "/light", "x".repeat(300)), await answer(s, "GET", "/light"),
        await answer(s, "GET", "/constructor"), await answer(s, "constructor", ""),
      ];
      await s.forSeconds(HOUR / 1000);
      return [...answers, await answer(s, "GET", "/temperature")];
    },
    expected: ["200 21.5", '200 {"percent":87}', "200 off", "204 ", "400 on or off ", "200 on", "404 ", "404 ", "200 23.3"],
  },
  bridge: {
    board: "pico",
    // the first before the link, the second in two parts
    happens: [{ at: 1000, serial2: "21.5 C\r\n" }, { at: HOUR, serial2: "22.0" }, { at: HOUR + 50, serial2: " C\r\n" }],
    radioOptions: { baud: 115200 },
    seen: async (s) => {
      await s.until(() => s.messages.length === 2, 4000);
      await s.send("zero");
      await s.until(() => s.log.some((line) => line.startsWith("Serial2")));
      return [s.messages, s.log.at(-1)];
    },
    expected: [["21.5 C", "22.0 C"], "Serial2: zero\r\n"],
  },
};

for (const host of hosts) {
  for (const [name, { board, happens, radioOptions, silent, seen, expected }] of Object.entries(examples)) {
    test(`${name} on a ${board}, ${host}: links, does what it is for, and hears the gateway`, async (t) => {
      t.timeout(240_000);
      const simulation = await simulate({ board, app: path(`${name}/app.ts`), gateway, host, ...(happens && { happens }), ...(radioOptions && { radioOptions }) });
      t.teardown(() => simulation.close());
      await simulation.until(() => (silent ? simulation.log.includes("linked") : simulation.messages.length > 0));
      t.deepEqual(await seen(simulation), expected);
      t.deepEqual(uncaught(simulation), []);
      t.deepEqual(simulation.gateway.drops, {});
      if (!silent) t.log(`first report after ${simulation.gateway.messages[0]!.time / 1000} s, ${simulation.messages.length} in ${Math.round(simulation.time)} s`);
    });
  }
}

test("the gateway side of requests asks its device, and answers HTTP for it", async (t) => {
  let out: Uint8Array[] = [];
  let deliver: (frame: Uint8Array) => void = () => undefined;
  const radio = { write: (frame: Uint8Array) => { out.push(frame); }, listen: (heard: (frame: Uint8Array) => void) => { deliver = heard; } };
  const pair = { key: fromBase32(gateway.keys["1a"]!), secret: fromBase32(gateway.secrets["1a"]!) };
  const { endpoint, ask, http } = serve(pair, radio, {}, () => undefined);
  const board = loadBoard("puckjs");
  const { files } = await measureBoard(board, { app: path("requests/app.ts") });
  const host = new VmHost();
  const simulator = new Simulator({ seed: 1, medium: { frameSize: 20, latency: 5 } });
  t.teardown(() => simulator.close());
  const written = (time: number): Output => {
    const output = { ...emptyOutput(time), frames: out, times: out.map(() => time) };
    out = [];
    return output;
  };
  await simulator.addNode("gateway", { frame: (time, bytes) => { deliver(bytes); return written(time); }, run: written });
  await simulator.addDevice("device", host, { board, bundle: files["bundle.js"]!, radio: "ble", radioOptions: { mtu: 23 } });
  t.true(await simulator.runWhile(() => endpoint.links[0]?.up === true, 60_000));
  await t.throwsAsync(serve(pair, { ...radio, listen: () => undefined }, {}, () => undefined).ask("GET", "/"), { message: "no device is linked" });

  /** Lets both go on until there is an answer. */
  const answered = async <Of>(answer: Promise<Of>): Promise<Of> => {
    let done = false;
    void answer.finally(() => { done = true; }).catch(() => undefined);
    while (!done) {
      // the gateway has a timer of its own
      await new Promise(setImmediate);
      await simulator.poke("gateway");
      await simulator.runUntil(simulator.time + 10);
    }
    return answer;
  };
  t.deepEqual(await answered(ask("GET", "/temperature")), { status: 200, body: "21.5" });
  t.deepEqual(await answered(ask("PUT", "/light", "on")), { status: 204, body: "" });

  const server = createServer(http).listen(0, "127.0.0.1");
  t.teardown(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${endpoint.links[0]!.hashname}`;
  const response = await answered(fetch(`${url}/battery`));
  t.deepEqual([response.status, response.headers.get("content-type"), await response.json()], [200, "application/json", { percent: 87 }]);
  t.is((await answered(fetch(`${url}/nothing`))).status, 404);
});
