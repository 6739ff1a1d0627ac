// From the JSON lines of the device world to an Output.

import { emptyOutput } from "../types.ts";
import { DeviceError } from "../errors.ts";
import { boardTexts } from "../boards/index.ts";
import { radioTexts } from "../radios/index.ts";
import type { BootOptions, Output } from "../types.ts";

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

/** The text of the radio's hardware; "undefined" for a plain stream. Throws DeviceError "device-radio" for a kind that is not there. */
export function radioText(radio: BootOptions["radio"] = "Bluetooth"): string {
  if (radio === "Bluetooth" || radio === "Serial1") return "undefined";
  const text = Object.prototype.hasOwnProperty.call(radioTexts, radio) ? radioTexts[radio] : undefined;
  if (text === undefined) throw new DeviceError("device-radio", `there is no virtual radio "${radio}"; there are Bluetooth, Serial1, ${Object.keys(radioTexts).join(", ")}`);
  return text;
}

/** The text of what is on the board beside its radio; "undefined" where nobody has written it. */
export function boardText(name: string): string {
  return Object.prototype.hasOwnProperty.call(boardTexts, name) ? boardTexts[name]! : "undefined";
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
