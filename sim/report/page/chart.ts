// What charts share: a plane with axes.

import { niceStep, ticks } from "../stats.ts";
import { s } from "./dom.ts";

export interface Plane {
  svg: SVGSVGElement;
  width: number;
  height: number;
  left: number;
  x: (value: number) => number;
  y: (value: number) => number;
  right: number;
  top: number;
  bottom: number;
}

export interface PlaneOptions {
  width: number;
  height: number;
  x: [from: number, to: number];
  /** Of y, which begins at 0. */
  top: number;
  label: string;
  xText?: (value: number, step: number) => string;
  yText?: (value: number) => string;
  /** Where ticks of x are, if not at round numbers. */
  xTicks?: number[];
  /** x by the factor, not by the difference. */
  logarithmic?: boolean;
  /** Makes a step of x round. */
  round?: (least: number) => number;
  /** Room below; 20 has room for the ticks' text. */
  below?: number;
}

export function plane(options: PlaneOptions): Plane {
  const {
    width,
    height,
    x: [from, to],
    label,
    xText,
    yText = String,
    logarithmic,
    below = 20,
    round = niceStep,
  } = options;
  const left = 52;
  const right = width - 10;
  const top = 8;
  const bottom = height - below;
  const most =
    options.top > 0 ? niceStep(options.top / 3) * Math.ceil(options.top / niceStep(options.top / 3) - 1e-9) : 1;
  const span = to > from ? to - from : 1;
  const x = logarithmic
    ? (value: number): number => left + (Math.log(Math.max(value, from) / from) / Math.log(to / from)) * (right - left)
    : (value: number): number => left + ((value - from) / span) * (right - left);
  const y = (value: number): number => bottom - (value / most) * (bottom - top);
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const value of ticks(0, most, 3)) {
    svg.append(
      s("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: value ? "grid" : "axis" }),
      s("text", { x: left - 6, y: y(value) + 4, class: "tick", "text-anchor": "end" }, yText(value)),
    );
  }
  if (xText) {
    const most = Math.max(2, Math.floor((right - left) / 90));
    const step = round(span / most);
    const at = options.xTicks ?? ticks(from, to, most, round);
    for (const value of at) {
      const text = s(
        "text",
        {
          x: x(value),
          y: bottom + 15,
          class: "tick",
          "text-anchor": x(value) > right - 16 ? "end" : x(value) < left + 8 ? "start" : "middle",
        },
        xText(value, step),
      );
      svg.append(s("line", { x1: x(value), x2: x(value), y1: bottom, y2: bottom + 4, class: "axis" }), text);
    }
  }
  return { svg, width, height, left, right, top, bottom, x, y };
}

const at = (value: number): string => value.toFixed(1);

/** The outline of bars of equal width, and the area below. @param base what each stands upon */
export function bars(
  { x, y }: Plane,
  edges: (i: number) => number,
  values: ArrayLike<number>,
  base?: ArrayLike<number>,
): string {
  let path = "";
  for (let i = 0; i < values.length; i++) {
    const low = base?.[i] ?? 0;
    if (values[i]! <= 0) continue;
    path += `M${at(x(edges(i)))} ${at(y(low))}V${at(y(low + values[i]!))}H${at(x(edges(i + 1)))}V${at(y(low))}Z`;
  }
  return path;
}

/** A line in steps. */
export function steps({ x, y, bottom }: Plane, edges: (i: number) => number, values: ArrayLike<number>): string {
  let path = "";
  for (let i = 0; i < values.length; i++)
    path += `${i ? "V" : `M${at(x(edges(0)))} ${at(bottom)}V`}${at(y(values[i]!))}H${at(x(edges(i + 1)))}`;
  return path;
}
