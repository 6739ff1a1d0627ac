// npm run differential [-- --count 10000 --seed 1 --classes]: the differential test of test/build/differential.test.ts with more
// programs; with --classes of classes only.
import { parseArgs } from "node:util";
import { espruino } from "../interpreter.ts";
import { classPrograms } from "./classes.ts";
import { search, tell } from "./search.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    classes: { type: "boolean", default: false },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
if (!espruino) throw new Error("there is no espruino-linux: set ESPRUINO_LINUX, or have it on PATH");
const begin = Date.now();
const found = await search({
  count,
  seed,
  ...(values.classes && { grammar: () => classPrograms }),
  onProgress: (compared) => {
    if (compared % 500 < 50) console.error(`${compared} programs, ${Math.round((Date.now() - begin) / 1000)} s`);
  },
});
console.log(tell(found, seed));
console.log(`${Math.round((Date.now() - begin) / 1000)} s`);
if (found.difference) process.exitCode = 1;
