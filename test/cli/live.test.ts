import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";
import test from "ava";
import { Live } from "../../cli/live.ts";
import type { RunProgress } from "../../sim/index.ts";

/** A terminal, and what was written to it. */
function terminal({ isTTY = true, colours = true, columns = 60 } = {}): { out: WriteStream; written: string[] } {
  const written: string[] = [];
  const out = { isTTY, columns, hasColors: () => colours, write: (text: string) => written.push(text) };
  return { out: out as unknown as WriteStream, written };
}

const state: RunProgress = {
  time: 90,
  duration: 3600,
  devices: 1000,
  linked: 250,
  sent: 2000,
  delivered: 1500,
  transmissions: 12_345,
  lost: 67,
  events: 98_765,
};

test("it says how far the run is, in place, five times a second at most", (t) => {
  const { out, written } = terminal();
  let now = 5000;
  const live = new Live(out, "a cell", () => now);
  // a second and a half
  for (let i = 1; i <= 1500; i++) {
    now++;
    live.update({ ...state, time: i * 0.3124 });
  }
  t.is(written.length, 8);
  const lines = stripVTControlCharacters(written.at(-1)!).trim().split("\n");
  t.is(lines[0], "a cell");
  t.regex(lines[1]!, /07:17 of 1:00:00, 312 times real time$/);
  t.is(lines[2], "linked 250 of 1,000, messages 1,500 of 2,000 delivered (75…");
  t.is(lines[3], "12,345 transmissions, 67 receptions lost, 98,765 events");
  live.end();
  t.is(written.at(-1), "\u001b[4A\r\u001b[J");
  live.end();
  t.is(written.at(-1), "\u001b[4A\r\u001b[J");
});

test("it is silent where there is no terminal, and has no colours where they are not wanted", (t) => {
  const file = terminal({ isTTY: false });
  const silent = new Live(file.out, "a cell");
  silent.update(state);
  silent.end();
  t.deepEqual(file.written, []);
  const plain = terminal({ colours: false });
  new Live(plain.out, "a cell").update(state);
  t.false(plain.written[0]!.includes("\u001b["));
  t.true(new Live(terminal().out, "a cell").lines(state, 60)[1]!.includes("\u001b["));
});

test("a title cannot act on the terminal, and no line is wider than it", (t) => {
  const lines = new Live(terminal().out, `a \u001b[2Jcell\r\n${"x".repeat(200)}`).lines(state, 40);
  t.is(lines.length, 4);
  t.true(lines.every((line) => stripVTControlCharacters(line).length < 40));
  t.false(lines.some((line) => line.includes("\u001b[2J")));
});
