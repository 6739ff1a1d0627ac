/** The nearest-rank quantile of values in rising order; undefined where there are none. @param q 0 to 1 */
export function quantile(sorted: ArrayLike<number>, q: number): number | undefined {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] : undefined;
}
