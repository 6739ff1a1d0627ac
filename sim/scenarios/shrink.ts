// Makes a failing scenario small: leaves away, piece by piece, what it fails without as well. A. Zeller and R. Hildebrandt,
// Simplifying and Isolating Failure-Inducing Input, IEEE TSE 28 (2), 2002, for lists; halving for numbers.
//
// Devices keep their names and with them their keys, places and times, so that one of a thousand fails alone as it did
// among them. All is tried in a fixed order: the same scenario becomes the same small one, unless the time is up before.

import { SimError } from "../errors.ts";
import { deriveState, sfc32 } from "../random.ts";
import { checkScenario } from "./load.ts";
import { nameOf } from "./names.ts";
import type { Outcome, Verdict } from "../outcome.ts";
import { placeOf } from "./places.ts";
import type { DeviceGroup, Expectation, Fault, Scenario } from "../scenario.ts";

export interface ShrinkOptions {
  /** Runs at most. Default 200. */
  runs?: number;
  /** Seconds of the wall clock after which no run is begun. Default: no end. */
  seconds?: number;
  /** What files of the scenario are beside. Default: the current folder. */
  folder?: string;
  /** Told after each run. */
  progress?: (state: ShrinkProgress) => void;
}

export interface ShrinkProgress {
  runs: number;
  /** What was left away, or changed, in words; and whether it still fails so. */
  what: string;
  kept: boolean;
  /** The smallest so far. */
  scenario: Scenario;
}

/** Of `expect`, whether all fail in a run, and not for want of anything to judge. */
export interface Failure {
  /** The scenario with no other expectations than those that failed. */
  scenario: Scenario;
  /** Whether a run of a smaller one fails in the same way. */
  same(outcome: Pick<Outcome, "verdicts">): boolean;
}

// what an expectation of at least so many counts: there is less of it in what is smaller, whatever the fault
const counts: readonly Expectation["what"][] = [
  "messages",
  "log",
  "drops",
  "breaches",
  "energy",
  "forged",
  "twice",
  "exceptions",
  "duty cycle",
];

const ofCount = ({ what, ...expected }: Expectation): boolean =>
  counts.includes(what) && "atLeast" in expected && expected.atLeast !== undefined;

/** How a scenario failed in a run; undefined where it did not, or only in that there is not enough of something. */
export function failure(scenario: Scenario, { verdicts }: Pick<Outcome, "verdicts">): Failure | undefined {
  const failed = (scenario.expect ?? [])
    .map((expected, i) => ({ expected, verdict: verdicts[i]! }))
    .filter(({ expected, verdict }) => !verdict.held && !ofCount(expected));
  if (!failed.length) return undefined;
  const nothing = ({ got }: Verdict): boolean => got === "nothing";
  const were = failed.map(({ verdict }) => nothing(verdict));
  return {
    scenario: { ...scenario, expect: failed.map(({ expected }) => expected) },
    same: (outcome) =>
      outcome.verdicts.length === were.length &&
      outcome.verdicts.every((verdict, i) => !verdict.held && nothing(verdict) === were[i]),
  };
}

const some = (n: number, one: string): string =>
  `${n} ${n === 1 || one.endsWith("c") ? one : `${one}s`.replace(/ys$/, "ies")}`;

/** How much there is of a scenario, in words. */
export function sizeOf({ devices, faults = [], adversaries = [], duration }: Scenario): string {
  const parts = [
    some(
      devices.reduce((sum, { count = 1 }) => sum + count, 0),
      "device",
    ),
    some(faults.length, "fault"),
  ];
  if (adversaries.length) parts.push(some(adversaries.length, "adversary"));
  return `${parts.join(", ")}, ${duration} s`;
}

/**
 * The smallest scenario found that fails as this one: `fails` says whether a candidate does. A candidate that contradicts
 * itself (SimError) does not fail. Throws SimError "scenario" where the scenario itself does not fail.
 */
export async function shrink(
  scenario: Scenario,
  fails: (candidate: Scenario) => boolean | Promise<boolean>,
  options: ShrinkOptions = {},
): Promise<Scenario> {
  const work = new Shrinker(scenario, fails, options);
  checkScenario(scenario, options.folder);
  if (!(await work.fails(scenario)))
    throw new SimError("scenario", "the scenario does not fail: there is nothing to shrink");
  return work.run();
}

class Shrinker {
  #now: Scenario;
  readonly #fails: (candidate: Scenario) => boolean | Promise<boolean>;
  readonly #options: ShrinkOptions;
  readonly #known = new Map<string, boolean>();
  readonly #begun = performance.now();
  #runs = 0;

  constructor(scenario: Scenario, fails: (candidate: Scenario) => boolean | Promise<boolean>, options: ShrinkOptions) {
    this.#now = scenario;
    this.#fails = fails;
    this.#options = options;
  }

  get #over(): boolean {
    const { runs = 200, seconds = Infinity } = this.#options;
    return this.#runs >= runs || performance.now() - this.#begun > seconds * 1000;
  }

  async fails(candidate: Scenario): Promise<boolean> {
    // functions are those of the original
    const name = JSON.stringify(candidate);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    let failed = false;
    if (!this.#sound(candidate)) return failed;
    this.#runs++;
    try {
      failed = await this.#fails(candidate);
    } catch (error) {
      // it cannot be so, which media and devices find out too
      if ((error as { code?: unknown }).code === undefined) throw error;
    }
    this.#known.set(name, failed);
    return failed;
  }

  #sound(candidate: Scenario): boolean {
    try {
      checkScenario(candidate, this.#options.folder);
      return true;
    } catch (error) {
      if (error instanceof SimError && error.code === "scenario") return false;
      throw error;
    }
  }

  async run(): Promise<Scenario> {
    let before;
    do {
      before = JSON.stringify(this.#now);
      await this.#list("faults", "fault");
      await this.#list("adversaries", "adversary");
      await this.#list("downlink", "downlink traffic");
      await this.#devices();
      await this.#gateways();
      await this.#media();
      await this.#groups();
      await this.#duration();
    } while (!this.#over && JSON.stringify(this.#now) !== before);
    return this.#now;
  }

  /** Keeps a candidate where it still fails. */
  async #try(candidate: Scenario, what: string): Promise<boolean> {
    if (this.#over) return false;
    const kept = await this.fails(candidate);
    if (kept) this.#now = candidate;
    this.#options.progress?.({ runs: this.#runs, what, kept, scenario: this.#now });
    return kept;
  }

  /** Leaves away of a list what can be: all, then parts that become smaller and smaller. */
  async #few<T>(
    all: readonly T[],
    make: (kept: readonly T[]) => Scenario | undefined,
    what: (n: number) => string,
  ): Promise<void> {
    let items = all;
    const attempt = async (kept: readonly T[]): Promise<boolean> => {
      const candidate = make(kept);
      if (!candidate || !(await this.#try(candidate, what(items.length - kept.length)))) return false;
      items = kept;
      return true;
    };
    if (!items.length || (await attempt([]))) return;
    for (let parts = 2; items.length > 1 && parts <= items.length && !this.#over;) {
      const size = Math.ceil(items.length / parts);
      const before = items.length;
      const chunks = Array.from({ length: Math.ceil(before / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
      let smaller = false;
      // one part alone, or all but one
      for (const chunk of chunks) if ((smaller = await attempt(chunk))) break;
      if (smaller) {
        parts = 2;
        continue;
      }
      for (const chunk of parts > 2 ? chunks : [])
        if ((smaller = await attempt(items.filter((item) => !chunk.includes(item))))) break;
      if (smaller) parts = Math.max(parts - 1, 2);
      else if (parts === items.length) break;
      else parts = Math.min(parts * 2, items.length);
    }
  }

  #list(of: "faults" | "adversaries" | "downlink", one: string): Promise<void> {
    const all: readonly object[] = this.#now[of] ?? [];
    return this.#few(
      all,
      (kept) => {
        const { [of]: _gone, ...rest } = this.#now;
        const candidate: Scenario = kept.length ? { ...rest, [of]: kept } : rest;
        // who got away with an adversary is not expected of it any more
        const names = new Set((candidate.adversaries ?? []).map(({ name }) => name));
        if (
          (candidate.expect ?? []).some(
            (expected) =>
              expected.what === "breaches" && expected.adversary !== undefined && !names.has(expected.adversary),
          )
        )
          return undefined;
        return candidate;
      },
      (n) => some(n, one),
    );
  }

  async #devices(): Promise<void> {
    const from = this.#now;
    const all = from.devices.flatMap((group) => Array.from({ length: group.count ?? 1 }, (_, i) => ({ group, i })));
    await this.#few(
      all,
      (kept) => (kept.length ? withDevices(from, kept) : undefined),
      (n) => some(n, "device"),
    );
  }

  async #gateways(): Promise<void> {
    const { gateways } = this.#now;
    for (const name of Object.keys(gateways ?? {})) {
      const { [name]: one, ...others } = this.#now.gateways!;
      if (Object.keys(others).length && (await this.#try({ ...this.#now, gateways: others }, `gateway ${name}`)))
        continue;
      for (const field of Object.keys(one!)) {
        const { [field]: _, ...rest } = this.#now.gateways![name] as { [field: string]: unknown };
        await this.#try({ ...this.#now, gateways: { ...this.#now.gateways, [name]: rest } }, `${field} of ${name}`);
      }
    }
  }

  async #media(): Promise<void> {
    for (const name of Object.keys(this.#now.media)) {
      const { [name]: medium, ...others } = this.#now.media;
      if (Object.keys(others).length && (await this.#try({ ...this.#now, media: others }, `medium ${name}`))) continue;
      for (const field of Object.keys(medium!)) {
        if (field === "kind") continue;
        const { [field]: _, ...rest } = this.#now.media[name] as unknown as { [field: string]: unknown };
        await this.#try(
          { ...this.#now, media: { ...this.#now.media, [name]: rest } } as unknown as Scenario,
          `${field} of ${name}`,
        );
      }
    }
  }

  async #groups(): Promise<void> {
    const change = (i: number, group: DeviceGroup): Scenario => ({
      ...this.#now,
      devices: this.#now.devices.map((one, at) => (at === i ? group : one)),
    });
    for (let i = 0; i < this.#now.devices.length; i++) {
      const { name } = this.#now.devices[i]!;
      for (const field of Object.keys(this.#now.devices[i]!)) {
        // these are who it is
        if (["name", "count", "board", "app", "host"].includes(field)) continue;
        const { [field]: _, ...rest } = this.#now.devices[i] as unknown as { [field: string]: unknown };
        await this.#try(change(i, rest as unknown as DeviceGroup), `${field} of ${name}`);
      }
      const { happens, traffic } = this.#now.devices[i]!;
      if (happens)
        await this.#few(
          happens,
          (kept) => change(i, { ...this.#now.devices[i]!, happens: [...kept] }),
          (n) => `${some(n, "thing")} that happen to ${name}`,
        );
      if (!traffic) continue;
      for (const count of [1, 2, 4, 8, 16, 32, 64]) {
        if (count >= (traffic.count ?? Infinity) || count * traffic.every > this.#now.duration) break;
        if (
          await this.#try(
            change(i, { ...this.#now.devices[i]!, traffic: { ...traffic, count } }),
            `messages of ${name} after ${count}`,
          )
        )
          break;
      }
    }
  }

  /** Halves the time as long as it fails: where time itself is what fails it, it stays. */
  async #duration(): Promise<void> {
    const { duration, expect = [] } = this.#now;
    if (!expect.every((expected) => shortened(expected))) return;
    // nothing is left that would have been after the end, and what has to be within a time has it
    const least = Math.max(
      1,
      ...(this.#now.faults ?? []).map(({ at }) => at),
      ...expect.map((expected) => ("within" in expected && expected.within) || 0),
      ...this.#now.devices.map(
        ({ start }) =>
          (start?.at ?? 0) +
          (start?.over ?? 0) +
          Math.max(0, ...expect.map((expected) => (expected.what === "linked" && expected.within) || 0)),
      ),
    );
    let low = Math.ceil(least);
    let high = duration;
    while (low < high && !this.#over) {
      const middle = Math.floor((low + high) / 2);
      if (await this.#try({ ...this.#now, duration: middle }, `seconds after ${middle}`)) high = middle;
      else low = middle + 1;
    }
  }
}

/** Whether it can still be held to that where less time passes: not where it waits for something without saying for how long. */
function shortened(expected: Expectation): boolean {
  if (expected.what === "check") return false;
  if (expected.what === "linked" || expected.what === "delivered")
    return expected.within !== undefined || expected.atLeast === undefined;
  return !ofCount(expected);
}

const unit = (seed: number, name: string): (() => number) => {
  const next = sfc32(deriveState(seed, name));
  return () => next() / 2 ** 32;
};

/** A scenario with some of its devices: groups that are whole stay, of others each is a group of its own, where and when it was. */
function withDevices(scenario: Scenario, kept: readonly { group: DeviceGroup; i: number }[]): Scenario | undefined {
  const { seed = 1, expect, faults, downlink, adversaries, media, gateways } = scenario;
  const chosen = new Map<DeviceGroup, number[]>();
  for (const { group, i } of kept) chosen.set(group, [...(chosen.get(group) ?? []), i]);
  const devices: DeviceGroup[] = [];
  // what is left of each name, of groups and of devices
  const left = new Map<string, string[]>();
  const gone = new Set<string>();
  for (const group of scenario.devices) {
    const { count, position, start, ...rest } = group;
    const all = chosen.get(group) ?? [];
    const total = count ?? 1;
    for (let i = 0; i < total; i++) if (!all.includes(i)) gone.add(nameOf(group, i));
    if (all.length === total) {
      devices.push(group);
      left.set(group.name, [group.name]);
      continue;
    }
    left.set(
      group.name,
      all.map((i) => nameOf(group, i)),
    );
    for (const i of all) {
      const name = nameOf(group, i);
      const place = placeOf(position, i, unit(seed, `${name}/place`));
      const at = (start?.at ?? 0) + ((start?.over ?? 0) * i) / total;
      devices.push({ ...rest, name, ...(place && { position: place }), ...(at && { start: { at } }) });
    }
  }
  const names = (given: readonly string[]): string[] =>
    given.flatMap((name) => left.get(name) ?? (gone.has(name) ? [] : [name]));
  const few = <T>(list: readonly T[] | undefined, of: (one: T) => T[]): T[] | undefined => list?.flatMap(of);
  const expected = few(expect, (one) => [one.devices ? { ...one, devices: names(one.devices) } : one]);
  // what is expected of none cannot fail
  if (expected?.some((one) => one.devices?.length === 0)) return undefined;
  const lists = {
    faults: few(faults, (fault): Fault[] => {
      if (fault.what === "partition") {
        const groups = fault.groups.map(names).filter((group) => group.length);
        return groups.length ? [{ ...fault, groups }] : [];
      }
      return "device" in fault ? names([fault.device]).map((device) => ({ ...fault, device })) : [fault];
    }),
    downlink: few(downlink, (one) => (one.to ? [{ ...one, to: names(one.to) }].filter(({ to }) => to.length) : [one])),
    adversaries: few(adversaries, (one) => (one.kind === "clone" && gone.has(one.of) ? [] : [one])),
  };
  const links = Object.fromEntries(
    Object.entries(media).map(([name, medium]) => {
      const its = (medium as { links?: object }).links;
      if (!its) return [name, medium];
      return [
        name,
        {
          ...medium,
          links: Object.fromEntries(
            Object.entries(its).filter(([link]) => !link.split(">").some((end) => gone.has(end))),
          ),
        },
      ];
    }),
  );
  const { faults: _f, downlink: _d, adversaries: _a, ...rest } = scenario;
  return {
    ...rest,
    media: links as Scenario["media"],
    ...(gateways && { gateways }),
    devices,
    ...Object.fromEntries(Object.entries(lists).filter(([, list]) => list?.length)),
    ...(expected && { expect: expected }),
  };
}
