/** Routes channel packets by the token of 16 bytes that they begin with, to a peer or to a bridge. e3x/channels.md */
import { toHex } from "../packet/text.ts";
import type { Pipe } from "./pipe.ts";
import type { Peer } from "./registry.ts";

/** Takes the channel packets of somebody else: see Endpoint.bridge. */
export type Bridge = Pick<Pipe, "send">;

const tokenOf = (outer: Uint8Array): string => toHex(outer.subarray(2, 18));

export class TokenRouter {
  private _peers = new Map<string, Peer>();
  // the oldest first
  private _bridges = new Map<string, Bridge>();
  private _capacity: number;

  /** @param capacity how many bridges there are at most */
  constructor(capacity: number) {
    this._capacity = capacity;
  }

  /**
   * Routes packets with a token, in hex, to a peer; its previous token is forgotten.
   * @param former the token is of before a restart: its packets cannot be decrypted, but they show that the peer is there
   */
  assign(token: string, peer: Peer, former: boolean): void {
    this.forget(peer);
    peer.token = token;
    peer.former = former;
    this._peers.set(token, peer);
  }

  forget(peer: Peer): void {
    const { token } = peer;
    if (token !== undefined && this._peers.get(token) === peer) this._peers.delete(token);
  }

  /** Forwards packets with a token to a bridge; without one, ends that. Beyond the capacity the oldest bridge is removed. */
  bridge(token: Uint8Array, bridge: Bridge | undefined): void {
    const id = toHex(token);
    this._bridges.delete(id);
    if (!bridge) return;
    this._bridges.set(id, bridge);
    if (this._bridges.size > this._capacity) this._bridges.delete(this._bridges.keys().next().value!);
  }

  /** Removes all bridges to a pipe that is closed. */
  closed(pipe: Pipe): void {
    for (const [token, bridge] of this._bridges) if (bridge === pipe) this._bridges.delete(token);
  }

  /** Whether bytes are the beginning of a channel packet with a known token. */
  knows(outer: Uint8Array): boolean {
    const token = tokenOf(outer);
    const peer = this._peers.get(token);
    return (!!peer && !peer.former) || this._bridges.has(token);
  }

  /** The recipient of a channel packet. A bridge goes before a peer whose token is `former`: this side has lost the keys of that. */
  route(outer: Uint8Array): { peer?: Peer; bridge?: Bridge } {
    const token = tokenOf(outer);
    const peer = this._peers.get(token);
    if (peer && !peer.former) return { peer };
    const bridge = this._bridges.get(token);
    return bridge ? { bridge } : peer ? { peer } : {};
  }
}
