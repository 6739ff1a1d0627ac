/**
 * A link to one other endpoint: takes packets and gives content to the application, and back. A machine without radio,
 * clock or storage of its own; packets, time (in seconds) and turns to work come from who owns it. A device that talks
 * to one gateway needs no more; `endpoint.ts` keeps many.
 */
import { CHANNELS } from "#features";
import { SLOW } from "#crypto/curve";
import { concat, fail, slice, toBytes } from "#platform/engine";
import { setOf } from "../cipher/set-of.ts";
import { same } from "#platform/text";
import { Channels } from "../channel/channels.ts";
import type { ChannelsOptions } from "../channel/channels.ts";
import type { Job } from "../cipher/set.ts";
import type { E3XError } from "../e3x-error.ts";
import type { ErrorCode } from "../errors.ts";
import { UINT32_MAX, MessageExchange, isBeside, isHandshake, messageBody } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import type { KeyPair } from "../types.ts";
import { FIRST, PIECES_MAX, pieceOf, stamp, stampOf } from "../exchange/recency.ts";
import { decode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import type { Pipe } from "./pipe.ts";

/**
 * Of a link, what outlives a restart: numbers that `at` of handshakes sent and accepted, of messages sent and accepted
 * have not gone beyond. They run ahead, so that not every message is a write to flash. Who keeps it may count writes in a
 * fifth.
 */
export type LinkState = [
  handshakeSent: number,
  handshakeAccepted: number,
  sent: number,
  received: number,
  writes?: number,
];

/**
 * What happens: "up" the link is in sync, or its session was renewed; "down" the other did not answer a handshake for
 * 30 s (`patience`), its exchange is wiped; "message" content of the other has come, `data` is its bytes and `packet` the
 * INNER that brought it; "drop" something was refused, `data` is why.
 */
export type On = (
  event: "up" | "down" | "message" | "drop",
  link: Link,
  data?: Uint8Array | ErrorCode,
  packet?: Packet,
) => void;

export interface LinkOptions {
  on: On;
  /** Must keep the state before it returns, or throw: what comes after relies on it. */
  save(state: LinkState): void;
  /** The application's own rule of recency; without it `at` of messages must rise. */
  recent?: (link: Link, packet: Packet) => boolean;
  /** Seconds after which a handshake that is not answered is given up; 30 if not given. */
  patience?: number;
  /** The largest content of one message, and of several (127 at most), in bytes. */
  message: number;
  content: number;
  /**
   * How far what is kept of messages accepted runs ahead of them, 0 to 64: after a restart so many may be refused, unless
   * a handshake came before.
   */
  ahead: number;
  /** Whether there is memory to send so many bytes. */
  room: (size: number) => boolean | void;
  /** Of channels; not where the build has none. */
  channels?: ChannelsOptions<Link>;
}

/** How far what is kept of `at` sent runs ahead of it. */
export const AHEAD = 64;

/** How many packets wait to be sent, and how many that came wait for curve work. */
const WAITING = 16;

/** Seconds after which a handshake is sent again. e3x/handshake.md, Resend/Timeout */
const RESEND = [1, 3, 7, 15];

export class Link {
  exchange: MessageExchange;
  identity: Identity;
  /** The radio link that reaches the other: the one that its last accepted packet came by. */
  pipe?: Pipe;
  /** Whether handshakes are in sync. */
  up?: boolean;
  /** What `save` was given last. */
  state: LinkState;
  /** Channels, where the build has them. */
  channels!: Channels<Link>;
  protected _options: LinkOptions;
  // whether handshakes are asked for: content then waits for them
  protected _session?: boolean;
  // INNER packets to be sent; packets that came, each with its pipe and time
  protected out: Uint8Array[] = [];
  private _in: [Uint8Array, Pipe, number][] = [];
  // `at` of messages: sent, accepted
  protected _sent: number;
  protected _received: number;
  // the content that comes in pieces, its bytes, and `at` of its last piece
  private _pieces?: Uint8Array[];
  private _length?: number;
  private _piece?: number;
  // the last handshake sent while it may have to be sent again, since when, and how often it was (-1: not seen by `poll` yet)
  unanswered?: Uint8Array;
  private _since!: number;
  private _tries!: number;
  // a handshake to be made: -1 a new one, otherwise the `at` to answer with
  protected _due?: number;
  /** @unload undefined: code is not unloaded while `work` has more to do */
  private _job?: Job;
  /** @unload as `_job` */
  private _done?: (result?: Uint8Array) => void;
  private _spare?: KeyPair;
  private _bad?: boolean;

  /**
   * @param key the other's public key; whether it is right is found out by `work`
   * @param state what `save` was given last, zeros for a new link
   * @throws SELF_EXCHANGE
   */
  constructor(identity: Identity, key: Uint8Array, state: LinkState, options: LinkOptions) {
    this.identity = identity;
    this._options = options;
    this.state = state;
    this.exchange = new MessageExchange(identity, key, state[0], state[1]);
    this._sent = state[2];
    this._received = state[3];
    if (CHANNELS) this.channels = new Channels(this, options.channels!);
  }

  /** Sees that a number of the state is not below `value`; where it has to be raised, with some to spare. */
  protected _keep(i: number, value: number, ahead: number): void {
    if (value > this.state[i]!) {
      const state = this.state.concat() as LinkState;
      state[i] = value + ahead;
      this._options.save(state);
      this.state = state;
    }
  }

  /**
   * Sends content: bytes, or a string, or an object as JSON text. What is too large for one message goes in several.
   * After `connect` it waits until the link is up.
   * @throws BUSY when too much waits already, PACKET_TOO_LARGE beyond 127 messages, MEMORY where there is none for it, AT when
   * all 2^32 numbers of messages are used, and what `save` throws
   */
  send(content: Uint8Array | string | object): void {
    const room = this._options.message;
    const bytes =
      content instanceof Uint8Array
        ? content
        : toBytes(typeof content === "string" ? content : JSON.stringify(content));
    let left = Math.ceil(bytes.length / room);
    if (left > PIECES_MAX) fail("PACKET_TOO_LARGE");
    if (this.out.length >= WAITING) fail("BUSY");
    if (!this._options.room(bytes.length)) fail("MEMORY");
    let piece = left > 1 ? FIRST + left : 0;
    let at = 0;
    do {
      if (this._sent >= UINT32_MAX) fail("AT");
      this._keep(2, ++this._sent, AHEAD);
      this.out.push(stamp(this._sent, piece, slice(bytes, at, at + room)));
      at += room;
      piece = --left;
    } while (left > 0);
    this.flush();
  }

  /**
   * Sends a new handshake by a pipe; the link is up when it is answered. Where it is up already that keeps it alive, or
   * finds out that the other is gone.
   */
  connect(pipe: Pipe): void {
    this.pipe = pipe;
    this._session = true;
    this._due = -1;
    this.flush();
  }

  /** Ends the exchange: its keys are wiped, its ephemeral key is never used again. The link has a new one. */
  renew(): void {
    const old = this.exchange;
    old.invalidate();
    const exchange = new MessageExchange(this.identity, old.key, old.out, old.in);
    if (SLOW && this._spare) exchange.ephemeral = this._spare;
    this.exchange = exchange;
    this._spare = this._job = this.unanswered = undefined;
    this.up = false;
    if (CHANNELS) this.channels.reset();
  }

  /** Takes an OUTER packet that came by a pipe, at a time in seconds. Never throws for what is in it. */
  receive(outer: Uint8Array, pipe: Pipe, now: number): void {
    try {
      // a HEAD of no length: a channel packet
      if (
        CHANNELS && !(outer[0]! + outer[1]!)
          ? this.channels.receive(outer, pipe, now)
          : this._take(messageBody(outer, this.identity), pipe)
      ) {
        if (this._in.length >= WAITING) fail("BUSY");
        this._in.push([outer, pipe, now]);
      }
    } catch (error) {
      this.drop(error as E3XError);
    }
  }

  /** Tells what was refused. Throws what is no refusal. */
  drop(error: E3XError): void {
    // without a code it is a fault of this program or of the application
    if (!error.code) throw error;
    this._options.on("drop", this, error.code);
  }

  /** Returns true where curve work has to be done first. */
  private _take(body: Uint8Array, pipe: Pipe): true | void {
    const exchange = this.exchange;
    if (!exchange.stage()) return true;
    // the MAC needs no work with the KEY: nobody but the other can cause that
    if (!exchange.sent(body)) fail("MAC");
    if (!exchange.met(body)) return true;
    this.judge(decode(exchange.open(body)), slice(body, 0, setOf(this.identity).length), pipe);
  }

  /** Takes an INNER packet of the other that came under a KEY: a handshake (e3x/handshake.md, Sequencing with `at`), or content. */
  protected judge(inner: Packet, key: Uint8Array, pipe: Pipe): void {
    const exchange = this.exchange;
    const options = this._options;
    if (isHandshake(inner)) {
      const before = exchange.in;
      const fresh = exchange.accept(inner, key);
      const renewed = fresh || !this.up;
      this.pipe = pipe;
      if (exchange.in > before) {
        if (CHANNELS) {
          if (fresh) {
            // it may have been for the session before
            this._job = undefined;
            this.channels.reset();
          }
          this.channels.agree(inner.json!["z"], exchange.out === exchange.in);
        }
        this._keep(1, exchange.in, 0);
        this.up = true;
        this.unanswered = undefined;
        if (exchange.out !== exchange.in) this._due = exchange.in;
        if (renewed) {
          // the other may have been restarted, and refuse as many
          if (before) this._sent += AHEAD;
          options.on("up", this);
        }
      } else if (this.unanswered) this.say(this.unanswered);
      else this._due = -1;
      this.flush();
      return;
    }
    if (CHANNELS && isBeside(inner)) return;
    // a KEY that a handshake has put another in the place of is never used again
    if (exchange.remote && !same(exchange.remote, key)) fail("INVALIDATED");
    const at = stampOf(inner);
    if (options.recent ? !options.recent(this, inner) : at <= this._received) fail("STALE");
    // not before: who says again what it heard must not draw the answers to itself
    this.pipe = pipe;
    if (at > this._received) {
      this._keep(3, at, options.ahead);
      this._received = at;
    }
    // the other goes on: it has our answer
    if (exchange.in === exchange.out) this.unanswered = undefined;
    let content = inner.body;
    const piece = pieceOf(inner);
    if (piece) {
      if (piece > FIRST) {
        this._pieces = [];
        this._length = 0;
      } else if (at !== this._piece! + 1) this._pieces = undefined;
      const pieces = this._pieces;
      this._piece = at;
      if (!pieces) fail("INNER");
      const fits = (this._length! += content.length) <= options.content;
      if (fits) pieces!.push(content);
      if (piece % FIRST > 1) return;
      this._pieces = undefined;
      if (!fits) fail("PACKET_TOO_LARGE");
      content = concat(pieces!);
    }
    options.on("message", this, content, inner);
  }

  /** Sends a handshake, anew or again. */
  protected say(handshake: Uint8Array): void {
    this.pipe!.send(handshake);
  }

  /** Sends what waits, unless there is no way to, or not yet. */
  protected flush(): void {
    const exchange = this.exchange;
    const pipe = this.pipe;
    if (!pipe || exchange.stage() < 3) return;
    if (this._due) {
      const handshake = CHANNELS ? exchange.handshake(this._due, this.channels.z) : exchange.handshake(this._due);
      // before all else: what could not be kept must not be sent, now or again
      this._keep(0, exchange.out, AHEAD);
      this.unanswered = handshake;
      this._due = 0;
      this._tries = -1;
      this.say(handshake);
    }
    if (this.up || !this._session) for (; this.out.length;) pipe.send(exchange.encrypt(this.out.shift()!));
  }

  /**
   * Does one step of curve work: what the exchange needs, then what packets that came wait for, then, where `ahead` is
   * set and the link is up, the ephemeral key pair of the next exchange. True while there is more.
   */
  work(ahead: boolean): boolean {
    const exchange = this.exchange;
    const identity = this.identity;
    const waiting = this._in;
    let result: Uint8Array | undefined;
    try {
      if (!this._job) {
        if (exchange.stage() < 3) {
          // the other's key is wrong: there is nothing that could be done with it
          if (this._bad) return false;
          this._done = (shared) => {
            if (shared) exchange.done(shared);
            else this._bad = true;
          };
          this._job = exchange.job();
        } else if (CHANNELS && exchange.remote && !this.channels.session) {
          this._done = (shared) => {
            if (shared) this.channels.start(shared);
            // no memory: the next handshake gives another try
            else exchange.remote = undefined;
          };
          this._job = new (setOf(identity).Job)(exchange.ephemeral!.secret, exchange.remote);
        } else if (waiting.length) {
          const body = messageBody(waiting[0]![0], identity);
          this._done = (shared) => {
            if (shared) exchange.meet(body, shared);
            else waiting.shift();
          };
          this._job = new (setOf(identity).Job)(identity.secret, slice(body, 0, setOf(identity).length));
        } else if (SLOW && ahead && this.up && !this._spare) {
          const secret = identity.random(setOf(identity).length - 1);
          this._done = (key) => {
            this._spare = { key: key!, secret };
          };
          this._job = new (setOf(identity).Job)(secret);
        } else return false;
      }
      if (this._job.step()) return true;
      result = this._job.result;
    } catch (error) {
      this.drop(error as E3XError);
    }
    const done = this._done!;
    this._job = this._done = undefined;
    done(result);
    this._in = [];
    try {
      this.flush();
    } catch (error) {
      this.drop(error as E3XError);
    }
    for (const came of waiting) this.receive(came[0], came[1], came[2]);
    return true;
  }

  /** Sends again what was not answered. Returns when it wants to be called next (seconds); undefined for not at all. */
  poll(now: number): number | undefined {
    const handshake = this.unanswered;
    // the answer may be among what waits for curve work, which may take a device longer than the other's patience
    if (!handshake || this._in.length) return undefined;
    if (this._tries < 0) {
      this._tries = 0;
      this._since = now;
    }
    const due = (): number => this._since + (RESEND[this._tries] ?? this._options.patience ?? 30);
    if (now >= due()) {
      if (++this._tries > 4) {
        this.unanswered = undefined;
        // an answer that nothing followed leaves the session as it is
        if (this.exchange.in !== this.exchange.out) {
          this.renew();
          this._options.on("down", this);
        }
        return undefined;
      }
      this.say(handshake);
    }
    return due();
  }
}
