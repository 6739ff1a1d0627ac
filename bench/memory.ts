/** Prints what the runtime takes of boards' heaps, on heaps of their own variables: `npm run memory`, `-- --json`. */
import { findFixedInterpreter } from "../sim/index.ts";
import { loadBoard } from "../tools/build/index.ts";
import { promises, tried } from "../test/device/promises.ts";
import type { Kept } from "../test/device/promises.ts";

const rows: ({ board: string; channels: boolean; share: number; largest: number; variables: number } & Kept)[] = [];
for (const promised of promises) {
  const { variables } = loadBoard(promised.board);
  if (findFixedInterpreter(variables) === undefined)
    console.error(
      `skipped: ${promised.board}, as there is no espruino-linux-${variables}, nor another with variables of that size`,
    );
  else rows.push({ ...promised, variables, ...(await tried(promised, 5, 5000)) });
}
if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
else {
  console.log(
    "| board | variables | channels | taken by the application | messages up to | at rest | live | linking, at most | messages, at most | streams, at most |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const row of rows) {
    const cells = [
      row.board,
      row.variables,
      row.channels ? "yes" : "no",
      `${row.share * 100} %`,
      `${row.largest} bytes`,
      row.rest,
      row.live,
      row.linking,
      row.messages,
      row.streams ?? "-",
    ];
    console.log(`| ${cells.join(" | ")} |${row.broken.length ? ` ${row.broken.join("; ")}` : ""}`);
  }
}
