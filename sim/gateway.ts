// A gateway in the simulator: a node around the host package's Endpoint, with one pipe for each that it hears.

import { Endpoint, Pipe, stampOf, toBase32 } from "../src/index.ts";
import type { ErrorCode, KeyPair, Link, Packet, Random, State } from "../src/index.ts";
import { emptyOutput } from "./types.ts";
import type { Node, Output } from "./types.ts";

export interface GatewayOptions {
  pair: KeyPair;
  random: Random;
  /** Bytes of a frame that it writes. */
  mtu: number;
  /** Whether the first unknown endpoint that proves who it is may link. Default false. */
  pairing?: boolean;
}

/** A message that the gateway accepted. */
export interface Received {
  /** Virtual ms. */
  time: number;
  /** The sender's public key in base32. */
  sender: string;
  /** `at` of the message, or of the last piece of its content. */
  at: number;
  content: Uint8Array;
}

/** A virtual gateway. Its log has "paired KEY", "linked", "lost", "message N bytes" and "drop CODE". */
export class Gateway implements Node {
  /** Whether the next unknown endpoint may link; ends with the first that does. */
  pairing: boolean;
  readonly messages: Received[] = [];
  /** What was refused, by code, over all restarts. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  /** How often a link came up, or its session was renewed. */
  ups = 0;
  readonly #options: GatewayOptions;
  #state: State = {};
  #endpoint: Endpoint;
  #pipes = new Map<string, Pipe>();
  #time = 0;
  #logs: string[] = [];

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.pairing = options.pairing ?? false;
    this.#endpoint = this.#start();
  }

  /** The public key. */
  get key(): Uint8Array {
    return this.#endpoint.identity.key;
  }

  get links(): readonly Link[] {
    return this.#endpoint.links;
  }

  /** Begins anew with nothing but the identity and the state that was saved, as after a power cut. */
  restart(): void {
    this.#pipes = new Map();
    this.#endpoint = this.#start();
  }

  /** Sends content by a link, the first if none is given; `Simulator.poke` then puts it on the air. Throws what `Link.send` throws. */
  send(content: Uint8Array | string | object, link: Link | undefined = this.links[0]): void {
    if (link === undefined) throw new Error("nobody is linked yet");
    link.send(content);
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    this.#time = time;
    const pipe = this.#pipes.get(from) ?? new Pipe({ mtu: this.#options.mtu, limit: 70000 });
    this.#pipes.set(from, pipe);
    this.#endpoint.receive(pipe, bytes, time / 1000);
    return this.run(time);
  }

  run(time: number): Output {
    this.#time = time;
    const next = this.#endpoint.poll(time / 1000);
    const output = { ...emptyOutput(time, next === undefined ? undefined : Math.ceil(next * 1000)), to: [] as string[] };
    for (const [to, pipe] of this.#pipes) {
      for (let frame = pipe.frame(); frame !== undefined; frame = pipe.frame()) {
        output.frames.push(frame);
        output.times.push(time);
        output.to.push(to);
      }
    }
    output.logs = this.#logs;
    this.#logs = [];
    return output;
  }

  #start(): Endpoint {
    const { pair, random } = this.#options;
    return new Endpoint({
      pair,
      random,
      state: structuredClone(this.#state),
      save: (state) => { this.#state = structuredClone(state); },
      accept: (key) => {
        const accepted = this.pairing;
        this.pairing = false;
        if (accepted) this.#logs.push(`paired ${toBase32(key)}`);
        return accepted;
      },
      events: {
        up: () => {
          this.ups++;
          this.#logs.push("linked");
        },
        down: () => { this.#logs.push("lost"); },
        message: (link, data, packet) => { this.#message(link, data, packet); },
        drop: (code) => {
          this.drops[code] = (this.drops[code] ?? 0) + 1;
          this.#logs.push(`drop ${code}`);
        },
      },
    });
  }

  #message(link: Link, data: Uint8Array, packet: Packet): void {
    this.messages.push({ time: this.#time, sender: toBase32(link.exchange.key), at: stampOf(packet), content: Uint8Array.from(data) });
    this.#logs.push(`message ${data.length} bytes`);
  }
}
