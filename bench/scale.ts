/**
 * How the simulator grows with the network: so many host-native devices that link with one gateway and send it a reading a
 * minute by BLE advertising, for an hour of virtual time, each network in a process of its own. They start one after the
 * other over 40 minutes. `npx tsx bench/scale.ts [DEVICES ...]`, 10, 100, 1000 and 10000 if not given; `--json` for programs.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runScenario } from "../sim/scenarios/run.ts";

interface Row {
  devices: number;
  /** Virtual seconds in one of the wall clock's. */
  ratio: number;
  seconds: number;
  megabytes: number;
  events: number;
  transmissions: number;
  linked: number;
  sent: number;
  delivered: number;
}

const HOUR = 3600;

async function measure(devices: number): Promise<Row> {
  const outcome = await runScenario({
    duration: HOUR,
    media: { air: { kind: "advertising" } },
    devices: [{ name: "sensor", count: devices, start: { over: 2400 }, traffic: { every: 60 } }],
  });
  const { took, events, media, deliveries } = outcome;
  return {
    devices,
    ratio: HOUR / took,
    seconds: took,
    megabytes: process.resourceUsage().maxRSS / 1024,
    events,
    transmissions: media[0]!.transmissions,
    linked: outcome.devices.filter(({ linked }) => linked !== undefined).length,
    sent: deliveries.length,
    delivered: deliveries.filter(({ times }) => times > 0).length,
  };
}

const self = fileURLToPath(import.meta.url);
const one = process.argv.indexOf("--one");
if (one > 0) console.log(JSON.stringify(await measure(Number(process.argv[one + 1]))));
else {
  const given = process.argv
    .slice(2)
    .filter((argument) => /^\d+$/.test(argument))
    .map(Number);
  const json = process.argv.includes("--json");
  const rows: Row[] = [];
  const number = (value: number): string => Math.round(value).toLocaleString("en");
  if (!json)
    console.log("devices   times real time   seconds    MB      events  transmissions  us an event  linked  delivered");
  for (const devices of given.length ? given : [10, 100, 1000, 10000]) {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [...process.execArgv, self, "--one", String(devices)],
      { encoding: "utf8" },
    );
    if (status) throw new Error(stderr);
    const row = JSON.parse(stdout) as Row;
    rows.push(row);
    if (json) continue;
    const cells = [
      number(row.devices),
      number(row.ratio),
      row.seconds.toFixed(1),
      number(row.megabytes),
      number(row.events),
      number(row.transmissions),
      ((row.seconds * 1e6) / row.events).toFixed(1),
      number(row.linked),
      `${((100 * row.delivered) / row.sent).toFixed(1)} %`,
    ];
    const widths = [7, 18, 10, 6, 12, 15, 13, 8, 11];
    console.log(cells.map((cell, i) => cell.padStart(widths[i]!)).join(""));
  }
  if (json) console.log(JSON.stringify(rows, null, 2));
  else
    console.log(
      "\nTSCH-Sim, the fastest JavaScript network simulator at hand, runs 1,000 nodes at 108 times real time on such a machine.",
    );
}
