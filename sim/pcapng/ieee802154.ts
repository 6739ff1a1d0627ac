// IEEE 802.15.4, LINKTYPE_IEEE802_15_4_TAP (283): TLVs (github.com/jkcko/ieee802.15.4-tap), then a MAC frame with its FCS.
// Sections of IEEE 802.15.4-2020.
//
// Data frames have short addresses in one PAN, and ask for an acknowledgement where they are for one station; `pan` and `seq`
// of a transmission's detail are used, or the default and a number counted here.

import { join, le16 } from "./bytes.ts";
import { number, powerOf } from "./encapsulation.ts";
import type { Encapsulate } from "./encapsulation.ts";

const LINKTYPE = 283;
/** The PAN where none is said: the default of sim/media/ieee802154.ts, which the dissector knows. */
const PAN = 0x2ee3;
const BROADCAST = Uint8Array.of(0xff, 0xff);

// frame control (7.2.1): type; acknowledgement asked for, one PAN for both, short addresses, version 2006
const DATA = 0x0001;
const ACK = 0x0002;
const ASKS = 0x0020;
const SHORT = 0x0040 | (2 << 10) | (1 << 12) | (2 << 14);

/** Frame check sequence, as its two octets stand on the air: CRC-16 of ITU-T, x^16 + x^12 + x^5 + 1 (7.2.10). */
export function fcs(mac: Uint8Array): Uint8Array {
  let crc = 0;
  for (const octet of mac) {
    crc ^= octet;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  }
  return le16(crc);
}

const tlv = (type: number, value: Uint8Array): Uint8Array =>
  join(le16(type), le16(value.length), value, new Uint8Array(-value.length & 3));

/** A 32-bit float, little-endian. */
const float = (value: number): Uint8Array => new Uint8Array(Float32Array.of(value).buffer);

export const ieee802154: Encapsulate = (medium, stations) => {
  const last = new Map<string, number>();
  return {
    linkType: LINKTYPE,
    addressed: true,
    frames: (air, bytes) => {
      if (air.type === "noise") return [];
      const { from, to } = air;
      const before = last.get(from) ?? -1;
      const seq = air.detail?.["seq"] ?? ((air.attempt ?? 1) > 1 ? Math.max(before, 0) : before + 1);
      if (air.type !== "ack") last.set(from, seq);
      const mac =
        air.type === "ack"
          ? join(le16(ACK), seq)
          : join(
              le16(DATA | SHORT | (to === undefined ? 0 : ASKS)),
              seq,
              le16(air.detail?.["pan"] ?? number(medium, "pan", PAN)),
              to === undefined ? BROADCAST : stations.short(to),
              stations.short(from),
              bytes,
            );
      const power = powerOf(air);
      const tlvs = join(
        // FCS of 16 bits; RSS in dBm; channel and its page
        tlv(0, Uint8Array.of(1)),
        power === undefined ? new Uint8Array(0) : tlv(1, float(power)),
        tlv(3, join(le16(air.channel ?? number(medium, "channel", 15)), 0)),
      );
      return [{ data: join(0, 0, le16(4 + tlvs.length), tlvs, mac, fcs(mac)) }];
    },
  };
};
