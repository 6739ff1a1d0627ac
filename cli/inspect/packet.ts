/** Explains packets: their parts, and of those what can be checked. */
import { Exchange, Self, Session, finish, lob, messageKey, sets, toHex, token } from "../../src/index.ts";
import type { Csid, KeyPairs, Packet } from "../../src/index.ts";
import { CHANNEL_OVERHEAD, SEAL_LENGTH, TOKEN_LENGTH, open } from "../../src/cipher/seal.ts";
import { same } from "#platform/text";
import { decloak, isCloaked } from "../../src/packet/cloak.ts";
import type { Keys } from "../keys-file.ts";
import { plural } from "../output.ts";
import { Cutter, messageOf } from "./cutter.ts";
import { broughtKey, explainLob, onCurve } from "./lob.ts";
import type { Check, Part } from "./part.ts";
import { explainPayload } from "./payload.ts";

/** A KEY that was met in a message. */
export interface Met {
  /** What the message is called. */
  name: string;
  csid: Csid;
  key: Uint8Array;
}

/** What helps to check: one's own keys, the other's public keys, one's own ephemeral keys; and what was met so far. */
export interface Known {
  self?: Self;
  from?: Keys;
  ephemeral?: KeyPairs;
  /** By the routing token of its KEY, in hex. */
  met: Map<string, Met>;
  /** The compression that the last handshake asked for, by the token of its KEY. */
  z: Map<string, number>;
}

export const nothingKnown = (): Known => ({ met: new Map(), z: new Map() });

const IV_LENGTH = 4;
const MAC_LENGTH = 4;
const PREFIX_LENGTH = 16;

const hex = (byte: number): string => byte.toString(16).padStart(2, "0");

/** The Cipher Set of a message's HEAD, if it is known. */
export function csidOf(head: Uint8Array): Csid | undefined {
  const csid = head.length === 1 ? hex(head[0]!) : "";
  return Object.hasOwn(sets, csid) ? (csid as Csid) : undefined;
}

/** Bytes that BODY of a message has at least. */
export const leastBody = (csid: Csid): number => sets[csid]!.length + SEAL_LENGTH;

function macCheck(outer: Uint8Array, csid: Csid, { self, from }: Known, inner: Part | undefined): Check {
  if (!self) return { state: "open", text: from ? "give --keys too" : "give --keys and --from" };
  if (!self.identities.has(csid)) return { state: "open", text: `--keys have none of CSID ${csid}` };
  const given = from?.[csid];
  const key = given ?? (inner?.kind === "handshake" ? broughtKey(inner) : undefined);
  if (!key)
    return {
      state: "open",
      text: from ? `--from has no key of CSID ${csid}` : "give the sender's public key with --from",
    };
  const whose = given ? "--from" : "the public key that the handshake brings";
  try {
    if (new Exchange(self, key, 0, 0, csid).verify(outer))
      return { state: "ok", text: `made with --keys and ${whose}` };
  } catch (error) {
    return { state: "open", text: messageOf(error) };
  }
  return { state: "wrong", text: `not made with --keys and ${whose}, or the packet was changed` };
}

/** INNER of a message: to --keys, or by --ephemeral to --from; undefined where neither opens it. */
function innerOf(
  outer: Uint8Array,
  { body }: Packet,
  csid: Csid,
  { self, from, ephemeral }: Known,
): Uint8Array | undefined {
  const { length, Job } = sets[csid]!;
  const own = ephemeral?.[csid];
  if (!own || !same(own.key, body.subarray(0, length)))
    return self?.identities.has(csid) ? self.decrypt(outer) : undefined;
  const other = from?.[csid];
  return other && open(body, length, messageKey(finish(new Job(own.secret, other))));
}

function explainMessage(outer: Uint8Array, packet: Packet, csid: Csid, known: Known, name: string): Part {
  const part: Part = {
    kind: "message",
    title: `message, ${plural(outer.length, "byte")}`,
    length: outer.length,
    fields: [],
  };
  const cutter = new Cutter(outer);
  const { body } = packet;
  const { length } = sets[csid]!;
  part.fields = cutter.fields;
  cutter.cut("LENGTH", 2, "HEAD has 1 byte");
  cutter.cut("HEAD", 1, `CSID ${csid}: a message`);
  if (body.length < leastBody(csid)) {
    cutter.cut("BODY", body.length, undefined, {
      state: "wrong",
      text: `a message has a BODY of ${leastBody(csid)} bytes or more, not ${body.length}`,
    });
    return part;
  }
  const key = body.subarray(0, length);
  const keyCheck = onCurve(csid, key);
  const own = known.ephemeral?.[csid];
  cutter.cut(
    "KEY",
    length,
    own && same(own.key, key) ? "the ephemeral public key of --ephemeral" : "the sender's ephemeral public key",
    keyCheck,
  );
  cutter.cut("IV", IV_LENGTH);
  cutter.cut("ciphertext", -MAC_LENGTH, `${plural(body.length - leastBody(csid), "byte")} of AES-128-CTR`);
  const inner = keyCheck.state === "ok" ? innerOf(outer, packet, csid, known) : undefined;
  if (inner) part.inside = explainLob(inner, "INNER", "inner", csid);
  const check = macCheck(outer, csid, known, part.inside);
  cutter.cut("MAC", MAC_LENGTH, undefined, check);
  const tokenBytes = token(body);
  part.fields.push(
    { name: "stable prefix", bytes: body.subarray(0, PREFIX_LENGTH), note: "the same in all messages of an exchange" },
    { name: "routing token", bytes: tokenBytes, note: "channel packets to this sender begin with it" },
  );
  known.met.set(toHex(tokenBytes), { name, csid, key });
  if (part.inside) {
    const trust = check.state === "ok" ? "verified" : check.state === "wrong" ? "NOT AUTHENTIC" : "sender not verified";
    if (part.inside.kind === "handshake") known.z.set(toHex(tokenBytes), askedFor(inner!));
    part.inside.title += ` (${trust})`;
  }
  return part;
}

function askedFor(inner: Uint8Array): number {
  const z = lob.decode(inner).json?.["z"];
  return typeof z === "number" ? z : 0;
}

/** A channel packet's payload, where one's own ephemeral keys and the other's KEY open it, and who had sent it. */
function openChannel(
  outer: Uint8Array,
  { ephemeral = {}, met, z }: Known,
): { payload: Uint8Array; z?: number; from: string } | undefined {
  const to = toHex(outer.subarray(2, 2 + TOKEN_LENGTH));
  for (const [id, { key, secret }] of Object.entries(ephemeral)) {
    const own = toHex(token(key));
    for (const [other, { csid, key: remote, name }] of met) {
      if (csid !== id || other === own || (to !== own && to !== other)) continue;
      const shared = finish(new sets[csid]!.Job(secret, remote));
      // to read what one has sent oneself, one is the other
      const session =
        to === own
          ? new Session(key, remote, shared, new Uint8Array(4), 1)
          : new Session(remote, key, shared, new Uint8Array(4), 1);
      try {
        const asked = [z.get(own), z.get(other)];
        const agreed = asked.includes(undefined) ? undefined : asked[0] === asked[1] ? asked[0]! : 0;
        return {
          payload: session.open(outer),
          from: to === own ? `who sent ${name}` : "--ephemeral",
          ...(agreed !== undefined && { z: agreed }),
        };
      } catch {
        // the MAC is wrong
      }
    }
  }
  return undefined;
}

function explainChannel(outer: Uint8Array, known: Known): Part {
  const part: Part = {
    kind: "channel",
    title: `channel packet, ${plural(outer.length, "byte")}`,
    length: outer.length,
    fields: [],
  };
  const cutter = new Cutter(outer);
  part.fields = cutter.fields;
  cutter.cut("LENGTH", 2, "no HEAD: a channel packet");
  const whose = known.met.get(toHex(outer.subarray(2, 2 + TOKEN_LENGTH)))?.name;
  cutter.cut(
    "TOKEN",
    TOKEN_LENGTH,
    whose ? `of the exchange of ${whose}: to who sent that` : "routing token of the recipient's exchange",
  );
  cutter.cut("IV", IV_LENGTH);
  cutter.cut("ciphertext", -MAC_LENGTH, `${plural(outer.length - 2 - CHANNEL_OVERHEAD, "byte")} of AES-128-CTR`);
  const opened = openChannel(outer, known);
  cutter.cut(
    "MAC",
    MAC_LENGTH,
    undefined,
    opened
      ? { state: "ok", text: `made by ${opened.from}` }
      : known.ephemeral
        ? {
            state: "open",
            text: "--ephemeral and the messages before it do not open it: it is of another session, or was changed",
          }
        : {
            state: "open",
            text: "only the two endpoints have a channel's keys: give the handshakes of both before it, and --ephemeral",
          },
  );
  if (opened) part.inside = explainPayload(opened.payload, opened.z);
  return part;
}

function explainCloaked(bytes: Uint8Array, known: Known, name: string): Part {
  const part: Part = {
    kind: "cloaked",
    title: `cloaked packet, ${plural(bytes.length, "byte")}`,
    length: bytes.length,
    fields: [],
  };
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
    const text =
      "neither a packet, cloaked or not, nor whole chunks of a radio frame: cut off, or something else (--as says what to take it for)";
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
    const csid = csidOf(packet.head);
    if (csid) return explainMessage(bytes, packet, csid, known, name);
    const part = explainLob(bytes, "message of another cipher set", "outer");
    part.fields.at(1)!.check = { state: "open", text: `only CSID ${Object.keys(sets).join(" and ")} are supported` };
    return part;
  }
  if (packet && !packet.head.length && packet.body.length >= CHANNEL_OVERHEAD) return explainChannel(bytes, known);
  return explainLob(bytes, packet ? "packet that is not encrypted" : "not a packet", "outer");
}
