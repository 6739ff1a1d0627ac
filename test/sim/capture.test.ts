import test from "ava";
import { CaptureError, CaptureWriter, readCapture } from "../../sim/index.ts";
import type { AirRecord, RunRecord } from "../../sim/index.ts";

const header = { seed: 9, media: [{ name: "air", kind: "ideal" as const, frameSize: 20, loss: 0.5 }] };
const air: AirRecord = {
  k: "air",
  t: 5,
  medium: "air",
  from: "a",
  bytes: "00ff",
  air: 0,
  rx: [{ to: "b", fate: "delivered", arrivals: [6] }],
};
const run: RunRecord = {
  k: "run",
  t: 5,
  device: "a",
  out: { frames: [[5, "00ff"]], logs: ["\u00ff\n"], now: 5, next: null },
};

const sample = (): string => {
  const writer = new CaptureWriter(header);
  writer.record(run);
  writer.record(air);
  writer.end();
  return writer.text();
};

test("what is written reads back", (t) => {
  t.deepEqual(readCapture(sample()), { header: { capture: "e3x-mote", version: 2, ...header }, records: [run, air] });
});

test("a sink gets the lines one by one", (t) => {
  const lines: string[] = [];
  const writer = new CaptureWriter(header, (line) => lines.push(line));
  writer.record(run);
  writer.end();
  t.is(lines.length, 3);
  t.true(lines.every((line) => line.indexOf("\n") === line.length - 1));
  t.is(writer.text(), "");
});

test("damaged files are typed errors with the line", (t) => {
  const text = sample();
  const lines = text.split("\n");
  const swap = (at: number, line: string): string => lines.map((l, i) => (i === at ? line : l)).join("\n");
  const cases: [what: string, text: string, code: string, line: number][] = [
    ["nothing", "", "capture-empty", 1],
    ["blank", " \n\n", "capture-empty", 1],
    ["another file", '{"name":"x"}\n', "capture-header", 1],
    ["not JSON", "<html>\n", "capture-json", 1],
    ["a later version", text.replace('"version":2', '"version":3'), "capture-version", 1],
    ["no seed", text.replace('"seed":9,', ""), "capture-header", 1],
    ["no frame size", text.replace('"frameSize":20,', ""), "capture-header", 1],
    ["a broken line", swap(1, lines[1]?.slice(0, 20) ?? ""), "capture-json", 2],
    ["a record of no kind", swap(1, "{}"), "capture-record", 2],
    ["an empty line", swap(1, ""), "capture-record", 2],
    ["a record of an inherited kind", swap(1, '{"k":"toString"}'), "capture-record", 2],
    ["a list for a record", swap(2, "[]"), "capture-record", 3],
    ["odd hex", text.replace('"bytes":"00ff"', '"bytes":"00f"'), "capture-record", 3],
    ["a bad time", text.replace('"arrivals":[6]', '"arrivals":[-6]'), "capture-record", 3],
    ["a missing record", [lines[0], lines[2], lines[3], ""].join("\n"), "capture-truncated", 3],
    ["no end", `${lines.slice(0, 3).join("\n")}\n`, "capture-truncated", 4],
    ["more after the end", `${text}{}\n`, "capture-record", 5],
  ];
  for (const [what, damaged, code, line] of cases) {
    const error = t.throws(() => readCapture(damaged), { instanceOf: CaptureError }, what);
    t.deepEqual([error?.code, error?.line], [code, line], what);
  }
});

test("a capture cut anywhere is an error, or says less by whole lines", (t) => {
  const text = sample();
  for (let n = 0; n < text.length - 1; n++)
    t.throws(() => readCapture(text.slice(0, n)), { instanceOf: CaptureError }, `cut at ${n}`);
  t.notThrows(() => readCapture(text.slice(0, -1)));
});
