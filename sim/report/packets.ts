// Packets as they were sent: what a sender's frames to somebody are when they are put together, whether they arrived or not.
// (sim/pcapng/packets.ts has what their receivers made of them.)

import { Joiner, decloak, isCloaked, token } from "../../src/index.ts";
import type { AirRecord, CaptureRecord, MediumRecord } from "../capture.ts";
import { fromHex, toHex } from "../capture.ts";
import type { MediumKind } from "../media/medium.ts";

/** By form: "message" is a packet of its own key's, which a handshake is too, unless it could be told to be one. */
export type PacketKind = "handshake" | "message" | "channel" | "unknown";

export interface SentPacket {
  medium: string;
  from: string;
  to: string | undefined;
  kind: PacketKind;
  /** Without its cloak; of one that its sender broke off what was put together is not known: empty. */
  outer: Uint8Array;
  /** Routing token in hex: of a channel packet its recipient's, of a message that of channel packets to its sender. */
  token: string;
  /** Air records (by number in the list given) of each frame: more than one where it was sent again, or in parts. */
  frames: number[][];
}

const LIMIT = 70000;

/** A message, which nobody's packet has in the middle but by chance: the one before was broken off. */
const begins = (frame: Uint8Array): boolean => frame[1] === 0 && frame[2] === 1 && frame[3] === 0x1a;

interface Frame {
  hex: string;
  air: number[];
}

type Tell = (frames: Frame[], outer: Uint8Array) => void;

/** What one station sends to another, or to all, on a medium. */
class Sender {
  readonly #kind: MediumKind | undefined;
  readonly #joiner = new Joiner(LIMIT);
  readonly #tell: Tell;
  /** Frames of the packet that has begun. */
  #frames: Frame[] = [];
  #last: Frame | undefined;
  // of a packet of advertisements all frames are said again, in turn
  #said = new Map<string, Frame>();
  #parts: { id: number; parts: (Uint8Array | undefined)[] } | undefined;

  constructor(kind: MediumKind | undefined, tell: Tell) {
    this.#kind = kind;
    this.#tell = tell;
  }

  add(record: AirRecord, index: number): void {
    const { bytes: hex, attempt = 1, detail } = record;
    const again = this.#said.get(hex) ?? (attempt !== 1 || (detail?.["part"] ?? 0) > 0 ? this.#last : undefined);
    if (again?.hex === hex) {
      again.air.push(index);
      return;
    }
    const frame: Frame = { hex, air: [index] };
    this.#last = frame;
    const bytes = fromHex(hex);
    if (this.#kind !== "advertising" || !this.#fragment(frame, bytes)) this.#chunk(frame, bytes);
  }

  /** What has begun goes no further. */
  cut(): void {
    if (this.#frames.length) this.#tell(this.#frames, new Uint8Array(0));
    this.#frames = [];
    this.#joiner.reset();
    this.#parts = undefined;
  }

  #chunk(frame: Frame, bytes: Uint8Array): void {
    const joiner = this.#joiner;
    const stream = this.#kind === "serial";
    if (joiner.size && !stream && begins(bytes)) this.cut();
    // zeros outside a packet are acknowledgements of chunks
    if (!(joiner.size + joiner.left) && bytes.every((byte) => !byte)) return;
    this.#frames.push(frame);
    const over = joiner.add(bytes, (packet) => {
      this.#tell(this.#frames, Uint8Array.from(packet));
      this.#frames = [frame];
    });
    if (over || (joiner.left && !stream)) this.cut();
    // a write to a serial port may end one packet and begin the next
    if (!(joiner.size + joiner.left)) this.#frames = [];
  }

  // What boards advertise; native nodes advertise chunks. Flags, or nothing, before manufacturer specific data: company, mark,
  // id, index, last, part. src/device/radios/advertising.ts
  #fragment(frame: Frame, bytes: Uint8Array): boolean {
    let at = 0;
    while (at + 1 < bytes.length && bytes[at] && bytes[at + 1] !== 0xff) at += 1 + bytes[at]!;
    const data = bytes.subarray(at + 2, at + 1 + (bytes[at] ?? 0));
    const [one, two, mark, id = 0, index = 0, last = 0] = data;
    if (one !== 0x90 || two !== 5 || mark !== 0xe3 || index > last) return false;
    if (this.#parts?.id !== id || this.#parts.parts.length !== last + 1) {
      this.cut();
      this.#said.clear();
      this.#parts = { id, parts: Array.from({ length: last + 1 }) };
    }
    this.#said.set(frame.hex, frame);
    this.#frames.push(frame);
    const { parts } = this.#parts;
    parts[index] = data.subarray(6);
    if (parts.some((part) => !part)) return true;
    this.#tell(this.#frames, Uint8Array.from((parts as Uint8Array[]).flatMap((part) => [...part])));
    this.#frames = [];
    this.#parts = undefined;
    return true;
  }
}

/** Kind and token of a packet by its form. */
export function packetForm(outer: Uint8Array): { kind: PacketKind; token: string } {
  if (outer[0] === 0 && outer[1] === 0 && outer.length >= 26)
    return { kind: "channel", token: toHex(outer.subarray(2, 18)) };
  if (outer[0] === 0 && outer[1] === 1 && outer.length >= 3 + 16 + 8)
    return { kind: "message", token: toHex(token(outer.subarray(3))) };
  return { kind: "unknown", token: "" };
}

const uncloaked = (outer: Uint8Array): Uint8Array => {
  try {
    return isCloaked(outer) ? decloak(outer).packet : outer;
  } catch {
    return outer;
  }
};

/**
 * Puts the packets of air records together; `records` may hold others, in the order of the capture: a device that starts
 * anew, or whose link goes, breaks off what it had begun. Packets are in order of their first frame.
 *
 * The first message with a key is taken for a handshake where it was sent again as it is, or where messages go the other
 * way too: without keys no more can be known.
 * @param skip tells air records, by number, that are left alone; what is under way there is broken off
 */
export function sentPackets(
  media: readonly MediumRecord[],
  records: readonly CaptureRecord[],
  skip?: (air: number) => boolean,
): SentPacket[] {
  const kinds = new Map(media.map(({ name, kind }) => [name, kind]));
  const senders = new Map<string, Sender>();
  const of = new Map<string, Sender[]>();
  const packets: SentPacket[] = [];
  let index = -1;
  for (const record of records) {
    if (record.k === "boot" || record.k === "link") for (const sender of of.get(record.device) ?? []) sender.cut();
    if (record.k !== "air") continue;
    index++;
    const { medium, from, to, type = "data" } = record;
    if (type !== "data") continue;
    const name = JSON.stringify([medium, from, to]);
    let sender = senders.get(name);
    if (skip?.(index)) {
      sender?.cut();
      continue;
    }
    if (!sender) {
      sender = new Sender(kinds.get(medium), (frames, joined) => {
        const outer = uncloaked(joined);
        packets.push({ medium, from, to, ...packetForm(outer), outer, frames: frames.map(({ air }) => air) });
      });
      senders.set(name, sender);
      for (const one of to === undefined ? [from] : [from, to]) {
        const list = of.get(one);
        if (list) list.push(sender);
        else of.set(one, [sender]);
      }
    }
    sender.add(record, index);
  }
  for (const sender of senders.values()) sender.cut();
  packets.sort((a, b) => a.frames[0]![0]! - b.frames[0]![0]!);
  handshakes(packets);
  return packets;
}

function handshakes(packets: readonly SentPacket[]): void {
  const messages = packets.filter(({ kind }) => kind === "message");
  const addressed = new Set(messages.map(({ to }) => to));
  const senders = new Set(messages.map(({ from }) => from));
  const first = new Map<string, { packet: SentPacket; hex: string }>();
  for (const packet of messages) {
    const name = JSON.stringify([packet.from, packet.to, packet.token]);
    const known = first.get(name);
    const hex = toHex(packet.outer);
    if (!known) first.set(name, { packet, hex });
    else if (known.hex === hex) packet.kind = known.packet.kind = "handshake";
  }
  for (const { packet } of first.values()) {
    if (addressed.has(packet.from) || (packet.to !== undefined && senders.has(packet.to))) packet.kind = "handshake";
  }
}
