import { lob } from "../../src/index.ts";
import { CHANNEL_OVERHEAD } from "../../src/cipher/seal.ts";
import { decloak, isCloaked } from "../../src/packet/cloak.ts";
import { wholeChunks } from "./frames.ts";
import { csidOf, leastBody } from "./packet.ts";

/** How much speaks for a packet that is not cloaked: 2 for more than chance would bring about, 0 for nothing. */
function likely(bytes: Uint8Array): 0 | 1 | 2 {
  try {
    const { head, body, json, error } = lob.decode(bytes);
    if (error) return 0;
    if (json || (!head.length && body.length >= CHANNEL_OVERHEAD)) return 2;
    const csid = csidOf(head);
    return csid && body.length >= leastBody(csid) ? 2 : 1;
  } catch {
    return 0;
  }
}

/**
 * Whether bytes are a packet, cloaked perhaps, or a radio frame: a packet begins with zero or is random, a frame begins
 * with the length of its chunk. Short ones can be both; then the more likely.
 */
function isFrame(bytes: Uint8Array): boolean {
  if (bytes.length === 1) return bytes[0] === 0;
  const chunks = wholeChunks(bytes);
  if (!isCloaked(bytes)) return chunks && !likely(bytes);
  let under: 0 | 1 | 2 = 0;
  try {
    under = likely(decloak(bytes).packet);
  } catch {
    // not cloaked then
  }
  return under < 2 && chunks;
}

/** Whether all these are radio frames: frames and packets do not come mixed. */
export function areFrames(inputs: Uint8Array[]): boolean {
  return inputs.some(isFrame);
}
