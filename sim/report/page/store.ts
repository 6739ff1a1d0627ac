// What is chosen: the filter, which the page's address carries, and what of the run it lets through.

import type { ReportData } from "../types.ts";
import { filterOf, hashOf, noFilter, shownOf, tallies, viewOf } from "../view.ts";
import type { Filter, Shown, View } from "../view.ts";

export class Store {
  readonly view: View;
  filter: Filter;
  shown: Shown;
  #tallies: ReturnType<typeof tallies> | undefined;
  readonly #told: ((changed: { data: boolean }) => void)[] = [];

  constructor(data: ReportData) {
    this.view = viewOf(data);
    this.filter = filterOf(location.hash, this.view);
    this.shown = shownOf(this.view, this.filter);
    addEventListener("hashchange", () => this.#take(filterOf(location.hash, this.view)));
  }

  get data(): ReportData {
    return this.view.data;
  }

  get tallies(): ReturnType<typeof tallies> {
    return (this.#tallies ??= tallies(this.view, this.shown));
  }

  /** Tells after every change; `data` where other transmissions, packets or messages are shown. */
  on(told: (changed: { data: boolean }) => void): void {
    this.#told.push(told);
    told({ data: true });
  }

  set(change: Partial<Filter>): void {
    this.#take({ ...this.filter, ...change });
    history.replaceState(null, "", hashOf(this.filter, this.data) || location.pathname + location.search);
  }

  reset(): void {
    this.set(noFilter());
  }

  toggleDevice(i: number): void {
    const { devices } = this.filter;
    this.set({ devices: devices.includes(i) ? devices.filter((other) => other !== i) : [...devices, i] });
  }

  #take(filter: Filter): void {
    const { devices, kinds, media, id, span } = this.filter;
    const data =
      JSON.stringify([devices, kinds, media, id, span]) !==
      JSON.stringify([filter.devices, filter.kinds, filter.media, filter.id, filter.span]);
    this.filter = filter;
    if (data) {
      this.shown = shownOf(this.view, filter);
      this.#tallies = undefined;
    }
    for (const told of this.#told) told({ data });
  }
}
