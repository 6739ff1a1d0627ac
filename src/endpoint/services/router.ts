/**
 * A router: passes on what those that it is linked with send each other, and can not read it. telehash v3, routing.md,
 * channels/peer.md, channels/connect.md.
 *
 * It learns who reaches whom, when, and how much. It says nothing of one to another: what it does not pass on it drops without
 * a word.
 */
import { SEAL_LENGTH, TOKEN_LENGTH, token } from "../../cipher/seal.ts";
import { E3XError } from "../../e3x-error.ts";
import { isBeside, isHandshake } from "../../exchange/exchange.ts";
import { isHashname } from "../../identity/hashname.ts";
import type { Pipe } from "../pipe.ts";
import { decode } from "../../packet/lob.ts";
import type { Json, Packet } from "../../packet/lob.ts";
import { toHex } from "../../packet/text.ts";
import type { Endpoint } from "../endpoint.ts";
import type { GatewayLink } from "../link.ts";
import type { Source } from "../scheduler.ts";
import { TokenBucket } from "../token-bucket.ts";

export interface RouterOptions {
  /**
   * Whether one may send to another; asked of each packet, handshakes and those of channels, which go the other way: the answer
   * may change.
   * @param uri what the request had in place of a hashname
   */
  allow(from: GatewayLink, to: GatewayLink, uri?: string): boolean;
  /** The hashname that a URI of this router was made for, if any. uri.md, Router / Peer URI */
  resolve?(uri: string, from: GatewayLink): string | undefined;
  /** Bytes a second of requests that are taken of one link, and that are passed on with one token; 65,536 if not given. */
  rate?: number;
  /** How many tokens are known of one link, and of all; 16 and 4,096 if not given. The least recently used go first. */
  tokens?: number;
  room?: number;
}

/** Bytes of a request's BODY at most: of a message with content of 1,400 bytes. */
const BODY_MAX = 1500;

/** How many packets of one sender wait for one other at most, and their bytes; the oldest are dropped. */
const WAITING = 64;
const WAITING_BYTES = 32768;

/** How many packets with one token are remembered: one that comes again is going round. */
const SEEN = 64;

/** What waits to be passed on to a link: in turn with others who use its pipe, so that it takes no more than its share. */
class Lane implements Source {
  readonly to: GatewayLink;
  protected router: Router;
  private _put: (packet: Uint8Array, pipe: Pipe) => void;
  private _waiting: Uint8Array[] = [];
  private _bytes = 0;

  constructor(router: Router, to: GatewayLink, put: (packet: Uint8Array, pipe: Pipe) => void) {
    this.router = router;
    this.to = to;
    this._put = put;
  }

  /** The pipe that is to ask for packets, while there are any. */
  get pipe() {
    return this._waiting.length ? this.to.pipe : undefined;
  }

  push(packet: Uint8Array): void {
    this._waiting.push(packet);
    this._bytes += packet.length;
    while (this._waiting.length > WAITING || this._bytes > WAITING_BYTES) {
      this._shift();
      this.router.dropped++;
    }
    this.router.endpoint.source(this);
    this.to.channels.wake();
  }

  private _shift(): Uint8Array | undefined {
    const packet = this._waiting.shift();
    this._bytes -= packet?.length ?? 0;
    return packet;
  }

  fill(pipe: Pipe): void {
    const packet = this._shift();
    if (packet) this._put(packet, pipe);
  }
}

/** A token, and the link that it leads to. */
class Bridge extends Lane {
  readonly token: Uint8Array;
  /** Whom the owner of the token sent it to, and who therefore uses it. */
  user: GatewayLink;
  private _bucket: TokenBucket;
  private _seen = new Set<string>();

  constructor(router: Router, token: Uint8Array, owner: GatewayLink, user: GatewayLink, rate: number) {
    super(router, owner, (outer, pipe) => {
      pipe.send(outer);
      router.passed++;
    });
    this.token = token;
    this.user = user;
    this._bucket = new TokenBucket(rate);
  }

  /** Takes a channel packet for the owner. */
  send(outer: Uint8Array): void {
    const { to, router } = this;
    // IV and MAC
    const id = toHex(outer.subarray(18, 22)) + toHex(outer.subarray(-4));
    const takes =
      to.up &&
      to.pipe &&
      !this._seen.has(id) &&
      router.passes(this) &&
      this._bucket.take(outer.length, router.endpoint.now);
    if (!takes) {
      router.dropped++;
      return;
    }
    this._seen.add(id);
    if (this._seen.size > SEEN) this._seen.delete(this._seen.values().next().value!);
    this.push(outer);
  }
}

/** What a request's BODY may be: an OUTER message, or a handshake that is not encrypted. */
function read(body: Uint8Array): Packet | undefined {
  try {
    const outer = decode(body);
    if (
      outer.head.length === 1 ? outer.body.length >= TOKEN_LENGTH + SEAL_LENGTH : isHandshake(outer) || isBeside(outer)
    )
      return outer;
  } catch {
    // it is no packet
  }
  return undefined;
}

export class Router {
  readonly endpoint: Endpoint;
  /** How many requests were passed on, and packets of channels; how many of either were not. */
  relayed = 0;
  passed = 0;
  dropped = 0;
  private _options: RouterOptions;
  private _rate: number;
  private _room: number;
  private _buckets = new WeakMap<GatewayLink, TokenBucket>();
  // requests that wait, by sender and receiver
  private _lanes = new Map<string, Lane>();
  // by token in hex, the least recently used first
  private _bridges = new Map<string, Bridge>();

  /** Has an endpoint be a router, from now on. */
  constructor(endpoint: Endpoint, options: RouterOptions) {
    this.endpoint = endpoint;
    this._options = options;
    this._rate = options.rate ?? 65536;
    this._room = options.room ?? 4096;
    endpoint.handle("peer", (channel, open, from) => {
      // never answered, whatever it asks for
      channel.on = () => {};
      channel.timeout = 0;
      if (!this._request(from, open)) this.dropped++;
    });
  }

  private _request(from: GatewayLink, { json, body }: Packet): boolean {
    let bucket = this._buckets.get(from);
    if (!bucket) this._buckets.set(from, (bucket = new TokenBucket(this._rate)));
    const outer = body.length <= BODY_MAX && bucket.take(body.length, this.endpoint.now) && read(body);
    const to = outer && this._target(from, json!);
    if (!to) return false;
    const id = `${from.hashname} ${to.hashname}`;
    const lane =
      this._lanes.get(id) ??
      new Lane(this, to, (packet, pipe) => {
        if (!lane.pipe) this._lanes.delete(id);
        this._connect(from, to, packet);
        to.fill(pipe);
      });
    if (this._lanes.size >= this._room && !this._lanes.has(id)) return false;
    this._lanes.set(id, lane);
    lane.push(body);
    if (outer.head.length) this._bridge(token(outer.body), from, to);
    return true;
  }

  private _target(from: GatewayLink, { peer, uri }: Json): GatewayLink | undefined {
    const { allow, resolve } = this._options;
    const given = peer === undefined && typeof uri === "string" ? uri : undefined;
    const name = given === undefined ? peer : resolve?.(given, from);
    if (!isHashname(name)) return undefined;
    const to = this.endpoint.links.find((link) => link.up && link.hashname === name);
    return to && to !== from && allow(from, to, given) ? to : undefined;
  }

  private _connect(from: GatewayLink, to: GatewayLink, body: Uint8Array): void {
    try {
      to.channel({ "type": "connect", "peer": from.hashname }, body).timeout = 0;
      this.relayed++;
    } catch (error) {
      // too much waits for it already, or its session is just being renewed
      if (!(error instanceof E3XError)) throw error;
      this.dropped++;
    }
  }

  // Nobody but its owner, and those that it sent its KEY to, can say which KEY makes a token. So the first to say it is the
  // owner, for as long as the token is known.
  private _bridge(token: Uint8Array, owner: GatewayLink, user: GatewayLink): void {
    const id = toHex(token);
    const known = this._bridges.get(id);
    if (known) {
      if (known.to !== owner) return;
      known.user = user;
      this._use(known);
      return;
    }
    const bridge = new Bridge(this, token, owner, user, this._rate);
    this._use(bridge);
    this.endpoint.bridge(token, bridge);
    const own = [...this._bridges.values()].filter(({ to }) => to === owner);
    if (own.length > (this._options.tokens ?? 16)) this._forget(own[0]!);
    if (this._bridges.size > this._room) this._forget(this._bridges.values().next().value!);
  }

  private _use(bridge: Bridge): void {
    const id = toHex(bridge.token);
    this._bridges.delete(id);
    this._bridges.set(id, bridge);
  }

  private _forget({ token }: Bridge): void {
    this._bridges.delete(toHex(token));
    this.endpoint.bridge(token);
  }

  /** Whether packets of a bridge are to be passed on, still. */
  passes(bridge: Bridge): boolean {
    const passes = this._options.allow(bridge.to, bridge.user);
    if (passes) this._use(bridge);
    else this._forget(bridge);
    return passes;
  }
}
