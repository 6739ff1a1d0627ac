import { Command } from "commander";
import { Joiner, split, toHex } from "../src/index.ts";
import { Failure } from "./failure.ts";
import { integer, readPackets } from "./input.ts";
import { note, plural, print, printJson } from "./output.ts";

/** The longest packet that join puts together, in bytes. */
const LIMIT = 1 << 24;

export function register(program: Command): void {
  const chunk = program.command("chunk").description("packets to radio frames and back");
  chunk
    .command("split")
    .description("cut packets into frames of one chunk each, a line each")
    .argument("[packets...]", "in hex; without them the lines of standard input")
    .requiredOption(
      "-s, --size <bytes>",
      "bytes of a frame, 2 to 256 (Bluetooth LE 20, 802.15.4 120, serial 64)",
      integer("--size", 2, 256),
    )
    .option("--json", "print JSON")
    .action(async (args: string[], options: { size: number; json?: boolean }) => {
      const packets = await readPackets(args, "packet");
      const frames = packets.flatMap((packet) => split(packet, options.size)).map(toHex);
      if (options.json) printJson({ size: options.size, frames });
      else print(frames.join("\n"));
    });
  chunk
    .command("join")
    .description("put packets together from frames, a line each")
    .argument("[frames...]", "in hex, in order; without them the lines of standard input")
    .option("--json", "print JSON")
    .action(async (args: string[], options: { json?: boolean }) => {
      const frames = await readPackets(args, "frame");
      const packets: string[] = [];
      const joiner = new Joiner(LIMIT);
      let drops = 0;
      for (const frame of frames) drops += joiner.add(frame, (packet) => packets.push(toHex(packet)));
      const problem = drops
        ? new Failure(
            "PACKET_TOO_LARGE",
            `${plural(drops, "packet")} beyond ${LIMIT} bytes left out; give shorter ones`,
          )
        : joiner.size + joiner.left > 0 &&
          new Failure("PACKET_TOO_SHORT", "the last packet is not ended; give the frames that are missing");
      if (options.json && !problem) printJson({ packets });
      else if (packets.length && !options.json) print(packets.join("\n"));
      if (problem) throw problem;
      if (!packets.length && !options.json) note("no packet in it: only acks");
    });
}
