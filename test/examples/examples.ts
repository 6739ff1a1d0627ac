/** What the tests of the examples share. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { provision } from "../../sim/app.ts";
import type { SimulateOptions, Simulation, StorageImage } from "../../sim/app.ts";
import { fromBase32 } from "../../src/index.ts";

export const path = (file: string): string => fileURLToPath(new URL(`../../examples/${file}`, import.meta.url));
export const gateway = JSON.parse(readFileSync(path("gateway.json"), "utf8")) as {
  keys: { "1a": string };
  secrets: { "1a": string };
};

/** What the application of telemetry sends, and what it finds in Storage. */
export const readings = readFileSync(path("telemetry/readings.jsonl"), "utf8").trimEnd().split("\n");
export const storage = (contents: string[]): StorageImage => provision(fromBase32(gateway.keys["1a"]), 20, contents);

/** Seconds of this machine after which a request is given up: simulated ones take as long as they take. */
export const FOREVER = 3600;

/** Where an example runs. */
export type Board = Pick<SimulateOptions, "board" | "happens" | "radioOptions" | "storage">;

export const uncaught = (s: Simulation): string[] => s.log.filter((line) => line.startsWith("Uncaught"));

/** Lets a simulation go on until a promise is settled, of an answer that its gateway or a client of it waits for. */
export async function answered<Of>(s: Simulation, answer: Promise<Of>): Promise<Of> {
  let done = false;
  const settled = answer.finally(() => {
    done = true;
  });
  settled.catch(() => undefined);
  while (!done) {
    // sockets of the application have a turn
    await new Promise(setImmediate);
    await s.simulator.poke("gateway");
    await s.forSeconds(0.01);
  }
  return settled;
}
