// The sequence of transmissions: a lifeline a station, an arrow a reception. One row each, evenly; or to scale, where arrows
// lean from begin to arrival. Only what is in view is drawn.

import { niceStep } from "../stats.ts";
import { airKinds, fates } from "../types.ts";
import { dueReceptions, isPacketKind } from "../view.ts";
import { card, clamp, cut, empty, h, onWidth, s } from "./dom.ts";
import { count, moment, span } from "./format.ts";
import type { Store } from "./store.ts";

const ROW = 24;
const HEAD = 44;
const LEFT = 132;
const LANE = 76;
/** Pixels of a page at most: browsers stop at some 33 million. */
const TALLEST = 8_000_000;
/** Rows drawn at most, to scale. */
const MOST = 500;

export function sequence(store: Store): HTMLElement {
  const { view, data } = store;
  const { stations } = data;
  const head = h("div", { class: "lanes", "aria-hidden": "true" });
  const sheet = h("div", { class: "sheet" });
  const scroll = h(
    "div",
    {
      class: "scroll",
      tabindex: 0,
      role: "group",
      "aria-label": "Sequence of transmissions. Up and down go to the one before and after.",
    },
    head,
    sheet,
  );
  const told = h("span", { class: "hint" });
  let scaled = false;
  /** Pixels a ms, to scale. */
  let zoom = 0;
  let lanes: { name: string; station: number | undefined; x: number }[] = [];
  let laneOf: (station: number) => number = () => 0;
  let width = 0;
  /** Pixels for what stands beside the arrows. */
  const labels = (): number => clamp(width * 0.3, 170, 280);

  const place = (): void => {
    const { air } = view;
    const { shown } = store;
    // gateways first; those of which there is no room share the last lane
    const used = new Set<number>();
    for (const i of shown.air) {
      used.add(air!.from[i]!);
      if (air!.to[i]! >= 0) used.add(air!.to[i]!);
      if (used.size > 400) break;
      for (const at of dueReceptions(view, i))
        if (shown.station(air!.rxTo[at]!) || stations[air!.rxTo[at]!]!.role === "gateway") used.add(air!.rxTo[at]!);
    }
    const chosen = new Set(store.filter.devices);
    const order = (i: number): number =>
      stations[i]!.role === "gateway" ? 0 : chosen.has(i) ? 1 : stations[i]!.role === "device" ? 2 : 3;
    const wanted = [...used].sort((a, b) => order(a) - order(b) || a - b);
    const right = labels();
    const room = Math.max(2, Math.floor((width - LEFT - right) / LANE));
    const alone =
      wanted.length <= room
        ? wanted
        : wanted.slice(0, Math.max(room - 1, Math.min(room - 1, wanted.filter((i) => order(i) < 2).length)));
    const shared = wanted.length > alone.length;
    const n = Math.max(1, alone.length + (shared ? 1 : 0));
    const step = (width - LEFT - right) / n;
    lanes = alone.map((station, i) => ({ name: stations[station]!.name, station, x: LEFT + step * (i + 0.5) }));
    if (shared)
      lanes.push({
        name: `${used.size > 400 ? "" : `${wanted.length - alone.length} `}others`,
        station: undefined,
        x: LEFT + step * (n - 0.5),
      });
    const places = new Map(alone.map((station, i) => [station, i]));
    laneOf = (station) => places.get(station) ?? lanes.length - 1;
    head.replaceChildren(
      h("span", { class: "lane-time" }, "time"),
      ...lanes.map(({ name, station, x }) => {
        const box = h(
          "span",
          {
            class: `lane${station !== undefined && stations[station]!.role === "gateway" ? " gateway" : ""}`,
            title: name,
          },
          cut(name, step - 14, 7),
        );
        box.style.left = `${x}px`;
        return box;
      }),
    );
  };

  const top = (): number => store.shown.from;
  const length = (): number => Math.max(store.shown.to - store.shown.from, 0.001);
  const height = (): number =>
    scaled ? Math.max(scroll.clientHeight - HEAD, length() * zoom + ROW * 2) : store.shown.air.length * ROW + 8;
  const yOf = (place: number): number =>
    scaled
      ? Math.max(0, (view.air!.start[store.shown.air[place]!]! - top()) * zoom) + ROW / 2
      : place * ROW + ROW / 2 + 4;
  /** The first row at or after a height. */
  const rowAt = (y: number): number => {
    let low = 0;
    let high = store.shown.air.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (yOf(middle) < y) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const isChosen = (i: number): boolean => {
    const packet = view.air!.packet[i]!;
    return store.filter.air === i || (store.filter.packet !== undefined && packet === store.filter.packet);
  };
  const choose = (i: number): void => {
    const packet = view.air!.packet[i]!;
    store.set({ packet: packet >= 0 ? packet : undefined, air: i, station: undefined });
  };

  const row = (place: number, y: number, below: number, label: boolean): SVGElement => {
    const air = view.air!;
    const { shown } = store;
    const i = shown.air[place]!;
    const kind = airKinds[air.kind[i]!]!;
    const packet = air.packet[i]!;
    const start = air.start[i]!;
    const from = lanes[laneOf(air.from[i]!)]!.x;
    const right = lanes.at(-1)!.x;
    const group = s("g", { class: `tx k-${kind}${isChosen(i) ? " chosen" : ""}`, "data-i": i });
    group.append(s("rect", { x: 0, y: y - ROW / 2, width, height: ROW, class: "back" }));
    if (label) {
      const before = place ? start - air.start[shown.air[place - 1]!]! : undefined;
      group.append(s("text", { x: 8, y: y + 4, class: "time" }, moment(start)));
      if (before !== undefined && !scaled)
        group.append(
          s(
            "text",
            { x: LEFT - 10, y: y + 4, class: `gap-text${before >= 1000 ? " long" : ""}`, "text-anchor": "end" },
            `+${span(before)}`,
          ),
        );
    }
    if (scaled)
      group.append(s("rect", { x: from - 3, y, width: 6, height: Math.max(1.5, air.air[i]! * zoom), class: "on-air" }));
    // by lane: how many of those there got it, and why not
    const ends = new Map<number, { got: number; all: number; fate: number; at: number; name: string }>();
    for (const at of dueReceptions(view, i)) {
      const to = air.rxTo[at]!;
      if (!shown.station(to) && !shown.station(air.from[i]!)) continue;
      const lane = laneOf(to);
      const end = ends.get(lane) ?? { got: 0, all: 0, fate: 0, at: air.rxAt[at]!, name: stations[to]!.name };
      end.all++;
      if (air.rxFate[at]) end.fate = air.rxFate[at]!;
      else {
        end.got++;
        end.at = Math.max(end.at, air.rxAt[at]!);
      }
      ends.set(lane, end);
    }
    const said: string[] = [];
    for (const [lane, { got, all, fate, at, name }] of ends) {
      const own = lane === laneOf(air.from[i]!);
      const x = own ? from + 34 : lanes[lane]!.x;
      const way = x >= from ? 1 : -1;
      const lost = got === 0;
      const y2 = scaled && at > 0 ? y + Math.min(at * zoom, below) : y;
      const stop = lost ? from + (x - from) * 0.62 : x - way * 2;
      const yStop = lost ? y + (y2 - y) * 0.62 : y2;
      group.append(s("line", { x1: from, y1: y, x2: stop, y2: yStop, class: lost ? "arrow lost" : "arrow" }));
      if (lost) {
        group.append(s("path", { d: `M${stop - 4} ${yStop - 4}l8 8m0 -8l-8 8`, class: "cross" }));
        if (label && Math.abs(x - from) > 60)
          group.append(
            s(
              "text",
              { x: stop + way * 9, y: yStop + 4, class: "why", "text-anchor": way > 0 ? "start" : "end" },
              fates[fate]!,
            ),
          );
      } else {
        group.append(s("path", { d: `M${x - way * 2} ${y2}l${-way * 7} -4v8Z`, class: "tip" }));
        if (all > 1 && label)
          group.append(
            s("text", { x: (from + x) / 2, y: y - 3, class: "many", "text-anchor": "middle" }, `${got} of ${all}`),
          );
      }
      said.push(
        lost
          ? `lost at ${all > 1 ? `all ${all}` : name}: ${fates[fate]!}`
          : `arrived at ${all > 1 ? `${got} of ${all}` : name}`,
      );
    }
    if (!ends.size) group.append(s("text", { x: from + 10, y: y + 4, class: "many" }, "nobody was to hear it"));
    group.append(s("circle", { cx: from, cy: y, r: 3.5, class: "start" }));
    const text = labelOf(i);
    if (label) {
      const x = Math.max(right + 14, width - labels() + 6);
      group.append(s("text", { x, y: y + 4, class: "label" }, cut(text, width - x - 4, 5.9)));
    }
    group.append(s("title", {}, `${stations[air.from[i]!]!.name} at ${moment(start)}: ${text}; ${said.join("; ")}`));
    if (packet >= 0 && !scaled)
      group.append(s("rect", { x: LEFT - 6, y: y - ROW / 2 + 2, width: 3, height: ROW - 4, class: "packet-bar" }));
    return group;
  };

  /** What a transmission is, in words. */
  const labelOf = (i: number): string => {
    const air = view.air!;
    const kind = air.kind[i]!;
    const packet = air.packet[i]!;
    const size = data.air!.hex[data.air!.frame[i]!]!.length / 2;
    // in a lane of many it has to be said who it is
    const many = (station: number): boolean => station >= 0 && lanes[laneOf(station)]!.station === undefined;
    const who = [air.from[i]!, air.to[i]!]
      .filter(many)
      .map((station) => `${stations[station]!.name} · `)
      .join("");
    const again = air.attempt[i]! > 1 ? `, try ${air.attempt[i]}` : air.attempt[i] === 0 ? ", not sent" : "";
    if (!isPacketKind(kind) || packet < 0)
      return `${who}${size && airKinds[kind] === "ack" ? "zeros" : airKinds[kind]!}${size ? ` ${size} B` : ""}${again}`;
    const frames = data.packets!.frames[packet]!;
    const part = frames.findIndex((frame) => frame.includes(i)) + 1;
    return `${who}#${packet + 1} ${airKinds[kind]!} ${part}/${frames.length}, ${size} B${again}`;
  };

  const draw = (): void => {
    const { shown } = store;
    if (!width || !view.air || !shown.air.length) return;
    const visible = scroll.clientHeight - HEAD;
    const y0 = scroll.scrollTop;
    const first = Math.max(0, rowAt(y0 - ROW) - (scaled ? 20 : 1));
    const svg = s("svg", {
      width,
      height: visible,
      viewBox: `0 0 ${width} ${visible}`,
      class: scaled ? "scaled" : "even",
    });
    for (const { x } of lanes) svg.append(s("line", { x1: x, x2: x, y1: 0, y2: visible, class: "lifeline" }));
    if (scaled) {
      const step = niceStep(70 / zoom);
      for (let n = Math.floor((y0 / zoom + top()) / step); (n * step - top()) * zoom < y0 + visible; n++) {
        const y = (n * step - top()) * zoom + ROW / 2 - y0;
        svg.append(s("line", { x1: 0, x2: width, y1: y, y2: y, class: "grid" }));
      }
    }
    let last = -Infinity;
    let text = -Infinity;
    let drawn = 0;
    let skipped = 0;
    for (let place = first; place < shown.air.length; place++) {
      const y = yOf(place) - y0;
      if (y > visible + ROW) break;
      if (scaled && (y - last < 1.5 || drawn >= MOST)) {
        skipped++;
        continue;
      }
      const label = !scaled || y - text >= 15;
      if (label) text = y;
      last = y;
      drawn++;
      svg.append(row(place, y, visible * 4, label));
    }
    if (view.gap) {
      const place = shown.air.findIndex((i) => view.air!.start[i]! >= view.gap![1]);
      if (place > 0 && view.air.start[shown.air[place - 1]!]! <= view.gap[0]) {
        const y = (yOf(place - 1) + yOf(place)) / 2 - y0;
        svg.append(
          s("line", { x1: 0, x2: width, y1: y, y2: y, class: "left-out" }),
          s("text", { x: LEFT, y: y - 2, class: "why" }, "transmissions are left out here"),
        );
      }
    }
    sheet.style.height = `${Math.min(TALLEST, height())}px`;
    svg.style.top = `${y0}px`;
    sheet.replaceChildren(svg);
    told.textContent = `${count(shown.air.length)} transmissions, ${count(shown.packets.length)} packets${skipped ? ` (${count(skipped)} too close to one another to be drawn: zoom in)` : ""}`;
  };

  const fit = (): void => {
    zoom = clamp(zoom, (scroll.clientHeight - HEAD - ROW * 2) / length(), (TALLEST - 1000) / length());
  };
  const zoomBy = (factor: number, y = (scroll.clientHeight - HEAD) / 2): void => {
    if (!scaled) {
      setScaled(true);
      return;
    }
    const time = (scroll.scrollTop + y - ROW / 2) / zoom;
    zoom *= factor;
    fit();
    sheet.style.height = `${Math.min(TALLEST, height())}px`;
    scroll.scrollTop = time * zoom - y + ROW / 2;
    draw();
  };
  const setScaled = (value: boolean): void => {
    const place = rowAt(scroll.scrollTop);
    scaled = value;
    scale.setAttribute("aria-pressed", String(scaled));
    if (scaled && !zoom) {
      // as wide as the first rows are apart, in the middle
      const { air } = store.shown;
      const near = air.slice(place, place + 40).map((i) => view.air!.start[i]!);
      zoom = (ROW * near.length) / Math.max((near.at(-1) ?? 0) - (near[0] ?? 0), 1);
    }
    if (scaled) fit();
    sheet.style.height = `${Math.min(TALLEST, height())}px`;
    scroll.scrollTop = Math.max(0, yOf(clamp(place, 0, Math.max(0, store.shown.air.length - 1))) - ROW);
    draw();
  };
  /** Has a transmission in view. */
  const reveal = (place: number): void => {
    const y = yOf(place);
    if (y - ROW < scroll.scrollTop || y + ROW > scroll.scrollTop + scroll.clientHeight - HEAD)
      scroll.scrollTop = Math.max(0, y - (scroll.clientHeight - HEAD) / 2);
  };
  const scale = h(
    "button",
    { type: "button", class: "chip", "aria-pressed": "false", click: () => setScaled(!scaled) },
    "to scale",
  );
  const none = empty("");

  const all = (): void => {
    width = scroll.clientWidth;
    if (!width) return;
    const nothing = !view.air
      ? "There is no capture of this run, so what was on the air is not known. Give the report a capture to see it."
      : !view.air.count
        ? "Nothing was on the air in this run."
        : !store.shown.air.length
          ? "Nothing that was on the air is among what is chosen."
          : "";
    none.textContent = nothing;
    none.hidden = !nothing;
    head.hidden = sheet.hidden = !!nothing;
    told.textContent = "";
    if (nothing) return;
    place();
    if (scaled) fit();
    sheet.style.height = `${Math.min(TALLEST, height())}px`;
    draw();
  };
  scroll.append(none);
  let waiting = false;
  scroll.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  scroll.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(event.deltaY < 0 ? 1.4 : 1 / 1.4, event.clientY - scroll.getBoundingClientRect().top - HEAD);
    },
    { passive: false },
  );
  scroll.addEventListener("click", (event) => {
    const group = (event.target as Element).closest("g.tx");
    if (group) choose(Number(group.getAttribute("data-i")));
  });
  scroll.addEventListener("keydown", (event) => {
    const { air } = store.shown;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "+" || event.key === "-") zoomBy(event.key === "+" ? 2 : 0.5);
    else if (step && air.length) {
      event.preventDefault();
      const now = store.filter.air === undefined ? -1 : air.indexOf(store.filter.air);
      const next = now < 0 ? rowAt(scroll.scrollTop) : clamp(now + step, 0, air.length - 1);
      choose(air[next]!);
      reveal(next);
    }
  });
  onWidth(scroll, all);
  let shownAir: number | undefined;
  store.on(({ data: changed }) => {
    if (changed) {
      if (!scaled) scroll.scrollTop = 0;
      all();
    } else draw();
    const { air, packet } = store.filter;
    const wanted =
      air ?? (packet === undefined ? undefined : store.shown.air.find((i) => view.air!.packet[i] === packet));
    if (wanted === shownAir) return;
    shownAir = wanted;
    const place = wanted === undefined ? -1 : store.shown.air.indexOf(wanted);
    if (place >= 0 && width) {
      reveal(place);
      draw();
    }
  });
  return card(
    "sequence",
    "Sequence",
    [
      told,
      scale,
      h(
        "button",
        { type: "button", class: "button", "aria-label": "Zoom in to scale", title: "Zoom in", click: () => zoomBy(2) },
        "+",
      ),
      h(
        "button",
        {
          type: "button",
          class: "button",
          "aria-label": "Zoom out to scale",
          title: "Zoom out",
          click: () => zoomBy(0.5),
        },
        "−",
      ),
    ],
    scroll,
  );
}
