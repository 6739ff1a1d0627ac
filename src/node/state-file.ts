/** Keeps an endpoint's state in a file that a crash leaves whole, for a driver. */
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Save, State } from "../endpoint/state.ts";

/** Options of a driver: what the file had, and what keeps it up to date. */
export interface StateFile {
  state: State;
  save: Save;
  /** Writes the file anew, if it is not up to date. Rejects with what the system says. */
  commit(): Promise<void>;
}

/** @throws Error where the file cannot be read, or is damaged: an old state is not believed in its place */
function read(path: string): State {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return JSON.parse(text) as State;
  } catch {
    throw new Error(
      `${path} is damaged. Restore it from a copy; without it, each device has to link again, and its old messages may be replayed once`,
    );
  }
}

/**
 * A state in a file: `new Driver({ ...stateFile("state.json"), ... })`. One endpoint may use a file at a time. It has no
 * secrets. There is a whole file at any moment: it is written under another name, put on the disk, and renamed.
 * @throws Error where the file is there and cannot be read
 */
export function stateFile(path: string): StateFile {
  const state = read(path);
  const now = new Map(Object.entries(state));
  let isSaved = true;
  return {
    state,
    save: (id, saved) => {
      isSaved = false;
      if (saved) now.set(id, saved);
      else now.delete(id);
    },
    commit: async () => {
      if (isSaved) return;
      isSaved = true;
      try {
        const file = await open(`${path}.new`, "w", 0o600);
        try {
          await file.writeFile(`${JSON.stringify(Object.fromEntries(now))}\n`);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(`${path}.new`, path);
        // the new name, too; Windows has no such thing
        const folder = await open(dirname(path), "r").catch(() => undefined);
        await folder?.sync().catch(() => undefined);
        await folder?.close();
      } catch (error) {
        isSaved = false;
        throw error;
      }
    },
  };
}
