/** Explains packets that are not encrypted, or no longer: INNER, handshakes, what is attached to them. */
import { attachedKeys, hashname, isHashname, lob, pieceOf, sets, stampOf } from "../../src/index.ts";
import type { Csid, Json, Packet } from "../../src/index.ts";
import { isBeside, isHandshake, typeOf } from "../../src/exchange/exchange.ts";
import { FIRST } from "../../src/exchange/recency.ts";
import { checkPoint } from "../keys-file.ts";
import { count, date, plural, printable } from "../output.ts";
import { Cutter, contentNote, messageOf } from "./cutter.ts";
import type { Check, Field, Part } from "./part.ts";

/** "inner": of a message, where `at` is looked for; "outer": as it came; "within": in another packet. */
export type Where = "outer" | "inner" | "within";

export function onCurve(csid: Csid, key: Uint8Array): Check {
  try {
    checkPoint(sets[csid]!, key);
    return { state: "ok", text: "on the curve" };
  } catch (error) {
    return { state: "wrong", text: messageOf(error) };
  }
}

/** What HEAD says, to people. */
function headNote({ head, json }: Packet): { note: string; check?: Check } {
  if (json) return { note: printable(JSON.stringify(json)) };
  if (head.length > 6) {
    return {
      note: contentNote(head),
      check: { state: "wrong", text: "7 bytes or more have to be a JSON object; HEAD and BODY are valid all the same" },
    };
  }
  return { note: head.length === 1 ? `CSID ${head[0]!.toString(16).padStart(2, "0")}` : "binary" };
}

/**
 * A packet that is not encrypted, or no longer.
 * @param csid the Cipher Set of the message that it was in
 */
export function explainLob(bytes: Uint8Array, title: string, where: Where, csid: Csid = "1a"): Part {
  const part: Part = {
    kind: "packet",
    title: `${title}, ${plural(bytes.length, "byte")}`,
    length: bytes.length,
    fields: [],
  };
  const cutter = new Cutter(bytes);
  part.fields = cutter.fields;
  let packet: Packet;
  try {
    packet = lob.decode(bytes);
  } catch {
    part.kind = "unknown";
    const stated = bytes.length < 2 ? 0 : (bytes[0]! << 8) | bytes[1]!;
    const text =
      bytes.length < 2
        ? "a packet has 2 bytes or more"
        : `HEAD would have ${plural(stated, "byte")}, but only ${count(bytes.length - 2)} follow: ${where === "inner" ? "--keys are not the recipient's, or the packet was changed" : "cut off, or not a packet"}`;
    cutter.cut("LENGTH", 2, undefined, { state: "wrong", text });
    cutter.cut("rest", bytes.length);
    return part;
  }
  const { head, body, json } = packet;
  cutter.cut("LENGTH", 2, head.length ? `HEAD has ${plural(head.length, "byte")}` : "no HEAD");
  if (where !== "within" && (head.length === 4 || head.length === 5)) {
    const at = stampOf(packet);
    cutter.cut(
      "at",
      4,
      [at, date(at)].filter(Boolean).join("  "),
      at ? undefined : { state: "wrong", text: "at is 1 or above" },
    );
    const piece = pieceOf(packet);
    const left = piece % FIRST;
    const note = `${piece > FIRST ? "the first piece" : "a piece"} of a content, ${left > 1 ? `${left - 1} more to come` : "the last"}`;
    if (head.length > 4)
      cutter.cut(
        "piece",
        1,
        left ? note : undefined,
        left ? undefined : { state: "wrong", text: "1 to 127, and 128 on top in the first piece" },
      );
    cutter.cut("BODY", body.length, piece ? plural(body.length, "byte") : contentNote(body));
    return part;
  }
  const { note, check } = headNote(packet);
  cutter.cut("HEAD", head.length, note, check);
  if (where !== "within" && json && (isHandshake(packet) || isBeside(packet)))
    return explainHandshake(part, cutter, packet, csid);
  cutter.cut("BODY", body.length, contentNote(body));
  return part;
}

const COMPRESSIONS = ["none", "CBOR", "DEFLATE"];

/** What `at` and `z` in the HEAD of a handshake say. e3x/handshake.md, e3x/compression.md */
function handshakeNotes({ at, z }: Json): { notes: string[]; check?: Check } {
  const notes = [];
  const valid = Number.isSafeInteger(at) && (at as number) > 0;
  if (valid)
    notes.push(
      `at is ${(at as number) % 2 ? "odd: chosen by the side with the higher public key" : "even: chosen by the side with the lower public key"}`,
    );
  if (z !== undefined) {
    const name = typeof z === "number" ? COMPRESSIONS[z] : undefined;
    notes.push(
      `z asks for ${name ?? "what is not known here"}, in channels${z ? ", where both sides ask for it" : ""}`,
    );
  }
  return { notes, ...(!valid && { check: { state: "wrong", text: "at is not an integer of 1 to 2^53 - 1" } }) };
}

/** A handshake: `at` in HEAD, and in BODY what its type has. */
function explainHandshake(part: Part, cutter: Cutter, packet: Packet, csid: Csid): Part {
  const { json, body } = packet;
  const type = String(typeOf(packet));
  part.kind = "handshake";
  part.title = `handshake of type "${printable(type)}", ${plural(part.length, "byte")}`;
  const head = part.fields.at(-1)!;
  const { notes, check } = handshakeNotes(json!);
  head.note = [head.note, ...notes].join("\n");
  if (check) head.check = check;
  if (isHandshake(packet)) explainLink(part, cutter, body, csid);
  else if (type === "jwt") {
    cutter.cut("BODY", body.length, "the attached packet: a JSON Web Token");
    part.inside = explainToken(body);
  } else {
    if (type === "uri" && typeof json!["uri"] !== "string")
      head.check ??= { state: "wrong", text: "the URI is missing" };
    cutter.cut("BODY", body.length, type === "tx" ? "a bitcoin transaction" : contentNote(body));
  }
  return part;
}

/** The hashname of a key alone, or of several by what is attached with it. */
function ownerOf(csid: Csid, packet: Packet, key: Uint8Array): { note: string; check: Check } {
  const check = onCurve(csid, key);
  try {
    const keys = attachedKeys(csid, packet);
    const others = Object.keys(keys).filter((id) => id !== csid);
    const beside = others.length ? `; with what HEAD has of ${others.join(" and ")}` : "";
    return { note: `the sender's public key, of hashname ${hashname(keys)}${beside}`, check };
  } catch (error) {
    return {
      note: `the sender's public key, of hashname ${hashname({ [csid]: key })} if it is the only one`,
      check: check.state === "ok" ? { state: "wrong", text: messageOf(error) } : check,
    };
  }
}

/** BODY of a handshake of type "link", or "key": the sender's public key, in an attached packet or bare as of old. link.md, Handshake */
function explainLink(part: Part, cutter: Cutter, body: Uint8Array, csid: Csid): void {
  const { length } = sets[csid]!;
  if (body.length === length) {
    const { note, check } = ownerOf(csid, { head: body, body }, body);
    cutter.cut("KEY", length, note, check);
    return;
  }
  cutter.cut("BODY", body.length, "the attached packet");
  const attached = explainLob(body, "attached packet", "within", csid);
  attached.kind = "attached";
  const last = attached.fields.at(-1);
  if (last?.name === "BODY" && last.bytes.length === length) {
    last.name = "KEY";
    Object.assign(last, ownerOf(csid, lob.decode(body), last.bytes));
    const head = attached.fields.find(({ name }) => name === "HEAD");
    if (head) head.note = [head.note, ...digestNotes(csid, lob.decode(body).json)].join("\n");
  } else
    attached.fields.push({
      name: "KEY",
      bytes: new Uint8Array(0),
      check: { state: "wrong", text: `the sender's public key of ${length} bytes is missing` },
    });
  part.inside = attached;
}

/** What HEAD of an attached packet says of the sender's other keys. */
function digestNotes(csid: Csid, json: Json = {}): string[] {
  return Object.entries(json).flatMap(([id, value]) => {
    if (!/^[0-9a-f]{2}$/.test(id) || id === csid) return [];
    return [
      isHashname(value)
        ? `${id}: the digest of its key in Cipher Set ${id}`
        : `${id}: neither a key's digest nor the key below`,
    ];
  });
}

/** A JSON Web Token as a packet: its header is HEAD; BODY is a packet of its claims and signature. lob.md, JWT */
function explainToken(bytes: Uint8Array): Part {
  const token = explainLob(bytes, "JSON Web Token", "within");
  const body = token.fields.find(({ name }) => name === "BODY");
  if (!body || token.kind === "unknown") return token;
  body.note = "its claims and signature";
  const claims = explainLob(body.bytes, "claims and signature", "within");
  const signature: Field | undefined = claims.fields.find(({ name }) => name === "BODY");
  if (signature)
    Object.assign(signature, {
      name: "signature",
      note: plural(signature.bytes.length, "byte"),
      check: { state: "open", text: "who issued the token has its key" },
    });
  token.inside = claims;
  return token;
}

/** The public key that a handshake brings, where it is a good one. */
export function broughtKey(part: Part | undefined): Uint8Array | undefined {
  const fields = [...(part?.inside?.fields ?? []), ...(part?.fields ?? [])];
  return fields.find((field) => field.name === "KEY" && field.check?.state === "ok")?.bytes;
}
