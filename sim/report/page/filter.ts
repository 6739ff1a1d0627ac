// What is chosen, and what it comes to.

import { airKinds } from "../types.ts";
import { quantile } from "../../quantile.ts";
import { dueReceptions } from "../view.ts";
import { h } from "./dom.ts";
import { count, moment, percent, span } from "./format.ts";
import type { Store } from "./store.ts";

/** Names that are suggested at most. */
const SUGGESTED = 50;

function deviceInput(store: Store): HTMLElement {
  const { stations } = store.data;
  const list = h("datalist", { id: "stations" });
  const suggest = (text: string): void => {
    const wanted = text.toLowerCase();
    const found: HTMLElement[] = [];
    for (let i = 0; i < stations.length && found.length < SUGGESTED; i++) {
      const { name, group } = stations[i]!;
      if (!store.filter.devices.includes(i) && name.toLowerCase().includes(wanted))
        found.push(h("option", { value: name }, group && group !== name ? group : undefined));
    }
    list.replaceChildren(...found);
  };
  const input = h("input", { id: "device", list: "stations", placeholder: "name", autocomplete: "off", size: 14 });
  const add = (): void => {
    const i = stations.findIndex(({ name }) => name === input.value);
    if (i < 0 || store.filter.devices.includes(i)) return;
    input.value = "";
    store.toggleDevice(i);
  };
  input.addEventListener("focus", () => suggest(input.value));
  input.addEventListener("input", (event) => {
    suggest(input.value);
    // chosen from the list, not typed
    if (!(event instanceof InputEvent) || event.inputType === "insertReplacementText") add();
  });
  input.addEventListener("change", add);
  return h("div", { class: "field" }, h("label", { for: "device" }, "Device"), input, list);
}

/** What may be chosen, as buttons that stay down. */
function choices<T>(
  label: string,
  of: readonly { value: T; text: string; class?: string }[],
  chosen: () => readonly T[],
  choose: (values: T[]) => void,
): { element: HTMLElement; draw: () => void } {
  const buttons = of.map(({ value, text, class: more = "" }) =>
    h(
      "button",
      {
        type: "button",
        class: `chip ${more}`,
        click: () => {
          choose(chosen().includes(value) ? chosen().filter((other) => other !== value) : [...chosen(), value]);
        },
      },
      text,
    ),
  );
  return {
    element: h(
      "div",
      { class: "field", role: "group", "aria-label": label },
      h("span", { class: "label" }, label),
      ...buttons,
    ),
    draw: () =>
      buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(chosen().includes(of[i]!.value)))),
  };
}

/** What is shown, in figures. */
export function figures(store: Store): HTMLElement {
  const list = h("dl", { class: "figures", "aria-label": "What is shown, in figures" });
  store.on(({ data }) => {
    if (data)
      list.replaceChildren(
        ...figuresOf(store).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
      );
  });
  return list;
}

export function filterBar(store: Store): HTMLElement {
  const { view, data } = store;
  const present = new Set(view.air?.kind);
  const kinds = choices(
    "Packets",
    airKinds.filter((_, i) => present.has(i)).map((kind) => ({ value: kind, text: kind, class: `kind k-${kind}` })),
    () => store.filter.kinds,
    (values) => store.set({ kinds: values }),
  );
  const media = choices(
    "Medium",
    data.media.map(({ name }, i) => ({ value: i, text: name })),
    () => store.filter.media,
    (values) => store.set({ media: values }),
  );
  const id = h("input", {
    id: "packet-id",
    placeholder: "#12 or token",
    autocomplete: "off",
    spellcheck: "false",
    size: 12,
    input: () => store.set({ id: id.value.trim() }),
  });
  const chips = h("div", { class: "chosen", "aria-live": "polite" });
  const chip = (text: string, label: string, drop: () => void): HTMLElement =>
    h(
      "button",
      { type: "button", class: "chip chosen-chip", "aria-label": `Leave out ${label}`, title: label, click: drop },
      text,
      h("span", { "aria-hidden": "true" }, " ×"),
    );

  store.on(() => {
    const { filter } = store;
    kinds.draw();
    media.draw();
    if (document.activeElement !== id) id.value = filter.id;
    chips.replaceChildren(
      ...filter.devices
        .slice(0, 30)
        .map((i) => chip(data.stations[i]!.name, `device ${data.stations[i]!.name}`, () => store.toggleDevice(i))),
      ...(filter.devices.length > 30 ? [`and ${filter.devices.length - 30} more`] : []),
      ...(filter.span
        ? [
            chip(`${moment(filter.span[0])} to ${moment(filter.span[1])}`, "the span of time", () =>
              store.set({ span: undefined }),
            ),
          ]
        : []),
      ...(filter.devices.length || filter.kinds.length || filter.media.length || filter.id || filter.span
        ? [h("button", { type: "button", class: "button", click: () => store.reset() }, "Show all")]
        : [h("span", { class: "dim" }, "all of the run is shown")]),
    );
  });

  return h(
    "div",
    { id: "filter", role: "search", "aria-label": "Filter" },
    h(
      "div",
      { class: "fields" },
      deviceInput(store),
      view.air && kinds.element,
      view.air && h("div", { class: "field" }, h("label", { for: "packet-id" }, "Packet"), id),
      view.air && data.media.length > 1 && media.element,
      chips,
    ),
  );
}

function figuresOf(store: Store): [string, string][] {
  const { view, shown, tallies, data } = store;
  const rows: [string, string][] = [];
  const devices = data.stations.filter(({ role }, i) => role === "device" && shown.station(i));
  const linked = devices.filter((row) => row.linked !== undefined).length;
  if (linked) rows.push(["linked", `${count(linked)} of ${count(devices.length)}`]);
  rows.push([
    `${tallies.of} delivered`,
    tallies.sent
      ? `${count(tallies.delivered)} of ${count(tallies.sent)} (${percent(tallies.delivered / tallies.sent)})`
      : "none",
  ]);
  const median = quantile(tallies.latencies, 0.5);
  if (median !== undefined) rows.push(["median latency", span(median * 1000)]);
  if (!view.air) return rows;
  let due = 0;
  let lost = 0;
  for (const i of shown.air) {
    for (const at of dueReceptions(view, i)) {
      due++;
      if (view.air.rxFate[at]) lost++;
    }
  }
  rows.push(
    ["transmissions", count(shown.air.length)],
    ["receptions lost", due ? `${count(lost)} (${percent(lost / due)})` : "none"],
  );
  return rows;
}
