/** An endpoint with many links: a gateway. */
import { same } from "#text";
import { messageKey, open } from "../cipher/cs1a.ts";
import { CurveJob, finish } from "../cipher/curve.ts";
import { KEY_LENGTH, checkKey, checkSecret } from "../cipher/keys.ts";
import { fail } from "../errors.ts";
import type { E3XError, ErrorCode } from "../errors.ts";
import { isHandshake, messageBody, messageSender } from "../exchange/exchange.ts";
import type { Identity, KeyPair, Random } from "../exchange/exchange.ts";
import { decode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { fromBase32, toBase32 } from "../packet/text.ts";
import type { LinkState } from "../mesh/link.ts";
import type { Pipe } from "../mesh/pipe.ts";
import { GatewayLink } from "./link.ts";

/** What of an endpoint outlives a restart: states of links by public key in base32. No secrets. */
export type State = Record<string, LinkState>;

/** What happens, as in link.ts; packets of nobody known are dropped without a link. */
export interface Events {
  up?(link: GatewayLink): void;
  down?(link: GatewayLink): void;
  message?(link: GatewayLink, data: Uint8Array, packet: Packet): void;
  drop?(code: ErrorCode, link: GatewayLink | undefined): void;
}

export interface EndpointOptions {
  pair: KeyPair;
  random: Random;
  events: Events;
  /** What `save` was last given; nothing for a new identity. Its links are there at once. */
  state?: State;
  /** Must keep the state before it returns: what comes after relies on it. Without it replays after a restart succeed. */
  save?(state: State): void;
  /**
   * Whether an endpoint that is not known, and has proved who it is by its handshake, may link. Who may not is not
   * answered. Without it nobody may.
   */
  accept?(key: Uint8Array): boolean;
  /** The application's own rule of recency; without it `at` of messages must rise. */
  recent?(link: GatewayLink, packet: Packet): boolean;
  /** Of how many KEYs it is remembered whose they are, the least recently used going first; 20,000 if not given. */
  room?: number;
  /**
   * Seconds after which a handshake that is not answered is given up, 180 if not given. e3x/handshake.md has 30: a
   * microcontroller in JavaScript takes that long for the curve work of one handshake, and may have other work first.
   */
  patience?: number;
  /** The largest content of one message, 1,400 if not given, and of several, 65,536 if not given; in bytes. */
  message?: number;
  content?: number;
}

/**
 * A machine without radio, clock or storage of its own:
 *
 *     receive(pipe, frame, now) for what the radio brings, then pipe.frame() to the radio until it gives none,
 *     and poll(now) when the time (in seconds) that it returned has come
 *
 * Curve work is done at once: a step takes a gateway less than 100 ns.
 */
export class Endpoint {
  readonly identity: Identity;
  // links by the KEY of their last message, in base32: the MAC of a packet need not be tried with every link
  private _senders = new Map<string, GatewayLink>();
  readonly links: GatewayLink[] = [];
  /** How often what was refused, by code. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  private _options: EndpointOptions;
  private _state: State;
  // for which exchange of a link a new session was asked
  private _asked = new WeakMap<GatewayLink, GatewayLink["exchange"]>();

  /** @throws SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE */
  constructor(options: EndpointOptions) {
    this._options = options;
    this._state = { ...options.state };
    const { pair, random } = options;
    checkKey(pair.key);
    checkSecret(pair.secret);
    this.identity = { key: pair.key, secret: pair.secret, random };
    // whom it was linked with goes on as if nothing had happened, and does not ask to link again
    for (const id of Object.keys(this._state)) this.link(fromBase32(id));
  }

  /**
   * The link to another endpoint by its public key; made if it is new.
   * @throws KEY_LENGTH, KEY_PREFIX, KEY_RANGE, KEY_OFF_CURVE, SELF_EXCHANGE
   */
  link(key: Uint8Array): GatewayLink {
    checkKey(key);
    const known = this.links.find((link) => same(link.exchange.key, key));
    if (known) return known;
    const link = this._make(key);
    this.links.push(link);
    return link;
  }

  private _make(key: Uint8Array): GatewayLink {
    checkKey(key);
    const { message, content, patience, recent, events, save } = this._options;
    const id = toBase32(key);
    const link: GatewayLink = new GatewayLink(this.identity, new Uint8Array(key), this._state[id] ?? [0, 0, 0, 0], {
      message: message ?? 1400,
      content: content ?? 65536,
      patience: patience ?? 180,
      ...(recent && { recent: (_, packet: Packet) => recent(link, packet) }),
      ahead: 0,
      save: (changed) => {
        this._state[id] = changed;
        save?.(this._state);
      },
      on: (event, _, data, packet) => {
        if (event === "drop") this._drop(data as ErrorCode, link);
        else if (event === "message") events.message?.(link, data as Uint8Array, packet!);
        else events[event]?.(link);
      },
    });
    // the key is checked by what is needed of it anyhow
    link.exchange.done(finish(link.exchange.job()));
    return link;
  }

  private _drop(code: ErrorCode, link?: GatewayLink): void {
    this.drops[code] = (this.drops[code] ?? 0) + 1;
    this._options.events.drop?.(code, link);
  }

  /** Takes a frame, or any bytes of a stream, that came by a pipe. Never throws for what is in it. */
  receive(pipe: Pipe, frame: Uint8Array, now: number): void {
    const given = pipe.receive(frame, now, (outer) => this.packet(pipe, outer));
    for (let i = 0; i < given; i++) this._drop("PACKET_TOO_LARGE");
  }

  /** Takes a whole packet that came by a pipe. Never throws for what is in it. */
  packet(pipe: Pipe, outer: Uint8Array): void {
    try {
      const body = messageBody(outer);
      const link = this._find(body) ?? this._admit(body);
      link.receive(outer, pipe);
      this._work(link);
      if (link.exchange.met(body)) this._remember(body, link);
      this._resume(link);
    } catch (error) {
      const { code } = error as E3XError;
      // without a code it is a fault of this program or of the application
      if (!code) throw error;
      this._drop(code);
    }
  }

  private _find(body: Uint8Array): GatewayLink | undefined {
    const known = this._senders.get(toBase32(messageSender(body)));
    if (known) return known;
    // takes no work with the KEY: nobody who is not known can cause that
    return this.links.find((link) => {
      // after `renew` its keys have to be made first
      if (!link.exchange.stage()) this._work(link);
      return link.exchange.sent(body);
    });
  }

  /** The link with somebody new, who says in the handshake who it is. */
  private _admit(body: Uint8Array): GatewayLink {
    const { accept } = this._options;
    if (!accept) fail("UNKNOWN_SENDER");
    const key = messageSender(body);
    const shared = finish(new CurveJob(this.identity.secret, key));
    const inner = decode(open(body, KEY_LENGTH, messageKey(shared)));
    if (!isHandshake(inner)) fail("UNKNOWN_SENDER");
    // a handshake of type "link" has the key in an attached packet, one of type "key" as it is
    const link = this._make(inner.json?.["type"] === "key" ? inner.body : decode(inner.body).body);
    if (!link.exchange.sent(body)) fail("MAC");
    if (!accept(link.exchange.key)) fail("UNKNOWN_SENDER");
    link.exchange.meet(body, shared);
    this.links.push(link);
    return link;
  }

  /** Asks for a new session, once an exchange, where there was one: the other takes no message with a new KEY before that. */
  private _resume(link: GatewayLink): void {
    const { exchange, pipe, up } = link;
    if (up || !exchange.in || !pipe || this._asked.get(link) === exchange) return;
    this._asked.set(link, exchange);
    link.connect(pipe);
  }

  private _remember(body: Uint8Array, link: GatewayLink): void {
    const id = toBase32(messageSender(body));
    this._senders.delete(id);
    this._senders.set(id, link);
    if (this._senders.size > (this._options.room ?? 20000)) this._senders.delete(this._senders.keys().next().value!);
  }

  private _work(link: GatewayLink): void {
    while (link.work(false));
  }

  /** Does what is due. Returns when it wants to be called next (seconds); undefined for not at all. */
  poll(now: number): number | undefined {
    let next: number | undefined;
    for (const link of this.links) {
      this._work(link);
      const due = link.poll(now);
      if (due !== undefined && (next === undefined || due < next)) next = due;
    }
    return next;
  }
}
