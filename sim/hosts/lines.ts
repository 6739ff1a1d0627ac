// From the JSON lines of the device world to an Output.

import { emptyOutput } from "../types.ts";
import type { Output } from "../types.ts";

/** Collects the lines of one command; `add` returns true with the line that ends it. */
export class OutputCollector {
  readonly output: Output;

  constructor(time: number) {
    this.output = emptyOutput(time);
  }

  add(line: string): boolean {
    const item = JSON.parse(line) as { k: string; t: number; d?: string; n?: number | null };
    const out = this.output;
    if (item.k === "f") {
      out.frames.push(Uint8Array.from(Buffer.from(item.d ?? "", "base64")));
      out.times.push(item.t);
    } else if (item.k === "l") out.logs.push(item.d ?? "");
    else {
      out.now = item.t;
      out.next = item.n ?? undefined;
      return true;
    }
    return false;
  }
}

/** The argument of the device world for a boot. */
export function worldBoot(options: { time?: number; board: { curveStepMs: number; crypto?: string }; radio?: string; entropy: readonly number[]; globals?: object }): string {
  return JSON.stringify({
    time: options.time ?? 0,
    step: Math.round(options.board.curveStepMs * 1000),
    crypto: (options.board.crypto ?? "native") === "native",
    radio: options.radio ?? "Bluetooth",
    entropy: Array.from({ length: 4 }, (_, i) => (options.entropy[i] ?? 0) | 0),
    globals: options.globals ?? {},
  });
}
