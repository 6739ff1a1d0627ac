// The telemetry run: one board and one gateway on a radio. The board boots a bundle with an application, the gateway lets it link, and all
// that is on the air is put together to packets and explained. That the frames of a packet are put together again here
// has nothing to do with what the receiver makes of them: this observer hears everything, and has the gateway's key.

import { Joiner, Self, generate, isHandshake, lob, stampOf, toBase32 } from "../src/index.ts";
import { seedFile } from "../tools/flash/seed.ts";
import { Gateway } from "./gateway.ts";
import { Watched } from "./hosts/watched.ts";
import type { IdealOptions } from "./media/ideal.ts";
import { randomOf } from "./random.ts";
import { Simulator } from "./simulator.ts";
import type { DeviceOptions, SimEvent } from "./simulator.ts";
import type { DeviceHost, MemoryReport, SimBoard, StorageImage } from "./types.ts";

export interface TelemetryOptions {
  board: SimBoard & { entropy?: { hardware: boolean } };
  /** Text of the board's bundle with an application. */
  bundle: string;
  host: DeviceHost;
  seed: number;
  /** `frameSize` is also the frame size of the gateway, and that in the device's file "config". */
  medium: IdealOptions;
  /** Contents that wait in the device's Storage for the application to send them, in order. */
  messages: readonly (string | Uint8Array)[];
  /** Gets the capture, line by line. */
  sink?: (line: string) => void;
  observe?: (event: SimEvent) => void;
}

/** A packet as it went over the air. */
export interface AirPacket {
  from: string;
  to: string;
  /** Virtual ms of its first and last frame. */
  start: number;
  end: number;
  frames: number;
  lostFrames: number;
  /** Bytes of all its frames. */
  air: number;
  /** Bytes of the packet. */
  bytes: number;
  /** "channel": only the two endpoints can read it. "unknown": to the device, as long as its key is not known; or nothing that either could read. */
  kind: "handshake" | "message" | "channel" | "unknown";
  /** Its sender has sent the same packet before. */
  again: boolean;
  /** `at` of a message or handshake. */
  at?: number;
  /** Content of a message, or the piece of it that it carries. */
  content?: Uint8Array;
}

export interface TelemetryResult {
  /** Virtual ms at the end. */
  time: number;
  /** What went over the air, in order of its first frame. */
  packets: AirPacket[];
  /** Messages of the device: on the air, accepted by the gateway as they were sent, not accepted, accepted otherwise. */
  sent: number;
  delivered: number;
  lost: number;
  corrupted: number;
  /** Packets of channels, both directions, and their bytes. */
  channels: { packets: number; bytes: number };
  /** Contents that the application has not sent. */
  waiting: number;
  /** `at` of the messages that were delivered. */
  accepted: Set<number>;
  /** What the gateway refused, by code. */
  drops: Partial<Record<string, number>>;
  /** The device's log. */
  logs: { time: number; text: string }[];
  /** Virtual ms at which the gateway had linked for the first time; undefined: it has not. */
  linked: number | undefined;
  /** Frames and bytes on the air, both directions. */
  frames: number;
  air: number;
  /** Interpreter only: highest peak of all commands. */
  memory?: MemoryReport;
}

/** The packets of one direction, from the frames that were sent. */
class Observer {
  readonly packets: { packet: AirPacket; outer: Uint8Array }[] = [];
  #joiner = new Joiner(70000);
  #open: AirPacket | undefined;

  add(event: SimEvent & { kind: "sent" }): { packet: AirPacket; outer: Uint8Array } | undefined {
    const { from, to, time, bytes, lost } = event;
    const packet = this.#open ?? {
      from,
      to,
      start: time,
      end: time,
      frames: 0,
      lostFrames: 0,
      air: 0,
      bytes: 0,
      kind: "unknown" as const,
      again: false,
    };
    packet.end = time;
    packet.frames++;
    packet.air += bytes.length;
    if (lost) packet.lostFrames++;
    let whole: { packet: AirPacket; outer: Uint8Array } | undefined;
    this.#joiner.add(bytes, (outer) => {
      packet.bytes = outer.length;
      packet.again = this.packets.some((before) => Buffer.compare(before.outer, outer) === 0);
      whole = { packet, outer: Uint8Array.from(outer) };
      this.packets.push(whole);
    });
    this.#open = this.#joiner.size + this.#joiner.left ? packet : undefined;
    return whole;
  }

  /** A restart may cut a packet off. */
  reset(): void {
    this.#joiner.reset();
    this.#open = undefined;
  }
}

/** Bytes of a channel packet's BODY at least: TOKEN, IV, MAC. */
const CHANNEL_LEAST = 24;

/** Types of handshakes that go beside "link". */
const BESIDE: unknown[] = ["jwt", "uri", "tx"];

/** What a packet is, by its recipient's key. */
function explain(packet: AirPacket, outer: Uint8Array, recipient: Self): void {
  try {
    const { head, body } = lob.decode(outer);
    if (!head.length && body.length >= CHANNEL_LEAST) {
      packet.kind = "channel";
      return;
    }
    const inner = lob.decode(recipient.decrypt(outer));
    packet.kind = isHandshake(inner) || BESIDE.includes(inner.json?.["type"]) ? "handshake" : "message";
    packet.at = stampOf(inner);
    if (packet.kind === "message") packet.content = Uint8Array.from(inner.body);
  } catch {
    packet.kind = "unknown";
  }
}

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? Uint8Array.from(Buffer.from(content, "utf8")) : content;

/** The files that examples/telemetry/app.ts reads: whom to send to, and what. */
export function provision(gateway: Uint8Array, mtu: number, contents: readonly (string | Uint8Array)[]): StorageImage {
  const image: StorageImage = { config: bytesOf(JSON.stringify({ gateway: toBase32(gateway), mtu })) };
  contents.forEach((content, i) => {
    image[`reading-${String(i + 1).padStart(4, "0")}`] = bytesOf(content);
  });
  return image;
}

/** A run under way: `start`, then steps in any order, then `result` and `close`. */
export class Telemetry {
  readonly device: string;
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  readonly logs: { time: number; text: string }[] = [];
  /** Messages of the device that are on the air, and its packets of channels. */
  sent = 0;
  channels = 0;
  readonly #options: TelemetryOptions;
  readonly #host: Watched;
  readonly #reader: Self;
  readonly #up = new Observer();
  readonly #down = new Observer();
  #frames = 0;
  #air = 0;
  #last = 0;
  #linked: number | undefined;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.device = options.board.name;
    this.#host = new Watched(options.host);
    const pair = generate(randomOf(options.seed, "gateway/identity"))["1a"];
    this.gateway = new Gateway({
      pair,
      random: randomOf(options.seed, "gateway/random"),
      mtu: options.medium.frameSize,
      pairing: true,
    });
    this.#reader = new Self({ "1a": pair }, randomOf(options.seed, "observer"));
    this.simulator = new Simulator({
      seed: options.seed,
      medium: options.medium,
      ...(options.sink && { sink: options.sink }),
      observe: (event) => {
        this.#observe(event);
        options.observe?.(event);
      },
    });
  }

  /** Boots the device next to the gateway. Throws DeviceError where the bundle does not start. */
  async start(): Promise<void> {
    const { board, bundle, medium, messages } = this.#options;
    const hardwareEntropy = board.entropy?.hardware ?? true;
    const storage = provision(this.gateway.key, medium.frameSize, messages);
    if (!hardwareEntropy) {
      const { name, bytes } = seedFile(randomOf(this.#options.seed, "seed"));
      storage[name] = bytes;
    }
    const device: DeviceOptions = { board, bundle, hardwareEntropy, storage };
    await this.simulator.addNode("gateway", this.gateway);
    await this.simulator.addDevice(this.device, this.#host, device);
  }

  /** Goes on until `done`, for `limit` virtual ms at most; whether `done` holds. */
  until(done: () => boolean, limit: number): Promise<boolean> {
    return this.simulator.runWhile(done, this.simulator.time + limit);
  }

  /** Goes on for so many virtual ms. */
  forMs(ms: number): Promise<void> {
    return this.simulator.runUntil(this.simulator.time + ms);
  }

  /** Goes on until nothing was on the air for so many virtual ms, for `limit` at most. */
  async untilQuiet(ms: number, limit = Infinity): Promise<void> {
    const end = this.simulator.time + limit;
    while (this.simulator.time < Math.min(this.#last + ms, end))
      await this.simulator.runUntil(Math.min(this.#last + ms, end));
  }

  /** Restarts the device: its Storage stays. */
  async restartDevice(): Promise<void> {
    this.#up.reset();
    await this.simulator.restart(this.device);
  }

  /** Sends content from the gateway. */
  async say(content: Uint8Array | string | object): Promise<void> {
    this.gateway.send(content);
    await this.simulator.poke("gateway");
  }

  /** The device's Storage. */
  storage(): Promise<StorageImage> {
    return this.#host.storage();
  }

  async close(): Promise<void> {
    await this.simulator.close();
  }

  /** What has come of it so far. Call before `close`. */
  async result(): Promise<TelemetryResult> {
    const identity = (await this.storage())["mote.id"];
    if (identity !== undefined) {
      // eight bytes of check before it
      const device = new Self(
        { "1a": { key: identity.subarray(8, 29), secret: identity.subarray(29) } },
        randomOf(0, ""),
      );
      for (const { packet, outer } of this.#down.packets) explain(packet, outer, device);
    }
    const packets = [...this.#up.packets, ...this.#down.packets]
      .map(({ packet }) => packet)
      .sort((a, b) => a.start - b.start);
    const sent = new Map(
      packets.filter((p) => p.from === this.device && p.kind === "message").map((p) => [p.at!, p.content!]),
    );
    const delivered = this.gateway.messages;
    const accepted = new Set(
      delivered
        .filter(({ at, content }) => Buffer.compare(content, sent.get(at) ?? new Uint8Array(0)) === 0)
        .map(({ at }) => at),
    );
    const ofChannels = packets.filter((p) => p.kind === "channel");
    const left = Object.keys(await this.storage()).filter((name) => name.startsWith("reading-")).length;
    return {
      time: this.simulator.time,
      packets,
      sent: sent.size,
      delivered: accepted.size,
      lost: sent.size - accepted.size,
      corrupted: delivered.length - accepted.size,
      channels: { packets: ofChannels.length, bytes: ofChannels.reduce((sum, p) => sum + p.bytes, 0) },
      waiting: left,
      accepted,
      drops: { ...this.gateway.drops },
      logs: this.logs,
      linked: this.#linked,
      frames: this.#frames,
      air: this.#air,
      ...(this.#host.memory && { memory: this.#host.memory }),
    };
  }

  #observe(event: SimEvent): void {
    if (event.kind === "log" && event.at === this.device) this.logs.push({ time: event.time, text: event.text });
    if (event.kind === "log" && event.at === "gateway" && event.text === "linked") this.#linked ??= event.time;
    if (event.kind !== "sent") return;
    // others may be on the air too, and hear what these two say to each other
    const { from, to } = event;
    if (!(from === this.device && to === "gateway") && !(from === "gateway" && to === this.device)) return;
    this.#frames++;
    this.#air += event.bytes.length;
    this.#last = Math.max(this.#last, event.time, ...event.arrivals);
    if (from !== this.device) {
      this.#down.add(event);
      return;
    }
    const whole = this.#up.add(event);
    if (whole === undefined) return;
    explain(whole.packet, whole.outer, this.#reader);
    if (whole.packet.kind === "message") this.sent++;
    if (whole.packet.kind === "channel") this.channels++;
  }
}
