import test from "ava";
import { SimError, explain, scenario } from "../../../sim/index.ts";
import type { Scenario, Test } from "../../../sim/index.ts";

const given: Scenario = {
  title: "two",
  duration: 30,
  media: { air: { kind: "ideal", frameSize: 64 } },
  devices: [{ name: "sensor", count: 2, traffic: { every: 5 } }],
  expect: [
    { what: "linked", atLeast: 1 },
    { what: "delivered", within: 5, atLeast: 1 },
  ],
};

/** What a test was told. */
function told(): Test & { said: string[] } {
  const said: string[] = [];
  return { said, pass: () => said.push("pass"), fail: (message) => said.push(message ?? "") };
}

test("what holds passes, and what came of it is there for more", async (t) => {
  const { devices, deliveries } = await scenario(t, given);
  t.is(devices.length, 2);
  t.true(deliveries.length > 5);
});

test("what does not hold fails the test, with every verdict", async (t) => {
  const one = told();
  const outcome = await scenario(
    one,
    { ...given, faults: [{ at: 5, what: "radio", device: "sensor-2", for: 25 }] },
    { seed: 7 },
  );
  t.false(outcome.held);
  t.is(one.said.length, 1);
  t.regex(
    one.said[0]!,
    /^two, seed 7:\n {2}held: linked at least 100 %: 100 %\n {2}NOT HELD: delivered within 5 s at least 100 %: [\d.]+ %$/,
  );
  t.regex(
    explain({ ...outcome, command: "mote sim scenario x --seed 7" }),
    /\nrepeat it: mote sim scenario x --seed 7$/,
  );
});

test("one that expects nothing is refused", async (t) => {
  const { expect: _, ...nothing } = given;
  await t.throwsAsync(scenario(told(), nothing), { instanceOf: SimError, message: /expects nothing/ });
});
