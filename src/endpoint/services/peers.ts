/**
 * Links to others that only a router reaches. Messages and handshakes go as requests to it and come back as such; it passes
 * channel packets on by their token. telehash v3, routing.md, channels/peer.md, channels/connect.md.
 */
import { connects, peer } from "../../channel/peer.ts";
import { setOf } from "../../cipher/sets.ts";
import { E3XError } from "../../e3x-error.ts";
import { isBeside, isHandshake, typeOf } from "../../exchange/exchange.ts";
import { attachedKeys, hashname, isCsid, isHashname } from "../../identity/hashname.ts";
import { Pipe } from "../pipe.ts";
import { decode, encode } from "../../packet/lob.ts";
import type { Packet } from "../../packet/lob.ts";
import type { Endpoint } from "../endpoint.ts";
import type { GatewayLink } from "../link.ts";
import type { Source } from "../scheduler.ts";

/** What somebody says who does not know this endpoint's keys. Nothing of it is encrypted, or proves anything. */
export interface Introduction {
  /** As the router has it; of a "link" it is that of the keys in it. */
  hashname: string;
  /** The handshake: of type "link", or another that came beside, such as "uri". */
  handshake: Packet;
  /** Of a "link": the sender's public key and its CSID, one that is known here. */
  csid?: string;
  key?: Uint8Array;
}

export interface PeersOptions {
  /**
   * Whether a link may bring what another sends, as a router does. Without it only those do that this endpoint has reached
   * others through.
   */
  trust?(router: GatewayLink, hashname: string): boolean;
  /**
   * Somebody introduces itself. To link with it: `endpoint.link(key, hashname).connect(peers.pipe(router, hashname))`. Without
   * it introductions are ignored.
   */
  introduced?(peer: Introduction, router: GatewayLink): void;
  /** To how many others the ways through routers are known; 1,000 if not given. The least recently used go first. */
  room?: number;
}

/** How many messages wait for a router at most; the oldest are dropped. */
const WAITING = 64;

/** Bytes of a frame where it is not known. */
const MTU = 20;

/** The way to another through a router: no frames, but packets by the pipe of the router's link. */
class PeerPipe extends Pipe {
  readonly router: GatewayLink;
  readonly hashname: string;
  private _endpoint: Endpoint;
  private _waiting: Uint8Array[] = [];
  private _source: Source;

  constructor(endpoint: Endpoint, router: GatewayLink, hashname: string) {
    const carrier = (): Pipe | undefined => this.carrier;
    super({ over: carrier, mtu: MTU });
    this._endpoint = endpoint;
    this.router = router;
    this.hashname = hashname;
    // what waits there, waits here
    Object.defineProperty(this, "queue", { get: () => carrier()?.queue ?? [] });
    Object.defineProperty(this, "mtu", { get: () => carrier()?.mtu ?? MTU });
    const waiting = this._waiting;
    this._source = {
      get pipe() {
        return waiting.length ? carrier() : undefined;
      },
      fill: (pipe) => this._request(pipe),
    };
  }

  /** The pipe of the router's link; none where that goes through a router itself. */
  get carrier(): Pipe | undefined {
    const { pipe } = this.router;
    return pipe instanceof PeerPipe ? undefined : pipe;
  }

  /** Sends a packet; nothing tells where that is not possible, as with any radio. */
  override send(packet: Uint8Array): void {
    if (packet[0] === 0 && packet[1] === 0) this.carrier?.send(packet);
    else {
      if (this._waiting.push(packet) > WAITING) this._waiting.shift();
      this._endpoint.source(this._source);
      this.router.channels.wake();
    }
  }

  protected override release(): void {
    this._waiting.length = 0;
  }

  private _request(pipe: Pipe): void {
    const packet = this._waiting.shift();
    if (!packet) return;
    try {
      peer(this.router, this.hashname, packet);
    } catch (error) {
      // too much waits for it already, or its session is just being renewed
      if (!(error instanceof E3XError)) throw error;
    }
    this.router.fill(pipe);
  }
}

export class Peers {
  private _endpoint: Endpoint;
  private _options: PeersOptions;
  // by the other's hashname, the least recently used first; one for each router
  private _pipes = new Map<string, PeerPipe[]>();

  /** Has an endpoint reach others through routers, and be reached, from now on. */
  constructor(endpoint: Endpoint, options: PeersOptions = {}) {
    this._endpoint = endpoint;
    this._options = options;
    // a router passes channel packets on without a word on that: they come by its pipe
    endpoint.via = (link, pipe) => {
      if (link.pipe === pipe) return pipe;
      return this._pipes.get(link.hashname)?.find(({ carrier }) => carrier === pipe) ?? pipe;
    };
    connects<GatewayLink>(endpoint, (packet, name, router) => this._take(packet, name, router));
  }

  /**
   * The way to another through a router, for `connect` of its link.
   * @param hashname the other's, as the router knows it
   */
  pipe(router: GatewayLink, hashname: string): Pipe {
    return this._pipe(hashname, router) ?? this._keep(hashname, new PeerPipe(this._endpoint, router, hashname));
  }

  /**
   * Introduces this endpoint to another whose keys are not known: it may then link. Its handshake is accepted as that of anybody
   * (`accept` of the endpoint). peer.md, First Introductions
   */
  introduce(router: GatewayLink, hashname: string): void {
    const pipe = this.pipe(router, hashname);
    for (const { set, attached, key } of this._endpoint.identities.values()) {
      const handshake = { type: "link", at: Math.floor(this._endpoint.now) + 1, csid: set.id };
      pipe.send(encode(handshake, attached ?? encode({ [set.id]: true }, key)));
    }
  }

  private _pipe(hashname: string, router: GatewayLink): PeerPipe | undefined {
    return this._pipes.get(hashname)?.find((pipe) => pipe.router === router);
  }

  private _keep(hashname: string, pipe: PeerPipe): PeerPipe {
    const pipes = this._pipes.get(hashname) ?? [];
    this._pipes.delete(hashname);
    this._pipes.set(hashname, pipes.includes(pipe) ? pipes : [...pipes, pipe]);
    if (this._pipes.size > (this._options.room ?? 1000)) this._pipes.delete(this._pipes.keys().next().value!);
    return pipe;
  }

  private _trusts(router: GatewayLink, hashname: string): boolean {
    const { trust } = this._options;
    return trust
      ? trust(router, hashname)
      : [...this._pipes.values()].some((pipes) => pipes.some((pipe) => pipe.router === router));
  }

  private _take(packet: Uint8Array, name: unknown, router: GatewayLink): void {
    const endpoint = this._endpoint;
    if (!isHashname(name) || name === endpoint.hashname || name === router.hashname || !this._trusts(router, name))
      return;
    // a HEAD of one byte: a message
    if (packet[0] === 0 && packet[1] === 1) {
      const pipe = this._pipe(name, router) ?? new PeerPipe(endpoint, router, name);
      endpoint.packet(pipe, packet);
      // where it was taken, answers go the same way
      const link = endpoint.links.find((one) => one.pipe === pipe);
      if (link) this._keep(link.hashname, pipe);
    } else this._introduced(packet, name, router);
  }

  private _introduced(packet: Uint8Array, name: string, router: GatewayLink): void {
    let found: Introduction | undefined;
    try {
      const handshake = decode(packet);
      if (isBeside(handshake)) found = { hashname: name, handshake };
      else if (isHandshake(handshake) && typeOf(handshake) === "link") {
        const csid = handshake.json!["csid"];
        if (typeof csid === "string" && isCsid(csid)) {
          const attached = decode(handshake.body);
          setOf(csid).checkKey(attached.body);
          if (hashname(attachedKeys(csid, attached)) === name)
            found = { hashname: name, handshake, csid, key: attached.body };
        }
      }
    } catch (error) {
      // it is none
      if (!(error instanceof E3XError)) throw error;
    }
    if (found) this._options.introduced?.(found, router);
  }
}
