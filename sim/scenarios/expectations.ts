// Whether what was expected of a run holds.

import { quantile } from "../quantile.ts";
import type { Bounds, Expectation } from "../scenario.ts";
import type { Delivery, DeviceOutcome, Outcome, Verdict } from "../outcome.ts";

type Seen = Omit<Outcome, "verdicts" | "held" | "command">;

const percent = (share: number): string => `${Math.round(share * 10000) / 100} %`;
const seconds = (value: number): string => `${Math.round(value * 1000) / 1000} s`;

function bounded(value: number | undefined, { atLeast, atMost }: Bounds): boolean {
  return value !== undefined && !(value < (atLeast ?? -Infinity)) && !(value > (atMost ?? Infinity));
}

function words({ atLeast, atMost }: Bounds, show: (value: number) => string): string {
  const parts = [
    atLeast !== undefined ? `at least ${show(atLeast)}` : "",
    atMost !== undefined ? `at most ${show(atMost)}` : "",
  ].filter((part) => part);
  return parts.join(" and ");
}

/** Judges one expectation by what was seen. */
export function judge(expected: Expectation, seen: Seen): Verdict {
  const { devices: names } = expected;
  const within = (name: string, group: string): boolean => !names || names.includes(name) || names.includes(group);
  const devices = seen.devices.filter(({ name, group }) => within(name, group));
  const chosen = new Set(devices.map(({ name }) => name));
  const deliveries = seen.deliveries.filter(({ device }) => chosen.has(device));
  const whose = names ? `${names.join(", ")}: ` : "";
  const verdict = (
    text: string,
    value: number | undefined,
    bounds: Bounds,
    show: (value: number) => string,
  ): Verdict => ({
    text: expected.title ?? `${whose}${text} ${words(bounds, show)}`.trim(),
    held: bounded(value, bounds),
    got: value === undefined ? "nothing" : show(value),
  });
  const bare = (value: number): string => String(Math.round(value * 100) / 100);
  const none = (bounds: Bounds): Bounds =>
    bounds.atLeast === undefined && bounds.atMost === undefined ? { atMost: 0 } : bounds;
  switch (expected.what) {
    case "linked": {
      const done = devices.filter((device) => inTime(device.linked, device.started, expected.within));
      return verdict(
        `linked${expected.within === undefined ? "" : ` within ${seconds(expected.within)}`}`,
        devices.length ? done.length / devices.length : undefined,
        expected,
        percent,
      );
    }
    case "delivered": {
      const { within: patience } = expected;
      const counted = deliveries.filter(({ sent }) => patience === undefined || sent + patience <= seen.time);
      const done = counted.filter(({ sent, delivered }) => inTime(delivered, sent, patience));
      return verdict(
        `delivered${patience === undefined ? "" : ` within ${seconds(patience)}`}`,
        counted.length ? done.length / counted.length : undefined,
        expected,
        percent,
      );
    }
    case "forged":
      return verdict("messages that nobody sent", seen.forged, none(expected), bare);
    case "twice":
      return verdict(
        "messages accepted twice",
        deliveries.reduce((sum, { times }) => sum + Math.max(0, times - 1), 0),
        none(expected),
        bare,
      );
    case "latency": {
      const { share = 0.95 } = expected;
      const all = deliveries.flatMap(latency).sort((one, two) => one - two);
      return verdict(`latency of ${percent(share)}`, quantile(all, share), expected, seconds);
    }
    case "messages":
      return verdict(
        "messages accepted",
        deliveries.filter(({ way }) => way === "up").reduce((sum, { times }) => sum + times, 0),
        expected,
        bare,
      );
    case "duty cycle":
      return verdict(
        "duty cycle",
        most(devices, ({ duty }) => duty),
        expected,
        percent,
      );
    case "energy":
      return verdict(
        "energy",
        most(devices, ({ energy }) => energy?.total),
        expected,
        (value) => `${bare(value)} mJ`,
      );
    case "drops": {
      const of = (drops: { [code: string]: number }): number =>
        expected.code === undefined ? Object.values(drops).reduce((sum, n) => sum + n, 0) : (drops[expected.code] ?? 0);
      return verdict(
        `refused${expected.code === undefined ? "" : ` as ${expected.code}`}`,
        seen.gateways.reduce((sum, { drops }) => sum + of(drops), 0),
        expected,
        bare,
      );
    }
    case "log":
      return verdict(
        `log lines with ${JSON.stringify(expected.text)}`,
        devices.reduce((sum, { log }) => sum + log.filter(({ text }) => text.includes(expected.text)).length, 0),
        expected,
        bare,
      );
    case "exceptions":
      return verdict(
        "exceptions",
        devices.reduce((sum, { exceptions }) => sum + exceptions.length, 0),
        none(expected),
        bare,
      );
    case "breaches": {
      const found = seen.breaches.filter(
        ({ adversary }) => expected.adversary === undefined || adversary === expected.adversary,
      );
      const judged = verdict(
        `breaches${expected.adversary === undefined ? "" : ` by ${expected.adversary}`}`,
        found.length,
        none(expected),
        bare,
      );
      return found.length ? { ...judged, got: `${judged.got}: ${found[0]!.text}` } : judged;
    }
    case "check": {
      const wrong = expected.check({ ...seen, verdicts: [], held: true, command: "" });
      return { text: expected.title ?? "check", held: wrong === undefined, got: wrong ?? "it holds" };
    }
  }
}

const inTime = (done: number | undefined, since: number, within: number | undefined): boolean =>
  done !== undefined && (within === undefined || done - since <= within);
const latency = ({ sent, delivered }: Delivery): number[] => (delivered === undefined ? [] : [delivered - sent]);

function most(devices: DeviceOutcome[], of: (device: DeviceOutcome) => number | undefined): number | undefined {
  let value: number | undefined;
  for (const device of devices) {
    const its = of(device);
    if (its !== undefined && !(its <= value!)) value = its;
  }
  return value;
}
