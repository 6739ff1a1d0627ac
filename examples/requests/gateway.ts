/**
 * The gateway of app.ts in Node.js: asks the device, and lets a web server pass requests on to it. Over any radio that
 * carries frames, as examples/telemetry/gateway.ts.
 *
 *     const { ask, http } = serve(pair, radio, saved, save);
 *     console.log((await ask("GET", "/temperature")).body);
 *     createServer(http).listen(8080, "127.0.0.1"); // curl http://127.0.0.1:8080/HASHNAME/temperature
 */
import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { Endpoint, Pipe } from "e3x-mote";
import type { KeyPair, Save, State } from "e3x-mote";
import { ask, httpHandler } from "e3x-mote/node";

export interface Radio {
  write(frame: Uint8Array): void;
  listen(heard: (frame: Uint8Array) => void): void;
}

export interface Gateway {
  endpoint: Endpoint;
  /** The device's answer to a request, as text. Rejects where it is not linked, or has not answered in time. */
  ask(method: string, path: string, body?: string): Promise<{ status: number; body: string }>;
  http: RequestListener;
}

export function serve(pair: KeyPair, radio: Radio, saved: State, save: Save): Gateway {
  const pipe = new Pipe({ mtu: 20, limit: 4096 });
  const now = (): number => performance.now() / 1000;
  let timer: NodeJS.Timeout;
  const endpoint: Endpoint = new Endpoint({
    pairs: { "1a": pair }, state: saved, save, random: randomBytes,
    accept: () => endpoint.links.length === 0,
    // a request is to be sent: after what asks for it
    wake: () => plan(now()),
    events: {},
  });
  const turn = (): void => {
    const next = endpoint.drain(now(), { write: (_pipe, frame) => radio.write(frame) });
    clearTimeout(timer);
    if (next) plan(next.at);
  };
  const plan = (time: number): void => {
    clearTimeout(timer);
    timer = setTimeout(turn, (time - now()) * 1000);
  };
  radio.listen((frame) => {
    endpoint.receive(pipe, frame, now());
    turn();
  });
  return {
    endpoint,
    ask: async (method, path, body) => {
      const [link] = endpoint.links;
      if (!link) throw new Error("no device is linked");
      const answer = await ask(link, { method, path, ...(body !== undefined && { body }) });
      return { status: answer.status, body: new TextDecoder().decode(answer.body) };
    },
    http: httpHandler(endpoint),
  };
}
