/** An endpoint with many links: a gateway. telehash v3, mesh.md. */
import { fail } from "#engine";
import type { Handler } from "../channel/channel.ts";
import type { Handlers } from "../channel/channels.ts";
import { finish } from "../cipher/curve.ts";
import { CHANNEL_OVERHEAD, messageKey, open } from "../cipher/seal.ts";
import type { HostCipherSet } from "../cipher/sets.ts";
import { E3XError } from "../e3x-error.ts";
import type { ErrorCode } from "../errors.ts";
import { identities, keysOf, messageCsid } from "./e3x.ts";
import type { Csid } from "./e3x.ts";
import { isHandshake, messageBody, messageSender, orderOf } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import { stampOf } from "../exchange/recency.ts";
import { attachedKeys, hashname, isHashname, linkCsid } from "../identity/hashname.ts";
import type { Keys } from "../identity/link-keys.ts";
import { cloaking, decloak, isCloaked } from "../packet/cloak.ts";
import { linkInfo, toJson } from "../identity/link-info.ts";
import type { LinkInfo } from "../identity/link-info.ts";
import type { Path } from "../identity/path.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { toBase32, toHex } from "../packet/text.ts";
import type { LinkState } from "../link/link.ts";
import { Pipe, bytesOf } from "./pipe.ts";
import type { Bytes } from "./pipe.ts";
import { TimerQueue } from "./timer-queue.ts";
import { wrong } from "./check.ts";
import { GatewayLink, end } from "./link.ts";
import type { Handshakes } from "./link.ts";
import type { Arrival, Knock, Metadata, Where } from "./events.ts";
import { checkNow, checkOptions } from "./options.ts";
import type { EndpointOptions } from "./options.ts";
import { DuplicateFilter } from "./duplicate-filter.ts";
import { badKey, readState } from "./state.ts";
import type { SavedLink, State } from "./state.ts";

/** Seconds from one announcement to the next. transports/udp.md, Discovery */
const ANNOUNCE = 10;

/** What gives packets to a pipe when none waits there: a link, or what passes on packets of others. */
export interface Source {
  pipe?: Pipe | undefined;
  fill(pipe: Pipe): void;
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

/** How many errors of the application are kept for the end of a call, at most. */
const ERRORS = 16;

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";

/** What is saved of a link; a new object each time: whoever is given one may change it. */
function record([sent, accepted]: [number, number], [out, received]: [number, number], token: string | undefined, blocked: boolean | undefined): SavedLink {
  const saved: SavedLink = { handshakes: [sent, accepted], messages: [out, received] };
  if (token !== undefined) saved.token = token;
  if (blocked) saved.blocked = true;
  return saved;
}

const copy = ({ handshakes, messages, token, blocked }: SavedLink): SavedLink => record(handshakes, messages, token, blocked);

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
 * Nothing leaves before the owner calls `drain`: the barrier for who makes states durable asynchronously. Such an owner collects
 * what `save` is given, and what handlers are told, in a turn; has it all written at once (group commit); and only then calls
 * `drain`, and publishes what handlers were told. After a crash in between the other side has no answer, and nobody has seen the
 * message: it is as if nothing had come.
 *
 * What the application's own functions throw reaches it by the event "error": see Events.
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
  private _bridges = new Map<string, Pick<Pipe, "send">>();
  private _handlers: Handlers<GatewayLink> = {};
  private _links: GatewayLink[] = [];
  // by the other's key in base32
  private _byKey = new Map<string, GatewayLink>();
  // those with something to do now, and when the others want to be asked
  private _ready = new Set<GatewayLink>();
  private _timers = new TimerQueue<GatewayLink>();
  /** How often what was refused, by code. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  private _refused = 0;
  private _options: EndpointOptions;
  // what was to be kept last, by the other's key in base32
  private _saved = new Map<string, SavedLink>();
  // what a function of the application threw, on its way through what called it
  private _thrown: { error: unknown; where: Where; link: GatewayLink | undefined } | undefined;
  // what waits to be thrown, at the end of the call; how many calls are in each other
  private _errors: unknown[] = [];
  private _depth = 0;
  // how the packet came that is just being taken
  private _arrival: Arrival | undefined;
  // how many frames came since the last packet of a pipe
  private _frames = new WeakMap<Pipe, number>();
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
  private _duplicates = new WeakMap<Pipe, DuplicateFilter>();
  // those that tell when they are closed
  private _attached = new WeakSet<Pipe>();
  // those that had something to send when a link was polled, and have not been seen without since
  private _busy = new WeakSet<Pipe>();
  // pipes that may have frames now: `drain` asks no others
  private _wanting = new Set<Pipe>();
  // links with strangers that were never up, nor asked for
  private _strangers = new Set<GatewayLink>();
  // for which exchange of a link a new session was asked
  private _asked = new WeakMap<GatewayLink, GatewayLink["exchange"]>();

  /**
   * @throws CSID, SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE for `pairs`, STATE for `state`, OPTION for all else;
   * `field` of the error says what is wrong
   */
  constructor(options: EndpointOptions) {
    checkOptions(options);
    this._options = options;
    this._identities = identities(options.pairs, (n) => this._ask("random", undefined, () => options.random(n)));
    this.identity = [...this._identities.values()][0]!;
    this.hashname = hashname(keysOf(this._identities));
    // whom it was linked with goes on as if nothing had happened, and does not ask to link again
    const sets = [...this._identities.values()].map(({ set }) => set);
    for (const [key, saved] of readState(options.state === undefined ? {} : options.state, sets)) {
      const id = toBase32(key);
      this._saved.set(id, saved);
      try {
        const link = this.link(key);
        if (saved.token !== undefined && !saved.blocked) this._former.set(saved.token, link);
      } catch (error) {
        throw error instanceof E3XError ? badKey(id, error) : error;
      }
    }
  }

  /** All links. */
  get links(): readonly GatewayLink[] {
    return this._links;
  }

  /** What is to be kept of all links now: what `save` was given last for each. */
  get state(): State {
    return Object.fromEntries([...this._saved].map(([id, saved]) => [id, copy(saved)]));
  }

  /**
   * The link to another endpoint, where there is one: by its public key, as bytes or in base32, by its keys, or by its hashname.
   * Nothing is made of it, and nothing thrown for what is no key.
   */
  find(who: Uint8Array | Keys | string): GatewayLink | undefined {
    if (typeof who === "string") return isHashname(who) ? this._links.find((link) => link.hashname === who) : this._byKey.get(who);
    const keys = who instanceof Uint8Array ? [who] : Object.values(who);
    for (const key of keys) {
      const link = this._byKey.get(toBase32(key));
      if (link) return link;
    }
    return undefined;
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
    this._links.push(link);
    this._byKey.set(link.id, link);
    this._ready.add(link);
  }

  /** The identities, by CSID. */
  get identities(): ReadonlyMap<Csid, Identity & { set: HostCipherSet }> {
    return this._identities;
  }

  /**
   * Has channels of a type that others open handled: see Handler. One handler a type. Where it throws, the event "error" tells, and
   * the channel is failed; where `on` of a channel throws, the channel goes on. A packet counts as delivered then, and is
   * acknowledged; with `manualAck` of the channel that is for the application to say.
   */
  handle(type: string, handler: Handler<GatewayLink>): void {
    this._handlers[` ${type}`] = (channel, open, link) => {
      link.guard(channel);
      try {
        handler(channel, open, link);
      } catch (error) {
        this._tell(error, "channel", link);
        end(channel);
      }
      // the handler may have removed the link
      if (link.removed || link.blocked) channel.close("reset");
    };
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
    const { message, content, patience, recent, judge, epoch } = this._options;
    const id = toBase32(key);
    const saved = this._saved.get(id);
    const state: LinkState = saved ? [...saved.handshakes, ...saved.messages] : [0, 0, 0, 0];
    // Numbers of handshakes that a lost state would know of are below the time. Not one that the other may choose: it would
    // pass for an answer.
    if (epoch) {
      const at = Math.floor(this._ask("epoch", undefined, epoch));
      state[0] = Math.max(state[0], orderOf(identity.key, key) === at % 2 ? at : at - 1);
    }
    const link: GatewayLink = new GatewayLink(identity, new Uint8Array(key), name ?? hashname({ [identity.set.id]: key }), state, {
      message: message ?? 1400,
      content: content ?? 65536,
      patience: patience ?? 180,
      ...(recent && { recent: (_: unknown, packet: Packet) => this._ask("recent", link, () => recent(link, packet)) }),
      ...(judge && { judge: (_: unknown, handshakes: Handshakes) => this._ask("judge", link, () => judge(link, handshakes)) }),
      ahead: 0,
      room: () => true,
      save: (changed) => this._save(link, changed),
      on: (event, _, data, packet) => this._on(event, link, data, packet),
      channels: {
        handlers: this._handlers as Handlers<unknown> as never,
        capacity: this._options.window ?? 64,
        runs: 4096,
        z: this._options.z ?? 1,
        wake: () => this._wake(link),
      },
      touched: () => this._wake(link),
      caught: (error, where) => {
        if (where) this._tell(error, where, link);
        else this._caught(error, link);
      },
      left: (at, pipe, time) => {
        const { sent } = this._options.events;
        this._emit("sent", link, sent && (() => sent(link, at, { pipe, time })));
      },
      forget: (removed) => {
        this._forget(link, removed);
        if (removed && this._saved.delete(id)) this._ask("save", link, () => this._options.save?.(id, undefined));
      },
    }, saved);
    // the key is checked by what is needed of it anyhow
    link.exchange.done(finish(link.exchange.job()));
    return link;
  }

  /** A link has something to send: it is to be polled, and the owner to call. */
  private _wake(link: GatewayLink): void {
    if (link.removed) return;
    this._ready.add(link);
    this._emit("wake", link, this._options.wake && (() => this._options.wake!()));
  }

  private _on(event: "up" | "down" | "message" | "drop", link: GatewayLink, data?: Uint8Array | ErrorCode, packet?: Packet): void {
    const { events } = this._options;
    const arrival = this._arrival!;
    if (event === "drop") return this._drop(data as ErrorCode, link);
    if (event === "down") {
      this._emit("down", link, events.down && (() => events.down!(link)));
      return;
    }
    link.heard = this.now;
    if (event === "message") {
      const handled = this._emit("message", link, events.message && (() => events.message!(link, data as Uint8Array, packet!, arrival)));
      if (!handled) link.unhandled = true;
      return;
    }
    this._strangers.delete(link);
    try {
      this._addressed(link);
    } catch (error) {
      // it is of use after a restart only
      this._caught(error, link);
    }
    this._emit("up", link, events.up && (() => events.up!(link, arrival)));
  }

  // After a restart its channel packets tell that it has to be asked for a new session.
  private _addressed(link: GatewayLink): void {
    const { token: old } = link;
    const token = toHex(link.channels.token());
    if (old !== undefined) {
      this._tokens.delete(old);
      this._former.delete(old);
    }
    link.token = token;
    this._tokens.set(token, link);
    this._save(link);
  }

  private _save(link: GatewayLink, [sent, accepted, out, received]: LinkState = link.state): void {
    const { id, token, blocked } = link;
    const before = this._saved.get(id);
    const saved = record([sent, accepted], [out, received], token, blocked);
    this._saved.set(id, saved);
    const { save } = this._options;
    if (!save) return;
    try {
      this._ask("save", link, () => save(id, copy(saved)));
    } catch (error) {
      if (before) this._saved.set(id, before);
      else this._saved.delete(id);
      throw error;
    }
  }

  private _drop(code: ErrorCode, link?: GatewayLink): void {
    const { drop } = this._options.events;
    const arrival = this._arrival;
    this.drops[code] = (this.drops[code] ?? 0) + 1;
    this._refused++;
    this._emit("drop", link, drop && (() => drop(code, link, arrival)));
  }

  /** Has a function of the application asked for what goes on from here. What it throws goes on, too, and is known by `_caught`. */
  private _ask<T>(where: Where, link: GatewayLink | undefined, ask: () => T): T {
    try {
      const answer = ask();
      if (!isPromise(answer)) return answer;
      answer.then(undefined, (error: unknown) => this._tell(error, where, link));
      throw where === "save" ? new E3XError("SAVE", { field: where }) : wrong(where, "returned a promise, which is not waited for");
    } catch (error) {
      this._thrown = { error, where, link };
      throw error;
    }
  }

  /** Has a function of the application told of something. Returns whether it took it: what it throws goes no further. */
  private _emit(where: Where, link: GatewayLink | undefined, tell: (() => unknown) | undefined): boolean {
    try {
      const done = tell?.();
      if (isPromise(done)) done.then(undefined, (error: unknown) => this._tell(error, where, link));
      return true;
    } catch (error) {
      this._tell(error, where, link);
      return false;
    }
  }

  /** Tells of what the application's own functions threw. */
  private _tell(error: unknown, where: Where, link: GatewayLink | undefined): void {
    const { events } = this._options;
    try {
      if (events.error) return events.error(error, where, link, this._arrival);
    } catch (another) {
      error = another;
    }
    if (this._errors.length < ERRORS) this._errors.push(error);
  }

  /** Sorts what was thrown: errors of this library are refusals, all others are not. */
  private _caught(error: unknown, link?: GatewayLink): void {
    const thrown = this._thrown;
    if (thrown && thrown.error === error) {
      this._thrown = undefined;
      this._tell(error, thrown.where, thrown.link ?? link);
    } else if (error instanceof E3XError) this._drop(error.code, link);
    else this._tell(error, "library", link);
  }

  /** Does what comes from outside: what is thrown in it is thrown when all is done, or told. */
  private _enter<T>(work: () => T): T | undefined {
    let result: T | undefined;
    this._depth++;
    try {
      result = work();
    } catch (error) {
      this._caught(error);
    }
    this._depth--;
    const errors = this._errors;
    if (this._depth || !errors.length) return result;
    this._errors = [];
    throw errors.length > 1 ? new AggregateError(errors, "functions of the application threw") : errors[0];
  }

  /**
   * Takes a frame, or any bytes of a stream, that came by a pipe, at a time in seconds. Never throws for what is in it.
   * @param metadata what the radio told of it; events have it
   * @throws OPTION for what is no bytes, or no time; what an application's function threw: see Events.error
   */
  receive(pipe: Pipe, frame: Bytes, now: number, metadata?: Metadata): void {
    const bytes = bytesOf(frame);
    checkNow(now);
    this._enter(() => this._receive(pipe, bytes, now, metadata));
  }

  private _receive(pipe: Pipe, frame: Uint8Array, now: number, metadata: Metadata | undefined): void {
    this.now = now;
    if (pipe.closed) return this._drop("CLOSED");
    const { stream, blocking, datagram } = pipe.options;
    this._attach(pipe);
    this._wanting.add(pipe);
    pipe.begins ??= (fragment) => fragment[0] === 0 && fragment[1] === 0 && this._known(fragment);
    if (!stream && !blocking && !datagram) {
      let repeats = this._duplicates.get(pipe);
      if (!repeats) this._duplicates.set(pipe, repeats = new DuplicateFilter());
      if (repeats.has(frame, now)) return;
    }
    this._frames.set(pipe, (this._frames.get(pipe) ?? 0) + 1);
    const given = pipe.receive(frame, now, (outer) => {
      const frames = Math.max(1, this._frames.get(pipe)!);
      this._frames.set(pipe, 0);
      this._packet(outer, metadata ? { pipe, time: now, frames, metadata } : { pipe, time: now, frames });
    });
    for (let i = 0; i < given; i++) this._drop("PACKET_TOO_LARGE");
  }

  /** Has a pipe known: it is forgotten when it is closed. */
  private _attach(pipe: Pipe): void {
    if (this._attached.has(pipe)) return;
    this._attached.add(pipe);
    pipe.onClose(() => this._closed(pipe));
  }

  private _closed(pipe: Pipe): void {
    this._attached.delete(pipe);
    this._wanting.delete(pipe);
    this._sources.delete(pipe);
    this._duplicates.delete(pipe);
    this._frames.delete(pipe);
    for (const link of this._links) if (link.pipe === pipe) link.pipe = undefined;
    for (const [token, bridge] of this._bridges) if (bridge === pipe) this._bridges.delete(token);
    if (this._announced) this._announced.pipes = this._announced.pipes.filter((one) => one !== pipe);
  }

  private _known(outer: Uint8Array): boolean {
    const token = toHex(outer.subarray(2, 18));
    return this._tokens.has(token) || this._bridges.has(token);
  }

  /**
   * Takes a whole packet that came by a pipe, at a time in seconds (the last one told if not given). Never throws for
   * what is in it.
   * @throws as `receive`
   */
  packet(pipe: Pipe, outer: Bytes, now: number = this.now, metadata?: Metadata): void {
    const bytes = bytesOf(outer, "packet");
    checkNow(now);
    this._enter(() => {
      this._attach(pipe);
      this._packet(bytes, metadata ? { pipe, time: now, frames: 0, metadata } : { pipe, time: now, frames: 0 });
    });
  }

  private _packet(outer: Uint8Array, arrival: Arrival): void {
    const { pipe, time: now } = arrival;
    const { wrap } = pipe;
    const before = this._arrival;
    const refused = this._refused;
    this.now = now;
    this._arrival = arrival;
    try {
      // it may be closed by a handler of the packet before
      if (pipe.closed) fail("CLOSED");
      const { packet } = decloak(outer);
      // who cloaks may be reached by nothing else. e3x/cloaking.md, Accept both
      if (isCloaked(outer)) pipe.wrap ??= cloaking(this._options.random);
      if (packet[0] === 0 && packet[1] === 0) this._channel(pipe, packet, now);
      else if (packet[1]! > 6 && this._options.events.discovered) this._discovered(pipe, packet);
      else this._message(pipe, packet, now);
    } catch (error) {
      this._caught(error);
    }
    // nothing that was refused decides how others are answered
    if (this._refused !== refused) pipe.wrap = wrap;
    this._arrival = before;
  }

  private _discovered(pipe: Pipe, packet: Uint8Array): void {
    const { json } = decode(packet);
    const info = linkInfo(json ?? fail("JSON"));
    if (!info.hashname || !Object.keys(info.keys).length) fail("LINK_INFO");
    const { discovered } = this._options.events;
    const arrival = this._arrival!;
    if (info.hashname !== this.hashname) this._emit("discovered", undefined, () => discovered!(info, pipe, arrival));
  }

  /**
   * Discovery mode, off at first: announces name and keys of this endpoint by pipes, from the next `poll` on every 10 s, as
   * link JSON; with no pipes, not any more. Whoever hears it knows then that it is there. mesh.md, Discovery
   */
  discover(pipes: Pipe[], paths: Path[] = []): void {
    const info: LinkInfo = { hashname: this.hashname, keys: keysOf(this._identities), paths };
    for (const pipe of pipes) this._attach(pipe);
    this._announced = pipes.length ? { pipes: [...pipes], packet: encode(toJson(info)), next: this.now } : undefined;
  }

  private _channel(pipe: Pipe, outer: Uint8Array, now: number): void {
    if (outer.length < 2 + CHANNEL_OVERHEAD) fail("PACKET_TOO_SHORT");
    const token = toHex(outer.subarray(2, 18));
    const link = this._tokens.get(token);
    if (link) {
      this._take(link, outer, this.via(link, pipe), now);
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
    if (link.blocked) {
      this._knock("blocked", pipe, link.exchange.key, link.hashname);
      return this._drop("BLOCKED", link);
    }
    this._take(link, outer, pipe, now);
    // who is refused leaves nothing behind
    if (link.refused && this._strangers.has(link)) {
      this._knock("refused", pipe, link.exchange.key, link.hashname);
      link.remove();
    }
    if (link.removed || link.blocked) return;
    if (link.exchange.met(body)) this._remember(messageSender(body, identity), link);
    this._resume(link);
    this.source(link);
  }

  /** Has a link take a packet, and do what it has to do for that. */
  private _take(link: GatewayLink, outer: Uint8Array, pipe: Pipe, now: number): void {
    const refused = this._refused;
    this._ready.add(link);
    link.receive(outer, pipe, now);
    this._work(link);
    if (this._refused === refused) link.heard = now;
    if (link.removed) this._ready.delete(link);
  }

  private _knock(reason: Knock["reason"], pipe: Pipe, key?: Uint8Array, hashname?: string): void {
    const { knock } = this._options.events;
    const arrival = this._arrival!;
    this._emit("knock", undefined, knock && (() => knock({ reason, pipe, ...(key && { key, hashname: hashname! }) }, arrival)));
  }

  /** Leaves nothing of a link behind but the link itself, or, where it is not removed, by which it would be told from others. */
  private _forget(link: GatewayLink, removed: boolean): void {
    const way = carrier(link.pipe);
    const { token } = link;
    if (way) this._sources.get(way)?.delete(link);
    if (token !== undefined) {
      this._tokens.delete(token);
      this._former.delete(token);
    }
    for (const [key, owner] of this._senders) if (owner === link) this._senders.delete(key);
    this._strangers.delete(link);
    if (!removed) return;
    const at = this._links.indexOf(link);
    if (at >= 0) this._links.splice(at, 1);
    this._byKey.delete(link.id);
    this._ready.delete(link);
    this._timers.set(link, undefined);
  }

  /**
   * Removes a link, as of a device that was stolen or thrown away: its keys are wiped, its channels closed, its state is not kept
   * any more (`save` gets undefined). If the other sends something, it is a stranger. To refuse it for good, `block` it instead.
   * @throws what `save` throws; the link is removed all the same, but may be back after a restart
   */
  remove(link: GatewayLink): void {
    link.remove();
  }

  /** Has a source asked for packets when its pipe has none, in turn with others; to be called again when it has another pipe. */
  source(source: Source): void {
    const pipe = carrier(source.pipe);
    if (!pipe || pipe.closed) return;
    this._attach(pipe);
    const sources = this._sources.get(pipe) ?? new Set();
    this._sources.set(pipe, sources.add(source));
    pipe.more ??= () => this._fill(pipe);
  }

  private _fill(pipe: Pipe): void {
    const sources = this._sources.get(pipe) ?? new Set();
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
    const many = this._links.length > MANY;
    const opened = many ? this._open(identity, body) : undefined;
    const claimed = opened && this._byKey.get(toBase32(opened.key));
    if (claimed) this._work(claimed);
    const found = opened ? (claimed?.exchange.sent(body) ? claimed : undefined) : this._find(identity, body);
    if (found) {
      if (opened) found.exchange.meet(body, opened.shared);
      return found;
    }
    if (claimed) fail("MAC");
    const { accept, events: { knock } } = this._options;
    const claim = opened ?? (!many && (accept || knock) ? this._open(identity, body) : undefined);
    if (claim) return this._admit(identity, body, claim);
    this._knock("unknown", this._arrival!.pipe);
    return fail("UNKNOWN_SENDER");
  }

  private _find(identity: Identity & { set: HostCipherSet }, body: Uint8Array): GatewayLink | undefined {
    return this._links.find((link) => {
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
    const { accept } = this._options;
    const arrival = this._arrival!;
    if (!accept || !this._ask("accept", undefined, () => accept(new Uint8Array(link.exchange.key), link.hashname, arrival))) {
      this._knock("refused", arrival.pipe, link.exchange.key, link.hashname);
      fail("UNKNOWN_SENDER");
    }
    link.exchange.meet(body, shared);
    this._work(link);
    // `random` has failed
    if (link.exchange.stage() < 3) fail("ENTROPY");
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

  /**
   * Does what is due, as far as that needs no frames: `drain` calls it. Returns when it wants to be called next (seconds);
   * undefined for not at all.
   * @throws as `receive`
   */
  poll(now: number): number | undefined {
    checkNow(now);
    return this._enter(() => this._poll(now));
  }

  private _poll(now: number): number | undefined {
    this.now = now;
    for (let due = this._timers.take(now); due; due = this._timers.take(now)) this._ready.add(due);
    // what events of one bring another to do is done as well
    for (let round = 0; round < 2; round++) {
      for (const link of [...this._ready]) {
        this._ready.delete(link);
        if (link.removed) continue;
        this._work(link);
        this.source(link);
        const due = link.poll(now);
        // what it gave up may have been begun anew
        this._work(link);
        this._timers.set(link, link.removed ? undefined : due);
        const way = carrier(link.pipe);
        if (!way) continue;
        this._wanting.add(way);
        if (way.queue.length) this._busy.add(way);
      }
    }
    const next = this._timers.next;
    const announced = this._announced;
    if (announced && now >= announced.next) {
      announced.next = now + ANNOUNCE;
      for (const pipe of announced.pipes) {
        // one that is not drained has an announcement waiting already
        if (!pipe.full) pipe.send(announced.packet);
        this._wanting.add(pipe);
      }
    }
    return announced && !(announced.next > next!) ? announced.next : next;
  }

  /** The radio of a pipe has reached the other side anew: packets that were under way, either way, begin again. */
  restart(pipe: Pipe): void {
    pipe.restart();
    // one that waited for an answer was not asked any more
    this._wanting.add(pipe);
  }

  /** Closes a pipe whose radio is gone for good: as `pipe.close()`. */
  close(pipe: Pipe): void {
    pipe.close();
  }

  /**
   * Does what is due, has the frames that are to be sent now written, and does what that brings.
   * @param now seconds
   * @returns when it wants to be called next, where nothing happens until then; undefined for not at all
   * @throws as `receive`; call it again then
   */
  drain(now: number, outlet: Outlet): Wake | undefined {
    checkNow(now);
    return this._enter(() => this._drain(now, outlet));
  }

  private _drain(now: number, outlet: Outlet): Wake | undefined {
    let line: number | undefined;
    const takes = (pipe: Pipe): boolean => {
      let taken = false;
      this._emit("ready", undefined, () => { taken = outlet.ready?.(pipe) !== false; });
      return taken;
    };
    this._poll(now);
    for (let round = 1; ; round++) {
      let wrote = false;
      line = undefined;
      for (const pipe of this._wanting) {
        // one that is not ready stays: its owner calls again when it is
        if (!takes(pipe)) continue;
        let frame: Uint8Array | undefined;
        let ready = true;
        while (ready && (frame = pipe.frame(now))) {
          const written = frame;
          // one that throws is a frame lost
          this._emit("write", undefined, () => { outlet.write(pipe, written); });
          wrote = true;
          ready = takes(pipe);
        }
        const { until } = pipe;
        if (until !== undefined) line = line! <= until ? line : until;
        else if (!frame) this._wanting.delete(pipe);
      }
      // only now it is known what was sent in channels
      this._poll(now);
      const more = wrote && [...this._wanting].some((pipe) => pipe.queue.length && takes(pipe));
      if (!more) break;
      if (round === ROUNDS) return { at: now, why: "frames" };
    }
    const first = this._timers.first;
    let wake: Wake | undefined = first && { at: first.time, why: first.of.why };
    const announced = this._announced?.next;
    if (announced !== undefined && !(wake && wake.at <= announced)) wake = { at: announced, why: "announcement" };
    if (line !== undefined && !(wake && wake.at <= line)) wake = { at: line, why: "line" };
    return wake;
  }
}
