/**
 * The E3X API by the names of telehash v3, guides/implementers.md: `generate`, `Self.decrypt`, and of an exchange
 * `token`, `verify`, `encrypt`, `handshake`, `sync`, `send`, `receive`. For programs that may block for the curve work.
 */
import { same } from "#text";
import { CHANNEL_OVERHEAD, TOKEN_LENGTH, authentic, channelKey, messageKey, open, seal, token } from "../cipher/cs1a.ts";
import { CurveJob, finish } from "../cipher/curve.ts";
import { KEY_LENGTH, checkKey, checkSecret } from "../cipher/keys.ts";
import { fail } from "../errors.ts";
import { decode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { fromBase32, toBase32 } from "../packet/text.ts";
import { IVS, MessageExchange, messageBody, messageSender } from "./exchange.ts";
import type { Identity, KeyPair, Random } from "./exchange.ts";

/** Key pairs by CSID. */
export interface KeyPairs {
  "1a": KeyPair;
}

const CHANNEL_HEAD = new Uint8Array(2);

/** New key pairs, for every cipher set there is. Throws SECRET_RANGE where the source of entropy gives zeros. */
export function generate(random: Random): KeyPairs {
  const secret = random(20);
  return { "1a": { key: finish(new CurveJob(secret)), secret } };
}

/** One's own endpoint. */
export class Self implements Identity {
  readonly key: Uint8Array;
  readonly secret: Uint8Array;
  readonly random: Random;
  // the AES keys of messages by KEY in base32, least recently used first
  private _met = new Map<string, Uint8Array>();
  private _room: number;

  /**
   * @param room of how many KEYs the curve work is remembered; the least recently used goes first
   * @throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE
   */
  constructor(pairs: KeyPairs, random: Random, room = 100) {
    const pair = pairs["1a"];
    checkKey(pair.key);
    checkSecret(pair.secret);
    this.key = pair.key;
    this.secret = pair.secret;
    this.random = random;
    this._room = room;
  }

  /** Whether a message with this KEY takes no curve work. */
  met(key: Uint8Array): boolean {
    return this._met.has(toBase32(key));
  }

  /**
   * INNER of a message to this endpoint, as bytes. Who sent it is not known before `Exchange.verify`: nothing of it may
   * be believed before that.
   * @throws PACKET_TOO_SHORT, PACKET_LENGTH, PACKET_HEAD, CSID, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE
   */
  decrypt(outer: Uint8Array): Uint8Array {
    const body = messageBody(outer);
    const key = messageSender(body);
    const id = toBase32(key);
    const aes = this._met.get(id) ?? messageKey(finish(new CurveJob(this.secret, key)));
    this._met.delete(id);
    this._met.set(id, aes);
    if (this._met.size > this._room) this.forget(fromBase32(this._met.keys().next().value!));
    return open(body, KEY_LENGTH, aes);
  }

  /** Forgets a KEY and wipes what was made of it. */
  forget(key: Uint8Array): void {
    const id = toBase32(key);
    this._met.get(id)?.fill(0);
    this._met.delete(id);
  }
}

/** What a handshake led to. */
export interface Synced {
  /** The highest `at` known. */
  at: number;
  /** The other side is in sync with us. False where its `at` is below ours: it needs ours. */
  accepted: boolean;
  /** `handshake(at)` is to be sent: with this `at` where it was accepted, with the one of before where not. */
  answer: boolean;
  /** The session is new: channels of an older one have ended. */
  renewed: boolean;
}

export class Exchange extends MessageExchange {
  private _sendKey?: Uint8Array;
  private _receiveKey?: Uint8Array;
  private _channelIv?: Uint8Array;
  private _channelLeft = 0;

  /**
   * @param self one's own endpoint; @param key the other's public key
   * @param out the highest `at` ever sent to the other, 0 if not given; @param received the highest accepted
   * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, SELF_EXCHANGE
   */
  constructor(self: Self, key: Uint8Array, out = 0, received = 0) {
    checkKey(key);
    super(self, key, out, received);
  }

  private _finish(stage: number): void {
    while (this.stage() < stage) this.done(finish(this.job()));
  }

  /** The token by which others address channel packets to this exchange, 16 bytes. Throws KEY_OFF_CURVE. */
  token(): Uint8Array {
    this._finish(2);
    return token(this.ephemeral!.key);
  }

  override encrypt(inner: Uint8Array): Uint8Array {
    this._finish(3);
    return super.encrypt(inner);
  }

  /** Whether the other endpoint sent this OUTER message. Never throws for what is in it. */
  verify(outer: Uint8Array): boolean {
    this._finish(1);
    try {
      return this.sent(messageBody(outer));
    } catch (_error) {
      return false;
    }
  }

  /** OUTER message with a handshake of type "link": with this `at`, or a new one. Throws AT, INVALIDATED. */
  override handshake(at?: number): Uint8Array {
    return super.handshake(at ?? 0);
  }

  /**
   * Takes a handshake of the other side. What throws has changed nothing.
   * @throws MAC, what `Self.decrypt` throws, and what `accept` throws
   */
  sync(outer: Uint8Array): Synced {
    if (!this.verify(outer)) fail("MAC");
    const self = this.identity as Self;
    const inner = decode(self.decrypt(outer));
    const before = this.in;
    const { remote } = this;
    const renewed = this.accept(inner, messageSender(messageBody(outer)));
    if (renewed) {
      if (remote) self.forget(remote);
      this._wipe();
    }
    const accepted = this.in > before;
    const answer = this.out !== this.in;
    return { at: accepted ? this.in : this.out, accepted, answer, renewed };
  }

  private _channel(): void {
    this._finish(3);
    const remote = this.remote;
    if (!this.left) fail("INVALIDATED");
    if (!remote) fail("NOT_IN_SYNC");
    if (this._channelIv) return;
    const pair = this.ephemeral!;
    const shared = finish(new CurveJob(pair.secret, remote));
    this._sendKey = channelKey(shared, pair.key, remote);
    this._receiveKey = channelKey(shared, remote, pair.key);
    this._channelIv = new Uint8Array(this.identity.random(4));
    this._channelLeft = IVS;
  }

  private _wipe(): void {
    for (const key of [this._sendKey, this._receiveKey]) if (key) key.fill(0);
    this._channelIv = undefined;
  }

  /**
   * Channel packet (OUTER) of an INNER packet.
   * @throws NOT_IN_SYNC before a handshake of the other side, INVALIDATED
   */
  send(inner: Uint8Array): Uint8Array {
    this._channel();
    const key = this._sendKey!;
    const iv = this._channelIv!;
    if (!this._channelLeft--) fail("INVALIDATED");
    const outer = seal(CHANNEL_HEAD, token(this.remote!), key, key, iv, inner);
    new Uint32Array(iv.buffer)[0]!++;
    return outer;
  }

  /**
   * INNER of a channel packet of the other side.
   * @throws NOT_IN_SYNC, PACKET_LENGTH, PACKET_HEAD, PACKET_TOO_SHORT, TOKEN, MAC, INNER where its HEAD is no JSON object
   */
  receive(outer: Uint8Array): Packet {
    this._channel();
    const packet = decode(outer);
    const body = packet.body;
    if (packet.head.length) fail("PACKET_HEAD");
    if (body.length < CHANNEL_OVERHEAD) fail("PACKET_TOO_SHORT");
    if (!same(body.subarray(0, TOKEN_LENGTH), this.token())) fail("TOKEN");
    const key = this._receiveKey!;
    if (!authentic(body, TOKEN_LENGTH, key)) fail("MAC");
    const bytes = open(body, TOKEN_LENGTH, key);
    const inner = bytes.length < 2 ? undefined : decode(bytes);
    if (!inner || !inner.json) fail("INNER");
    return inner;
  }

  override invalidate(): void {
    super.invalidate();
    if (this.remote) (this.identity as Self).forget(this.remote);
    this._wipe();
  }
}
