/** The link of a gateway: what a device has no room for. telehash v3, link.md, e3x/handshake.md. */
import type { Channel, ChannelOn } from "../channel/channel.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import { isBeside, isHandshake, typeOf } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import { fail } from "#engine";
import { same } from "#text";
import { attachedKeys, hashname } from "../identity/hashname.ts";
import { Link } from "../link/link.ts";
import type { LinkOptions, LinkState } from "../link/link.ts";
import type { Path } from "../identity/path.ts";
import type { Pipe } from "../link/pipe.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Json, Packet } from "../packet/lob.ts";

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
}

export class GatewayLink extends Link {
  /** 52 characters; also of keys in other cipher sets, where the other said their digests in a handshake. It then stays so. */
  hashname: string;
  readonly csid: string;
  /** What the time that `poll` returned last is for. */
  why: "handshake" | "channel" = "handshake";
  /** Ways to reach it, as far as they are known. */
  paths: Path[] = [];
  private _judge: GatewayLinkOptions["judge"];
  private _touched: GatewayLinkOptions["touched"];
  // what was given to be sent beside "link", and the messages that were, with which handshake
  private _said: { handshake: Uint8Array; messages: Uint8Array[] } | undefined;
  private _beside = new Map<string, { json: Json; body: Uint8Array }>();
  // the messages of the highest `at` that came, their KEY, and whether they were refused; those that were taken
  private _group: { at: number; key: Uint8Array; refused: boolean; handshakes: Handshakes } | undefined;
  private _taken: Handshakes = {};

  /** @throws SELF_EXCHANGE */
  constructor(identity: Identity & { set: HostCipherSet }, key: Uint8Array, hashname: string, state: LinkState, options: GatewayLinkOptions) {
    super(identity, key, state, options);
    this.hashname = hashname;
    this.csid = identity.set.id;
    this._judge = options.judge;
    this._touched = options.touched;
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
   * told what happens.
   * @throws NOT_IN_SYNC while the link is not up, CHANNEL when all ids are used, BUSY
   */
  channel(open: Json, body?: Uint8Array, on?: ChannelOn): Channel {
    return this.channels.open(open, body, on);
  }

  protected override flush(): void {
    this._touched?.();
    super.flush();
  }

  override renew(): void {
    super.renew();
    this._touched?.();
  }

  /** As of Link, and does what time brings to channels. */
  override poll(now: number): number | undefined {
    const next = super.poll(now);
    const other = this.channels.poll(now);
    const channel = next === undefined || other! < next;
    this.why = channel ? "channel" : "handshake";
    return channel ? other : next;
  }

  /** Its radio has sent all that it was given: what it took for that is none of the time that an answer takes. */
  sent(now: number): void {
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
    super.say(handshake);
    if (this._said?.handshake !== handshake) {
      const messages = [...this._beside].map(([type, { json, body }]) => exchange.encrypt(encode({ ...json, type, at: exchange.out }, body)));
      this._said = { handshake, messages };
    }
    for (const outer of this._said.messages) pipe!.send(outer);
  }

  // The other's hashname by a handshake of type "link". Throws HASHNAME, and what opens LOB packets. link.md, Handshake
  private _name(inner: Packet): string {
    const { csid, exchange: { key } } = this;
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
    if (!link && !isBeside(inner)) return super.judge(inner, key, pipe);
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
    const verdict = this._judge ? this._judge(this, group.handshakes) : !!first || undefined;
    if (verdict === false) {
      // what was taken stays so
      if (late) delete group.handshakes[type];
      else group.refused = true;
    } else if (verdict && first && !late) {
      // "up" tells the application to look
      if (at >= exchange.out) {
        this._taken = group.handshakes;
        this.hashname = this._name(first);
      }
      super.judge(first, key, pipe);
    }
  }
}
