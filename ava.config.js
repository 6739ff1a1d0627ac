import { fileURLToPath } from "node:url";

export default {
  files: ["test/**/*.test.ts"],
  extensions: { ts: "module" },
  nodeArguments: ["--import=tsx"],
  workerThreads: false,
  timeout: "5m",
  environmentVariables: {
    E3X_MOTE_BUILD_CACHE: fileURLToPath(new URL("node_modules/.cache/e3x-mote", import.meta.url)),
  },
};
