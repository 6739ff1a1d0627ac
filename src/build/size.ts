// npm run size [-- --json]: bytes of every board's e3x-mote.js, by source file.
import { formatSizes, loadBoards, measureBoard, sizeReport } from "./index.ts";

const reports = [];
for (const board of loadBoards()) reports.push(sizeReport(await measureBoard(board)));
console.log(process.argv.includes("--json") ? JSON.stringify(reports, null, 2) : formatSizes(reports));
