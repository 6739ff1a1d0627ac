// Makes the gateways of a scenario.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Self, fromBase32, generate, toBase32 } from "../../src/index.ts";
import type { KeyPair } from "../../src/index.ts";
import { Gateway } from "../gateway.ts";
import type { Received } from "../gateway.ts";
import type { GatewayOutcome } from "../outcome.ts";
import { randomOf } from "../random.ts";
import type { GatewayOf } from "../scenario.ts";
import type { Network } from "./network.ts";

async function keysOf(file: string): Promise<KeyPair> {
  const { keys, secrets } = JSON.parse(await readFile(file, "utf8")) as {
    keys: { "1a": string };
    secrets: { "1a": string };
  };
  return { key: fromBase32(keys["1a"]), secret: fromBase32(secrets["1a"]) };
}

/** @param known keys of devices that it knows from the start */
export async function addGateway(network: Network, name: string, of: GatewayOf, known: Uint8Array[]): Promise<void> {
  const {
    seed,
    scenario,
    simulator,
    messages,
    adversaries,
    options: { folder = ".", keylog, outside },
  } = network;
  const pair =
    of.keys === undefined ? generate(randomOf(seed, `${name}/identity`))["1a"] : await keysOf(resolve(folder, of.keys));
  const station = { media: Object.keys(scenario.media), ...network.station(of, name, 0) };
  const { mtu, stream, blocking } = network.framing(station);
  keylog?.own(pair);
  const random = randomOf(seed, `${name}/random`);
  const accepted: Received[] = [];
  const outcome: GatewayOutcome = {
    name,
    ...(station.position && { position: station.position }),
    messages: 0,
    links: 0,
    drops: {},
    radio: {},
  };
  const gateway = new Gateway({
    pair,
    random: keylog ? keylog.overhear(random) : random,
    mtu,
    stream,
    blocking,
    pairing: of.pairing === "none" ? false : "all",
    known,
    ...(of.pace !== undefined && { pace: of.pace }),
    ...(of.window !== undefined && { window: of.window }),
    told: {
      message: (received) => {
        const { sender, content, time } = received;
        const device = network.deviceOf(sender, name);
        outcome.messages++;
        if (adversaries) {
          accepted.push(received);
          // whoever has the key may say what it wants to
          if (adversaries.cloned(content)) return;
        }
        // what those outside send shows when it has come
        if (device && device.outcome.name === outside?.name) network.sent(device, "up", content, time / 1000);
        if (device) messages.came({ device: device.outcome.name, gateway: name, way: "up" }, content, time / 1000);
        else messages.forged++;
      },
      up: (link) => {
        const device = network.deviceOf(toBase32(link.exchange.key), name);
        if (device && device.outcome.linked === undefined) network.up(device);
      },
    },
  });
  network.gateways.set(name, {
    gateway,
    of,
    outcome,
    pair,
    reader: new Self({ "1a": pair }, randomOf(seed, `${name}/reader`)),
    accepted,
    media: station.media,
    pairing: of.pairing ?? "all",
  });
  await simulator.addNode(
    name,
    outside?.name === name ? outside.node : (adversaries?.expose(gateway, gateway) ?? gateway),
    station,
  );
}
