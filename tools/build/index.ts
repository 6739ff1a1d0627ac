export {
  backEndOf,
  boardsFolder,
  channelKinds,
  loadBoard,
  loadBoards,
  radioKinds,
  readBoard,
  type BackEnd,
  type Board,
  type RadioKind,
} from "./boards.ts";
export {
  buildBoard,
  channelModule,
  channelModules,
  coreEntry,
  measureBoard,
  moduleName,
  writeBuild,
  type BoardBuild,
  type BuildOptions,
} from "./bundle.ts";
export { BoardError, BudgetError, BuildError, DialectError, type DialectFinding } from "./errors.ts";
export { formatBuild, formatNative, formatSizes, formatTotals, sizeReport, type SizeReport } from "./report.ts";
export { packageRoot } from "./root.ts";
