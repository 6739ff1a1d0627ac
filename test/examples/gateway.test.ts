// The examples' gateway as users run it: a program, at its prompt, that a device reaches by UDP or by a serial port.
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSocket } from "node:dgram";
import test from "ava";
import type { ExecutionContext } from "ava";
import { noTerminals, openTerminal } from "../../sim/emulated/terminal.ts";
import { randomOf } from "../../sim/index.ts";
import { fromBase32, generate } from "../../src/index.ts";
import type { State } from "../../src/index.ts";
import { Driver, udp } from "../../src/node/index.ts";
import type { Radio, Transport } from "../../src/node/index.ts";
import { packageRoot } from "../../tools/build/root.ts";
import { skip } from "../helpers/hosts.ts";
import { eventually } from "../node/eventually.ts";
import { gateway, path } from "./examples.ts";

const host = "127.0.0.1";
const key = fromBase32(gateway.keys["1a"]);

/** The program, in a folder of its own for its state. */
class Program {
  printed = "";
  private _child: ChildProcessWithoutNullStreams;

  constructor(t: ExecutionContext, cwd: string, where: string) {
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(packageRoot, "tsconfig.json") };
    this._child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), path("gateway.ts"), path("gateway.json"), where],
      { cwd, env },
    );
    for (const stream of [this._child.stdout, this._child.stderr])
      stream.on("data", (data: Buffer) => {
        this.printed += String(data);
      });
    t.teardown(() => this.kill());
  }

  type(line: string): void {
    this._child.stdin.write(`${line}\n`);
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    if (this._child.exitCode !== null || this._child.signalCode !== null) return;
    const gone = once(this._child, "exit");
    this._child.kill("SIGKILL");
    await gone;
  }
}

/** A device, as far as a gateway can tell. What it has heard is in `heard`; its numbers are in `state`, over restarts. */
function startDevice(t: ExecutionContext, state: State, heard: string[]): Driver {
  const driver = new Driver({
    pairs: generate(randomOf(1, "device")),
    state: { ...state },
    save: (id, saved) => {
      state[id] = saved!;
    },
    events: { message: (_link, data) => heard.push(new TextDecoder().decode(data)) },
  });
  t.teardown(() => driver.close());
  return driver;
}

const folder = (t: ExecutionContext): string => {
  const made = mkdtempSync(join(tmpdir(), "mote-gateway-"));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
};

/** Does something again and again until it has its effect: what is lost, or not heard yet, is not sent again by itself. */
async function until(done: () => boolean, work: () => void): Promise<void> {
  const timer = setInterval(work, 200);
  await eventually(done).finally(() => clearInterval(timer));
}

async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, host);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

test("over UDP that loses 5 % of the frames, to a device that comes again with another address, and after its own restart", async (t) => {
  const port = await freePort();
  const cwd = folder(t);
  const state: State = {};
  const heard: string[] = [];
  const lose = randomOf(1, "air");
  const connect = async (): Promise<Driver> => {
    const device = startDevice(t, state, heard);
    const socket = udp({ host });
    await device.listen(socket);
    const way = socket.to(host, port);
    const write = way.write.bind(way);
    let frames = 0;
    // the first one, too
    const lossy: Transport = Object.assign(way, {
      write: (frame: Uint8Array) => !frames++ || lose(1)[0]! < 13 || write(frame),
    });
    device.endpoint.link(key).connect(device.attach(lossy));
    return device;
  };
  let program = new Program(t, cwd, String(port));
  let device = await connect();
  const talk = async (text: string): Promise<void> => {
    const [link] = device.endpoint.links;
    await eventually(() => !!link!.up);
    await until(
      () => program.printed.includes(`: ${text}\n`),
      () => link!.send(text),
    );
    await until(
      () => heard.includes(`to ${text}`),
      () => program.type(`to ${text}`),
    );
  };
  await talk("first");
  await device.close();
  device = await connect();
  await talk("again");
  await program.kill();
  t.deepEqual(Object.keys(JSON.parse(readFileSync(join(cwd, "state.json"), "utf8")) as State).length, 1);
  program = new Program(t, cwd, String(port));
  await talk("restarted");
});

test("over a serial port, and after its own restart to a device that says nothing", async (t) => {
  const reason =
    noTerminals() ??
    (await import("serialport").then(
      () => undefined,
      () => "the package serialport is not installed",
    ));
  if (reason !== undefined) return skip(t, reason);
  const terminal = await openTerminal();
  t.teardown(() => terminal.close());
  const cwd = folder(t);
  let program = new Program(t, cwd, terminal.path);
  const heard: string[] = [];
  const device = startDevice(t, {}, heard);
  let open: (data: Uint8Array) => void;
  const radio: Radio = {
    mtu: 64,
    stream: true,
    blocking: true,
    write: (frame) => terminal.write(frame),
    on: (event, listener) => {
      if (event === "data") terminal.listen(listener);
      if (event === "open") open = listener;
    },
  };
  const link = device.endpoint.link(key);
  link.connect(device.attach(radio));
  // what was written before the program had opened the port is lost: begin again
  await until(
    () => !!link.up,
    () => open(new Uint8Array(0)),
  );
  link.send("reading");
  await eventually(() => program.printed.includes(": reading\n"));
  program.type("command");
  await eventually(() => heard.includes("command"));
  await program.kill();
  program = new Program(t, cwd, terminal.path);
  await until(
    () => heard.includes("again"),
    () => program.type("again"),
  );
  t.is(heard[0], "command");
});

test("it says what it has to be told", async (t) => {
  const program = new Program(t, folder(t), "");
  await eventually(() => program.printed.includes("tell it a file of keys, and a serial or UDP port"));
  t.pass();
});
