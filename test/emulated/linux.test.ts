import { setTimeout } from "node:timers/promises";
import test from "ava";
import { linuxRigs } from "../../sim/emulated/linux.ts";
import { runBoard } from "../../sim/emulated/run.ts";
import { folder } from "../cli/mote.ts";
import { skip } from "../helpers/hosts.ts";

// npm run boards:emulated does all the rest, on all rigs
test("an exact heap of a Puck.js: flashed over its console, it links and sends over its port, and runs again after a cut", async (t) => {
  t.timeout(180_000);
  const kind = linuxRigs.find(({ variables }) => variables === 2630)!;
  const missing = kind.missing();
  if (missing !== undefined) return skip(t, missing);
  const cwd = folder(t);
  const { outcomes, flashed } = await runBoard(await kind.make(cwd), {
    folder: cwd,
    stream: 0,
    cuts: 0,
    sizes: [200],
    steps: ["flash", "link", "send"],
  });
  t.deepEqual(
    outcomes.map(({ step, failed }) => [step, failed]),
    [
      ["flash", undefined],
      ["link", undefined],
      ["send", undefined],
    ],
  );
  t.true(flashed!.bytes > 12_000);
  const again = await kind.make(cwd);
  t.teardown(() => again.stop());
  await again.start();
  for (let left = 100; left > 0 && !again.said.includes("it runs"); left--) await setTimeout(100);
  t.regex(again.said, /it runs/);
});
