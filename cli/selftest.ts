import type { Command } from "commander";
import type { Row, Selftest } from "../tools/selftest/index.ts";
import { note, pairs, print, printJson, printable, style, table, wrap } from "./output.ts";
import { Progress } from "./sim-run.ts";
import { version } from "./version.ts";

interface SelftestOptions {
  port: string;
  board?: string;
  json?: boolean;
}

const failures = (rows: Row[]): Row[] => rows.filter(({ verdict }) => verdict === "FAIL");

const tally = (rows: Row[]): string =>
  (["pass", "FAIL", "skipped"] as const)
    .map((one) => `${rows.filter(({ verdict }) => verdict === one).length} ${one}`)
    .join(", ");

function describeSelftest({ board, facts, id, rows, repeats }: Selftest, date: string): string {
  const failed = failures(rows);
  return [
    pairs([
      ["board", `${printable(facts.board)}, checked against ${board.title} (boards/${board.name}.json)`],
      ["firmware", printable(facts.version)],
      ["chip", id],
      ["date", date],
      ["e3x-mote", version()],
    ]),
    "",
    table(
      ["check", "expected", "the board said", ""],
      rows.map(({ check, expected, said, verdict }) => [check, expected, printable(said), verdict]),
      [],
    ),
    "",
    ...failed.flatMap(({ check, why }) => wrap(`FAIL ${check}: ${why}`, 100)),
    `${style(failed.length ? "red" : "green", tally(rows))}${repeats ? `; ${repeats} lines had to be sent again` : ""}`,
  ].join("\n");
}

async function selftestBoard({ port: portName, board: name, json }: SelftestOptions): Promise<void> {
  // rollup and TypeScript take a second to load, and EspruinoTools is not there on every machine
  const { loadBoard, loadBoards } = await import("../tools/build/index.ts");
  const { Port } = await import("../tools/flash/index.ts");
  const { files, selftest } = await import("../tools/selftest/index.ts");
  const boards = loadBoards();
  const board = name === undefined ? undefined : loadBoard(name);
  note(
    `the board on ${portName} is reset, and started anew at the end; the files ${Object.values(files).join(", ")} are written to its Storage and erased; what it has saved stays, and mote.* is not touched`,
  );
  const progress = new Progress(!!json || !process.stdout.isTTY);
  progress.stage(`connecting to ${portName}`);
  const port = await Port.open(portName).finally(() => progress.end());
  try {
    const date = new Date().toISOString().slice(0, 16) + "Z";
    const result = await selftest(port, {
      ...(board && { board }),
      boards,
      port: portName,
      stage: (text) => progress.stage(text),
    });
    progress.end();
    const { board: against, facts, id, rows, repeats } = result;
    if (json)
      printJson({
        board: facts.board,
        against: against.name,
        firmware: facts.version,
        chip: id,
        date,
        version: version(),
        rows,
        repeats,
      });
    else print(describeSelftest(result, date));
    if (failures(rows).length) process.exitCode = 1;
  } finally {
    progress.end();
    await port.close();
  }
}

export function register(program: Command): void {
  program
    .command("selftest")
    .description("check a real board against what stands for it in tests, and print a table")
    .requiredOption(
      "-p, --port <port>",
      "a serial port's path, a Bluetooth device's name or address, or tcp://HOST:PORT",
    )
    .option("-b, --board <name>", "the board that it is checked against; if not given, the one that it says it is")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nThe board is reset, files selftest.* are written to its Storage and erased, and it is started anew.\nNothing that it has saved is changed. Exit code 1 where a check failed. The table holds no secret: send it.",
    )
    .action(selftestBoard);
}
