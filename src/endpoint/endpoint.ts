/** An endpoint with many links: a gateway. telehash v3, mesh.md. */
import { fail } from "#platform/engine";
import type { Handler } from "../channel/channel.ts";
import type { Handlers } from "../channel/channels.ts";
import { finish } from "../crypto/shared/curve.ts";
import { CHANNEL_OVERHEAD } from "../cipher/seal.ts";
import { E3XError } from "../e3x-error.ts";
import type { ErrorCode } from "../errors.ts";
import { messageBody, messageSender, orderOf } from "../exchange/exchange.ts";
import type { Identity } from "../exchange/exchange.ts";
import { hashname, linkCsid } from "../identity/hashname.ts";
import { linkInfo, toJson } from "../identity/link-info.ts";
import type { LinkInfo } from "../identity/link-info.ts";
import type { Keys } from "../identity/link-keys.ts";
import type { Path } from "../identity/path.ts";
import type { LinkState } from "../link/link.ts";
import { cloaking, decloak, isCloaked } from "../packet/cloak.ts";
import { decode, encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import { toBase32, toHex } from "../packet/text.ts";
import { Admission } from "./admission.ts";
import type { OwnIdentity } from "./admission.ts";
import { Application } from "./application.ts";
import { Discovery } from "./discovery.ts";
import { identities, keysOf, messageCsid } from "./e3x.ts";
import type { Csid } from "./e3x.ts";
import type { Arrival, Metadata } from "./events.ts";
import { GatewayLink, end, finishWork } from "./link.ts";
import type { Handshakes } from "./link.ts";
import { checkNow, checkOptions } from "./options.ts";
import type { EndpointOptions } from "./options.ts";
import { Pipe, bytesOf } from "./pipe.ts";
import type { Bytes } from "./pipe.ts";
import { Reception } from "./reception.ts";
import { Registry } from "./registry.ts";
import type { Peer } from "./registry.ts";
import { Scheduler } from "./scheduler.ts";
import type { Outlet, Source, Wake } from "./scheduler.ts";
import { badKey, copySaved, readState, savedLink } from "./state.ts";
import type { SavedLink, State } from "./state.ts";
import { TokenRouter } from "./token-router.ts";

/** How many ephemeral keys, and bridges, are remembered where the options do not say so. */
const ROOM = 20000;

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
  /** How often what was refused, by code. */
  readonly drops: Partial<Record<ErrorCode, number>>;
  /**
   * The pipe that a link is answered by where a packet of its session came by this one: another where a router passed it on
   * (peers.ts).
   */
  via: (link: GatewayLink, pipe: Pipe) => Pipe = (_link, pipe) => pipe;
  private _options: EndpointOptions;
  private _identities: Map<Csid, OwnIdentity>;
  private _handlers: Handlers<GatewayLink> = {};
  private _application: Application;
  private _registry: Registry;
  private _admission: Admission;
  private _tokens: TokenRouter;
  private _discovery = new Discovery();
  private _reception = new Reception();
  private _scheduler: Scheduler;

  /**
   * @throws CSID, SECRET_LENGTH, SECRET_RANGE, KEY_LENGTH, KEY_PREFIX, KEY_RANGE for `pairs`, STATE for `state`, OPTION for all else;
   * `field` of the error says what is wrong
   */
  constructor(options: EndpointOptions) {
    checkOptions(options);
    const room = options.room ?? ROOM;
    const application = new Application(options.events);
    this._options = options;
    this._application = application;
    this.drops = application.drops;
    this._registry = new Registry(room);
    this._tokens = new TokenRouter(room);
    this._scheduler = new Scheduler(application, this._discovery, (pipe) => this._closed(pipe));
    this._admission = new Admission(this._registry, application, options, (identity, key, name) =>
      this._make(identity, key, name),
    );
    this._identities = identities(options.pairs, (n) => application.ask("random", undefined, () => options.random(n)));
    this.identity = [...this._identities.values()][0]!;
    this.hashname = hashname(keysOf(this._identities));
    // whom it was linked with goes on as if nothing had happened, and does not ask to link again
    const sets = [...this._identities.values()].map(({ set }) => set);
    for (const [key, saved] of readState(options.state === undefined ? {} : options.state, sets)) {
      try {
        const peer = this._add(key, undefined, saved);
        if (saved.token !== undefined && !saved.blocked) this._tokens.assign(saved.token, peer, true);
      } catch (error) {
        throw error instanceof E3XError ? badKey(toBase32(key), error) : error;
      }
    }
  }

  /** All links. */
  get links(): readonly GatewayLink[] {
    return this._registry.links;
  }

  /** The identities, by CSID. */
  get identities(): ReadonlyMap<Csid, OwnIdentity> {
    return this._identities;
  }

  /** The time that it was told last, in seconds. */
  get now(): number {
    return this._scheduler.now;
  }

  /** What is to be kept of all links now: what `save` was given last for each. */
  get state(): State {
    return Object.fromEntries(
      [...this._registry.peers].flatMap(({ link, saved }) => (saved ? [[link.id, copySaved(saved)]] : [])),
    );
  }

  /**
   * The link to another endpoint, where there is one: by its public key, as bytes or in base32, by its keys, or by its hashname.
   * Nothing is made of it, and nothing thrown for what is no key.
   */
  find(who: Uint8Array | Keys | string): GatewayLink | undefined {
    return this._registry.find(who);
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
    const known = this._registry.byKey(toBase32(key));
    if (known) known.stranger = false;
    return (known ?? this._add(key, name)).link;
  }

  private _add(key: Uint8Array, name?: string, saved?: SavedLink): Peer {
    const identity = [...this._identities.values()].find(({ set }) => set.length === key.length) ?? fail("KEY_LENGTH");
    const peer = this._make(identity, key, name, saved);
    this._registry.add(peer);
    this._scheduler.wake(peer.link);
    return peer;
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
        this._application.tell(error, "channel", link);
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
    this._tokens.bridge(token, pipe);
  }

  private _make(identity: OwnIdentity, key: Uint8Array, name?: string, saved?: SavedLink): Peer {
    identity.set.checkKey(key);
    const application = this._application;
    const { message, content, patience, recent, judge, epoch, window, z } = this._options;
    const state: LinkState = saved ? [...saved.handshakes, ...saved.messages] : [0, 0, 0, 0];
    // Numbers of handshakes that a lost state would know of are below the time. Not one that the other may choose: it would
    // pass for an answer.
    if (epoch) {
      const at = Math.floor(application.ask("epoch", undefined, epoch));
      state[0] = Math.max(state[0], orderOf(identity.key, key) === at % 2 ? at : at - 1);
    }
    const link: GatewayLink = new GatewayLink(
      identity,
      new Uint8Array(key),
      name ?? hashname({ [identity.set.id]: key }),
      state,
      {
        message: message ?? 1400,
        content: content ?? 65536,
        patience: patience ?? 180,
        ...(recent && {
          recent: (_: unknown, packet: Packet) => application.ask("recent", link, () => recent(link, packet)),
        }),
        ...(judge && {
          judge: (_: unknown, handshakes: Handshakes) => application.ask("judge", link, () => judge(link, handshakes)),
        }),
        ahead: 0,
        room: () => true,
        save: (changed) => this._save(peer, changed),
        on: (event, _, data, packet) => this._on(event, peer, data, packet),
        channels: {
          handlers: this._handlers as Handlers<unknown> as never,
          capacity: window ?? 64,
          runs: 4096,
          z: z ?? 1,
          wake: () => this._wake(link),
        },
        touched: () => this._wake(link),
        caught: (error, where) => {
          if (where) application.tell(error, where, link);
          else application.caught(error, link);
        },
        left: (at, pipe, time) => {
          const { sent } = this._options.events;
          application.emit("sent", link, sent && (() => sent(link, at, { pipe, time })));
        },
        forget: (removed) => this._forget(peer, removed),
      },
      saved?.blocked,
    );
    const peer: Peer = {
      link,
      saved,
      stranger: false,
      token: saved?.token,
      former: true,
      ephemeral: new Set(),
      resumed: undefined,
    };
    // the key is checked by what is needed of it anyhow
    link.exchange.done(finish(link.exchange.job()));
    return peer;
  }

  /** A link has something to send: it is to be polled, and the owner to call. */
  private _wake(link: GatewayLink): void {
    if (link.removed) return;
    const options = this._options;
    this._scheduler.wake(link);
    this._application.emit("wake", link, options.wake && (() => options.wake!()));
  }

  private _on(
    event: "up" | "down" | "message" | "drop",
    peer: Peer,
    data?: Uint8Array | ErrorCode,
    packet?: Packet,
  ): void {
    const { link } = peer;
    const application = this._application;
    const { events } = this._options;
    const arrival = application.arrival!;
    if (event === "drop") return application.drop(data as ErrorCode, link);
    if (event === "down") {
      application.emit("down", link, events.down && (() => events.down!(link)));
      return;
    }
    link.heard = this.now;
    if (event === "message") {
      const handled = application.emit(
        "message",
        link,
        events.message && (() => events.message!(link, data as Uint8Array, packet!, arrival)),
      );
      if (!handled) link.unhandled = true;
      return;
    }
    peer.stranger = false;
    try {
      // after a restart its channel packets tell that it has to be asked for a new session
      this._tokens.assign(toHex(link.channels.token()), peer, false);
      this._save(peer);
    } catch (error) {
      // it is of use after a restart only
      application.caught(error, link);
    }
    application.emit("up", link, events.up && (() => events.up!(link, arrival)));
  }

  private _save(peer: Peer, [sent, accepted, out, received]: LinkState = peer.link.state): void {
    const { link, saved: before } = peer;
    const saved = savedLink([sent, accepted], [out, received], peer.token, link.blocked);
    peer.saved = saved;
    const { save } = this._options;
    if (!save) return;
    try {
      this._application.ask("save", link, () => save(link.id, copySaved(saved)));
    } catch (error) {
      peer.saved = before;
      throw error;
    }
  }

  /** Leaves nothing of a link behind but the link itself, or, where it is not removed, by which it would be told from others. */
  private _forget(peer: Peer, removed: boolean): void {
    const { link } = peer;
    peer.stranger = false;
    this._tokens.forget(peer);
    if (!removed) {
      this._registry.forgetEphemeral(peer);
      return this._scheduler.leave(link);
    }
    this._registry.remove(peer);
    this._scheduler.remove(link);
    if (!peer.saved) return;
    peer.saved = undefined;
    this._application.ask("save", link, () => this._options.save?.(link.id, undefined));
  }

  /**
   * Takes a frame, or any bytes of a stream, that came by a pipe, at a time in seconds. Never throws for what is in it.
   * @param metadata what the radio told of it; events have it
   * @throws OPTION for what is no bytes, or no time; what an application's function threw: see Events.error
   */
  receive(pipe: Pipe, frame: Bytes, now: number, metadata?: Metadata): void {
    const bytes = bytesOf(frame);
    checkNow(now);
    this._application.enter(() => this._receive(pipe, bytes, now, metadata));
  }

  private _receive(pipe: Pipe, frame: Uint8Array, now: number, metadata: Metadata | undefined): void {
    this._scheduler.now = now;
    if (pipe.closed) return this._application.drop("CLOSED");
    this._scheduler.attach(pipe);
    this._scheduler.want(pipe);
    pipe.begins ??= (fragment) => fragment[0] === 0 && fragment[1] === 0 && this._tokens.knows(fragment);
    const given = this._reception.take(pipe, frame, now, (outer, frames) => {
      this._packet(outer, metadata ? { pipe, time: now, frames, metadata } : { pipe, time: now, frames });
    });
    for (let i = 0; i < given; i++) this._application.drop("PACKET_TOO_LARGE");
  }

  private _closed(pipe: Pipe): void {
    for (const link of this.links) if (link.pipe === pipe) link.pipe = undefined;
    this._tokens.closed(pipe);
    this._discovery.closed(pipe);
  }

  /**
   * Takes a whole packet that came by a pipe, at a time in seconds (the last one told if not given). Never throws for
   * what is in it.
   * @throws as `receive`
   */
  packet(pipe: Pipe, outer: Bytes, now: number = this.now, metadata?: Metadata): void {
    const bytes = bytesOf(outer, "packet");
    checkNow(now);
    this._application.enter(() => {
      this._scheduler.attach(pipe);
      this._packet(bytes, metadata ? { pipe, time: now, frames: 0, metadata } : { pipe, time: now, frames: 0 });
    });
  }

  private _packet(outer: Uint8Array, arrival: Arrival): void {
    const { pipe, time: now } = arrival;
    const { wrap } = pipe;
    const application = this._application;
    const { arrival: before, refused } = application;
    this._scheduler.now = now;
    application.arrival = arrival;
    try {
      // it may be closed by a handler of the packet before
      if (pipe.closed) fail("CLOSED");
      const { packet } = decloak(outer);
      // who cloaks may be reached by nothing else. e3x/cloaking.md, Accept both
      if (isCloaked(outer)) pipe.wrap ??= cloaking(this._options.random);
      if (packet[0] === 0 && packet[1] === 0) this._channel(pipe, packet, now);
      else if (packet[1]! > 6 && this._options.events.discovered) this._discovered(arrival, packet);
      else this._message(pipe, packet, now);
    } catch (error) {
      application.caught(error);
    }
    // nothing that was refused decides how others are answered
    if (application.refused !== refused) pipe.wrap = wrap;
    application.arrival = before;
  }

  private _discovered(arrival: Arrival, packet: Uint8Array): void {
    const { json } = decode(packet);
    const info = linkInfo(json ?? fail("JSON"));
    if (!info.hashname || !Object.keys(info.keys).length) fail("LINK_INFO");
    const { discovered } = this._options.events;
    if (info.hashname !== this.hashname)
      this._application.emit("discovered", undefined, () => discovered!(info, arrival.pipe, arrival));
  }

  /**
   * Discovery mode, off at first: announces name and keys of this endpoint by pipes, from the next `poll` on every 10 s, as
   * link JSON; with no pipes, not any more. Whoever hears it knows then that it is there. mesh.md, Discovery
   */
  discover(pipes: Pipe[], paths: Path[] = []): void {
    const info: LinkInfo = { hashname: this.hashname, keys: keysOf(this._identities), paths };
    for (const pipe of pipes) this._scheduler.attach(pipe);
    this._discovery.start(pipes, encode(toJson(info)), this.now);
  }

  private _channel(pipe: Pipe, outer: Uint8Array, now: number): void {
    if (outer.length < 2 + CHANNEL_OVERHEAD) fail("PACKET_TOO_SHORT");
    const { peer, bridge } = this._tokens.route(outer);
    if (bridge) {
      bridge.send(outer);
      if (bridge instanceof Pipe) this._scheduler.want(bridge);
      return;
    }
    if (!peer) return fail("TOKEN");
    const { link, former } = peer;
    if (former && !link.up) {
      link.pipe = pipe;
      this._resume(peer);
    }
    if (former) fail("TOKEN");
    this._take(link, outer, this.via(link, pipe), now);
    this.source(link);
  }

  private _message(pipe: Pipe, outer: Uint8Array, now: number): void {
    const identity = this._identities.get(messageCsid(outer)) ?? fail("CSID");
    const body = messageBody(outer, identity);
    const peer = this._admission.sender(identity, body);
    const { link } = peer;
    if (link.blocked) {
      this._application.knock("blocked", pipe, link);
      return this._application.drop("BLOCKED", link);
    }
    this._take(link, outer, pipe, now);
    // who is refused leaves nothing behind
    if (link.refused && peer.stranger) {
      this._application.knock("refused", pipe, link);
      link.remove();
    }
    if (link.removed || link.blocked) return;
    if (link.exchange.met(body)) this._registry.setEphemeral(messageSender(body, identity), peer);
    this._resume(peer);
    this.source(link);
  }

  /** Has a link take a packet, and do what it has to do for that. */
  private _take(link: GatewayLink, outer: Uint8Array, pipe: Pipe, now: number): void {
    const { refused } = this._application;
    this._scheduler.wake(link);
    link.receive(outer, pipe, now);
    finishWork(link);
    if (this._application.refused === refused) link.heard = now;
    if (link.removed) this._scheduler.remove(link);
  }

  /** Asks for a new session, once an exchange, where there was one: the other takes no message with a new KEY before that. */
  private _resume(peer: Peer): void {
    const { link } = peer;
    const { exchange, pipe, up } = link;
    if (up || link.refused || !exchange.in || !pipe || peer.resumed === exchange) return;
    peer.resumed = exchange;
    link.connect(pipe);
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
    this._scheduler.source(source);
  }

  /**
   * Does what is due, as far as that needs no frames: `drain` calls it. Returns when it wants to be called next (seconds);
   * undefined for not at all.
   * @throws as `receive`
   */
  poll(now: number): number | undefined {
    checkNow(now);
    return this._application.enter(() => this._scheduler.poll(now));
  }

  /** The radio of a pipe has reached the other side anew: packets that were under way, either way, begin again. */
  restart(pipe: Pipe): void {
    pipe.restart();
    // one that waited for an answer was not asked any more
    this._scheduler.want(pipe);
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
    return this._application.enter(() => this._scheduler.drain(now, outlet));
  }
}
