// What goes wrong in a scenario: restarts, power cuts, radios that go away, partitions.

import type { Fault } from "../scenario.ts";
import type { BootOptions } from "../types.ts";
import type { Device, Network } from "./network.ts";

export function scheduleFaults(network: Network, faults: readonly Fault[]): void {
  for (const fault of faults) network.simulator.schedule(fault.at * 1000, () => happen(network, fault));
}

async function happen(network: Network, fault: Fault): Promise<void> {
  const { simulator, gateways } = network;
  const later = (seconds: number, work: () => unknown): void => {
    simulator.schedule((fault.at + seconds) * 1000, work);
  };
  switch (fault.what) {
    case "reboot":
      for (const device of network.named(fault.device)) await restart(network, device);
      return;
    case "flash":
      for (const device of network.named(fault.device)) await restart(network, device, { faults: fault.faults });
      return;
    case "power cut":
      for (const device of network.named(fault.device)) {
        device.native?.powerOff();
        await simulator.powerOff(device.outcome.name);
        later(fault.for, () => restart(network, device));
      }
      return;
    case "radio":
      for (const { outcome } of network.named(fault.device)) {
        await simulator.radio(outcome.name, false);
        later(fault.for, () => simulator.radio(outcome.name, true));
      }
      return;
    case "partition": {
      const groups = fault.groups.map((names) =>
        names.flatMap((name) => (gateways.has(name) ? [name] : network.named(name).map(({ outcome }) => outcome.name))),
      );
      simulator.part(groups);
      later(fault.for, () => {
        simulator.part(undefined);
      });
      return;
    }
    case "gateway restart": {
      const name = fault.gateway ?? gateways.keys().next().value!;
      gateways.get(name)!.gateway.restart(fault.forget);
      await simulator.poke(name);
    }
  }
}

async function restart(
  { simulator }: Network,
  { outcome, native }: Device,
  changes: Partial<BootOptions> = {},
): Promise<void> {
  const { name } = outcome;
  outcome.boots++;
  simulator.powerOn(name);
  if (native) {
    native.restart();
    await simulator.poke(name);
  } else await simulator.restart(name, changes);
}
