// Bluetooth Low Energy, LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR (256): a header of 10 bytes, access address, PDU, CRC.
// Sections of Bluetooth Core 5.4, Vol 6, Part B, unless said otherwise.
//
// Of a connection only what carries values is simulated. So that a capture can be read, what sets it stands before its first
// frame, with a comment: a CONNECT_IND that says addresses, access address and CRC, and the exchange of a larger MTU. The
// peripheral's values are notifications of handle 0x0e32, the central's are write commands to handle 0x0e31. Of a
// transmission's detail are used: event; part, offset and length (without them a frame is one PDU); sn, nesn and md (without
// them both bits are counted here).

import type { AirRecord } from "../capture.ts";
import { join, le16, le32 } from "./bytes.ts";
import { number, powerOf } from "./encapsulation.ts";
import type { Encapsulate, Frame } from "./encapsulation.ts";

const LINKTYPE = 256;

/** Handles of the values: what the central writes, and what the peripheral tells. */
const WRITTEN = 0x0e31;
const TOLD = 0x0e32;

/** ATT's MTU where no other was agreed upon (Vol 3, Part G, 5.2.1). */
const LEAST_MTU = 23;

/** Bytes of the headers of L2CAP and ATT. */
const HEADERS = 7;

/** Access address and CRC's first value of advertisements (2.1.2, 3.1.1). */
const ADVERTISING_ADDRESS = 0x8e89bed6;
const ADVERTISING_CRC = 0x555555;

// flags of the header: not whitened, signal power valid, reference access address valid, direction, CRC checked and valid.
// The last not in advertisements: so Wireshark checks it. Of a connection it does not know the first value.
const DEWHITENED = 0x0001;
const SIGNAL = 0x0002;
const REFERENCE = 0x0010;
const TO_PERIPHERAL = (2 << 7) | 0x0c00;
const TO_CENTRAL = (3 << 7) | 0x0c00;

const mirror = (value: number, bits: number): number => {
  let out = 0;
  for (let i = 0; i < bits; i++) out = (out << 1) | ((value >> i) & 1);
  return out;
};

/** CRC-24 of a PDU, as its three octets stand on the air: x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1 (3.1.1). */
export function crc24(pdu: Uint8Array, first: number): Uint8Array {
  let crc = mirror(first, 24);
  for (const octet of pdu) {
    crc ^= octet;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xda6000 : crc >>> 1;
  }
  return Uint8Array.of(crc, crc >> 8, crc >> 16);
}

/** RF channel of a channel's index: 37, 38, 39 are 0, 12, 39 (1.4.1). */
export function rfChannel(index: number): number {
  if (index > 36) return index === 37 ? 0 : index === 38 ? 12 : 39;
  return index < 11 ? index + 1 : index + 2;
}

/** @param coding of a coded PHY: its coding indicator, which stands behind the access address */
function packet(
  air: AirRecord,
  channel: number,
  address: number,
  flags: number,
  pdu: Uint8Array,
  crc: number,
  ...coding: readonly number[]
): Uint8Array {
  const power = powerOf(air);
  return join(
    rfChannel(channel),
    Math.round(power ?? 0),
    0,
    0,
    le32(address),
    le16(DEWHITENED | (power === undefined ? 0 : SIGNAL) | REFERENCE | flags),
    le32(address),
    ...coding,
    pdu,
    crc24(pdu, crc),
  );
}

/** Flags of the PHYs that a medium may have, and their coding indicator (2.2.2). */
const phys: Record<string, { flags: number; coding: readonly number[] }> = {
  "1M": { flags: 0, coding: [] },
  "2M": { flags: 1 << 14, coding: [] },
  coded: { flags: 2 << 14, coding: [0] },
  "coded-s2": { flags: 2 << 14, coding: [1] },
};

export const advertising: Encapsulate = (_, stations) => ({
  linkType: LINKTYPE,
  addressed: true,
  frames: (air, bytes) => {
    if (air.type === "noise") return [];
    // ADV_NONCONN_IND from a random address (2.3.1.3)
    const pdu = join(0x42, 6 + bytes.length, stations.device(air.from), bytes);
    return [{ data: packet(air, air.channel ?? 37, ADVERTISING_ADDRESS, 0, pdu, ADVERTISING_CRC) }];
  },
});

/** Whether an access address may be one: the rules of 2.1.2. */
export function isAccessAddress(address: number): boolean {
  const bits = (address >>> 0).toString(2).padStart(32, "0");
  const changes = (text: string): number =>
    text.match(/01|10/g) === null ? 0 : [...text].filter((bit, i) => i > 0 && bit !== text[i - 1]).length;
  const octets = new Set([address & 255, (address >> 8) & 255, (address >> 16) & 255, address >>> 24]);
  const apart = [...((address ^ ADVERTISING_ADDRESS) >>> 0).toString(2)].filter((bit) => bit === "1").length;
  return (
    !/0{7}|1{7}/.test(bits) && apart > 1 && octets.size > 1 && changes(bits) <= 24 && changes(bits.slice(0, 6)) >= 2
  );
}

interface Connection {
  central: string;
  peripheral: string;
  address: number;
  crc: number;
  /** What its address was made with. */
  salt: number;
  /** The counter of its last event. */
  event: number;
  /** By station: bit SN of its last PDU, and NESN, which it expects. 4.5.9 */
  last: Map<string, number>;
  next: Map<string, number>;
}

export const ble: Encapsulate = (medium, stations) => {
  const connections = new Map<string, Connection>();
  const phy = phys[String(medium["phy"] ?? "1M")] ?? phys["1M"]!;

  const data = (air: AirRecord, connection: Connection, from: string, bits: number, payload: Uint8Array): Uint8Array =>
    packet(
      air,
      air.channel ?? 0,
      connection.address,
      (from === connection.central ? TO_PERIPHERAL : TO_CENTRAL) | phy.flags,
      join(bits, payload.length, payload),
      connection.crc,
      ...phy.coding,
    );

  const begin = (air: AirRecord, connection: Connection): Frame[] => {
    const { central, peripheral, address, crc } = connection;
    // 2.3.3.1; interval in 1.25 ms, timeout in 10 ms, all channels, hop 5
    const interval = Math.round(number(medium, "interval", 7.5) / 1.25);
    const pdu = join(
      0xc5,
      34,
      stations.device(central),
      stations.device(peripheral),
      le32(address),
      le32(crc).subarray(0, 3),
      1,
      le16(0),
      le16(interval),
      le16(number(medium, "latency", 0)),
      le16(Math.round(number(medium, "supervision", 4000) / 10)),
      0xff,
      0xff,
      0xff,
      0xff,
      0x1f,
      5,
    );
    const note = "made for the capture: how the connection is set";
    const frames = [{ data: packet(air, 37, ADVERTISING_ADDRESS, 0, pdu, ADVERTISING_CRC), note }];
    const mtu = medium.frameSize + 3;
    if (mtu <= LEAST_MTU) return frames;
    // Vol 3, Part F, 3.4.2: request and response; then empty PDUs, after which SN and NESN are as at the beginning
    const exchange = (code: number): Uint8Array => join(le16(3), le16(4), code, le16(mtu));
    const none = new Uint8Array(0);
    for (const [from, bits, payload] of [
      [central, 0x02, exchange(2)],
      [peripheral, 0x06, exchange(3)],
      [central, 0x0d, none],
      [peripheral, 0x09, none],
    ] as const) {
      frames.push({ data: data(air, connection, from, bits, payload), note });
    }
    return frames;
  };

  const connect = (air: AirRecord, from: string, to: string): { connection: Connection; frames: Frame[] } => {
    const name = JSON.stringify([from, to].sort());
    const before = connections.get(name);
    const event = air.detail?.["event"] ?? before?.event ?? 0;
    // its counter begins anew with a connection
    if (before && event >= before.event) {
      before.event = event;
      return { connection: before, frames: [] };
    }
    // where it is not said, a gateway is the central
    const [central, peripheral] =
      from === medium["central"] || (to !== medium["central"] && stations.isNode(from)) ? [from, to] : [to, from];
    let salt = before ? before.salt + 1 : 0;
    while (!isAccessAddress(stations.pair(central, peripheral, salt))) salt++;
    const connection: Connection = {
      central,
      peripheral,
      salt,
      event,
      address: stations.pair(central, peripheral, salt),
      crc: stations.pair(central, peripheral, -1 - salt) & 0xffffff,
      last: new Map(),
      next: new Map(),
    };
    connections.set(name, connection);
    return { connection, frames: begin(air, connection) };
  };

  return {
    linkType: LINKTYPE,
    addressed: true,
    frames: (air, bytes) => {
      const { from } = air;
      const to = air.to ?? air.rx[0]?.to;
      if (air.type === "noise" || to === undefined) return [];
      const { connection, frames } = connect(air, from, to);
      const { last, next } = connection;
      const { part = 0, offset = 0, length, md = 0 } = air.detail ?? {};
      const before = last.get(from);
      const sn = air.detail?.["sn"] ?? ((air.attempt ?? 1) > 1 ? (before ?? 0) : before === undefined ? 0 : before ^ 1);
      const nesn = air.detail?.["nesn"] ?? next.get(from) ?? 0;
      last.set(from, sn);
      if (air.rx.some((one) => one.to === to && one.fate === "delivered")) next.set(to, sn ^ 1);
      const bits = (nesn << 2) | (sn << 3) | (md << 4);
      const central = from === connection.central;
      // an L2CAP PDU for ATT (Vol 3, Part A, 3.1; Part F, 3.4.5.3, 3.4.7.1), whole or the beginning or a part of it; or
      // nothing (2.4)
      const att = join(le16(bytes.length + 3), le16(4), central ? 0x52 : 0x1b, le16(central ? WRITTEN : TOLD), bytes);
      const start = part > 0 ? HEADERS + offset : 0;
      const payload =
        air.type === "ack" ? bytes : att.subarray(start, length === undefined ? att.length : start + length);
      return [
        ...frames,
        { data: data(air, connection, from, bits | (air.type === "ack" || part > 0 ? 1 : 2), payload) },
      ];
    },
  };
};
