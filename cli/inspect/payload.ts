/** Explains what is encrypted in channel packets: LOB, CBOR (z = 1) or DEFLATE (z = 2). telehash v3, e3x/compression.md. */
import { Tokenizer, Type } from "cborg";
import type { Token } from "cborg";
import { lob } from "../../src/index.ts";
import type { Json } from "../../src/index.ts";
import { unpack } from "../../src/channel/compression/standard.ts";
import { toHex } from "../../src/index.ts";
import { plural, printable } from "../output.ts";
import { Cutter, messageOf } from "./cutter.ts";
import { explainLob } from "./lob.ts";
import type { Check, Part } from "./part.ts";

/** What the keys of a channel packet mean. */
function channelNotes({ c, type, seq, ack, miss, end, err }: Json): string[] {
  const notes = [
    `channel ${String(c)}, opened by the side with the ${(c as number) % 2 ? "higher" : "lower"} public key`,
  ];
  if (type !== undefined)
    notes.push(`opens it: type ${printable(JSON.stringify(type))}, ${seq === undefined ? "unreliable" : "reliable"}`);
  if (ack !== undefined) notes.push(`has got all up to ${String(ack)}`);
  if (Array.isArray(miss) && ack !== undefined) {
    const numbers: number[] = [];
    for (const step of miss as number[]) numbers.push((numbers.at(-1) ?? (ack as number)) + step);
    const last = numbers.pop();
    if (numbers.length) notes.push(`misses ${numbers.join(", ")}`);
    if (last !== undefined) notes.push(`has room up to ${last}`);
  }
  if (end === true) notes.push("the last of this side");
  if (err !== undefined) notes.push("the channel failed");
  return notes;
}

/** One value of CBOR in JSON's words; bytes are told apart. */
function said(tokens: Tokenizer, token: Token): string {
  const { type, value } = token;
  const next = (): string => said(tokens, tokens.next());
  if (type === Type.array) return `[${Array.from({ length: value as number }, next).join(",")}]`;
  if (type === Type.map) return `{${Array.from({ length: value as number }, () => `${next()}:${next()}`).join(",")}}`;
  if (type === Type.tag) return `${value}(${next()})`;
  return type === Type.bytes ? `h'${toHex(value as Uint8Array)}'` : printable(JSON.stringify(value) ?? String(value));
}

/** The values, in their order. */
const VALUES: [name: string, type: Type][] = [
  ["c", Type.uint],
  ["packet", Type.bytes],
  ["other keys", Type.map],
  ["type", Type.string],
  ["seq", Type.uint],
  ["ack, miss", Type.array],
];

function explainCbor(bytes: Uint8Array): Part {
  const part: Part = {
    kind: "payload",
    title: `payload in CBOR (z = 1), ${plural(bytes.length, "byte")}`,
    length: bytes.length,
    fields: [],
  };
  const cutter = new Cutter(bytes);
  part.fields = cutter.fields;
  const tokens = new Tokenizer(bytes, { allowIndefinite: false });
  let next = 0;
  let begin = 0;
  try {
    while (!tokens.done()) {
      const token = tokens.next();
      const found = VALUES.findIndex(([, type], i) => i >= next && type === token.type);
      const text = said(tokens, token);
      const size = tokens.pos() - begin;
      begin = tokens.pos();
      if (found < 0) cutter.cut("value", size, text, { state: "wrong", text: "not here, by its type" });
      else cutter.cut(VALUES[found]![0], size, found === 1 ? plural((token.value as Uint8Array).length, "byte") : text);
      if (found === 1) part.inside = explainLob(token.value as Uint8Array, "packet", "within");
      next = found < 0 ? next : found + 1;
    }
  } catch (error) {
    cutter.cut("rest", bytes.length, undefined, { state: "wrong", text: messageOf(error) });
  }
  return part;
}

/** What a payload is by its first byte, where handshakes do not tell: LOB begins with the zero of a short HEAD, CBOR with the channel. */
function guess(bytes: Uint8Array): number {
  for (const z of bytes[0] ? [1, 2, 0] : [0, 1, 2]) {
    try {
      unpack(z, bytes);
      return z;
    } catch {
      // another
    }
  }
  return bytes[0] ? 1 : 0;
}

/**
 * Explains a payload. @param z the compression that both sides asked for
 */
export function explainPayload(bytes: Uint8Array, z: number = guess(bytes)): Part {
  const part = z === 1 ? explainCbor(bytes) : { ...explainLob(bytes, "payload", "within"), kind: "payload" as const };
  let json: Json | undefined;
  let wrong: Check | undefined;
  try {
    const packet = unpack(z, bytes);
    json = packet.json;
    if (z === 2) {
      part.title = `payload in DEFLATE (z = 2), ${plural(bytes.length, "byte")}`;
      const cutter = new Cutter(bytes);
      cutter.cut("compressed", bytes.length);
      part.fields = cutter.fields;
      part.inside = explainLob(lob.encode(packet.json, packet.body), "packet", "within");
    }
  } catch (error) {
    wrong = { state: "wrong", text: messageOf(error) };
  }
  const first = part.fields[0];
  if (first && json) part.fields.push({ name: "means", bytes: new Uint8Array(0), note: channelNotes(json).join("\n") });
  else if (first && wrong) first.check ??= wrong;
  return part;
}
