// From the JSON lines of the emulated firmware to an Output.

import { emptyOutput } from "../types.ts";
import type { Output } from "../types.ts";

/** Collects the lines of one command; `add` returns true with the line that ends it. */
export class OutputCollector {
  readonly output: Output;

  constructor(time: number) {
    this.output = emptyOutput(time);
  }

  add(line: string): boolean {
    const item = JSON.parse(line) as { k: string; t: number; d?: string; n?: number | null; w?: number; c?: number };
    const out = this.output;
    if (item.k === "f") {
      out.frames.push(Uint8Array.from(Buffer.from(item.d ?? "", "base64")));
      out.times.push(item.t);
    } else if (item.k === "l") out.logs.push(item.d ?? "");
    else {
      out.now = item.t;
      out.next = item.n ?? undefined;
      if (item.w) out.writes = item.w;
      if (item.c) out.cut = true;
      return true;
    }
    return false;
  }
}
