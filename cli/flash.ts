import type { Command } from "commander";
import type { Flashed, Plan } from "../tools/flash/index.ts";
import { usage } from "./failure.ts";
import { count, note, plural, print, printJson, style, table } from "./output.ts";
import { Progress } from "./sim-run.ts";

interface FlashOptions {
  board: string;
  port?: string;
  app?: string;
  erase?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

// rollup and TypeScript take a second to load, and EspruinoTools is not there on every machine: only who flashes needs them

const rows = (plan: Plan): string =>
  table(
    ["file in Storage", "bytes", "what"],
    plan.files.map(({ name, bytes, what }) => [name, count(bytes.length), what]),
    [1],
  );

function describePlan(plan: Plan, lines: number): string {
  const total = plan.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return [
    rows(plan),
    "",
    `${plural(total, "byte")} in ${plural(lines, "line")}, each answered before the next is sent:`,
    ...(plan.erase
      ? ['  require("Storage").erase(NAME)                        each file mote.*: identity, state, seed']
      : []),
    '  require("Storage").write(NAME, DATA, OFFSET, SIZE)    with the CRC-32 of what is sent',
    '  E.CRC32(require("Storage").read(NAME))                what was written, read back',
    "  load()                                                the board starts anew",
  ].join("\n");
}

function describeFlashed({ facts, files, erased, repeats }: Flashed): string {
  const said = { written: "written, verified", same: "was there already, verified", kept: "kept: the board's own" };
  return [
    table(
      ["file in Storage", "bytes", "CRC-32", ""],
      files.map(({ name, bytes, done, crc }) => [
        name,
        count(bytes),
        crc === undefined ? "" : crc.toString(16).padStart(8, "0"),
        said[done],
      ]),
      [1],
    ),
    ...(erased.length ? [`erased: ${erased.join(", ")}`] : []),
    ...(repeats ? [`${plural(repeats, "line")} had to be sent again`] : []),
    `${style("green", "Flashed")}: ${facts.board}, Espruino ${facts.version}, starts it now.`,
  ].join("\n");
}

async function flashBoard({
  board: name,
  port: portName,
  app,
  erase = false,
  dryRun,
  json,
}: FlashOptions): Promise<void> {
  if (portName === undefined && !dryRun)
    throw usage(
      "say where the board is; give --port, a serial port's path or a Bluetooth name or address, or --dry-run",
    );
  const { loadBoard, loadBoards, measureBoard } = await import("../tools/build/index.ts");
  const { Port, flash, linesOf, planOf, seedFile } = await import("../tools/flash/index.ts");
  const board = loadBoard(name);
  const progress = new Progress(!!json);
  progress.stage(`building for ${board.title}`);
  const build = await measureBoard(board, app === undefined ? {} : { app }).finally(() => progress.end());
  const plan = planOf(build, { erase, ...(!board.entropy.hardware && { seed: seedFile() }) });
  if (app !== undefined && board.name.startsWith("banglejs")) {
    note(
      'the application takes the place of the watch\'s own boot code: clock and menu are gone until "Bootloader" is installed again from the app loader',
    );
  }
  if (dryRun) {
    const files = plan.files.map(({ name, bytes, what, keep }) => ({
      name,
      bytes: bytes.length,
      lines: linesOf(bytes.length),
      what,
      keep,
    }));
    if (json) printJson({ board: board.name, erase, files });
    else
      print(
        `${describePlan(
          plan,
          files.reduce((sum, { lines }) => sum + lines, 0),
        )}\n\nNothing was sent.`,
      );
    return;
  }
  progress.stage(`connecting to ${portName!}`);
  const port = await Port.open(portName!).finally(() => progress.end());
  try {
    const flashed = await flash(port, {
      board,
      boards: loadBoards(),
      plan,
      port: portName!,
      stage: (text) => progress.stage(text),
      at: (part) => progress.at(part),
    });
    progress.end();
    if (json) printJson({ board: board.name, ...flashed });
    else print(describeFlashed(flashed));
  } finally {
    progress.end();
    await port.close();
  }
}

export function register(program: Command): void {
  program
    .command("flash")
    .description("build for a board and put it there: runtime and radio as modules, the application as boot code")
    .requiredOption("-b, --board <name>", "the board")
    .option("-p, --port <port>", "a serial port's path, a Bluetooth device's name or address, or tcp://HOST:PORT")
    .option("-a, --app <file>", "an application in TypeScript or JavaScript")
    .option("--erase", "forget identity, state and seed that the board has")
    .option("--dry-run", "print what would be sent, and send nothing")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nEach file is read back and its CRC-32 compared. What the board has already is not written again.\nIdentity, state and seed stay unless --erase is given. Bluetooth needs an adapter, and the rights to use it.",
    )
    .action(flashBoard);
}
