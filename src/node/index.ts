/** `e3x-mote/gateway`: what only Node.js has of a gateway: sockets, HTTP, streams. */
export { duplex } from "./duplex.ts";
export { ask, httpHandler } from "./http.ts";
export type { AskOptions, HttpOptions } from "./http.ts";
export { Sockets } from "./sockets.ts";
export type { SocketsOptions } from "./sockets.ts";
