// Devices and their figures.

import { quantile } from "../../quantile.ts";
import type { StationRow } from "../types.ts";
import { card, clamp, empty, h } from "./dom.ts";
import { count, percent, short, span } from "./format.ts";
import type { Store } from "./store.ts";

const PAGE = 25;

interface Figures {
  i: number;
  row: StationRow;
  sent: number | undefined;
  delivered: number | undefined;
  /** Seconds. */
  latency: number | undefined;
}

interface Column {
  name: string;
  title?: string;
  /** By what it is sorted. */
  by: (one: Figures) => number | string | undefined;
  text: (one: Figures) => string;
  /** Whether any station has it; default: where any value is there. */
  bad?: (one: Figures) => boolean;
}

const dash = (value: number | undefined, text: (value: number) => string): string =>
  value === undefined ? "–" : text(value);
const share = ({ sent, delivered }: Figures): number | undefined => (sent ? (delivered ?? 0) / sent : undefined);
const linked = ({ row }: Figures): number | undefined =>
  row.linked === undefined ? undefined : row.linked - (row.started ?? 0);

const columns: Column[] = [
  { name: "linked after", by: linked, text: (one) => dash(linked(one), (value) => span(value * 1000)) },
  {
    name: "delivered",
    title: "of those sent",
    by: share,
    bad: (one) => (share(one) ?? 1) < 0.9,
    text: (one) => (one.sent ? `${count(one.delivered ?? 0)} / ${count(one.sent)} · ${percent(share(one)!)}` : "–"),
  },
  {
    name: "latency",
    title: "median",
    by: ({ latency }) => latency,
    text: ({ latency }) => dash(latency, (value) => span(value * 1000)),
  },
  {
    name: "on the air",
    title: "share of its time",
    by: ({ row }) => row.duty,
    text: ({ row }) => dash(row.duty, percent),
  },
  {
    name: "energy",
    title: "millijoule",
    by: ({ row }) => row.energy?.total,
    text: ({ row }) => dash(row.energy?.total, (value) => `${short(value)} mJ`),
  },
  {
    name: "boots",
    by: ({ row }) => row.boots,
    text: ({ row }) => dash(row.boots, count),
    bad: ({ row }) => (row.boots ?? 1) > 1,
  },
  {
    name: "exceptions",
    by: ({ row }) => row.exceptions?.length,
    text: ({ row }) => dash(row.exceptions?.length, count),
    bad: ({ row }) => !!row.exceptions?.length,
  },
  { name: "log", title: "lines", by: ({ row }) => row.log?.length, text: ({ row }) => dash(row.log?.length, count) },
];

export function deviceTable(store: Store): HTMLElement {
  const { stations } = store.data;
  let sort = { column: -1, down: false };
  let page = 0;
  const body = h("div", { class: "table" });
  const pages = h("div", { class: "pages" });
  const told = h("span", { class: "hint" });

  const rows = (): Figures[] => {
    const { tallies, shown, filter } = store;
    // of all of the run the figures are those of all messages, not of those that the page has
    const whole = tallies.of === "messages" && !filter.span && !filter.devices.length;
    return stations
      .map((row, i): Figures => {
        const tally = tallies.stations.get(i);
        if (whole && row.sent !== undefined)
          return { i, row, sent: row.sent, delivered: row.delivered, latency: row.latency };
        return {
          i,
          row,
          sent: tally?.sent ?? (row.role === "device" ? 0 : undefined),
          delivered: tally?.delivered,
          latency: quantile(tally?.latencies ?? [], 0.5),
        };
      })
      .filter(
        ({ i, row }) => shown.station(i) && row.role !== "gateway" && (!shown.byPacket || tallies.stations.has(i)),
      );
  };

  const draw = (): void => {
    const all = rows();
    if (!all.length) {
      body.replaceChildren(
        empty(stations.length ? "No device is among what is chosen." : "There are no devices in this run."),
      );
      pages.replaceChildren();
      told.textContent = "";
      return;
    }
    const { column, down } = sort;
    const by = columns[column]?.by ?? (({ row }: Figures): string => row.name);
    const names = new Intl.Collator("en", { numeric: true });
    // what has no value comes last, either way
    all.sort((a, b) => {
      const one = by(a);
      const two = by(b);
      if (one === undefined || two === undefined) return one === two ? a.i - b.i : one === undefined ? 1 : -1;
      const order = typeof one === "string" ? names.compare(one, two as string) : one - (two as number);
      return (down ? -order : order) || a.i - b.i;
    });
    const used = columns.map((one, i) => ({ ...one, i })).filter((one) => all.some((row) => one.by(row) !== undefined));
    const last = Math.max(0, Math.ceil(all.length / PAGE) - 1);
    page = clamp(page, 0, last);
    const heading = (name: string, i: number, title?: string): HTMLElement =>
      h(
        "th",
        {
          scope: "col",
          "aria-sort": sort.column === i ? (sort.down ? "descending" : "ascending") : "none",
          class: i < 0 ? "" : "number",
        },
        h(
          "button",
          {
            type: "button",
            title,
            click: () => {
              sort = { column: i, down: sort.column === i && !sort.down };
              page = 0;
              draw();
              body
                .querySelectorAll<HTMLElement>("th button")
                [i < 0 ? 0 : used.findIndex((one) => one.i === i) + 1]?.focus();
            },
          },
          name,
          h("span", { "aria-hidden": "true", class: "arrow" }, sort.column === i ? (sort.down ? "▾" : "▴") : " "),
        ),
      );
    body.replaceChildren(
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h("tr", {}, heading("device", -1), ...used.map(({ name, i, title }) => heading(name, i, title))),
        ),
        h(
          "tbody",
          {},
          ...all.slice(page * PAGE, (page + 1) * PAGE).map((one) =>
            h(
              "tr",
              { class: one.i === store.filter.station ? "here" : "", "data-name": one.row.name },
              h(
                "th",
                { scope: "row" },
                h("input", {
                  type: "checkbox",
                  "aria-label": `Filter by ${one.row.name}`,
                  ...(store.filter.devices.includes(one.i) && { checked: true }),
                  change: () => store.toggleDevice(one.i),
                }),
                h(
                  "button",
                  {
                    type: "button",
                    class: "link",
                    click: () => store.set({ station: one.i, packet: undefined, air: undefined }),
                  },
                  one.row.name,
                ),
              ),
              ...used.map(({ text, bad }) => h("td", { class: `number${bad?.(one) ? " bad" : ""}` }, text(one))),
            ),
          ),
        ),
      ),
    );
    told.textContent = `${count(all.length)} ${all.length === 1 ? "device" : "devices"}; ${store.tallies.of} counted`;
    const turn = (to: number, text: string, label: string): HTMLElement =>
      h(
        "button",
        {
          type: "button",
          class: "button",
          "aria-label": label,
          ...((to < 0 || to > last) && { disabled: true }),
          click: () => {
            page = to;
            draw();
          },
        },
        text,
      );
    pages.replaceChildren(
      ...(last
        ? [turn(page - 1, "◀", "Page before"), `${page + 1} of ${last + 1}`, turn(page + 1, "▶", "Page after")]
        : []),
    );
  };
  store.on(draw);
  return card("devices", "Devices", [told], body, pages);
}
