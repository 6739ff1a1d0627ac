// LoRa, LINKTYPE_LORATAP (270): a header of 15 bytes, version 0, big-endian (github.com/eriknl/LoRaTap), then the frame.
// Frequency in Hz, bandwidth in 125 kHz. A frame of LoRa says neither who sent it nor for whom it is.

import { be16, be32, join } from "./bytes.ts";
import { number, powerOf } from "./encapsulation.ts";
import type { Encapsulate } from "./encapsulation.ts";

/** Packet RSSI is in dB above this; with SNR below 0 it is counted in quarters. */
const LEAST = -139;

/** The value of packet RSSI for dBm at an SNR in dB. */
export function packetRssi(dBm: number, snr: number): number {
  return Math.min(255, Math.max(0, Math.round((dBm - LEAST) * (snr < 0 ? 4 : 1))));
}

export const loratap: Encapsulate = (medium) => ({
  linkType: 270,
  addressed: false,
  frames: (air, bytes) => {
    if (air.type === "noise") return [];
    const detail = air.detail ?? {};
    const spreading = detail["spreading"] ?? number(medium, "spreading", 7);
    const bandwidth = detail["bandwidth"] ?? number(medium, "bandwidth", 125);
    const frequency = detail["frequency"] ?? number(medium, "frequency", 868.1);
    const sync = detail["sync"] ?? number(medium, "sync", 0x12);
    const snr = detail["snr"] ?? 0;
    const power = powerOf(air) ?? LEAST;
    const rssi = Math.min(255, Math.max(0, Math.round(power - LEAST)));
    return [
      {
        data: join(
          0,
          0,
          be16(15),
          be32(Math.round(frequency * 1e6)),
          Math.round(bandwidth / 125),
          spreading,
          packetRssi(power, snr),
          rssi,
          rssi,
          Math.round(snr * 4),
          sync,
          bytes,
        ),
      },
    ];
  },
});
