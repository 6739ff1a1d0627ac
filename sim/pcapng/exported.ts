// Exported PDUs, LINKTYPE_WIRESHARK_UPPER_PDU (252): tags, big-endian, say which dissector is for what follows and who sent
// it to whom (Wireshark, epan/exported_pdu.h). They carry packets that were put together, and frames of media without a
// link type of their own.
//
// Such a frame, for the dissector "e3x-mote-air", begins with four bytes: 0, its version; 0 data, 1 an acknowledgement of
// the radio's own, 2 noise; which transmission of the same frame it is, from 1, or 0 where it never was sent; the channel.

import { be16, be32, join, utf8 } from "./bytes.ts";
import type { Encapsulate } from "./encapsulation.ts";
import type { Stations } from "./stations.ts";

export const EXPORTED_PDU = 252;

const TAG = { dissector: 12, source: 20, destination: 21, original: 30, direction: 35 } as const;

const tag = (code: number, value: Uint8Array): Uint8Array => {
  const size = (value.length + 3) & ~3;
  return join(be16(code), be16(size), value, new Uint8Array(size - value.length));
};

const ALL = Uint8Array.of(255, 255, 255, 255);

/**
 * Something with its tags.
 * @param dissector the name that a dissector is registered by
 * @param to left out: all
 * @param original number of the frame that it ended with, from 1; left out: none
 */
export function exported(
  stations: Stations,
  dissector: string,
  from: string,
  to: string | undefined,
  bytes: Uint8Array,
  original?: number,
): Uint8Array {
  return join(
    tag(TAG.dissector, utf8(dissector)),
    tag(TAG.source, stations.ipv4(from)),
    tag(TAG.destination, to === undefined ? ALL : stations.ipv4(to)),
    ...(original === undefined ? [] : [tag(TAG.original, be32(original))]),
    // sent 0, received 1, as the gateway has it
    tag(TAG.direction, be32(stations.isNode(from) ? 0 : 1)),
    be32(0),
    bytes,
  );
}

const KINDS = ["data", "ack", "noise"] as const;

export const air: Encapsulate = (_, stations) => ({
  linkType: EXPORTED_PDU,
  addressed: true,
  frames: ({ from, to, type = "data", attempt = 1, channel = 0 }, bytes) => [
    {
      data: exported(
        stations,
        "e3x-mote-air",
        from,
        to,
        join(0, KINDS.indexOf(type), Math.min(attempt, 255), channel, bytes),
      ),
    },
  ],
});
