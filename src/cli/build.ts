import { join } from "node:path";
import { Command } from "commander";
import { usage } from "./failure.ts";
import { count, print, printJson, table } from "./output.ts";

interface BuildOptions {
  board?: string;
  all?: boolean;
  app?: string;
  out: string;
  json?: boolean;
}

// rollup, TypeScript and ESLint take a second to load: only who builds waits for them

async function build({ board, all, app, out, json }: BuildOptions): Promise<void> {
  if (!board === !all) throw usage("say which board; give --board NAME or --all (mote boards lists them)");
  const { buildBoard, formatBuild, loadBoard, loadBoards, sizeReport, writeBuild } = await import("../build/index.ts");
  const reports = [];
  for (const one of all ? loadBoards() : [loadBoard(board!)]) {
    const made = await buildBoard(one, app === undefined ? {} : { app });
    const paths = writeBuild(made, join(out, one.name));
    if (!json) print(`${reports.length ? "\n" : ""}${formatBuild(made, paths)}`);
    reports.push({ ...sizeReport(made), files: paths });
  }
  if (json) printJson(reports);
}

async function boards(json: boolean): Promise<void> {
  const { loadBoards } = await import("../build/boards.ts");
  const all = loadBoards();
  if (json) printJson(all);
  else {
    print(table(
      ["board", "chip", "MHz", "variables", "ciphers", "entropy", "frame", "budget"],
      all.map((board) => [
        board.name,
        board.chip,
        String(board.clockMHz),
        count(board.variables),
        board.crypto === "native" ? "native" : "JavaScript",
        board.entropy.hardware ? "hardware" : "from the app",
        `${board.radio.frameSize} B`,
        `${count(board.budget.bytes)} B`,
      ]),
      [2, 3, 6, 7],
    ));
  }
}

export function register(program: Command): void {
  program
    .command("build")
    .description("build what goes on a board: e3x-mote.js, and with an application app.js and bundle.js")
    .option("-b, --board <name>", "the board")
    .option("--all", "every board")
    .option("-a, --app <file>", "an application in TypeScript or JavaScript")
    .option("-o, --out <dir>", "where a folder for the board is made", "dist/boards")
    .option("--json", "print JSON")
    .action(build);
  program
    .command("boards")
    .description("list the boards")
    .option("--json", "print JSON")
    .action((options: { json?: boolean }) => boards(!!options.json));
}
