import type { FrameLine, Frames } from "./part.ts";

/** Whether bytes are chunks, each whole. */
export function wholeChunks(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) at += 1 + bytes[at]!;
  return at === bytes.length;
}

/** Reads frames one after the other and says what each has. */
export function readFrames(inputs: Uint8Array[]): Frames {
  const frames: FrameLine[] = [];
  const packets: Uint8Array[] = [];
  let packet: number[] = [];
  let left = 0;
  for (const bytes of inputs) {
    const items: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const goesOn = left > 0;
      if (!goesOn) left = bytes[at++]!;
      if (left) {
        const part = bytes.subarray(at, at + left);
        const whole = left;
        at += part.length;
        left -= part.length;
        packet.push(...part);
        if (goesOn) items.push(`${part.length} more of that chunk`);
        else items.push(left ? `chunk of ${whole}, of which ${part.length} are here` : `chunk of ${whole}`);
      } else if (packet.length) {
        packets.push(Uint8Array.from(packet));
        packet = [];
        items.push(`end of packet ${packets.length}`);
      } else items.push("ack or keepalive");
    }
    frames.push({ bytes, items });
  }
  return { frames, packets, rest: Uint8Array.from(packet) };
}
