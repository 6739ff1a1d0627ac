/**
 * A link to one other endpoint: takes packets and gives content to the application, and back. A machine without radio,
 * clock or storage of its own; packets, time (in seconds) and turns to work come from who owns it. A device that talks
 * to one gateway needs no more; `endpoint.ts` keeps many.
 */
import { CurveJob } from "#curve";
import { toBytes } from "#engine";
import { checkKey } from "../cipher/keys.ts";
import { fail } from "../errors.ts";
import type { E3XError, ErrorCode } from "../errors.ts";
import { MessageExchange, generateSecret, isHandshake, messageSender } from "../exchange/exchange.ts";
import type { Identity, KeyPair } from "../exchange/exchange.ts";
import { FIRST, MESSAGE_AT_MAX, NEXT, WHOLE, pieceOf, stamp, stampOf } from "../exchange/recency.ts";
import { concat, same, slice } from "../packet/bytes.ts";
import { Joiner, split } from "../packet/chunk.ts";
import { decode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import type { Pipe } from "./pipe.ts";

/** Of a link, what outlives a restart: the highest `at` of handshakes sent and accepted, of messages sent and accepted. */
export type LinkState = [handshakeSent: number, handshakeAccepted: number, sent: number, received: number];

/**
 * What happens: "up" the link is in sync, or its session was renewed; "down" the other did not answer a handshake for
 * 30 s (`patience`), its exchange is wiped; "message" content of the other has come, `data` is its bytes and `packet` the
 * INNER that brought it; "drop" something was refused, `data` is why.
 */
export type On = (
  event: "up" | "down" | "message" | "drop", link: Link, data?: Uint8Array | ErrorCode, packet?: Packet,
) => void;

export interface LinkOptions {
  on: On;
  /** Must keep `link.state()` before it returns: what comes after relies on it. */
  save(link: Link): void;
  /** The application's own rule of recency; without it `at` of messages must rise. */
  recent?: (link: Link, packet: Packet) => boolean;
  /** Seconds after which a handshake that is not answered is given up; 30 if not given. */
  patience?: number;
  /** The largest content of one message, and of several, in bytes. */
  message: number;
  content: number;
}

/** How many values of `at` are reserved at once, so that not every message is a write to flash. */
const RESERVE = 64;

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
  private _options: LinkOptions;
  // whether handshakes are asked for: content then waits for them
  private _session?: boolean;
  // INNER packets to be sent; BODYs of messages that came, each with its pipe
  private _out: Uint8Array[] = [];
  private _in: [Uint8Array, Pipe][] = [];
  // `at` of messages: sent, kept as sent, accepted
  private _sent: number;
  private _reserved: number;
  private _received: number;
  // the content that comes in pieces, and `at` of its last piece
  private _joiner?: Joiner;
  private _piece?: number;
  // the last handshake sent while it may have to be sent again, since when, and how often it was (-1: not seen by `poll` yet)
  private _handshake?: Uint8Array;
  private _since = 0;
  private _tries = 0;
  // a handshake to be made: -1 a new one, otherwise the `at` to answer with
  private _due?: number;
  private _job?: CurveJob;
  private _done?: (result?: Uint8Array) => void;
  private _spare?: KeyPair;
  private _bad?: boolean;

  /**
   * @param key the other's public key; @param state what `state()` gave last, zeros for a new link
   * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, SELF_EXCHANGE
   */
  constructor(identity: Identity, key: Uint8Array, state: LinkState, options: LinkOptions) {
    this.identity = identity;
    this._options = options;
    this.exchange = new MessageExchange(identity, key, state[0], state[1]);
    this._sent = this._reserved = state[2];
    this._received = state[3];
  }

  state(): LinkState {
    return [this.exchange.out, this.exchange.in, this._reserved, this._received];
  }

  /**
   * Sends content: bytes, or a string, or an object as JSON text. What is too large for one message goes in several.
   * After `connect` it waits until the link is up.
   * @throws BUSY when too much waits already, AT when all 2^32 numbers of messages are used
   */
  send(content: Uint8Array | string | object): void {
    const room = this._options.message;
    let piece = WHOLE;
    let rest = content instanceof Uint8Array ? content : toBytes(typeof content === "string" ? content : JSON.stringify(content));
    if (rest.length > room) {
      piece = FIRST;
      rest = concat(split(rest, 0));
    }
    this._admit();
    do {
      if (this._sent >= this._reserved) {
        if (this._reserved > MESSAGE_AT_MAX - RESERVE) fail("AT");
        this._reserved += RESERVE;
        this._options.save(this);
      }
      this._out.push(stamp(++this._sent, piece, slice(rest, 0, room)));
      piece = NEXT;
      rest = slice(rest, Math.min(room, rest.length), rest.length);
    } while (rest.length);
    this._flush();
  }

  private _admit(): void {
    if (this._out.length >= WAITING) fail("BUSY");
  }

  /** Sends an INNER packet as it is, for applications with a rule of recency of their own. Throws BUSY. */
  message(inner: Uint8Array): void {
    this._admit();
    this._out.push(inner);
    this._flush();
  }

  /** Sends a new handshake by a pipe; the link is up when it is answered. */
  connect(pipe: Pipe): void {
    this.pipe = pipe;
    this._session = true;
    this._due = -1;
    this._flush();
  }

  /** Ends the exchange: its keys are wiped, its ephemeral key is never used again. The link has a new one. */
  renew(): void {
    const old = this.exchange;
    old.invalidate();
    const exchange = new MessageExchange(this.identity, old.key, old.out, old.in);
    if (this._spare) exchange.ephemeral = this._spare;
    this.exchange = exchange;
    this._spare = this._job = this._handshake = undefined;
    this.up = false;
  }

  /** Takes the BODY of a message that came by a pipe. Never throws for what is in it. */
  receive(body: Uint8Array, pipe: Pipe): void {
    try {
      if (this._take(body, pipe)) return;
      if (this._in.length >= WAITING) fail("BUSY");
      this._in.push([body, pipe]);
    } catch (error) {
      this._drop(error as E3XError);
    }
  }

  private _drop(error: E3XError): void {
    // without a code it is a fault of this program or of the application
    if (!error.code) throw error;
    this._options.on("drop", this, error.code);
  }

  /** False where curve work has to be done first. */
  private _take(body: Uint8Array, pipe: Pipe): boolean {
    const exchange = this.exchange;
    if (!exchange.stage()) return false;
    // the MAC needs no work with the KEY: nobody but the other can cause that
    if (!exchange.sent(body)) fail("MAC");
    const key = messageSender(body);
    if (!exchange.met(body)) {
      checkKey(key);
      return false;
    }
    const options = this._options;
    const inner = decode(exchange.open(body));
    if (isHandshake(inner)) {
      const before = exchange.in;
      const renewed = exchange.accept(inner, key) || !this.up;
      this.pipe = pipe;
      if (exchange.in > before) {
        this.up = true;
        this._handshake = undefined;
        if (exchange.out !== exchange.in) this._due = exchange.in;
        options.save(this);
        if (renewed) options.on("up", this);
      } else if (this._handshake) pipe.send(this._handshake);
      else this._due = -1;
      this._flush();
      return true;
    }
    // a KEY that a handshake has put another in the place of is never used again
    if (exchange.remote && !same(exchange.remote, key)) fail("INVALIDATED");
    const at = stampOf(inner);
    if (options.recent ? !options.recent(this, inner) : at <= this._received) fail("STALE");
    // not before: who says again what it heard must not draw the answers to itself
    this.pipe = pipe;
    if (at > this._received) {
      this._received = at;
      options.save(this);
    }
    // the other goes on: it has our answer
    if (exchange.in === exchange.out) this._handshake = undefined;
    const piece = pieceOf(inner);
    if (piece !== WHOLE) {
      if (piece === FIRST) this._joiner = new Joiner(options.content);
      else if (at !== this._piece! + 1) this._joiner = undefined;
      this._piece = at;
      if (!this._joiner) fail("INNER");
      if (this._joiner.add(inner.body, (content) => options.on("message", this, content, inner))) fail("PACKET_TOO_LARGE");
    } else options.on("message", this, inner.body, inner);
    return true;
  }

  /** Sends what waits, unless there is no way to, or not yet. */
  private _flush(): void {
    const exchange = this.exchange;
    const pipe = this.pipe;
    if (!pipe || exchange.stage() < 3) return;
    if (this._due) {
      this._handshake = exchange.handshake(Math.max(0, this._due));
      this._due = 0;
      this._tries = -1;
      this._options.save(this);
      pipe.send(this._handshake);
    }
    if (this.up || !this._session) for (; this._out.length; ) pipe.send(exchange.encrypt(this._out.shift()!));
  }

  /**
   * Does one step of curve work: what the exchange needs, then what packets that came wait for, then, where `ahead` is
   * set and the link is up, the ephemeral key pair of the next exchange. True while there is more.
   */
  work(ahead: boolean): boolean {
    const exchange = this.exchange;
    const identity = this.identity;
    const waiting = this._in;
    if (!this._job) {
      if (exchange.stage() < 3) {
        // the other's key is off the curve: there is nothing that could be done with it
        if (this._bad) return false;
        this._job = exchange.job();
        this._done = (result) => {
          if (result) exchange.done(result);
          else this._bad = true;
        };
      } else if (waiting.length) {
        const body = waiting[0]![0];
        this._job = new CurveJob(identity.secret, messageSender(body));
        this._done = (result) => {
          if (result) exchange.meet(body, result);
          else waiting.shift();
        };
      } else if (ahead && this.up && !this._spare) {
        const secret = generateSecret(identity.random);
        this._job = new CurveJob(secret);
        this._done = (key) => { this._spare = { key: key!, secret }; };
      } else return false;
    }
    const job = this._job;
    try {
      if (job.step()) return true;
    } catch (error) {
      this._drop(error as E3XError);
    }
    this._job = undefined;
    this._done!(job.result);
    this._flush();
    this._in = [];
    for (const came of waiting) this.receive(came[0], came[1]);
    return true;
  }

  /** Sends again what was not answered. Returns when it wants to be called next (seconds); undefined for not at all. */
  poll(now: number): number | undefined {
    const handshake = this._handshake;
    // the answer may be among what waits for curve work, which may take a device longer than the other's patience
    if (!handshake || this._in.length) return undefined;
    if (this._tries < 0) {
      this._tries = 0;
      this._since = now;
    }
    const due = (): number => this._since + (RESEND[this._tries] ?? this._options.patience ?? 30);
    if (now >= due()) {
      if (++this._tries > 4) {
        this._handshake = undefined;
        // an answer that nothing followed leaves the session as it is
        if (this.exchange.in !== this.exchange.out) {
          this.renew();
          this._options.on("down", this);
        }
        return undefined;
      }
      this.pipe!.send(handshake);
    }
    return due();
  }
}
