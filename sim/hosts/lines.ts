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

/** The argument of the device world for a boot. */
export function worldBoot(options: { time?: number; board: { curveStepMs: number; firmware?: readonly string[]; thumb?: string | null }; radio?: string; radioOptions?: object; happens?: readonly object[]; entropy: readonly number[]; globals?: object; faults?: object }): string {
  return JSON.stringify({
    time: options.time ?? 0,
    step: Math.round(options.board.curveStepMs * 1000),
    firmware: options.board.firmware ?? ["SHA256", "AES"],
    thumb: !!options.board.thumb,
    radio: options.radio ?? "Bluetooth",
    radioOptions: options.radioOptions ?? {},
    happens: options.happens ?? [],
    entropy: Array.from({ length: 4 }, (_, i) => (options.entropy[i] ?? 0) | 0),
    globals: options.globals ?? {},
    faults: options.faults ?? {},
  });
}
