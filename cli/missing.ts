import type { Command } from "commander";
import { usage } from "./failure.ts";

/** The commands of the package e3x-mote-tools. */
const commands = ["build", "boards", "flash", "selftest", "new", "sim", "replay", "demo"];

const INSTALL = "npm install --save-dev e3x-mote-tools";

/** Stands for the commands of the firmware tools where these are not installed: each says what to install. */
export function register(program: Command): void {
  for (const name of commands) {
    program
      .command(name, { hidden: true })
      .argument("[arguments...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw usage(`${name} needs the firmware tools; run "${INSTALL}"`);
      });
  }
  program.addHelpText("after", `\nWith the firmware tools (${INSTALL}):\n  ${commands.join(", ")}`);
}
