// Where the stations of a group are.

import type { Position } from "../media/propagation.ts";
import type { Places } from "../scenario.ts";

/** The place of the i-th of a group, from a stream of numbers in [0, 1); centimetres are exact enough. */
export function placeOf(places: Places | undefined, i: number, random: () => number): Position | undefined {
  if (!places || !("around" in places || "grid" in places)) return places;
  const round = (metres: number): number => Math.round(metres * 100) / 100;
  if ("grid" in places) {
    const {
      grid: [x, y, z],
      step,
      columns,
    } = places;
    return at(x + (i % columns) * step, y + Math.floor(i / columns) * step, z, round);
  }
  const {
    around: [x, y, z],
    radius,
  } = places;
  // evenly over the area
  const r = radius * Math.sqrt(random());
  const angle = 2 * Math.PI * random();
  return at(x + r * Math.cos(angle), y + r * Math.sin(angle), z, round);
}

function at(x: number, y: number, z: number | undefined, round: (metres: number) => number): Position {
  return z === undefined ? [round(x), round(y)] : [round(x), round(y), z];
}
