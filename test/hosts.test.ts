// Tests that need an interpreter, an emulator or a tool pass with a word where it is missing. REQUIRE_HOSTS=1 makes of each
// missing one a failure: here, by name, for all tests that skip in words of their own.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import test from "ava";
import { loadBoards } from "../tools/build/index.ts";
import { findFixedInterpreter, findInterpreter } from "../sim/index.ts";
import { noTerminal } from "./flash/terminal.ts";
import { skip } from "./helpers/hosts.ts";

const runs = (program: string): string | undefined => {
  const { error, stdout, stderr } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return error ? undefined : `${stdout}${stderr}`.trim().split("\n")[0];
};

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const terminal = noTerminal();

/** What tests look for, and what there is of it: a path or a version. */
const hosts: [name: string, found: string | undefined][] = [
  ["espruino-linux", findInterpreter()],
  ...loadBoards()
    .filter(({ refused }) => refused === undefined)
    .map(({ name, variables }): [string, string | undefined] => [
      `an exact heap for ${name}, ${variables} variables`,
      findFixedInterpreter(variables)?.path,
    ]),
  ["a pseudo-terminal", terminal === undefined ? "there" : undefined],
  ...["arm-none-eabi-gcc", "qemu-arm", "tshark"].map((program): [string, string | undefined] => [
    program,
    runs(program),
  ]),
  ["Chromium ($CHROMIUM)", existsSync(chromium) ? chromium : undefined],
];

for (const [name, found] of hosts) {
  test(name, (t) => {
    if (found === undefined) return skip(t, `there is no ${name.replace(/^an? /, "")}`);
    t.log(found);
    t.pass();
  });
}
