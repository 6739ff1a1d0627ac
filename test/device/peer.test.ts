/** Two boards that reach only their gateway link with each other through it: the real bundle, and the gateway's Router. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { Gateway, Simulator, provision } from "../../sim/index.ts";
import type { DeviceHost, SimEvent } from "../../sim/index.ts";
import { Router } from "../../src/endpoint/services/router.ts";
import { generate, hashname, toBase32 } from "../../src/index.ts";
import { seeded } from "../helpers/core.ts";
import { hosts } from "../sim/helpers.ts";

const APP = `
  import { create } from "e3x-mote";
  import { peer } from "e3x-mote/peer";
  const config = require("Storage").readJSON("config");
  const mote = create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
  let other;
  mote.handle("echo", (channel, open, from) => {
    channel.on = (event, data) => {
      if (event === "packet") channel.send({ "end": true }, data.body);
    };
  });
  mote.on("up", () => {
    if (other) return;
    other = peer(mote, config.key, config.hashname);
    other.on("message", (from, data) => print("message", E.toString(data)));
    other.on("up", () => {
      print("up");
      other.send("from " + config.name);
      other.channel({ type: "echo", seq: 1, end: true }, config.name, (event, data) => {
        if (event === "packet") print("echo", E.toString(data.body));
        else print(event, data === undefined);
      });
    });
  });
`;

const text = new TextEncoder();
const kept = (data: Uint8Array): Uint8Array =>
  Uint8Array.from([...createHash("sha256").update(data).digest().subarray(0, 8), ...data]);

// a board with 12,000 variables: a Puck.js does not hold two links with channels
for (const { name, make } of hosts.filter((host) => !host.name.includes("free"))) {
  test(`two boards link, send messages and use channels through their gateway, which cannot read them: ${name}`, async (t) => {
    t.timeout(240_000);
    const folder = mkdtempSync(join(tmpdir(), "mote-peer-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "app.js"), APP);
    const board = loadBoard("joltjs");
    const { files } = await measureBoard(board, { app: join(folder, "app.js") });
    const gateway = new Gateway({
      pair: generate(seeded("gateway"))["1a"],
      random: seeded("random"),
      mtu: 20,
      pairing: true,
    });
    const router = new Router(gateway.endpoint, { allow: () => true });
    const names = ["one", "two"];
    const pairs = names.map((device) => generate(seeded(device))["1a"]);
    const logs: string[] = [];
    const sent: SimEvent[] = [];
    const simulator = new Simulator({
      seed: 1,
      medium: { frameSize: 20, latency: 5 },
      observe: (event) => {
        if (event.kind === "log" && event.at !== "gateway") logs.push(`${event.at}: ${event.text}`);
        if (event.kind === "sent") sent.push(event);
      },
    });
    const devices: DeviceHost[] = names.map(() => make());
    t.teardown(() => Promise.all(devices.map((device) => device.close())));
    await simulator.addNode("gateway", gateway);
    for (const [i, device] of names.entries()) {
      const storage = provision(gateway.key, 20, []);
      const config = JSON.parse(new TextDecoder().decode(storage["config"]));
      const other = pairs[1 - i]!.key;
      storage["config"] = text.encode(
        JSON.stringify({ ...config, name: device, key: toBase32(other), hashname: hashname({ "1a": other }) }),
      );
      storage["mote.id"] = kept(Uint8Array.from([...pairs[i]!.key, ...pairs[i]!.secret]));
      storage["mote.0"] = kept(text.encode("[0,0,0,0,0]"));
      gateway.pairing = true;
      await simulator.addDevice(device, devices[i]!, { board, bundle: files["bundle.js"]!, storage });
      simulator.link("gateway", device);
      await simulator.runUntil(simulator.time + 2000);
    }
    await simulator.runUntil(30_000);
    for (const [i, device] of names.entries()) {
      const own = logs.filter((line) => line.startsWith(`${device}: `)).map((line) => line.slice(device.length + 2));
      t.deepEqual(
        own.sort(),
        ["close true", `echo ${device}`, `message from ${names[1 - i]}`, "up"].sort(),
        logs.join("\n"),
      );
    }
    // it had nothing of it, but passed it on
    t.deepEqual(gateway.messages, []);
    t.true(router.passed > 0);
    // the link outlives restarts of a board, and of the gateway, whose router then knows no way any more
    logs.length = 0;
    await simulator.restart("two");
    await simulator.runUntil(simulator.time + 70_000);
    t.true(logs.includes("two: up"), logs.join("\n"));
    t.true(logs.includes("one: message from two"), logs.join("\n"));
    t.true(logs.includes("two: echo two"), logs.join("\n"));
  });
}
