// Run by `npm run lint`: checks by the rooms of docs/architecture.md that no import goes to a higher room, and
// that no files and no folders import each other in a circle.
import { packageRoot } from "../build/root.ts";
import { wrongImports } from "./imports.ts";
import { rooms } from "./rooms.ts";

// the host's conditions, then such that each file that a device may have is met
const runs: [folders: string[], conditions: string[]][] = [
  [
    ["src", "tools", "sim", "cli", "bench", "test"],
    ["node", "import", "types"],
  ],
  [["src"], ["espruino", "crypto-thumb", "thumb-m0", "entropy-hardware"]],
  [["src"], ["espruino", "crypto-firmware", "channels"]],
  [["src"], ["espruino", "crypto-script", "channels", "peers"]],
];

for (const [folders, conditions] of runs) {
  const wrong = await wrongImports(packageRoot, rooms, folders, conditions);
  if (wrong === undefined) continue;
  console.error(`By the conditions ${conditions.join(", ")}:\n${wrong}\n`);
  process.exitCode = 1;
}
