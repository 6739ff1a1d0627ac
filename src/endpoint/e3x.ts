/**
 * The E3X API by the names of telehash v3, guides/implementers.md: `generate`, `Self.decrypt`, and of an exchange
 * `token`, `verify`, `encrypt`, `handshake`, `sync`, `send`, `receive`. For programs that may block for the curve work.
 */
import { fail } from "#platform/engine";
import { messageKey, open, token } from "../cipher/seal.ts";
import { finish } from "../crypto/shared/curve.ts";
import { keyPair, setOf, sets } from "../cipher/sets.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import { attachedHead } from "../identity/hashname.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { fromBase32, toBase32 } from "../packet/text.ts";
import { MessageExchange, messageBody, messageSender } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import type { KeyPair, Random } from "../types.ts";
import { Session } from "../exchange/session.ts";

/** Key pairs by CSID; one at least. */
export interface KeyPairs {
  "1a"?: KeyPair;
  "1c"?: KeyPair;
}

/** The cipher sets, as CSIDs. */
export type Csid = keyof KeyPairs;

/** New key pairs, for CS1a if not said otherwise. Throws SECRET_RANGE where the source of entropy gives zeros. */
export function generate(random: Random): { "1a": KeyPair };
export function generate(random: Random, csids: Csid[]): KeyPairs;
export function generate(random: Random, csids: Csid[] = ["1a"]): KeyPairs {
  const pairs: KeyPairs = {};
  for (const csid of csids) pairs[csid] = keyPair(setOf(csid), random);
  return pairs;
}

/**
 * One's own identities by CSID, in the order of CSIDs.
 * @throws CSID where there is none, SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE
 */
export function identities(pairs: KeyPairs, random: Random): Map<Csid, Identity & { set: HostCipherSet }> {
  const own = new Map<Csid, Identity & { set: HostCipherSet }>();
  for (const csid of Object.keys(sets) as Csid[]) {
    const pair = pairs[csid];
    if (!pair) continue;
    const set = setOf(csid);
    set.checkKey(pair.key);
    set.checkSecret(pair.secret);
    own.set(csid, { ...pair, random, set });
  }
  if (!own.size) fail("CSID");
  for (const [csid, identity] of own) {
    identity.attached = encode(attachedHead(csid, keysOf(own)), identity.key);
  }
  return own;
}

/** The public keys of identities, by CSID. */
export function keysOf(own: Map<Csid, Identity>): { [csid: string]: Uint8Array } {
  return Object.fromEntries([...own].map(([csid, { key }]) => [csid, key]));
}

/** The CSID of an OUTER message. Throws PACKET_TOO_SHORT, PACKET_LENGTH, PACKET_HEAD, CSID. */
export function messageCsid(outer: Uint8Array): Csid {
  const { head } = decode(outer);
  if (head.length !== 1) fail("PACKET_HEAD");
  return setOf(head[0]!).id as Csid;
}

/** One's own endpoint. */
export class Self {
  readonly identities: Map<Csid, Identity & { set: HostCipherSet }>;
  // the AES keys of messages by KEY in base32, least recently used first
  private _met = new Map<string, Uint8Array>();
  private _room: number;

  /**
   * @param room of how many KEYs the curve work is remembered; the least recently used goes first
   * @throws CSID, SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE
   */
  constructor(pairs: KeyPairs, random: Random, room = 100) {
    this.identities = identities(pairs, random);
    this._room = room;
  }

  /** The identity in a cipher set, or in the first that there is. Throws CSID. */
  identity(csid?: Csid): Identity & { set: HostCipherSet } {
    return (csid ? this.identities.get(csid) : [...this.identities.values()][0]) ?? fail("CSID");
  }

  /** The public key in the first cipher set. */
  get key(): Uint8Array {
    return this.identity().key;
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
    const identity = this.identity(messageCsid(outer));
    const body = messageBody(outer, identity);
    const key = messageSender(body, identity);
    const id = toBase32(key);
    const aes = this._met.get(id) ?? messageKey(finish(new identity.set.Job(identity.secret, key)));
    this._met.delete(id);
    this._met.set(id, aes);
    if (this._met.size > this._room) this.forget(fromBase32(this._met.keys().next().value!));
    return open(body, identity.set.length, aes);
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

/** How many runs of IVs a session tells apart, for peers that draw them at random. */
const IV_RUNS = 4096;

export class Exchange extends MessageExchange {
  readonly self: Self;
  private _session?: Session;

  /**
   * @param self one's own endpoint; @param key the other's public key
   * @param out the highest `at` ever sent to the other, 0 if not given; @param received the highest accepted
   * @param csid the cipher set of `key`; the first that `self` has if not given
   * @throws CSID, KEY_LENGTH, KEY_PREFIX, KEY_RANGE, SELF_EXCHANGE
   */
  constructor(self: Self, key: Uint8Array, out = 0, received = 0, csid?: Csid) {
    const identity = self.identity(csid);
    identity.set.checkKey(key);
    super(identity, key, out, received);
    this.self = self;
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
      return this.sent(messageBody(outer, this.identity));
    } catch (_error) {
      return false;
    }
  }

  /** OUTER message with a handshake of type "link": with this `at`, or a new one. Throws AT, INVALIDATED. */
  override handshake(at?: number, z?: number): Uint8Array {
    return super.handshake(at ?? 0, z);
  }

  /**
   * Takes a handshake of the other side. What throws has changed nothing.
   * @throws MAC, what `Self.decrypt` throws, and what `accept` throws
   */
  sync(outer: Uint8Array): Synced {
    if (!this.verify(outer)) fail("MAC");
    const inner = decode(this.self.decrypt(outer));
    const before = this.in;
    const { remote } = this;
    const renewed = this.accept(inner, messageSender(messageBody(outer, this.identity), this.identity));
    if (renewed) {
      if (remote) this.self.forget(remote);
      this._wipe();
    }
    const accepted = this.in > before;
    const answer = this.out !== this.in;
    return { at: accepted ? this.in : this.out, accepted, answer, renewed };
  }

  private _channel(): Session {
    this._finish(3);
    const { remote } = this;
    if (!this.left) fail("INVALIDATED");
    if (!remote) fail("NOT_IN_SYNC");
    if (!this._session) {
      const { key, secret } = this.ephemeral!;
      const { random, set } = this.identity;
      this._session = new Session(key, remote, finish(new set!.Job(secret, remote)), random(4), IV_RUNS);
    }
    return this._session;
  }

  private _wipe(): void {
    this._session?.wipe();
    this._session = undefined;
  }

  /**
   * Channel packet (OUTER) of an INNER packet.
   * @throws NOT_IN_SYNC before a handshake of the other side, INVALIDATED
   */
  send(inner: Uint8Array): Uint8Array {
    return this._channel().seal(inner);
  }

  /**
   * INNER of a channel packet of the other side; each is taken once.
   * @throws NOT_IN_SYNC, PACKET_LENGTH, PACKET_HEAD, PACKET_TOO_SHORT, TOKEN, MAC, REPLAY, INNER where its HEAD is no JSON object
   */
  receive(outer: Uint8Array): Packet {
    const inner = decode(this._channel().open(outer));
    if (!inner.json) fail("INNER");
    return inner;
  }

  override invalidate(): void {
    super.invalidate();
    if (this.remote) this.self.forget(this.remote);
    this._wipe();
  }
}
