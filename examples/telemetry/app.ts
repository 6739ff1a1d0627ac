/**
 * Telemetry for a Puck.js: sends the readings that wait in Storage (files reading-0001, reading-0002, ...) to a
 * gateway, one message each. The file "config" says to whom: {"gateway": "<public key in base32>", "mtu": 20}.
 */
declare const Bluetooth: unknown;
declare const E: { setConsole(device: string, options: object): void; toString(data: Uint8Array): string };

const storage = require("Storage");
const config = storage.readJSON("config");
E.setConsole("Serial1", { force: true }); // the radio is for frames alone
const mote = require("e3x-mote").create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu });

const next = () => {
  const name = storage.list(/^reading-/).sort()[0];
  if (!name) return;
  mote.send(storage.read(name));
  storage.erase(name);
};

let timer: ReturnType<typeof setInterval> | undefined;
mote.on("ready", () => console.log("identity made"));
mote.on("up", () => {
  console.log("linked");
  timer ??= setInterval(next, 1000);
});
mote.on("message", (_link: unknown, data: Uint8Array) => console.log("gateway says", E.toString(data)));
