/**
 * Channels of types "boxes", "inbox" and "outbox": another keeps messages for those who sleep. A box has what one sender has
 * for one recipient; its ID is 16 digits of hex. The one who keeps them is src/endpoint/services/boxes.ts. telehash v3, channels/box.md.
 */
import type { Json, Packet } from "../packet/lob.ts";
import type { Channel, Opener, Taker } from "./channel.ts";
import { pour } from "./pour.ts";

/** The longest message that is taken, in bytes, if not given. */
const LIMIT = 1500;

/** How many boxes wait to be emptied at most. */
const WAITING = 120;

/**
 * Fetches the messages of a box in the order in which they came there, and has them removed when all have come and `take`
 * did not throw.
 * @param take is given each message, whole
 * @param done is told the end: with why not all could be fetched, if so
 * @param limit longer messages are left out; 1,500 bytes if not given
 * @throws as `Opener.channel`
 */
export function inbox(
  opener: Opener,
  box: string,
  take: (message: Uint8Array) => void,
  done?: (reason?: string) => void,
  limit?: number,
): Channel {
  let parts: Uint8Array[] = [];
  let size = 0;
  // messages that `take` has not taken
  let left = 0;
  let asked: boolean | undefined;
  return opener.channel({ "type": "inbox", "seq": 1, "box": box }, undefined, (event, data, channel) => {
    if (event === "close" && done) done(data as string);
    if (event !== "packet" || asked) return;
    const json = (data as Packet).json!;
    const body = (data as Packet).body;
    size += body.length;
    if (size > (limit ?? LIMIT)) parts = [];
    else parts.push(body);
    if (json["done"]) {
      const message = new Uint8Array(parts.length && size);
      size = 0;
      for (const part of parts) {
        message.set(part, size);
        size += part.length;
      }
      parts = [];
      if (size) {
        size = 0;
        left++;
        take(message);
        left--;
      }
    }
    if (json["cap"] !== undefined) {
      asked = true;
      channel.send(left ? { "end": true } : { "clear": true, "end": true });
    }
  });
}

/**
 * Has all messages fetched that another says to have, box by box.
 * @param take is given each message, whole, and the one who kept it
 * @param limit as for `inbox`
 */
export function boxes<From extends Opener>(
  taker: Taker<From>,
  take: (message: Uint8Array, from: From) => void,
  limit?: number,
): void {
  let waiting: [From, string][] = [];
  let busy: boolean | undefined;
  const next = (): void => {
    const first = waiting[0];
    if (busy || !first) return;
    busy = true;
    inbox(
      first[0],
      first[1],
      (message) => take(message, first[0]),
      (reason) => {
        busy = false;
        // it will be told anew
        waiting = waiting.filter((entry) => entry !== first && !(reason && entry[0] === first[0]));
        next();
      },
      limit,
    );
  };
  taker.handle("boxes", (channel, _open, from) => {
    channel.on = (event, data) => {
      if (event !== "packet") return;
      const body = (data as Packet).body;
      for (let at = 0; body.length - at > 7 && waiting.length < WAITING;) {
        let id = "";
        do id += (256 + body[at]!).toString(16).slice(1);
        while (++at & 7);
        if (!waiting.some((entry) => entry[0] === from && entry[1] === id)) waiting.push([from, id]);
      }
      if ((data as Packet).json!["end"]) channel.timeout = 0;
      next();
    };
  });
}

/**
 * Has messages kept for another.
 * @param to the other's hashname
 * @param messages one at least
 * @param done is told the end: with nothing when the one who is to keep them has all, or with why not
 * @param x for how many seconds they are of use
 * @throws as `Opener.channel`
 */
export function outbox(
  opener: Opener,
  to: string,
  messages: Uint8Array[],
  done?: (reason?: string) => void,
  x?: number,
): Channel {
  const channel = opener.channel({ "type": "outbox", "seq": 1, "to": to }, undefined, (event, data) => {
    if (event === "drain") write();
    if (event === "close" && done) done(data as string);
  });
  const write = pour(channel);
  let left = messages.length;
  for (const message of messages) {
    const json: Json = { "done": true };
    if (x) json["x"] = x;
    if (!--left) json["end"] = true;
    write(message, json);
  }
  return channel;
}
