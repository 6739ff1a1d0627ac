import tseslint from "typescript-eslint";
import { deviceRules } from "./tools/build/dialect.ts";
import { rooms } from "./tools/lint/rooms.ts";

// What lands in a board's bundle: the rooms of docs/architecture.md that are a device's. The build checks the bundle itself
// too; here a finding has its source line.
const device = rooms.filter((room) => room.device).map(({ path }) => (path.endsWith(".ts") ? path : `${path}/**`));
// what of those rooms only the host has: another file stands for it on a device, or none
const host = [
  "src/channel/{host-channel,compression/cbor,compression/standard}.ts",
  "src/cipher/{cs1c,sets}.ts",
  "src/crypto/{node,noble}/**",
  "src/crypto/shared/listing.ts",
  "src/packet/{cloak,siphash}.ts",
  "src/platform/standard/**",
];

export default tseslint.config(
  // declarations only, much of Espruino is `any`; files with gaps, filled in by `mote new`; what tsc has to refuse
  { ignores: ["**/dist/**", "types/**", "templates/**", "test/package/types/**"] },
  { files: ["**/*.ts"], extends: [tseslint.configs.recommended] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parserOptions: {
        project: ["./tsconfig.json", "./examples/tsconfig.json", "./sim/report/page/tsconfig.json"],
        tsconfigRootDir: import.meta.dirname,
      },
    },
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
  {
    // the emulated firmware, which runs in the real interpreter too; test/sim/firmware.test.ts checks its names
    files: ["sim/firmware/**/*.js"],
    languageOptions: { sourceType: "script" },
    plugins: deviceRules.plugins,
    rules: deviceRules.rules,
  },
);
