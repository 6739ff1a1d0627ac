import { join } from "node:path";
import type { Command } from "commander";
import type { Board, RadioKind } from "../tools/build/boards.ts";
import { usage } from "./failure.ts";
import { count, print, printJson, style, table, width, wrap } from "./output.ts";
import { Progress } from "./sim-run.ts";

interface BuildOptions {
  board?: string;
  all?: boolean;
  app?: string;
  plain?: boolean;
  out: string;
  json?: boolean;
}

// rollup, TypeScript and ESLint take a second to load: only who builds waits for them

async function build({ board, all, app, plain, out, json }: BuildOptions): Promise<void> {
  if (!board === !all) throw usage("say which board; give --board NAME or --all (mote boards lists them)");
  const options = { native: !plain, modules: true, ...(app !== undefined && { app }) };
  if (all) return buildAll(options, out, !!json);
  const { buildBoard, formatBuild, loadBoard, sizeReport, writeBuild } = await import("../tools/build/index.ts");
  const one = loadBoard(board!);
  const made = await buildBoard(one, options);
  const files = writeBuild(made, join(out, one.name));
  if (json) printJson([{ ...sizeReport(made), files }]);
  else print(formatBuild(made, files));
}

/** Every board that can hold the runtime and has the application's radios; the others are listed with the reason. */
async function buildAll(
  options: { native: boolean; modules: boolean; app?: string },
  out: string,
  json: boolean,
): Promise<void> {
  const { BuildError, buildBoard, formatNative, formatTotals, loadBoards, sizeReport, writeBuild } =
    await import("../tools/build/index.ts");
  const boards = loadBoards();
  const reports = [];
  const refused: { board: string; refused: string }[] = [];
  const progress = new Progress(json || !process.stdout.isTTY);
  progress.stage("boards");
  try {
    for (const board of boards) {
      try {
        const made = await buildBoard(board, options);
        reports.push({ ...sizeReport(made), files: writeBuild(made, join(out, board.name)) });
      } catch (error) {
        if (!(error instanceof BuildError && ["REFUSED", "NO_RADIO"].includes(error.code))) throw error;
        refused.push({ board: board.name, refused: error.message });
      }
      progress.at((reports.length + refused.length) / boards.length);
    }
  } finally {
    progress.end();
  }
  if (json) return printJson([...reports, ...refused]);
  if (reports.length) print(`${formatTotals(reports)}\n`);
  const native = [...new Set(reports.map((report) => formatNative(report.native)))].filter((text) => text !== "");
  const meaning =
    "Bytes. native: of e3x-mote.js, the native code as text. total: e3x-mote.js with the usual radio's module, which the budget is for.";
  for (const text of [
    meaning,
    ...native,
    ...refused.map((one) => `Not built: ${one.refused}.`),
    `Written to ${join(out, "<board>")}.`,
  ])
    print(wrap(text, width()).join("\n"));
}

/** Who computes, shortly. */
const ciphers = ({ thumb, firmware }: Board): string =>
  thumb ? `Thumb ${thumb.toUpperCase()}` : firmware.length === 2 ? "firmware" : "script";

async function boards(json: boolean): Promise<void> {
  const { loadBoards, radioKinds } = await import("../tools/build/boards.ts");
  const all = loadBoards();
  if (json) return printJson(all);
  print(
    table(
      ["board", "chip", "MHz", "variables", "Storage", "crypto", "ciphers", "entropy"],
      all.map((board) => [
        board.name,
        board.chip,
        String(board.clockMHz),
        `${count(board.variables)} x ${board.variableBytes}`,
        `${count(board.flash / 1024)} K`,
        board.firmware.join(" ").replace("256", "") || "-",
        board.refused === undefined ? ciphers(board) : "refused",
        board.entropy.hardware ? "chip" : "seed",
      ]),
      [2, 3, 4],
    ),
  );
  const frame = (board: Board, kind: RadioKind): string => {
    const radio = board.radios.find((one) => one.kind === kind);
    return radio ? `${radio.frameSize}${radio === board.radios[0] ? "*" : " "}` : "- ";
  };
  print(`\n${style("bold", "Radios: bytes of a frame at most; * is the usual one")}`);
  print(
    table(
      ["board", ...radioKinds],
      all.map((board) => [board.name, ...radioKinds.map((kind) => frame(board, kind))]),
      radioKinds.map((_, i) => i + 1),
    ),
  );
  const notes = [
    "crypto: of SHA256 and AES, what the firmware has. ciphers: who computes them and the curve (firmware: the curve is in JavaScript, as all is for script); mote build --plain leaves native Thumb code out. entropy: the chip's hardware generator, or a seed that is put in at flashing.",
    ...all
      .filter((board) => board.refused !== undefined)
      .map(({ title, refused }) => `${title} is refused: ${refused}.`),
  ];
  for (const text of notes) print(`\n${wrap(text, width()).join("\n")}`);
}

export function register(program: Command): void {
  program
    .command("build")
    .description(
      "build what goes on a board: e3x-mote.js and the modules of radios and channels that an application requires, app.js and bundle.js; without an application all that it may require",
    )
    .option("-b, --board <name>", "the board")
    .option("--all", "every board")
    .option("-a, --app <file>", "an application in TypeScript or JavaScript")
    .option("--plain", "without native Thumb code")
    .option("-o, --out <dir>", "where a folder for the board is made", "dist/boards")
    .option("--json", "print JSON")
    .action(build);
  program
    .command("boards")
    .description("list the boards")
    .option("--json", "print JSON")
    .action((options: { json?: boolean }) => boards(!!options.json));
}
