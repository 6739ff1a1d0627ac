/** Streams of bytes over reliable channels of type "stream", each way with its own end. telehash v3, channels/stream.md. */
import { concat, toBytes } from "#platform/engine";
import { toText } from "#platform/text";
import { decode, encode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";
import { attached } from "./attached.ts";
import type { Attached } from "./attached.ts";
import type { Channel, Opener, Taker } from "./channel.ts";
import { pour } from "./pour.ts";

/**
 * What happens. "data": what the other wrote: bytes, or by its `enc` a JSON value or a packet; "drain": there is room
 * again, after `write` said that there was none; "end": the other has written all; "close": it is over, `data` is why,
 * undefined where both have ended and have all.
 */
export type StreamOn = (event: "data" | "drain" | "end" | "close", data: unknown, stream: Stream) => void;

export interface Stream {
  /** Its channel: may `pause` and `resume` what comes, and `fail`. */
  channel: Channel;
  on?: StreamOn;
  /**
   * Writes bytes or text, which the other may get in other pieces; with `enc` a whole: "binary" of bytes, "json" of any
   * value, "lob" of a packet.
   * @returns whether there is room for more; if not, all is kept until there is, which "drain" tells
   * @throws CHANNEL_ENDED after `end` or when it is over
   */
  write(data: unknown, enc?: string): boolean;
  /** Ends this way, with last data or without; the other goes on. */
  end(data?: unknown, enc?: string): void;
}

/** The most bytes that are put together of fragments, if not given. */
const LIMIT = 4096;

/** @param opening whether the next packet is the one that opened the channel, whose BODY is no data */
function wire(channel: Channel, opening: boolean, limit: number): Stream {
  const write = pour(channel);
  let parts: Uint8Array[] = [];
  let size = 0;
  const put = (data: unknown, enc: string | undefined, last: Json): boolean => {
    if (enc && enc !== "binary") last["enc"] = enc;
    const bytes =
      enc === "json"
        ? toBytes(JSON.stringify(data))
        : enc === "lob"
          ? encode((data as Attached).json, (data as Attached).body)
          : typeof data === "string"
            ? toBytes(data)
            : data;
    return write(bytes as Uint8Array, last, enc ? { "frag": true } : {});
  };
  const stream: Stream = {
    channel,
    // all objects of Espruino have an `on` that is another
    on: undefined!,
    write: (data, enc) => put(data, enc, {}),
    end: (data, enc) => {
      put(data === undefined ? "" : data, enc, { "end": true });
    },
  };
  const emit = (event: "data" | "drain" | "end" | "close", data?: unknown): void => {
    if (stream.on) stream.on(event, data, stream);
  };
  channel.on = (event, data) => {
    if (event === "close") emit(event, data);
    else if (event === "drain") {
      if (write()) emit(event);
    } else {
      const json = (data as Packet).json!;
      const body = (data as Packet).body;
      const enc = json["enc"];
      if (body.length && !opening) {
        parts.push(body);
        size += body.length;
      }
      opening = false;
      if (size > limit) channel.fail("too large");
      else if (size && !json["frag"]) {
        const bytes = concat(parts);
        let value: unknown;
        parts = [];
        size = 0;
        try {
          value =
            enc === "json"
              ? JSON.parse(toText(bytes))
              : enc === "lob"
                ? decode(bytes)
                : !enc || enc === "binary"
                  ? bytes
                  : value;
        } catch (_) {
          // as what has another encoding
        }
        if (value === undefined) channel.fail("enc");
        else emit("data", value);
      }
      if (json["end"]) emit("end");
    }
  };
  return stream;
}

/**
 * Opens a stream. What is written at once may come together with the opening packet, whether the other takes it or not.
 * @param options what the other is to know of it, attached to the opening packet
 * @param limit the most bytes that are put together of fragments, 4,096 if not given; beyond, the stream fails
 * @throws as `Opener.channel`
 */
export function stream(opener: Opener, options?: Attached, on?: StreamOn, limit?: number): Stream {
  const channel = opener.channel({ "type": "stream", "seq": 1 }, options && encode(options.json, options.body));
  const made = wire(channel, false, limit ?? LIMIT);
  made.on = on!;
  return made;
}

/**
 * Takes streams: `accept` is told of each that another opens, with the packet attached to it, if any, and takes it by
 * giving it an `on`. Those whose options are no packet are refused.
 * @param limit as for `stream`
 */
export function streams<From>(
  taker: Taker<From>,
  accept: (stream: Stream, options: Packet | undefined, from: From) => void,
  limit?: number,
): void {
  taker.handle("stream", (channel, open, from) => {
    const options = attached(open);
    if (!channel.reliable || options === null) return;
    const made = wire(channel, true, limit ?? LIMIT);
    accept(made, options, from);
    if (!made.on) channel.on = undefined!;
  });
}
