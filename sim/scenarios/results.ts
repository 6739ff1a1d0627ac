// What came of a run, once its time is over.

import { deviceEnergy } from "../energy.ts";
import type { EnergySettings } from "../energy.ts";
import type { MediumOutcome, Outcome } from "../outcome.ts";
import type { Network } from "./network.ts";

export type Results = Omit<Outcome, "verdicts" | "held" | "command">;

/** @param took seconds of real time */
export function resultsOf(network: Network, media: ReadonlyMap<string, MediumOutcome>, took: number): Results {
  const {
    scenario: { title = "scenario" },
    seed,
    simulator,
    devices,
    gateways,
    messages: { deliveries, forged },
    adversaries,
  } = network;
  const time = simulator.time / 1000;
  const there = new Set(simulator.names);
  for (const { outcome, host, station } of devices.values()) {
    if (!there.has(outcome.name)) continue;
    outcome.radio = simulator.usage(outcome.name);
    const lived = time - outcome.started;
    outcome.duty = lived > 0 ? Object.values(outcome.radio).reduce((sum, { tx }) => sum + tx, 0) / 1000 / lived : 0;
    const uses = Object.entries(outcome.radio).map(([name, usage]) => ({
      kind: media.get(name)!.kind,
      usage,
      settings: (station.radio ?? {}) as EnergySettings,
    }));
    const energy = deviceEnergy(outcome.board, uses, lived);
    if (energy?.total) outcome.energy = energy;
    const { memory } = host ?? {};
    if (memory) outcome.memory = { peak: memory.peak, variables: memory.variables };
  }
  for (const [name, { gateway, outcome }] of gateways) {
    outcome.links = gateway.links.length;
    outcome.drops = { ...gateway.drops } as { [code: string]: number };
    outcome.radio = there.has(name) ? simulator.usage(name) : {};
  }
  return {
    title,
    seed,
    time,
    took,
    events: simulator.engine.events,
    devices: [...devices.values()].map(({ outcome }) => outcome),
    gateways: [...gateways.values()].map(({ outcome }) => outcome),
    media: [...media.values()],
    deliveries,
    forged,
    breaches: adversaries?.breaches() ?? [],
  };
}
