// Runs a scenario: makes its network, lets time pass, and tells what came of it.

import { Adversaries } from "../adversaries/index.ts";
import type { Outcome } from "../outcome.ts";
import { uniform } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import type { Simulator } from "../simulator.ts";
import { viewOf } from "./adversary-view.ts";
import { Devices } from "./devices.ts";
import { scheduleDownlink } from "./downlink.ts";
import { judge } from "./expectations.ts";
import { scheduleFaults } from "./faults.ts";
import { addGateway } from "./gateways.ts";
import { Network } from "./network.ts";
import { Observer } from "./observer.ts";
import type { RunOptions, RunProgress } from "./options.ts";
import { placeOf } from "./places.ts";
import { resultsOf } from "./results.ts";

export type { RunOptions, RunProgress } from "./options.ts";

/** ms of real time after which the event loop has a turn. */
const BREATH = 50;

/** Has all stations of the scenario made, and what happens scheduled. */
async function fill(network: Network): Promise<void> {
  const { scenario, seed, simulator } = network;
  const { gateways = { gateway: {} }, downlink = [], faults = [], adversaries = [] } = scenario;
  const hostile = adversaries.length ? new Adversaries(viewOf(network)) : undefined;
  network.adversaries = hostile;
  const devices = new Devices(network);
  devices.add(gateways);
  for (const [name, of] of Object.entries(gateways)) await addGateway(network, name, of, devices.keysFor(name, of));
  for (const of of adversaries) {
    const one = hostile!.add(of, placeOf(of.position, 0, uniform(seed, `${of.name}/place`)));
    if (one.station) await simulator.addNode(one.name, one.node, one.station);
  }
  // what is due at the same time happens in this order
  devices.schedule();
  scheduleFaults(network, faults);
  scheduleDownlink(network, downlink);
}

/** Whether all has happened that the scenario waits for. */
function isDone({ scenario: { until }, linked, devices, messages: { deliveries, delivered } }: Network): boolean {
  if (!until || linked < devices.size) return false;
  return until === "linked" || (deliveries.length > 0 && deliveries.length === delivered);
}

function progressOf(
  { scenario, simulator, devices, linked, messages: { deliveries, delivered } }: Network,
  { transmissions, lost }: Observer,
): RunProgress {
  return {
    time: simulator.time / 1000,
    duration: scenario.duration,
    devices: devices.size,
    linked,
    sent: deliveries.length,
    delivered,
    transmissions,
    lost,
    events: simulator.engine.events,
  };
}

/** Lets virtual time pass until it is over, or what is waited for has happened. */
async function pass(network: Network, observer: Observer): Promise<void> {
  const {
    scenario: { duration },
    simulator,
    options,
  } = network;
  const go = options.pass ?? ((one: Simulator, ms: number) => one.runUntil(ms).then(() => true));
  let breath = performance.now();
  for (let second = 1; second <= Math.ceil(duration); second++) {
    const goes = await go(simulator, Math.min(second, duration) * 1000);
    options.progress?.(progressOf(network, observer));
    if (isDone(network) || !goes) return;
    if (performance.now() - breath > BREATH) {
      await new Promise((resolve) => setImmediate(resolve));
      breath = performance.now();
    }
  }
}

/**
 * Runs a scenario to its end. Throws SimError "options" where it contradicts itself, what builds throw, and DeviceError
 * where a device does not start; what was expected and did not hold is no error, but said in the outcome.
 */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  const network: Network = new Network(scenario, options, (event) => {
    observer.saw(event);
    options.observe?.(event);
  });
  const observer = new Observer(network);
  const begun = performance.now();
  try {
    await fill(network);
    await pass(network, observer);
    const seen = resultsOf(network, observer.media, (performance.now() - begun) / 1000);
    const verdicts = (scenario.expect ?? []).map((expected) => judge(expected, seen));
    return { ...seen, verdicts, held: verdicts.every(({ held }) => held), command: options.command ?? "" };
  } finally {
    await network.simulator.close();
  }
}
