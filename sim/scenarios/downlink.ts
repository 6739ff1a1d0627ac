// What gateways send to devices, and when.

import { toBase32 } from "../../src/index.ts";
import { uniform } from "../random.ts";
import type { Scenario } from "../scenario.ts";
import type { Device, Network } from "./network.ts";
import { trafficOf } from "./traffic.ts";

/** Has all that gateways send scheduled: to each device from its start on. */
export function scheduleDownlink(network: Network, downlink: NonNullable<Scenario["downlink"]>): void {
  const { seed, simulator, devices } = network;
  for (const [i, { from, to, ...traffic }] of downlink.entries()) {
    for (const device of devices.values()) {
      const { outcome, group } = device;
      if (
        (from !== undefined && from !== outcome.gateway) ||
        (to && !to.includes(outcome.name) && !to.includes(group.name))
      )
        continue;
      const start = outcome.started * 1000;
      const next = trafficOf(traffic, start, uniform(seed, `${outcome.name}/downlink/${i}`));
      const say = async (): Promise<void> => {
        const due = next(simulator.time);
        if (due.content) await send(network, device, due.content);
        if (due.next !== undefined) simulator.schedule(due.next, say);
      };
      simulator.schedule(start, say);
    }
  }
}

async function send(network: Network, device: Device, content: Uint8Array): Promise<void> {
  const { simulator, gateways, adversaries } = network;
  const { outcome, native } = device;
  const { gateway } = gateways.get(outcome.gateway)!;
  const link = gateway.links.find((one) => network.deviceOf(toBase32(one.exchange.key), outcome.gateway) === device);
  if (!link) return;
  try {
    gateway.send(content, link);
  } catch (error) {
    if ((error as { code?: string }).code === undefined) throw error;
    return;
  }
  // what an application makes of it only its log tells
  if (native) network.sent(device, "down", content, simulator.time / 1000);
  else if (adversaries) network.contents.push(content);
  await simulator.poke(outcome.gateway);
}
