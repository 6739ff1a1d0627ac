// All that is known of a packet, a transmission or a station.

import { airKinds, fates, outerOf, packetKinds } from "../types.ts";
import { fieldsOf } from "../view.ts";
import { card, empty, h } from "./dom.ts";
import { bytes, count, hexText, moment, percent, short, span } from "./format.ts";
import type { Store } from "./store.ts";

/** Log lines, and frames, that are shown at once. */
const LINES = 300;
const FRAMES = 200;

const facts = (rows: [string, Node | string | undefined][]): HTMLElement =>
  h(
    "dl",
    { class: "details" },
    ...rows
      .filter(([, value]) => value !== undefined)
      .flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );

export function details(store: Store): HTMLElement {
  const { view, data } = store;
  const { stations } = data;
  const body = h("div", { class: "detail-body", tabindex: 0, role: "region", "aria-label": "Details" });
  const stationButton = (i: number): HTMLElement =>
    h(
      "button",
      { type: "button", class: "link", click: () => store.set({ station: i, packet: undefined, air: undefined }) },
      stations[i]!.name,
    );
  const who = (from: number, to: number): HTMLElement =>
    h("span", {}, stationButton(from), " → ", to < 0 ? "all" : stationButton(to));

  const transmission = (i: number): HTMLElement => {
    const air = view.air!;
    const columns = data.air!;
    const detail = columns.detail?.[i];
    const packet = air.packet[i]!;
    const rx: HTMLElement[] = [];
    const first = air.rx[i]!;
    const last = Math.min(air.rx[i + 1]!, first + 50);
    for (let at = first; at < last; at++) {
      const fate = air.rxFate[at]!;
      const rssi = columns.rssi?.[at];
      const copies = columns.copies[at];
      rx.push(
        h(
          "li",
          { class: fate ? "bad" : "good" },
          `${stations[air.rxTo[at]!]!.name}: ${fate ? `lost (${fates[fate]!})` : air.rxAt[at]! >= 0 ? `after ${span(air.rxAt[at]!)}` : packet < 0 ? "heard" : "heard, not the last part of it, or had it already"}${copies ? `, ${copies} times` : ""}${typeof rssi === "number" ? `, ${rssi} dBm` : ""}`,
        ),
      );
    }
    if (air.rx[i + 1]! > last) rx.push(h("li", {}, `and ${count(air.rx[i + 1]! - last)} more`));
    return h(
      "li",
      { class: store.filter.air === i ? "here" : "" },
      h(
        "div",
        {},
        h("b", {}, moment(air.start[i]!)),
        ` · ${air.attempt[i] === 0 ? "never sent" : `${span(air.air[i]!)} on the air`}${air.attempt[i]! > 1 ? ` · try ${air.attempt[i]}` : ""}${air.channel[i]! >= 0 ? ` · channel ${air.channel[i]}` : ""}`,
      ),
      detail
        ? h(
            "div",
            { class: "dim" },
            Object.entries(detail)
              .map(([name, value]) => `${name} ${value}`)
              .join(", "),
          )
        : undefined,
      h("ul", { class: "rx" }, ...rx),
    );
  };

  const packet = (n: number): HTMLElement[] => {
    const p = data.packets!;
    const outer = outerOf(data.air!, p, n);
    const kind = packetKinds[p.kind[n]!]!;
    const token = p.tokens[p.token[n]!]!;
    const frames = p.frames[n]!;
    const start = view.packets!.start[n]!;
    const arrived = view.packets!.arrived[n]!;
    const said = p.text?.[n];
    const at = store.shown.packets.indexOf(n);
    const step = (by: number, text: string): HTMLElement => {
      const other = at < 0 ? undefined : store.shown.packets[at + by];
      return h(
        "button",
        {
          type: "button",
          class: "button",
          ...(other === undefined && { disabled: true }),
          click: () => store.set({ packet: other, air: undefined }),
        },
        text,
      );
    };
    return [
      h(
        "div",
        { class: "detail-head" },
        h("h3", {}, h("span", { class: `key k-${kind}` }, `Packet #${n + 1}`)),
        step(-1, "before"),
        step(1, "after"),
      ),
      facts([
        [
          "kind",
          kind === "handshake" && !said
            ? "handshake, as it seems"
            : kind === "message" && !p.text
              ? "message (or a handshake sent anew)"
              : kind,
        ],
        ["way", who(p.from[n]!, p.to[n]!)],
        ["medium", data.media[p.medium[n]!]?.name],
        ["begun", moment(start)],
        [
          "arrived",
          !outer
            ? "its sender broke it off"
            : arrived < 0
              ? h("span", { class: "bad" }, "not all of it did")
              : `${moment(arrived)}, after ${span(arrived - start)}`,
        ],
        [
          "size",
          outer
            ? `${bytes(outer.length / 2)} in ${count(frames.length)} ${frames.length === 1 ? "frame" : "frames"}`
            : undefined,
        ],
        ["says", said ? h("q", {}, said) : undefined],
        [
          kind === "channel" ? "token" : "makes token",
          token
            ? h(
                "span",
                {},
                h("code", {}, hexText(token)),
                " ",
                h(
                  "button",
                  { type: "button", class: "link", click: () => store.set({ id: token.slice(0, 8) }) },
                  "only these",
                ),
              )
            : undefined,
        ],
      ]),
      outer ? h("h4", {}, "Fields") : h("span"),
      h(
        "dl",
        { class: "fields-of" },
        ...fieldsOf(outer ?? "").flatMap(([name, hex]) => [
          h("dt", {}, name),
          h("dd", {}, h("code", {}, hexText(hex)), h("span", { class: "dim" }, ` ${bytes(hex.length / 2)}`)),
        ]),
      ),
      h("h4", {}, "Frames"),
      h(
        "ol",
        { class: "frames" },
        ...frames
          .slice(0, FRAMES)
          .map((frame) =>
            h(
              "li",
              {},
              h("code", {}, frame.length ? hexText(data.air!.hex[data.air!.frame[frame[0]!]!]!) : "left out"),
              h(
                "ul",
                {},
                ...frame.slice(0, 20).map(transmission),
                frame.length > 20 && h("li", {}, `and ${count(frame.length - 20)} times more`),
              ),
            ),
          ),
      ),
      frames.length > FRAMES ? h("p", { class: "dim" }, `and ${count(frames.length - FRAMES)} more frames`) : h("span"),
    ];
  };

  const single = (i: number): HTMLElement[] => {
    const air = view.air!;
    const hex = data.air!.hex[data.air!.frame[i]!]!;
    const kind = airKinds[air.kind[i]!]!;
    return [
      h(
        "div",
        { class: "detail-head" },
        h("h3", {}, h("span", { class: `key k-${kind}` }, `Transmission ${count(i + 1)}`)),
      ),
      facts([
        [
          "kind",
          kind === "ack"
            ? hex
              ? "zeros outside a packet: an acknowledgement of chunks, or an end to what had begun"
              : "acknowledgement of the radio's own"
            : kind,
        ],
        ["way", who(air.from[i]!, air.to[i]!)],
        ["medium", data.media[air.medium[i]!]?.name],
        ["bytes", hex ? h("code", {}, hexText(hex)) : undefined],
      ]),
      h("ul", { class: "frames" }, transmission(i)),
    ];
  };

  const station = (i: number): HTMLElement[] => {
    const row = stations[i]!;
    const {
      name,
      role,
      group,
      host,
      board,
      x,
      y,
      started,
      linked,
      boots,
      sent,
      delivered,
      latency,
      duty,
      energy,
      memory,
      exceptions = [],
      log = [],
      messages,
      links,
      drops,
    } = row;
    const dropped = Object.entries(drops ?? {});
    return [
      h(
        "div",
        { class: "detail-head" },
        h("h3", {}, name),
        h(
          "button",
          { type: "button", class: "button", click: () => store.toggleDevice(i) },
          store.filter.devices.includes(i) ? "leave out" : "only this",
        ),
      ),
      facts([
        [
          "what",
          [role === "other" ? "another station" : role, group !== name && group, host, board]
            .filter((text) => text)
            .join(", "),
        ],
        ["position", x === undefined || y === undefined ? undefined : `${short(x)} m, ${short(y)} m`],
        ["started", started === undefined ? undefined : moment(started * 1000)],
        [
          "linked",
          role !== "device" || !("linked" in row || sent !== undefined)
            ? undefined
            : linked === undefined
              ? h("span", { class: "bad" }, "not")
              : `${moment(linked * 1000)}${started === undefined ? "" : `, ${span((linked - started) * 1000)} after its start`}`,
        ],
        [
          "messages",
          sent === undefined
            ? undefined
            : `${count(delivered ?? 0)} of ${count(sent)} delivered${sent ? ` (${percent((delivered ?? 0) / sent)})` : ""}`,
        ],
        ["accepted", messages === undefined ? undefined : `${count(messages)} messages of ${count(links ?? 0)} links`],
        ["refused", dropped.length ? dropped.map(([code, times]) => `${code} ${count(times)}`).join(", ") : undefined],
        ["latency", latency === undefined ? undefined : `${span(latency * 1000)} (median)`],
        ["on the air", duty === undefined ? undefined : percent(duty)],
        [
          "energy",
          energy
            ? `${short(energy.total)} mJ: sending ${short(energy.tx)}, receiving ${short(energy.rx)}, the rest ${short(energy.idle)}`
            : undefined,
        ],
        ["memory", memory ? `at most ${count(memory.peak)} of ${count(memory.variables)} variables` : undefined],
        ["boots", boots === undefined ? undefined : count(boots)],
      ]),
      exceptions.length
        ? h(
            "div",
            {},
            h("h4", {}, "Exceptions"),
            h("ul", { class: "log bad" }, ...exceptions.slice(0, LINES).map((text) => h("li", {}, text))),
          )
        : h("span"),
      h("h4", {}, `Log${log.length > LINES ? `, the last ${LINES} of ${count(log.length)} lines` : ""}`),
      log.length
        ? h(
            "ol",
            { class: "log" },
            ...log.slice(-LINES).map(([time, text]) => h("li", {}, h("time", {}, moment(time / 1000)), ` ${text}`)),
          )
        : h("p", { class: "dim" }, `${name} has logged nothing.`),
    ];
  };

  let before = "";
  store.on(() => {
    const { filter } = store;
    const now = JSON.stringify([filter.station, filter.packet, filter.air]);
    body.replaceChildren(
      ...(filter.station !== undefined
        ? station(filter.station)
        : filter.packet !== undefined
          ? packet(filter.packet)
          : filter.air !== undefined
            ? single(filter.air)
            : [
                empty(
                  view.air
                    ? "Choose a transmission in the sequence to see its packet, with its frames and fields; or a device on the map or in the table to see its log."
                    : "Choose a device on the map or in the table to see its figures and its log.",
                ),
              ]),
    );
    if (now !== before) body.scrollTop = 0;
    before = now;
  });
  return card(
    "details",
    "Details",
    [
      h(
        "button",
        {
          type: "button",
          class: "button",
          click: () => store.set({ packet: undefined, air: undefined, station: undefined }),
        },
        "Close",
      ),
    ],
    body,
  );
}
