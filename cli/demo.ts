import { join } from "node:path";
import type { Command } from "commander";
import { packageRoot } from "../tools/build/root.ts";
import { count, plural, print, style } from "./output.ts";
import { hostOption } from "./sim.ts";
import { formatBudget, formatMessages, formatReplay, formatResult, formatTimeline } from "./sim-report.ts";
import { Progress, mediumOf, readMessages, replayCapture, saveCapture, shown, simulate, telemetry } from "./sim-run.ts";
import type { HostName } from "./sim-run.ts";

const capturePath = join(packageRoot, "dist/demo-capture.jsonl");

async function demo({ host }: { host: HostName }): Promise<void> {
  const begun = performance.now();
  const { buildBoard, loadBoard, writeBuild } = await import("../tools/build/index.ts");
  const { readCapture } = await import("../sim/index.ts");
  const board = loadBoard("puckjs");
  const messages = await readMessages(telemetry.messages);
  const medium = mediumOf(board, { latency: 15, loss: 0, duplicate: 0, reorder: 0 });
  print(
    `${style("bold", "e3x-mote")}: a simulated ${board.title} sends ${plural(messages.length, "encrypted message")} to a gateway\n`,
  );

  const progress = new Progress(false);
  progress.stage(`building the bundle for ${board.title}`);
  const build = await buildBoard(board, { app: telemetry.app }).finally(() => progress.end());
  const bundle = writeBuild(build).find((path) => path.endsWith("bundle.js"))!;
  const { result, capture } = await simulate({ build, host, seed: 1, medium, messages, seconds: 3600 }, progress);
  saveCapture(capturePath, capture);
  const replayed = await replayCapture(
    readCapture(capture),
    async () => ({ bundle: build.files["bundle.js"]! }),
    host,
    progress,
  );
  if (!process.stdout.isTTY) print("");

  const part = (title: string, text: string): void => print(`${style("bold", title)}\n${text}\n`);
  part(
    `Bundle: e3x-mote.js and the usual radio against the budget of ${board.title}`,
    `${formatBudget(build)}: ${shown(bundle)}`,
  );
  part(
    `On the air: frames of at most ${medium.frameSize} bytes, in virtual time`,
    formatTimeline(result, medium.frameSize),
  );
  part(
    "Bytes of each message",
    `${formatMessages(result)}\n${style("dim", "packet: content + 6 for the message's number + 32 for encryption\non the air: a byte more for each frame, and one that ends the packet")}`,
  );
  part("Result", formatResult(result));
  part("Replay", `${formatReplay(replayed)}\ncapture: ${shown(capturePath)}`);
  const fine = result.sent === messages.length && result.lost === 0 && result.corrupted === 0 && replayed.agreed;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  if (fine)
    print(
      `${style("green", "All well")}: ${count(result.delivered)} of ${count(messages.length)} messages arrived, in ${seconds} s of real time.`,
    );
  else {
    print(style("red", "Something went wrong: see above."));
    process.exitCode = 1;
  }
}

export function register(program: Command): void {
  program
    .command("demo")
    .description("show all of it: a simulated Puck.js links with a gateway and sends it telemetry (npm start)")
    .addOption(hostOption())
    .action(demo);
}
