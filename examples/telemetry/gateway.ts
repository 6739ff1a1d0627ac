/**
 * The gateway of app.ts in Node.js, over any radio that carries frames: the Nordic UART of a BLE library, say. What
 * `save` was given last of each link is in `saved` at the next start. The first device that asks may link, and it alone.
 */
import { randomBytes } from "node:crypto";
import { Endpoint, Pipe, toBase32 } from "e3x-mote";
import type { KeyPair, Save, State } from "e3x-mote";

export interface Radio {
  write(frame: Uint8Array): void;
  listen(heard: (frame: Uint8Array) => void): void;
}

export function serve(
  pair: KeyPair, radio: Radio, saved: State, save: Save, reading: (from: string, text: string) => void,
): { endpoint: Endpoint; send(text: string): void } {
  const pipe = new Pipe({ mtu: 20, limit: 4096 });
  const endpoint: Endpoint = new Endpoint({
    pairs: { "1a": pair }, state: saved, save, random: randomBytes,
    accept: () => endpoint.links.length === 0,
    events: { message: (link, content) => reading(toBase32(link.exchange.key), new TextDecoder().decode(content)) },
  });
  let timer: NodeJS.Timeout;
  const turn = (): void => {
    clearTimeout(timer);
    const next = endpoint.drain(performance.now() / 1000, { write: (_pipe, frame) => radio.write(frame) });
    if (next) timer = setTimeout(turn, next.at * 1000 - performance.now());
  };
  radio.listen((frame) => {
    endpoint.receive(pipe, frame, performance.now() / 1000);
    turn();
  });
  const send = (text: string): void => {
    endpoint.links[0]?.send(text);
    turn();
  };
  return { endpoint, send };
}
