// What is sent, and when.

import { exact } from "../engine.ts";
import type { Traffic } from "../scenario.ts";

/** Default bytes of a message. */
const BYTES = 12;

/**
 * The messages of one sender: called at a time in ms, it gives the content that is due, and when the next one is. Each
 * content is another: text has its number where it says "{n}", bytes begin with it.
 */
export function trafficOf(
  traffic: Traffic,
  start: number,
  random: () => number,
): (time: number) => { content: Uint8Array | undefined; next: number | undefined } {
  const { every, jitter = 0.1, bytes = BYTES, text, after = every, count = Infinity } = traffic;
  let n = 0;
  // each is late by itself: the beat stays
  // whole microseconds, as virtual time has: it must not come a little before that, and ask again for ever
  const due = (): number => exact(start + (after + n * every + random() * jitter * every) * 1000);
  let next = due();
  return (time) => {
    if (n >= count) return { content: undefined, next: undefined };
    if (time < next) return { content: undefined, next };
    const content =
      text === undefined ? numbered(n, bytes) : Uint8Array.from(Buffer.from(text.replaceAll("{n}", String(n)), "utf8"));
    n++;
    next = Math.max(time, due());
    return { content, next: n < count ? next : undefined };
  };
}

function numbered(n: number, length: number): Uint8Array {
  const content = new Uint8Array(length);
  for (let i = 0; i < length; i++) content[i] = i < 4 ? (n >>> (8 * i)) & 255 : i;
  return content;
}
