/**
 * One channel, either kind: unreliable, where a packet goes as it is given, once; and reliable, where all arrive once, in
 * order, and wait until there is room. A machine without clock or radio: `channels.ts` gives it time and what came, and
 * asks it what is to be sent. telehash v3, e3x/channels.md, e3x/reliable.md.
 */
import { fail } from "#platform/engine";
import { UINT32_MAX, isAt } from "../exchange/exchange.ts";
import type { Json, Packet } from "../packet/lob.ts";

/** What a channel needs of those who keep it. */
export interface Keeper {
  /** How many packets of a reliable channel wait at most: to be acknowledged, and to be delivered. It may shrink. */
  capacity: number;
  /** Has a packet of an unreliable channel sent. Throws BUSY. */
  once(channel: Channel, json: Json, body?: Uint8Array): void;
  /** Something waits to be sent. */
  wake(): void;
  /** The bytes of BODY that a packet does best to have. */
  quota(): number;
  /** A packet of so many frames came through at the first try, or did not. */
  learn(came: boolean, frames: number): void;
  /** Finds out whether the other is still there. */
  probe(): void;
}

/**
 * What happens. "packet": the next one came; `data` is it, the opening one included where the other opened the channel; the
 * last has `end`. "drain": there is room again, after `send` said that there was none. "close": it is over; `data` is
 * why, undefined where both sides said `end` and have all; nothing comes after it. Let go of the channel then: on a device
 * whoever has one keeps the code of channels in memory.
 */
export type ChannelOn = (
  event: "packet" | "drain" | "close",
  data: Packet | string | undefined,
  channel: Channel,
) => void;

/** What opens channels: a link, or a mote. */
export interface Opener {
  /**
   * Opens a channel: `open` has its `type`, `seq` 1 where it is to be reliable, and what else the type asks for. An unreliable
   * one is closed ("timeout") where the other sends nothing in it for 30 s after it was opened, or after this side said `end`:
   * set `timeout` of the channel to other seconds, or have the other say something.
   */
  channel(open: Json, body?: Uint8Array, on?: ChannelOn): Channel;
  /** As Channel.quota, for the opening packet. */
  quota(): number;
}

/** Told of a channel that the other opens: sets its `on`, which then gets the opening packet. Without `on` it is refused. */
export type Handler<From> = (channel: Channel, open: Packet, from: From) => void;

/** What has channels of others handled: an endpoint, or a mote. One handler a type. */
export interface Taker<From> {
  handle(type: string, handler: Handler<From>): void;
}

/** A packet of a reliable channel, until it is acknowledged. */
interface Out {
  seq: number;
  json: Json;
  body?: Uint8Array;
  /** When it was sent last, in seconds; undefined: not yet. */
  sent?: number;
  /** Whether the other misses it, and when it may be sent once more, if it was already. */
  missing?: boolean;
  again?: number;
  frames: number;
}

/** Seconds, at least, before a missing packet is sent again. e3x/reliable.md, `miss` */
const AGAIN = 1;

/** Seconds before all that came in order is acknowledged, and from one `miss` to the next. */
const LATER = 0.5;
const SOON = 1 / 8;

/** The longest wait, in seconds, for an answer before the last packet is sent again. */
const WAIT_MAX = 8;

/** How many missing packets are named in one `miss`. */
const NAMED = 12;

/** Seconds by which something may be done early: sums of times are not exact, and clocks that wake do so by the millisecond. */
const TICK = 1 / 1024;

const OPENING = 0;
const OPEN = 1;
const ENDED = 2;

const isUint = (value: unknown): boolean => value === 0 || isAt(value, UINT32_MAX);

export class Channel {
  /** `c` */
  id: number;
  type: string;
  /** 0 OPENING: not answered yet; 1 OPEN; 2 ENDED: the other said `end`. channels.md, Channel States */
  state = OPENING;
  /** Seconds without an answer, where one is due, after which it is closed. */
  timeout = 30;
  /** Is told what happens. */
  on: ChannelOn | undefined = undefined;
  reliable: boolean;
  /**
   * Of a gateway's reliable channel: whether the application says when what was delivered is acknowledged (`acknowledge`), as when
   * it is stored. To be set before the first packet is delivered: by the handler, or right behind what opens the channel.
   */
  declare manualAck: boolean;
  /**
   * With `manualAck`: acknowledges all that was delivered up to a `seq`, or all so far. Until then the other keeps it and sends
   * it again, which is not delivered again; and no more than a window of packets is taken beyond what is acknowledged.
   */
  declare acknowledge: (seq?: number) => void;
  protected _keeper: Keeper;
  // whether the other opened it; whether we said `end`; whether it is over
  private _theirs: boolean;
  private _said?: boolean;
  /** @internal */
  over?: boolean;
  // what is to be acknowledged, and numbers: sent last, acknowledged, the highest that may be sent
  private _out: Out[] = [];
  private _seq = 0;
  private _acked = 0;
  private _cap: number;
  private _full?: boolean;
  // the last number delivered, and acknowledged by us; packets after it that came already, by number
  protected _done = 0;
  protected _told = 0;
  private _held: { [seq: number]: Packet } = {};
  protected _count = 0;
  private _paused?: boolean;
  // when an acknowledgement is due, and when the last was sent
  protected _due?: number;
  private _toldAt = 0;
  // when something came last, or was begun to be waited for; when something was sent, and how long until it is again
  private _heard?: number;
  private _sent = 0;
  private _wait = AGAIN;
  // seconds before what was sent again is sent once more: longer where answers take longer
  private _again = AGAIN;
  private _probed?: boolean;
  // whether something was sent again since
  private _repeats?: boolean;

  constructor(keeper: Keeper, id: number, type: string, reliable: boolean, theirs: boolean) {
    this._keeper = keeper;
    this.id = id;
    this.type = type;
    this.reliable = reliable;
    this._theirs = theirs;
    // until the other has answered, it may not know the channel
    this._cap = 4;
  }

  /**
   * Bytes of BODY that a packet does best to have: what frame size and loss of the radio leave. channels.md, quota
   * @throws CHANNEL_ENDED when it is over
   */
  quota(): number {
    // what is over has no keeper any more: on a device it may be without methods
    if (this.over) fail("CHANNEL_ENDED");
    return this._keeper.quota();
  }

  /**
   * Sends a packet: other keys of its JSON HEAD than the channel's own, `end` true for the last one, and its BODY.
   * @returns whether there is room for another; if not, "drain" tells when there is. Unreliable ones always have room.
   * @throws BUSY where there was none, CHANNEL_ENDED after `end` or when it is over
   */
  send(json?: Json, body?: Uint8Array): boolean {
    const head = json ?? {};
    const out = this._out;
    const keeper = this._keeper;
    if (this.over || this._said) fail("CHANNEL_ENDED");
    if (!this.reliable) keeper.once(this, head, body);
    else if (out.length < keeper.capacity) out.push({ seq: ++this._seq, json: head, body: body!, frames: 0 });
    else fail("BUSY");
    if (head["end"]) {
      this._said = true;
      this._end();
    }
    if (this._theirs && !this.state) this.state = OPEN;
    keeper.wake();
    return !(this._full = out.length >= keeper.capacity);
  }

  /** Holds back what comes, so that the other has to wait; only of reliable channels. */
  pause(): void {
    this._paused = this.reliable;
  }

  /** Takes again what was held back, at once. */
  resume(): void {
    if (this.over) return;
    this._paused = false;
    this._deliver();
    this._due = this._due ?? 0;
    this._keeper.wake();
  }

  /** Ends it in both directions, with a reason for the other. */
  fail(reason: string): void {
    if (this.over) return;
    this._keeper.once(this, { "err": reason });
    this.close(reason);
    this._keeper.wake();
  }

  /** Is over from now on. @internal */
  close(reason?: string): void {
    if (this.over) return;
    this.over = true;
    this._out = [];
    this._held = {};
    this._emit("close", reason);
    this.on = undefined;
  }

  protected _emit(event: "packet" | "drain" | "close", data?: Packet | string): void {
    if (this.on) this.on(event, data, this);
  }

  /** Takes a packet of the other side at a time in seconds. @internal */
  receive(packet: Packet, now: number): void {
    const json = packet.json!;
    const seq = json["seq"] as number;
    const out = this._out;
    const err = json["err"];
    this._heard = now;
    this._probed = this._repeats = false;
    if (err !== undefined) {
      // nothing is said to that
      this._due = undefined;
      this.close("" + err);
      return;
    }
    if (!this._theirs && !this.state) this.state = OPEN;
    if (!this.reliable) {
      if (!this.over) this._take(packet);
      return;
    }
    this._acknowledged(json["ack"], json["miss"], now);
    // what is over says again what it has
    if (isUint(seq) && seq > 0) {
      let at = now + LATER;
      const ahead = seq - this._done;
      if (ahead < 1 || ahead > this._keeper.capacity || this._held[seq] || this.over) at = this._toldAt + SOON;
      else {
        this._held[seq] = packet;
        this._count++;
        this._deliver();
        if (this._count && !this._paused) at = this._toldAt + SOON;
        else if ((this._done - this._told) * 4 >= this._keeper.capacity || this.state === ENDED) at = now;
      }
      if (this._due === undefined || at < this._due) this._due = at;
    }
    if (this._full && out.length * 2 <= this._keeper.capacity && !this.over) {
      this._full = false;
      this._emit("drain");
    }
    this._end();
  }

  // e3x/reliable.md, `ack` and `miss`
  private _acknowledged(ack: unknown, miss: unknown, now: number): void {
    const out = this._out;
    const keeper = this._keeper;
    if (!isUint(ack) || (ack as number) < this._acked || (ack as number) > this._seq) return;
    let at = ack as number;
    if (at > this._acked) this._wait = this._again;
    this._acked = at;
    this._sent = now;
    let sent: number | undefined = 0;
    while (out.length && out[0]!.seq <= at) {
      const entry = out.shift()!;
      // what waited behind a missing one says nothing of the time that an answer takes
      sent = entry.missing || sent === undefined ? undefined : entry.sent;
      keeper.learn(true, entry.frames);
    }
    if (sent) this._again = Math.max(AGAIN, Math.min(WAIT_MAX, (this._again * 3 + (now - sent) * 2) / 4));
    if (!Array.isArray(miss) || !miss.length) this._cap = Math.max(this._cap, at + 16);
    else {
      let left = miss.length;
      for (const entry of out) entry.missing = false;
      for (const step of miss) {
        if (!isUint(step)) return;
        at += step;
        // the last one is where the other's room ends
        if (!--left) this._cap = at;
        else for (const entry of out) if (entry.seq === at && entry.sent !== undefined) entry.missing = true;
      }
    }
  }

  private _deliver(): void {
    while (!this._paused && !this.over) {
      const next = this._done + 1;
      const packet = this._held[next];
      if (!packet) return;
      delete this._held[next];
      this._count--;
      this._done = next;
      this._take(packet);
    }
  }

  private _take(packet: Packet): void {
    if (this.state === ENDED) return;
    if (packet.json!["end"] === true) this.state = ENDED;
    this._emit("packet", packet);
    this._end();
  }

  // both have said `end`, and the other has all
  private _end(): void {
    if (this.state === ENDED && this._said && !this._out.length) this.close();
  }

  /**
   * The packet to be sent now, if any: [JSON HEAD without `c`, BODY]; `sent` is to be called with what it takes.
   * @param alone whether an acknowledgement may go by itself
   * @internal
   */
  next(now: number): [Json, Uint8Array | undefined, Out | undefined] | undefined {
    let head: Json | undefined;
    let found: Out | undefined;
    for (const entry of this._out) {
      if (entry.seq > this._cap) break;
      if (entry.sent === undefined || (entry.missing && !(now + TICK < entry.again!))) {
        found = entry;
        break;
      }
    }
    if (found) {
      head = { "seq": found.seq };
      if (found.seq === 1 && !this._theirs) head["type"] = this.type;
      Object.assign(head, found.json);
      if (found.sent !== undefined) {
        this._keeper.learn(false, found.frames);
        found.again = now + this._again;
        this._repeats = true;
      }
      found.sent = now;
    }
    if (this._due !== undefined && (found || this._due < now + TICK)) {
      head = head ?? {};
      const miss: number[] = [];
      let left = this._count;
      let at = this._done;
      if (!this._paused)
        for (let seq = at + 1; left && miss.length < NAMED; seq++) {
          if (this._held[seq]) left--;
          else {
            miss.push(seq - at);
            at = seq;
          }
        }
      miss.push(this._done + this._keeper.capacity - at);
      head["ack"] = this._told = this._done;
      head["miss"] = miss;
      this._due = undefined;
      this._toldAt = now;
      if (!this.state) this.state = OPEN;
    }
    if (head) this._sent = now;
    return head && [head, found && found.body, found];
  }

  /** Whether there is nothing left to do for it. @internal */
  gone(now: number): boolean {
    return (
      !!this.over &&
      this._due === undefined &&
      (!this.reliable || this.state !== ENDED || now + TICK > this._heard! + this.timeout)
    );
  }

  /**
   * Does what time brings. Returns when it wants to be called next, in seconds; undefined for not at all. What is due
   * already is sent when the pipe has room.
   * @param busy whether the radio has not sent all yet that it was given
   * @internal
   */
  poll(now: number, busy: boolean): number | undefined {
    const out = this._out;
    let next: number | undefined;
    const soon = now + TICK;
    const at = (time: number | undefined): void => {
      if (time! >= soon && !(time! > next!)) next = time;
    };
    at(this._due);
    if (this.over) {
      if (this._heard) at(this._heard + this.timeout);
      return next;
    }
    // an answer is due: to the opening, to `end` of the other, or to what was sent
    const waits = out.length && out[0]!.sent !== undefined;
    const due = !this.state || this.state === ENDED || (this.reliable ? waits : this._said);
    if (!due || this._heard === undefined) this._heard = now;
    // while the radio does not take it, nothing can be answered
    if (busy && !this._repeats) this._heard = now;
    const last = this._heard + this.timeout;
    if (soon > last) this.close("timeout");
    else if (due) {
      at(last);
      if (waits) {
        // it may be that the other has lost the session
        if (!this._probed && now - this._heard > this.timeout / 3) {
          this._probed = true;
          this._keeper.probe();
        }
        // what was given to the radio last may be on its way yet; but others may keep it busy for ever
        if (soon > this._sent + (busy ? this._wait * 4 : this._wait)) {
          // the first one for what is lacking, the last one for the other to see what is
          let latest = out[0]!;
          for (const entry of out) if (entry.sent !== undefined) latest = entry;
          latest.missing = out[0]!.missing = true;
          this._sent = now;
          this._wait = Math.min(this._wait * 2, WAIT_MAX);
        }
        at(this._sent + this._wait);
        for (const entry of out) if (entry.missing) at(entry.again);
      }
    }
    return next;
  }
}
