/** An endpoint with many links: a gateway. telehash v3, mesh.md. */
import { fail } from "#engine";
import type { Handler } from "../channel/channel.ts";
import type { Handlers } from "../channel/channels.ts";
import { finish } from "../cipher/curve.ts";
import { CHANNEL_OVERHEAD, messageKey, open } from "../cipher/seal.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import type { E3XError, ErrorCode } from "../errors.ts";
import { identities, keysOf, messageCsid } from "./e3x.ts";
import type { Csid, KeyPairs } from "./e3x.ts";
import { isHandshake, messageBody, messageSender, orderOf } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import type { Random } from "../types.ts";
import { stampOf } from "../exchange/recency.ts";
import { attachedKeys, hashname, linkCsid } from "../identity/hashname.ts";
import type { Keys } from "../identity/link-keys.ts";
import { cloaking, decloak, isCloaked } from "../packet/cloak.ts";
import { linkInfo, toJson } from "../identity/link-info.ts";
import type { LinkInfo } from "../identity/link-info.ts";
import type { Path } from "../identity/path.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { fromBase32, toBase32, toHex } from "../packet/text.ts";
import type { LinkState } from "../link/link.ts";
import { Pipe } from "../link/pipe.ts";
import { Agenda } from "./timer-queue.ts";
import { GatewayLink } from "./link.ts";
import type { Handshakes } from "./link.ts";
import { Repeats } from "./duplicates.ts";

/** What of an endpoint outlives a restart: states of links by public key in base32. No secrets. */
export type State = Record<string, GatewayState>;

/** State of a link; sixth the token by which the other addressed us last, in hex. */
export type GatewayState = [...LinkState, ...string[]];

/** What happens, as in link.ts; packets of nobody known are dropped without a link. */
export interface Events {
  up?(link: GatewayLink): void;
  down?(link: GatewayLink): void;
  message?(link: GatewayLink, data: Uint8Array, packet: Packet): void;
  drop?(code: ErrorCode, link: GatewayLink | undefined): void;
  /**
   * Somebody announces itself by a pipe, to whoever hears it: nothing of it is proved. To link: `endpoint.link(info.keys,
   * info.hashname).connect(pipe)`. mesh.md, Discovery
   */
  discovered?(info: LinkInfo, pipe: Pipe): void;
}

/** Seconds from one announcement to the next. transports/udp.md, Discovery */
const ANNOUNCE = 10;

/** What gives packets to a pipe when none waits there: a link, or what passes on packets of others. */
export interface Source {
  pipe?: Pipe | undefined;
  fill(pipe: Pipe): void;
}

export interface EndpointOptions {
  /** The identity: key pairs by CSID. */
  pairs: KeyPairs;
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
  accept?(key: Uint8Array, hashname: string): boolean;
  /** Judges handshakes: see GatewayLinkOptions. Of one not known it is asked after `accept`. */
  judge?(link: GatewayLink, handshakes: Handshakes): boolean | undefined;
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
  /** The compression of channel packets that is asked for: 0 none, 1 CBOR, if not given, 2 DEFLATE. The other's is taken in answers. */
  z?: number;
  /** How many packets of a reliable channel wait, to be sent and to be delivered; 64 if not given. */
  window?: number;
  /**
   * The time as `at` of handshakes has it: seconds of a clock that does not go back. With it a lost state does not keep
   * the endpoint from those that it was linked with.
   */
  epoch?(): number;
  /** Something waits to be sent, outside of `receive` and `poll`: the latter is to be called soon. */
  wake?(): void;
}

/** Of how many links a message under a new KEY is tried with each. */
const MANY = 40;

/** Who has sent a handshake, as it says. */
interface Claim {
  shared: Uint8Array;
  key: Uint8Array;
  name: string;
}

/** How an endpoint is driven: what its owner gives `drain`. */
export interface Outlet {
  /** Hands a frame to the radio of a pipe, which takes it. */
  write(pipe: Pipe, frame: Uint8Array): void;
  /** Whether the radio of a pipe takes a frame now: asked before each is made, so that none has to be kept. Without it all do. */
  ready?(pipe: Pipe): boolean;
}

/** When an endpoint wants `drain` to be called, in seconds, and for what. */
export interface Wake {
  at: number;
  /**
   * "handshake": one is sent again, or given up; "channel": a packet is acknowledged or sent again, or a channel times out;
   * "announcement": see `discover`; "line": a pipe with answers may begin a packet then; "frames": there is more at once.
   */
  why: "handshake" | "channel" | "announcement" | "line" | "frames";
}

/** How often `drain` asks pipes for frames in one call, as what was sent brings more to be sent. */
const ROUNDS = 4;

/** The pipe whose frames carry the packets of a pipe. */
const carrier = (pipe: Pipe | undefined): Pipe | undefined => pipe?.options.over?.() ?? pipe;

/**
 * A machine without radio, clock or storage of its own. Its owner has three kinds of call:
 *
 * 1. `receive(pipe, frame, now)` for what a radio brings;
 * 2. everything that has something sent: `link.send`, `link.channel`, `link.connect`, a channel's `send`, and so on;
 * 3. `drain(now, outlet)`, the only way out: it does what is due, has every frame written that is to be sent now, and
 *    returns when it wants to be called next.
 *
 * After any of 1 and 2, one or several, comes 3; and 3 when the time that it returned last has come, or a radio that was
 * not `ready` is so. The time that it returned before is void then. A loop in whole:
 *
 *     const turn = () => {
 *       clearTimeout(timer);
 *       const next = endpoint.drain(now(), { write: (pipe, frame) => radio.write(frame) });
 *       if (next) timer = setTimeout(turn, (next.at - now()) * 1000);
 *     };
 *     radio.on("frame", (frame) => { endpoint.receive(pipe, frame, now()); turn(); });
 *
 * `now` is in seconds of a clock that never goes back (`performance.now() / 1000`, not `Date.now()`). Why frames must not be
 * taken from pipes past `drain`: a packet of a channel is made when its frame is, and has a retransmission timeout only
 * from then on. Who asks for the time first, and takes frames after it, sleeps through the loss of one.
 *
 * Nothing leaves before the owner calls `drain`: what `save` was given until then can be made durable first.
 *
 * Curve work is done at once: a step takes a gateway less than 100 ns.
 */
export class Endpoint {
  /** The identity in the first cipher set. */
  readonly identity: Identity;
  /** The name of the endpoint: of all its keys. */
  readonly hashname: string;
  private _identities: Map<Csid, Identity & { set: HostCipherSet }>;
  // links by the KEY of their last message, in base32: the MAC of a packet need not be tried with every link
  private _senders = new Map<string, GatewayLink>();
  // links by the token of their channel packets, in hex; those of tokens from before a restart; pipes to which to pass on
  private _tokens = new Map<string, GatewayLink>();
  private _former = new Map<string, GatewayLink>();
  // the tokens of each that are in one of both
  private _addresses = new WeakMap<GatewayLink, string>();
  private _bridges = new Map<string, Pick<Pipe, "send">>();
  private _handlers: Handlers<GatewayLink> = {};
  readonly links: GatewayLink[] = [];
  // by the other's key in base32
  private _byKey = new Map<string, GatewayLink>();
  // those with something to do now, and when the others want to be asked
  private _ready = new Set<GatewayLink>();
  private _agenda = new Agenda<GatewayLink>();
  /** How often what was refused, by code. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  private _refused = 0;
  private _options: EndpointOptions;
  private _state: State;
  // pipes by which this endpoint is announced, the packet, and when next
  private _announced: { pipes: Pipe[]; packet: Uint8Array; next: number } | undefined;
  /** The time that it was told last, in seconds. */
  now = 0;
  /**
   * The pipe that a link is answered by where a packet of its session came by this one: another where a router passed it on
   * (peers.ts).
   */
  via: (link: GatewayLink, pipe: Pipe) => Pipe = (_link, pipe) => pipe;
  // what has packets for a pipe, whose turn it is first
  private _sources = new WeakMap<Pipe, Set<Source>>();
  private _repeats = new WeakMap<Pipe, Repeats>();
  // those that had something to send when a link was polled, and have not been seen without since
  private _busy = new WeakSet<Pipe>();
  // pipes that may have frames now: `drain` asks no others
  private _wanting = new Set<Pipe>();
  // links with strangers that were never up, nor asked for
  private _strangers = new Set<GatewayLink>();
  // for which exchange of a link a new session was asked
  private _asked = new WeakMap<GatewayLink, GatewayLink["exchange"]>();

  /** @throws CSID, SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE */
  constructor(options: EndpointOptions) {
    this._options = options;
    this._state = { ...options.state };
    this._identities = identities(options.pairs, options.random);
    this.identity = [...this._identities.values()][0]!;
    this.hashname = hashname(keysOf(this._identities));
    // whom it was linked with goes on as if nothing had happened, and does not ask to link again
    for (const id of Object.keys(this._state)) {
      const link = this.link(fromBase32(id));
      const token = this._state[id]![5];
      if (typeof token !== "string") continue;
      this._former.set(token, link);
      this._addresses.set(link, token);
    }
  }

  /**
   * The link to another endpoint by its public key; made if it is new. Of several keys by CSID, as link JSON has them, it is
   * by the one of the highest cipher set that both have. link.md, Link CSID
   * @param name its hashname, where it has keys in other cipher sets too
   * @throws CSID where there is no cipher set in common; KEY_LENGTH where this endpoint has no keys of that length, KEY_PREFIX,
   * KEY_RANGE, KEY_OFF_CURVE, SELF_EXCHANGE
   */
  link(key: Uint8Array | Keys, name?: string): GatewayLink {
    if (!(key instanceof Uint8Array)) {
      const csid = linkCsid([...this._identities.keys()], Object.keys(key)) ?? fail("CSID");
      return this.link(key[csid]!, name ?? hashname(key));
    }
    const known = this._byKey.get(toBase32(key));
    if (known) {
      this._strangers.delete(known);
      return known;
    }
    const identity = [...this._identities.values()].find(({ set }) => set.length === key.length) ?? fail("KEY_LENGTH");
    const link = this._make(identity, key, name);
    this._add(link);
    return link;
  }

  private _add(link: GatewayLink): void {
    this.links.push(link);
    this._byKey.set(toBase32(link.exchange.key), link);
    this._ready.add(link);
  }

  /** The identities, by CSID. */
  get identities(): ReadonlyMap<Csid, Identity & { set: HostCipherSet }> {
    return this._identities;
  }

  /** Has channels of a type that others open handled: see Handler. One handler a type. */
  handle(type: string, handler: Handler<GatewayLink>): void {
    this._handlers[` ${type}`] = handler;
  }

  /**
   * Passes channel packets with a token (16 bytes) on to a pipe, as a router does between two that it is linked with;
   * without a pipe, not any more. Of the bridges the oldest go first, beyond `room`. channels/peer.md, Automatic Bridging
   */
  bridge(token: Uint8Array, pipe?: Pick<Pipe, "send">): void {
    const id = toHex(token);
    this._bridges.delete(id);
    if (!pipe) return;
    this._bridges.set(id, pipe);
    if (this._bridges.size > (this._options.room ?? 20000)) this._bridges.delete(this._bridges.keys().next().value!);
  }

  private _make(identity: Identity & { set: HostCipherSet }, key: Uint8Array, name?: string): GatewayLink {
    identity.set.checkKey(key);
    const { message, content, patience, recent, judge, events, save, epoch } = this._options;
    const id = toBase32(key);
    const known = this._state[id] as LinkState | undefined;
    const state: LinkState = known ? [...known] : [0, 0, 0, 0];
    // Numbers of handshakes that a lost state would know of are below the time. Not one that the other may choose: it would
    // pass for an answer.
    if (epoch) {
      const at = Math.floor(epoch());
      state[0] = Math.max(state[0], orderOf(identity.key, key) === at % 2 ? at : at - 1);
    }
    const link: GatewayLink = new GatewayLink(identity, new Uint8Array(key), name ?? hashname({ [identity.set.id]: key }), state, {
      message: message ?? 1400,
      content: content ?? 65536,
      patience: patience ?? 180,
      ...(recent && { recent: (_: unknown, packet: Packet) => recent(link, packet) }),
      ...(judge && { judge }),
      ahead: 0,
      room: () => true,
      save: (changed) => {
        this._state[id] = changed;
        save?.(this._state);
      },
      on: (event, _, data, packet) => {
        if (event === "drop") this._drop(data as ErrorCode, link);
        else if (event === "message") events.message?.(link, data as Uint8Array, packet!);
        else {
          if (event === "up") {
            this._strangers.delete(link);
            this._addressed(link);
          }
          events[event]?.(link);
        }
      },
      channels: {
        handlers: this._handlers as Handlers<unknown> as never,
        capacity: this._options.window ?? 64,
        runs: 4096,
        z: this._options.z ?? 1,
        wake: () => {
          this._ready.add(link);
          this._options.wake?.();
        },
      },
      touched: () => { this._ready.add(link); },
    });
    // the key is checked by what is needed of it anyhow
    link.exchange.done(finish(link.exchange.job()));
    return link;
  }

  // After a restart its channel packets tell that it has to be asked for a new session.
  private _addressed(link: GatewayLink): void {
    const id = toBase32(link.exchange.key);
    const token = toHex(link.channels.token());
    const old = this._addresses.get(link);
    if (old !== undefined) {
      this._tokens.delete(old);
      this._former.delete(old);
    }
    this._addresses.set(link, token);
    this._tokens.set(token, link);
    const [sent, taken, out, received] = link.state;
    link.state = [sent, taken, out, received, 0, token] as unknown as LinkState;
    this._state[id] = link.state as GatewayState;
    this._options.save?.(this._state);
  }

  private _drop(code: ErrorCode, link?: GatewayLink): void {
    this.drops[code] = (this.drops[code] ?? 0) + 1;
    this._refused++;
    this._options.events.drop?.(code, link);
  }

  /** Takes a frame, or any bytes of a stream, that came by a pipe. Never throws for what is in it. */
  receive(pipe: Pipe, frame: Uint8Array, now: number): void {
    this._wanting.add(pipe);
    pipe.begins ??= (fragment) => fragment[0] === 0 && fragment[1] === 0 && this._known(fragment);
    if (!pipe.options.stream && !pipe.options.blocking) {
      let repeats = this._repeats.get(pipe);
      if (!repeats) this._repeats.set(pipe, repeats = new Repeats());
      if (repeats.has(frame, now)) return;
    }
    const given = pipe.receive(frame, now, (outer) => this.packet(pipe, outer, now));
    for (let i = 0; i < given; i++) this._drop("PACKET_TOO_LARGE");
  }

  private _known(outer: Uint8Array): boolean {
    const token = toHex(outer.subarray(2, 18));
    return this._tokens.has(token) || this._bridges.has(token);
  }

  /**
   * Takes a whole packet that came by a pipe, at a time in seconds (the last one told if not given). Never throws for
   * what is in it.
   */
  packet(pipe: Pipe, outer: Uint8Array, now: number = this.now): void {
    this.now = now;
    const { wrap } = pipe;
    const refused = this._refused;
    try {
      const { packet } = decloak(outer);
      // who cloaks may be reached by nothing else. e3x/cloaking.md, Accept both
      if (isCloaked(outer)) pipe.wrap ??= cloaking(this._options.random);
      if (packet[0] === 0 && packet[1] === 0) this._channel(pipe, packet, now);
      else if (packet[1]! > 6 && this._options.events.discovered) this._discovered(pipe, packet);
      else this._message(pipe, packet, now);
    } catch (error) {
      const { code } = error as E3XError;
      // without a code it is a fault of this program or of the application
      if (!code) throw error;
      this._drop(code);
    }
    // nothing that was refused decides how others are answered
    if (this._refused !== refused) pipe.wrap = wrap;
  }

  private _discovered(pipe: Pipe, packet: Uint8Array): void {
    const { json } = decode(packet);
    const info = linkInfo(json ?? fail("JSON"));
    if (!info.hashname || !Object.keys(info.keys).length) fail("LINK_INFO");
    if (info.hashname !== this.hashname) this._options.events.discovered!(info, pipe);
  }

  /**
   * Discovery mode, off at first: announces name and keys of this endpoint by pipes, from the next `poll` on every 10 s, as
   * link JSON; with no pipes, not any more. Whoever hears it knows then that it is there. mesh.md, Discovery
   */
  discover(pipes: Pipe[], paths: Path[] = []): void {
    const info: LinkInfo = { hashname: this.hashname, keys: keysOf(this._identities), paths };
    this._announced = pipes.length ? { pipes, packet: encode(toJson(info)), next: this.now } : undefined;
  }

  private _channel(pipe: Pipe, outer: Uint8Array, now: number): void {
    if (outer.length < 2 + CHANNEL_OVERHEAD) fail("PACKET_TOO_SHORT");
    const token = toHex(outer.subarray(2, 18));
    const link = this._tokens.get(token);
    if (link) {
      this._ready.add(link);
      link.receive(outer, this.via(link, pipe), now);
      this._work(link);
      this.source(link);
      return;
    }
    const bridge = this._bridges.get(token);
    if (bridge) {
      bridge.send(outer);
      if (bridge instanceof Pipe) this._wanting.add(carrier(bridge)!);
      return;
    }
    const former = this._former.get(token);
    if (former && !former.up) {
      former.pipe = pipe;
      this._resume(former);
    }
    fail("TOKEN");
  }

  private _message(pipe: Pipe, outer: Uint8Array, now: number): void {
    const identity = this._identities.get(messageCsid(outer)) ?? fail("CSID");
    const body = messageBody(outer, identity);
    const link = this._sender(identity, body);
    this._ready.add(link);
    link.receive(outer, pipe, now);
    this._work(link);
    // who is refused leaves nothing behind
    if (link.refused && this._strangers.delete(link)) {
      this.links.splice(this.links.indexOf(link), 1);
      this._byKey.delete(toBase32(link.exchange.key));
      this._ready.delete(link);
      for (const [key, owner] of this._senders) if (owner === link) this._senders.delete(key);
      return;
    }
    if (link.exchange.met(body)) this._remember(messageSender(body, identity), link);
    this._resume(link);
    this.source(link);
  }

  /** Has a source asked for packets when its pipe has none, in turn with others; to be called again when it has another pipe. */
  source(source: Source): void {
    const pipe = carrier(source.pipe);
    if (!pipe) return;
    const sources = this._sources.get(pipe) ?? new Set();
    this._sources.set(pipe, sources.add(source));
    pipe.more ??= () => this._fill(pipe);
  }

  private _fill(pipe: Pipe): void {
    const sources = this._sources.get(pipe)!;
    if (this._busy.delete(pipe)) {
      for (const source of sources) if (source instanceof GatewayLink && carrier(source.pipe) === pipe) source.sent(this.now);
    }
    for (let left = sources.size; left > 0 && !pipe.queue.length; left--) {
      const source = sources.values().next().value!;
      sources.delete(source);
      // it may have another pipe by now
      if (carrier(source.pipe) !== pipe) continue;
      sources.add(source);
      source.fill(pipe);
      // what it waits for is another thing then
      if (pipe.queue.length && source instanceof GatewayLink) this._ready.add(source);
    }
  }

  /** The link that a message belongs to, or one with somebody new. */
  private _sender(identity: Identity & { set: HostCipherSet }, body: Uint8Array): GatewayLink {
    const known = this._senders.get(toBase32(messageSender(body, identity)));
    if (known) return known;
    // The MAC of each link takes no work with the KEY: nobody who is not known can cause that. Of many links it is dearer.
    const many = this.links.length > MANY;
    const opened = many ? this._open(identity, body) : undefined;
    const claimed = opened && this._byKey.get(toBase32(opened.key));
    const found = opened ? (claimed?.exchange.sent(body) ? claimed : undefined) : this._find(identity, body);
    if (found) {
      if (opened) found.exchange.meet(body, opened.shared);
      return found;
    }
    if (claimed) fail("MAC");
    if (!this._options.accept) fail("UNKNOWN_SENDER");
    return this._admit(identity, body, opened ?? this._open(identity, body) ?? fail("UNKNOWN_SENDER"));
  }

  private _find(identity: Identity & { set: HostCipherSet }, body: Uint8Array): GatewayLink | undefined {
    return this.links.find((link) => {
      if (link.csid !== identity.set.id) return false;
      // after `renew` its keys have to be made first
      if (!link.exchange.stage()) this._work(link);
      return link.exchange.sent(body);
    });
  }

  /** A handshake by somebody who says in it who it is; undefined for what is none. Throws what is wrong with it. */
  private _open(identity: Identity & { set: HostCipherSet }, body: Uint8Array): Claim | undefined {
    const shared = finish(new identity.set.Job(identity.secret, messageSender(body, identity)));
    const inner = decode(open(body, identity.set.length, messageKey(shared)));
    if (!isHandshake(inner)) {
      // what is nothing anyhow, a handshake of which a part is missing, is not tried with each link
      if (!inner.json && inner.head.length > 6) fail("INNER");
      if (!this._options.recent) stampOf(inner);
      return undefined;
    }
    // a "link" has key and digests of others in an attached packet, a "key" as it is
    const keys = attachedKeys(identity.set.id, inner.json?.["type"] === "key" ? inner : decode(inner.body));
    return { shared, key: keys[identity.set.id] as Uint8Array, name: hashname(keys) };
  }

  private _admit(identity: Identity & { set: HostCipherSet }, body: Uint8Array, { shared, key, name }: Claim): GatewayLink {
    const link = this._make(identity, key, name);
    if (!link.exchange.sent(body)) fail("MAC");
    if (!this._options.accept!(link.exchange.key, link.hashname)) fail("UNKNOWN_SENDER");
    link.exchange.meet(body, shared);
    this._work(link);
    this._add(link);
    this._strangers.add(link);
    return link;
  }

  /** Asks for a new session, once an exchange, where there was one: the other takes no message with a new KEY before that. */
  private _resume(link: GatewayLink): void {
    const { exchange, pipe, up } = link;
    if (up || link.refused || !exchange.in || !pipe || this._asked.get(link) === exchange) return;
    this._asked.set(link, exchange);
    link.connect(pipe);
  }

  private _remember(key: Uint8Array, link: GatewayLink): void {
    const id = toBase32(key);
    this._senders.delete(id);
    this._senders.set(id, link);
    if (this._senders.size > (this._options.room ?? 20000)) this._senders.delete(this._senders.keys().next().value!);
  }

  private _work(link: GatewayLink): void {
    while (link.work(false));
  }

  /** Does what is due. Returns when it wants to be called next (seconds); undefined for not at all. */
  poll(now: number): number | undefined {
    this.now = now;
    for (let due = this._agenda.take(now); due; due = this._agenda.take(now)) this._ready.add(due);
    // what events of one bring another to do is done as well
    for (let round = 0; round < 2; round++) {
      for (const link of [...this._ready]) {
        this._ready.delete(link);
        this._work(link);
        this.source(link);
        const due = link.poll(now);
        // what it gave up may have been begun anew
        this._work(link);
        this._agenda.set(link, due);
        const way = carrier(link.pipe);
        if (!way) continue;
        this._wanting.add(way);
        if (way.queue.length) this._busy.add(way);
      }
    }
    const next = this._agenda.next;
    const announced = this._announced;
    if (announced && now >= announced.next) {
      announced.next = now + ANNOUNCE;
      for (const pipe of announced.pipes) {
        pipe.send(announced.packet);
        this._wanting.add(pipe);
      }
    }
    return announced && !(announced.next > next!) ? announced.next : next;
  }

  /** Forgets a pipe whose radio is gone for good; links that had it keep it until they hear from the other by another one. */
  close(pipe: Pipe): void {
    this._wanting.delete(pipe);
    this._sources.delete(pipe);
    this._repeats.delete(pipe);
  }

  /**
   * Does what is due, has the frames that are to be sent now written, and does what that brings.
   * @param now seconds
   * @returns when it wants to be called next, where nothing happens until then; undefined for not at all
   */
  drain(now: number, outlet: Outlet): Wake | undefined {
    let line: number | undefined;
    this.poll(now);
    for (let round = 1; ; round++) {
      let wrote = false;
      line = undefined;
      for (const pipe of this._wanting) {
        // one that is not ready stays: its owner calls again when it is
        if (outlet.ready?.(pipe) === false) continue;
        let frame: Uint8Array | undefined;
        let ready = true;
        while (ready && (frame = pipe.frame(now))) {
          outlet.write(pipe, frame);
          wrote = true;
          ready = outlet.ready?.(pipe) ?? true;
        }
        const { until } = pipe;
        if (until !== undefined) line = line! <= until ? line : until;
        else if (!frame) this._wanting.delete(pipe);
      }
      // only now it is known what was sent in channels
      this.poll(now);
      const more = wrote && [...this._wanting].some((pipe) => pipe.queue.length && outlet.ready?.(pipe) !== false);
      if (!more) break;
      if (round === ROUNDS) return { at: now, why: "frames" };
    }
    const first = this._agenda.first;
    let wake: Wake | undefined = first && { at: first.time, why: first.of.why };
    const announced = this._announced?.next;
    if (announced !== undefined && !(wake && wake.at <= announced)) wake = { at: announced, why: "announcement" };
    if (line !== undefined && !(wake && wake.at <= line)) wake = { at: line, why: "line" };
    return wake;
  }
}
