/** Explains packets: their parts, and of those what can be checked. */
import { CSID, Exchange, Self, hashname, isHandshake, lob, pieceOf, stampOf, toHex, token } from "../../index.ts";
import type { Packet } from "../../index.ts";
import { CHANNEL_OVERHEAD, SEAL_LENGTH, TOKEN_LENGTH } from "../../cipher/seal.ts";
import { KEY_LENGTH } from "../../cipher/keys.ts";
import { FIRST } from "../../exchange/recency.ts";
import { decloak, isCloaked } from "../../packet/cloak.ts";
import { checkPoint } from "../keys-file.ts";
import { count, date, plural, printable, readable } from "../output.ts";
import type { Check, Field, Part } from "./part.ts";

/** Bytes of a message's BODY beside INNER, in CS1a. */
const MESSAGE_OVERHEAD = KEY_LENGTH + SEAL_LENGTH;

/** What helps to check: one's own keys, the other's public key, and whose routing tokens were met so far. */
export interface Known {
  self?: Self;
  from?: Uint8Array;
  tokens: Map<string, string>;
}

const IV_LENGTH = 4;
const MAC_LENGTH = 4;
const PREFIX_LENGTH = 16;

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

const messageOf = (error: unknown): string => (error as Error).message.replace(/\.$/, "");

/** Takes fields off bytes, one after the other. */
class Cutter {
  readonly fields: Field[] = [];
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next `length` bytes; all but the last few where it is negative. Empty fields are left out. */
  cut(name: string, length: number, note?: string, check?: Check): Uint8Array {
    const end = length < 0 ? this.bytes.length + length : Math.min(this.at + length, this.bytes.length);
    const bytes = this.bytes.subarray(this.at, end);
    if (bytes.length) this.fields.push({ name, offset: this.at, bytes, ...(note && { note }), ...(check && { check }) });
    this.at = end;
    return bytes;
  }
}

function onCurve(key: Uint8Array): Check {
  try {
    checkPoint(key);
    return { state: "ok", text: "on the curve" };
  } catch (error) {
    return { state: "wrong", text: messageOf(error) };
  }
}

function contentNote(bytes: Uint8Array): string {
  const text = readable(bytes);
  return bytes.length && text !== undefined ? `text: ${printable(text)}` : plural(bytes.length, "byte");
}

/** What HEAD says, to people. */
function headNote({ head, json }: Packet): { note: string; check?: Check } {
  if (json) return { note: printable(JSON.stringify(json)) };
  if (head.length > 6) {
    return { note: contentNote(head), check: { state: "wrong", text: "7 bytes or more have to be a JSON object; HEAD and BODY are valid all the same" } };
  }
  return { note: head.length === 1 ? `CSID ${hex(head[0]!)}` : "binary" };
}

type Where = "outer" | "inner" | "attached";

/** A packet that is not encrypted, or no longer: INNER, an attached packet, or anything that is LOB. */
function explainLob(bytes: Uint8Array, title: string, where: Where): Part {
  const part: Part = { kind: "packet", title: `${title}, ${plural(bytes.length, "byte")}`, length: bytes.length, fields: [] };
  const cutter = new Cutter(bytes);
  part.fields = cutter.fields;
  let packet: Packet;
  try {
    packet = lob.decode(bytes);
  } catch {
    part.kind = "unknown";
    const stated = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
    const text = bytes.length < 2
      ? "a packet has 2 bytes or more"
      : `HEAD would have ${plural(stated, "byte")}, but only ${count(bytes.length - 2)} follow: ${where === "inner" ? "--keys are not the recipient's, or the packet was changed" : "cut off, or not a packet"}`;
    cutter.cut("LENGTH", 2, undefined, { state: "wrong", text });
    cutter.cut("rest", bytes.length);
    return part;
  }
  const { head, body, json } = packet;
  cutter.cut("LENGTH", 2, head.length ? `HEAD has ${plural(head.length, "byte")}` : "no HEAD");
  if (where !== "attached" && (head.length === 4 || head.length === 5)) {
    const at = stampOf(packet);
    cutter.cut("at", 4, [at, date(at)].filter(Boolean).join("  "), at ? undefined : { state: "wrong", text: "at is 1 or above" });
    const piece = pieceOf(packet);
    const left = piece % FIRST;
    const note = `${piece > FIRST ? "the first piece" : "a piece"} of a content, ${left > 1 ? `${left - 1} more to come` : "the last"}`;
    if (head.length > 4) cutter.cut("piece", 1, left ? note : undefined, left ? undefined : { state: "wrong", text: "1 to 127, and 128 on top in the first piece" });
    cutter.cut("BODY", body.length, piece ? plural(body.length, "byte") : contentNote(body));
    return part;
  }
  const { note, check } = headNote(packet);
  cutter.cut("HEAD", head.length, note, check);
  if (where !== "attached" && json && (isHandshake(packet) || json["type"] === "key")) return explainHandshake(part, cutter, packet);
  cutter.cut("BODY", body.length, contentNote(body));
  return part;
}

/** A handshake: `at` in HEAD, and in BODY the sender's public key as an attached packet, or bare as of old. */
function explainHandshake(part: Part, cutter: Cutter, { json, body }: Packet): Part {
  const at = json!["at"];
  const valid = Number.isSafeInteger(at) && (at as number) > 0;
  part.kind = "handshake";
  part.title = `handshake of type "${printable(String(json!["type"] ?? "link"))}", ${plural(part.length, "byte")}`;
  const head = part.fields.at(-1)!;
  if (!valid) head.check = { state: "wrong", text: "at is not an integer of 1 to 2^53 - 1" };
  else head.note += `\nat is ${(at as number) % 2 ? "odd: chosen by the side with the higher public key" : "even: chosen by the side with the lower public key"}`;
  if (body.length === KEY_LENGTH) {
    cutter.cut("KEY", KEY_LENGTH, `the sender's public key, of hashname ${hashname({ "1a": body })}`, onCurve(body));
    return part;
  }
  cutter.cut("BODY", body.length, "the attached packet");
  const attached = explainLob(body, "attached packet", "attached");
  attached.kind = "attached";
  const last = attached.fields.at(-1);
  if (last?.name === "BODY" && last.bytes.length === KEY_LENGTH) {
    last.name = "KEY";
    last.note = `the sender's public key, of hashname ${hashname({ "1a": last.bytes })}`;
    last.check = onCurve(last.bytes);
  } else attached.fields.push({ name: "KEY", bytes: new Uint8Array(0), check: { state: "wrong", text: "the sender's public key of 21 bytes is missing" } });
  part.inside = attached;
  return part;
}

/** The public key that a handshake brings, where it is a good one. */
function broughtKey(part: Part | undefined): Uint8Array | undefined {
  const fields = [...(part?.inside?.fields ?? []), ...(part?.fields ?? [])];
  return fields.find((field) => field.name === "KEY" && field.check?.state === "ok")?.bytes;
}

function macCheck(outer: Uint8Array, { self, from }: Known, inner: Part | undefined): Check {
  if (!self) return { state: "open", text: from ? "give --keys too" : "give --keys and --from" };
  const key = from ?? (inner?.kind === "handshake" ? broughtKey(inner) : undefined);
  if (!key) return { state: "open", text: "give the sender's public key with --from" };
  const whose = from ? "--from" : "the public key that the handshake brings";
  try {
    if (new Exchange(self, key).verify(outer)) return { state: "ok", text: `made with --keys and ${whose}` };
  } catch (error) {
    return { state: "open", text: messageOf(error) };
  }
  return { state: "wrong", text: `not made with --keys and ${whose}, or the packet was changed` };
}

function explainMessage(outer: Uint8Array, packet: Packet, known: Known, name: string): Part {
  const { body } = packet;
  const part: Part = { kind: "message", title: `message, ${plural(outer.length, "byte")}`, length: outer.length, fields: [] };
  const cutter = new Cutter(outer);
  part.fields = cutter.fields;
  cutter.cut("LENGTH", 2, "HEAD has 1 byte");
  cutter.cut("HEAD", 1, "CSID 1a: a message");
  if (body.length < MESSAGE_OVERHEAD) {
    cutter.cut("BODY", body.length, undefined, { state: "wrong", text: `a message has a BODY of ${MESSAGE_OVERHEAD} bytes or more, not ${body.length}` });
    return part;
  }
  const keyCheck = onCurve(body.subarray(0, KEY_LENGTH));
  cutter.cut("KEY", KEY_LENGTH, "the sender's ephemeral public key", keyCheck);
  cutter.cut("IV", IV_LENGTH);
  cutter.cut("ciphertext", -MAC_LENGTH, `${plural(body.length - MESSAGE_OVERHEAD, "byte")} of AES-128-CTR`);
  if (known.self && keyCheck.state === "ok") part.inside = explainLob(known.self.decrypt(outer), "INNER", "inner");
  const check = macCheck(outer, known, part.inside);
  cutter.cut("MAC", MAC_LENGTH, undefined, check);
  const tokenBytes = token(body);
  part.fields.push(
    { name: "stable prefix", bytes: body.subarray(0, PREFIX_LENGTH), note: "the same in all messages of an exchange" },
    { name: "routing token", bytes: tokenBytes, note: "channel packets to this sender begin with it" },
  );
  known.tokens.set(toHex(tokenBytes), name);
  if (part.inside) {
    const trust = check.state === "ok" ? "verified" : check.state === "wrong" ? "NOT AUTHENTIC" : "sender not verified";
    part.inside.title += ` (${trust})`;
  }
  return part;
}

function explainChannel(outer: Uint8Array, known: Known): Part {
  const cutter = new Cutter(outer);
  cutter.cut("LENGTH", 2, "no HEAD: a channel packet");
  const whose = known.tokens.get(toHex(outer.subarray(2, 2 + TOKEN_LENGTH)));
  cutter.cut("TOKEN", TOKEN_LENGTH, whose ? `of the exchange of ${whose}: to who sent that` : "routing token of the recipient's exchange");
  cutter.cut("IV", IV_LENGTH);
  cutter.cut("ciphertext", -MAC_LENGTH, `${plural(outer.length - 2 - CHANNEL_OVERHEAD, "byte")} of AES-128-CTR`);
  cutter.cut("MAC", MAC_LENGTH, undefined, { state: "open", text: "only the two endpoints have a channel's keys" });
  return { kind: "channel", title: `channel packet, ${plural(outer.length, "byte")}`, length: outer.length, fields: cutter.fields };
}

function explainCloaked(bytes: Uint8Array, known: Known, name: string): Part {
  const part: Part = { kind: "cloaked", title: `cloaked packet, ${plural(bytes.length, "byte")}`, length: bytes.length, fields: [] };
  const cutter = new Cutter(bytes);
  part.fields = cutter.fields;
  try {
    const { packet, nonces } = decloak(bytes);
    cutter.cut("nonce", 8, nonces.length > 1 ? `the outermost of ${nonces.length} rounds` : "one round");
    cutter.cut("ciphertext", bytes.length, `${plural(bytes.length - 8, "byte")} of ChaCha20`);
    for (const nonce of nonces.slice(1)) part.fields.push({ name: "next nonce", bytes: nonce });
    part.inside = explainPacket(packet, known, name);
  } catch {
    part.kind = "unknown";
    part.title = plural(bytes.length, "byte");
    const text = "neither a packet, cloaked or not, nor whole chunks of a radio frame: cut off, or something else (--as frame takes it for a frame)";
    cutter.cut("bytes", bytes.length, undefined, { state: "wrong", text });
  }
  return part;
}

/** Explains any packet; nothing that is in it throws. @param name what it is called where others refer to it */
export function explainPacket(bytes: Uint8Array, known: Known, name: string): Part {
  if (isCloaked(bytes)) return explainCloaked(bytes, known, name);
  let packet: Packet | undefined;
  try {
    packet = lob.decode(bytes);
  } catch {
    // explained as it is
  }
  if (packet?.head.length === 1) {
    if (packet.head[0] === CSID) return explainMessage(bytes, packet, known, name);
    const part = explainLob(bytes, "message of another cipher set", "outer");
    part.fields.at(1)!.check = { state: "open", text: "only CSID 1a is supported" };
    return part;
  }
  if (packet && !packet.head.length && packet.body.length >= CHANNEL_OVERHEAD) return explainChannel(bytes, known);
  return explainLob(bytes, packet ? "packet that is not encrypted" : "not a packet", "outer");
}
