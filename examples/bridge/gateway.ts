/**
 * The gateway of app.ts in Node.js, at the other end of its serial port (the npm package serialport has ports for Node.js).
 * It differs from examples/telemetry/gateway.ts in its pipe: bytes come without bounds, and every chunk is answered.
 */
import { randomBytes } from "node:crypto";
import { Endpoint, Pipe, toBase32 } from "e3x-mote";
import type { KeyPair, Save, State } from "e3x-mote";

/** A serial port at 115,200 baud. */
export interface Port {
  write(data: Uint8Array): void;
  on(event: "data", heard: (data: Uint8Array) => void): void;
}

export function serve(
  pair: KeyPair, port: Port, saved: State, save: Save, reading: (from: string, line: string) => void,
): { endpoint: Endpoint; send(text: string): void } {
  // 16 where the board is an RP2040: its port holds 32 bytes, and two frames may be under way
  const pipe = new Pipe({ mtu: 64, stream: true, blocking: true, limit: 4096 });
  const endpoint: Endpoint = new Endpoint({
    pairs: { "1a": pair }, state: saved, save, random: randomBytes,
    accept: () => endpoint.links.length === 0,
    events: { message: (link, content) => reading(toBase32(link.exchange.key), new TextDecoder().decode(content)) },
  });
  let timer: NodeJS.Timeout;
  const turn = (): void => {
    clearTimeout(timer);
    const next = endpoint.drain(performance.now() / 1000, { write: (_pipe, frame) => port.write(frame) });
    if (next) timer = setTimeout(turn, next.at * 1000 - performance.now());
  };
  port.on("data", (data) => {
    endpoint.receive(pipe, data, performance.now() / 1000);
    turn();
  });
  const send = (text: string): void => {
    endpoint.links[0]?.send(text);
    turn();
  };
  return { endpoint, send };
}
