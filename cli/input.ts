import { readFileSync } from "node:fs";
import { fromHex } from "../src/index.ts";
import { Failure, usage } from "./failure.ts";
import { note } from "./output.ts";

let taken = "";

/** All of standard input, which only one thing can be read from. */
async function readInput(what: string): Promise<Uint8Array> {
  if (taken) throw usage(`standard input can not be both ${taken} and ${what}; give one of them as a file`);
  taken = what;
  if (process.stdin.isTTY) note(`reading ${what} from the terminal; end with Ctrl-D`);
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return new Uint8Array(Buffer.concat(parts));
}

const reasons: Record<string, string> = {
  ENOENT: "there is no such file; check the path",
  EACCES: "it may not be read; check its permissions",
  EISDIR: "it is a folder; give a file",
};

/** What went wrong with a file, to people. */
export function fileFailure(file: string, error: unknown): Failure {
  const { code = "FILE", message } = error as NodeJS.ErrnoException;
  return new Failure(code, `${file}: ${reasons[code] ?? message}`);
}

/** Bytes of a file; "-" is standard input. */
export async function readFile(file: string, what: string): Promise<Uint8Array> {
  if (file === "-") return readInput(what);
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw fileFailure(file, error);
  }
}

/** Hex of whole bytes, in either case, perhaps with spaces, colons or 0x. */
export function parseHex(text: string, what: string): Uint8Array {
  const digits = text.replace(/0x|[\s:,]/gi, "").toLowerCase();
  if (!/^(?:[0-9a-f]{2})*$/.test(digits)) {
    throw new Failure("HEX", `${what} is not hex of whole bytes; give two digits 0-9 a-f for each byte`);
  }
  return fromHex(digits);
}

/** Packets or frames in hex: the arguments, or where there are none the lines of standard input. */
export async function readPackets(args: string[], what: string): Promise<Uint8Array[]> {
  const fromInput = args.length === 0;
  const texts = fromInput ? new TextDecoder().decode(await readInput(`${what}s`)).split(/\r?\n/) : args;
  const packets = texts
    .map((text, i) => parseHex(text, fromInput ? `line ${i + 1} of standard input` : `${what} ${i + 1}`))
    .filter((packet) => packet.length > 0);
  if (!packets.length) throw usage(`no ${what} was given; give it in hex, as an argument or on standard input`);
  return packets;
}

/** An option's value as an integer within bounds. */
export function integer(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw usage(`${name} is not an integer of ${min} to ${max}; correct it`);
  };
}
