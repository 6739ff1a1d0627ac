/**
 * Telemetry for a Puck.js: sends the readings that wait in Storage (files reading-0001, reading-0002, ...) to a
 * gateway, one message each. The file "config" says to whom: {"gateway": "<public key in base32>", "mtu": 20}.
 */
import { create } from "e3x-mote";

const storage = require("Storage");
const config = storage.readJSON("config");
E.setConsole("Serial1", { force: true }); // the radio is for frames alone
const mote = create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });

const next = () => {
  const name = storage.list(/^reading-/).sort()[0];
  if (!name) return;
  mote.send(storage.read(name)!);
  storage.erase(name);
};

let timer: number | undefined;
mote.on("ready", () => print("identity made"));
mote.on("up", () => {
  print("linked");
  timer ??= setInterval(next, 1000);
});
mote.on("message", (_, content) => print("gateway says", E.toString(content)));
