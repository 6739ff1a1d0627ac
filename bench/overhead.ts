/**
 * What goes on air: ours as the library makes it, beside published figures of others. `npx tsx bench/overhead.ts`,
 * `-- --json` for programs.
 *
 * Counted is what each protocol adds to the content and the content; not radio, IP, UDP or CoAP headers. Frames are by
 * the chunk encoding (telehash v3, chunking.md), for the others too: they do not publish any.
 */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { pathToFileURL } from "node:url";
import { Exchange, Self, compress, decompress, generate, lob, split, stamp } from "../src/index.ts";
import type { Json } from "../src/index.ts";

/** Frames that radios have: BLE, small LoRa, 802.15.4, LoRa and UDP. */
export const MTUS = [20, 50, 120, 250];

/** Bytes of the reading. */
export const READING = 16;

/** Sequence numbers are 5 in all figures, ids one byte: the choice of draft-ietf-iotops-security-protocol-comparison. */
const SEQ = 5;

/** Bytes of a packet, or of all packets of a handshake, and what a radio of each frame size sends for it. */
export interface Size {
  bytes: number;
  air: { mtu: number; frames: number; bytes: number }[];
}

/** What the bytes buy. */
export interface Security {
  /** Security of the asymmetric keys in bits, where there are any. */
  curve?: number;
  /** Bits of the MAC. */
  mac: number;
  /** Whether what was recorded stays secret from who gets the long-term keys later. */
  forward: string;
  /** How a side knows who sent. */
  sender: string;
}

/** A handshake. Packets in turns, the side first that has the reading. */
export interface Handshake extends Size, Security {
  name: string;
  /** Bytes of each packet. */
  packets: number[];
  /** Round trips before a reading can be sent, and until each side knows who the other is. */
  sendable: number;
  authenticated: number;
  note?: string;
  /** Where the figure stands; none for ours. */
  source?: string;
}

/** A protected reading. */
export interface Reading extends Size, Security {
  name: string;
  /** The handshake that it needs, by name. */
  after?: string;
  note?: string;
  source?: string;
}

const random = (n: number): Uint8Array => new Uint8Array(randomBytes(n));

function size(packets: Uint8Array[]): Size {
  const total = (all: Uint8Array[]): number => all.reduce((sum, { length }) => sum + length, 0);
  const air = MTUS.map((mtu) => {
    const frames = packets.flatMap((packet) => split(packet, mtu));
    return { mtu, frames: frames.length, bytes: total(frames) };
  });
  return { bytes: total(packets), air };
}

const check = (right: boolean): void => {
  if (!right) throw new Error("the library does not do what is counted here");
};

const MESSAGE: Security = { curve: 80, mac: 32, forward: "no", sender: "static DH" };
const CHANNEL: Security = { ...MESSAGE, forward: "yes" };

/** Two endpoints; the first has the reading. @param at the highest `at` that both have used */
function pair(at = 0) {
  const [device, gateway] = [0, 1].map(() => new Self(generate(random), random)) as [Self, Self];
  return {
    gateway,
    out: new Exchange(device, gateway.key, at, at),
    back: new Exchange(gateway, device.key, at, at),
  };
}

const canSend = (exchange: Exchange): boolean => {
  try {
    exchange.send(lob.encode({ c: 1 }));
    return true;
  } catch {
    return false;
  }
};

/** A link handshake to its end, of two that know no more of each other than their keys. @param z compression to ask for */
function shakeHands(name: string, { out, back }: ReturnType<typeof pair>, z?: number): Handshake {
  const packets = [out.handshake(undefined, z)];
  let sendable = 0;
  let authenticated = 0;
  const known = new Set<Exchange>();
  for (let [to, from] = [back, out]; ; [to, from] = [from, to]) {
    const { accepted, answer, at } = to.sync(packets.at(-1)!);
    check(accepted);
    known.add(to);
    if (canSend(out)) sendable ||= packets.length / 2;
    if (known.size === 2) authenticated ||= packets.length / 2;
    if (!answer) break;
    packets.push(to.handshake(at, z));
  }
  check(sendable > 0 && authenticated > 0);
  return { name, packets: packets.map(({ length }) => length), sendable, authenticated, ...size(packets), ...CHANNEL };
}

/** What the library makes. */
export function ours(): { handshakes: Handshake[]; readings: Reading[]; others: Reading[] } {
  const reading = random(READING);
  const ends = pair();
  const { out, back, gateway } = ends;

  const message = out.encrypt(stamp(SEQ, 0, reading));
  check(back.verify(message) && isDeepStrictEqual(lob.decode(gateway.decrypt(message)).body, reading));

  const handshakes = [
    shakeHands("link", ends),
    shakeHands("link with z=1", pair(), 1),
    shakeHands("link, `at` in Unix time", pair(1_700_000_000)),
  ];

  const channel = (name: string, head: Json, body?: Uint8Array): Reading[] => {
    const inner = lob.encode(head, body);
    const cbor = compress(head, body);
    const packet = out.send(inner);
    check(
      isDeepStrictEqual(back.receive(packet), lob.decode(inner)) &&
        isDeepStrictEqual(decompress(cbor), lob.decode(inner)),
    );
    return [
      { name: `${name}, LOB`, after: "link", ...size([packet]), ...CHANNEL },
      { name: `${name}, CBOR`, after: "link with z=1", ...size([out.send(cbor)]), ...CHANNEL },
    ];
  };
  return {
    handshakes,
    readings: [
      { name: "message", ...size([message]), ...MESSAGE },
      ...channel("unreliable channel", { c: 1 }, reading),
      ...channel("reliable channel", { c: 1, seq: SEQ }, reading),
    ],
    others: [
      ...channel("first of an unreliable channel", { c: 1, type: "reading" }, reading),
      ...channel("ack of a reliable channel", { c: 1, ack: SEQ }),
    ],
  };
}

const COMPARISON = "draft-ietf-iotops-security-protocol-comparison-08 (21 January 2025)";
const NOISE = "The Noise Protocol Framework, revision 34 (2018-07-11)";
const LORAWAN = "LoRaWAN L2 1.0.4 Specification (TS001-1.0.4, 2020)";
const RETICULUM = "Reticulum Manual 1.4.2, Understanding Reticulum";

const published = (packets: number[]): { packets: number[] } & Size => ({
  packets,
  ...size(packets.map((n) => new Uint8Array(n))),
});

// Bits of the MAC: AES-CCM with 8 bytes in EDHOC, OSCORE and DTLS as the draft has it (16 bytes: 8 more in each protected
// packet); ChaChaPoly or AES-GCM in Noise; CMAC cut to 32 bits in LoRaWAN; HMAC-SHA256 in Reticulum.
const EDHOC: Security = { curve: 128, mac: 64, forward: "yes", sender: "ephemeral DH" };
const DTLS: Security = { curve: 128, mac: 64, forward: "yes", sender: "signature" };
const NOISES: Security = { curve: 128, mac: 128, forward: "yes", sender: "ephemeral DH" };
const LORAWANS: Security = { mac: 32, forward: "no", sender: "shared key" };
const RETICULUMS: Security = { curve: 128, mac: 256, forward: "yes", sender: "optional signature" };

/** Handshakes of others, by their published figures. */
export const theirHandshakes: Handshake[] = [
  {
    name: "EDHOC, static DH, kid",
    ...published([37, 45, 19]),
    sendable: 1,
    authenticated: 1.5,
    ...EDHOC,
    note: "for OSCORE; keys are known before and named by 1 byte (8: 14 bytes more); the first reading goes with message_3 (RFC 9668, section 3); over CoAP 12, 5 and 1 bytes more (appendix A of the draft)",
    source: `RFC 9528, section 1.2 (Message Size Examples); ${COMPARISON}, section 3.1, figure 1`,
  },
  {
    name: "EDHOC, signatures, kid",
    ...published([37, 102, 77]),
    sendable: 1,
    authenticated: 1.5,
    ...EDHOC,
    sender: "signature",
    note: "for OSCORE",
    source: `RFC 9528, section 1.2; ${COMPARISON}, section 3.1, figure 1`,
  },
  {
    name: "DTLS 1.3 CID, raw public keys",
    ...published([185, 454, 255]),
    sendable: 1,
    authenticated: 1.5,
    ...DTLS,
    note: "P-256; with x25519 and Ed25519 720 (706 without CID in section 3.1, figure 3, and 14 for the CID of section 3.2)",
    source: `${COMPARISON}, section 3.1, figure 1: DTLS 1.3 - RPKs, ECDHE`,
  },
  {
    name: "DTLS 1.3 CID, PSK and ECDHE",
    ...published([219, 226, 56]),
    sendable: 1,
    authenticated: 1.5,
    ...DTLS,
    sender: "shared key",
    source: `${COMPARISON}, section 3.1, figure 1: DTLS 1.3 - PSK, ECDHE`,
  },
  {
    name: "Noise KK, 25519",
    ...published([32 + 16, 32 + 16]),
    sendable: 1,
    authenticated: 1,
    ...NOISES,
    note: "keys known to both; no negotiation, no address; a reading may go in the first packet, without forward secrecy",
    source: `${NOISE}, sections 3, 7.5, 7.7 and 12.1: keys of 32 bytes, 16 bytes an encrypted field`,
  },
  {
    name: "Noise IK, 25519",
    ...published([32 + (32 + 16) + 16, 32 + 16]),
    sendable: 1,
    authenticated: 1,
    ...NOISES,
    note: "as KK, but the initiator sends its key, as a link does",
    source: `${NOISE}, as KK`,
  },
  {
    name: "Noise XX, 25519",
    ...published([32, 32 + (32 + 16) + 16, 32 + 16 + 16]),
    sendable: 1,
    authenticated: 1.5,
    ...NOISES,
    note: "neither key is known",
    source: `${NOISE}, as KK`,
  },
  {
    name: "LoRaWAN 1.0.4 join",
    ...published([23, 17]),
    sendable: 1,
    authenticated: 1,
    ...LORAWANS,
    note: "no public keys: an AES-128 key of each device is shared beforehand; Join-Accept has 33 bytes with a CFList",
    source: `${LORAWAN}, section 6.2.5, table 53, page 45; Join-Accept by the fields of Semtech's LoRaMac-node: table 54, page 46, was not read`,
  },
  {
    name: "Reticulum link",
    ...published([83, 115, 99]),
    sendable: 1,
    authenticated: 1.5,
    ...RETICULUMS,
    note: "addresses of a network in it; who opens it stays anonymous, or identifies itself: 211 bytes more (128 of key and signature); the code of 1.4.2 sends 86, 118 and 83",
    source: `${RETICULUM}: Reaching the Destination (297 bytes), Wire Format (sizes of packet types)`,
  },
];

const LINK_PACKET = 19 + 16 + 32 + 32;

/** A reading of 16 bytes in the protocols of others, by their published figures. */
export const theirReadings: Reading[] = [
  {
    name: "OSCORE request",
    after: "EDHOC, static DH, kid",
    ...published([READING + 14]),
    ...EDHOC,
    note: "35 with the least of CoAP that it is part of (header 4, marker 1); forward secrecy is EDHOC's; with keys set beforehand there is no handshake, and none",
    source: `${COMPARISON}, section 4.1: Sender ID '42', sequence number '05'; the format is RFC 8613, section 6.1`,
  },
  {
    name: "DTLS 1.3 CID record",
    after: "DTLS 1.3 CID, raw public keys",
    ...published([READING + 12]),
    ...DTLS,
    note: "the least header: CID 1, sequence number 1, no length",
    source: `${COMPARISON}, section 4.1: Connection ID '42'; the format is RFC 9147, figure 4`,
  },
  {
    name: "Noise transport message",
    after: "Noise IK, 25519",
    ...published([READING + 16]),
    ...NOISES,
    note: "neither number nor address in it: where packets get lost `n` is sent too (section 11.4), up to 8 bytes",
    source: `${NOISE}, section 3`,
  },
  {
    name: "LoRaWAN data frame",
    after: "LoRaWAN 1.0.4 join",
    ...published([1 + 7 + 1 + READING + 4]),
    ...LORAWANS,
    note: "the MIC is the network's: between it and the application there is encryption only",
    source: `${LORAWAN}, sections 4.1 to 4.3, tables 2, 6 and 10, pages 15, 17 and 24: MHDR 1, FHDR 7, FPort 1, MIC 4`,
  },
  {
    name: "Reticulum link packet",
    after: "Reticulum link",
    ...published([LINK_PACKET]),
    ...RETICULUMS,
    note: "header 19, IV 16, content padded to 32, HMAC 32",
    source: `${RETICULUM}, Wire Format; IV, padding and HMAC by RNS 1.4.2, Cryptography/Token.py`,
  },
  {
    name: "Noise K, each by itself",
    ...published([32 + READING + 16]),
    ...NOISES,
    forward: "no",
    sender: "static DH",
    note: "no handshake, as with a message of ours; where none gets lost the key goes once: 32 bytes a reading then",
    source: `${NOISE}, sections 3, 7.4 and 7.7`,
  },
  {
    name: "Reticulum single packet",
    ...published([LINK_PACKET + 32]),
    ...RETICULUMS,
    forward: "with ratchets",
    sender: "none",
    note: "no handshake; forward secrecy where the recipient announces ratchets",
    source: `${RETICULUM}, Reaching the Destination; the key by RNS 1.4.2, Identity.encrypt`,
  },
];

export const notes = [
  "Where ours is worse: secp160r1 has about 80 bits of security, all MACs have 32 bits (LoRaWAN's too), and the token is 16 bytes of every channel packet where a CID or Sender ID has 1.",
  "Messages have no forward secrecy, and who has the recipient's secret can pretend to be anybody to it (static-static DH, as Noise K). Channels have forward secrecy once both sides have dropped the exchange.",
  "Replays: OSCORE, DTLS 1.3 and LoRaWAN refuse them by a number in each packet; ours by `at` in messages, by `seq` and the IV in channels.",
  "`c`, `seq` and `at` are counted small: `c` and `seq` take up to 4 bytes more in CBOR, up to 9 in LOB; `at` of a message always takes 4.",
];

/** All bytes of a number of readings, the handshake with them. */
export const totalOf = (reading: Reading, handshakes: Handshake[], count: number): number =>
  (handshakes.find(({ name }) => name === reading.after)?.bytes ?? 0) + count * reading.bytes;

type Cell = string | number;

/** Rows under their headings, the first column to the left, numbers to the right. */
function table(headings: string[], rows: Cell[][]): string {
  const all = [headings, ...rows.map((row) => row.map(String))];
  const widths = headings.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const right = headings.map((_, i) => rows.some((row) => typeof row[i] === "number"));
  return all
    .map(
      (row) =>
        "  " +
        row
          .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
          .join("  ")
          .trimEnd(),
    )
    .join("\n");
}

const ratio = (mine: number, theirs: number): string => (mine / theirs).toFixed(2);
const framesOf = ({ air }: Size): string[] => air.map(({ frames, bytes }) => `${frames} (${bytes})`);
const securityOf = ({ curve, mac, forward, sender }: Security): Cell[] => [curve ?? "-", mac, forward, sender];
const SECURITY = ["curve", "MAC", "forward", "sender by"];

function text(mine: ReturnType<typeof ours>): string {
  const on = MTUS.map((mtu) => `frames of ${mtu}`);
  const [link] = mine.handshakes as [Handshake];
  const [message, , channel] = mine.readings as [Reading, Reading, Reading];
  const handshakes = [...mine.handshakes, ...theirHandshakes];
  const readings = [...mine.readings, ...theirReadings];
  const handshakeRow = (row: Handshake): Cell[] => [
    row.name,
    row.packets.join(" + "),
    row.bytes,
    row.source ? ratio(link.bytes, row.bytes) : "",
    row.sendable,
    row.authenticated,
    ...securityOf(row),
    ...framesOf(row),
  ];
  const readingRow = (row: Reading): Cell[] => [
    row.name,
    row.bytes,
    row.bytes - READING,
    ...[message, channel].map((by) => (row.source ? ratio(by.bytes, row.bytes) : "")),
    ...securityOf(row),
    ...framesOf(row),
  ];
  const sources = [...theirHandshakes, ...theirReadings].map(
    ({ name, source, note }) => `  ${name}: ${note ? `${note}. ` : ""}[${source}]`,
  );
  return [
    "Handshakes: bytes of each packet, round trips (RT) until a reading can be sent and until both sides know each other;",
    "link/it is bytes of our link to theirs: below 1 ours is smaller. Frames are by the chunk encoding, bytes on air in brackets.\n",
    table(["", "packets", "bytes", "link/it", "RT send", "RT both", ...SECURITY, ...on], handshakes.map(handshakeRow)),
    `\nA reading of ${READING} bytes, protected; msg/it is bytes of our message to theirs, ch/it those of our unreliable channel in CBOR\n`,
    table(["", "bytes", "added", "msg/it", "ch/it", ...SECURITY, ...on], readings.map(readingRow)),
    "\nOurs beside readings\n",
    table(
      ["", "bytes", ...on],
      mine.others.map((row) => [row.name, row.bytes, ...framesOf(row)]),
    ),
    "\nHandshake and readings together, bytes\n",
    table(
      ["", "handshake", "1", "10", "100"],
      readings.map((row) => [
        row.name,
        row.after ?? "none",
        ...[1, 10, 100].map((count) => totalOf(row, handshakes, count)),
      ]),
    ),
    "\nTo be fair\n",
    ...notes.map((note) => `  ${note}`),
    "\nSources and what goes with them\n",
    ...sources,
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const mine = ours();
  console.log(
    process.argv.includes("--json")
      ? JSON.stringify(
          { reading: READING, ours: mine, theirs: { handshakes: theirHandshakes, readings: theirReadings }, notes },
          undefined,
          2,
        )
      : text(mine),
  );
}
