import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../build/root.ts";

/** A folder or file with one subject, as docs/architecture.md has it. */
export interface Room {
  path: string;
  /** Its code lands in a board's bundle. */
  device: boolean;
}

const row = /^\| `([^`]+)` \| (device|host) \| .+ \|$/;

/**
 * The rooms in the table of a text, the lowest first.
 * @throws Error for a row that is none, a room that is not there, and a text without any
 */
export function roomsOf(text: string, root: string = packageRoot): Room[] {
  const table = /^## Rooms$[^]*?^\|-.*\n((?:\|.*\n)+)/m.exec(text);
  if (!table) throw new Error("docs/architecture.md has no table of rooms: it stands below the heading Rooms");
  return table[1]!
    .trim()
    .split("\n")
    .map((line) => {
      const found = row.exec(line);
      if (!found)
        throw new Error(
          `docs/architecture.md: not a row of the table of rooms, which is | \`path\` | device or host | text |: ${line}`,
        );
      const path = found[1]!;
      if (!existsSync(join(root, path)))
        throw new Error(`docs/architecture.md has the room ${path}, which is not there`);
      return { path, device: found[2] === "device" };
    });
}

/** The rooms of docs/architecture.md. */
export const rooms: Room[] = roomsOf(readFileSync(join(packageRoot, "docs/architecture.md"), "utf8"));
