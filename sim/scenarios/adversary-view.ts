// The view of a run that its adversaries get.

import type { AdversaryView, Stolen } from "../adversaries/index.ts";
import type { Network } from "./network.ts";

/** Of a network that is still to be filled: it shows what is there when it is looked at. */
export function viewOf({ scenario, simulator, devices, gateways, contents, received }: Network): AdversaryView {
  return {
    simulator,
    media: scenario.media,
    get gateways() {
      return Object.fromEntries(gateways);
    },
    sent: contents,
    received,
    *secrets() {
      for (const { pair } of gateways.values()) yield pair.secret;
      for (const { pair, host } of devices.values()) {
        const secret = pair?.secret ?? host?.identity?.secret;
        if (secret) yield secret;
      }
    },
    identity: (name): Stolen | undefined => {
      const device = devices.get(name);
      const pair = device?.pair ?? device?.host?.identity;
      return pair && { pair, gateway: device!.outcome.gateway };
    },
    position: (name) => devices.get(name)?.station.position ?? gateways.get(name)?.outcome.position,
  };
}
