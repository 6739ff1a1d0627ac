/**
 * Blocks of bytes over unreliable channels of type "block", one way: a block comes as a whole or not at all. telehash v3,
 * channels/block.md.
 */
import { concat } from "#platform/engine";
import { encode } from "../packet/lob.ts";
import type { Packet } from "../packet/lob.ts";
import type { Channel, Opener, Taker } from "./channel.ts";
import { attached } from "./attached.ts";
import type { Attached } from "./attached.ts";

/**
 * Bytes of a block in one packet: as many as go with any HEAD into the 1,400 of a packet. Smaller packets, of which a lost
 * frame costs less, are of no use here: the whole block is lost all the same.
 */
const PART = 1300;

/** The most bytes of a block that is put together, if not given. */
const LIMIT = 4096;

/** Seconds after which an opening packet that is not answered is taken for lost. */
const PATIENCE = 5;

/** Packets of so many first blocks are answered: each may be the first that came after a lost answer. */
const ANSWERED = 3;

export interface Blocks {
  /**
   * Sends a block. Opens the channel where there is none any more: the opening packet was lost, or the session is another.
   * @throws BUSY where too much waits, and the block will not arrive; CHANNEL_ENDED after `end`, or where the other refused;
   * what `Opener.channel` throws
   */
  send(block: Uint8Array): void;
  end(): void;
}

/**
 * Opens a channel for blocks.
 * @param purpose what the other is to know of it, attached to the opening packet
 * @throws as `Opener.channel`
 */
export function blocks(opener: Opener, purpose?: Attached): Blocks {
  let channel: Channel | undefined;
  let id = 0;
  const open = (): Channel => {
    if (!channel) {
      channel = opener.channel({ "type": "block" }, purpose && encode(purpose.json, purpose.body), (event, data) => {
        if (event === "close" && (data === "timeout" || data === "reset")) channel = undefined;
      });
      channel.timeout = PATIENCE;
      id = 0;
    }
    return channel;
  };
  open();
  return {
    send: (block) => {
      let at = 0;
      const to = open();
      id++;
      do {
        const json: { [name: string]: unknown } = { "b": id };
        const from = at;
        if (from) json["at"] = from;
        at = Math.min(at + PART, block.length);
        if (at === block.length) json["done"] = true;
        to.send(json, block.subarray(from, at));
      } while (at < block.length);
    },
    // with an id, as all packets, and no block, as nothing is done
    end: () => {
      if (channel) channel.send({ "b": id + 1, "end": true });
    },
  };
}

/**
 * Takes blocks: `accept` is told of each channel that another opens, with the packet attached to it, if any, and takes it by
 * giving what is to get its blocks, in order; without a block that is told that the channel is over.
 * @param limit the most bytes of a block, 4,096 if not given: longer ones are dropped
 */
export function takeBlocks<From>(
  taker: Taker<From>,
  accept: (purpose: Packet | undefined, from: From) => ((block?: Uint8Array) => void) | undefined,
  limit?: number,
): void {
  taker.handle("block", (channel, open, from) => {
    const purpose = attached(open);
    const take = !channel.reliable && purpose !== null && accept(purpose, from);
    let id = 0;
    let at = 0;
    // of the block, while nothing of it is missing
    let parts: Uint8Array[] | undefined;
    if (take)
      channel.on = (event, data) => {
        if (event === "close") take();
        else {
          const json = (data as Packet).json!;
          const body = (data as Packet).body;
          const b = json["b"] as number;
          if (b > id) {
            id = b;
            at = 0;
            parts = [];
          }
          if (parts && b === id) {
            const missing = (json["at"] ?? 0) !== at;
            const all = parts;
            if (body.length) parts.push(body);
            at += body.length;
            const bad = missing || at > (limit ?? LIMIT);
            if (bad || json["done"]) parts = undefined;
            if (!bad && json["done"]) take(concat(all));
          }
          if (json["end"]) channel.send({ "end": true });
          else if (!(b > ANSWERED)) channel.send();
        }
      };
  });
}
