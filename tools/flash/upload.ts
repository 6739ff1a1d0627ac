import type { Console } from "./console.ts";
import { crc32 } from "./crc32.ts";
import { FlashError } from "./errors.ts";
import { CHUNK, linesOf } from "./plan.ts";
import type { StorageFile } from "./seed.ts";

/** Erasing a page and compacting take a board up to seconds. */
const SLOW = { timeout: 30_000 };

// in single quotes: the expression goes in double ones
const quoted = (name: string): string => `'${name}'`;

/** Bytes and CRC-32 of a file as the board reads it from its Storage; undefined where there is none. */
export async function stateOf(console: Console, name: string): Promise<{ bytes: number; crc: number } | undefined> {
  const state = await console.ask(
    `(d=>d===undefined?0:[d.length,E.CRC32(d)])(require('Storage').read(${quoted(name)}))`,
    SLOW,
  );
  return Array.isArray(state) ? { bytes: Number(state[0]), crc: Number(state[1]) >>> 0 } : undefined;
}

/** Names of files that match a pattern. */
export async function listFiles(console: Console, pattern: RegExp): Promise<string[]> {
  return (await console.ask(`require('Storage').list(${String(pattern)})`, SLOW)) as string[];
}

export async function eraseFile(console: Console, name: string): Promise<void> {
  await console.ask(`(require('Storage').erase(${quoted(name)}),1)`, SLOW);
}

export async function compact(console: Console): Promise<void> {
  await console.ask("(require('Storage').compact(),1)", { timeout: 120_000, tries: 2 });
}

/** The lines that write a file. What is there already can not be written again, so each looks before. */
function linesFor({ name, bytes }: StorageFile): string[] {
  return Array.from({ length: linesOf(bytes.length) }, (_, i) => {
    const offset = i * CHUNK;
    const piece = Buffer.from(bytes.subarray(offset, offset + CHUNK)).toString("base64");
    // the size is said with the first piece: it makes the file
    const args = `${quoted(name)},${offset},atob('${piece}'),${i === 0 ? bytes.length : 0}`;
    return `((n,o,d,z,s)=>s.read(n,o,d.length)===d?1:+s.write(n,d,o,z))(${args},require('Storage'))`;
  });
}

/**
 * Writes a file, replacing what is there. Throws NO_ROOM, NO_ANSWER, STORAGE.
 * @param sent is called after every piece with the bytes of the file that are written
 */
async function write(console: Console, file: StorageFile, sent: (bytes: number) => void): Promise<void> {
  await eraseFile(console, file.name);
  const lines = linesFor(file);
  for (let i = 0; i < lines.length; i++) {
    const written = await console.ask(lines[i]!, i ? undefined : SLOW);
    if (written !== 1)
      throw new FlashError(
        "NO_ROOM",
        `no room for ${file.name} (${file.bytes.length} bytes); erase files that are not needed`,
      );
    sent(Math.min(file.bytes.length, (i + 1) * CHUNK));
  }
}

/** Writes a file and reads its hash back. Throws VERIFY where it is wrong twice. */
export async function upload(console: Console, file: StorageFile, sent: (bytes: number) => void): Promise<void> {
  for (let left = 2; left > 0; left--) {
    let failure: FlashError | undefined;
    await write(console, file, sent).catch((error: FlashError) => {
      // flash that is half written with something else: begin anew
      if (error.code !== "STORAGE") throw error;
      failure = error;
    });
    const state = await stateOf(console, file.name);
    if (!failure && state?.bytes === file.bytes.length && state.crc === crc32(file.bytes)) return;
    if (left === 1) {
      if (failure) throw failure;
      throw new FlashError(
        "VERIFY",
        `${file.name} was written, but reads back otherwise; try again, and if it stays so erase the board's Storage: require("Storage").eraseAll()`,
      );
    }
  }
}
