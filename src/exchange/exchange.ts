/**
 * The exchange with one other endpoint, as far as messages and handshakes need it: no time, radio or storage, and no
 * curve work of its own. Who owns it does its jobs, in slices or at once, before anything else is asked of it.
 * telehash v3: e3x/exchange.md, messages.md, handshake.md, order.md.
 */
import { CSID, MESSAGE_OVERHEAD, authentic, messageKey, open, seal } from "../cipher/cs1a.ts";
import { CurveJob, KEY_LENGTH, checkKey, checkSecret } from "../cipher/curve.ts";
import { e3xError } from "../errors.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";

/** A key pair: public key 21 bytes, secret 20 or 21 bytes. */
export interface KeyPair {
  key: Uint8Array;
  secret: Uint8Array;
}

/** Gives n bytes from a source of entropy fit for keys. */
export type Random = (n: number) => Uint8Array;

const MESSAGE_HEAD = new Uint8Array([0, 1, CSID]);

/** The largest `at` that is handled: beyond 2^53 - 1 numbers would be rounded. */
const AT_MAX = 9007199254740991;

/** IVs of one key. They start at random and count up, little-endian as the public peers have it. */
export class Ivs {
  private _next: number;
  private _left = 4294967296;

  constructor(random: Random) {
    const iv = random(4);
    this._next = iv[0]! | (iv[1]! << 8) | (iv[2]! << 16) | (iv[3]! << 24);
  }

  /** 4 bytes. Throws INVALIDATED when all 2^32 were given. */
  next(): Uint8Array {
    if (!this._left--) throw e3xError("INVALIDATED");
    const iv = this._next++;
    return new Uint8Array([iv, iv >> 8, iv >> 16, iv >> 24]);
  }
}

/** A new secret, 20 bytes. Throws SECRET_RANGE where the source of entropy gives zeros. */
export function generateSecret(random: Random): Uint8Array {
  const secret = random(20);
  checkSecret(secret);
  return secret;
}

/** Whether two byte arrays of one length are the same; not for secrets. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let i = a.length;
  while (i && a[i - 1] === b[i - 1]) i--;
  return !i;
}

/** The BODY of an OUTER message. Throws PACKET_TOO_SHORT, PACKET_LENGTH, PACKET_HEAD, CSID. */
export function messageBody(outer: Uint8Array): Uint8Array {
  const packet = decode(outer);
  if (packet.head.length !== 1) throw e3xError("PACKET_HEAD");
  if (packet.head[0] !== CSID) throw e3xError("CSID");
  if (packet.body.length < MESSAGE_OVERHEAD) throw e3xError("PACKET_TOO_SHORT");
  return packet.body;
}

/** The KEY of a message by its BODY. */
export function messageSender(body: Uint8Array): Uint8Array {
  return body.subarray(0, KEY_LENGTH);
}

/** What is remembered of a KEY that was met, so that the next message with it costs no curve work. */
export interface Met {
  key: Uint8Array;
  aes: Uint8Array;
  /** Whose KEY it is, once a MAC has shown it. */
  owner?: unknown;
}

/** One's own identity, and the KEYs of others that it has met. */
export class Identity {
  key: Uint8Array;
  secret: Uint8Array;
  random: Random;
  private _met: Met[] = [];
  private _room: number;

  /**
   * @param pair one's own key pair; that they belong together is believed
   * @param room how many KEYs are remembered; the least recently used goes first
   * @throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE
   */
  constructor(pair: KeyPair, random: Random, room: number) {
    this.key = pair.key;
    this.secret = pair.secret;
    checkKey(this.key);
    checkSecret(this.secret);
    this.random = random;
    this._room = room;
  }

  /** What is remembered of a KEY. All of it is compared: two keys may share the 16 bytes of the stable prefix. */
  met(key: Uint8Array): Met | undefined {
    const all = this._met;
    for (let i = 0; i < all.length; i++) {
      const entry = all[i]!;
      if (same(entry.key, key)) {
        all.splice(i, 1);
        all.unshift(entry);
        return entry;
      }
    }
    return undefined;
  }

  /** Remembers a KEY with the result of its job, ECDH with the identity. */
  meet(key: Uint8Array, shared: Uint8Array): Met {
    const entry: Met = { key: new Uint8Array(key), aes: messageKey(shared) };
    this._met.unshift(entry);
    if (this._met.length > this._room) this._met.pop()!.aes.fill(0);
    return entry;
  }

  /** Forgets a KEY. */
  forget(key: Uint8Array): void {
    if (this.met(key)) this._met.shift()!.aes.fill(0);
  }

  /** INNER of a message BODY whose KEY was met. Nothing of it may be believed, or parsed, before `sent`. */
  open(body: Uint8Array, met: Met): Uint8Array {
    return open(body, KEY_LENGTH, met.aes);
  }
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
  private _ivs?: Ivs;

  /**
   * @param key the other's public key
   * @param out the highest `at` that this identity ever sent to the other, or may have sent; 0 for none
   * @param received the highest `at` accepted from the other; 0 for none
   * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, SELF_EXCHANGE
   */
  constructor(identity: Identity, key: Uint8Array, out: number, received: number) {
    checkKey(key);
    this.identity = identity;
    this.key = key;
    this.out = out;
    this.in = received;
    let i = 0;
    while (identity.key[i] === key[i]) if (++i > 20) throw e3xError("SELF_EXCHANGE");
    this.order = identity.key[i]! > key[i]! ? 1 : 0;
  }

  /** How far the curve work is: from 1 on `sent` may be asked, at 3 all is done. */
  stage(): number {
    if (!this._static) return 0;
    if (!this.ephemeral) return 1;
    return this._aes ? 3 : 2;
  }

  /** The curve work to be done next, below stage 3; its result is for `done`. */
  job(): CurveJob {
    const stage = this.stage();
    if (!stage) return new CurveJob(this.identity.secret, this.key);
    if (stage > 1) return new CurveJob(this.ephemeral!.secret, this.key);
    this._secret = generateSecret(this.identity.random);
    return new CurveJob(this._secret);
  }

  done(result: Uint8Array): void {
    if (!this._static) this._static = result;
    else if (!this.ephemeral) this.ephemeral = { key: result, secret: this._secret! };
    else {
      this._aes = messageKey(result);
      this._ivs = new Ivs(this.identity.random);
    }
  }

  /** OUTER message of an INNER packet. Throws INVALIDATED. */
  encrypt(inner: Uint8Array): Uint8Array {
    if (!this._aes) throw e3xError("INVALIDATED");
    return seal(MESSAGE_HEAD, this.ephemeral!.key, this._aes, this._static!, this._ivs!.next(), inner);
  }

  /** Whether the other endpoint sent the message with this BODY. */
  sent(body: Uint8Array): boolean {
    return authentic(body, KEY_LENGTH, this._static!);
  }

  /**
   * OUTER message with a handshake of type "link".
   * @param at what `accept` asked to be answered with, or 0 for a new handshake, above all before
   * @throws AT where it is below one sent, or beyond 2^53 - 1
   */
  handshake(at: number): Uint8Array {
    if (!at) {
      at = Math.max(this.out, this.in) + 1;
      if (at % 2 !== this.order) at++;
    }
    if (at < this.out || at > AT_MAX) throw e3xError("AT");
    this.out = at;
    // telehash-c wants to find the CSID of the attached key in that packet's HEAD
    return this.encrypt(encode({ "type": "link", "at": at }, encode({ "1a": true }, this.identity.key)));
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
    const at = handshakeAt(packet);
    if (at !== this.out && at % 2 === this.order) throw e3xError("AT_PARITY");
    if (at <= this.in) throw e3xError("STALE");
    if (at < this.out) return false;
    const remote = this.remote;
    this.in = at;
    if (remote && same(remote, key)) return false;
    if (remote) this.identity.forget(remote);
    this.remote = new Uint8Array(key);
    return true;
  }

  /** Ends the exchange: its ephemeral secret and all keys made of it are wiped, and it can never be used again. */
  invalidate(): void {
    for (const secret of [this._aes, this._static, this.ephemeral && this.ephemeral.secret]) if (secret) secret.fill(0);
    this._aes = undefined;
    if (this.remote) this.identity.forget(this.remote);
  }
}

/** Whether an INNER packet is a handshake: a JSON HEAD of type "link", or of none. */
export function isHandshake(packet: Packet): boolean {
  return !!packet.json && (packet.json["type"] ?? "link") === "link";
}

/** `at` of a handshake. Throws HANDSHAKE, AT. */
function handshakeAt(packet: Packet): number {
  if (!isHandshake(packet)) throw e3xError("HANDSHAKE");
  const at = packet.json!["at"];
  if (typeof at !== "number" || !(at > 0 && at <= AT_MAX) || Math.floor(at) !== at) throw e3xError("AT");
  return at;
}
