import tseslint from "typescript-eslint";
import { deviceRules } from "./src/build/dialect.ts";

// What lands in a board's bundle. The build checks the bundle itself too; here a finding has its source line.
const device = ["src/channel/**", "src/cipher/**", "src/device/**", "src/engine/espruino.ts", "src/engine/text-espruino.ts", "src/errors.ts", "src/exchange/**", "src/mesh/**", "src/packet/**"];
// what of those folders only the host has
const host = ["src/channel/box-ids.ts", "src/channel/compression.ts", "src/channel/host-channel.ts", "src/cipher/cs1c.ts", "src/cipher/primitives-node.ts", "src/cipher/primitives-noble.ts", "src/cipher/set-standard.ts", "src/cipher/sets.ts", "src/exchange/e3x.ts", "src/mesh/link-info.ts", "src/mesh/link-keys.ts", "src/mesh/path.ts", "src/mesh/uri.ts", "src/packet/cloak.ts", "src/packet/siphash.ts"];

export default tseslint.config(
  // declarations only, much of Espruino is `any`; files with gaps, filled in by `mote new`
  { ignores: ["dist/**", "types/**", "templates/**"] },
  { files: ["**/*.ts"], extends: [tseslint.configs.recommended] },
  {
    files: ["**/*.ts"],
    languageOptions: { parserOptions: { project: ["./tsconfig.json", "./examples/tsconfig.json", "./sim/report/page/tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      // tsc has this one
      "@typescript-eslint/no-unused-vars": "off",
      // an index within bounds is often known to the reader only
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    // as applications for Espruino are written
    files: ["examples/**/app.ts", "test/**/fixtures/app.ts"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    files: device,
    ignores: host,
    plugins: deviceRules.plugins,
    rules: {
      ...deviceRules.rules,
      // the build moves fields into the constructor, drops their declarations, and turns functions into constants
      "espruino/class-member": "off",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      // the build has a message for these where they are not TypeScript's
      "@typescript-eslint/no-require-imports": "off",
    },
  },
);
