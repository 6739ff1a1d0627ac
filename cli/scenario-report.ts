import type { Delivery, Outcome } from "../sim/index.ts";
import { quantile } from "../sim/quantile.ts";
import { count, plural, printable, style, table, width, wrap } from "./output.ts";
import { withCodes } from "./sim-report.ts";

const percent = (part: number, of: number): string => (of ? `${((100 * part) / of).toFixed(1)} %` : "-");

/** Seconds, as exact as one wants to know. */
function seconds(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 100 ? `${value.toFixed(1)} s` : `${count(Math.round(value))} s`;
}

const clock = (value: number): string => {
  const whole = Math.round(value);
  const pad = (n: number): string => String(n).padStart(2, "0");
  return `${Math.floor(whole / 3600)}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
};

const whyTexts: { [why: string]: string } = {
  loss: "by chance",
  collision: "collided",
  weak: "too weak",
  deaf: "not listening",
  away: "out of reach",
  damaged: "damaged",
  full: "no room",
};

function mediaTable({ media }: Outcome): string {
  const rows = media.map(({ name, kind, transmissions, bytes, air, receptions, lost }) => {
    const all = Object.values(lost).reduce((sum, n) => sum + n, 0);
    const why = Object.entries(lost)
      .sort((a, b) => b[1] - a[1])
      .map(([of, n]) => `${count(n)} ${whyTexts[of] ?? of}`)
      .join(", ");
    return {
      why,
      row: [printable(name), kind, count(transmissions), count(bytes), seconds(air / 1000), percent(all, receptions)],
    };
  });
  const whys = media.flatMap(({ name }, i) =>
    rows[i]!.why ? wrap(`lost on ${printable(name)}: ${rows[i]!.why}`, width()) : [],
  );
  return [
    table(
      ["medium", "kind", "transmissions", "bytes", "on the air", "lost"],
      rows.map(({ row }) => row),
      [2, 3, 4, 5],
    ),
    ...whys,
  ].join("\n");
}

function devicesTable({ devices, deliveries }: Outcome): string {
  const byDevice = new Map<string, Delivery[]>();
  for (const one of deliveries) {
    const known = byDevice.get(one.device);
    if (known) known.push(one);
    else byDevice.set(one.device, [one]);
  }
  const rows: string[][] = [];
  const groups = new Map<string, typeof devices>();
  for (const device of devices) groups.set(device.group, [...(groups.get(device.group) ?? []), device]);
  if (groups.size > 1) groups.set("all", devices);
  for (const [group, all] of groups) {
    const its = all.flatMap(({ name }) => byDevice.get(name) ?? []);
    const late = its
      .flatMap(({ sent, delivered }) => (delivered === undefined ? [] : [delivered - sent]))
      .sort((a, b) => a - b);
    const hosts = [...new Set(all.map(({ host }) => host))];
    rows.push([
      printable(group),
      hosts.length > 1 ? "" : hosts[0]!,
      `${count(all.filter(({ linked }) => linked !== undefined).length)} of ${count(all.length)}`,
      `${count(late.length)} of ${count(its.length)}`,
      percent(late.length, its.length),
      seconds(quantile(late, 0.5)),
      seconds(quantile(late, 0.95)),
      seconds(late.at(-1)),
    ]);
  }
  return table(["devices", "host", "linked", "delivered", "", "median", "95 %", "longest"], rows, [2, 3, 4, 5, 6, 7]);
}

/** How many exceptions and breaches are shown. */
const SHOWN = 5;

/** What came of a run. */
export function formatOutcome(outcome: Outcome): string {
  const { title, seed, time, took, events, devices, gateways, verdicts, breaches, forged } = outcome;
  const lines = [
    ...wrap(printable(title), width()).map((line) => style("bold", line)),
    `seed ${seed}, ${clock(time)} of virtual time in ${took.toFixed(1)} s${took > 0 ? `, ${count(Math.max(1, Math.round(time / took)))} times real time` : ""}, ${count(events)} events`,
    "",
    mediaTable(outcome),
    "",
    devicesTable(outcome),
  ];
  const notes: string[] = [];
  for (const { name, drops } of gateways) {
    const refused = Object.entries(drops)
      .sort((a, b) => b[1] - a[1])
      .map(([code, n]) => `${code} ${count(n)}`)
      .join(", ");
    if (refused) notes.push(...wrap(`refused by ${printable(name)}: ${refused}`, width()));
  }
  if (forged) notes.push(style("red", `accepted though nobody sent it: ${plural(forged, "message")}`));
  const thirsty = devices.reduce((most, { energy }) => Math.max(most, energy?.total ?? 0), 0);
  if (thirsty) notes.push(`energy: at most ${count(Math.round(thirsty))} mJ of a device`);
  const some = (what: string, all: string[]): void => {
    for (const text of all.slice(0, SHOWN))
      notes.push(...wrap(`${what} ${text}`, width()).map((line) => style("red", line)));
    if (all.length > SHOWN) notes.push(style("red", `${what} ${count(all.length - SHOWN)} more`));
  };
  some(
    "exception:",
    devices.flatMap(({ name, exceptions }) =>
      exceptions.map((text) => printable(`${name}: ${withCodes(text.split("\n")[0]!)}`)),
    ),
  );
  some(
    "breach:",
    breaches.map(({ adversary, time: when, text }) => printable(`${adversary} after ${seconds(when)}: ${text}`)),
  );
  if (notes.length) lines.push("", ...notes);
  if (verdicts.length) lines.push("", style("bold", "Expected"));
  for (const { text, held, got } of verdicts) {
    const [first, ...rest] = wrap(`${printable(text)}: ${printable(got)}`, width() - 10);
    lines.push(
      `${held ? style("green", "held      ") : style("red", "not held  ")}${first}`,
      ...rest.map((line) => `          ${line}`),
    );
  }
  return lines.join("\n");
}
