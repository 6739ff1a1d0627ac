// npm run size [-- --json]: bytes of e3x-mote.js and the usual radio's module, by board and by source file, without channels
// and with; and of the channels' modules.
import { channelModule, channelModules, formatSizes, loadBoards, measureBoard, sizeReport } from "./index.ts";

const boards = loadBoards().filter(({ refused }) => refused === undefined);
const reports = [];
for (const channels of [false, true])
  for (const board of boards) reports.push(sizeReport(await measureBoard(board, { channels })));
const modules: Record<string, number> = {};
for (const kind of channelModules) modules[kind] = (await channelModule(kind)).code.length;

const rows = Object.entries(modules).map(
  ([kind, bytes]) => `${kind.padEnd(8)} ${bytes.toLocaleString("en").padStart(5)}`,
);
console.log(
  process.argv.includes("--json")
    ? JSON.stringify({ boards: reports, modules }, null, 2)
    : [
        formatSizes(reports.filter(({ channels }) => !channels)),
        `With channels\n\n${formatSizes(reports.filter(({ channels }) => channels))}`,
        `Modules of channels\n\n${rows.join("\n")}`,
      ].join("\n\n"),
);
