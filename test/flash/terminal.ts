import { spawn } from "node:child_process";
import { once } from "node:events";
import { findInterpreter } from "../../sim/index.ts";
import { noTerminals, openTerminal } from "../../sim/emulated/terminal.ts";

/** Why a board behind a pseudo-terminal can not be had here; undefined: it can. */
export function noTerminal(): string | undefined {
  return findInterpreter() === undefined ? "no espruino-linux" : noTerminals();
}

/** What happens to a character on its way to the board: it arrives as it is, as another one, or not at all. */
export type Noise = (character: string) => string;

/** The Linux interpreter as a board behind a pseudo-terminal; its Storage is the file espruino.flash of the folder. */
export class Board {
  readonly path: string;
  /** All that its console has said. */
  said = "";
  readonly #end: () => Promise<void>;

  private constructor(path: string, end: () => Promise<void>) {
    this.path = path;
    this.#end = end;
  }

  static async start(folder: string, noise: Noise = (character) => character): Promise<Board> {
    const terminal = await openTerminal();
    const espruino = spawn(findInterpreter()!, [], { cwd: folder });
    espruino.stdin.on("error", () => undefined);
    const board = new Board(terminal.path, async () => {
      await terminal.close();
      if (espruino.exitCode !== null || espruino.signalCode !== null) return;
      const gone = once(espruino, "exit");
      espruino.kill("SIGKILL");
      await gone;
    });
    espruino.stdout.on("data", (data: Buffer) => {
      board.said += data.toString("latin1");
      terminal.write(data);
    });
    terminal.listen((data) => {
      espruino.stdin.write(Buffer.from([...Buffer.from(data).toString("latin1")].map(noise).join(""), "latin1"));
    });
    return board;
  }

  stop(): Promise<void> {
    return this.#end();
  }
}
