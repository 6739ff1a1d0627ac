/**
 * CBOR in place of a LOB packet, for hosts: z = 1. telehash v3, e3x/compression.md.
 *
 * CBOR values, in order: "c"; then, each where it is there, a LOB packet as bytes, a map of other keys, "type", "seq", and
 * "ack" with "miss". Left open there and decided here: integers are written as short as they can be and may come longer;
 * lengths are definite; a map has no key twice and no "c"; nothing follows.
 */
import { Tokenizer, Type, encode } from "cborg";
import type { Token } from "cborg";
import { concat, fail, toBytes } from "#platform/engine";
import { toText } from "#platform/text";
import * as lob from "../../packet/lob.ts";
import type { Json, Packet } from "../../packet/lob.ts";

const STRICT = {
  allowIndefinite: false,
  allowBigInt: false,
  allowInfinity: false,
  allowNaN: false,
  retainStringBytes: true,
};
const NUMBERS = [Type.uint, Type.negint, Type.float];
const EMPTY = new Uint8Array(0);

const isUint = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
// half a surrogate pair has no UTF-8, only an escape in JSON
const isText = (value: unknown): value is string => typeof value === "string" && !/\p{Surrogate}/u.test(value);

/** HEAD of JSON, which may be nested so deeply that it can be read but not written. @throws JSON */
export function headOf(json: Json): Uint8Array {
  try {
    return toBytes(JSON.stringify(json));
  } catch {
    fail("JSON");
  }
}

/**
 * The CBOR values that stand for a LOB packet with this HEAD and BODY. What a map can not hold (true, null, lists,
 * objects), or a device passes over in it (fractions), takes all other keys with it into a LOB packet.
 * @throws CBOR where "c" is not an unsigned integer, JSON where HEAD can not be written as JSON, PACKET_HEAD where it
 * would be longer than 65,535 bytes
 */
export function compress(head: Json, body: Uint8Array = EMPTY): Uint8Array {
  // as the other side would read it
  const { json } = lob.decode(lob.encode(headOf(head)));
  if (!json || !isUint(json.c)) fail("CBOR");
  const { c, type, seq, ack, miss } = json;
  const others = new Map(Object.entries(json));
  const values: unknown[] = [];
  const put = (value: unknown, ...names: string[]): void => {
    values.push(value);
    for (const name of names) others.delete(name);
  };
  others.delete("c");
  if (isText(type)) put(type, "type");
  if (isUint(seq)) put(seq, "seq");
  if (isUint(ack)) {
    if (Array.isArray(miss) && miss.length && miss.every(isUint)) put([ack, ...miss], "ack", "miss");
    else put([ack], "ack");
  }
  const rest = Object.fromEntries(others);
  const fits = [...others].every(([name, value]) => isText(name) && (Number.isSafeInteger(value) || isText(value)));
  if (fits && others.size) values.unshift(rest);
  if (!fits || body.length) values.unshift(lob.encode(fits ? undefined : headOf(rest), body));
  return concat([c, ...values].map((value) => encode(value)));
}

/** CBOR's tokens one after the other: no recursion, and no more work than there are bytes. */
class Tokens {
  private _tokens: Tokenizer;
  private _ahead: Token | undefined;

  constructor(data: Uint8Array) {
    this._tokens = new Tokenizer(data, STRICT);
  }

  /** The next token where it is of this type, or of any where none is given. */
  take(type?: Type): Token | undefined {
    try {
      if (!this._ahead && !this._tokens.done()) this._ahead = this._tokens.next();
    } catch {
      fail("CBOR");
    }
    const token = this._ahead;
    if (type && token?.type !== type) return undefined;
    this._ahead = undefined;
    return token;
  }

  /** The next value as text or number; undefined for any other, which is passed over with all that is in it. */
  scalar(): string | number | undefined {
    const token = this.take() ?? fail("CBOR");
    if (NUMBERS.includes(token.type)) return token.value as number;
    if (token.type === Type.string) return text(token);
    const within = ({ type, value }: Token): number =>
      type === Type.array ? value : type === Type.map ? 2 * value : type === Type.tag ? 1 : 0;
    for (let left = within(token); left > 0; left--) left += within(this.take() ?? fail("CBOR"));
    return undefined;
  }
}

// the library's own text has U+FFFD for bytes that are not UTF-8
function text(token: Token): string {
  try {
    return toText(token.byteValue ?? EMPTY);
  } catch {
    fail("CBOR");
  }
}

/**
 * The packet that CBOR values stand for, as if it had come as LOB: `json` is always there, and has an integer "c".
 * @throws CBOR for what is not the values above in their order; for the LOB packet in them PACKET_TOO_SHORT,
 * PACKET_LENGTH, JSON, or PACKET_HEAD for a HEAD that is not JSON; PACKET_HEAD where HEAD gets longer than 65,535 bytes
 */
export function decompress(payload: Uint8Array): Packet {
  const tokens = new Tokens(payload);
  const id = tokens.take(Type.uint) ?? fail("CBOR");
  const bytes = tokens.take(Type.bytes);
  const { head, json, error, body } = lob.decode(bytes ? bytes.value : new Uint8Array(2));
  if (error) fail("JSON");
  if (head.length && !json) fail("PACKET_HEAD");
  const fields = new Map<string, unknown>(Object.entries(json ?? {}));
  fields.set("c", id.value);

  const names = new Set(["c"]);
  for (let left = tokens.take(Type.map)?.value ?? 0; left > 0; left--) {
    const name = tokens.scalar();
    const value = tokens.scalar();
    if (typeof name !== "string") continue;
    if (names.has(name)) fail("CBOR");
    names.add(name);
    if (value !== undefined) fields.set(name, value);
  }
  const type = tokens.take(Type.string);
  if (type) fields.set("type", text(type));
  const seq = tokens.take(Type.uint);
  if (seq) fields.set("seq", seq.value);
  const uints: number[] = [];
  for (let left = tokens.take(Type.array)?.value ?? 0; left > 0; left--) {
    const uint = tokens.take(Type.uint);
    if (uint) uints.push(uint.value);
    else tokens.scalar();
  }
  if (uints.length) fields.set("ack", uints[0]);
  if (uints.length > 1) fields.set("miss", uints.slice(1));
  if (tokens.take()) fail("CBOR");

  return lob.decode(lob.encode(headOf(Object.fromEntries(fields)), body));
}
