/**
 * The runtime on heaps of the boards' own variables (sim/hosts/executables.ts), after an hour of use by an application that
 * takes a share of them. `npm run test:long` has the full counts.
 */
import test from "ava";
import { loadBoards } from "../../tools/build/index.ts";
import { findFixedInterpreter, findInterpreter } from "../../sim/index.ts";
import { skip } from "../helpers/hosts.ts";
import { enduring, promises, tried } from "./promises.ts";

const long = process.env["LONG"] === "1";
const [count, bytes] = long ? [50, 50_000] : [3, 2500];

// the boards that have least, here, and on them what takes most
for (const promised of long
  ? promises
  : promises.filter(({ board, share }) => board === "ruuvitag" || (board === "puckjs" && share !== 0.1))) {
  const name = `${promised.board}${promised.channels ? " with channels" : ""}, ${promised.share * 100} % taken, messages up to ${promised.largest} bytes`;
  for (const loss of !promised.channels ? [0] : long ? [0, 0.3] : [0.3]) {
    test(`${name}${loss ? ", streams with 30 % of the frames lost" : ""}`, async (t) => {
      t.timeout(long ? 1800_000 : 240_000);
      const { variables } = loadBoards().find(({ name: one }) => one === promised.board)!;
      if (findFixedInterpreter(variables) === undefined)
        return skip(t, `there is no espruino-linux-${variables}, nor another with variables of that size`);
      const { broken, ...figures } = await tried(promised, count, bytes, loss);
      t.log(JSON.stringify(figures));
      t.deepEqual(broken, []);
      t.true(figures.exact);
    });
  }
}

// those of 12,000 variables and more have all that a smaller one with the same bundle has
test(`every board ${long ? "" : "of up to 8,000 variables "}boots, links and sends on its own count of variables`, async (t) => {
  t.timeout(300_000);
  if (findInterpreter() === undefined && findFixedInterpreter(2630) === undefined)
    return skip(t, "no espruino-linux found");
  for (const { name, refused, variables } of loadBoards()) {
    if (refused !== undefined || (!long && variables > 8000)) continue;
    const { run, host } = await enduring({ board: name, channels: false, share: 0, largest: 200 });
    try {
      t.true(await run.link(), name);
      t.is((await run.up(1, 200)).arrived, 1, name);
      t.is((await run.down(1, 200)).arrived, 1, name);
      t.log(
        `${name}: ${host.executable.replace(/.*\//, "")}, ${host.memory!.variables} variables, ${host.peak} at most`,
      );
    } finally {
      await run.close();
    }
  }
});

test("an application that takes all memory does not end the runtime: it goes on when there is memory again", async (t) => {
  t.timeout(240_000);
  if (findFixedInterpreter(2630) === undefined)
    return skip(t, "there is no espruino-linux-2630, nor another with variables of that size");
  for (const channels of [false, true])
    for (const seed of long ? [1, 2, 3, 4, 5, 6] : [1]) {
      // at 60 s it runs out of memory, at 65 s it takes all but a little, in pieces of another size for each seed, and lets go at 120 s
      const greedy = `
      let hoard = [];
      setTimeout(() => {
        const all = [];
        while (true) all.push(getTime());
      }, 60000);
      setTimeout(() => { while (process.memory(false).free > 70) hoard.push(new Uint8Array(${10 + seed * 20})); }, 65000);
      setTimeout(() => { hoard = []; print("let go"); }, 120000);`;
      const { run, host } = await enduring({ board: "puckjs", channels, share: 0, largest: 1390 }, seed, 0, greedy);
      try {
        t.true(await run.link());
        await run.forMs(70_000);
        t.true(host.exhausted > 0, "it ran out of memory");
        // nothing can be sent now, and nothing is half done
        await run.down(2, 1000);
        t.true(await run.until(() => "let go" in run.logged("let go"), 300_000));
        await run.forMs(40_000);
        const delivered = [await run.up(3, 600), await run.down(3, 600)].map(({ arrived }) => arrived);
        t.deepEqual(
          delivered,
          [3, 3],
          `seed ${seed}, ${channels ? "with" : "without"} channels: ${JSON.stringify(run.logs.slice(-5))}`,
        );
      } finally {
        await run.close();
      }
    }
});
