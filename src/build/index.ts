export { boardsFolder, loadBoard, loadBoards, readBoard, type Board } from "./boards.ts";
export { buildBoard, measureBoard, moduleName, writeBuild, type BoardBuild, type BuildOptions } from "./bundle.ts";
export { findDialectErrors } from "./dialect.ts";
export { BoardError, BudgetError, BuildError, DialectError, type DialectFinding } from "./errors.ts";
export { formatBuild, formatSizes, sizeReport, type SizeReport } from "./report.ts";
export { packageRoot } from "./root.ts";
