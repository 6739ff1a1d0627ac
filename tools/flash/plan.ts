import { channelModules, moduleName, type BoardBuild } from "../build/index.ts";
import type { StorageFile } from "./seed.ts";

/** One file to be written to a board's Storage. */
export interface PlannedFile extends StorageFile {
  /** What it is, to people. */
  what: string;
  /** Left as it is where the board has one of that name already. */
  keep: boolean;
}

/** What flashing sends. */
export interface Plan {
  files: PlannedFile[];
  /** Whether identity, state and seed of the board are erased first. */
  erase: boolean;
}

/** Bytes of a file that one line to the board carries: a line must fit the smallest input buffer (512 characters). */
export const CHUNK = 144;

/** The file that a board runs when it starts. */
export const BOOT_CODE = ".bootcde";

/** What Storage takes for a file beside its bytes: a header, and alignment. */
const OVERHEAD = 32 + 7;

/** The longest name of a file in Storage. */
const NAME = 28;

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** The files that a build puts on its board: runtime, modules of radios and channels, the application as boot code, a seed. */
export function planOf(build: BoardBuild, { seed, erase = false }: { seed?: StorageFile; erase?: boolean } = {}): Plan {
  const files = Object.entries(build.files).flatMap(([file, text]): PlannedFile[] => {
    if (file === "bundle.js") return [];
    if (file === "app.js")
      return [{ name: BOOT_CODE, bytes: bytes(text), what: "the application, as boot code", keep: false }];
    const kind = file.slice(0, -3);
    if (kind === moduleName)
      return [{ name: moduleName, bytes: bytes(text), what: "the runtime, as a module", keep: false }];
    return [
      {
        name: `${moduleName}/${kind}`,
        bytes: bytes(text),
        what: `a ${channelModules.includes(kind) ? "channel" : "radio"}, as a module`,
        keep: false,
      },
    ];
  });
  if (seed) files.push({ ...seed, what: "a random seed, unless one is there", keep: true });
  // the application last: without it a board that was cut off boots into nothing that is half there
  files.sort((a, b) => Number(a.name === BOOT_CODE) - Number(b.name === BOOT_CODE));
  for (const { name } of files)
    if (name.length > NAME) throw new RangeError(`"${name}" is longer than a name in Storage`);
  return { files, erase };
}

/** Bytes of Storage that a file takes. */
export const roomOf = (size: number): number => size + OVERHEAD;

/** Lines that a file is sent in. */
export const linesOf = (size: number): number => Math.max(1, Math.ceil(size / CHUNK));
