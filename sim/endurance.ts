// Long use of one board next to a gateway: an application that takes a share of the heap and keeps changing what it
// holds, messages of any size both ways, and, where the build has channels, streams. What it is for is a heap as a board
// has it after hours, so it means most with a build of the interpreter that has the board's variables (hosts/executables.ts).

import { streams as gatewayStreams, stream as openStream } from "../src/channel/stream.ts";
import type { Stream } from "../src/channel/stream.ts";
import { Telemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry.ts";

export interface EnduranceOptions {
  /** Share of the board's variables that the application takes, 0 to 1. */
  share: number;
  /** Whether the bundle has channels. */
  channels: boolean;
  /** The board's variables. */
  variables: number;
  /** Seconds from one change of what the application holds to the next; 10 if not given. */
  every?: number;
  /** Packets of a reliable channel that wait, the runtime's own number if not given. */
  window?: number | undefined;
  /** More text of the application. */
  more?: string;
}

/**
 * Text of the application. A message that is a JSON number from the gateway is answered by one of so many bytes; others are
 * counted. It logs "refused CODE" for drops, "busy CODE" for what could not be sent, "heard N" for each message.
 */
export function enduranceApp({ share, channels, variables, every = 10, window, more = "" }: EnduranceOptions): string {
  return `
${channels ? 'const s = require("e3x-mote/stream");' : ""}
const config = require("Storage").readJSON("config");
const create = require("e3x-mote").create;
// pieces of several kinds and sizes, as applications have them: readings, texts, lists, bytes
const taken = [];
let seed = 1;
const some = (n) => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >> 8) % n;
};
const piece = () => {
  const kind = some(4);
  let list = [];
  if (kind === 0) return { time: some(1000), value: some(100) / 7, name: "reading" };
  if (kind === 1) return "text ".substr(0, 1 + some(5)) + some(100000) + " of some length, put together" + some(1000);
  if (kind === 2) return new Uint8Array(20 + some(60));
  for (let i = 0; i < 8; i++) list.push(some(10000));
  return list;
};
const most = ${Math.round(share * variables)};
if (most) {
  const before = process.memory().usage;
  while (process.memory(false).usage - before < most - 30) taken.push(piece());
  setInterval(() => {
    for (let i = 0; i < 5; i++) taken[some(taken.length)] = piece();
  }, ${every * 1000});
}
let got = 0;
const mote = create({ radio: Bluetooth, gateway: config.gateway, mtu: config.mtu${window === undefined ? "" : `, window: ${window}`} });
mote.on("drop", (mote, code) => print("refused", code));
mote.on("message", (mote, data) => {
  if (data.length > 20) print("heard", data.length);
  else {
    try {
      mote.send(new Uint8Array(JSON.parse(E.toString(data))));
    } catch (e) {
      print("busy", e.code || e);
    }
  }
});
${
  channels
    ? `
s.streams(mote, (one) => {
  // what the gateway writes first says how many bytes it wants; without that all that comes is counted
  let left = -1;
  let count = 0;
  const fill = () => {
    let n;
    let room = true;
    while (room && left > 0) {
      n = Math.min(left, 200);
      left -= n;
      room = one.write(new Uint8Array(n));
    }
    if (!left) {
      left = -1;
      one.end();
    }
  };
  one.on = (event, data) => {
    if (event === "data") {
      if (left < 0 && !count && data[0] === 123) {
        left = JSON.parse(E.toString(data)).want;
        fill();
      } else count += data.length;
    } else if (event === "drain") fill();
    else if (event === "end") {
      print("stream", count);
      if (count) one.end();
    } else if (event === "close") {
      print("closed", data);
      one = undefined;
    }
  };
});`
    : ""
}
${more}
`;
}

/** What became of some messages. */
export interface Delivery {
  sent: number;
  arrived: number;
  /** Virtual ms of all. */
  time: number;
}

/** A board under way with that application. */
export class Endurance extends Telemetry {
  constructor(options: Omit<TelemetryOptions, "messages">) {
    super({ ...options, messages: [] });
    gatewayStreams(this.gateway, () => undefined);
  }

  /** Links. Whether it did within two virtual minutes. */
  async link(): Promise<boolean> {
    await this.start();
    return this.until(() => this.gateway.ups > 0, 120_000);
  }

  /** Lines of the device's log that begin with `what`, and how often each came. */
  logged(what: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { text } of this.logs) if (text.startsWith(what)) counts[text] = (counts[text] ?? 0) + 1;
    return counts;
  }

  /** Has the device send messages of a size, one after the other. */
  async up(count: number, size: number): Promise<Delivery> {
    const start = this.simulator.time;
    let arrived = 0;
    for (let i = 0; i < count; i++) {
      const before = this.gateway.messages.length;
      await this.say(JSON.stringify(size));
      if (await this.until(() => this.gateway.messages.length > before, 30_000))
        arrived += this.gateway.messages.at(-1)!.content.length === size ? 1 : 0;
    }
    return { sent: count, arrived, time: this.simulator.time - start };
  }

  /** Sends messages of a size to the device, one after the other. */
  async down(count: number, size: number): Promise<Delivery> {
    const start = this.simulator.time;
    const heard = (): number => this.logged(`heard ${size}`)[`heard ${size}`] ?? 0;
    let arrived = 0;
    for (let i = 0; i < count; i++) {
      const before = heard();
      await this.say(new Uint8Array(size));
      if (await this.until(() => heard() > before, 30_000)) arrived++;
    }
    return { sent: count, arrived, time: this.simulator.time - start };
  }

  /** A stream of so many bytes from the device. How many came, and whether it ended well. */
  async streamUp(bytes: number, limit: number): Promise<{ bytes: number; time: number; closed: unknown }> {
    const start = this.simulator.time;
    let came = 0;
    let closed: unknown = "open";
    const opened = openStream(this.gateway.links[0]!, undefined, (event, data) => {
      if (event === "data") came += (data as Uint8Array).length;
      else if (event === "end") opened.end();
      else if (event === "close") closed = data;
    });
    opened.write(JSON.stringify({ want: bytes }), "binary");
    await this.simulator.poke("gateway");
    await this.until(() => closed !== "open", limit);
    return { bytes: came, time: this.simulator.time - start, closed };
  }

  /** A stream of so many bytes to the device. How many came, and whether it ended well. */
  async streamDown(bytes: number, limit: number): Promise<{ bytes: number; time: number; closed: unknown }> {
    const start = this.simulator.time;
    let closed: unknown = "open";
    let left = bytes;
    const fill = (one: Stream): void => {
      for (let room = true; room && left > 0;) {
        const n = Math.min(left, 500);
        left -= n;
        room = one.write(new Uint8Array(n));
      }
      if (!left) {
        left = -1;
        one.end();
      }
    };
    const opened = openStream(this.gateway.links[0]!, undefined, (event, data) => {
      if (event === "drain") fill(opened);
      else if (event === "close") closed = data;
    });
    fill(opened);
    await this.simulator.poke("gateway");
    await this.until(() => closed !== "open", limit);
    const line = this.logs.filter(({ text }) => text.startsWith("stream ")).at(-1)?.text;
    return { bytes: line ? Number(line.slice(7)) : 0, time: this.simulator.time - start, closed };
  }
}
