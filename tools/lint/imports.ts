import { cruise, type ICruiseOptions, type IForbiddenRuleType } from "dependency-cruiser";
import type { Room } from "./rooms.ts";

const escape = (path: string): string => path.replaceAll(".", "\\.");

/** Matches the files of a room, without those of rooms inside of it. */
function filesOf(path: string, rooms: readonly Room[]): string {
  if (path.endsWith(".ts")) return `^${escape(path)}$`;
  const inner = rooms
    .filter((other) => other.path.startsWith(`${path}/`))
    .map((other) => escape(other.path.slice(path.length + 1)));
  return `^${escape(path)}/${inner.length > 0 ? `(?!(?:${inner.join("|")})(?:/|$))` : ""}`;
}

/** dependency-cruiser's rules for rooms that stand in order. What is in bench and test may import everything. */
function rulesOf(rooms: readonly Room[]): IForbiddenRuleType[] {
  const all = rooms.map(({ path }) => filesOf(path, rooms));
  const outside = "^(bench|test)(/|$)";
  return [
    ...rooms.slice(0, -1).map(({ path }, i): IForbiddenRuleType => ({
      name: `${path} imports a higher room`,
      severity: "error",
      from: { path: all[i]! },
      to: { path: all.slice(i + 1) },
    })),
    {
      name: "in no room of docs/architecture.md",
      severity: "error",
      from: { path: all },
      to: { pathNot: [...all, "^node_modules/"], dependencyTypesNot: ["core"], couldNotResolve: false },
    },
    { name: "circle of files", severity: "error", from: {}, to: { circular: true } },
    {
      name: "circle of folders",
      severity: "error",
      scope: "folder",
      from: { pathNot: outside },
      to: { circular: true },
    },
  ];
}

/**
 * What is wrong with the imports of folders, types included, as text for people; undefined where they are right.
 * @param root the folder in which the rooms are
 * @param conditions those by which package.json's "imports" and "exports" are resolved
 */
export async function wrongImports(
  root: string,
  rooms: readonly Room[],
  folders: string[],
  conditions: string[],
): Promise<string | undefined> {
  const options: ICruiseOptions = {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: rulesOf(rooms) },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(tools/)?dist/" },
    outputType: "err",
  };
  const resolving = { conditionNames: conditions, exportsFields: ["exports"], extensions: [".ts", ".js", ".mjs"] };
  const { output, exitCode } = await cruise(folders, options, resolving);
  return exitCode === 0 ? undefined : String(output).trim();
}
