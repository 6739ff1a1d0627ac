// A serial line, LINKTYPE_RTAC_SERIAL (250): time, event and control lines in 12 bytes, big-endian, then what was on it.
// TX is what a device sends, RX what it gets. Each line is an interface of its own: a frame does not say which it was on.

import { be32, join } from "./bytes.ts";
import type { Encapsulate } from "./encapsulation.ts";

const TX_START = 1;
const RX_START = 2;

export const serial: Encapsulate = (_, stations) => ({
  linkType: 250,
  addressed: false,
  line: ({ from, to, rx }) => [from, to ?? rx[0]?.to ?? ""].sort().join(" - "),
  frames: (air, bytes) => {
    if (air.type !== undefined && air.type !== "data") return [];
    const us = Math.round(air.t * 1000);
    const event = stations.isNode(air.from) ? RX_START : TX_START;
    return [{ data: join(be32(Math.floor(us / 1e6)), be32(us % 1e6), event, 0, 0, 0, bytes) }];
  },
});
