// The console of a board, asked line by line. Every line is answered before the next is sent, which is all the flow
// control that there is: EspruinoTools does not heed XON and XOFF. A line that got lost or garbled on its way (slow
// serial ports without flow control; the Linux build, whose input thread and interpreter share a buffer without a
// lock) is cleared with Ctrl-C and sent again; its CRC-32 says whether it is whole. A line may be run twice, when it was
// the answer that got lost, so lines must do no harm then. Ctrl-C never goes to an
// empty line: the second within five seconds ends the Linux build.

import { crc32 } from "./crc32.ts";
import { FlashError } from "./errors.ts";

/** A connection to a console: text goes out and comes in, a character a byte. */
export interface Wire {
  write(text: string): Promise<void>;
  /** Has the one listener called with what comes in. */
  listen(heard: (text: string) => void): void;
}

export interface AskOptions {
  /** Milliseconds until a line is taken for lost. Default 3,000. */
  timeout?: number;
  /** How often a line is sent at most. Default 6. */
  tries?: number;
}

/** Ends a line that was begun, and what runs. */
const CTRL_C = "\x03";
/** At the start of a line: it is not echoed. */
const NO_ECHO = "\x10";
/** [value], "exception", or 0 where the expression is not the one that was sent. */
const EVALUATE =
  '((s,c)=>{try{return E.CRC32(s)==c?JSON.stringify([eval(s)]):0}catch(e){return JSON.stringify(""+e)}})';

const garbled =
  "the board does not answer, or what it is sent arrives garbled; use another cable or port, or come nearer";

/** Time for a board to come back from an interruption, in milliseconds. */
const PAUSE = 100;

/** Timers, as Node's; tests have faster ones. */
export interface Timers {
  setTimeout(run: () => void, ms: number): NodeJS.Timeout;
  clearTimeout(timer: NodeJS.Timeout): void;
}

export class Console {
  /** How often a line had to be sent again. */
  repeats = 0;
  readonly #wire: Wire;
  readonly #timers: Timers;
  #number = 0;
  #heard = "";
  #wake: () => void = () => undefined;

  constructor(wire: Wire, timers: Timers = globalThis) {
    this.#wire = wire;
    this.#timers = timers;
    wire.listen((text) => {
      this.#heard = (this.#heard + text).slice(-8192);
      this.#wake();
    });
  }

  /** The last of what came that was no answer: what a user would read on the console. */
  get said(): string {
    return this.#heard
      .replace(/<%[^]*?%>/g, "")
      .replace(/\x1b\[[0-9;?]*[A-Za-z]/g, "")
      .replace(/[^\x21-\x7e]+/g, " ")
      .trim()
      .slice(-80);
  }

  /**
   * The value of an expression on the board, through JSON, which is not null or undefined. The expression is evaluated once or several times.
   * Throws NO_ANSWER, and STORAGE with the board's own words for what it throws.
   */
  async ask(expression: string, { timeout = 3000, tries = 6 }: AskOptions = {}): Promise<unknown> {
    const number = ++this.#number;
    const checked = `${JSON.stringify(expression)},${crc32(Buffer.from(expression, "latin1"))}`;
    const line = `${NO_ECHO}print("<%"+${number}+":"+${EVALUATE}(${checked})+"%>")\n`;
    let failure: FlashError | undefined;
    const answer = new RegExp(`<%${number}:([^]*?)%>`);
    for (let left = tries; left > 0; left--) {
      this.#heard = "";
      await this.#wire.write(line);
      const text = await this.#until(answer, timeout);
      const reply = text === undefined ? undefined : parse(text);
      // null is the answer of a line that lost the expression's name: eval()
      if (Array.isArray(reply) && reply[0] !== null) return reply[0];
      // what it throws may be for want of a character
      failure =
        typeof reply === "string"
          ? new FlashError("STORAGE", `the board says "${reply}"`)
          : new FlashError("NO_ANSWER", garbled);
      if (left > 1) {
        this.repeats++;
        await this.clear();
      }
    }
    throw failure;
  }

  /** Gives up the line that was begun, and what runs. */
  async clear(): Promise<void> {
    // more than one, as one may be lost
    await this.#wire.write("   ");
    await this.pause(PAUSE);
    await this.#wire.write(CTRL_C);
    await this.pause(PAUSE);
    await this.#wire.write("\n");
    await this.pause(PAUSE);
  }

  /** Gives the board time, in milliseconds. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.setTimeout(resolve, ms);
    });
  }

  /** Runs a statement that gives no answer, such as load(). */
  async tell(statement: string): Promise<void> {
    await this.#wire.write(`${NO_ECHO}${statement}\n`);
  }

  /** What the pattern's group holds, once it came; undefined after the time, or where the board says that it did not understand. */
  #until(pattern: RegExp, timeout: number): Promise<string | undefined> {
    return new Promise((resolve) => {
      const end = (text: string | undefined): void => {
        this.#timers.clearTimeout(timer);
        this.#wake = () => undefined;
        resolve(text);
      };
      const timer = this.#timers.setTimeout(() => end(undefined), timeout);
      this.#wake = () => {
        const found = pattern.exec(this.#heard);
        if (found) end(found[1]);
        else if (/Uncaught [^\n]*\n/.test(this.#heard)) end(undefined);
      };
    });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
