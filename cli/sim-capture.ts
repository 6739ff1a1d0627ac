import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import type { Command } from "commander";
import { usage } from "./failure.ts";
import { fileFailure, readFile } from "./input.ts";
import { print } from "./output.ts";

const needed = (output: string | undefined): string => {
  if (output === undefined) throw usage("no file to write to was given; give one with -o");
  return output;
};

async function report(file: string, { output }: { output?: string }): Promise<void> {
  const to = needed(output);
  const { reportHtml } = await import("../sim/index.ts");
  const { captureOf } = await import("./capture-file.ts");
  const html = await reportHtml({ capture: captureOf(file), title: basename(file) });
  try {
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, html);
  } catch (error) {
    throw fileFailure(to, error);
  }
  print(`report: ${to}`);
}

async function pcap(file: string, { output, keys }: { output?: string; keys?: string }): Promise<void> {
  const to = needed(output);
  const { captureOf, writePcap } = await import("./capture-file.ts");
  const secrets = keys === undefined ? undefined : new TextDecoder().decode(await readFile(keys, "keys"));
  writePcap(to, captureOf(file), secrets);
  print(`pcap: ${to}${secrets === undefined ? "" : " (the keys are in it: who has it can read it)"}`);
}

export function registerCapture(sim: Command): void {
  sim
    .command("report")
    .description("make a page that shows a capture")
    .argument("<capture>", "a file of --capture")
    .option("-o, --output <file>", "the page, HTML")
    .action(report);
  sim
    .command("pcap")
    .description("turn a capture into a file for Wireshark, pcapng")
    .argument("<capture>", "a file of --capture")
    .option("-o, --output <file>", "the file")
    .option("--keys <file>", "keys of mote sim scenario --keys, to be put into it: who has the file can then read it")
    .action(pcap);
}
