// Where devices are, coloured by how much of theirs was delivered.

import { niceStep } from "../stats.ts";
import { card, cut, empty, h, onWidth } from "./dom.ts";
import { count, percent, short } from "./format.ts";
import type { Store } from "./store.ts";

const HEIGHT = 420;
const MARGIN = 28;

/** From little to all: orange over yellow to blue, which who sees red and green alike can tell apart. */
const STOPS: [number, number, number][] = [
  [208, 76, 40],
  [230, 171, 46],
  [58, 158, 160],
  [28, 98, 178],
];

function shareColour(share: number): string {
  const at = Math.min(Math.max(share, 0), 1) * (STOPS.length - 1);
  const i = Math.min(Math.floor(at), STOPS.length - 2);
  return `rgb(${STOPS[i]!.map((value, c) => Math.round(value + (STOPS[i + 1]![c]! - value) * (at - i))).join(",")})`;
}

export function map(store: Store): HTMLElement {
  const { stations } = store.data;
  const placed = stations.map((_, i) => i).filter((i) => stations[i]!.x !== undefined && stations[i]!.y !== undefined);
  const body = h("div", { class: "map" });
  const told = h("output", { class: "told" }, "\u00a0");
  if (!placed.length) {
    body.append(empty("No station has a position in this run."));
    return card("map", "Map", [], body);
  }
  const xs = placed.map((i) => stations[i]!.x!);
  const ys = placed.map((i) => stations[i]!.y!);
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const x of xs) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
  }
  for (const y of ys) {
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  const canvas = h("canvas", {
    role: "img",
    "aria-label": `Map of ${placed.length} stations; the table below has their figures`,
  });
  body.append(canvas);
  let where: { i: number; x: number; y: number }[] = [];

  const draw = (): void => {
    const width = body.clientWidth;
    if (!width) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = width * ratio;
    canvas.height = HEIGHT * ratio;
    canvas.style.height = `${HEIGHT}px`;
    const c = canvas.getContext("2d")!;
    c.scale(ratio, ratio);
    const style = getComputedStyle(body);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const scale = Math.min(
      (width - 2 * MARGIN) / (bounds.right - bounds.left || 1),
      (HEIGHT - 2 * MARGIN) / (bounds.bottom - bounds.top || 1),
    );
    const x = (value: number): number => width / 2 + (value - (bounds.left + bounds.right) / 2) * scale;
    // north is up
    const y = (value: number): number => HEIGHT / 2 - (value - (bounds.top + bounds.bottom) / 2) * scale;
    c.font = "11px system-ui, sans-serif";
    // a bar as long as a round number of metres
    const metres = niceStep(width / 10 / scale);
    c.strokeStyle = c.fillStyle = colour("--dim");
    c.beginPath();
    c.moveTo(12, HEIGHT - 16);
    c.lineTo(12, HEIGHT - 11);
    c.lineTo(12 + metres * scale, HEIGHT - 11);
    c.lineTo(12 + metres * scale, HEIGHT - 16);
    c.stroke();
    c.fillText(metres >= 1000 ? `${short(metres / 1000)} km` : `${short(metres)} m`, 16, HEIGHT - 15);

    const { stations: counted } = store.tallies;
    const chosen = store.filter.devices.length > 0;
    const size = placed.length > 3000 ? 2 : placed.length > 500 ? 3 : placed.length > 100 ? 4 : 6;
    where = placed.map((i) => ({ i, x: x(stations[i]!.x!), y: y(stations[i]!.y!) }));
    // those that are not chosen below the others, gateways above all
    const rank = (i: number): number => (stations[i]!.role === "gateway" ? 2 : store.shown.station(i) ? 1 : 0);
    for (const { i, x: px, y: py } of [...where].sort((a, b) => rank(a.i) - rank(b.i))) {
      const tally = counted.get(i);
      const { role, name } = stations[i]!;
      c.globalAlpha = chosen && role !== "gateway" && !store.shown.station(i) ? 0.18 : 1;
      c.beginPath();
      if (role === "gateway") {
        c.moveTo(px, py - 9);
        c.lineTo(px + 8, py + 6);
        c.lineTo(px - 8, py + 6);
        c.closePath();
        c.fillStyle = colour("--text");
        c.fill();
      } else if (role === "other") {
        c.strokeStyle = colour("--bad");
        c.lineWidth = 2;
        c.strokeRect(px - 4, py - 4, 8, 8);
      } else {
        c.arc(px, py, size, 0, 2 * Math.PI);
        c.fillStyle = tally ? shareColour(tally.delivered / tally.sent) : colour("--off");
        c.fill();
      }
      if (
        role !== "device" ||
        placed.length <= 20 ||
        (chosen && store.shown.station(i) && store.filter.devices.length <= 20)
      ) {
        c.fillStyle = colour("--text");
        c.textAlign = px > width - 80 ? "right" : "left";
        c.fillText(cut(name, 120), px + (px > width - 80 ? -10 : 10), py + 4);
        c.textAlign = "left";
      }
      if (i === store.filter.station) {
        c.beginPath();
        c.arc(px, py, size + 5, 0, 2 * Math.PI);
        c.strokeStyle = colour("--accent");
        c.lineWidth = 2;
        c.stroke();
      }
    }
    c.globalAlpha = 1;
  };
  const nearest = (event: MouseEvent): number | undefined => {
    const box = canvas.getBoundingClientRect();
    let best: number | undefined;
    let least = 14;
    for (const { i, x, y } of where) {
      const distance = Math.hypot(x - event.clientX + box.left, y - event.clientY + box.top);
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  };
  canvas.addEventListener("pointermove", (event) => {
    const i = nearest(event);
    canvas.style.cursor = i === undefined ? "default" : "pointer";
    const tally = i === undefined ? undefined : store.tallies.stations.get(i);
    told.textContent =
      i === undefined
        ? "\u00a0"
        : `${stations[i]!.name}${tally ? `: ${count(tally.delivered)} of ${count(tally.sent)} delivered (${percent(tally.delivered / tally.sent)})` : ""}`;
  });
  canvas.addEventListener("click", (event) => {
    const i = nearest(event);
    if (i !== undefined) store.set({ station: i, packet: undefined, air: undefined });
  });
  onWidth(body, draw);
  store.on(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  const key = (text: string, background: string): HTMLElement => {
    const mark = h("span", { class: "dot" });
    mark.style.background = background;
    return h("span", { class: "key plain" }, mark, text);
  };
  const legend = h(
    "div",
    { class: "legend" },
    h("span", {}, "delivered:"),
    ...[0, 0.5, 0.9, 1].map((share) => key(percent(share), shareColour(share))),
    key("nothing sent", "var(--off)"),
    h("span", {}, "▲ gateway"),
  );
  return card("map", "Map", [], legend, body, told);
}
