/**
 * The gateway of the applications beside it that send messages (bridge, button, field, telemetry, watch) in Node.js. The first
 * device that asks may link, and it alone. What it says is printed; a line that is typed goes to it.
 *
 *     npx tsx gateway.ts gateway.json /dev/ttyACM0   # the keys, and the serial port to a device (bridge)
 *     npx tsx gateway.ts gateway.json 42424          # or a UDP port
 *
 * For Bluetooth or LoRa, attach an object over your library for it that has `write(frame)`, `mtu`, and emits "data", "open"
 * and "close".
 */
import { readFileSync, realpathSync } from "node:fs";
import { createInterface } from "node:readline";
import { keysFromFile } from "e3x-mote";
import { Driver, serial, stateFile, udp } from "e3x-mote/node";
import type { DriverOptions } from "e3x-mote/node";

/** @param options its keys, where its state is kept, and what tests have otherwise */
export function start(options: Pick<DriverOptions, "pairs"> & Partial<DriverOptions>): Driver {
  const gateway: Driver = new Driver({
    accept: () => gateway.endpoint.links.length === 0,
    events: { message: (link, data) => console.log(`${link.hashname}: ${new TextDecoder().decode(data)}`) },
    ...options,
  });
  gateway.on("error", (error, where) => console.error(`${where}:`, error));
  return gateway;
}

const [, program, keys, where] = process.argv;
if (realpathSync(program!) === import.meta.filename) {
  if (!keys || !where) throw new Error("tell it a file of keys, and a serial or UDP port");
  const gateway = start({ pairs: keysFromFile(readFileSync(keys, "utf8")), ...stateFile("state.json") });
  if (/^\d+$/.test(where)) await gateway.listen(udp({ port: Number(where) }));
  else {
    const pipe = gateway.attach(serial({ path: where }));
    // after a restart: the device may have nothing to say by itself
    gateway.endpoint.links[0]?.connect(pipe);
  }
  createInterface(process.stdin).on("line", (line) => gateway.endpoint.links[0]?.send(line));
}
