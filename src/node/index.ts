/** `e3x-mote/node`: what needs Node.js: sockets, HTTP, Node.js streams. */
export { duplex } from "../gateway/duplex.ts";
export { ask, httpHandler } from "../gateway/http.ts";
export type { AskOptions, HttpOptions } from "../gateway/http.ts";
export { Sockets } from "../gateway/sockets.ts";
export type { SocketsOptions } from "../gateway/sockets.ts";
