import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import test from "ava";
import fc from "fast-check";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { cloak, split, toHex, token } from "../../src/index.ts";
import type { AirRecord, Capture, CaptureRecord, MediumKind } from "../../sim/index.ts";
import { collect } from "../../sim/report/collect.ts";
import { reportHtml } from "../../sim/report/index.ts";
import { packetForm, sentPackets } from "../../sim/report/packets.ts";
import { binOf, clockStep, histogram, niceStep, spread, ticks, timeBins } from "../../sim/report/stats.ts";
import { quantile } from "../../sim/quantile.ts";
import { airKinds, outerOf } from "../../sim/report/types.ts";
import {
  dueReceptions,
  fieldsOf,
  filterOf,
  hashOf,
  noFilter,
  shownOf,
  tallies,
  timeline,
  viewOf,
} from "../../sim/report/view.ts";
import type { Filter, View } from "../../sim/report/view.ts";
import { madeUp } from "./made-up.ts";

const bytes = (n: number, from = 1): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7 + from) & 255);
const key = Uint8Array.of(2, ...bytes(20));
const message = (n: number): Uint8Array => Uint8Array.of(0, 1, 0x1a, ...key, ...bytes(30, n));
const channel = Uint8Array.of(0, 0, ...token(key), ...bytes(20, 9));

const sent = (
  t: number,
  from: string,
  to: string | undefined,
  frame: Uint8Array,
  more: Partial<AirRecord> = {},
): AirRecord => ({
  k: "air",
  t,
  medium: "air",
  from,
  ...(to !== undefined && { to }),
  bytes: toHex(frame),
  air: 2,
  rx: [{ to: to ?? "gateway", fate: "delivered", arrivals: [t + 2] }],
  ...more,
});
const lost: Partial<AirRecord> = { rx: [{ to: "gateway", fate: "lost", arrivals: [], why: "collision" }] };
const of = (records: CaptureRecord[], kind: MediumKind = "ideal"): Capture => ({
  header: { capture: "e3x-mote", version: 2, seed: 1, media: [{ name: "air", kind, frameSize: 20 }] },
  records,
});
const frames = (outer: Uint8Array, t = 0, from = "a", to: string | undefined = "gateway"): AirRecord[] =>
  split(outer, 20).map((frame, i) => sent(t + i * 5, from, to, frame));

// ---- numbers

test("quantiles are of the nearest rank", (t) => {
  t.is(quantile([], 0.5), undefined);
  t.deepEqual(
    [0, 0.5, 0.95, 0.99, 1].map((q) => quantile([...Array(100).keys()], q)),
    [0, 49, 94, 98, 99],
  );
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, q) => {
        const sorted = values.sort((a, b) => a - b);
        const value = quantile(sorted, q)!;
        // so many are at most as large, and fewer are smaller
        return (
          sorted.filter((one) => one <= value).length >= q * sorted.length - 1e-9 &&
          sorted.filter((one) => one < value).length < q * sorted.length
        );
      },
    ),
  );
});

test("a histogram counts every value once, where its edges say", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 1, max: 50 }),
      (values, bins) => {
        const { counts, edges } = histogram(
          values.sort((a, b) => a - b),
          bins,
        );
        return counts.length === bins && edges.length === bins + 1 && counts.reduce((a, b) => a + b) === values.length;
      },
    ),
  );
  t.deepEqual(histogram([0, 1, 2, 3, 4], 4), { edges: [0, 1, 2, 3, 4], counts: [1, 1, 1, 2], logarithmic: false });
  const wide = histogram([0.01, 0.1, 1, 10], 3);
  t.true(wide.logarithmic);
  t.deepEqual(wide.counts, [1, 1, 2]);
});

test("steps, ticks and bins are round, and cover the span", (t) => {
  t.deepEqual([0.3 / 3, 0.11, 2, 2.1, 7, 0].map(niceStep), [0.1, 0.2, 2, 5, 10, 1]);
  t.deepEqual(
    [0.3, 900, 1500, 11_000, 61_000, 1_700_000, 4_000_000].map(clockStep),
    [0.5, 1000, 2000, 15_000, 120_000, 1_800_000, 7_200_000],
  );
  t.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  const bins = timeBins(100, 1100, 100);
  t.deepEqual(bins, { from: 100, width: 10, count: 100 });
  t.deepEqual(
    [99.9, 100, 109.9, 110, 1099, 1100].map((time) => binOf(bins, time)),
    [-1, 0, 0, 1, 99, -1],
  );
  const into = new Float64Array(3);
  spread({ from: 0, width: 10, count: 3 }, into, 5, 20);
  t.deepEqual([...into], [5, 10, 5]);
});

// ---- packets

test("packets are put together by sender and receiver, with what was lost and sent again", (t) => {
  const [one, two, three] = split(message(1), 20) as [Uint8Array, Uint8Array, Uint8Array];
  const packets = sentPackets(of([]).header.media, [
    sent(0, "a", "gateway", one, lost),
    sent(3, "b", "gateway", one),
    sent(5, "a", "gateway", one, { attempt: 2 }),
    sent(8, "a", "gateway", two),
    sent(11, "a", "gateway", three),
    ...frames(channel, 20, "gateway", "a"),
  ]);
  t.deepEqual(
    packets.map(({ from, to, kind, frames: of }) => [from, to, kind, of]),
    [
      ["a", "gateway", "message", [[0, 2], [3], [4]]],
      ["b", "gateway", "unknown", [[1]]],
      ["gateway", "a", "channel", [[5], [6], [7]]],
    ],
  );
  t.deepEqual(packets[0]!.outer, message(1));
  // the token of a channel packet is made of the key of the message that came the other way
  t.is(packets[0]!.token, packets[2]!.token);
});

test("a device that starts anew breaks off what it had begun; a cloaked packet shows its form", (t) => {
  const media = of([]).header.media;
  const whole = frames(message(2), 50);
  const packets = sentPackets(media, [
    ...frames(message(1)).slice(0, 2),
    { k: "link", t: 40, device: "a", up: true, mtu: null, out: { frames: [], logs: [], now: 40, next: null } },
    ...whole,
  ]);
  t.deepEqual(
    packets.map(({ outer, frames: of }) => [outer.length, of.length]),
    [
      [0, 2],
      [message(2).length, whole.length],
    ],
  );
  const [cloaked] = sentPackets(media, frames(cloak(channel, (n) => bytes(n, 5), 2)));
  t.is(cloaked!.kind, "channel");
  t.deepEqual(cloaked!.outer, channel);
});

test("the first message of a key is a handshake where it is answered, or sent again as it is", (t) => {
  const kinds = (records: CaptureRecord[]): string[] =>
    sentPackets(of([]).header.media, records).map(({ kind }) => kind);
  t.deepEqual(kinds([...frames(message(1)), ...frames(message(2), 100)]), ["message", "message"]);
  t.deepEqual(kinds([...frames(message(1)), ...frames(message(1), 100), ...frames(message(2), 200)]), [
    "handshake",
    "handshake",
    "message",
  ]);
  t.deepEqual(kinds([...frames(message(1)), ...frames(message(1), 50, "gateway", "a"), ...frames(message(2), 200)]), [
    "handshake",
    "handshake",
    "message",
  ]);
});

test("advertised fragments are one packet, however often and in which order they are said", (t) => {
  const fragment = (index: number, part: Uint8Array): Uint8Array =>
    Uint8Array.of(2, 1, 6, part.length + 7, 0xff, 0x90, 5, 0xe3, 9, index, 1, ...part);
  const outer = message(1);
  const [one, two] = [fragment(0, outer.subarray(0, 15)), fragment(1, outer.subarray(15))];
  const said = [two, one, two, one].map((frame, i) => sent(i * 100, "beacon", undefined, frame));
  const packets = sentPackets(of([], "advertising").header.media, said);
  t.deepEqual(
    packets.map(({ outer: joined, frames: of }) => [joined, of]),
    [
      [
        outer,
        [
          [0, 2],
          [1, 3],
        ],
      ],
    ],
  );
});

test("the form of a packet tells its fields", (t) => {
  t.is(packetForm(message(1)).kind, "message");
  t.is(packetForm(bytes(40)).kind, "unknown");
  t.deepEqual(
    fieldsOf(toHex(channel)).map(([name, hex]) => [name, hex.length / 2]),
    [
      ["LENGTH", 2],
      ["TOKEN", 16],
      ["IV", 4],
      ["ciphertext", 12],
      ["MAC", 4],
    ],
  );
  t.deepEqual(
    fieldsOf(toHex(message(1))).map(([name]) => name),
    ["LENGTH", "CSID", "KEY", "IV", "ciphertext", "MAC"],
  );
  t.is(
    fieldsOf(toHex(message(1)))
      .map(([, hex]) => hex)
      .join(""),
    toHex(message(1)),
  );
});

// ---- what is gathered, and filtered

const run = madeUp({ devices: 12, messages: 12 });
const view = viewOf(collect(run));
const linked = run.outcome.devices.find((device) => device.linked !== undefined)!.name;
const only = (change: Partial<Filter>): Filter => ({ ...noFilter(), ...change });
const number = (name: string, of: View = view): number => of.data.stations.findIndex((row) => row.name === name);

test("columns hold what the capture and the outcome have", (t) => {
  const { data, air } = view;
  const records = run.capture.records.filter((record) => record.k === "air").sort((a, b) => a.t - b.t);
  t.is(air!.count, records.length);
  records.forEach((record, i) => {
    const rx = air!.rx[i]!;
    t.deepEqual(
      [data.stations[air!.from[i]!]!.name, data.air!.hex[data.air!.frame[i]!], air!.rxFate[rx] === 0],
      [record.from, record.bytes, record.rx[0]!.fate === "delivered"],
    );
    t.true(Math.abs(air!.start[i]! - record.t) < 0.001);
    t.is(air!.rxAt[rx]! < 0, record.rx[0]!.fate === "lost");
    if (!air!.rxFate[rx]) t.true(Math.abs(air!.start[i]! + air!.rxAt[rx]! - record.rx[0]!.arrivals[0]!) < 0.002);
  });
  const { deliveries } = run.outcome;
  t.is(view.deliveries!.count, deliveries.length);
  const row = data.stations[number("sensor-1")]!;
  const own = deliveries.filter(({ device }) => device === "sensor-1");
  t.deepEqual([row.sent, row.delivered], [own.length, own.filter(({ delivered }) => delivered !== undefined).length]);
  t.is(data.stations[number("gateway")]!.role, "gateway");
  // every packet of the capture is there again
  const joined = sentPackets(run.capture.header.media, run.capture.records);
  t.deepEqual(
    data.packets!.outer.map((_, i) => outerOf(data.air!, data.packets!, i)).sort(),
    joined.map(({ outer }) => toHex(outer)).sort(),
  );
});

test("a filter keeps what is of its devices, kinds, token and time, and a hash brings it back", (t) => {
  const device = number("sensor-3");
  const shown = shownOf(view, only({ devices: [device] }));
  t.true(shown.air.length > 0 && shown.air.length < view.air!.count);
  t.true(shown.air.every((i) => view.air!.from[i] === device || view.air!.to[i] === device));
  t.true(shown.deliveries.every((i) => view.deliveries!.columns.device[i] === device));
  const channels = shownOf(view, only({ kinds: ["channel"] }));
  t.true(channels.air.length > 0 && channels.air.every((i) => airKinds[view.air!.kind[i]!] === "channel"));
  t.deepEqual(channels.deliveries, []);
  t.deepEqual(shownOf(view, only({ id: "#5" })).packets, [4]);
  const wanted = view.data.packets!.tokens[view.data.packets!.token[4]!]!;
  const tokens = shownOf(view, only({ id: wanted.slice(0, 10) })).packets;
  t.true(tokens.includes(4) && tokens.every((i) => view.data.packets!.tokens[view.data.packets!.token[i]!] === wanted));
  const early = shownOf(view, only({ span: [0, 30_000] }));
  t.true(
    early.air.every((i) => view.air!.start[i]! <= 30_000) &&
      early.deliveries.every((i) => view.deliveries!.sent[i]! <= 30_000),
  );
  const filter = only({
    devices: [device, 1],
    kinds: ["message", "channel"],
    media: [0],
    id: "#5",
    span: [1000, 30_250.5],
    packet: 3,
    air: 7,
    station: 2,
  });
  t.deepEqual(filterOf(hashOf(filter, view.data), view), filter);
  t.is(hashOf(noFilter(), view.data), "");
  t.deepEqual(filterOf("#device=nobody&time=5-2&packet=99999&kind=x&%", view), noFilter());
});

test("what a gateway says to all is shown for each device that it reached, what another device says is not", (t) => {
  const all = (from: string, rx: string[]): AirRecord =>
    sent(0, from, undefined, Uint8Array.of(0), { rx: rx.map((to) => ({ to, fate: "delivered", arrivals: [2] })) });
  const join = (name: string): CaptureRecord => ({ k: "join", t: 0, name, what: "node", media: ["air"] });
  const other = viewOf(
    collect({
      capture: of([join("gateway"), join("a"), join("b"), all("gateway", ["a"]), all("b", ["a", "gateway"])]),
    }),
  );
  t.deepEqual(shownOf(other, only({ devices: [number("a", other)] })).air, [0]);
  t.deepEqual(
    dueReceptions(other, 1).map((at) => other.data.stations[other.air!.rxTo[at]!]!.name),
    ["gateway"],
  );
});

test("the timeline has each transmission and loss in its bin, and tallies count what arrived", (t) => {
  const shown = shownOf(view, noFilter());
  const bins = timeBins(view.from, view.to, 60);
  const line = timeline(view, shown, bins);
  const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
  t.is(sum(line.sent[0]!), view.air!.count);
  t.true(Math.abs(sum(line.air[0]!) - sum(view.air!.air)) < 1e-6 * sum(view.air!.air));
  t.is(sum([...line.lost.values()].map(sum)), [...view.air!.rxFate].filter((fate) => fate > 0).length);
  t.deepEqual([sum(line.messages), sum(line.delivered)], [view.deliveries!.count, run.outcome.gateways[0]!.messages]);
  const messages = tallies(view, shown);
  t.deepEqual(
    [messages.of, messages.sent, messages.delivered],
    ["messages", view.deliveries!.count, run.outcome.gateways[0]!.messages],
  );
  const packets = tallies(view, shownOf(view, only({ kinds: [...airKinds] })));
  t.is(packets.of, "packets");
  t.is(packets.delivered, view.data.packets!.arrived.filter((time) => time >= 0).length);
});

test("of a capture without room the ends are kept, and the page says what is left out", (t) => {
  const data = collect({ ...run, room: 20_000, deliveries: 40 });
  const small = viewOf(data);
  t.true(small.air!.count > 50 && small.air!.count < view.air!.count / 2);
  t.is(small.air!.start[0], view.air!.start[0]);
  t.is(small.air!.start.at(-1), view.air!.start.at(-1));
  t.true(data.notes.some((note) => note.includes("left out")) && data.notes.some((note) => note.startsWith("Of ")));
  t.true(small.deliveries!.count <= 40 && data.stations.some((row) => (row.sent ?? 0) * 12 > 40));
  t.notThrows(() => data.packets!.outer.map((_, i) => outerOf(data.air!, data.packets!, i)));
});

test("nothing at all makes a page too", async (t) => {
  t.regex(await reportHtml({ title: "<nothing> & more" }), /<title>&#60;nothing&#62; &#38; more<\/title>/);
  t.deepEqual(collect({ capture: of([]) }).stations, []);
});

// ---- in a browser

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const withBrowser = existsSync(executablePath) ? test.serial : test.serial.skip;
const folder = mkdtempSync(join(tmpdir(), "report-"));
let browser: Browser | undefined;

test.before(async (t) => {
  if (existsSync(executablePath)) browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  else t.log(`there is no ${executablePath}: the page is not tried; set CHROMIUM to a browser's path`);
});
test.after.always(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a report; `errors` gets all that goes wrong on it. */
async function open(html: string, hash = ""): Promise<{ page: Page; errors: string[]; url: string }> {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
  writeFileSync(file, html);
  const page = await browser!.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) errors.push(said.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) errors.push(request.url());
  });
  const url = pathToFileURL(file).href;
  await page.goto(url + hash);
  await page.locator("#devices table, #devices .empty").waitFor();
  return { page, errors, url };
}

withBrowser(
  "the page shows a run, filters it, keeps the filter in its address, and shows a packet's fields",
  async (t) => {
    const { page, errors } = await open(await reportHtml(run));
    const names = (): Promise<(string | null)[]> =>
      page
        .locator("#devices tbody tr")
        .evaluateAll((rows) => rows.map((row) => (row as unknown as { dataset: { name: string } }).dataset.name));
    const senders = async (): Promise<Set<string>> =>
      new Set((await page.locator("#sequence g.tx > title").allTextContents()).map((text) => text.split(" at ")[0]!));
    t.is(await page.title(), run.outcome.title);
    t.is(await page.locator(".verdicts li").count(), 3);
    t.is((await names()).length, 12);
    t.true((await senders()).size > 2);
    t.is(await page.locator("#timeline svg").count(), 4);
    t.true((await page.locator("#latency svg path").count()) > 0);

    // by keyboard, as the name is typed
    await page.getByLabel("Device", { exact: true }).fill(linked);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: `Leave out device ${linked}` }).waitFor();
    t.deepEqual(await names(), [linked]);
    t.deepEqual([...(await senders())].sort(), ["gateway", linked]);
    t.is(new URL(page.url()).hash, `#device=${linked}`);

    await page.getByRole("button", { name: "message", exact: true }).click();
    t.deepEqual([...(await senders())], [linked]);
    await page
      .locator("#sequence g.tx")
      .nth(1)
      .click({ position: { x: 20, y: 10 } });
    const details = page.locator("#details");
    await details.getByText("ciphertext").waitFor();
    t.deepEqual(await details.locator(".fields-of dt").allTextContents(), [
      "LENGTH",
      "CSID",
      "KEY",
      "IV",
      "ciphertext",
      "MAC",
    ]);
    const heading = await details.locator("h3").textContent();

    const address = page.url();
    await page.reload();
    await page.locator("#devices table").waitFor();
    t.is(page.url(), address);
    t.deepEqual(await names(), [linked]);
    t.deepEqual([...(await senders())], [linked]);
    t.is(await page.getByRole("button", { name: "message", exact: true }).getAttribute("aria-pressed"), "true");
    t.is(await details.locator("h3").textContent(), heading);

    await page.getByRole("button", { name: "Show all" }).click();
    t.is((await names()).length, 12);
    await page.getByRole("button", { name: "delivered" }).click();
    const shares = (await page.locator("#devices tbody tr td:nth-of-type(2)").allTextContents())
      .map((text) => Number.parseFloat(text.split("·")[1] ?? "NaN"))
      .filter((share) => !Number.isNaN(share));
    t.deepEqual(
      shares,
      [...shares].sort((a, b) => a - b),
    );
    t.true(shares.length > 3);

    // a span of time by dragging, and to scale
    await page.evaluate("scrollTo(0, 0)");
    const box = (await page.locator(".timeline").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60);
    await page.mouse.up();
    // the browser tells of its new address a little later
    await page.waitForURL(/time=[\d.]+-[\d.]+/, { timeout: 10_000 });
    await page.getByRole("button", { name: "to scale", exact: true }).click();
    t.true((await page.locator("#sequence svg.scaled g.tx").count()) > 0);
    t.deepEqual(errors, []);
    await page.close();
  },
);

withBrowser("names and logs of others are text, whatever is in them", async (t) => {
  const evil =
    "</script><script>throw new Error('run')</script><img src=x onerror=\"throw new Error('run')\"><!--<script>";
  const hostile = madeUp({ devices: 2, messages: 2, name: (i) => `${evil}${i}`, log: `log ${evil}` });
  hostile.outcome.title = evil;
  hostile.outcome.verdicts[0]!.text = evil;
  const { page, errors } = await open(await reportHtml({ ...hostile, readings: () => ({ text: evil }) }));
  t.is(await page.title(), evil);
  t.is(await page.locator("h1").textContent(), evil);
  await page.locator("#devices tbody .link").first().click();
  t.true((await page.locator("#details .log").allTextContents()).join("").includes(`boot: log ${evil}`));
  t.is(await page.locator("#details h3").textContent(), `${evil}0`);
  await page
    .locator("#sequence g.tx")
    .first()
    .click({ position: { x: 20, y: 10 } });
  t.is(await page.locator("#details q").textContent(), evil);
  t.is(await page.locator("img").count(), 0);
  t.is(await page.locator("script").count(), 2);
  t.deepEqual(errors, []);
  await page.close();
});

withBrowser("a capture alone, an outcome alone and nothing at all have a page that says what is missing", async (t) => {
  const empty = (page: Page): Promise<string[]> => page.locator(".empty:visible").allTextContents();
  for (const [options, said] of [
    [{ outcome: run.outcome }, 2],
    [{ capture: run.capture }, 2],
    [{}, 8],
  ] as const) {
    const { page, errors } = await open(await reportHtml(options));
    const texts = await empty(page);
    t.is(texts.length, said, texts.join("\n"));
    t.true(texts.every((text) => text.endsWith(".")));
    t.deepEqual(errors, []);
    await page.close();
  }
});

withBrowser("the page is as wide as a window of 800 pixels, in the dark too", async (t) => {
  const page = await browser!.newPage({ viewport: { width: 800, height: 900 }, colorScheme: "dark" });
  await page.setContent(await reportHtml(run));
  await page.locator("#devices table").waitFor();
  t.deepEqual(
    await page.evaluate("[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]"),
    [800, "rgb(18, 21, 27)"],
  );
  await page.close();
});
