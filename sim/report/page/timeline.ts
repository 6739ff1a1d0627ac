// Over time: transmissions a second, what is lost and why, share of the air, messages. A span of it is chosen by dragging.

import { clockStep, timeBins } from "../stats.ts";
import { fates } from "../types.ts";
import { timeline } from "../view.ts";
import { bars, plane, steps } from "./chart.ts";
import type { Plane } from "./chart.ts";
import { card, clamp, empty, h, onWidth, s } from "./dom.ts";
import { count, moment, momentAt, percent, short, span } from "./format.ts";
import type { Store } from "./store.ts";

interface Chart {
  title: string;
  /** Whether it is of transmissions, of which some may be left out. */
  air?: true;
  /** Highest value of y. */
  top: number;
  yText: (value: number) => string;
  paint: (plane: Plane, edges: (i: number) => number) => void;
  legend: { text: string; class: string }[];
}

const HEIGHT = 96;
const media = (i: number): string => `m${i % 6}`;

export function timelineSection(store: Store): HTMLElement {
  const { view, data } = store;
  const body = h("div", {
    class: "timeline",
    tabindex: 0,
    role: "group",
    "aria-label": "Timeline. Arrow keys go to earlier and later times, plus and minus zoom, 0 shows all.",
  });
  const told = h("output", { class: "told", "aria-live": "off" }, "\u00a0");
  const all = (): [number, number] => [view.from, Math.max(view.to, view.from + 1)];
  const now = (): [number, number] => store.filter.span ?? all();
  /** Chooses a span, of which nothing is outside of the run. */
  const choose = (from: number, to: number): void => {
    const [first, last] = all();
    const length = clamp(to - from, 0.01, last - first);
    const begin = clamp(from, first, last - length);
    store.set({ span: length >= last - first ? undefined : [begin, begin + length] });
  };
  const zoom = (factor: number, about?: number): void => {
    const [from, to] = now();
    const middle = about ?? (from + to) / 2;
    choose(middle - (middle - from) * factor, middle + (to - middle) * factor);
  };
  const pan = (share: number): void => {
    const [from, to] = now();
    choose(from + (to - from) * share, to + (to - from) * share);
  };
  const tool = (text: string, label: string, click: () => void): HTMLElement =>
    h("button", { type: "button", class: "button", "aria-label": label, title: label, click }, text);
  const tools = [
    tool("◀", "Earlier", () => pan(-0.5)),
    tool("▶", "Later", () => pan(0.5)),
    tool("+", "Zoom in", () => zoom(0.5)),
    tool("−", "Zoom out", () => zoom(2)),
    tool("All", "All of the run", () => store.set({ span: undefined })),
  ];
  body.addEventListener("keydown", (event) => {
    const does: { [key: string]: () => void } = {
      ArrowLeft: () => pan(-0.25),
      ArrowRight: () => pan(0.25),
      "+": () => zoom(0.5),
      "-": () => zoom(2),
      0: () => store.set({ span: undefined }),
    };
    const action = does[event.key];
    if (!action || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  });

  const charts = (): { bins: ReturnType<typeof timeBins>; list: Chart[]; say: (i: number) => string } => {
    const [from, to] = now();
    const bins = timeBins(from, to, clamp(Math.floor(body.clientWidth / 6), 40, 240));
    const line = timeline(view, store.shown, bins);
    const rate = (n: number): number => (n * 1000) / bins.width;
    const list: Chart[] = [];
    const used = data.media
      .map((_, i) => i)
      .filter((i) => !store.filter.media.length || store.filter.media.includes(i));
    const names = used.map((i) => ({ text: data.media[i]!.name, class: media(i) }));
    const lost = [...line.lost].sort(([a], [b]) => a - b);
    if (view.air) {
      list.push({
        air: true,
        title: "transmissions a second",
        top: Math.max(...used.flatMap((i) => [...line.sent[i]!].map(rate)), 0),
        yText: short,
        legend: names,
        paint: (p, edges) =>
          used.forEach((i) =>
            p.svg.append(
              ...(used.length === 1
                ? [s("path", { d: bars(p, edges, line.sent[i]!.map(rate)), class: `area ${media(i)}` })]
                : []),
              s("path", { d: steps(p, edges, line.sent[i]!.map(rate)), class: `line ${media(i)}` }),
            ),
          ),
      });
      const share = (n: number, i: number): number => (line.due[i] ? n / line.due[i] : 0);
      list.push({
        air: true,
        title: "receptions lost, share by why",
        top: Math.max(...line.due.map((_, i) => lost.reduce((sum, [, values]) => sum + share(values[i]!, i), 0)), 0),
        yText: percent,
        legend: lost.map(([fate, values]) => ({
          text: `${fates[fate]!} ${count(values.reduce((sum, n) => sum + n, 0))}`,
          class: `f-${fates[fate]!}`,
        })),
        paint: (p, edges) => {
          const base = new Float64Array(bins.count);
          for (const [fate, values] of lost) {
            const shares = values.map(share);
            p.svg.append(s("path", { d: bars(p, edges, shares, base), class: `area f-${fates[fate]!}` }));
            shares.forEach((n, i) => {
              base[i]! += n;
            });
          }
        },
      });
      if (line.air.some((values) => values.some((ms) => ms > 0))) {
        const share = (ms: number): number => ms / bins.width;
        list.push({
          air: true,
          title: "share of the air (all stations)",
          top: Math.max(...used.flatMap((i) => [...line.air[i]!].map(share)), 0),
          yText: percent,
          legend: names,
          paint: (p, edges) =>
            used.forEach((i) =>
              p.svg.append(
                ...(used.length === 1
                  ? [s("path", { d: bars(p, edges, line.air[i]!.map(share)), class: `area ${media(i)}` })]
                  : []),
                s("path", { d: steps(p, edges, line.air[i]!.map(share)), class: `line ${media(i)}` }),
              ),
            ),
        });
      }
    }
    if (store.shown.deliveries.length) {
      const missing = line.messages.map((n, i) => n - line.delivered[i]!);
      list.push({
        title: "messages a second, by when they were sent",
        top: Math.max(...line.messages.map(rate), 0),
        yText: short,
        legend: [
          { text: "delivered", class: "good" },
          ...(missing.some((n) => n > 0) ? [{ text: "not delivered", class: "bad" }] : []),
        ],
        paint: (p, edges) =>
          p.svg.append(
            s("path", { d: bars(p, edges, line.delivered.map(rate)), class: "area good" }),
            s("path", { d: bars(p, edges, missing.map(rate), line.delivered.map(rate)), class: "area bad" }),
          ),
      });
    }
    const say = (i: number): string => {
      const parts = [`${moment(bins.from + i * bins.width)} + ${span(bins.width)}`];
      for (const m of used)
        if (view.air)
          parts.push(
            `${used.length > 1 ? `${data.media[m]!.name}: ` : ""}${count(line.sent[m]![i]!)} transmissions, ${percent(line.air[m]![i]! / bins.width)} of the air`,
          );
      for (const [fate, values] of lost) if (values[i]) parts.push(`${count(values[i])} lost (${fates[fate]!})`);
      if (line.messages[i]) parts.push(`${count(line.messages[i])} messages, ${count(line.delivered[i]!)} delivered`);
      return parts.join(" · ");
    };
    return { bins, list, say };
  };

  const draw = (): void => {
    const width = body.clientWidth;
    if (!width) return;
    if (!view.air && !view.deliveries) {
      body.replaceChildren(
        empty("There is neither a capture nor a message in this run, so there is nothing to show over time."),
      );
      return;
    }
    const [from, to] = now();
    const { bins, list, say } = charts();
    if (!list.length) {
      body.replaceChildren(empty("Nothing that is shown happened in this span of time."));
      return;
    }
    const edges = (i: number): number => Math.min(bins.from + i * bins.width, to);
    const drawn = list.map((chart, i) => {
      const last = i === list.length - 1;
      const p = plane({
        width,
        height: last ? HEIGHT + 14 : HEIGHT,
        x: [from, to],
        top: chart.top,
        label: chart.title,
        round: clockStep,
        yText: chart.yText,
        below: last ? 22 : 8,
        ...(last && { xText: momentAt }),
      });
      if (view.gap) {
        const [a, b] = view.gap.map((time) => clamp(p.x(time), p.left, p.right)) as [number, number];
        if (b > a && chart.air)
          p.svg.append(
            s(
              "rect",
              { x: a, y: p.top, width: b - a, height: p.bottom - p.top, class: "gap" },
              s("title", {}, "left out"),
            ),
            ...(b - a > 60
              ? [
                  s(
                    "text",
                    { x: (a + b) / 2, y: (p.top + p.bottom) / 2, class: "tick", "text-anchor": "middle" },
                    "left out",
                  ),
                ]
              : []),
          );
      }
      chart.paint(p, edges);
      const mark = s("line", { y1: p.top, y2: p.bottom, class: "cursor", visibility: "hidden" });
      const choice = s("rect", { y: p.top, height: p.bottom - p.top, class: "choice", visibility: "hidden" });
      p.svg.append(mark, choice);
      return {
        p,
        mark,
        choice,
        element: h(
          "figure",
          {},
          h(
            "figcaption",
            {},
            chart.title,
            h(
              "span",
              { class: "legend" },
              ...chart.legend.map((one) => h("span", { class: `key ${one.class}` }, one.text)),
            ),
          ),
          p.svg,
        ),
      };
    });
    body.replaceChildren(...drawn.map(({ element }) => element));

    const { left, right } = drawn[0]!.p;
    const timeAt = (event: PointerEvent): number =>
      from +
      ((clamp(event.clientX - body.getBoundingClientRect().left, left, right) - left) / (right - left)) * (to - from);
    let begun: number | undefined;
    const show = (event: PointerEvent): void => {
      const time = timeAt(event);
      told.textContent = say(clamp(Math.floor((time - bins.from) / bins.width), 0, bins.count - 1));
      for (const { p, mark, choice } of drawn) {
        for (const name of ["x1", "x2"]) mark.setAttribute(name, String(p.x(time)));
        mark.setAttribute("visibility", "visible");
        if (begun === undefined) continue;
        choice.setAttribute("x", String(p.x(Math.min(begun, time))));
        choice.setAttribute("width", String(Math.abs(p.x(time) - p.x(begun))));
        choice.setAttribute("visibility", "visible");
      }
    };
    body.onpointerdown = (event) => {
      if (event.button) return;
      begun = timeAt(event);
      body.setPointerCapture(event.pointerId);
    };
    body.onpointermove = show;
    body.onpointerup = (event) => {
      const end = timeAt(event);
      const start = begun;
      begun = undefined;
      if (start !== undefined && Math.abs(end - start) > ((to - from) * 4) / (right - left))
        choose(Math.min(start, end), Math.max(start, end));
      else for (const { choice } of drawn) choice.setAttribute("visibility", "hidden");
    };
    body.onpointerleave = () => {
      told.textContent = "\u00a0";
      for (const { mark } of drawn) mark.setAttribute("visibility", "hidden");
    };
    body.ondblclick = () => store.set({ span: undefined });
  };
  onWidth(body, draw);
  store.on(({ data: changed }) => {
    if (changed) draw();
  });
  return card("timeline", "Timeline", [h("span", { class: "hint" }, "drag to choose a span"), ...tools], body, told);
}
