import type { WriteStream } from "node:tty";
import { stripVTControlCharacters, styleText } from "node:util";
import type { RunProgress } from "../sim/index.ts";
import { count, printable } from "./output.ts";

/** ms from one drawing to the next at least. */
const PERIOD = 200;
/** Characters of the bar, where there is room for it beside its text. */
const BAR = 24;

const clock = (seconds: number): string => {
  const whole = Math.floor(seconds);
  const rest = `${String(Math.floor(whole / 60) % 60).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${rest}` : rest;
};

/**
 * A view of a run while it goes on, redrawn in place. It is beside the output, on standard error, and says nothing where
 * that is no terminal. `end()` takes it away again.
 */
export class Live {
  readonly #out: WriteStream;
  readonly #title: string;
  readonly #on: boolean;
  readonly #now: () => number;
  readonly #begun: number;
  #last = -Infinity;
  #drawn = 0;
  #state: RunProgress | undefined;

  /** @param now ms of a clock that never goes back */
  constructor(out: WriteStream, title: string, now = (): number => performance.now()) {
    this.#out = out;
    this.#title = title;
    this.#now = now;
    this.#begun = now();
    // a terminal that cannot move its cursor would scroll
    this.#on = out.isTTY && process.env["TERM"] !== "dumb";
  }

  /** Takes note of how far it is; draws it five times a second at most. */
  update(state: RunProgress): void {
    if (!this.#on) return;
    this.#state = state;
    const now = this.#now();
    if (now - this.#last < PERIOD) return;
    this.#last = now;
    this.#draw();
  }

  /** Takes the view away. */
  end(): void {
    if (this.#drawn) this.#out.write(this.#back());
    this.#drawn = 0;
    this.#state = undefined;
  }

  /** To the first line, with nothing from there on. */
  #back(): string {
    return `\x1b[${this.#drawn}A\r\x1b[J`;
  }

  #style(format: Parameters<typeof styleText>[0], text: string): string {
    return this.#out.hasColors() ? styleText(format, text, { validateStream: false }) : text;
  }

  #draw(): void {
    const lines = this.lines(this.#state!, this.#out.columns || 80);
    this.#out.write(`${this.#drawn ? this.#back() : ""}${lines.join("\n")}\n`);
    this.#drawn = lines.length;
  }

  /** What is drawn: lines that fit. */
  lines(state: RunProgress, columns: number): string[] {
    const { time, duration, devices, linked, sent, delivered, transmissions, lost, events } = state;
    const ratio = (time * 1000) / Math.max(1, this.#now() - this.#begun);
    const share = duration > 0 ? Math.min(1, time / duration) : 1;
    const rate = ratio >= 10 ? count(Math.round(ratio)) : ratio.toFixed(1);
    const text = `${clock(time)} of ${clock(duration)}, ${rate} times real time`;
    const bar = Math.max(0, Math.min(BAR, columns - text.length - 2));
    const full = Math.round(share * bar);
    const percent = (part: number, of: number): string => (of ? ` (${((100 * part) / of).toFixed(1)} %)` : "");
    const lines = [
      `${this.#style("bold", printable(this.#title))}`,
      `${this.#style("green", "\u2588".repeat(full))}${"\u2591".repeat(bar - full)} ${text}`,
      `linked ${count(linked)} of ${count(devices)}, messages ${count(delivered)} of ${count(sent)} delivered${percent(delivered, sent)}`,
      `${count(transmissions)} transmissions, ${count(lost)} receptions lost, ${count(events)} events`,
    ];
    // one that goes over the edge would take two lines: styles are left off where it has to be cut
    return lines.map((line) =>
      stripVTControlCharacters(line).length < columns ? line : cut(stripVTControlCharacters(line), columns - 1),
    );
  }
}

const cut = (text: string, columns: number): string =>
  text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}\u2026` : text;
