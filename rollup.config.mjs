// Builds everything in dist but the types: the boards' bundles, then the host package (ESM).
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import ts from "typescript";
import { buildBoard, loadBoards, writeBuild } from "./tools/build/index.ts";
import { stripTypes } from "./tools/build/passes/strip-types.ts";

const { dependencies } = JSON.parse(readFileSync("package.json", "utf8"));
const external = [/^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))];
const dir = "dist/host";

const executable = {
  name: "executable",
  writeBundle: () => chmodSync(join(dir, "cli.js"), 0o755),
};

const host = (input, exportConditions, ...plugins) => ({
  input,
  external,
  plugins: [nodeResolve({ exportConditions, extensions: [".ts", ".js"] }), stripTypes(ts.ScriptTarget.ES2022), ...plugins],
  output: { dir, format: "es", entryFileNames: "[name].js", chunkFileNames: "[name].js", sourcemap: true },
});

export default async () => {
  for (const board of loadBoards()) if (board.refused === undefined) writeBuild(await buildBoard(board, { modules: true }));
  return [
    host({ index: "src/index.ts", gateway: "src/node/index.ts", cli: "cli/main.ts", sim: "sim/app.ts", "espruino-tools": "tools/flash/tools.ts" }, ["node"], executable),
    host({ browser: "src/index.ts" }, ["browser"]),
  ];
};
