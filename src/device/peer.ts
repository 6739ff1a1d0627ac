/**
 * `require("e3x-mote/peer")`: links with others by way of the gateway, which has to be a router for them
 * (src/endpoint/services/router.ts). The mote of an application that asks for it has `peer`.
 */
import type { Mote, Peer } from "./index.ts";

/** See Mote.peer. */
export const peer = (mote: Mote, key: string, hashname: string): Peer => mote.peer(key, hashname);
