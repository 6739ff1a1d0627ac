/**
 * Compression of channel packets, for a device: z = 0 is LOB, and 1 is CBOR, as far as channel packets need it. Of what a host sends it
 * reads all; of what others may send it passes over fractions, true, false and null in a map, and refuses lists, maps and
 * bytes there. telehash v3, e3x/compression.md.
 */
import { concat, fail, slice, toBytes } from "#platform/engine";
import { toText } from "#platform/text";
import { UINT32_MAX, isAt } from "../../exchange/exchange.ts";
import { decode, encode } from "../../packet/lob.ts";
import type { Json, Packet } from "../../packet/lob.ts";

export const Z_MAX = 1;

// in the two functions below, parameters that no caller gives stand for variables: that takes fewer bytes

/**
 * A CBOR value, as Espruino's `concat` takes it: bytes, and lists in lists. Of a number, or of bytes, text or a list of such
 * values with its major type (in the upper bits) in front; of undefined or null nothing.
 */
const item = (data: unknown, major?: number, number?: number): unknown =>
  data == null
    ? ""
    : [
        // not `data.length ?? data`: a member of a number, by a name in a variable as the build makes it, is an exception in Espruino
        (number = typeof data === "number" ? data : (data as []).length) < 24
          ? number | major!
          : number < 256
            ? [24 | major!, number]
            : number < 65536
              ? [25 | major!, number >> 8, number]
              : [26 | major!, number >> 24, number >> 16, number >> 8, number],
        number === data ? "" : data,
      ];

/**
 * In JSON, "c", "seq", "ack" and what is in "miss" are integers below 2^32, "type" is text,
 * and "miss" comes with "ack". All other keys travel as a LOB packet: {"":1} alone can not, 6 bytes are no JSON there.
 */
export const pack: (z: number, json: Json, body?: Uint8Array) => Uint8Array = (
  z,
  json,
  body?,
  rest?: Uint8Array,
  none?: undefined,
) =>
  z
    ? concat([
        item(json["c"]),
        item(
          // "{}" where nothing is left
          (rest = toBytes(
            JSON.stringify(
              Object.assign({}, json, { "c": none, "type": none, "seq": none, "ack": none, "miss": none }),
            ),
          ))[2] ||
            (body && body.length)
            ? encode((rest[2] && rest) as Uint8Array, body)
            : none,
          64,
        ),
        item(json["type"], 96),
        item(json["seq"]),
        item(
          (json["ack"] as number) >= 0 ? [json["ack"]].concat(json["miss"] || []).map((number) => item(number)) : none,
          128,
        ),
      ] as never)
    : encode(json, body);

/**
 * The channel packet of a payload. Of what it gives `json` and `body` count: "c" in it is an integer of 1 to 2^32 - 1, and
 * what is not there may be undefined; `head` is that of the LOB packet in CBOR. A number above 2^53 is rounded, as it is in JSON.
 * @throws INNER, CBOR, PACKET_TOO_SHORT, PACKET_LENGTH
 */
export function unpack(z: number, payload: Uint8Array): Packet {
  const length = payload.length;
  // of LOB nothing is read here
  let at = z ? 0 : length;
  // The next value if it is of that major type; what is cut off leaves `at` beyond the end, or NaN: then nothing follows.
  const next = (major: number, needed?: number): unknown => {
    if (at < length && payload[at]! >> 5 === major) {
      let value: number | Uint8Array = payload[at++]! & 31;
      if (value > 23) {
        let bytes = value > 27 ? fail("CBOR") : 1 << (value - 24);
        for (value = 0; bytes--;) value = value * 256 + payload[at++]!;
      }
      if (major >> 1 === 1) value = slice(payload, at, (at += value));
      return major === 1 ? -1 - (value as number) : major === 3 ? toText(value as Uint8Array) : value;
    }
    if (needed) fail("CBOR");
    return undefined;
  };
  const id = z && next(0, 1);
  const packet = decode(z ? ((next(2) as Uint8Array) ?? encode()) : payload);
  const json = packet.json ?? (packet.head.length ? fail("INNER") : (packet.json = {}));
  for (let left = next(5) as number; left; left--) {
    const name = next(3, 1);
    // Espruino throws where an index is no small integer
    const major = at < length ? payload[at]! >> 5 : fail("CBOR");
    const value = next(major);
    // a prototype that is no object stops the interpreter
    if (name !== "__proto__" && (major < 2 || major === 3)) json[name as string] = value;
    else if (major < 7) fail("CBOR");
  }
  json["type"] = next(3) ?? json["type"];
  json["seq"] = next(0) ?? json["seq"];
  let miss: unknown[] | undefined;
  for (let left = next(4) as number; left; left--) {
    const number = next(0, 1);
    if (miss) (json["miss"] = miss).push(number);
    else {
      miss = [];
      json["ack"] = number;
    }
  }
  if (z) json["c"] = id;
  // 2^32 - 1
  if (at !== length || !isAt(json["c"], UINT32_MAX)) fail("INNER");
  return packet;
}
