/** The packet that is attached to one which opens a channel: what the channel is for. */
import { decode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";

/** What a packet that is attached to another is made of. */
export interface Attached {
  json?: Json;
  body?: Uint8Array;
}

/** The packet attached to a packet: undefined for none, null for what is none. */
export function attached(packet: Packet): Packet | undefined | null {
  try {
    return packet.body.length ? decode(packet.body) : undefined;
  } catch (_) {
    return null;
  }
}
