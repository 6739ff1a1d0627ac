// Serial ports: in simulated time over streams of memory, and over pseudo-terminals with the package serialport.
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import test from "ava";
import type { ExecutionContext } from "ava";
import { loadBoard } from "../../tools/build/index.ts";
import { Endpoint, Pipe, generate } from "../../src/index.ts";
import { Driver, serial } from "../../src/node/index.ts";
import type { Serial, SerialOptions } from "../../src/node/index.ts";
import { NoSerialPort, openSerialPort } from "../../src/node/transports/serial-port.ts";
import { noTerminals, openTerminal } from "../../sim/emulated/terminal.ts";
import type { Terminal } from "../../sim/emulated/terminal.ts";
import { randomOf } from "../../sim/random.ts";
import { skip } from "../helpers/hosts.ts";
import { eventually } from "./eventually.ts";
import { SimulatedClock } from "./simulated.ts";

/** A port of memory; `said` is what was written to it. */
class Port extends Duplex {
  readonly said: Buffer[] = [];

  override _read(): void {}

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    this.said.push(data);
    done();
  }
}

/** A serial transport whose port opens where there is one, and what it has told. */
function transport(options: Partial<SerialOptions> = {}): {
  one: Serial;
  clock: SimulatedClock;
  ports: Port[];
  told: string[];
  tries: number[];
} {
  const clock = new SimulatedClock();
  const ports: Port[] = [];
  const told: string[] = [];
  const tries: number[] = [];
  const one = serial({
    path: "/dev/none",
    clock,
    open: () => {
      tries.push(clock.time);
      return ports.length ? Promise.resolve(ports[0]!) : Promise.reject(new Error("not there"));
    },
    ...options,
  });
  for (const event of ["open", "close", "end", "error"] as const)
    one.on(event, (error?: Error) => told.push(error ? `${event} ${error.message}` : event));
  return { one, clock, ports, told, tries };
}

const turn = (): Promise<void> => new Promise(setImmediate);

test("frames are as long as the board's port holds two of", (t) => {
  const mtu = (options: Partial<SerialOptions>): number => transport(options).one.mtu;
  t.is(mtu({}), 64);
  t.is(mtu({ board: loadBoard("pico") }), 64);
  t.is(mtu({ board: loadBoard("rp2040") }), 16);
  t.is(mtu({ board: loadBoard("rp2040"), mtu: 12 }), 12);
});

test("a port that is not there is tried again and again, and one that was lost is opened anew", async (t) => {
  const { clock, ports, told, tries, one } = transport();
  await turn();
  for (let second = 1; second < 30; second++) {
    clock.runTo(second);
    await turn();
  }
  t.true(tries.length >= 8 && tries.length < 30, tries.join());
  t.false(one.write(new Uint8Array(3)));
  ports.push(new Port());
  clock.runTo(36);
  await turn();
  t.deepEqual(told, ["open"]);
  t.true(one.write(Uint8Array.of(1, 2)));
  ports.shift()!.destroy();
  await turn();
  t.deepEqual(told, ["open", "close"]);
  t.false(one.write(Uint8Array.of(1, 2)));
  ports.push(new Port());
  clock.runTo(37);
  await turn();
  t.deepEqual(told, ["open", "close", "open"]);
  one.close();
  t.true(ports[0]!.destroyed);
  const { length } = tries;
  clock.runTo(100);
  t.is(tries.length, length);
  t.deepEqual(told, ["open", "close", "open", "end"]);
});

test("without the package serialport it says what to install, and does not try again", async (t) => {
  const { clock, told, tries } = transport({ open: () => Promise.reject(new NoSerialPort("install it")) });
  await turn();
  clock.runTo(100);
  await turn();
  t.deepEqual([told, tries], [["error install it"], []]);
});

test("a line that was cut goes on: what is not answered begins again", async (t) => {
  const clock = new SimulatedClock();
  const port = new Port();
  const driver = new Driver({
    pairs: generate(randomOf(1, "gateway")),
    random: randomOf(1, "random"),
    clock,
    events: {},
  });
  const pipe = driver.attach(serial({ path: "/dev/none", clock, open: () => Promise.resolve(port) }));
  await turn();
  const link = driver.endpoint.link(generate(randomOf(1, "device"))["1a"].key);
  link.connect(pipe);
  clock.runTo(1);
  t.is(port.said.length, 1);
  port.push(Uint8Array.of(0));
  await turn();
  clock.runTo(2);
  t.is(port.said.length, 2);
  // the answer to the second, which was written at once, is lost
  clock.runTo(12.9);
  t.is(port.said.length, 2);
  clock.runTo(13.1);
  t.is(port.said.length, 3);
  t.deepEqual(port.said[2], port.said[0]);
  // a zero that ends a packet is a frame of its own: where it gets lost the packet begins again, too
  while (port.said.at(-1)!.length > 1) {
    port.push(Uint8Array.of(0));
    await turn();
    clock.runTo(clock.time + 0.2);
  }
  const all = port.said.length;
  clock.runTo(clock.time + 13);
  t.is(port.said.length, all + 1);
  t.deepEqual(port.said.at(-1), port.said[0]);
  await driver.close();
  t.true(port.destroyed);
});

/** A device whose port is a pseudo-terminal's other end. */
class Device {
  readonly got: string[] = [];
  readonly endpoint = new Endpoint({
    pairs: generate(randomOf(1, "device")),
    random: randomOf(1, "random"),
    events: {
      message: (_link, data) => {
        this.got.push(new TextDecoder().decode(data));
      },
    },
  });
  readonly pipe = new Pipe({ mtu: 64, stream: true, blocking: true, limit: 4096 });
  private _terminal: Terminal | undefined;
  private _timer: NodeJS.Timeout | undefined;

  plug(terminal: Terminal | undefined): void {
    this._terminal = terminal;
    this.endpoint.restart(this.pipe);
    terminal?.listen((bytes) => {
      this.endpoint.receive(this.pipe, bytes, performance.now() / 1000);
      this.turn();
    });
    this.turn();
  }

  turn(): void {
    clearTimeout(this._timer);
    if (!this._terminal) return;
    const next = this.endpoint.drain(performance.now() / 1000, {
      write: (_pipe, frame) => this._terminal!.write(frame),
    });
    if (next) this._timer = setTimeout(() => this.turn(), next.at * 1000 - performance.now());
  }
}

test("over pseudo-terminals with the package serialport, also when the board is plugged in anew", async (t: ExecutionContext) => {
  const reason =
    noTerminals() ??
    (await import("serialport").then(
      () => undefined,
      () => "the package serialport is not installed",
    ));
  if (reason !== undefined) return skip(t, reason);
  const folder = mkdtempSync(join(tmpdir(), "serial-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "tty");
  const got: string[] = [];
  const driver = new Driver({
    pairs: generate(randomOf(1, "gateway")),
    accept: () => true,
    events: {
      message: (_link, data) => {
        got.push(new TextDecoder().decode(data));
      },
    },
  });
  t.teardown(() => driver.close());
  const port = serial({ path });
  driver.attach(port);
  const told: string[] = [];
  port.on("open", () => told.push("open"));
  port.on("close", () => told.push("close"));
  const device = new Device();
  const link = device.endpoint.link(driver.endpoint.identity.key);
  link.connect(device.pipe);
  for (const round of [1, 2]) {
    const terminal = await openTerminal();
    t.teardown(() => terminal.close());
    symlinkSync(terminal.path, path);
    await eventually(() => told.length === round * 2 - 1);
    device.plug(terminal);
    await eventually(() => !!link.up);
    link.send(`reading ${round}`.repeat(20));
    device.turn();
    await eventually(() => got.length === round);
    driver.endpoint.links[0]!.send(`command ${round}`);
    await eventually(() => device.got.length === round);
    unlinkSync(path);
    device.plug(undefined);
    await terminal.close();
    await eventually(() => told.length === round * 2);
  }
  t.deepEqual(told, ["open", "close", "open", "close"]);
  t.deepEqual(device.got, ["command 1", "command 2"]);
  t.deepEqual(got, ["reading 1".repeat(20), "reading 2".repeat(20)]);
});

test("a port that is unplugged while it is read closes, each of 12 times", async (t: ExecutionContext) => {
  const reason =
    noTerminals() ??
    (await import("serialport").then(
      () => undefined,
      () => "the package serialport is not installed",
    ));
  if (reason !== undefined) return skip(t, reason);
  await Promise.all(
    Array.from({ length: 12 }, async (_, count) => {
      const terminal = await openTerminal();
      const port = await openSerialPort(terminal.path, 115_200);
      let gone = false;
      port
        .on("data", () => undefined)
        .on("error", () => undefined)
        .on("close", () => {
          gone = true;
        });
      for (let frame = 0; frame < count; frame++) terminal.write(new Uint8Array(64));
      await terminal.close();
      await eventually(() => gone);
      t.false((port as Duplex & { isOpen: boolean }).isOpen, `port ${count} is open for the operating system`);
    }),
  );
});

test("a port that its owner destroys can be opened by others", async (t: ExecutionContext) => {
  const reason =
    noTerminals() ??
    (await import("serialport").then(
      () => undefined,
      () => "the package serialport is not installed",
    ));
  if (reason !== undefined) return skip(t, reason);
  const terminal = await openTerminal();
  t.teardown(() => terminal.close());
  for (let time = 0; time < 2; time++) {
    // the package has locked it
    const port = await openSerialPort(terminal.path, 115_200);
    const closed = once(port, "close");
    port.destroy();
    await closed;
    t.false((port as Duplex & { isOpen: boolean }).isOpen);
  }
});
