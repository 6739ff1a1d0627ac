// A capture as a pcapng file, for Wireshark and other programs that read such files. Every transmission is a frame of the
// link type that fits its medium, lost ones too; what became of it is in its comment. Packets that arrived whole are there
// as exported PDUs, for the dissector in sim/dissector.
//
// Comments: "device > gateway", then, each behind "; ", what is not as one would expect: "ack", "noise", "attempt 2", "never
// sent", "lost: collision at gateway", "twice at gateway", "held back to gateway". Who holds a comment for an expert's
// notice, as Wireshark does, sees one with every frame that has no addresses of its own.

import type { AirRecord, Capture, MediumRecord } from "../capture.ts";
import { fromHex } from "../capture.ts";
import type { MediumKind } from "../media/medium.ts";
import {
  decryptionSecrets,
  enhancedPacket,
  flags,
  interfaceDescription,
  interfaceStatistics,
  nameResolution,
  opt,
  sectionHeader,
} from "./blocks.ts";
import type { Option } from "./blocks.ts";
import { advertising, ble } from "./bluetooth.ts";
import { le32, utf8 } from "./bytes.ts";
import type { Encapsulate, Encapsulation } from "./encapsulation.ts";
import { EXPORTED_PDU, air, exported } from "./exported.ts";
import { ieee802154 } from "./ieee802154.ts";
import { loratap } from "./loratap.ts";
import { Packets } from "./packets.ts";
import type { Arrived } from "./packets.ts";
import { serial } from "./serial.ts";
import { Stations } from "./stations.ts";
import { udp } from "./udp.ts";

export interface PcapngOptions {
  /** Text of a key log (sim/keylog.ts), to be put in front of all packets. Who has the file can then read them. */
  secrets?: string;
  /** Whether packets that were put together are there too. Default true. */
  packets?: boolean;
}

const encapsulations: Record<MediumKind, Encapsulate> = {
  ideal: air,
  ble,
  advertising,
  "802.15.4": ieee802154,
  lora: loratap,
  nrf24: air,
  serial,
  udp,
};

/** How many stations that missed a frame its comment names. */
const NAMED = 3;

/** What the comment of a frame says beside from whom to whom. */
function fateOf({ to, type, attempt = 1, rx }: AirRecord, kind: MediumKind | undefined): string[] {
  const notes: string[] = [];
  if (type === "ack" || type === "noise") notes.push(type);
  if (!attempt) notes.push("never sent");
  // of an advertisement these are its channels
  if (attempt > 1 && kind !== "advertising") notes.push(`attempt ${attempt}`);
  const missed = rx.filter((one) => one.fate === "lost" && (to === undefined || one.to === to));
  for (const one of missed.slice(0, NAMED)) notes.push(`lost: ${one.why ?? "unknown"} at ${one.to}`);
  if (missed.length > NAMED) notes.push(`lost at ${missed.length - NAMED} more`);
  for (const one of rx) {
    if (one.duplicated) notes.push(`twice at ${one.to}`);
    if (one.reordered) notes.push(`held back to ${one.to}`);
  }
  return notes;
}

/** Whether a frame was on the air: radios with airtimes tell of those that they gave up before. */
const wasSent = ({ air: length, attempt = 1 }: AirRecord, kind: MediumKind | undefined): boolean =>
  attempt > 0 && (length > 0 || kind === "ideal" || kind === "udp");

const micro = (ms: number): number => Math.round(ms * 1000);

class Writer {
  readonly stations = new Stations();
  readonly #media = new Map<string, { kind: MediumKind; encapsulation: Encapsulation }>();
  readonly #named = new Set<string>();
  // by name; which number, and how many frames
  readonly #interfaces = new Map<string, { id: number; frames: number }>();
  #other: Encapsulation | undefined;
  // numbers of frames by air record; frames of the file so far
  readonly #numbers: number[] = [];
  #count = 0;
  #last = 0;

  constructor(media: readonly MediumRecord[]) {
    for (const medium of media) {
      this.#media.set(medium.name, {
        kind: medium.kind,
        encapsulation: encapsulations[medium.kind](medium, this.stations),
      });
    }
  }

  *air(given: AirRecord): Generator<Uint8Array> {
    const medium = this.#media.get(given.medium);
    const sent = wasSent(given, medium?.kind);
    const record = sent ? given : { ...given, attempt: 0 };
    const bytes = fromHex(record.bytes);
    let used = medium?.encapsulation;
    let frames = used && sent ? used.frames(record, bytes) : [];
    let name = record.medium;
    if (!used || !frames.length) {
      // noise, frames that never were sent, and acknowledgements that the link type has no frame for
      used = this.#other ??= air({ name, kind: "ideal", frameSize: 0 }, this.stations);
      frames = used.frames(record, bytes);
      name += ": without a frame of its own";
    } else if (used.line) name += `: ${used.line(record)}`;
    const description = `simulated: ${medium?.kind ?? "unknown"}`;
    if (used.linkType === EXPORTED_PDU || used.linkType === 101) yield* this.#names(record.from, record.to);
    for (const { data, note } of frames) {
      const fate = note === undefined ? fateOf(record, medium?.kind) : [note];
      const said =
        !used.addressed || fate.length ? [[`${record.from} > ${record.to ?? "all"}`, ...fate].join("; ")] : [];
      yield* this.#frame(used.linkType, name, description, record.t, data, record.from, record.to, said);
    }
    this.#numbers.push(this.#count);
  }

  *packet(packet: Arrived): Generator<Uint8Array> {
    const { time, medium, from, to, outer, last } = packet;
    yield* this.#names(from, to);
    const data = exported(this.stations, "e3x-mote", from, to, outer, this.#numbers[last]);
    yield* this.#frame(EXPORTED_PDU, `${medium}: packets`, "put together of frames", time, data, from, to, []);
  }

  *end(): Generator<Uint8Array> {
    for (const { id, frames } of this.#interfaces.values()) yield interfaceStatistics(id, micro(this.#last), frames);
  }

  *#frame(
    linkType: number,
    name: string,
    description: string,
    time: number,
    data: Uint8Array,
    from: string,
    to: string | undefined,
    comments: readonly string[],
  ): Generator<Uint8Array> {
    let known = this.#interfaces.get(name);
    if (!known) {
      known = { id: this.#interfaces.size, frames: 0 };
      this.#interfaces.set(name, known);
      yield interfaceDescription(linkType, name, description);
    }
    known.frames++;
    this.#count++;
    this.#last = Math.max(this.#last, time);
    const direction =
      (this.stations.isNode(from) ? flags.outbound : flags.inbound) |
      (to === undefined ? flags.broadcast : flags.unicast);
    const options: Option[] = [
      ...comments.map((text): Option => [opt.comment, utf8(text)]),
      [opt.epb_flags, le32(direction)],
    ];
    yield enhancedPacket(known.id, micro(time), data, options);
  }

  // before the first frame with its address
  *#names(...stations: readonly (string | undefined)[]): Generator<Uint8Array> {
    for (const name of stations) {
      if (name === undefined || this.#named.has(name)) continue;
      this.#named.add(name);
      yield nameResolution([[this.stations.ipv4(name), name]]);
    }
  }
}

/** A capture as the blocks of a pcapng file, one after the other: for captures of any size. */
export function* pcapngBlocks(
  capture: Pick<Capture, "header"> & { records: Iterable<Capture["records"][number]> },
  options: PcapngOptions = {},
): Generator<Uint8Array> {
  yield sectionHeader("e3x-mote");
  if (options.secrets) yield decryptionSecrets(options.secrets);
  const writer = new Writer(capture.header.media);
  const arrived: Arrived[] = [];
  const packets = new Packets(capture.header, (packet) => arrived.push(packet));
  const whole = function* (): Generator<Uint8Array> {
    for (const packet of arrived.splice(0)) if (options.packets ?? true) yield* writer.packet(packet);
  };
  for (const record of capture.records) {
    if (record.k === "join" && record.what === "node") writer.stations.node(record.name);
    if (record.k === "air") yield* writer.air(record);
    packets.add(record);
    yield* whole();
  }
  packets.end();
  yield* whole();
  yield* writer.end();
}

/** A capture as a pcapng file. */
export function toPcapng(capture: Capture, options: PcapngOptions = {}): Uint8Array {
  return Uint8Array.from(Buffer.concat([...pcapngBlocks(capture, options)]));
}
