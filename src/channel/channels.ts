/**
 * All channels of one link, and the session that encrypts them: which packets go next, to which channel one belongs, which
 * may open one. The build leaves it out of a device's bundle that uses no channels. telehash v3,
 * e3x/channels.md, Channel IDs; e3x/compression.md.
 */
import { HOST } from "#features";
import { same } from "#platform/text";
import { Z_MAX, pack, unpack } from "#compression";
import { fail } from "#platform/engine";
import { UINT32_MAX, isAt } from "../exchange/exchange.ts";
import type { Identity, MessageExchange } from "../exchange/exchange.ts";
import { token } from "../cipher/seal.ts";
import { Session } from "../exchange/session.ts";
import type { E3XError } from "../e3x-error.ts";
import type { Json } from "../packet/lob.ts";
import { Channel } from "./channel.ts";
import { HostChannel } from "./host-channel.ts";
import type { ChannelOn, Handler, Keeper } from "./channel.ts";

/** Handlers by the type of channel, behind a blank: types come from outside. */
export interface Handlers<From> {
  [type: string]: Handler<From>;
}

/** What channels need of a pipe. */
export interface ChannelPipe {
  mtu: number;
  queue: Uint8Array[];
  send(packet: Uint8Array): void;
}

/** What channels need of their link. */
export interface Owner {
  /** @unload the link's own: it has its methods from there */
  exchange: MessageExchange;
  identity: Identity;
  pipe?: ChannelPipe;
  connect(pipe: ChannelPipe): void;
  /** The last handshake sent while it may have to be sent again. */
  unanswered?: Uint8Array;
  drop(error: E3XError): void;
}

export interface ChannelsOptions<From> {
  handlers: Handlers<From>;
  /** How many packets of a reliable channel may wait, either way. */
  capacity: number;
  /** How many runs of IVs a session tells apart: see Session. */
  runs: number;
  /** The compression that is asked for: 0 none, 1 CBOR, 2 DEFLATE (not on a device). */
  z: number;
  /**
   * Whom handlers are told, instead of the link.
   * @unload on a device a mote or a peer, of which no code is unloaded
   */
  from?: From;
  /** Something waits to be sent: `poll` the link, and take the frames of its pipe. */
  wake(): void;
  /** The bytes of a packet that go at once, where packets go whole; not on a device. */
  packet?(): number | undefined;
}

/** Bytes of a packet at most, everything but chunks included. channels.md, Packet Size Default */
const SIZE_MAX = 1400;

/** How many packets of unreliable channels wait to be sent at most. */
const WAITING = 16;

/** Bytes of a channel packet beside BODY: OUTER 26, and what its HEAD takes as CBOR, or as JSON. */
const HEAD = 38;
const HEAD_JSON = 60;

/** The least share of lost frames that is believed in, and how many packets it is told by. */
const LOSS = 1 / 100;
const MEMORY = 64;

export class Channels<From> implements Keeper {
  /** Its keys are there. */
  session?: Session;
  /**
   * All that are not over, and some that are.
   * @unload empty: code is not unloaded while there are channels
   */
  list: Channel[] = [];
  /** The compression that handshakes ask for, and the one that both asked for. */
  z: number;
  agreed = 0;
  /** How many packets of a reliable channel wait at most: less than asked for where memory ran short in this session. */
  capacity: number;
  // frames that were lost, and all, of the last packets
  private _lost = 1;
  private _frames = 8;
  /** @unload the link: its methods come to it by other ways */
  private _owner: Owner & From;
  private _options: ChannelsOptions<From>;
  /**
   * Packets of unreliable channels; without one, a reliable channel that is to be opened before what is behind it.
   * @unload of a channel that is over only its id is used; its code stays in memory until the packet is sent
   */
  private _queue: [Channel, Json?, Uint8Array?][] = [];
  // our last id, the other's highest, and those below it that may still come: they may arrive out of order
  private _id = 0;
  private _last = 0;
  private _late: number[] = [];
  private _now = 0;
  private _key?: Uint8Array;
  /** What `token` said last. */
  known?: Uint8Array;

  constructor(owner: Owner & From, options: ChannelsOptions<From>) {
    this._owner = owner;
    this._options = options;
    this.capacity = options.capacity;
    this.z = options.z;
  }

  /**
   * Opens a channel: `open` has its `type`, `seq` 1 where it is to be reliable, and what else the type asks for.
   * @param on is told what happens
   * @throws NOT_IN_SYNC while the link is not up, CHANNEL when all ids are used, BUSY
   */
  open(open: Json, body?: Uint8Array, on?: ChannelOn): Channel {
    const exchange = this._owner.exchange;
    if (!exchange.remote) fail("NOT_IN_SYNC");
    const id = this._id ? this._id + 2 : exchange.order || 2;
    if (id > UINT32_MAX) fail("CHANNEL");
    const json = Object.assign({}, open);
    const reliable = !!json["seq"];
    const channel = new (HOST ? HostChannel : Channel)(this, id, json["type"] as string, reliable, false);
    channel.on = on!;
    // a reliable channel's first packet gets them by itself
    if (reliable) {
      delete json["seq"];
      delete json["type"];
      this._queue.push([channel]);
    }
    channel.send(json, body);
    this._id = id;
    this.list.push(channel);
    return channel;
  }

  /** Takes what a handshake says of compression: of the other, or of the other in answer to ours. */
  agree(theirs: unknown, answer: boolean): void {
    if (!answer) this.z = isAt(theirs, Z_MAX) ? (theirs as number) : 0;
    this.agreed = this.z === theirs ? this.z : 0;
  }

  /** The session is to be another: channels end, ids begin anew. */
  reset(): void {
    const list = this.list;
    if (this.session) this.session.wipe();
    this.session = undefined;
    this.list = [];
    this._queue = [];
    this._id = this._last = 0;
    this._late = [];
    this.capacity = this._options.capacity;
    for (const channel of list) channel.close("reset");
  }

  /** Has a session. @param shared ECDH of both KEYs */
  start(shared: Uint8Array): void {
    const exchange = this._owner.exchange;
    this.token();
    this.session = new Session(
      exchange.ephemeral!.key,
      exchange.remote!,
      shared,
      this._owner.identity.random(4),
      this._options.runs,
    );
  }

  /** The token by which the other addresses this side, 16 bytes; once the exchange has its KEY. */
  token(): Uint8Array {
    const key = this._owner.exchange.ephemeral!.key;
    if (this._key !== key) {
      this._key = key;
      this.known = token(key);
    }
    return this.known!;
  }

  once(channel: Channel, json: Json, body?: Uint8Array): void {
    if (this._queue.length >= WAITING) fail("BUSY");
    this._queue.push([channel, json, body!]);
  }

  wake(): void {
    this._options.wake();
  }

  probe(): void {
    const owner = this._owner;
    if (owner.pipe) owner.connect(owner.pipe);
  }

  quota(): number {
    const room = this._frame() - 1;
    const head = this.agreed === 1 ? HEAD : HEAD_JSON;
    if (HOST && this._options.packet) {
      const most = this._options.packet();
      if (most !== undefined) return Math.min(most, SIZE_MAX) - head;
    }
    const half = head / room / 2;
    // (1 - loss)^n of packets with n frames come through, (n - 2 half) / n of each are content: most content where n is
    const frames = Math.max(half + Math.sqrt(half * half - (half * 2) / Math.log(1 - this.loss())), (head + 9) / room);
    return Math.min(Math.ceil(frames) * room - 1, SIZE_MAX) - head;
  }

  learn(came: boolean, frames: number): void {
    // where one was lost, half of those before and after it tell nothing
    this._lost += (came ? 0 : 1) - this._lost / MEMORY;
    this._frames += (came ? frames : (frames + 1) / 2) - this._frames / MEMORY;
  }

  /** The share of frames that is lost, as it seems. */
  loss(): number {
    return Math.max(LOSS, Math.min(1 / 2, this._lost / this._frames));
  }

  private _frame(): number {
    const pipe = this._owner.pipe;
    return pipe ? pipe.mtu : 20;
  }

  /**
   * Takes a channel packet (OUTER) that came by a pipe, at a time in seconds.
   * @returns true where the session has to be made first
   * @throws NOT_IN_SYNC, PACKET_HEAD, PACKET_TOO_SHORT, TOKEN, MAC, REPLAY, CHANNEL, INNER, CBOR, and what opens LOB packets
   */
  receive(outer: Uint8Array, pipe: ChannelPipe, now: number): true | void {
    const session = this.session;
    const owner = this._owner;
    if (!session) {
      if (!owner.exchange.remote || owner.exchange.stage() < 3) fail("NOT_IN_SYNC");
      if (!same(outer.subarray(2, 18), this.token())) fail("TOKEN");
      return true;
    }
    const packet = unpack(this.agreed, session.open(outer));
    owner.pipe = pipe;
    // it is there, and has this session: a handshake that asks for that needs no answer any more
    owner.unanswered = undefined;
    const json = packet.json!;
    const id = json["c"] as number;
    let channel = this.list.find((known) => known.id === id);
    this._now = now;
    if (!channel) {
      const type = json["type"];
      const before = this._last;
      // what others open is bounded; of those that are over, the oldest goes
      if (this.list.length >= this.capacity * 2) {
        const over = this.list.findIndex((known) => !!known.over);
        if (over < 0) fail("BUSY");
        this.list.splice(over, 1);
      }
      if (typeof type !== "string" || id % 2 === owner.exchange.order || (id <= before && this._late.indexOf(id) < 0))
        fail("CHANNEL");
      if (id > before) {
        for (let i = id - 2; i > before && i > id - 64; i -= 2) this._late.push(i);
        this._late = this._late.slice(-32);
        this._last = id;
      } else this._late.splice(this._late.indexOf(id), 1);
      channel = new (HOST ? HostChannel : Channel)(this, id, type as string, json["seq"] === 1, true);
      const handler = this._options.handlers[" " + type];
      if (handler) handler(channel, packet, this._options.from ?? owner);
      if (!channel.on && !channel.over) {
        this.once(channel, { "err": "unknown type" });
        return;
      }
      this.list.push(channel);
    }
    channel.receive(packet, now);
  }

  /** Gives a pipe the next packet, where there is one. */
  fill(pipe: ChannelPipe): void {
    try {
      const list = this.list;
      const first = this.session && this._queue.shift();
      if (first && first[1]) this.put(pipe, first[0], first[1], first[2]);
      else if (this.session)
        for (let i = list.length; i > 0; i--) {
          if (first && i === list.length) list.unshift(list.splice(list.indexOf(first[0]), 1)[0]!);
          const channel = list.shift()!;
          list.push(channel);
          const next = channel.next(this._now);
          if (next) {
            const frames = this.put(pipe, channel, next[0], next[1]);
            if (next[2]) next[2].frames = frames;
            return;
          }
        }
    } catch (error) {
      // a device may have no memory now
      this._owner.drop(error as E3XError);
    }
  }

  /** Sends a packet of a channel by a pipe at once. Returns how many frames it takes. */
  put(pipe: ChannelPipe, channel: Channel, head: Json, body?: Uint8Array): number {
    const outer = this.session!.seal(
      pack(this.agreed, Object.assign({ "c": channel.id }, head), body ?? new Uint8Array(0)),
    );
    pipe.send(outer);
    return Math.ceil((outer.length + 1) / (this._frame() - 1));
  }

  /** Does what time brings. Returns when it wants to be called next, in seconds; undefined for not at all. */
  poll(now: number): number | undefined {
    const pipe = this._owner.pipe;
    const busy = !!pipe && pipe.queue.length > 0;
    let next: number | undefined;
    this._now = now;
    for (const channel of this.list.concat()) {
      const due = channel.poll(now, busy);
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    this.list = this.list.filter((channel) => !channel.gone(now));
    return next;
  }
}
