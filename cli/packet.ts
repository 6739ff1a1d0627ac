import { Command, Option } from "commander";
import { Self } from "../src/index.ts";
import { readFrames } from "./inspect/frames.ts";
import { explainPacket, nothingKnown } from "./inspect/packet.ts";
import { explainPayload } from "./inspect/payload.ts";
import { formatFrames, formatPart, framesJson, partJson } from "./inspect/print.ts";
import { areFrames } from "./inspect/recognise.ts";
import { readPackets } from "./input.ts";
import { random, readKeys, readPairs } from "./keys-file.ts";
import { print, printJson } from "./output.ts";

interface InspectOptions {
  keys?: string;
  from?: string;
  ephemeral?: string;
  as?: "packet" | "frame" | "payload";
  json?: boolean;
}

async function inspect(args: string[], options: InspectOptions): Promise<void> {
  const known = nothingKnown();
  if (options.keys !== undefined) known.self = new Self(await readPairs(options.keys), random);
  if (options.from !== undefined) known.from = await readKeys(options.from, "--from");
  if (options.ephemeral !== undefined) known.ephemeral = await readPairs(options.ephemeral);
  const inputs = await readPackets(args, "packet");
  const frames = (options.as ? options.as === "frame" : areFrames(inputs)) ? readFrames(inputs) : undefined;
  const packets = frames ? frames.packets : inputs;
  const parts = packets.map((packet, i) =>
    options.as === "payload" ? explainPayload(packet) : explainPacket(packet, known, `packet ${i + 1}`),
  );
  if (options.json) {
    printJson({ ...(frames && { onAir: framesJson(frames) }), packets: parts.map(partJson) });
    return;
  }
  if (packets.length > 1)
    parts.forEach((part, i) => {
      part.title = `packet ${i + 1}: ${part.title}`;
    });
  print([...(frames ? [formatFrames(frames)] : []), ...parts.map(formatPart)].join("\n\n"));
}

export function register(program: Command): void {
  program
    .command("packet")
    .description("look into packets and radio frames")
    .command("inspect")
    .description("explain packets or radio frames field by field, and check what can be checked")
    .argument("[packets...]", "in hex, cloaked or not, or frames in order; without them the lines of standard input")
    .option("-k, --keys <file>", "the recipient's keys, to decrypt messages")
    .option("-f, --from <key>", "the other's public key, to check their MAC too")
    .option(
      "-e, --ephemeral <file>",
      "your own ephemeral keys, as a keys file, to decrypt channel packets: the handshakes of both sides come before them",
    )
    .addOption(
      new Option(
        "--as <what>",
        "what it is, where it could be both; payload: what a channel packet has when it is decrypted",
      ).choices(["packet", "frame", "payload"]),
    )
    .option("--json", "print JSON")
    .action(inspect);
}
