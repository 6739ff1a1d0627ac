import { Command, CommanderError } from "commander";
import { register as registerChunk } from "./chunk.ts";
import { describe } from "./failure.ts";
import { register as registerKeys } from "./keys.ts";
import { register as registerLink } from "./link.ts";
import { register as registerMessage } from "./message.ts";
import { printJson, style } from "./output.ts";
import { register as registerPacket } from "./packet.ts";
import { version } from "./version.ts";

type Register = (program: Command) => void;

/** The command that arguments name, as it is typed. */
function named(program: Command, args: string[]): string {
  let command = program;
  let name = program.name();
  for (const arg of args) {
    const next = command.commands.find((candidate) => candidate.name() === arg);
    if (!next) break;
    command = next;
    name += ` ${arg}`;
  }
  return name;
}

/** Runs a command line; returns the exit code: 0, 1 for a failure, 2 where the command line is wrong. */
async function run(args: string[], others: Register[]): Promise<number> {
  const program = new Command("mote")
    .description(
      "End-to-end encrypted messages and channels (telehash v3, Cipher Sets 1a and 1c) for microcontrollers that run JavaScript.",
    )
    .configureHelp({ styleTitle: (text) => style("bold", text) })
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .helpCommand(false)
    .version(version(), "-V, --version", "print the version")
    .addHelpText(
      "after",
      "\nSecrets are read from files or standard input only.\nExit code 1: it failed; 2: the command line is wrong.",
    );
  const registrations = [registerKeys, registerLink, registerMessage, registerPacket, registerChunk, ...others];
  for (const register of registrations) register(program);
  try {
    await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === "commander.help"))
      return error.exitCode && 2;
    const { code, message, exitCode } = describe(error, named(program, args));
    if (args.includes("--json")) printJson({ error: { code, message } });
    process.stderr.write(`mote: ${message}\n`);
    return exitCode;
  }
}

/** The program `mote`, with commands beside those that need the library only. */
export async function main(others: Register[]): Promise<void> {
  // who reads may stop early, as `head` does
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  process.exitCode = await run(process.argv.slice(2), others);
}
