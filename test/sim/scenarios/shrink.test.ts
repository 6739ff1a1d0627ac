import test from "ava";
import { SimError, checkScenario, failure, runScenario, shrink, sizeOf } from "../../../sim/index.ts";
import type { Outcome, Scenario, ShrinkProgress } from "../../../sim/index.ts";

/** Forty devices and six faults, of which one matters to one. */
const large: Scenario = {
  title: "one of forty is cut off",
  seed: 3,
  duration: 160,
  media: { air: { kind: "ideal", frameSize: 64, latency: 10, loss: 0.005 } },
  devices: [
    {
      name: "sensor",
      count: 40,
      position: { around: [0, 0], radius: 40 },
      start: { over: 20 },
      traffic: { every: 12 },
    },
  ],
  downlink: [{ every: 50 }],
  faults: [
    { at: 40, what: "reboot", device: "sensor-3" },
    { at: 60, what: "radio", device: "sensor-4", for: 5 },
    { at: 80, what: "power cut", device: "sensor-9", for: 5 },
    { at: 90, what: "radio", device: "sensor-17", for: 60 },
    { at: 120, what: "reboot", device: "sensor-20" },
    { at: 150, what: "gateway restart" },
  ],
  expect: [
    { what: "linked", within: 60, atLeast: 1 },
    { what: "delivered", devices: ["sensor-17"], within: 10, atLeast: 0.8 },
    { what: "forged" },
  ],
};

const small = async (progress?: (state: ShrinkProgress) => void): Promise<Scenario> => {
  const failing = failure(large, await runScenario(large))!;
  return shrink(failing.scenario, async (candidate) => failing.same(await runScenario(candidate)), {
    ...(progress && { progress }),
  });
};

test("of forty devices and six faults what is needed is left: one of each, and it fails the same way", async (t) => {
  const states: ShrinkProgress[] = [];
  const result = await small((state) => states.push(state));
  t.deepEqual(
    result.devices.map(({ name }) => name),
    ["sensor-17"],
  );
  t.deepEqual(result.faults, [{ at: 90, what: "radio", device: "sensor-17", for: 60 }]);
  t.deepEqual(result.expect, [large.expect![1]]);
  t.deepEqual(result.media, { air: { kind: "ideal", frameSize: 64 } });
  t.is(result.downlink, undefined);
  t.true(result.duration < 140 && result.duration >= 90, String(result.duration));
  const outcome = await runScenario(JSON.parse(JSON.stringify(result)) as Scenario);
  t.deepEqual(
    outcome.verdicts.map(({ held }) => held),
    [false],
  );
  t.not(outcome.verdicts[0]!.got, "nothing");
  // never larger than before, and within bounds
  t.true(states.length < 80, String(states.length));
  t.is(states.at(-1)!.scenario, result);
});

test("a device that is left is where, when and who it was", async (t) => {
  const of = async (scenario: Scenario): Promise<object> => {
    const { devices, deliveries } = await runScenario(scenario);
    const { position, started } = devices.find(({ name }) => name === "sensor-17")!;
    return {
      position,
      started,
      sent: deliveries.filter(({ device }) => device === "sensor-17").map(({ sent }) => sent),
    };
  };
  const calm: Scenario = {
    ...large,
    media: { air: { kind: "ideal", frameSize: 64 } },
    downlink: [],
    faults: [],
    duration: 60,
    expect: [{ what: "delivered", devices: ["sensor-17"], within: 1, atLeast: 2 }],
  };
  // nothing but the number of devices may change
  const alone = await shrink(
    calm,
    ({ devices, ...rest }) =>
      devices.some(({ name, count, start }) => (count ?? 1) > 1 || (name === "sensor-17" && start?.at === 8)) &&
      rest.duration === 60 &&
      devices.every(({ position, traffic }) => position && traffic && !traffic.count),
  );
  t.deepEqual(
    alone.devices.map(({ name }) => name),
    ["sensor-17"],
  );
  t.deepEqual(await of(alone), await of(calm));
});

test("groups that faults, partitions and expectations name go on to mean who is left of them", async (t) => {
  const scenario: Scenario = {
    duration: 10,
    media: { air: { kind: "ideal", frameSize: 20 } },
    devices: [
      { name: "east", count: 4 },
      { name: "west", count: 4 },
    ],
    downlink: [
      { every: 1, to: ["east"] },
      { every: 1, to: ["west-2"] },
    ],
    faults: [
      { at: 1, what: "reboot", device: "east" },
      { at: 2, what: "partition", groups: [["gateway", "east"], ["west"]], for: 3 },
    ],
    expect: [{ what: "linked", devices: ["east", "west-1"], atLeast: 1 }],
  };
  const left = new Set(["east-2", "east-3", "west-1"]);
  const names = ({ devices }: Scenario): string[] =>
    devices.flatMap(({ name, count }) =>
      count === undefined ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`),
    );
  const needed = (candidate: Scenario): boolean => {
    t.notThrows(() => checkScenario(candidate));
    return (
      [...left].every((name) => names(candidate).includes(name)) &&
      (candidate.faults?.length ?? 0) >= 2 &&
      !!candidate.downlink?.length
    );
  };
  const result = await shrink(scenario, needed);
  t.deepEqual(names(result), [...left]);
  t.deepEqual(await shrink(scenario, needed), result);
  t.deepEqual(
    result.faults,
    [
      { at: 1, what: "reboot", device: "east-2" },
      { at: 1, what: "reboot", device: "east-3" },
      { at: 2, what: "partition", groups: [["gateway", "east-2", "east-3"], ["west-1"]], for: 3 },
    ].slice(0, result.faults!.length),
  );
  t.deepEqual(result.expect, [{ what: "linked", devices: ["east-2", "east-3", "west-1"], atLeast: 1 }]);
});

test("its bound of runs holds; what does not fail is refused; what throws does not fail", async (t) => {
  let runs = 0;
  const result = await shrink(large, () => ++runs > 0, { runs: 5 });
  t.is(runs, 5);
  t.true((result.faults ?? []).length < 6);
  await t.throwsAsync(
    shrink(large, () => false),
    { instanceOf: SimError, message: /does not fail/ },
  );
  const whole = await shrink(large, (candidate) => {
    if (candidate === large) return true;
    throw new SimError("options", "no");
  });
  t.is(whole, large);
});

test("how a run failed: not by counts, which a smaller one has fewer of, and not for want of anything", (t) => {
  const verdicts = (held: boolean, got = "1 %"): Pick<Outcome, "verdicts"> => ({ verdicts: [{ text: "", held, got }] });
  const one = (expected: NonNullable<Scenario["expect"]>[number]): Scenario => ({ ...large, expect: [expected] });
  t.is(failure(one({ what: "messages", atLeast: 5 }), verdicts(false)), undefined);
  t.is(failure(one({ what: "delivered", atLeast: 1 }), verdicts(true)), undefined);
  const failing = failure(one({ what: "delivered", atLeast: 1 }), verdicts(false))!;
  t.deepEqual(
    [verdicts(false), verdicts(true), verdicts(false, "nothing")].map((all) => failing.same(all)),
    [true, false, false],
  );
  t.is(sizeOf(large), "40 devices, 6 faults, 160 s");
});
