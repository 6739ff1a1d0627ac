/**
 * Channels of type "path", as far as an endpoint with one way to the other needs them: is the other there, and how long is
 * the way to it and back? A gateway, with many ways, has src/endpoint/services/paths.ts. telehash v3, channels/path.md.
 */
import type { Channel, Opener, Taker } from "./channel.ts";

/** Has a channel end without a word to the other. */
function leave(channel: Channel): void {
  channel.on = undefined!;
  // as if the other had said `end` long ago
  channel.state = 2;
  channel.timeout = 0;
}

/**
 * Asks the other for an answer. `done` is called once: with the seconds until it came, or with undefined where none did
 * within 30 s.
 * @param clock gives the time in seconds; on a board `getTime`
 * @throws as `Opener.channel`
 */
export function ping(opener: Opener, clock: () => number, done: (seconds?: number) => void): void {
  const start = clock();
  opener.channel({ "type": "path" }, undefined, (event, _, channel) => {
    leave(channel);
    done(event === "packet" ? clock() - start : undefined);
  });
}

/** Has what others ask answered. */
export function answer<From>(taker: Taker<From>): void {
  taker.handle("path", (channel) => {
    channel.on = () => {
      leave(channel);
      channel.send({});
    };
  });
}
