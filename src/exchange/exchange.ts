/**
 * The exchange with one other endpoint, as far as messages and handshakes need it: no time, radio or storage, and no
 * curve work of its own. Who owns it does its jobs, in slices or at once, before anything else is asked of it.
 * telehash v3: e3x/exchange.md, messages.md, handshake.md, order.md.
 */
import { CHANNELS } from "#features";
import { fail, slice } from "#platform/engine";
import { setOf } from "../cipher/set-of.ts";
import { same } from "#platform/text";
import { SEAL_LENGTH, authentic, messageKey, open, seal } from "../cipher/seal.ts";
import type { CipherSet, Job } from "../cipher/set.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";
import type { KeyPair, Random } from "../types.ts";

/** One's own identity. That key and secret belong together is believed. */
export interface Identity extends KeyPair {
  random: Random;
  /** The cipher set of the keys; CS1a where there is none. Not on a device. */
  set?: CipherSet;
  /** The packet attached to handshakes, where there are keys in other cipher sets too. link.md, Handshake */
  attached?: Uint8Array;
}

/** The largest `at` that is handled: beyond 2^53 - 1 numbers would be rounded. */
const AT_MAX = 9007199254740991;

/** The largest number of 32 bits: of channel ids, sequence numbers, and `at` of messages. */
export const UINT32_MAX = 4294967295;

/** How many KEYs of one other are remembered: the one in use, and some so that old ones, sent again, do not put it out. */
const MET = 3;

/** How many IVs a key has. They start at random and count up, little-endian as the public peers have it. */
export const IVS = 4294967296;

/** Whether something, of a type that is not known, is an integer of 1 to max. */
export function isAt(at: unknown, max: number): boolean {
  return (at as number) > 0 && (at as number) <= max && Math.floor(at as number) === at;
}

/** The BODY of an OUTER message to an identity, to one of CS1a if not given. Throws PACKET_TOO_SHORT, PACKET_LENGTH, PACKET_HEAD, CSID. */
export function messageBody(outer: Uint8Array, identity?: Identity): Uint8Array {
  const packet = decode(outer);
  if (packet.head.length !== 1) fail("PACKET_HEAD");
  if (packet.head[0] !== setOf(identity).csid) fail("CSID");
  if (packet.body.length < setOf(identity).length + SEAL_LENGTH) fail("PACKET_TOO_SHORT");
  return packet.body;
}

/** The KEY of a message by its BODY. */
export function messageSender(body: Uint8Array, identity?: Identity): Uint8Array {
  return slice(body, 0, setOf(identity).length);
}

/** The type of an INNER packet with a JSON HEAD, "link" where it has none; undefined without such a HEAD. */
export function typeOf(packet: Packet): unknown {
  return packet.json && (packet.json["type"] ?? "link");
}

/** Whether an INNER packet is the handshake that makes a link: of type "link", or of "key", which the public peers send. */
export function isHandshake(packet: Packet): boolean {
  // not by `typeOf`: bytes of a device
  const type = packet.json && (packet.json["type"] ?? "link");
  return type === "link" || type === "key";
}

/** Whether an INNER packet is of another type that handshakes may have beside. e3x/handshake.md, Message Types */
export function isBeside(packet: Packet): boolean {
  return ["jwt", "uri", "tx"].includes(typeOf(packet) as string);
}

/** 1 where one's own key makes this side ODD towards another, 0 for EVEN. e3x/order.md. Throws SELF_EXCHANGE. */
export function orderOf(own: Uint8Array, other: Uint8Array): number {
  let i = 0;
  while (own[i] === other[i]) if (++i >= other.length) fail("SELF_EXCHANGE");
  return own[i]! > other[i]! ? 1 : 0;
}

/** The state of encryption to one other endpoint. */
export class MessageExchange {
  /** The other's identity. */
  key: Uint8Array;
  /** 1 where this side is ODD, 0 where it is EVEN: the last bit of the `at` that it chooses. */
  order: number;
  /** The highest `at` sent; when it equals the one accepted, both sides are in sync. */
  out: number;
  /** The highest `at` accepted. */
  in: number;
  /** The other's KEY by its last accepted handshake. */
  remote?: Uint8Array;
  /** One's own KEY and its secret; one that was made ahead may be put here before the job that would make it. */
  ephemeral?: KeyPair;
  protected identity: Identity;
  private _static?: Uint8Array;
  private _secret?: Uint8Array;
  private _aes?: Uint8Array;
  private _iv?: Uint8Array;
  protected left = IVS;
  // `at` of the last handshake that this exchange sent
  private _said?: number;
  // KEYs of the other that were met and the keys to their messages, least recently used first
  private _met: { key: Uint8Array; aes: Uint8Array }[] = [];

  /**
   * @param key the other's public key
   * @param out the highest `at` that this identity ever sent to the other, or may have sent; 0 for none
   * @param received the highest `at` accepted from the other; 0 for none
   * @throws SELF_EXCHANGE
   */
  constructor(identity: Identity, key: Uint8Array, out: number, received: number) {
    this.identity = identity;
    this.key = key;
    this.out = out;
    this.in = received;
    this.order = orderOf(identity.key, key);
  }

  /** How far the curve work is: from 1 on `sent` may be asked, at 3 all is done. */
  stage(): number {
    if (!this._static) return 0;
    if (!this.ephemeral) return 1;
    return this._aes || !this.left ? 3 : 2;
  }

  /** The curve work to be done next, below stage 3; its result is for `done`. Throws what a Job throws when made. */
  job(): Job {
    const identity = this.identity;
    const own = this._static ? this.ephemeral : identity;
    if (own) return new (setOf(identity).Job)(own.secret, this.key);
    // as long as the field: for a key of 160 bits 20 bytes, whatever its order's length
    return new (setOf(identity).Job)((this._secret = identity.random(setOf(identity).length - 1)));
  }

  done(result: Uint8Array): void {
    if (!this._static) this._static = result;
    else if (!this.ephemeral) this.ephemeral = { key: result, secret: this._secret! };
    else {
      this._aes = messageKey(result);
      this._iv = new Uint8Array(this.identity.random(4));
    }
  }

  /** OUTER message of an INNER packet. Throws INVALIDATED, also when all IVs are used. */
  encrypt(inner: Uint8Array): Uint8Array {
    const iv = this._iv!;
    if (!this.left) fail("INVALIDATED");
    this.left--;
    const outer = seal(
      new Uint8Array([0, 1, setOf(this.identity).csid]),
      this.ephemeral!.key,
      this._aes!,
      this._static!,
      iv,
      inner,
    );
    new Uint32Array(iv.buffer)[0]!++;
    return outer;
  }

  /**
   * Whether the other endpoint sent the message with this BODY. The MAC is the same both ways: what this side sent and
   * somebody sends back is told by its KEY.
   */
  sent(body: Uint8Array): boolean {
    const own = this.ephemeral;
    return (
      !(own && same(own.key, slice(body, 0, setOf(this.identity).length))) &&
      authentic(body, setOf(this.identity).length, this._static!)
    );
  }

  /**
   * Whether the KEY of this BODY was met lately, so that `open` takes no curve work. All of it is compared: two keys may
   * share the 16 bytes of the stable prefix.
   */
  met(body: Uint8Array): boolean {
    const met = this._met;
    const found = met.findIndex((entry) => same(entry.key, slice(body, 0, setOf(this.identity).length)));
    if (found >= 0) met.push(met.splice(found, 1)[0]!);
    return found >= 0;
  }

  /** Meets the KEY of a BODY. @param shared ECDH of it and one's identity */
  meet(body: Uint8Array, shared: Uint8Array): void {
    this._met.push({ key: new Uint8Array(slice(body, 0, setOf(this.identity).length)), aes: messageKey(shared) });
    if (this._met.length > MET) this._met.shift()!.aes.fill(0);
  }

  /** INNER of the BODY that `met` was asked for last. */
  open(body: Uint8Array): Uint8Array {
    return open(body, setOf(this.identity).length, this._met[this._met.length - 1]!.aes);
  }

  /**
   * OUTER message with a handshake of type "link".
   * @param at what `accept` asked to be answered with, or less than 1 for a new handshake, above all before
   * @param z the compression that is offered for channel packets (e3x/compression.md); none if not given
   * @throws AT where it is below one sent, or beyond 2^53 - 1
   */
  handshake(at: number, z?: number): Uint8Array {
    if (at < 1) {
      at = Math.max(this.out, this.in) + 1;
      if (at % 2 !== this.order) at++;
    }
    if (at < this.out || at > AT_MAX) fail("AT");
    this.out = this._said = at;
    const head: Json = { "type": "link", "at": at };
    if (CHANNELS && z) head["z"] = z;
    // telehash-c wants to find the CSID of the attached key in that packet's HEAD
    return this.encrypt(encode(head, this.identity.attached ?? encode({ "1a": true }, this.identity.key)));
  }

  /** `at` of a handshake, one that may be accepted. Throws AT, AT_PARITY, STALE. */
  at(packet: Packet): number {
    const at = packet.json!["at"] as number;
    if (!isAt(at, AT_MAX)) fail("AT");
    // an answer to a handshake of the exchange before this one does not know our KEY
    if (at !== this._said && at % 2 === this.order) fail("AT_PARITY");
    if (at <= this.in) fail("STALE");
    return at;
  }

  /**
   * Takes a handshake that is verified and decrypted. What throws has changed nothing. Afterwards `in` is its `at` if
   * it was accepted. Where `out` is not, a handshake with `in` is to be sent; where it was not accepted, our own again.
   * @param key KEY of its message
   * @returns whether the session is new
   * @throws HANDSHAKE where it is no handshake of type "link", AT where its `at` is not an integer of 1 to 2^53 - 1,
   * AT_PARITY where it is not one that the other may choose, STALE where it is not above the last one accepted
   */
  accept(packet: Packet, key: Uint8Array): boolean {
    if (!isHandshake(packet)) fail("HANDSHAKE");
    const at = this.at(packet);
    if (at < this.out) return false;
    const remote = this.remote;
    this.in = at;
    if (remote && same(remote, key)) return false;
    this.remote = new Uint8Array(key);
    return true;
  }

  /** Ends the exchange: its ephemeral secret and the keys made of it are wiped, and it can never be used again. */
  invalidate(): void {
    for (const entry of this._met) entry.aes.fill(0);
    for (const secret of [this._aes, this.ephemeral && this.ephemeral.secret]) if (secret) secret.fill(0);
    this.left = 0;
    this._met = [];
  }
}
