import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CaptureError, pcapngBlocks, readCapture } from "../sim/index.ts";
import type { Capture, CaptureHeader, CaptureRecord } from "../sim/index.ts";
import { Failure } from "./failure.ts";
import { fileFailure } from "./input.ts";

/** Bytes that are written, or read, at once. */
const PIECE = 1 << 20;

/** A capture that goes to a file while it is made, and is read again: one of a large network does not fit in memory. */
export class CaptureFile {
  readonly path: string;
  readonly #folder: string | undefined;
  #descriptor: number | undefined;
  #waiting: string[] = [];
  #size = 0;

  /** @param path without one a file of its own, which `close` deletes */
  constructor(path: string | undefined) {
    this.#folder = path === undefined ? mkdtempSync(join(tmpdir(), "mote-capture-")) : undefined;
    this.path = path ?? join(this.#folder!, "capture.jsonl");
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      this.#descriptor = openSync(this.path, "w");
    } catch (error) {
      throw fileFailure(this.path, error);
    }
  }

  write(line: string): void {
    this.#waiting.push(line);
    this.#size += line.length;
    if (this.#size > PIECE) this.#flush();
  }

  /** All is written. */
  end(): void {
    this.#flush();
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  read(): Capture {
    return readCapture(readFileSync(this.path, "utf8"));
  }

  close(): void {
    this.end();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  #flush(): void {
    if (this.#waiting.length) writeSync(this.#descriptor!, this.#waiting.join(""));
    this.#waiting = [];
    this.#size = 0;
  }
}

/** Reads a capture of the command line; throws a Failure that names the file. */
export function captureOf(file: string): Capture {
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fileFailure(file, error);
  }
  try {
    return readCapture(text);
  } catch (error) {
    if (error instanceof CaptureError) throw new Failure(error.code, `${file}: ${error.message}`);
    throw error;
  }
}

/** The lines of a file, one after the other. */
function* linesOf(file: string): Generator<string> {
  const descriptor = openSync(file, "r");
  const decoder = new TextDecoder();
  const piece = Buffer.alloc(PIECE);
  let rest = "";
  try {
    for (let n = readSync(descriptor, piece); n; n = readSync(descriptor, piece)) {
      const lines = (rest + decoder.decode(piece.subarray(0, n), { stream: true })).split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** Writes a capture that was made here for Wireshark, line by line. */
export function writePcap(to: string, capture: CaptureFile | Capture, secrets: string | undefined): void {
  let header: CaptureHeader;
  let records: Iterable<CaptureRecord>;
  if (capture instanceof CaptureFile) {
    const lines = linesOf(capture.path);
    header = JSON.parse(lines.next().value as string) as CaptureHeader;
    records = (function* (): Generator<CaptureRecord> {
      for (const line of lines) {
        const record = JSON.parse(line) as CaptureRecord | { k: "end" };
        if (record.k !== "end") yield record;
      }
    })();
  } else ({ header, records } = capture);
  try {
    mkdirSync(dirname(to), { recursive: true });
    const descriptor = openSync(to, "w");
    try {
      for (const block of pcapngBlocks({ header, records }, secrets === undefined ? {} : { secrets }))
        writeSync(descriptor, block);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileFailure(to, error);
  }
}
