/** The links of an endpoint: one record for each other endpoint, and the keys and names that it is found by. */
import { isHashname } from "../identity/hashname.ts";
import type { Keys } from "../identity/link-keys.ts";
import { toBase32 } from "../packet/text.ts";
import type { GatewayLink } from "./link.ts";
import type { SavedLink } from "./state.ts";

/** The record of a peer: what the endpoint knows of it beside the state of their link. */
export interface Peer {
  readonly link: GatewayLink;
  /** The state that `save` was given last; undefined before the first call. */
  saved: SavedLink | undefined;
  /** Whether `accept` let the peer in and neither a handshake nor the application has confirmed it yet. */
  stranger: boolean;
  /** The token of the channel packets that the peer sends, in hex; `former`: it is of a session that a restart of this side ended. */
  token: string | undefined;
  former: boolean;
  /** The ephemeral keys of messages that were accepted from the peer, in base32. */
  readonly ephemeral: Set<string>;
  /** The exchange for which a new handshake was requested, so that it is requested once. */
  resumed: GatewayLink["exchange"] | undefined;
}

export class Registry {
  /** All links, in the order in which they were made. */
  readonly links: GatewayLink[] = [];
  // by public key in base32
  private _byKey = new Map<string, Peer>();
  // by the ephemeral key of messages, the least recently used first: it saves trying the MAC of a message with every link
  private _byEphemeral = new Map<string, Peer>();
  private _capacity: number;

  /** @param capacity the number of ephemeral keys that are remembered */
  constructor(capacity: number) {
    this._capacity = capacity;
  }

  get peers(): Iterable<Peer> {
    return this._byKey.values();
  }

  add(peer: Peer): void {
    this.links.push(peer.link);
    this._byKey.set(peer.link.id, peer);
  }

  remove(peer: Peer): void {
    this.forgetEphemeral(peer);
    // one that was refused when it knocked was never added
    if (this._byKey.get(peer.link.id) !== peer) return;
    this._byKey.delete(peer.link.id);
    this.links.splice(this.links.indexOf(peer.link), 1);
  }

  /** @param id a public key in base32 */
  byKey(id: string): Peer | undefined {
    return this._byKey.get(id);
  }

  /** See Endpoint.find. */
  find(who: Uint8Array | Keys | string): GatewayLink | undefined {
    if (typeof who === "string")
      return isHashname(who) ? this.links.find((link) => link.hashname === who) : this._byKey.get(who)?.link;
    const keys = who instanceof Uint8Array ? [who] : Object.values(who);
    for (const key of keys) {
      const peer = this._byKey.get(toBase32(key));
      if (peer) return peer.link;
    }
    return undefined;
  }

  /** The peer of whom a message with this ephemeral key was accepted. */
  byEphemeral(key: Uint8Array): Peer | undefined {
    return this._byEphemeral.get(toBase32(key));
  }

  /** Records that a peer sends messages with an ephemeral key. Beyond the capacity the least recently used key is forgotten. */
  setEphemeral(key: Uint8Array, peer: Peer): void {
    const id = toBase32(key);
    const map = this._byEphemeral;
    map.get(id)?.ephemeral.delete(id);
    map.delete(id);
    map.set(id, peer);
    peer.ephemeral.add(id);
    if (map.size <= this._capacity) return;
    const [oldest, owner] = map.entries().next().value!;
    map.delete(oldest);
    owner.ephemeral.delete(oldest);
  }

  forgetEphemeral(peer: Peer): void {
    for (const id of peer.ephemeral) this._byEphemeral.delete(id);
    peer.ephemeral.clear();
  }
}
