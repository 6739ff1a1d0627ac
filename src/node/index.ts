/** `e3x-mote/node`: what needs Node.js: a driver for endpoints, transports, sockets, HTTP, Node.js streams. */
export { duplex } from "./duplex.ts";
export { ask, httpHandler } from "./http.ts";
export type { AskError, AskOptions, HttpOptions } from "./http.ts";
export { Sockets } from "./sockets.ts";
export type { SocketsOptions } from "./sockets.ts";
export type { Radio } from "../link/radio.ts";
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
