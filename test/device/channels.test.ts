/** Channels of the real bundle beside a gateway, in both device hosts. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { loadBoard, measureBoard } from "../../tools/build/index.ts";
import { Gateway, Simulator, provision } from "../../sim/index.ts";
import { generate } from "../../src/index.ts";
import type { Channel, Packet } from "../../src/index.ts";
import { seeded } from "../helpers/core.ts";
import { hosts } from "../sim/helpers.ts";

const APP = `
  import { create } from "e3x-mote";
  import "e3x-mote/channels";
  const config = require("Storage").readJSON("config");
  const mote = create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });
  try { mote.channel({ type: "early" }); } catch (error) { print("early", error.code); }
  mote.handle("echo", (channel, open, from) => {
    print(channel.type, channel.id, from === mote, open.json.tag);
    channel.on = (event, data) => {
      if (event === "packet") channel.send(data.json.end ? { "end": true } : {}, data.body);
    };
  });
  mote.handle("deaf", () => {});
  let ups = 0;
  mote.on("up", () => {
    const again = ups++;
    mote.channel({ type: "hello", again: again }, E.toUint8Array("hi"), (event, data) => {
      print("hello", event, typeof data === "string" ? data : data && JSON.stringify(data.json));
    });
  });
  mote.on("drop", (from, code) => print("drop", code));
`;

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

for (const { name, make } of hosts) {
  test(`a board opens channels and is asked for some: ${name}`, async (t) => {
    t.timeout(240_000);
    const folder = mkdtempSync(join(tmpdir(), "mote-channels-"));
    t.teardown(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "app.js"), APP);
    const board = loadBoard("puckjs");
    const { files } = await measureBoard(board, { app: join(folder, "app.js") });
    const gateway = new Gateway({
      pair: generate(seeded("gateway"))["1a"],
      random: seeded("random"),
      mtu: 20,
      pairing: true,
    });
    const logs: string[] = [];
    const simulator = new Simulator({
      seed: 1,
      medium: { frameSize: 20, latency: 5 },
      observe: (event) => {
        if (event.kind === "log" && event.at === "device") logs.push(event.text);
      },
    });
    const host = make();
    t.teardown(() => host.close());
    const heard: string[] = [];
    gateway.handle("hello", (channel, open) => {
      heard.push(
        `hello ${channel.id % 2} ${JSON.stringify(open.json!["again"])} ${textOf(open.body)} ${channel.reliable}`,
      );
      channel.on = (event) => {
        if (event === "packet") channel.send({ end: true, answer: [1, null] });
      };
    });
    await simulator.addNode("gateway", gateway);
    await simulator.addDevice("device", host, {
      board,
      bundle: files["bundle.js"]!,
      storage: provision(gateway.key, 20, []),
    });
    t.true(await simulator.runWhile(() => heard.length > 0, 60_000));
    const order = gateway.links[0]!.exchange.order;
    t.deepEqual(heard, [`hello ${1 - order} 0 hi false`]);
    await simulator.runUntil(simulator.time + 1000);
    t.deepEqual(logs, ["early 20", `hello packet {"end":true,"answer":[1,null],"c":${order ? 2 : 1}}`]);
    logs.length = 0;

    const said: string[] = [];
    const on =
      (label: string) =>
      (event: string, data: Packet | string | undefined): void => {
        said.push(
          `${label} ${event} ${typeof data === "string" ? data : data ? `${textOf(data.body)} ${data.json!["end"] ?? ""}` : data}`,
        );
      };
    const open = async (open: Record<string, unknown>, content: string, label: string): Promise<Channel> => {
      const channel = gateway.endpoint.links[0]!.channel(open, new TextEncoder().encode(content), on(label));
      await simulator.poke("gateway");
      await simulator.runUntil(simulator.time + 3000);
      return channel;
    };
    await open({ type: "nobody" }, "", "unreliable");
    await open({ type: "deaf", seq: 1 }, "", "reliable");
    // what objects have by themselves is no handler
    await open({ type: "constructor" }, "", "odd");
    t.deepEqual(said.splice(0), [
      "unreliable close unknown type",
      "reliable close unknown type",
      "odd close unknown type",
    ]);
    const long = "0123456789".repeat(30);
    const echo = await open({ type: "echo", seq: 1, tag: "x" }, long, "echo");
    for (const part of ["one", "two"]) echo.send(undefined, new TextEncoder().encode(part));
    echo.send({ end: true });
    await simulator.poke("gateway");
    await simulator.runUntil(simulator.time + 3000);
    t.deepEqual(said.splice(0), [
      `echo packet ${long} `,
      "echo packet one ",
      "echo packet two ",
      "echo packet  true",
      "echo close undefined",
    ]);
    t.deepEqual(logs, [`echo ${echo.id} true x`]);
    const once = await open({ type: "echo", end: true }, "once", "once");
    t.deepEqual(said.splice(0), ["once packet once true", "once close undefined"]);
    t.true(once.id > echo.id);

    // a new session: channels end, ids begin again
    const lost = await open({ type: "echo", seq: 1 }, "lost", "lost");
    await simulator.restart("device");
    t.true(await simulator.runWhile(() => heard.length > 1, simulator.time + 60_000));
    t.deepEqual(said, ["lost packet lost ", "lost close reset"]);
    t.throws(() => lost.send(), { code: "CHANNEL_ENDED" });
    t.is((await open({ type: "echo", seq: 1, end: true }, "again", "again")).id, order ? 1 : 2);
    t.true(said.includes("again packet again true"), said.join("\n"));
    t.deepEqual(
      logs.filter((line) => line.startsWith("drop") || line.startsWith("Uncaught")),
      [],
    );
  });
}
