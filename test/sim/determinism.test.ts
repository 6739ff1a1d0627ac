// The same scenario and seed give the same capture, byte for byte: run twice, on both device hosts, and on every machine.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import test from "ava";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import type { BoardBuild } from "../../tools/build/index.ts";
import { findInterpreter } from "../../sim/index.ts";
import type { Outcome } from "../../sim/outcome.ts";
import { runScenario } from "../../sim/scenarios/run.ts";
import type { RunOptions } from "../../sim/scenarios/run.ts";
import type { Scenario } from "../../sim/scenario.ts";
import { golden, table } from "./media/golden.ts";

const folder = fileURLToPath(new URL("determinism/", import.meta.url));
const scenarios = readdirSync(folder)
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => ({ name: file.slice(0, -5), scenario: JSON.parse(readFileSync(folder + file, "utf8")) as Scenario }));
const isNative = ({ devices }: Scenario): boolean => devices.every(({ app }) => app === undefined);

// each application once for a board
const builds = new Map<string, Promise<BoardBuild>>();
const build = (board: string, app: string): Promise<BoardBuild> => {
  const name = `${board} ${app}`;
  const made = builds.get(name) ?? measureBoard(loadBoard(board), { app });
  builds.set(name, made);
  return made;
};

interface Ran {
  outcome: Outcome;
  capture: string;
}

async function run(scenario: Scenario, options: RunOptions = {}): Promise<Ran> {
  let capture = "";
  const outcome = await runScenario(scenario, {
    folder,
    build,
    sink: (line) => {
      capture += line;
    },
    ...options,
  });
  return { outcome, capture };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Where two captures first differ, for people; undefined: nowhere. */
function difference(one: string, two: string): string | undefined {
  if (one === two) return undefined;
  const [lines, others] = [one.split("\n"), two.split("\n")];
  const at = lines.findIndex((line, i) => line !== others[i]);
  return `line ${at + 1}:\n${lines[at]?.slice(0, 2000)}\n${others[at]?.slice(0, 2000)}`;
}

test("there are twenty of them, over all media and with every kind of fault", (t) => {
  t.is(scenarios.length, 20);
  const media = new Set(scenarios.flatMap(({ scenario }) => Object.values(scenario.media).map(({ kind }) => kind)));
  t.deepEqual([...media].sort(), ["802.15.4", "advertising", "ble", "ideal", "lora", "nrf24", "serial", "udp"]);
  const faults = new Set(scenarios.flatMap(({ scenario }) => scenario.faults ?? []).map(({ what }) => what));
  t.deepEqual([...faults].sort(), ["flash", "gateway restart", "partition", "power cut", "radio", "reboot"]);
  t.true(scenarios.filter(({ scenario }) => !isNative(scenario)).length >= 8);
});

const kept = new Map<string, Ran>();

for (const { name, scenario } of scenarios) {
  test.serial(`${name}: twice the same, with another seed another`, async (t) => {
    const one = await run(scenario);
    kept.set(name, one);
    const two = await run(scenario);
    t.is(difference(one.capture, two.capture), undefined);
    const { took: _one, ...first } = one.outcome;
    const { took: _two, ...second } = two.outcome;
    t.deepEqual(first, second);
    // something has come of it, or it would be the same for no reason
    t.true(one.outcome.deliveries.filter(({ times }) => times).length >= 5);
    t.is(one.outcome.time, scenario.duration);
    const other = await run(scenario, { seed: 2 });
    t.not(
      sha256(other.capture.slice(other.capture.indexOf("\n"))),
      sha256(one.capture.slice(one.capture.indexOf("\n"))),
    );
  });
}

for (const { name, scenario } of scenarios.filter((one) => !isNative(one.scenario))) {
  test.serial(`${name}: the same in Espruino's own interpreter`, async (t) => {
    if (findInterpreter() === undefined) {
      t.log("skipped: there is no espruino-linux");
      t.pass();
      return;
    }
    const { capture, outcome } = await run(scenario, { host: "interpreter" });
    t.is(difference(kept.get(name)!.capture, capture), undefined);
    t.true(outcome.devices.some(({ host, memory }) => host === "interpreter" && memory !== undefined));
    t.deepEqual(outcome.deliveries, kept.get(name)!.outcome.deliveries);
  });
}

test.serial("the same on every machine: captures of native devices", (t) => {
  const rows = scenarios
    .filter(({ scenario }) => isNative(scenario))
    .map(({ name }) => {
      const {
        capture,
        outcome: { deliveries, media },
      } = kept.get(name)!;
      return [
        name,
        deliveries.length,
        deliveries.filter(({ times }) => times).length,
        media.reduce((sum, { transmissions }) => sum + transmissions, 0),
        capture.length,
        sha256(capture).slice(0, 16),
      ];
    });
  golden(
    t,
    "../../determinism/golden.txt",
    table(
      "Scenarios of test/sim/determinism that have native devices alone: messages, those delivered, transmissions, and the capture's length and SHA-256.",
      ["scenario", "sent", "delivered", "transmissions", "bytes", "sha-256"],
      rows,
    ),
  );
});
