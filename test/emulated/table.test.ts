import test from "ava";
import { findBinary, missingBinary, variableOf } from "../../sim/emulated/binaries.ts";
import { tableOf } from "../../sim/emulated/table.ts";

test("a row a board: what each step took, what failed and why, what was left out", (t) => {
  const text = tableOf(
    [
      {
        rig: "A board",
        board: "pico",
        memory: { rest: 1061, most: 2329, total: 5100 },
        drops: { board: 1, gateway: 2 },
        outcomes: [
          { step: "flash", seconds: 12.34, detail: "1 byte" },
          { step: "link", seconds: 1 },
          { step: "send", seconds: 2, instructions: 1_310_000 },
          { step: "receive", seconds: 3, failed: "nothing came" },
          { step: "stream", skipped: "a step before it failed" },
        ],
      },
    ],
    ["x is not there"],
  );
  t.deepEqual(text.split("\n").slice(2), [
    "| A board | 12.3 s | 1.0 s | 2.0 s | no | - | - | - | 1,061, 2,329, 5,100 | 1, 2 | 1,310,000 |",
    "",
    "- A board, flash: 1 byte",
    "- A board, receive: failed: nothing came",
    "- A board, stream: left out: a step before it failed",
    "- skipped: x is not there",
  ]);
});

test("a binary is named by its environment variable, or is on PATH; what is missing says both", (t) => {
  t.is(variableOf("espruino-linux-2630"), "ESPRUINO_LINUX_2630");
  t.truthy(findBinary("perl") ?? findBinary("sh"));
  t.is(findBinary("espruino-linux-0"), undefined);
  t.is(
    missingBinary("espruino-linux-0"),
    "espruino-linux-0 is not there: $ESPRUINO_LINUX_0 names none, and there is none on PATH",
  );
});
