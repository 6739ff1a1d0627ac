/**
 * The time that a board tells is set by phones, IDEs and applications, by fifty years or back by hours, at any moment. Nothing
 * ends early by that, and nothing waits for a time to come again.
 */
import test from "ava";
import { loadBoard } from "../../tools/build/index.ts";
import { Endurance, enduranceApp } from "../../sim/endurance.ts";
import { InterpreterHost, VmHost, findInterpreter } from "../../sim/index.ts";
import type { DeviceHost } from "../../sim/index.ts";
import { bundleOf } from "./promises.ts";
import { skip } from "../helpers/hosts.ts";

const HOUR = 3600;
const YEAR = 365 * 24 * HOUR;

async function board(host: DeviceHost, more: string, loss: number, seed: number): Promise<[Endurance, number[]]> {
  const board = loadBoard("puckjs");
  const bundle = await bundleOf(
    "puckjs",
    enduranceApp({
      share: 0,
      channels: true,
      variables: board.variables,
      more: `mote.on("down", () => print("down"));${more}`,
    }),
  );
  const frames: number[] = [];
  const run = new Endurance({
    board,
    bundle,
    host,
    seed,
    medium: { frameSize: 50, latency: 5, loss, duplication: 0, reordering: 0 },
    observe: (event) => {
      if (event.kind === "sent" && event.from !== "gateway") frames.push(event.time);
    },
  });
  return [run, frames];
}

for (const [name, there, make] of [
  ["node:vm", true, () => new VmHost()],
  ["the interpreter", findInterpreter() !== undefined, () => new InterpreterHost({ heap: "free" })],
] as const) {
  test(`a handshake that nobody answers goes out again after 1, 3, 7 and 15 s, whatever the time is set to: ${name}`, async (t) => {
    t.timeout(120_000);
    if (!there) return skip(t, "no espruino-linux found");
    const found: number[][] = [];
    for (const step of [0, 50 * YEAR, -HOUR, -50 * YEAR]) {
      const set = `setTimeout(() => setTime(getTime() + ${step}), 2500); setTimeout(() => setTime(getTime() - ${step}), 12000);`;
      const [run, frames] = await board(make(), step ? set : "", 1, 1);
      try {
        await run.start();
        await run.forMs(100_000);
        // the first frame of each packet, in tenths of a second from the first one
        const starts = frames.filter((time, i) => !i || time > frames[i - 1]! + 300);
        found.push(starts.map((time) => Math.round((time - starts[0]!) / 100)));
      } finally {
        await run.close();
      }
    }
    t.deepEqual(found[0]!.slice(0, 5), [0, 10, 30, 70, 150]);
    // what had gone by of a wait when the time was set may be waited for again: it is never shorter
    const gaps = (starts: number[]): number[] => starts.slice(1).map((start, i) => start - starts[i]!);
    for (const other of found.slice(1)) {
      t.true(other.length > 12);
      gaps(other).forEach((gap, i) => {
        const usual = gaps(found[0]!)[i]!;
        t.true(gap >= usual - 3 && gap <= usual + 110, `${gap} in place of ${usual}: ${other.join(", ")}`);
      });
    }
  });

  test(`streams and messages go on while the time is set this way and that: ${name}`, async (t) => {
    t.timeout(240_000);
    if (!there) return skip(t, "no espruino-linux found");
    for (const seed of name === "node:vm" ? [1, 2, 3, 4] : [1]) {
      const [run] = await board(
        make(),
        `const steps = [${50 * YEAR}, ${-HOUR}, ${-50 * YEAR}, 40, ${HOUR}, -3];
        let turned = ${seed};
        setInterval(() => setTime(getTime() + steps[turned++ % 6]), ${900 + 100 * seed});`,
        0.1,
        seed,
      );
      try {
        t.true(await run.link());
        t.like(await run.streamUp(3000, 300_000), { bytes: 3000, closed: undefined });
        t.like(await run.streamDown(3000, 300_000), { bytes: 3000, closed: undefined });
        await run.forMs(120_000);
        t.deepEqual(run.logged("down"), {}, `seed ${seed}`);
        t.is(run.gateway.ups, 1, `seed ${seed}`);
      } finally {
        await run.close();
      }
    }
  });
}
