/**
 * Keeps messages of one endpoint for another that sleeps, in memory only. It can not read them, and tells nobody but the
 * recipient that there are any: what it does not keep it takes all the same. telehash v3, channels/box.md.
 */
import { concat } from "#engine";
import { boxId, messageId } from "../channel/box-ids.ts";
import type { Channel } from "../channel/channel.ts";
import { pour } from "../channel/pour.ts";
import type { E3XError } from "../errors.ts";
import { isHashname } from "../mesh/hashname.ts";
import type { Pipe } from "../mesh/pipe.ts";
import type { Json, Packet } from "../packet/lob.ts";
import { fromHex, toHex } from "../packet/text.ts";
import type { Endpoint, Source } from "./endpoint.ts";
import type { GatewayLink } from "./link.ts";
import { Meter } from "./meter.ts";

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

/** A message that is kept. */
interface Message {
  id: string;
  bytes: Uint8Array;
  /** The recipient's hashname, and its box, in hex. */
  recipient: string;
  box: string;
  /** How many were kept before it. */
  order: number;
  /** When it is of no use any more, in seconds. */
  until: number;
}

/** The messages of one sender to one recipient; `inboxes` is how many channels fetch them. */
interface Box {
  messages: Message[];
  inboxes: number;
}

/** What is kept for one recipient. */
interface Shelf {
  boxes: Map<string, Box>;
  bytes: number;
  /** Whether there is something to tell; who tells it when there is room on air, and how often that may be. */
  news: boolean;
  teller?: Source & { link: GatewayLink };
  meter: Meter;
  told: number;
}

/** IDs in a packet at most, and packets in which they are told. box.md, Advertising Status */
const IDS = 120;
const PACKETS = 12;

/** What a message counts as at least, in bytes. */
const LEAST = 64;

/** A sender's last message is kept, as far as it can be, where it is shorter. box.md, Sending */
const SHORT = 1024;

/** Seconds before a recipient is told again of what it may know already. */
const AGAIN = 60;

/** How often a recipient is told: once in so many seconds, and so often at once. */
const TELL = 5;
const TELL_BURST = 8;

/** How many inboxes and outboxes one link may have open. */
const CHANNELS = 16;

const NOTHING = new Uint8Array(0);

const cost = ({ bytes }: Message): number => Math.max(LEAST, bytes.length);

export class Boxes {
  private _endpoint: Endpoint;
  private _options: BoxesOptions;
  private _quota: number;
  private _room: number;
  // by the recipient's hashname
  private _shelves = new Map<string, Shelf>();
  private _bytes = 0;
  // messages that are the last of their senders and short; and others, which go first. Those that came first come first.
  private _last = new Set<Message>();
  private _other = new Set<Message>();
  // bytes of messages that have not come whole
  private _begun = 0;
  private _order = 0;
  private _open = new WeakMap<GatewayLink, number>();

  /** Has an endpoint keep messages, from now on; `up` is to be called, too. */
  constructor(endpoint: Endpoint, options: BoxesOptions) {
    this._endpoint = endpoint;
    this._options = options;
    this._quota = options.quota ?? 10240;
    this._room = options.room ?? 4 << 20;
    const handle = (type: string, take: (channel: Channel, open: Packet, from: GatewayLink) => void): void => {
      endpoint.handle(type, (channel, open, from) => {
        // never an err, as that would tell something
        channel.on = () => {};
        const count = this._open.get(from) ?? 0;
        if (!channel.reliable || count >= CHANNELS) return;
        this._open.set(from, count + 1);
        take(channel, open, from);
        const on = channel.on;
        channel.on = (event, data) => {
          if (event === "close") this._open.set(from, this._open.get(from)! - 1);
          on(event, data, channel);
        };
      });
    };
    handle("outbox", (channel, open, from) => this._outbox(channel, open, from));
    handle("inbox", (channel, open, from) => this._inbox(channel, open, from));
  }

  /** Bytes that are kept of all messages; short ones count as 64. */
  get bytes(): number {
    return this._bytes;
  }

  /** To be called when a link is up, as by the endpoint's event of that name: tells it of its boxes. */
  up(link: GatewayLink): void {
    const shelf = this._shelf(link.hashname);
    if (!shelf) return;
    shelf.news = true;
    this._news(link.hashname, shelf, link);
  }

  /**
   * Keeps a message of this endpoint for another.
   * @param message an OUTER message to it
   * @param x for how many seconds it is of use
   * @returns its ID, to take it back by; undefined where there was no room
   * @throws HASHNAME
   */
  put(recipient: string, message: Uint8Array, x?: number): string | undefined {
    return this._put(toHex(boxId(this._endpoint.hashname, recipient)), recipient, message, x);
  }

  /** Takes a message of this endpoint back. */
  remove(recipient: string, id: string): void {
    this._remove(recipient, toHex(boxId(this._endpoint.hashname, recipient)), (message) => message.id === id);
  }

  private _put(box: string, recipient: string, given: Uint8Array, x: unknown): string | undefined {
    const { now } = this._endpoint;
    // what it is a view of may be used again
    const bytes = new Uint8Array(given);
    const id = toHex(messageId(fromHex(box), bytes));
    const until = typeof x === "number" && x > 0 ? now + x : Infinity;
    const message: Message = { id, bytes, recipient, box, order: this._order++, until };
    if (cost(message) > Math.min(this._quota, this._room)) return undefined;
    const shelf = this._shelf(recipient)
      ?? { boxes: new Map<string, Box>(), bytes: 0, news: false, meter: new Meter(1 / TELL, TELL_BURST), told: now };
    const kept = shelf.boxes.get(box) ?? { messages: [], inboxes: 0 };
    const before = kept.messages.at(-1);
    if (kept.messages.some((one) => one.id === id)) return id;
    this._shelves.set(recipient, shelf);
    shelf.boxes.set(box, kept);
    kept.messages.push(message);
    if (before && this._last.delete(before)) this._other.add(before);
    (bytes.length < SHORT ? this._last : this._other).add(message);
    shelf.bytes += cost(message);
    this._bytes += cost(message);
    while (shelf.bytes > this._quota) this._drop([...shelf.boxes.values()].flatMap(({ messages }) => messages));
    while (this._bytes > this._room) this._drop([(this._other.size ? this._other : this._last).values().next().value!]);
    if (!kept.messages.includes(message)) return undefined;
    if (!before || now - shelf.told >= AGAIN) shelf.news = true;
    // what an open inbox does not bring is told when that closes
    if (!kept.inboxes) this._news(recipient, shelf);
    return id;
  }

  // Makes room: the first goes that is not its sender's last and short; the first of all where there is none.
  private _drop(messages: Iterable<Message>): void {
    let victim: Message | undefined;
    for (const message of messages) {
      const other = this._other.has(message);
      if (victim && (other !== this._other.has(victim) ? !other : message.order > victim.order)) continue;
      victim = message;
    }
    const { recipient, box } = victim!;
    this._remove(recipient, box, (message) => message === victim);
  }

  private _remove(recipient: string, box: string, which: (message: Message) => boolean): void {
    const shelf = this._shelves.get(recipient);
    const kept = shelf?.boxes.get(box);
    if (!kept) return;
    kept.messages = kept.messages.filter((message) => {
      if (!which(message)) return true;
      shelf!.bytes -= cost(message);
      this._bytes -= cost(message);
      this._last.delete(message);
      this._other.delete(message);
      return false;
    });
    const last = kept.messages.at(-1);
    if (last && last.bytes.length < SHORT && this._other.delete(last)) this._last.add(last);
    if (!kept.messages.length && !kept.inboxes) shelf!.boxes.delete(box);
    if (!shelf!.boxes.size) this._shelves.delete(recipient);
  }

  /** What is kept for one, without what is of no use any more. */
  private _shelf(recipient: string): Shelf | undefined {
    const now = this._endpoint.now;
    const shelf = this._shelves.get(recipient);
    for (const box of [...(shelf?.boxes.keys() ?? [])]) this._remove(recipient, box, (message) => message.until <= now);
    return this._shelves.get(recipient);
  }

  private _news(recipient: string, shelf: Shelf, link = this._endpoint.links.find((one) => one.up && one.hashname === recipient)): void {
    if (!shelf.news || !link) return;
    if (shelf.teller?.link !== link) {
      shelf.teller = {
        link,
        get pipe() { return shelf.news && link.up ? link.pipe : undefined; },
        fill: (pipe) => this._tell(link, shelf, pipe),
      };
    }
    this._endpoint.source(shelf.teller);
    link.channels.wake();
  }

  private _tell(link: GatewayLink, shelf: Shelf, pipe: Pipe): void {
    const { now } = this._endpoint;
    if (!shelf.meter.take(1, now)) return;
    shelf.news = false;
    shelf.told = now;
    const ids = [...shelf.boxes].filter(([, { messages }]) => messages.length).map(([id]) => fromHex(id));
    // as many as come through well, if that does not take too many packets
    const count = Math.min(IDS, Math.max(1, Math.floor(link.channels.quota() / 8), Math.ceil(ids.length / PACKETS)));
    const parts: Uint8Array[] = [];
    for (let at = 0; at < ids.length && parts.length < PACKETS; at += count) parts.push(concat(ids.slice(at, at + count)));
    if (!parts.length) return;
    try {
      const head = (i: number): Json => (i === parts.length - 1 ? { end: true } : {});
      const channel = link.channel({ type: "boxes", ...head(0) }, parts[0]);
      // never answered
      channel.timeout = 0;
      for (let i = 1; i < parts.length; i++) channel.send(head(i), parts[i]);
    } catch (error) {
      // too much waits for it already
      if (!(error as E3XError).code) throw error;
      shelf.news = true;
    }
    link.fill(pipe);
  }

  private _outbox(channel: Channel, open: Packet, from: GatewayLink): void {
    const { to } = open.json!;
    const known = isHashname(to);
    const box = known ? toHex(boxId(from.hashname, to)) : "";
    let begun: Uint8Array = NOTHING;
    let left = false;
    const forget = (): Uint8Array => {
      const message = begun;
      this._begun -= begun.length;
      begun = NOTHING;
      return message;
    };
    channel.on = (event, data) => {
      if (event === "close") forget();
      if (event !== "packet") return;
      const { json, body } = data as Packet;
      const { id, clear, done, x, end } = json!;
      if (clear === true) {
        forget();
        left = false;
        if (known) this._remove(to, box, () => true);
      } else if (typeof id === "string" && !body.length && known) this._remove(to, box, (message) => message.id === id);
      // what is begun has a share of the room
      if (begun.length + body.length > this._quota || this._begun + body.length > this._room / 4) left = true;
      if (left) forget();
      else {
        begun = concat([begun, body]);
        this._begun += body.length;
      }
      if (done === true) {
        const message = forget();
        left = false;
        if (known && message.length && this._options.allow(from, to)) {
          if (to === this._endpoint.hashname) this._options.message?.(from, message);
          else this._put(box, to, message, x);
        }
      }
      if (end === true) channel.send({ end: true });
    };
  }

  private _inbox(channel: Channel, open: Packet, from: GatewayLink): void {
    const { hashname } = from;
    const box = String(open.json!["box"]);
    const shelf = this._shelf(hashname);
    const kept = shelf?.boxes.get(box);
    // what there is now is what the recipient may clear: what comes later it does not know of
    const all = kept?.messages ?? [];
    let queue = [...all];
    let cap = true;
    let end = false;
    let room = true;
    const write = pour(channel);
    const next = (): void => {
      while (room && queue.length) room = write(queue.shift()!.bytes, { done: true });
      if (room && cap) {
        cap = false;
        room = write(NOTHING, { cap: Math.min(this._quota, this._room) });
      }
      if (room && end) {
        end = false;
        channel.send({ end: true });
      }
    };
    if (kept) kept.inboxes++;
    channel.on = (event, data) => {
      if (event === "close") {
        if (!kept) return;
        kept.inboxes--;
        this._remove(hashname, box, () => false);
        if (kept.messages.some((message) => !all.includes(message))) shelf!.news = true;
        this._news(hashname, shelf!);
        return;
      }
      if (event === "drain") room = write();
      else {
        const { json, body } = data as Packet;
        const { id, clear } = json!;
        const which = clear === true ? () => true : typeof id === "string" && !body.length ? (message: Message) => message.id === id : undefined;
        if (which) {
          this._remove(hashname, box, (message) => all.includes(message) && which(message));
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
