/**
 * npm run vectors -- DIR
 *
 * Checks every vector file of a folder, test/vectors/data where none is given, against the host library and the device
 * bundles. The last line is "N passed, M failed"; exit code 1 where anything failed, or nothing was there to check.
 */
import { fileURLToPath } from "node:url";
import { runVectors } from "./runner.ts";
import { availableTargets } from "./targets.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("data", import.meta.url));
process.exitCode = await runVectors(folder, availableTargets, (line) => process.stdout.write(`${line}\n`));
