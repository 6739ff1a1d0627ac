// The command that repeats a run, for a shell.

import { relative, resolve } from "node:path";

const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The file is named from the current folder, where that is shorter. */
export function commandOf(
  file: string,
  { seed, host }: { seed: number; host?: "vm" | "interpreter" | undefined },
): string {
  const path = resolve(file);
  const short = relative(process.cwd(), path);
  // a name that begins with "-" would be taken for an option
  const word = short.length < path.length ? short.replace(/^-/, "./-") : path;
  return `mote sim scenario ${quoted(word)} --seed ${seed}${host === undefined ? "" : ` --host ${host}`}`;
}
