import { toHex } from "../packet/text.ts";

/** How many frames are remembered, and for how many seconds. */
const FRAMES = 12;
const RECENT = 0.5;

/** Bytes of a frame, at least, that are not the same by chance. */
const LENGTH = 6;

/**
 * Tells frames that a radio delivers twice. Chunks have no numbers, so that a copy that comes among the frames of a packet
 * would spoil it; but what they carry is encrypted, and never the same twice. Only where packets begin it may be: there the
 * token, or the sender's KEY, is the same for many.
 */
export class Repeats {
  private _recent: { text: string; before: string; at: number }[] = [];
  private _before = "";
  private _copy = false;

  /**
   * Whether a frame is a copy of one that came a moment ago, by itself: behind the same frame as then it is of a packet that
   * comes again as a whole, which is found out by others. @param now in seconds
   */
  has(frame: Uint8Array, now: number): boolean {
    const text = toHex(frame);
    const before = this._before;
    this._before = text;
    this._recent = this._recent.filter(({ at }) => now - at < RECENT).slice(-FRAMES);
    const known = frame.length < LENGTH || frame[1] === 0 ? undefined : this._recent.find((one) => one.text === text);
    if (!known) this._recent.push({ text, before, at: now });
    return this._copy = !!known && (this._copy || known.before !== before);
  }
}
