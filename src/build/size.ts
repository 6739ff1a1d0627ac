// npm run size [-- --json]: bytes of e3x-mote.js and the usual radio's module, by board and by source file.
import { formatSizes, loadBoards, measureBoard, sizeReport } from "./index.ts";

const reports = [];
for (const board of loadBoards()) if (board.refused === undefined) reports.push(sizeReport(await measureBoard(board)));
console.log(process.argv.includes("--json") ? JSON.stringify(reports, null, 2) : formatSizes(reports));
