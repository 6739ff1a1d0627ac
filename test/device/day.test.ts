/**
 * A day of use on a heap of a Puck.js's own variables: messages both ways, streams, lost frames, restarts, a radio that goes
 * and comes, Storage that is compacted, and a time that is set. `npm run test:long` has the whole day, and one with channels; otherwise it is 8 hours.
 */
import test from "ava";
import { findFixedInterpreter } from "../../sim/index.ts";
import { skip } from "../helpers/hosts.ts";
import { enduring } from "./promises.ts";

const long = process.env["LONG"] === "1";
const hours = long ? 24 : 8;

// writes that make Storage full, so that Espruino compacts it
const scribble = `
setInterval(() => {
  const files = require("Storage");
  files.erase("log");
  for (let i = 0; i < 12; i++) files.write("log", new Uint8Array(2000), i * 2000, 24000);
}, 1800000);`;

// a phone that sets the time, by fifty years and back, and somebody who sets it by hours
const steps = `
const steps = [1576800000, -3600, -1576800000, 7200, -90, -3600];
let steppings = 0;
setInterval(() => {
  setTime(getTime() + steps[steppings++ % 6]);
}, 2900000);`;

for (const channels of long ? [false, true] : [false]) {
  test(`${hours} hours of a Puck.js ${channels ? "with" : "without"} channels`, async (t) => {
    t.timeout(long ? 3600_000 : 240_000);
    if (findFixedInterpreter(2630) === undefined)
      return skip(t, "there is no espruino-linux-2630, nor another with variables of that size");
    const { run, host } = await enduring(
      { board: "puckjs", channels, share: channels ? 0.1 : 0.3, largest: 600 },
      3,
      0.02,
      scribble + steps,
    );
    const usage: number[] = [];
    let arrived = 0;
    let sent = 0;
    try {
      t.true(await run.link());
      for (let hour = 0; hour < hours; hour++) {
        const start = run.simulator.time;
        // one lost frame of a message loses it: 2 % of the frames, three to thirteen of them a message
        for (const delivery of [await run.up(long ? 12 : 3, 100), await run.down(long ? 12 : 3, 600)]) {
          sent += delivery.sent;
          arrived += delivery.arrived;
        }
        if (channels) {
          const up = await run.streamUp(3000, 600_000);
          t.is(up.bytes, 3000, `hour ${hour}`);
        }
        if (hour % 6 === 5) {
          const ups = run.gateway.ups;
          await run.restartDevice();
          t.true(await run.until(() => run.gateway.ups > ups, 120_000), `restart in hour ${hour}`);
        }
        await run.forMs(Math.max(0, 3600_000 - (run.simulator.time - start)));
        usage.push((await host.collect(run.simulator.time)).memory!.usage);
      }
      t.log(
        `${arrived} of ${sent} messages; at rest after each hour: ${usage.join(", ")}; ${host.writes} writes to flash since the last restart`,
      );
      t.true(arrived > sent * 0.75, `${arrived} of ${sent}`);
      // what the application takes changes with every hour: not what the runtime does
      t.true(Math.max(...usage.slice(hours / 2)) < Math.max(...usage.slice(0, hours / 4)) + 60, usage.join(", "));
      t.deepEqual(run.logged("Uncaught"), {});
      t.is(host.exhausted, 0);
    } finally {
      await run.close();
    }
  });
}
