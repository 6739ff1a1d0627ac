/** The link of a gateway: what a device has no room for. telehash v3, link.md, e3x/handshake.md. */
import { fail, toBytes } from "#platform/engine";
import { same } from "#platform/text";
import type { Channel, ChannelOn } from "../channel/channel.ts";
import type { HostChannel } from "../channel/host-channel.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import type { E3XError } from "../e3x-error.ts";
import { UINT32_MAX, isBeside, isHandshake, typeOf } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import { FIRST, PIECES_MAX, pieceOf, stampOf } from "../exchange/recency.ts";
import { attachedKeys, hashname } from "../identity/hashname.ts";
import { AHEAD, Link } from "../link/link.ts";
import type { LinkOptions, LinkState } from "../link/link.ts";
import type { Path } from "../identity/path.ts";
import type { Pipe } from "./pipe.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";
import { toBase32 } from "../packet/text.ts";

export { end } from "../channel/host-channel.ts";

/** The handshake messages of one `at`, by type; those of type "key" are under "link". */
export interface Handshakes {
  [type: string]: Packet;
}

export interface GatewayLinkOptions extends LinkOptions {
  /**
   * Judges the handshake messages that came with one `at`, each time one is added: true takes them, false refuses them,
   * undefined waits for more. Refused ones are never answered. Without it a "link" is enough.
   */
  judge?(link: GatewayLink, handshakes: Handshakes): boolean | undefined;
  /** `poll` has to be called: it has something to send, or its exchange is another. */
  touched?(): void;
  /** Something was thrown; `where` is set where it is known to be the application's. */
  caught?(error: unknown, where?: "channel"): void;
  /** A message has left by a pipe, at a time in seconds. */
  left?(at: number, pipe: Pipe, time: number): void;
  /** Nothing that comes is to be known as of this link any more; `removed`: it is not to be kept, either. */
  forget?(removed: boolean): void;
}

/** Bytes of a message beside its content and the other's KEY, with as many rounds of cloaking as there are. */
const OVERHEAD = 48;

/** Seconds before what could not be kept is tried again. */
const RETRY = 1;

/** Does all of the curve work that a link has before it. */
export function finishWork(link: GatewayLink): void {
  while (link.work(false));
}

export class GatewayLink extends Link {
  declare pipe?: Pipe;
  /** 52 characters; also of keys in other cipher sets, where the other said their digests in a handshake. It then stays so. */
  hashname: string;
  readonly csid: string;
  /** The other's public key in base32: what `save` and the state have it by. */
  readonly id: string;
  /** What the time that `poll` returned last is for. */
  why: "handshake" | "channel" = "handshake";
  /** Ways to reach it, as far as they are known. */
  paths: Path[] = [];
  /** When something of the other was taken last, in seconds as `receive` was told; undefined: not since the start. `up` says nothing of that. */
  heard: number | undefined = undefined;
  /** Whether it was removed from its endpoint: nothing can be sent by it. */
  removed = false;
  /** Whether it is blocked: see `block`. */
  blocked: boolean;
  /** Set by an endpoint: whoever was told of the content that just came did not take it. */
  unhandled = false;
  declare protected _options: GatewayLinkOptions;
  // `at` accepted before the content that comes
  private _before = 0;
  // until a handshake comes no content is taken
  private _strict = false;
  // when what could not be sent is tried again
  private _again: number | undefined;
  // whether it has just failed
  private _failed = false;
  private _packet: () => number | undefined;
  private _message: number;
  private _judge: GatewayLinkOptions["judge"];
  private _touched: GatewayLinkOptions["touched"];
  // what was given to be sent beside "link", and the messages that were, with which handshake
  private _said: { handshake: Uint8Array; messages: Uint8Array[] } | undefined;
  private _beside = new Map<string, { json: Json; body: Uint8Array }>();
  // the messages of the highest `at` that came, their KEY, and whether they were refused; those that were taken
  private _group: { at: number; key: Uint8Array; refused: boolean; handshakes: Handshakes } | undefined;
  private _taken: Handshakes = {};

  /** @throws SELF_EXCHANGE */
  constructor(
    identity: Identity & { set: HostCipherSet },
    key: Uint8Array,
    hashname: string,
    state: LinkState,
    options: GatewayLinkOptions,
    blocked = false,
  ) {
    const packet = (): number | undefined => {
      const { pipe } = this;
      // cloaks take 8 bytes a round
      return pipe?.options.datagram ? pipe.mtu - (pipe.wrap ? 24 : 0) : undefined;
    };
    super(identity, key, state, { ...options, ...(options.channels && { channels: { ...options.channels, packet } }) });
    this.hashname = hashname;
    this.csid = identity.set.id;
    this.id = toBase32(key);
    this.blocked = blocked;
    this._judge = options.judge;
    this._touched = options.touched;
    this._packet = packet;
    this._message = options.message;
  }

  /** link.md, Link State: "unresolved" while there is no way to reach it, "up" while handshakes are in sync, else "down". */
  get status(): "unresolved" | "down" | "up" {
    if (this.up) return "up";
    return this.pipe || this.paths.length ? "down" : "unresolved";
  }

  /** The messages of the last handshake of the other that was taken, by type; none before. */
  get handshake(): Handshakes {
    return this._taken;
  }

  /** Whether the last handshake of the other was refused: nothing may be said to it. */
  get refused(): boolean {
    return !!this._group?.refused;
  }

  /**
   * Opens a channel: `open` has its `type`, `seq` 1 where it is to be reliable, and what else the type asks for; `on` is
   * told what happens. An unreliable one is closed ("timeout") where the other sends nothing in it for 30 s after it was
   * opened, or after this side said `end`: set `timeout` of the channel to other seconds, or have the other say something.
   * Where `on` throws, the event "error" tells, and the channel goes on.
   * @throws NOT_IN_SYNC while the link is not up, CHANNEL when all ids are used, BUSY, BLOCKED, REMOVED
   */
  channel(open: Json, body?: Uint8Array, on?: ChannelOn): Channel {
    this._usable();
    const channel = this.channels.open(open, body, on);
    this.guard(channel);
    return channel;
  }

  /** Has what `on` of a channel throws told as an error of the application. */
  guard(channel: Channel): void {
    const { caught } = this._options;
    if (caught) (channel as HostChannel).failed = (error) => caught(error, "channel");
  }

  private _usable(): void {
    if (this.removed) fail("REMOVED");
    if (this.blocked) fail("BLOCKED");
  }

  /**
   * Sends content: bytes, or a string, or an object as JSON text. What is too large for one message goes in several.
   * After `connect` it waits until the link is up.
   * @returns `at` of its (last) message: the event "sent" has it when that has left
   * @throws BUSY when too much waits already, here or in its pipe, PACKET_TOO_LARGE beyond 127 messages, AT when all 2^32 numbers
   * of messages are used, BLOCKED, REMOVED, and what `save` throws; nothing is sent then
   */
  override send(content: Uint8Array | string | object): number {
    this._usable();
    if (this.pipe?.full) fail("BUSY");
    const bytes =
      content instanceof Uint8Array
        ? content
        : toBytes(typeof content === "string" ? content : JSON.stringify(content));
    const most = this._packet();
    const room =
      most === undefined ? this._message : Math.min(this._message, most - OVERHEAD - this.identity.set!.length);
    const count = Math.max(1, Math.ceil(bytes.length / room));
    // all of its numbers, before the first is used: a content must not stop half way
    if (count <= PIECES_MAX) this._keep(2, Math.min(this._sent + count, UINT32_MAX), AHEAD);
    this._options.message = room;
    super.send(bytes);
    return this._sent;
  }

  /**
   * Sends a new handshake by a pipe; the link is up when it is answered. Where it is up already that keeps it alive, or
   * finds out that the other is gone. Where the pipe is full it is tried again a second later.
   * @throws CLOSED, BLOCKED, REMOVED, and what `save` throws
   */
  override connect(pipe: Pipe): void {
    this._usable();
    if (pipe.closed) fail("CLOSED");
    super.connect(pipe);
  }

  /** Removes it from its endpoint: see Endpoint.remove. */
  remove(): void {
    if (this.removed) return;
    this.removed = true;
    this._end();
    try {
      this._options.forget?.(true);
    } finally {
      this.pipe = undefined;
    }
  }

  /**
   * Begins anew with an other that has lost its numbers, or the keys of its session, and is refused as STALE for that: what came
   * of it counts for nothing, and the next handshake of either side wins. Numbers that this side sent stay: below them the other
   * would refuse. Until that handshake comes, by `connect` or by itself, no content is taken. What was recorded of the other before
   * may be replayed until then: `connect` at once.
   * @throws what `save` throws; nothing is changed then
   */
  reset(): void {
    const [sent, , out] = this.state;
    const state: LinkState = [sent, 0, out, 0];
    this._options.save(state);
    this.state = state;
    this.exchange.in = 0;
    this._received = this._before = 0;
    this._strict = true;
    this._group = undefined;
    this._taken = {};
    this._end();
    this._options.forget?.(false);
  }

  /**
   * Takes nothing of the other from now on, whatever `accept` says, and sends it nothing: its keys are wiped, its channels closed.
   * What comes is counted as BLOCKED. It is kept in the state, and so holds after a restart.
   * @throws what `save` throws; it is blocked all the same, but not after a restart
   */
  block(): void {
    if (this.removed) fail("REMOVED");
    if (this.blocked) return;
    this.blocked = true;
    this._end();
    this._options.forget?.(false);
    this._options.save(this.state);
  }

  /** Ends a block: the next handshake of either side makes the link again. @throws what `save` throws */
  unblock(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this._options.save(this.state);
  }

  /** Ends its exchange, and forgets what waits. */
  private _end(): void {
    this.out = [];
    this._due = 0;
    this._again = undefined;
    this.renew();
  }

  // Tells errors of this library from those of the application: the latter are no drops.
  override drop(error: E3XError): void {
    const { caught } = this._options;
    if (caught) caught(error);
    else super.drop(error);
  }

  protected override flush(): void {
    this._touched?.();
    if (this.pipe?.closed) this.pipe = undefined;
    const { left } = this._options;
    const waiting = this.out;
    try {
      this.out = [];
      // what has no room in the pipe waits here: `poll` tries again
      if (this.pipe?.full) return;
      super.flush();
      while (waiting.length && !this.pipe?.full) {
        const inner = waiting.shift()!;
        this.out = [inner];
        super.flush();
        if (this.out.length) {
          waiting.unshift(inner);
          break;
        }
        if (left) this._leaves(inner, left);
      }
    } catch (error) {
      this._failed = true;
      throw error;
    } finally {
      this.out = waiting;
    }
  }

  private _leaves(inner: Uint8Array, left: NonNullable<GatewayLinkOptions["left"]>): void {
    const pipe = this.pipe!;
    let packet: Packet;
    try {
      packet = decode(inner);
    } catch {
      // the application's own, by `message`: it has no number
      return;
    }
    // others of its content come behind it
    if (pieceOf(packet) % FIRST <= 1) pipe.left((now) => left(stampOf(packet), pipe, now));
  }

  override renew(): void {
    super.renew();
    this._touched?.();
  }

  /** As of Link, and does what time brings to channels. */
  override poll(now: number): number | undefined {
    const handshake = super.poll(now);
    const again = this._retry(now);
    const next = handshake! <= again! || again === undefined ? handshake : again;
    const other = this.channels.poll(now);
    const channel = next === undefined || other! < next;
    this.why = channel ? "channel" : "handshake";
    return channel ? other : next;
  }

  // What could not be kept, or had no room in the pipe, stays to be sent. Returns when it is tried again.
  private _retry(now: number): number | undefined {
    const waits = (): boolean =>
      !!this.pipe &&
      this.exchange.stage() === 3 &&
      (!!this._due || (this.out.length > 0 && (!!this.up || !this._session)));
    // at once where there was no way to the other before
    if (waits() && !(this._failed && this._again === undefined) && !(now < this._again!)) {
      this._again = undefined;
      try {
        this.flush();
      } catch (error) {
        this.drop(error as E3XError);
      }
    }
    this._failed = false;
    return (this._again = waits() ? (this._again ?? now + RETRY) : undefined);
  }

  /** Its radio has sent all that it was given: what it took for that is none of the time that an answer takes. */
  sent(now: number): void {
    if (this.out.length) this._again = now;
    for (const channel of this.channels.list) channel.poll(now, true);
    this._touched?.();
  }

  /** As Channel.quota, for an opening packet. */
  quota(): number {
    return this.channels.quota();
  }

  /** Gives a pipe the next packet of a channel, where there is one. */
  fill(pipe: Pipe): void {
    this.channels.fill(pipe);
  }

  /** Sends an INNER packet as it is, for applications with a rule of recency of their own. */
  message(inner: Uint8Array): void {
    this._usable();
    if (this.pipe?.full) fail("BUSY");
    this.out.push(inner);
    this.flush();
  }

  /**
   * What handshakes from the next one on have beside "link": a message of a type ("jwt", "uri", "tx") with other keys of its
   * JSON HEAD and its BODY; without them, no such message any more. `connect` sends it.
   */
  offer(type: string, json?: Json, body: Uint8Array = new Uint8Array(0)): void {
    if (!isBeside({ head: body, json: { type }, body })) fail("HANDSHAKE");
    if (json) this._beside.set(type, { json, body });
    else this._beside.delete(type);
  }

  protected override say(handshake: Uint8Array): void {
    const { exchange, pipe } = this;
    // as a frame that is lost: it is sent again
    if (!pipe || pipe.full || pipe.closed) return;
    super.say(handshake);
    if (this._said?.handshake !== handshake) {
      const messages = [...this._beside].map(([type, { json, body }]) =>
        exchange.encrypt(encode({ ...json, type, at: exchange.out }, body)),
      );
      this._said = { handshake, messages };
    }
    for (const outer of this._said.messages) if (!pipe.full) pipe.send(outer);
  }

  // The other's hashname by a handshake of type "link". Throws HASHNAME, and what opens LOB packets. link.md, Handshake
  private _name(inner: Packet): string {
    const {
      csid,
      exchange: { key },
    } = this;
    // a "key" has all in itself, and gogotelehash attaches the key as it is
    const attached = inner.json!["type"] === "key" || same(inner.body, key) ? inner : decode(inner.body);
    const keys = attachedKeys(csid, attached);
    const name = hashname(keys);
    const known = this.hashname !== hashname({ [csid]: key });
    return same(keys[csid] as Uint8Array, key) && (!known || name === this.hashname) ? name : fail("HASHNAME");
  }

  // e3x/handshake.md, Handling Multiple Messages
  protected override judge(inner: Packet, key: Uint8Array, pipe: Pipe): void {
    const link = isHandshake(inner);
    if (!link && !isBeside(inner)) return this._content(inner, key, pipe);
    const type = link ? "link" : (typeOf(inner) as string);
    const { exchange } = this;
    const before = this._group;
    const again = before && inner.json!["at"] === before.at && same(before.key, key) && !(type in before.handshakes);
    // one more of those that were taken
    const late = again && !before.refused && before.at === exchange.in;
    const at = late ? before.at : exchange.at(inner);
    if (before && !again && at <= before.at) fail("STALE");
    if (link) this._name(inner);
    const group = again ? before : { at, key: new Uint8Array(key), refused: false, handshakes: {} as Handshakes };
    // what it is a view of may be used again
    group.handshakes[type] = { ...inner, head: new Uint8Array(inner.head), body: new Uint8Array(inner.body) };
    this._group = group;
    if (group.refused) return;
    const first = group.handshakes["link"];
    try {
      const verdict = this._judge ? this._judge(this, group.handshakes) : !!first || undefined;
      if (verdict === false) {
        // what was taken stays so
        if (late) delete group.handshakes[type];
        else group.refused = true;
      } else if (verdict && first && !late) {
        // "up" tells the application to look
        if (at >= exchange.out) {
          const name = this._name(first);
          // before anything is changed: what could not be kept may come again
          this._keep(1, at, 0);
          this._taken = group.handshakes;
          this.hashname = name;
          this._strict = false;
        }
        super.judge(first, key, pipe);
      }
    } catch (error) {
      // as if it had not come, where it was not taken
      if (exchange.in !== at || late) {
        delete group.handshakes[type];
        this._group = before;
      }
      throw error;
    }
  }

  // What was not taken does not count as received: it may come again, content in pieces from the first one on.
  private _content(inner: Packet, key: Uint8Array, pipe: Pipe): void {
    const piece = pieceOf(inner);
    if (this._strict) fail("NOT_IN_SYNC");
    const before = !piece || piece > FIRST ? this._received : this._before;
    super.judge(inner, key, pipe);
    this._before = before;
    if (!this.unhandled) return;
    this.unhandled = false;
    this._received = before;
    if (this.removed || this.state[3] <= before) return;
    const state = [...this.state] as LinkState;
    state[3] = before;
    try {
      this._options.save(state);
      this.state = state;
    } catch (error) {
      this.drop(error as E3XError);
    }
  }
}
