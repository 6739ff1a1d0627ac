// UDP over IPv4, LINKTYPE_RAW (101). RFC 791, RFC 768. A gateway's port is 42424, a device's one of the dynamic ports.

import { be16, join } from "./bytes.ts";
import type { Encapsulate } from "./encapsulation.ts";
import type { Stations } from "./stations.ts";

const PORT = 42424;
const DYNAMIC = 49152;
const UDP = 17;
const ALL = Uint8Array.of(255, 255, 255, 255);

/** Ones' complement of the ones' complement sum of 16-bit words (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const portOf = (stations: Stations, name: string): number =>
  stations.isNode(name) ? PORT : DYNAMIC + (stations.number(name) % 16384);

export const udp: Encapsulate = (_, stations) => {
  let id = 0;
  return {
    linkType: 101,
    addressed: true,
    frames: (air, bytes) => {
      if (air.type !== undefined && air.type !== "data") return [];
      const addresses = join(stations.ipv4(air.from), air.to === undefined ? ALL : stations.ipv4(air.to));
      const length = 8 + bytes.length;
      const ports = join(
        be16(portOf(stations, air.from)),
        be16(air.to === undefined ? PORT : portOf(stations, air.to)),
        be16(length),
      );
      // what comes out as 0 is sent as all ones: 0 stands for none
      const check = checksum(join(addresses, 0, UDP, be16(length), ports, 0, 0, bytes)) || 0xffff;
      // version and length in words; not to be fragmented; TTL 64
      const head = (sum: number): Uint8Array =>
        join(0x45, 0, be16(20 + length), be16(id), 0x40, 0, 64, UDP, be16(sum), addresses);
      const ip = head(checksum(head(0)));
      id = (id + 1) & 0xffff;
      return [{ data: join(ip, ports, be16(check), bytes) }];
    },
  };
};
