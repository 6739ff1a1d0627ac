/** Two linked endpoints whose channels run in simulated time over frames that get lost, repeated and late. */
import fc from "fast-check";
import { lob } from "../../src/index.ts";
import type { Json, Packet } from "../../src/index.ts";
import type { Channel, ChannelOn } from "../../src/channel/channel.ts";
import type { GatewayLink } from "../../src/endpoint/link.ts";
import { linked, tick } from "../endpoint/sides.ts";
import type { Radio, Side, SideOptions } from "../endpoint/sides.ts";
import { hex } from "../helpers/core.ts";

export interface Pair {
  a: Side;
  b: Side;
  ab: GatewayLink;
  ba: GatewayLink;
  /** Lets time pass until something is so; throws where it is not within so many seconds (600). */
  until(condition: () => boolean, seconds?: number): void;
  /** Lets so many seconds pass. */
  pass(seconds: number): void;
  now: number;
}

/** A radio that loses, repeats and delays frames, each with a probability. */
export function lossy(seed: number, loss: number, twice = 0): Radio {
  let state = seed >>> 0 || 1;
  const chance = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  return (frame) => (chance() < loss ? [] : chance() < twice ? [frame, frame] : [frame]);
}

export function pair(options: SideOptions = {}, radio?: Radio, other: SideOptions = options): Pair {
  const { a, b, ab, ba } = linked(options, other);
  const made: Pair = {
    a,
    b,
    ab,
    ba,
    now: 1,
    until: (condition, seconds = 600) => {
      const end = made.now + seconds;
      tick(a, b, made.now, radio);
      while (!condition()) {
        if (made.now > end) throw new Error(`it was not so within ${seconds} s`);
        made.now += 0.25;
        tick(a, b, made.now, radio);
      }
    },
    pass: (seconds) => {
      const end = made.now + seconds;
      made.until(() => made.now >= end, seconds + 1);
    },
  };
  return made;
}

/** Bytes of a frame, and what share of them is lost: as much as leaves handshakes a chance to come through. */
export const radios: fc.Arbitrary<[mtu: number, loss: number]> = fc.constantFrom(
  [20, 0],
  [20, 0.05],
  [64, 0.1],
  [256, 0.2],
);

/** How many channels of a link are not over. */
export const alive = (link: GatewayLink): number => link.channels.list.filter((channel) => !channel.over).length;

export const data = (length: number, seed = 7): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 13 + (i >> 8) * 5 + seed) & 255);

export const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString();

/** What happens on a channel, as text: "packet JSON HEX", "drain", "close WHY". The JSON is without the channel's own keys. */
export function log(into: string[]): ChannelOn {
  return (event, what) => {
    if (event !== "packet") {
      into.push(what === undefined ? event : `${event} ${what as string}`);
      return;
    }
    const { json, body } = what as Packet;
    const { c: _c, seq: _seq, ack: _ack, miss: _miss, type: _type, ...rest } = json as Record<string, unknown>;
    into.push(["packet", JSON.stringify(rest), hex(body)].join(" ").trim());
  };
}

/** Takes channels of a type at an endpoint as they are; the last one is in `channel`. */
export function raw(side: Side, type: string): { events: string[]; channel?: Channel } {
  const made: { events: string[]; channel?: Channel } = { events: [] };
  side.endpoint.handle(type, (channel) => {
    made.channel = channel;
    channel.on = log(made.events);
  });
  return made;
}

export const packed = (json?: Json, body?: Uint8Array): Uint8Array => lob.encode(json, body);
