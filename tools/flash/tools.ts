// A process of its own for EspruinoTools: it makes globals, patches built-ins, logs whatever it does, and its Bluetooth
// libraries throw from timers where there is no adapter. Here none of that can hurt.

import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import type { FromTools, PortInfo, ToTools } from "./tools-messages.ts";

/** The part of EspruinoTools that is used. */
interface Device {
  name: string;
  getPorts(callback: (ports: PortInfo[] | undefined, instant: boolean) => void): void;
}
interface Tools {
  Config: Record<string, unknown>;
  callProcessor(type: string, data: unknown, callback?: (data: unknown) => void): void;
  Core: {
    Serial: {
      devices: Device[];
      getPorts(callback: (ports: PortInfo[], again: boolean) => void): void;
      open(port: string, connected: (info: unknown) => void, disconnected: () => void): void;
      startListening(heard: (data: ArrayBuffer) => void): void;
      setSlowWrite(on: boolean, force: boolean): void;
      connection: { chunkSize: number; write(text: string): Promise<void> };
      close(): void;
    };
  };
}

/** How often and how long apart ports are asked for: Bluetooth devices show up one by one. */
const SCANS = 12;
const SCAN_MS = 1000;

/** Characters that are handed to a port at once; a Bluetooth write holds 20. */
const SERIAL_BLOCK = 512;
const BLUETOOTH_BLOCK = 20;

const say = (message: FromTools): void => {
  process.send?.(message);
};
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

for (const name of ["log", "info", "warn", "error", "debug"] as const) console[name] = () => undefined;
process.on("disconnect", () => process.exit(0));
process.on("uncaughtException", (error) => say({ is: "failed", reason: textOf(error) }));
process.on("unhandledRejection", (error) => say({ is: "failed", reason: textOf(error) }));

function load(): Promise<Tools> {
  const require = createRequire(import.meta.url);
  const tools = require("espruino") as { init(callback: () => void): void };
  return new Promise((resolve) => {
    tools.init(() => {
      const { Espruino } = globalThis as unknown as { Espruino: Tools };
      // what its plugins do when a board is connected (asking, setting the clock, looking for updates) is done here, or not at all
      Espruino.callProcessor = (_type, data, callback) => callback?.(data);
      Espruino.Config["SERIAL_IGNORE"] = "";
      resolve(Espruino);
    });
  });
}

const isDevice = (path: string): boolean => existsSync(path) && statSync(path).isCharacterDevice();
const isSerial = (port: string): boolean => /^(\/|COM\d)/i.test(port);
const isSocket = (port: string): boolean => port.startsWith("tcp://");

/** Whether there is an adapter, as far as that can be told without waking what throws. */
const hasBluetooth = (): boolean => process.platform !== "linux" || existsSync("/sys/class/bluetooth/hci0");

function setUp({ Config, Core: { Serial } }: Tools, port: string): void {
  const bluetooth = !isSerial(port) && !isSocket(port) && hasBluetooth();
  Config["BLUETOOTH_LOW_ENERGY"] = bluetooth;
  // over D-Bus, and it takes noble's place: noble is the one that works on all systems
  Config["BLUETOOTH_LOW_ENERGY_DBUS"] = false;
  Config["WEB_BLUETOOTH"] = false;
  if (isSocket(port)) Config["SERIAL_TCPIP"] = [port];
  // a pseudo-terminal, a link such as /dev/serial/by-id/..., and ttyS0 are not in the list of serial ports
  const serial = Serial.devices.find((device) => device.name === "Node Serial");
  if (serial && isDevice(port)) {
    const list = serial.getPorts;
    serial.getPorts = (callback) =>
      list((ports, instant) =>
        callback([...(ports ?? []).filter(({ path }) => path !== port), { path: port }], instant),
      );
  }
}

const portsOf = ({ Core: { Serial } }: Tools): Promise<PortInfo[]> =>
  new Promise((resolve) => {
    Serial.getPorts(resolve);
  });

/** The path of a port that was named by its path, or a Bluetooth device by its name or address. */
async function find(tools: Tools, port: string): Promise<string | undefined> {
  const wanted = port.toLowerCase();
  const scans = isSerial(port) || isSocket(port) || !hasBluetooth() ? 1 : SCANS;
  let ports: PortInfo[] = [];
  for (let scan = 0; scan < scans; scan++) {
    if (scan)
      await new Promise((resolve) => {
        setTimeout(resolve, SCAN_MS);
      });
    ports = await portsOf(tools);
    const found = ports.find(
      ({ path, description }) => path.toLowerCase() === wanted || description?.toLowerCase() === wanted,
    );
    if (found) return found.path;
  }
  say({ is: "unknown", ports });
  return undefined;
}

async function open(tools: Tools, port: string): Promise<void> {
  setUp(tools, port);
  const path = await find(tools, port);
  if (path === undefined) return;
  const { Serial } = tools.Core;
  Serial.startListening((data) => say({ is: "heard", text: Buffer.from(data).toString("latin1") }));
  Serial.open(
    path,
    (info) => {
      if (info === undefined) return say({ is: "failed", reason: "it does not open" });
      Serial.setSlowWrite(false, true);
      Serial.connection.chunkSize = isSerial(port) || isSocket(port) ? SERIAL_BLOCK : BLUETOOTH_BLOCK;
      say({ is: "open" });
    },
    () => say({ is: "closed" }),
  );
}

let tools: Tools;
try {
  tools = await load();
  process.on("message", (message: ToTools) => {
    const { Serial } = tools.Core;
    if (message.do === "open")
      open(tools, message.port).catch((error: unknown) => say({ is: "failed", reason: textOf(error) }));
    else if (message.do === "write")
      void Serial.connection.write(message.text).then(() => say({ is: "written", id: message.id }));
    else {
      Serial.close();
      // what was written last is still on its way
      setTimeout(() => process.exit(0), 200);
    }
  });
} catch (error) {
  say({ is: "absent", reason: textOf(error) });
}
