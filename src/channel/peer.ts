/**
 * Channels of types "peer" and "connect": how packets reach another endpoint through a router that both are linked with.
 * They are messages, handshakes above all; packets of channels go to the router as they are, and it passes them on.
 * telehash v3, channels/peer.md, channels/connect.md.
 */
import type { Opener, Taker } from "./channel.ts";

/**
 * Sends a packet to another through a router. Whether it gets there is not told.
 * @param hashname the other's
 * @param packet an OUTER message; or, where the other's key is not known, a handshake that is not encrypted
 * @throws as `Opener.channel`
 */
export function peer(router: Opener, hashname: string, packet: Uint8Array): void {
  router.channel({ "type": "peer", "peer": hashname }, packet);
}

/**
 * Has what routers bring from others taken: the packet, who sent it, and the router. None of it is checked: the packet may
 * be anything, `hashname` is what the router says, if anything.
 */
export function connects<From>(
  taker: Taker<From>,
  take: (packet: Uint8Array, hashname: unknown, router: From) => void,
): void {
  taker.handle("connect", (channel, open, router) => {
    channel.on = (event) => {
      channel.on = undefined!;
      // never answered: it is over
      channel.timeout = 0;
      if (event === "packet") take(open.body, open.json!["peer"], router);
    };
  });
}
