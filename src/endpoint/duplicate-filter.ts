import { toHex } from "../packet/text.ts";

/** How many frames are remembered, and for how many seconds. */
const FRAMES = 12;
const RECENT = 0.5;

/** Bytes of a frame, at least, that are not the same by chance. */
const LENGTH = 6;

/**
 * Detects frames that a radio delivers twice. Chunks have no numbers, so that a copy that comes among the frames of a packet
 * would spoil it; but what they carry is encrypted, and never the same twice. Only where packets begin it may be: there the
 * token, or the sender's KEY, is the same for many.
 */
export class DuplicateFilter {
  private _recent: { text: string; place: number; at: number }[] = [];
  // which frame of a packet the next one is
  private _place = 0;

  /**
   * Whether a frame is a copy of one that came a moment ago, by itself: at the same place as then it is of a packet that
   * comes again as a whole, perhaps changed, which is found out by others. @param now in seconds
   */
  has(frame: Uint8Array, now: number): boolean {
    const begins = frame[1] === 0;
    const place = begins ? 0 : this._place;
    const text = toHex(frame);
    this._recent = this._recent.filter(({ at }) => now - at < RECENT).slice(-FRAMES);
    if (!begins && frame.length >= LENGTH && this._recent.some((one) => one.text === text && one.place !== place))
      return true;
    this._recent.push({ text, place, at: now });
    // the zero behind the last chunk
    this._place = frame.length > frame[0]! + 1 ? 0 : place + 1;
    return false;
  }
}
