// The gateway of an emulated board: the host package's Endpoint with a Pipe, at the other end of the board's serial port.

import { randomBytes } from "node:crypto";
import { stream, streams } from "../../src/channel/stream.ts";
import { Endpoint, Pipe, generate, toBase32 } from "../../src/index.ts";
import type { Link, State } from "../../src/index.ts";
import type { Clock, Rig } from "./rig.ts";

/** How long a stream's bytes may be in coming, in seconds. */
const PATIENCE = 900;

/** A byte stream's sum: what a board can tell of it at no cost. */
const sumOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte, 0);

export class LiveGateway {
  readonly #pair = generate(randomBytes)["1a"];
  readonly #pipe: Pipe;
  readonly #endpoint: Endpoint;
  readonly #radio: Rig["radio"];
  readonly #clock: Clock;
  #state: State = {};
  #forget: () => void = () => undefined;
  #got: string[] = [];
  #streamed: { bytes: number; sum: number; ended: boolean } = { bytes: 0, sum: 0, ended: false };
  #wake: () => void = () => undefined;
  /** How often the link came up, and why packets were refused. */
  ups = 0;
  readonly drops: string[] = [];

  constructor({ radio, clock }: Pick<Rig, "radio" | "clock">, mtu: number) {
    this.#radio = radio;
    this.#clock = clock;
    this.#pipe = new Pipe({ mtu, stream: true, blocking: true, limit: 4096 });
    this.#endpoint = new Endpoint({
      pairs: { "1a": this.#pair },
      random: randomBytes,
      accept: () => this.#endpoint.links.length === 0,
      save: (id, link) => {
        if (link) this.#state[id] = link;
        else delete this.#state[id];
      },
      events: {
        up: () => {
          this.ups++;
          this.#wake();
        },
        message: (_link, content) => {
          this.#got.push(Buffer.from(content).toString("latin1"));
          this.#wake();
        },
        drop: (code) => {
          this.drops.push(code);
        },
      },
    });
    streams(this.#endpoint, (one) => {
      this.#streamed = { bytes: 0, sum: 0, ended: false };
      one.on = (event, data) => {
        if (event === "data") {
          this.#streamed.bytes += (data as Uint8Array).length;
          this.#streamed.sum += sumOf(data as Uint8Array);
        } else if (event === "end") {
          this.#streamed.ended = true;
          one.end();
        }
        this.#wake();
      };
    });
    radio.listen((bytes) => {
      this.#endpoint.receive(this.#pipe, Uint8Array.from(bytes), clock.now());
      this.#turn();
    });
  }

  /** The public key in base32. */
  get key(): string {
    return toBase32(this.#pair.key);
  }

  /** What it would keep over a restart. */
  get state(): State {
    return this.#state;
  }

  get link(): Link {
    const link = this.#endpoint.links[0];
    if (!link) throw new Error("the board has not linked yet");
    return link;
  }

  /** Sends a message. */
  say(content: string): void {
    this.link.send(content);
    this.#turn();
  }

  /** Opens a stream to the board and writes so many bytes; returns their sum. */
  pour(bytes: number): number {
    const data = Uint8Array.from({ length: bytes }, (_, i) => (i * 7) & 255);
    stream(this.link).end(data);
    this.#turn();
    return sumOf(data);
  }

  /** Resolves with the next message that `match` takes; undefined after so many seconds. */
  async hear<T>(match: (message: string) => T | undefined, seconds: number): Promise<T | undefined> {
    return this.until(() => {
      for (const [i, message] of this.#got.entries()) {
        const found = match(message);
        if (found === undefined) continue;
        this.#got.splice(i, 1);
        return found;
      }
      return undefined;
    }, seconds);
  }

  /** Bytes of the stream that the board opened last, their sum, and whether all have come. */
  streamed(): Promise<{ bytes: number; sum: number } | undefined> {
    return this.until(() => (this.#streamed.ended ? this.#streamed : undefined), PATIENCE);
  }

  /** Forgets what was streamed before. */
  clear(): void {
    this.#streamed = { bytes: 0, sum: 0, ended: false };
    this.#got = [];
  }

  /** Resolves with what `look` finds, looking whenever something came; undefined after so many seconds. */
  until<T>(look: () => T | undefined, seconds: number): Promise<T | undefined> {
    return new Promise((resolve) => {
      const end = (found: T | undefined): void => {
        forget();
        this.#wake = () => undefined;
        resolve(found);
      };
      const forget = this.#clock.after(seconds, () => {
        end(undefined);
      });
      this.#wake = () => {
        const found = look();
        if (found !== undefined) end(found);
      };
      this.#wake();
    });
  }

  /** No more turns. */
  close(): void {
    this.#forget();
    this.#radio.listen(() => undefined);
  }

  #turn(): void {
    const now = this.#clock.now();
    const again = this.#endpoint.poll(now) ?? Infinity;
    for (let frame = this.#pipe.frame(now); frame; frame = this.#pipe.frame(now)) this.#radio.write(frame);
    this.#forget();
    const next = Math.min(again, this.#endpoint.poll(now) ?? Infinity, this.#pipe.until ?? Infinity);
    this.#forget =
      next === Infinity
        ? () => undefined
        : this.#clock.after(Math.max(0.001, next - now), () => {
            this.#turn();
          });
  }
}
