import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import type { Board } from "../tools/build/boards.ts";
import { packageRoot } from "../tools/build/root.ts";
import { toBase32 } from "../src/index.ts";
import { Failure } from "./failure.ts";
import { fileFailure } from "./input.ts";
import { newPairs, writeKeys } from "./keys-file.ts";
import { print, printJson } from "./output.ts";
import { shown } from "./sim-run.ts";

interface Radio {
  kind: string;
  /** What makes it. */
  radio: string;
  /** What the application does besides. */
  before?: string;
  /** What the test says of the simulated radio. */
  options?: string;
  /** What --port of mote flash may be. */
  port: string;
}

const wifi = `
// the Wi-Fi, and the gateway's address above, are yours to fill in
require("Wifi").connect("network", { password: "password" }, (error: string | null) => print(error || "on the Wi-Fi"));
`;
const cable = "the serial port that it is on, such as /dev/ttyUSB0";

/** How an application reaches its gateway, by what a board usually has. */
function radioOf({ name, radios }: Board): Radio {
  if (radios[0].kind === "ble")
    return { kind: "ble", radio: "ble()", port: "its name or address, with Bluetooth on this computer" };
  const hasWifi = name.startsWith("esp32") || name.startsWith("esp8266");
  if (hasWifi || name === "linux") {
    return {
      kind: "udp",
      radio: 'udp({ host: "10.0.0.1", port: 42424 })',
      ...(hasWifi && { before: wifi }),
      port: cable,
    };
  }
  return {
    kind: "serial",
    radio: "serial({ port: Serial1, baud: 115200 })",
    options: ", radioOptions: { baud: 115200 }",
    port: cable,
  };
}

/** Template to file; npm would leave a .gitignore out of the package. */
const files: Record<string, string> = {
  "README.md": "README.md",
  "app.test.js": "app.test.js",
  "app.ts": "app.ts",
  gitignore: ".gitignore",
  "package.json": "package.json",
  "tsconfig.json": "tsconfig.json",
};

function requireEmpty(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new Failure("EXISTS", `${shown(folder)} is a file; choose another folder`);
    throw fileFailure(folder, error);
  }
  if (readdirSync(folder).length)
    throw new Failure("NOT_EMPTY", `${shown(folder)} is not empty; choose another folder, or empty it`);
}

async function create(folder: string, { board: name, json }: { board: string; json?: boolean }): Promise<void> {
  const { loadBoard } = await import("../tools/build/boards.ts");
  const board = loadBoard(name);
  if (board.refused !== undefined)
    throw new Failure(
      "REFUSED",
      `${board.title} cannot hold an application: ${board.refused}; choose another board (mote boards lists them)`,
    );
  const path = resolve(folder);
  requireEmpty(path);
  const tools = createRequire(import.meta.url)("e3x-mote-tools/package.json") as {
    version: string;
    dependencies: Record<string, string>;
  };
  const pairs = newPairs(["1a"]);
  const values: Record<string, string> = {
    before: "",
    options: "",
    ...radioOf(board),
    // as npm wants names
    name:
      basename(path)
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "") || "app",
    board: board.name,
    title: board.title,
    key: toBase32(pairs["1a"]!.key),
    version: tools.version,
    typescript: tools.dependencies["typescript"]!,
  };
  const made: string[] = [];
  for (const [template, file] of Object.entries(files)) {
    const text = readFileSync(join(packageRoot, "templates", template), "utf8").replace(
      /\{\{(\w+)\}\}/g,
      (_, key: string) => values[key]!,
    );
    writeFileSync(join(path, file), text);
    made.push(file);
  }
  writeKeys(join(path, "gateway.json"), pairs, false);
  made.push("gateway.json");
  made.sort();
  if (json) printJson({ folder: path, board: board.name, files: made });
  else
    print(
      `${shown(path)}: an application for ${board.title}, of ${made.join(", ")}\n\n  cd ${shown(path)}\n  npm install\n  npm test`,
    );
}

export function register(program: Command): void {
  program
    .command("new")
    .description("make a starter project: an application, its gateway's keys, and a test in the simulator")
    .argument("<dir>", "a folder that is empty, or not there yet")
    .option("-b, --board <name>", "the board", "puckjs")
    .option("--json", "print JSON")
    .action(create);
}
