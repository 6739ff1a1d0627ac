// How long it took, how much arrived, what it cost: over all that is shown.

import { quantile } from "../../quantile.ts";
import { histogram } from "../stats.ts";
import { bars, plane } from "./chart.ts";
import type { Plane } from "./chart.ts";
import { card, empty, h, onWidth, s } from "./dom.ts";
import { count, percent, short, span } from "./format.ts";
import type { Store } from "./store.ts";

const HEIGHT = 220;

/** A section whose chart is drawn anew when what is shown changes, or its width. */
function section(
  store: Store,
  id: string,
  title: string,
  paint: (width: number) => { chart: Node; caption: string } | string,
): HTMLElement {
  const body = h("div", { class: "chart" });
  const caption = h("p", { class: "caption" });
  const draw = (): void => {
    const width = body.clientWidth;
    if (!width) return;
    const painted = paint(width);
    body.replaceChildren(typeof painted === "string" ? empty(painted) : painted.chart);
    caption.textContent = typeof painted === "string" ? "\u00a0" : painted.caption;
  };
  onWidth(body, draw);
  store.on(({ data }) => {
    if (data) draw();
  });
  return card(id, title, [], body, caption);
}

export function latencySection(store: Store): HTMLElement {
  return section(store, "latency", "Latency", (width) => {
    const { latencies, of } = store.tallies;
    if (!latencies.length)
      return `No ${of} ${of === "messages" ? "were" : "that are shown were"} delivered, so there is no latency to show.`;
    const { edges, counts, logarithmic } = histogram(latencies, 40);
    const ms = (value: number): string => span(value * 1000);
    const top = edges[edges.length - 1]!;
    const powers: number[] = [];
    for (let n = 10 ** Math.ceil(Math.log10(edges[0]! || 1)); n <= top; n *= 10) powers.push(n);
    const p = plane({
      width,
      height: HEIGHT,
      x: [edges[0]!, top],
      top: Math.max(...counts),
      label: `Histogram of the latency of ${of}`,
      xText: ms,
      yText: count,
      logarithmic,
      ...(logarithmic && { xTicks: powers }),
    });
    p.svg.append(s("path", { d: bars(p, (i) => edges[i]!, counts), class: "area m0" }));
    const marks: [number, number][] = ([0.5, 0.95, 0.99] as const).map((q) => [q, quantile(latencies, q)!]);
    marks.forEach(([q, value], i) => {
      const x = p.x(value);
      const end = x > p.right - 50;
      p.svg.append(
        s("line", { x1: x, x2: x, y1: p.top, y2: p.bottom, class: "quantile" }),
        s(
          "text",
          {
            x: end ? x - 4 : x + 4,
            y: p.top + 12 + 14 * i,
            class: "quantile-text",
            "text-anchor": end ? "end" : "start",
          },
          `${q * 100} %`,
        ),
      );
    });
    return {
      chart: p.svg,
      caption: `${of === "messages" ? "Messages, from the sender's link to their acceptance" : "Packets, from their first frame to the arrival of the last"}: ${marks.map(([q, value]) => `${q * 100} % within ${ms(value)}`).join(", ")}.`,
    };
  });
}

/** Values in order as an area: one device beside the other. */
function ranked(p: Plane, values: readonly number[], base: readonly number[] | undefined, name: string): SVGElement {
  return s("path", { d: bars(p, (i) => i, values, base), class: `area ${name}` });
}

export function deliverySection(store: Store): HTMLElement {
  return section(store, "delivery", "Delivery by device", (width) => {
    const { stations, of } = store.tallies;
    const rows = [...stations]
      .filter(([i]) => store.data.stations[i]!.role === "device" && store.shown.station(i))
      .map(([, { sent, delivered }]) => delivered / sent)
      .sort((a, b) => a - b);
    if (!rows.length) return `No device has sent ${of} that are shown.`;
    const p = plane({
      width,
      height: HEIGHT,
      x: [0, rows.length],
      top: 1,
      label: `Share of ${of} delivered by device, in rising order`,
      yText: percent,
      xText: (n, step) => (step < 1 && n % 1 ? "" : count(Math.round(n))),
    });
    p.svg.append(
      ranked(p, rows, undefined, "good"),
      ranked(
        p,
        rows.map((share) => 1 - share),
        rows,
        "bad faint",
      ),
    );
    const whole = rows.filter((share) => share === 1).length;
    return {
      chart: p.svg,
      caption: `Share of ${of} delivered, devices in rising order: worst ${percent(rows[0]!)}, median ${percent(quantile(rows, 0.5)!)}; ${count(whole)} of ${count(rows.length)} without loss.`,
    };
  });
}

export function energySection(store: Store): HTMLElement {
  return section(store, "energy", "Energy by device", (width) => {
    const rows = store.data.stations
      .filter((row, i) => row.energy && store.shown.station(i))
      .map(({ energy }) => energy!)
      .sort((a, b) => b.total - a.total);
    if (!rows[0]?.total) return "There are no energy figures in this run.";
    const p = plane({
      width,
      height: HEIGHT,
      x: [0, rows.length],
      top: rows[0]!.total,
      label: "Energy by device, in falling order",
      yText: short,
      xText: (n, step) => (step < 1 && n % 1 ? "" : count(Math.round(n))),
    });
    let base = rows.map(() => 0);
    for (const part of ["tx", "rx", "idle"] as const) {
      const values = rows.map((row) => row[part]);
      p.svg.append(ranked(p, values, base, `e-${part}`));
      base = base.map((sum, i) => sum + values[i]!);
    }
    const mean = rows.reduce((sum, { total }) => sum + total, 0) / rows.length;
    return {
      chart: h(
        "div",
        {},
        h(
          "div",
          { class: "legend" },
          h("span", { class: "key e-tx" }, "sending"),
          h("span", { class: "key e-rx" }, "receiving"),
          h("span", { class: "key e-idle" }, "the rest"),
        ),
        p.svg,
      ),
      caption: `Millijoule of the whole run, devices in falling order: most ${short(rows[0]!.total)} mJ, mean ${short(mean)} mJ.`,
    };
  });
}
