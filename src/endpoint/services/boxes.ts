/**
 * Keeps messages of one endpoint for another that sleeps, in memory only. It can not read them, and tells nobody but the
 * recipient that there are any: what it does not keep it takes all the same. telehash v3, channels/box.md.
 */
import { concat } from "#platform/engine";
import { boxId, messageId } from "./box-ids.ts";
import type { Channel } from "../../channel/channel.ts";
import { pour } from "../../channel/pour.ts";
import { E3XError } from "../../e3x-error.ts";
import { isHashname } from "../../identity/hashname.ts";
import type { Pipe } from "../pipe.ts";
import type { Json, Packet } from "../../packet/lob.ts";
import { fromHex, toHex } from "../../packet/text.ts";
import type { Endpoint } from "../endpoint.ts";
import type { GatewayLink } from "../link.ts";
import type { Source } from "../scheduler.ts";
import { MessageStore } from "./message-store.ts";
import type { Message } from "./message-store.ts";
import { TokenBucket } from "../token-bucket.ts";

export interface BoxesOptions {
  /** Whether messages of one are kept for another (its hashname); asked of each message. */
  allow(from: GatewayLink, to: string): boolean;
  /** Told of messages to this endpoint itself. */
  message?(from: GatewayLink, message: Uint8Array): void;
  /**
   * Bytes of messages that are kept for one recipient, 10,240 if not given, and for all, 4 MiB; a message counts as 64 at
   * least. The oldest go first, but for the last of a sender where it is shorter than 1,024 bytes.
   */
  quota?: number;
  room?: number;
}

/** What is there to tell a recipient. */
interface News {
  link: GatewayLink;
  /** Whether there is anything; when something was told last, in seconds, and how often that may be. */
  due: boolean;
  told: number;
  bucket: TokenBucket;
  /** Tells it when there is room on air. */
  source: Source;
}

/** IDs in a packet at most, and packets in which they are told. box.md, Advertising Status */
const IDS = 120;
const PACKETS = 12;

/** Seconds before a recipient is told again of what it may know already. */
const AGAIN = 60;

/** How often a recipient is told: once in so many seconds, and so often at once. */
const TELL = 5;
const TELL_BURST = 8;

/** How many inboxes and outboxes one link may have open. */
const CHANNELS = 16;

const NOTHING = new Uint8Array(0);

export class Boxes {
  private _endpoint: Endpoint;
  private _options: BoxesOptions;
  private _store: MessageStore;
  // bytes of messages that have not come whole, and how many there may be
  private _begun = 0;
  private _most: number;
  // how many inboxes and outboxes a link has open; inboxes by box
  private _open = new WeakMap<GatewayLink, number>();
  private _inboxes = new Map<string, number>();
  private _news = new WeakMap<GatewayLink, News>();

  /** Has an endpoint keep messages, from now on; `up` is to be called, too. */
  constructor(endpoint: Endpoint, options: BoxesOptions) {
    const room = options.room ?? 4 << 20;
    this._endpoint = endpoint;
    this._options = options;
    this._store = new MessageStore(options.quota ?? 10240, room);
    this._most = room / 4;
    this._handle("outbox", (channel, open, from) => this._outbox(channel, open, from));
    this._handle("inbox", (channel, open, from) => this._inbox(channel, open, from));
  }

  /** Bytes that are kept of all messages; short ones count as 64. */
  get bytes(): number {
    return this._store.bytes;
  }

  /** To be called when a link is up, as by the endpoint's event of that name: tells it of its boxes. */
  up(link: GatewayLink): void {
    this._store.expire(link.hashname, this._endpoint.now);
    if (this._store.boxes(link.hashname).length) this._tell(this._newsOf(link));
  }

  /**
   * Keeps a message of this endpoint for another, as long as there is room.
   * @param message an OUTER message to it
   * @param x for how many seconds it is of use
   * @returns its ID, to take it back by
   * @throws HASHNAME
   */
  put(recipient: string, message: Uint8Array, x?: number): string {
    return this._put(toHex(boxId(this._endpoint.hashname, recipient)), recipient, message, x);
  }

  /** Takes a message of this endpoint back. Throws HASHNAME. */
  remove(recipient: string, id: string): void {
    this._store.remove(recipient, toHex(boxId(this._endpoint.hashname, recipient)), (message) => message.id === id);
  }

  private _handle(type: string, take: (channel: Channel, open: Packet, from: GatewayLink) => void): void {
    this._endpoint.handle(type, (channel, open, from) => {
      // never an err, as that would tell something
      channel.on = () => {};
      const count = this._open.get(from) ?? 0;
      if (!channel.reliable || count >= CHANNELS) return;
      this._open.set(from, count + 1);
      take(channel, open, from);
      const { on } = channel;
      channel.on = (event, data) => {
        if (event === "close") this._open.set(from, this._open.get(from)! - 1);
        on(event, data, channel);
      };
    });
  }

  private _put(box: string, recipient: string, given: Uint8Array, x: unknown): string {
    const { now, links } = this._endpoint;
    // what it is a view of may be used again
    const bytes = new Uint8Array(given);
    const id = toHex(messageId(fromHex(box), bytes));
    this._store.expire(recipient, now);
    const empty = !this._store.messages(recipient, box).length;
    this._store.put({ id, bytes, recipient, box, until: typeof x === "number" && x > 0 ? now + x : Infinity });
    // what an open inbox does not bring is told when that is closed
    const link =
      !this._inboxes.has(box) &&
      this._store.messages(recipient, box).length &&
      links.find((one) => one.up && one.hashname === recipient);
    if (link) {
      const news = this._newsOf(link);
      if (empty || now - news.told >= AGAIN) this._tell(news);
    }
    return id;
  }

  private _newsOf(link: GatewayLink): News {
    const known = this._news.get(link);
    if (known) return known;
    const source: Source = {
      get pipe() {
        return news.due && link.up ? link.pipe : undefined;
      },
      fill: (pipe) => this._advertise(news, pipe),
    };
    const news: News = { link, due: false, told: -Infinity, bucket: new TokenBucket(1 / TELL, TELL_BURST), source };
    this._news.set(link, news);
    return news;
  }

  private _tell(news: News): void {
    news.due = true;
    this._endpoint.source(news.source);
    news.link.channels.wake();
  }

  private _advertise(news: News, pipe: Pipe): void {
    const { link, bucket } = news;
    const { now } = this._endpoint;
    if (!bucket.take(1, now)) return;
    news.due = false;
    news.told = now;
    const ids = this._store.boxes(link.hashname).map(fromHex);
    // as many as come through well, if that does not take too many packets
    const count = Math.min(IDS, Math.max(1, Math.floor(link.channels.quota() / 8), Math.ceil(ids.length / PACKETS)));
    const parts: Uint8Array[] = [];
    for (let at = 0; at < ids.length && parts.length < PACKETS; at += count)
      parts.push(concat(ids.slice(at, at + count)));
    if (!parts.length) return;
    const head = (i: number): Json => (i === parts.length - 1 ? { end: true } : {});
    try {
      const channel = link.channel({ type: "boxes", ...head(0) }, parts[0]);
      // never answered
      channel.timeout = 0;
      for (let i = 1; i < parts.length; i++) channel.send(head(i), parts[i]);
    } catch (error) {
      // too much waits for it already
      if (!(error instanceof E3XError)) throw error;
      news.due = true;
    }
    link.fill(pipe);
  }

  private _outbox(channel: Channel, open: Packet, from: GatewayLink): void {
    const { to } = open.json!;
    const known = isHashname(to);
    const box = known ? toHex(boxId(from.hashname, to)) : "";
    // what has come of a message; what of it is left out
    let begun: Uint8Array = NOTHING;
    let left = false;
    const forget = (): Uint8Array => {
      const message = begun;
      this._begun -= begun.length;
      begun = NOTHING;
      left = false;
      return message;
    };
    channel.on = (event, data) => {
      if (event === "close") forget();
      if (event !== "packet") return;
      const { json, body } = data as Packet;
      const { id, clear, done, x, end } = json!;
      if (clear === true) {
        forget();
        if (known) this._store.remove(to, box, () => true);
      } else if (typeof id === "string" && !body.length && known)
        this._store.remove(to, box, (message) => message.id === id);
      if (left || begun.length + body.length > this._store.quota || this._begun + body.length > this._most) {
        forget();
        left = true;
      } else {
        begun = concat([begun, body]);
        this._begun += body.length;
      }
      if (done === true) {
        const message = forget();
        if (known && message.length && this._options.allow(from, to)) {
          if (to === this._endpoint.hashname) this._options.message?.(from, message);
          else this._put(box, to, message, x);
        }
      }
      if (end === true) channel.send({ end: true });
    };
  }

  private _inbox(channel: Channel, open: Packet, from: GatewayLink): void {
    const store = this._store;
    const { hashname } = from;
    const box = String(open.json!["box"]);
    store.expire(hashname, this._endpoint.now);
    // what there is now is what the recipient may clear: what comes later it does not know of
    const all = store.messages(hashname, box);
    // nobody else's box
    const own = all.length > 0;
    let queue = [...all];
    let cap = true;
    let end = false;
    let room = true;
    const write = pour(channel);
    const next = (): void => {
      while (room && queue.length) room = write(queue.shift()!.bytes, { done: true });
      if (room && cap) {
        cap = false;
        room = write(NOTHING, { cap: store.quota });
      }
      if (room && end) {
        end = false;
        channel.send({ end: true });
      }
    };
    if (own) this._inboxes.set(box, (this._inboxes.get(box) ?? 0) + 1);
    const closed = (): void => {
      const left = this._inboxes.get(box)! - 1;
      if (left) this._inboxes.set(box, left);
      else this._inboxes.delete(box);
      if (from.up && store.messages(hashname, box).some((message) => !all.includes(message)))
        this._tell(this._newsOf(from));
    };
    channel.on = (event, data) => {
      if (event === "close") {
        if (own) closed();
        return;
      }
      if (event === "drain") room = write();
      else {
        const { json, body } = data as Packet;
        const { id, clear } = json!;
        const which =
          clear === true
            ? () => true
            : typeof id === "string" && !body.length
              ? (message: Message) => message.id === id
              : undefined;
        if (which) {
          store.remove(hashname, box, (message) => all.includes(message) && which(message));
          // what is on its way comes whole
          queue = queue.filter((message) => !which(message));
          cap = true;
        }
        if (json!["end"] === true) end = true;
      }
      next();
    };
  }
}
