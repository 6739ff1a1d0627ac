/** `e3x-mote/node`: what needs Node.js: a driver for endpoints, transports, sockets, HTTP, Node.js streams. */
export { duplex } from "../gateway/duplex.ts";
export { ask, httpHandler } from "../gateway/http.ts";
export type { AskError, AskOptions, HttpOptions } from "../gateway/http.ts";
export { Sockets } from "../gateway/sockets.ts";
export type { SocketsOptions } from "../gateway/sockets.ts";
export type { Radio } from "../mesh/radio.ts";
export { realTime } from "./clock.ts";
export type { Clock } from "./clock.ts";
export { Driver } from "./driver.ts";
export type { DriverEvents, DriverOptions, Where } from "./driver.ts";
export { serial } from "./transports/serial.ts";
export type { Serial, SerialBoard, SerialOptions } from "./transports/serial.ts";
export { tcp, tcpServer } from "./transports/tcp.ts";
export type { TcpClient, TcpOptions, TcpServer, TcpServerOptions } from "./transports/tcp.ts";
export type { Listener, ListenerOwner, Transport } from "./transports/transport.ts";
export { udp } from "./transports/udp.ts";
export type { Udp, UdpOptions } from "./transports/udp.ts";
