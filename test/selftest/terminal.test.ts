// The self-test over a pseudo-terminal on the real interpreter: the 64-bit build, and one with a Puck.js's variables.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import type { ExecutionContext } from "ava";
import type { Row } from "../../tools/selftest/index.ts";
import { findBinary } from "../../sim/emulated/binaries.ts";
import { readFlash, writeFlash } from "../../sim/hosts/flash-image.ts";
import { folder } from "../cli/mote.ts";
import { Board, noTerminal } from "../flash/terminal.ts";

const main = fileURLToPath(new URL("../../cli/main.ts", import.meta.url));
const reason = noTerminal();
const exact = findBinary("espruino-linux-2630");

/** A runtime that looks for an identity, writes one, and sends. */
const runtime = `exports.create=function(o){var s=require("Storage"),d=new Uint8Array(400);
if(s.read("mote.id")!==undefined||s.read("other")!=="kept")throw "it reads what it should not";
s.write("mote.id","new");s.erase("mote.0");o.radio.on("data",print);o.radio.write(o.random(20));this.d=d};`;

interface Table {
  board: string;
  against: string;
  firmware: string;
  chip: string;
  rows: Row[];
}

interface Checked {
  code: number;
  out: string;
  err: string;
  /** Names and text of the files in Storage afterwards. */
  files: Record<string, string>;
}

const usual = process.env["ESPRUINO_LINUX"];
let plugged: Promise<unknown> = Promise.resolve();

/** A board that runs on an executable; one after the other, as the environment names it. */
function plug(cwd: string, executable = usual): Promise<Board> {
  const board = plugged.then(() => {
    if (executable === undefined) delete process.env["ESPRUINO_LINUX"];
    else process.env["ESPRUINO_LINUX"] = executable;
    return Board.start(cwd);
  });
  plugged = board;
  return board;
}

/** Runs `mote selftest` on a board with an identity and the runtime above. */
async function check(t: ExecutionContext, executable: string | undefined, args: string[]): Promise<Checked> {
  const cwd = folder(t);
  const image = join(cwd, "espruino.flash");
  const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
  writeFileSync(
    image,
    writeFlash([
      ["e3x-mote", bytes(runtime)],
      ["mote.id", bytes("secret")],
      ["mote.0", bytes("state")],
      ["other", bytes("kept")],
    ]),
  );
  const board = await plug(cwd, executable);
  t.teardown(() => board.stop());
  const child = spawn(process.execPath, [
    "--import",
    import.meta.resolve("tsx"),
    main,
    "selftest",
    "--port",
    board.path,
    ...args,
  ]);
  const ran = { code: -1, out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => {
    ran.out += String(data);
  });
  child.stderr.on("data", (data: Buffer) => {
    ran.err += String(data);
  });
  [ran.code] = (await once(child, "close")) as [number];
  await board.stop();
  const files = Object.fromEntries(
    Object.entries(readFlash(readFileSync(image))).map(([name, data]) => [name, Buffer.from(data).toString("latin1")]),
  );
  return { ...ran, files };
}

const real = reason === undefined ? test : test.skip;
if (reason !== undefined)
  test("the self-test over a pseudo-terminal", (t) => {
    t.pass();
    t.log(`skipped: ${reason}`);
  });

const left = { "e3x-mote": runtime, "mote.id": "secret", "mote.0": "state", other: "kept" };

real("the 64-bit build: the whole table, to send", async (t) => {
  t.timeout(120_000);
  const { code, out, err, files } = await check(t, undefined, []);
  t.is(code, 0, out + err);
  t.regex(err, /^mote: the board on \/dev\/pts\/\d+ is reset, .* mote\.\* is not touched\n$/);
  const [head, table, sum] = out.split("\n\n");
  t.regex(
    head!,
    /^board +LINUX, checked against Espruino for Linux \(boards\/linux\.json\)\nfirmware +2v\d+.*\nchip +[0-9a-f]{8}\ndate +20\d\d-\d\d-\d\dT\d\d:\d\dZ\ne3x-mote +\d+\.\d+\.\d+$/,
  );
  const rows = table!
    .split("\n")
    .slice(1)
    .map((line) => line.split(/ {2,}/));
  t.deepEqual(
    rows.map(([name, , , verdict]) => `${verdict} ${name}`),
    [
      "pass process.env.BOARD",
      "pass process.env.VERSION",
      "pass lexer: string after a skipped block",
      "pass AES, mode CTR: the iv",
      "pass variables",
      "pass variables free after reset()",
      "skipped C stack free",
      "pass 352 bytes in one piece",
      'pass require("crypto")',
      "pass SHA-256 and AES-ECB of the firmware",
      "pass E.hwRand",
      "skipped E.hwRand after reset()",
      "pass getTime()",
      "pass setTimeout",
      "pass Storage, bytes in all",
      "pass Storage: write, read back",
      "skipped Storage: a file's address",
      "pass Storage: erase",
      "pass Storage: code from a file",
      "pass radio udp",
      "pass radio tcp",
      "pass radio serial",
      "skipped native code in Storage",
      "skipped native code: SHA-256",
      "skipped native code: AES-CTR",
      "skipped native code: public key",
      "pass variables free with the runtime",
      "skipped C stack free at a native call",
    ],
  );
  t.regex(sum!, /^20 pass, 0 FAIL, 8 skipped/);
  t.deepEqual(files, left);
});

if (exact === undefined)
  test("the self-test on an exact heap", (t) => {
    t.pass();
    t.log("skipped: no espruino-linux-2630: $ESPRUINO_LINUX_2630 names none, and there is none on PATH");
  });
(exact === undefined ? test.skip : real)(
  "a Puck.js's heap: variables as there, and what is not there fails",
  async (t) => {
    t.timeout(120_000);
    const { code, out, err, files } = await check(t, exact, ["--board", "puckjs", "--json"]);
    t.is(code, 1, err);
    const { board, against, rows } = JSON.parse(out) as Table;
    t.deepEqual([board, against], ["LINUX", "puckjs"]);
    const said = Object.fromEntries(rows.map(({ check, said }) => [check, said]));
    t.is(said["variables"], "2,630 of 13 bytes");
    t.is(said["radio ble"], 'the board says "ReferenceError: "NRF" is not defined"');
    t.regex(said["variables free with the runtime"]!, /^2,\d\d\d after require, 2,\d\d\d after create/);
    t.deepEqual(
      rows.filter(({ verdict }) => verdict === "FAIL").map(({ check }) => check),
      [
        "process.env.BOARD",
        "Storage: a file's address",
        "NRF.getSecurityStatus()",
        "radio ble",
        "radio nus",
        "radio advertising",
      ],
    );
    // native code for another processor would end the board
    t.true(
      rows
        .filter(({ check }) => check.startsWith("native"))
        .every(({ verdict, said }) => verdict === "skipped" && said === "not run: the board is another"),
    );
    t.deepEqual(files, left);
  },
);
