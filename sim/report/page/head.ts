// What run it is, what was expected of it, and what repeats it.

import type { MediumRow, ReportData } from "../types.ts";
import { h } from "./dom.ts";
import { count, moment, percent, short, span } from "./format.ts";

function copyButton(text: string): HTMLElement {
  const button = h(
    "button",
    {
      type: "button",
      class: "button",
      click: () => {
        const said = (ok: boolean): void => {
          button.textContent = ok ? "Copied" : "Press Ctrl+C";
          setTimeout(() => {
            button.textContent = "Copy";
          }, 1500);
        };
        // a page opened from a file may not be let write to the clipboard: then the text is at least selected
        const select = (): void => {
          const code = button.parentElement!.querySelector("code")!;
          getSelection()!.selectAllChildren(code);
          said(false);
        };
        if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => said(true), select);
        else select();
      },
    },
    "Copy",
  );
  return button;
}

/** What went over each medium in all of the run, whatever of it is shown below. */
function mediaTable(media: readonly MediumRow[]): HTMLElement {
  const names = ["medium", "transmissions", "bytes", "on the air", "receptions", "lost"];
  return h(
    "div",
    { class: "media" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
      h(
        "tbody",
        {},
        ...media.map(({ name, kind, transmissions = 0, bytes: size = 0, air = 0, receptions = 0, lost = {} }) => {
          const why = Object.entries(lost)
            .filter(([, n]) => n)
            .map(([fate, n]) => `${fate} ${count(n!)}`);
          const all = Object.values(lost).reduce<number>((sum, n) => sum + (n ?? 0), 0);
          return h(
            "tr",
            {},
            h("th", { scope: "row" }, name === kind ? name : `${name} (${kind})`),
            ...[
              count(transmissions),
              count(size),
              span(air),
              count(receptions),
              receptions ? `${percent(all / receptions)}${why.length ? `: ${why.join(", ")}` : ""}` : "–",
            ].map((value) => h("td", {}, value)),
          );
        }),
      ),
    ),
  );
}

export function head(data: ReportData): HTMLElement {
  const { title, seed, time, took, events, command, held, verdicts, breaches, notes, stations, media } = data;
  const devices = stations.filter(({ role }) => role === "device").length;
  const facts: [string, string | undefined][] = [
    ["seed", seed === undefined ? undefined : String(seed)],
    ["virtual time", `${moment(time * 1000, 1)}${time < 60 ? " s" : ""}`],
    [
      "took",
      took === undefined ? undefined : `${short(took)} s${took > 0 ? `, ${short(time / took)} times real time` : ""}`,
    ],
    ["events", events === undefined ? undefined : count(events)],
    ["devices", count(devices)],
    [
      media.length === 1 ? "medium" : "media",
      media.map(({ name, kind }) => (name === kind ? name : `${name} (${kind})`)).join(", ") || undefined,
    ],
  ];
  return h(
    "header",
    {},
    h(
      "div",
      { class: "title" },
      h("h1", {}, title),
      held !== undefined &&
        h(
          "span",
          { class: `badge ${held ? "good" : "bad"}` },
          held ? "✓ all held" : `✗ ${verdicts.filter((one) => !one.held).length} of ${verdicts.length} did not hold`,
        ),
    ),
    h(
      "dl",
      { class: "facts" },
      ...facts
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
    command &&
      h(
        "div",
        { class: "command" },
        h("span", {}, "Repeat it:"),
        h("code", { tabindex: 0 }, command),
        copyButton(command),
      ),
    verdicts.length > 0 &&
      h(
        "ul",
        { class: "verdicts", "aria-label": "What was expected" },
        ...verdicts.map(({ text, held: ok, got }) =>
          h(
            "li",
            { class: ok ? "good" : "bad" },
            h("span", { class: "mark", "aria-label": ok ? "held" : "did not hold" }, ok ? "✓" : "✗"),
            h("span", { class: "what" }, text),
            h("span", { class: "got" }, got),
          ),
        ),
      ),
    breaches.length > 0 &&
      h(
        "ul",
        { class: "verdicts", "aria-label": "Breaches" },
        ...breaches
          .slice(0, 50)
          .map(({ adversary, time: at, text }) =>
            h(
              "li",
              { class: "bad" },
              h("span", { class: "mark" }, "⚠"),
              h("span", { class: "what" }, `${adversary}: ${text}`),
              h("span", { class: "got" }, `at ${moment(at * 1000)}`),
            ),
          ),
      ),
    media.some((one) => one.transmissions !== undefined) && mediaTable(media),
    ...notes.map((note) => h("p", { class: "note" }, note)),
  );
}
