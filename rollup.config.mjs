// Builds everything in dist and tools/dist but the types: the boards' bundles, then the packages e3x-mote and e3x-mote-tools (ESM).
import { chmodSync } from "node:fs";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import ts from "typescript";
import { buildBoard, loadBoards, writeBuild } from "./tools/build/index.ts";
import { stripTypes } from "./tools/build/passes/strip-types.ts";

// what an application imports by the same name on a device, in Node.js and in a browser
const channels = Object.fromEntries(
  ["stream", "thtp", "block", "sock", "path", "box"].map((name) => [name, `src/channel/${name}.ts`]),
);
const shared = { index: "src/index.ts", channels: "src/device/channels.ts", ...channels };

const executable = {
  name: "executable",
  writeBundle: () => chmodSync("dist/host/cli.js", 0o755),
};

const bundle = (dir, input, exportConditions, ...plugins) => ({
  input,
  // packages are not put in: test/package holds what a package imports to its dependencies
  external: (id, importer) => importer !== undefined && /^[@\w]/.test(id),
  plugins: [
    nodeResolve({ exportConditions, extensions: [".ts", ".js"] }),
    stripTypes(ts.ScriptTarget.ES2022),
    ...plugins,
  ],
  output: { dir, format: "es", entryFileNames: "[name].js", chunkFileNames: "[name].js", sourcemap: true },
});

export default async () => {
  for (const board of loadBoards())
    if (board.refused === undefined) writeBuild(await buildBoard(board, { modules: true }));
  return [
    bundle("dist/host", { ...shared, node: "src/node/index.ts", cli: "cli/mote.ts" }, ["node"], executable),
    bundle("dist/browser", shared, ["browser"]),
    bundle("tools/dist", { cli: "cli/main.ts", sim: "sim/app.ts", "espruino-tools": "tools/flash/tools.ts" }, ["node"]),
  ];
};
