import type { Board } from "../build/index.ts";
import type { Console } from "./console.ts";
import { FlashError } from "./errors.ts";
import { roomOf } from "./plan.ts";

/** What a board says of itself. */
export interface Facts {
  /** process.env.BOARD and VERSION. */
  board: string;
  version: string;
  /** Variables that are free. */
  free: number;
  /** Bytes of Storage: free at its end, and held by files that were erased. */
  room: number;
  trash: number;
}

const EXPRESSION =
  "((s,p)=>{s=s.getStats?s.getStats():{freeBytes:s.getFree(),trashBytes:0};" +
  "return {board:p.BOARD,version:p.VERSION,free:process.memory().free,room:s.freeBytes,trash:s.trashBytes}})(require('Storage'),process.env)";

/** Asks a board what it is. Throws NO_ANSWER where nobody answers, or something that is not Espruino. */
export async function factsOf(console: Console, port: string): Promise<Facts> {
  const facts = (await console.ask(EXPRESSION, { tries: 4 }).catch((error: FlashError) => {
    if (error.code !== "NO_ANSWER") throw error;
    const said = console.said;
    throw new FlashError(
      "NO_ANSWER",
      said
        ? `${port} answers, but not as Espruino's console: "${said}"; check that it is the right port, and that Espruino 2v19 or later is on the board`
        : `no answer on ${port}; is it the board's console? An application may have moved it to another port: reset the board so that saved code is not run (most boards: hold the button while it starts), and try again`,
    );
  })) as Partial<Facts>;
  if (typeof facts?.board !== "string" || typeof facts.room !== "number") {
    throw new FlashError("NO_ANSWER", `${port} answers, but not as Espruino does; check that it is the right port`);
  }
  return facts as Facts;
}

/** What process.env.BOARD may be on a board. */
export function boardIds({ espruino }: Pick<Board, "espruino">): readonly string[] {
  return [...new Set(Object.values(espruino))];
}

/** Throws OTHER_BOARD. `boards` are all that are known, to name the one that it is. */
export function requireBoard(facts: Facts, board: Board, boards: readonly Board[]): void {
  if (boardIds(board).includes(facts.board)) return;
  const other = boards.find((candidate) => boardIds(candidate).includes(facts.board));
  const advice = other
    ? `give --board ${other.name}, or the port of a ${board.title}`
    : `give the port of a ${board.title}`;
  throw new FlashError(
    "OTHER_BOARD",
    `the board there is ${other ? `${other.title} (${facts.board})` : facts.board}, not ${board.title}; ${advice}`,
  );
}

/** Throws NO_ROOM unless files of these sizes fit, once what they replace (`freed` bytes) is gone. */
export function requireRoom(facts: Facts, sizes: readonly number[], freed: number): void {
  const needed = sizes.reduce((sum, size) => sum + roomOf(size), 0);
  const room = facts.room + facts.trash + freed;
  if (needed <= room) return;
  throw new FlashError(
    "NO_ROOM",
    `no room: ${needed} bytes are needed, and the board's Storage has ${room}; erase files that are not needed (require("Storage").list() names them)`,
  );
}
