/**
 * What the examples promise over a radio that loses 5 % of the frames, while its link goes and comes back, the device restarts,
 * and the gateway restarts with what it had saved.
 *
 * A message is not acknowledged: one that has lost a frame is lost. What arrives is whole, is what was sent, in its order and
 * once; and after each disturbance messages arrive again, both ways. A request is carried out at most once, and exactly once
 * where it was answered.
 */
import type { ExecutionContext } from "ava";
import { askText } from "../../examples/requests/gateway.ts";
import type { Simulation } from "../../sim/app.ts";
import { FOREVER, answered, readings, storage, uncaught } from "./examples.ts";
import type { Board } from "./examples.ts";

export interface Lossy extends Board {
  /** Uses the application for a while, between two disturbances. */
  use(t: ExecutionContext, s: Simulation): Promise<void>;
  /** Checks all that came of it. */
  check(t: ExecutionContext, s: Simulation): void;
}

/** What is done to the radio and to both sides, and what goes on meanwhile. */
const disturbances: ((s: Simulation) => Promise<void>)[] = [
  async () => undefined,
  (s) => s.disconnect(40),
  (s) => s.restart(),
  (s) => s.restartGateway(),
];

/** Uses an example before, between and after all disturbances. */
export async function endure(t: ExecutionContext, s: Simulation, { use, check }: Lossy): Promise<void> {
  await s.until(() => s.gateway.links[0]?.up === true);
  for (const disturb of disturbances) {
    await disturb(s);
    await use(t, s);
  }
  check(t, s);
  t.deepEqual(uncaught(s), []);
  t.deepEqual(s.gateway.errors, []);
  // one device, one link, whatever restarted
  t.is(s.gateway.links.length, 1);
  const numbers = s.gateway.messages.map(({ at }) => at);
  t.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
    "a message was taken twice, or after a later one",
  );
}

/** Seconds within which a report arrives: the rarest come every ten minutes, and several in a row may be lost. */
const REPORTS = 3600;

/** Lets time pass in which the device tells something by itself, at least once. */
async function hears(s: Simulation, seconds: number): Promise<void> {
  const before = s.messages.length;
  await s.forSeconds(seconds);
  await s.until(() => s.messages.length > before, REPORTS);
}

/** Has the gateway say something until it is seen in the log, as somebody would who sees no effect. Returns how often. */
async function says(s: Simulation, content: string, line: string, seconds: number): Promise<number> {
  const before = s.log.filter((text) => text === line).length;
  const seen = (): boolean => s.log.filter((text) => text === line).length > before;
  for (let said = 1; said <= 20; said++) {
    await s.send(content);
    if (await s.simulator.runWhile(seen, s.simulator.time + seconds * 1000)) return said;
  }
  throw new Error(`"${content}" had no effect in 20 times`);
}

/** Counts of what the gateway said, by what the device logs of it. */
class Commands {
  readonly said: { [line: string]: number } = {};
  private readonly _done: (s: Simulation) => string[];

  constructor(done: (s: Simulation) => string[]) {
    this._done = done;
  }

  async say(s: Simulation, content: string, line: string, seconds = 5): Promise<void> {
    this.said[line] = (this.said[line] ?? 0) + (await says(s, content, line, seconds));
  }

  /** None is carried out more often than it was said. */
  check(t: ExecutionContext, s: Simulation): void {
    const done: { [line: string]: number } = {};
    for (const line of this._done(s)) done[line] = (done[line] ?? 0) + 1;
    for (const [line, times] of Object.entries(done))
      t.true(times <= (this.said[line] ?? 0), `${line}: ${times} times`);
  }
}

const json = (s: Simulation): { [name: string]: number }[] =>
  s.messages.map((text) => JSON.parse(text) as { [name: string]: number });
const rising = (numbers: number[]): boolean => numbers.every((number, i) => !i || number > numbers[i - 1]!);
const every = (seconds: number, until: number, what: (n: number) => object): Board["happens"] =>
  Array.from({ length: Math.floor(until / seconds) }, (_, n) => ({ at: (n + 1) * seconds * 1000, ...what(n) }));

const LINES = 200;
const lines = (boot: number): string[] => Array.from({ length: LINES }, (_, n) => `boot ${boot} line ${n}`);

/** How each example is used; made anew for each run. */
export const lossy: { [name: string]: () => Lossy } = {
  button: () => {
    const commands = new Commands((s) => s.log.filter((line) => /^LED\d on$/.test(line)));
    return {
      board: "puckjs",
      happens: every(15, 2000, () => ({ press: "BTN" })),
      use: async (_t, s) => {
        await hears(s, 200);
        await commands.say(s, "red", "LED1 on");
        await commands.say(s, "blue", "LED3 on");
      },
      check: (t, s) => {
        commands.check(t, s);
        const presses = json(s).map((one) => one["presses"]!);
        // it counts anew after its restart; every ten minutes it reports without a press
        const again = presses.findIndex((one, i) => i > 0 && one < presses[i - 1]!);
        t.true(again > 0 && presses.every((one, i) => !i || i === again || one >= presses[i - 1]!), presses.join());
        t.true(presses.filter((one, i) => one === presses[i - 1]).length <= s.time / 600, presses.join());
        t.true(
          presses.length > (presses[again - 1]! + presses.at(-1)!) / 2,
          `${presses.length} reports of ${presses[again - 1]} and ${presses.at(-1)} presses`,
        );
      },
    };
  },
  watch: () => {
    const commands = new Commands((s) => s.log.filter((line) => line.startsWith("screen: gate")));
    let gate = 0;
    return {
      board: "banglejs2",
      happens: every(100, 20_000, (n) => ({ steps: n + 1 })),
      use: async (t, s) => {
        await hears(s, 1500);
        gate++;
        await commands.say(s, `gate ${gate}`, `screen: gate ${gate}`);
        t.true(s.log.filter((line) => line === "buzz").length >= gate);
      },
      check: (t, s) => {
        commands.check(t, s);
        const steps = json(s).map(({ steps }) => steps!);
        const again = steps.findIndex((one, i) => i > 0 && one < steps[i - 1]!);
        t.true(again > 0 && rising(steps.slice(0, again)) && rising(steps.slice(again)), steps.join());
      },
    };
  },
  field: () => {
    let minutes = 0;
    return {
      board: "mdbt42q",
      radioOptions: { cs: "D4", dio0: "D5", rst: "D6" },
      happens: every(100, 20_000, (n) => ({ analog: "D31", value: n / 1000 })),
      use: async (t, s) => {
        await hears(s, 2000);
        // it hears something in the seconds after a report only
        minutes++;
        const told = `every ${minutes} minutes`;
        for (let tries = 0; !s.log.includes(told) && tries < 20; tries++) {
          await hears(s, 0);
          await s.send(`${minutes}`);
          await s.forSeconds(4);
        }
        t.is(s.log.filter((line) => line === told).length, 1);
      },
      check: (t, s) => {
        for (const one of json(s)) t.deepEqual(Object.keys(one), ["moisture", "temperature", "battery"]);
      },
    };
  },
  bridge: () => {
    const commands = new Commands((s) => s.log.filter((line) => line.startsWith("Serial2")));
    let said = 0;
    return {
      board: "pico",
      radioOptions: { baud: 115200 },
      happens: every(5, 5 * LINES, (n) => ({ serial2: `${lines(1)[n]}\r\n` })),
      use: async (_t, s) => {
        await hears(s, 100);
        await commands.say(s, `zero ${said}`, `Serial2: zero ${said++}\r\n`, 30);
      },
      check: (t, s) => {
        commands.check(t, s);
        t.true(
          s.messages.every((line) => lines(1).includes(line)),
          s.messages.join(),
        );
      },
    };
  },
  telemetry: () => {
    const many = Array.from({ length: 8 }, (_, round) => readings.map((reading) => `${round} ${reading}`)).flat();
    const commands = new Commands((s) => s.log.filter((line) => line.startsWith("gateway says")));
    let said = 0;
    return {
      board: "puckjs",
      storage: storage(many),
      use: async (_t, s) => {
        await hears(s, 30);
        await commands.say(s, `thanks ${said}`, `gateway says thanks ${said++}`);
      },
      check: (t, s) => {
        commands.check(t, s);
        const sent = s.messages.map((reading) => many.indexOf(reading));
        t.true(sent[0]! >= 0 && rising(sent), "each once, in order, as it was");
        // it tells one a second, also in the 40 s without a radio link
        t.true(s.messages.length > (sent.at(-1)! - 40) / 2, `${s.messages.length} of ${sent.at(-1)! + 1}`);
      },
    };
  },
  requests: () => {
    let answers = 0;
    let failures = 0;
    /** What a request is answered with; undefined where the link was lost meanwhile. */
    const ask = async (s: Simulation, request: Parameters<typeof askText>[1]): Promise<string | undefined> => {
      try {
        const { body } = await answered(s, askText(s.gateway.driver, request, { timeout: FOREVER }));
        answers++;
        return body;
      } catch (error) {
        if (!(error as Error).message.startsWith("no response: ")) throw error;
        failures++;
        return undefined;
      } finally {
        await s.forSeconds(20);
      }
    };
    const light = async (s: Simulation): Promise<string> => {
      for (let tries = 0; tries < 10; tries++) {
        const body = await ask(s, { method: "GET", path: "/light" });
        if (body !== undefined) return body;
      }
      throw new Error("no answer to 10 requests");
    };
    return {
      board: "puckjs",
      use: async (t, s) => {
        const changed = (): number => s.log.filter((line) => /^LED1 o(n|ff)$/.test(line)).length;
        for (let n = 0; n < 5; n++) {
          const wanted = (await light(s)) === "on" ? "off" : "on";
          const before = changed();
          const isAnswered = (await ask(s, { method: "PUT", path: "/light", body: wanted })) !== undefined;
          if (isAnswered) t.is(changed(), before + 1, "an answered request was carried out once");
          else t.true(changed() <= before + 1, "an unanswered one at most once");
        }
      },
      check: (t) => {
        t.true(failures * 5 <= answers, `${answers} answered, ${failures} not`);
      },
    };
  },
};
