/** To whom channel packets go: they begin with a token of 16 bytes, which says nothing of who sent them. e3x/channels.md */
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
   * Has packets with a token, in hex, go to a peer, and those with its token of before to nobody.
   * @param former the token is of before a restart: its packets can not be opened, but tell that the peer is there
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

  /** Has packets with a token passed on; without a bridge, not any more. Beyond the capacity the oldest bridge goes. */
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

  /** Whether bytes begin a channel packet that somebody takes. */
  knows(outer: Uint8Array): boolean {
    const token = tokenOf(outer);
    const peer = this._peers.get(token);
    return (!!peer && !peer.former) || this._bridges.has(token);
  }

  /** Who takes a channel packet; a peer whose token is `former` has lost the session of it. */
  route(outer: Uint8Array): { peer?: Peer; bridge?: Bridge } {
    const token = tokenOf(outer);
    const peer = this._peers.get(token);
    if (peer && !peer.former) return { peer };
    const bridge = this._bridges.get(token);
    return bridge ? { bridge } : peer ? { peer } : {};
  }
}
