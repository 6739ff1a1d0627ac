/** What sends more bytes over a reliable channel than go into a packet, for the standard channels that do. */
import type { Json } from "../packet/lob.ts";
import type { Channel } from "./channel.ts";

/** Bytes that `frag` takes beside what `quota` leaves for HEAD. */
const FRAG = 16;

/** The least bytes that are sent in a packet. */
const LEAST = 8;

/**
 * Sends bytes, cut by the channel's quota: keys of the last packet's JSON, and of those before. Without bytes: goes on, as
 * the channel had "drain".
 * @returns whether there is room for more; if not, all is kept
 */
export type Pour = (bytes?: Uint8Array, last?: Json, before?: Json) => boolean;

/** What sends bytes over a reliable channel, where nothing else does. */
export function pour(channel: Channel): Pour {
  const queue: [Uint8Array, Json, Json][] = [];
  let at = 0;
  let room = true;
  return (bytes, last, before) => {
    if (bytes) queue.push([bytes, last ?? {}, before ?? {}]);
    else room = true;
    while (room && queue.length) {
      const first = queue[0]!;
      const all = first[0];
      const end = Math.min(at + Math.max(LEAST, channel.quota() - (first[2]["frag"] ? FRAG : 0)), all.length);
      const part = all.subarray(at, end);
      let json = first[2];
      at = end;
      if (end === all.length) {
        json = first[1];
        at = 0;
        queue.shift();
      }
      room = channel.send(json, part);
    }
    return room;
  };
}
