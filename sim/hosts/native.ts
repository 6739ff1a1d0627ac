// Device host (c): an endpoint of the host package in place of a board, for networks of thousands: the protocol as it is,
// no interpreter, no radio hardware of its own.

import { Endpoint, Pipe, stampOf } from "../../src/index.ts";
import type { KeyPair, Link, Random, State } from "../../src/index.ts";
import { emptyOutput } from "../types.ts";
import type { Node, Output } from "../types.ts";

export interface NativeOptions {
  pair: KeyPair;
  random: Random;
  /** The gateway's public key, and its name on the air. */
  gateway: Uint8Array;
  to: string;
  /** Bytes of a frame at most. */
  mtu: number;
  stream?: boolean;
  blocking?: boolean;
  /** False: paired already, without a handshake, as with a radio that only sends. */
  handshake?: boolean;
  /** It begins when its radio's link comes; where it has none, at once. */
  waits?: boolean;
  /** What it sends: the next message at or after a time in ms, and when the one after it is due. */
  traffic?: (time: number) => { content: Uint8Array | undefined; next: number | undefined };
  /** Told of what it was given to send, and of what it has got. Virtual ms. */
  sent?(time: number, content: Uint8Array): void;
  got?(time: number, content: Uint8Array, at: number): void;
}

/** Seconds before a gateway that did not answer is asked again: doubled each time, as on a device. */
const WAIT = 1;
const WAIT_MAX = 600;

/** Log lines: "up", "down", "drop CODE", "not sent CODE". */
export class NativeDevice implements Node {
  readonly #options: NativeOptions;
  #state: State = {};
  #endpoint!: Endpoint;
  #link!: Link;
  #pipe!: Pipe;
  #logs: string[] = [];
  #time = 0;
  #wait = WAIT;
  // virtual ms: the next try to link, the next message
  #again: number | undefined;
  #next: number | undefined;
  #off = false;
  boots = 0;

  constructor(options: NativeOptions) {
    this.#options = options;
    if (!options.waits) this.#boot();
  }

  /** Its link: undefined until its radio's link has come. */
  get peer(): Link | undefined {
    return this.#link;
  }

  /** As after a reset: what was kept in flash is there. */
  restart(): void {
    this.#state = structuredClone(this.#state);
    this.#off = false;
    this.#boot();
  }

  /** Power off, until `restart`. */
  powerOff(): void {
    this.#off = true;
  }

  frame(time: number, bytes: Uint8Array): Output {
    if (this.#off || !this.#endpoint) return emptyOutput(time);
    this.#time = time;
    this.#endpoint.receive(this.#pipe, bytes, time / 1000);
    return this.run(time);
  }

  /** Its radio's link comes, with an ATT MTU where it has one, or goes. */
  link(time: number, from: string, up: boolean, mtu?: number): Output {
    if (this.#off || from !== this.#options.to) return this.run(time);
    if (!this.#endpoint) this.#boot();
    if (mtu !== undefined) this.#pipe.mtu = Math.min(mtu - 3, 128);
    if (up) {
      this.#pipe.restart();
      if (!this.#link.up) this.#again = time;
    }
    return this.run(time);
  }

  run(time: number): Output {
    const output = emptyOutput(time);
    if (this.#off || !this.#endpoint) return output;
    const { traffic, handshake, to } = this.#options;
    const endpoint = this.#endpoint;
    this.#time = time;
    if (this.#again !== undefined && time >= this.#again) {
      this.#again = undefined;
      if (handshake === false) this.#link.pipe = this.#pipe;
      else this.#link.connect(this.#pipe);
    }
    if (traffic && (this.#next === undefined || time >= this.#next)) this.#say(traffic(time));
    const receivers: string[] = (output.to = []);
    const wake = endpoint.drain(time / 1000, {
      write: (_pipe, frame) => {
        output.frames.push(frame);
        output.times.push(time);
        receivers.push(to);
      },
    });
    let next = wake?.at ?? Infinity;
    if (next !== Infinity) next = Math.max(time + 1, Math.ceil(next * 1000));
    for (const at of [this.#again, this.#next]) if (at !== undefined && at < next) next = at;
    if (next !== Infinity) output.next = next;
    output.logs = this.#logs;
    this.#logs = [];
    return output;
  }

  #say({ content, next }: { content: Uint8Array | undefined; next: number | undefined }): void {
    this.#next = next ?? Infinity;
    if (!content) return;
    try {
      this.#link.send(content);
      this.#options.sent?.(this.#time, content);
    } catch (error) {
      this.#logs.push(`not sent ${(error as { code?: string }).code ?? String(error)}`);
    }
  }

  #boot(): void {
    const { pair, random, gateway, mtu, stream = false, blocking = false, got } = this.#options;
    this.boots++;
    this.#pipe = new Pipe({ mtu, stream, blocking, limit: 70000 });
    this.#wait = WAIT;
    this.#endpoint = new Endpoint({
      pairs: { "1a": pair },
      random,
      room: 64,
      patience: 30,
      state: this.#state,
      save: (id, link) => {
        if (link) this.#state[id] = link;
        else delete this.#state[id];
      },
      events: {
        up: () => {
          this.#wait = WAIT;
          this.#logs.push("up");
        },
        down: () => {
          this.#logs.push("down");
          this.#again = this.#time + this.#wait * 1000;
          this.#wait = Math.min(this.#wait * 2, WAIT_MAX);
        },
        message: (_link, data, packet) => {
          got?.(this.#time, data, stampOf(packet));
        },
        drop: (code) => {
          this.#logs.push(`drop ${code}`);
        },
      },
    });
    this.#link = this.#endpoint.link(gateway);
    this.#again = this.#time;
  }
}
