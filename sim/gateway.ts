// A gateway in the simulator: a node around the host package's Endpoint, with one pipe for each that it hears.

import { Advertisements, Endpoint, Pipe, stampOf, toBase32 } from "../src/index.ts";
import type { ErrorCode, KeyPair, Link, Packet, Random, State } from "../src/index.ts";
import { emptyOutput } from "./types.ts";
import type { Node, Output } from "./types.ts";

export interface GatewayOptions {
  pair: KeyPair;
  random: Random;
  /** Bytes of a frame that it writes. */
  mtu: number;
  /** Whether bytes come without bounds, and whether every chunk is answered: see Pipe. */
  stream?: boolean;
  blocking?: boolean;
  /** Milliseconds from one frame to the next to the same device. Default: frames go all at once. */
  pace?: number;
  /** Whether the first unknown endpoint that proves who it is may link, or all may. Default false. */
  pairing?: boolean | "all";
  /** Who links without being asked for it. */
  known?: readonly Uint8Array[];
  /** Told of messages and links, in place of `messages` and the log: networks of thousands have much of both. */
  told?: { message(received: Received): void; up(link: Link): void };
  /** How many packets of a reliable channel wait, and the clock that `at` of handshakes follows: see EndpointOptions. */
  window?: number;
  epoch?: () => number;
}

/** What one endpoint is reached by. */
interface Reach {
  name: string;
  pipe: Pipe;
  /** The radio's link is away. */
  away: boolean;
  /** Zeros that tell the device how long a frame may be, until they are sent. */
  hello: Uint8Array | undefined;
  /** Virtual ms before which no other frame is written. */
  free: number;
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
  pairing: boolean | "all";
  readonly messages: Received[] = [];
  /** What was refused, by code, over all restarts. */
  readonly drops: Partial<Record<ErrorCode, number>> = {};
  /** How often a link came up, or its session was renewed. */
  ups = 0;
  readonly #options: GatewayOptions;
  #state: State = {};
  #endpoint: Endpoint;
  #handlers = new Map<string, Parameters<Endpoint["handle"]>[1]>();
  #reached = new Map<string, Reach>();
  // what is to be told how long a frame may be, and what is reached by a pipe
  #greeted = new Set<Reach>();
  #byPipe = new WeakMap<Pipe, Reach>();
  #heard = new Advertisements();
  #names = new WeakMap<Link, string>();
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

  /** The endpoint as it is since the last restart. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Has channels of a type that devices open handled, after restarts too: see Endpoint.handle. */
  handle(type: string, handler: Parameters<Endpoint["handle"]>[1]): void {
    this.#handlers.set(type, handler);
    this.#endpoint.handle(type, handler);
  }

  /**
   * Begins anew with nothing but the identity and the state that was saved, as after a power cut; or without the state, and
   * then the next unknown endpoint may link again.
   */
  restart(forget = false): void {
    this.#state = forget ? {} : structuredClone(this.#state);
    this.pairing ||= forget;
    this.#reached = new Map();
    this.#greeted = new Set();
    this.#endpoint = this.#start();
  }

  /** Sends content by a link, the first if none is given; `Simulator.poke` then puts it on the air. Throws what `Link.send` throws. */
  send(content: Uint8Array | string | object, link: Link | undefined = this.links[0]): void {
    if (link === undefined) throw new Error("nobody is linked yet");
    link.send(content);
  }

  frame(time: number, bytes: Uint8Array, from: string): Output {
    this.#time = time;
    const { pipe } = this.#reach(from);
    // what a board with the radio "advertising" sends
    if (Advertisements.is(bytes))
      this.#heard.receive(from, bytes, time / 1000, (outer) => {
        this.#endpoint.packet(pipe, outer, time / 1000);
      });
    else this.#endpoint.receive(pipe, bytes, time / 1000);
    return this.run(time);
  }

  /** A device's radio link came or went. Of one with an MTU frames are as large as it allows, as far as ble.ts of the device takes them. */
  link(time: number, from: string, up: boolean, mtu?: number): Output {
    const reach = this.#reach(from);
    reach.away = !up;
    if (up) reach.pipe.restart();
    if (up && mtu !== undefined) {
      reach.pipe.mtu = Math.min(mtu - 3, 128);
      reach.hello = new Uint8Array(reach.pipe.mtu);
      this.#greeted.add(reach);
    }
    return this.run(time);
  }

  run(time: number): Output {
    this.#time = time;
    const output = { ...emptyOutput(time), to: [] as string[] };
    const soon = (at: number): void => {
      output.next = Math.min(output.next ?? Infinity, at);
    };
    const write = (reach: Reach, frame: Uint8Array): void => {
      reach.free = time + (this.#options.pace ?? 0);
      output.frames.push(frame);
      output.times.push(time);
      output.to.push(reach.name);
    };
    // a test may have injected frames by a pipe that this gateway does not own: nothing is written to it
    const ready = (reach: Reach | undefined): boolean => {
      if (!reach || reach.away) return false;
      if (reach.free > time) soon(reach.free);
      return reach.free <= time;
    };
    for (const reach of this.#greeted) {
      if (!ready(reach)) continue;
      this.#greeted.delete(reach);
      write(reach, reach.hello!);
    }
    const wake = this.#endpoint.drain(time / 1000, {
      ready: (pipe) => ready(this.#byPipe.get(pipe)),
      write: (pipe, frame) => {
        write(this.#byPipe.get(pipe)!, frame);
      },
    });
    // a time that is not a whole millisecond must not come out as the one that it is
    if (wake) soon(Math.max(time + 1, Math.ceil(wake.at * 1000)));
    output.logs = this.#logs;
    this.#logs = [];
    return output;
  }

  /** Whether it reaches a device, and has nothing under way to it. */
  idle(name: string): boolean {
    const reach = this.#reached.get(name);
    return reach !== undefined && !reach.away && reach.pipe.queue.length === 0;
  }

  #reach(from: string): Reach {
    const known = this.#reached.get(from);
    if (known) return known;
    const { mtu, stream = false, blocking = false } = this.#options;
    const reach: Reach = {
      name: from,
      pipe: new Pipe({ mtu, stream, blocking, limit: 70000 }),
      away: false,
      hello: undefined,
      free: 0,
    };
    this.#reached.set(from, reach);
    this.#byPipe.set(reach.pipe, reach);
    return reach;
  }

  #start(): Endpoint {
    const { pair, random, window, epoch, told, known = [] } = this.#options;
    const endpoint = new Endpoint({
      pairs: { "1a": pair },
      random,
      ...(window && { window }),
      ...(epoch && { epoch }),
      state: this.#state,
      save: (id, link) => {
        if (link) this.#state[id] = link;
        else delete this.#state[id];
      },
      accept: (key) => {
        const accepted = !!this.pairing;
        if (this.pairing !== "all") this.pairing = false;
        if (accepted && !told) this.#logs.push(`paired ${toBase32(key)}`);
        return accepted;
      },
      events: {
        up: (link) => {
          this.ups++;
          if (told) told.up(link);
          else this.#logs.push("linked");
        },
        down: () => {
          this.#logs.push("lost");
        },
        message: (link, data, packet) => {
          this.#message(link, data, packet);
        },
        drop: (code) => {
          this.drops[code] = (this.drops[code] ?? 0) + 1;
          if (!told) this.#logs.push(`drop ${code}`);
        },
      },
    });
    for (const [type, handler] of this.#handlers) endpoint.handle(type, handler);
    for (const key of known) endpoint.link(key);
    return endpoint;
  }

  #name(link: Link): string {
    const known = this.#names.get(link);
    if (known !== undefined) return known;
    const name = toBase32(link.exchange.key);
    this.#names.set(link, name);
    return name;
  }

  #message(link: Link, data: Uint8Array, packet: Packet): void {
    const received: Received = {
      time: this.#time,
      sender: this.#name(link),
      at: stampOf(packet),
      content: Uint8Array.from(data),
    };
    const { told } = this.#options;
    if (told) {
      told.message(received);
      return;
    }
    this.messages.push(received);
    this.#logs.push(`message ${data.length} bytes`);
  }
}
