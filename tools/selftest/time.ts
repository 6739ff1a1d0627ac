import { ask, judge, ms, type Check } from "./check.ts";

/** Milliseconds that clocks are compared over, and what they may differ by: a crystal is better, an RC oscillator not much worse. */
const SPAN = 2000;
const DRIFT = 0.02;

/** Milliseconds of a timer, and how late it may be: an interpreter that was busy with the console. */
const DELAY = 200;
const LATE = 60;

export const timeChecks: Check[] = [
  {
    name: "getTime()",
    why: "timeouts and retries count on it; an emulated clock does not drift",
    expected: "a second each second",
    run: async ({ console, now }) => {
      const before = now();
      const first = Number(await ask(console, "getTime()"));
      const began = now();
      await console.pause(SPAN);
      const ended = now();
      const passed = (Number(await ask(console, "getTime()")) - first) * 1000;
      // the board looked at its clock somewhere between question and answer
      const least = ended - began;
      const most = now() - before;
      const holds = passed >= least * (1 - DRIFT) && passed <= most * (1 + DRIFT);
      return judge(
        `${(passed / 1000).toFixed(2)} s in ${(least / 1000).toFixed(2)} to ${(most / 1000).toFixed(2)} s`,
        holds,
      );
    },
  },
  {
    name: "setTimeout",
    why: "the runtime's work goes on by timers",
    expected: `${DELAY} to ${DELAY + LATE} ms`,
    run: async ({ console }) => {
      await ask(console, `(global.mst=0,setTimeout(t=>{mst=(getTime()-t)*1e3},${DELAY},getTime()),1)`);
      await console.pause(DELAY * 3);
      const took = Number(await ask(console, "mst"));
      return judge(took ? ms(took) : "not called", took > DELAY - 2 && took <= DELAY + LATE);
    },
  },
];
